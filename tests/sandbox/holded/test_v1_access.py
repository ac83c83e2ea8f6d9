"""API v1: keys, quota, addresses that do not exist, and how refusals look."""

from collections.abc import Callable

import httpx
import pytest

V1 = "/api/invoicing/v1"


@pytest.mark.parametrize("name", ["key", "Key", "KEY"])
def test_the_key_is_taken_in_any_spelling_of_its_header(
    v1: httpx.Client, connect: Callable[..., httpx.Client], name: str
) -> None:
    key = v1.headers["key"]

    answer = connect(None).get(f"{V1}/contacts", headers={name: key})

    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    "headers",
    [{}, {"key": "0" * 32}, {"key": "abc"}, {"Authorization": "Bearer pat_sandbox"}],
)
def test_no_key_or_an_unknown_one_is_a_401_without_words(
    connect: Callable[..., httpx.Client], headers: dict[str, str]
) -> None:
    answer = connect(None).get(f"{V1}/contacts", headers=headers)

    assert (answer.status_code, answer.json()) == (401, {"status": 401})


def test_a_v2_token_in_the_key_header_is_an_invalid_key(
    connect: Callable[..., httpx.Client],
) -> None:
    answer = connect(None).get(f"{V1}/contacts", headers={"key": "pat_sandbox"})

    assert (answer.status_code, answer.json()) == (400, {"status": 0, "info": "Invalid key"})


def test_a_v1_key_is_no_v2_token(v1: httpx.Client, connect: Callable[..., httpx.Client]) -> None:
    assert connect(v1.headers["key"]).get("/api/v2/contacts").status_code == 403


def test_a_new_account_says_its_v1_key(
    holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    body = {"id": "b", "name": "B", "token": "pat_b"}

    key = holded.post("/_sandbox/accounts", json=body).json()["v1_key"]

    assert len(key) == 32
    assert connect(None).get(f"{V1}/contacts", headers={"key": key}).json() == []
    assert holded.post("/_sandbox/accounts", json=body).json()["v1_key"] == key


def test_an_account_can_be_given_its_v1_key(
    holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    body = {"id": "b", "name": "B", "token": "pat_b", "v1_key": "ab" * 16}

    holded.post("/_sandbox/accounts", json=body).raise_for_status()

    assert connect(None).get(f"{V1}/contacts", headers={"key": "ab" * 16}).status_code == 200


@pytest.mark.parametrize("key", ["short", "AB" * 16, 5, "d6fb65aa2e46d430bc898ed42d58dd78"])
def test_a_v1_key_of_the_wrong_form_or_taken_is_refused(holded: httpx.Client, key: object) -> None:
    body = {"id": "b", "name": "B", "token": "pat_b", "v1_key": key}

    assert holded.post("/_sandbox/accounts", json=body).status_code == 400


def test_v1_ignores_the_scopes_of_the_token(
    holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    body = {"id": "b", "name": "B", "token": "pat_b", "scopes": []}
    key = holded.post("/_sandbox/accounts", json=body).json()["v1_key"]
    stranger = connect(None)

    id_ = stranger.post(f"{V1}/contacts", json={"name": "Una"}, headers={"key": key}).json()["id"]

    assert stranger.delete(f"{V1}/contacts/{id_}", headers={"key": key}).status_code == 200


def test_v1_calls_count_as_one_operation_of_the_shared_quota(
    v1: httpx.Client, holded: httpx.Client
) -> None:
    id_ = v1.post("/contacts", json={"name": "Una SL"}).json()["id"]
    v1.delete(f"/contacts/{id_}")
    holded.get("/api/v2/taxes")

    usage = holded.get("/api/v2/usage").json()["secondary_usages"]

    assert usage == {"api_v1_legacy_1": 2, "api_accounting_taxes_list_1": 1}


def test_a_plan_that_is_used_up_refuses_v1_calls_too(
    holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    body = {"id": "b", "name": "B", "token": "pat_b", "plan": "plus"}
    key = holded.post("/_sandbox/accounts", json=body).json()["v1_key"]
    answers = [connect(None).get(f"{V1}/taxes", headers={"key": key}) for _ in range(61)]

    assert {each.status_code for each in answers[:60]} == {200}
    assert answers[60].status_code == 429
    assert 1 <= int(answers[60].headers["Retry-After"]) <= 60
    assert answers[60].json()["status"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/unicorns"),
        ("GET", "/documents/invoice/5ab391071d6d820034294783/attachments"),
        ("POST", "/documents/invoice/5ab391071d6d820034294783/attachments"),
        ("PATCH", "/contacts"),
        ("POST", "/paymentmethods"),
    ],
)
def test_an_address_that_does_not_exist_answers_a_page_with_200(
    v1: httpx.Client, method: str, path: str
) -> None:
    answer = v1.request(method, path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("path", ["/api/crm/v1/leads", "/api/projects/v1/projects"])
def test_modules_that_are_not_imitated_say_so(
    connect: Callable[..., httpx.Client], path: str
) -> None:
    answer = connect(None).get(path)

    assert answer.status_code == 501
    assert answer.json()["info"].startswith("sandbox_unsupported")


@pytest.mark.parametrize(
    "path",
    [
        "/remittances",
        "/products/5ab391071d6d820034294783/image",
    ],
)
def test_what_v1_never_documented_is_refused_and_not_guessed(v1: httpx.Client, path: str) -> None:
    answer = v1.get(path)

    assert (answer.status_code, answer.json()["status"]) == (501, 0)
    assert answer.json()["info"].startswith("sandbox_unsupported")


@pytest.mark.parametrize("path", ["/contacts/", "/documents/invoice/", "/taxes/"])
def test_a_slash_at_the_end_changes_nothing(v1: httpx.Client, path: str) -> None:
    answer = v1.get(path)

    assert answer.status_code == 200
    assert isinstance(answer.json(), list)


@pytest.mark.parametrize(
    "path",
    ["/documents/invoice", "/contacts", "/payments", "/treasury", "/products", "/saleschannels"],
)
def test_an_id_nobody_has_is_a_400_that_says_not_found(v1: httpx.Client, path: str) -> None:
    answer = v1.get(f"{path}/5ab391071d6d820034294783")

    assert (answer.status_code, answer.json()) == (400, {"status": 0, "info": "not found"})


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"date": NaN}',
        b'{"date": 1767222000, "contactName": "\\ud800"}',
        b"\xff\xfe",
        b'{"date": 1767222000, "contactName": "Una", "items": [[]]}',
        b'{"date": 1767222000, "contactName": "Una", "items": "x"}',
        b'{"date": {}, "contactName": "Una"}',
        b'{"date": 1e400, "contactName": "Una"}',
        b'{"date": 1e999999999, "contactName": "Una"}',
        b'{"date": 1767222000, "contactName": "Una", "customFields": [{"\\ud800": "x"}]}',
        b'{"date": 1767222000, "contactName": "Una", "tags": [' + b"[" * 50 + b"]" * 50 + b"]}",
        b'{"date": true, "contactName": "Una"}',
    ],
)
def test_a_body_that_is_no_document_is_a_400_and_changes_nothing(
    v1: httpx.Client, body: bytes
) -> None:
    answer = v1.post("/documents/invoice", content=body)

    assert (answer.status_code, answer.json()["status"]) == (400, 0)
    assert v1.get("/documents/invoice").json() == []
    assert v1.get("/contacts").json() == []


def test_a_body_that_is_too_large_is_a_413(v1: httpx.Client) -> None:
    assert v1.post("/contacts", content=b" " * 3_000_000).status_code == 413


def test_fields_v1_does_not_read_are_ignored_and_named_in_a_header(v1: httpx.Client) -> None:
    body = {"name": "Una SL", "e-mail\r\n": "a@example.com", "billAddress": {"zip": "1"}}

    answer = v1.post("/contacts", json=body)

    assert answer.status_code == 201
    assert answer.headers["X-Sandbox-Ignored"] == "e-mail??, billAddress.zip"


def test_a_body_may_be_a_form_as_php_writes_it(v1: httpx.Client) -> None:
    form = {
        "name": "Una SL",
        "isperson": "0",
        "billAddress[city]": "Madrid",
        "billAddress[postalCode]": "08001",
        "tags[0]": "web",
        "tags[1]": "crm",
        "defaults[dueDays]": "",
        "contactPersons[0][name]": "Pep",
    }

    id_ = v1.post("/contacts", data=form).json()["id"]

    contact = v1.get(f"/contacts/{id_}").json()
    assert (contact["name"], contact["isperson"], contact["tags"]) == (
        "Una SL",
        False,
        ["web", "crm"],
    )
    assert contact["billAddress"]["postalCode"] == "08001"
    assert contact["contactPersons"][0]["name"] == "Pep"


def test_json_that_calls_itself_a_form_is_read_as_json(v1: httpx.Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = v1.post("/contacts", content=b'{"name": "Una SL"}', headers=headers)

    assert answer.status_code == 201


@pytest.mark.parametrize(
    "form",
    [
        b"name=%ff",
        b"name=Una&" + b"a=1&" * 6_000,
        b"name=Una&a[b][c][d][e][f][g]=1",
        b"name=Una&billAddress=x&billAddress[city]=y",
        b"name=Una&billAddress[0]=y",
    ],
)
def test_a_form_that_cannot_be_read_is_refused(v1: httpx.Client, form: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = v1.post("/contacts", content=form, headers=headers)

    assert (answer.status_code, answer.json()["status"]) == (400, 0)
    assert v1.get("/contacts").json() == []
