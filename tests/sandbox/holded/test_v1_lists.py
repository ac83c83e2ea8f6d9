"""API v1: lists, their filters, and the filters that do not exist."""

from collections.abc import Callable

import httpx
import pytest
from flask import Flask

Write = Callable[..., str]

NEW_YEAR = 1_767_222_000
DAY = 86_400


def found(v1: httpx.Client, word: str = "invoice", **query: object) -> list[str]:
    answer = v1.get(f"/documents/{word}", params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()]


def test_the_end_of_a_range_is_not_part_of_it(v1: httpx.Client, write_v1: Write) -> None:
    first, second = write_v1(date=NEW_YEAR), write_v1(date=NEW_YEAR + DAY)

    assert found(v1, starttmp=NEW_YEAR, endtmp=NEW_YEAR + DAY) == [first]
    assert found(v1, starttmp=NEW_YEAR, endtmp=NEW_YEAR + DAY + 1) == [first, second]
    assert found(v1, starttmp=NEW_YEAR + 1) == [second]
    assert found(v1, endtmp=str(NEW_YEAR)) == []


@pytest.mark.parametrize(
    "query", [{"endtmp": "9999999999999"}, {"starttmp": "1767222000.0"}, {"starttmp": "0"}]
)
def test_a_range_may_be_without_end_or_have_a_fraction(
    v1: httpx.Client, write_v1: Write, query: dict[str, str]
) -> None:
    id_ = write_v1(date=NEW_YEAR)

    assert found(v1, **query) == [id_]


@pytest.mark.parametrize("start", ["2026-01-01", "-1", "x", "9" * 30])
def test_a_range_in_another_form_is_refused(v1: httpx.Client, start: str) -> None:
    assert v1.get("/documents/invoice", params={"starttmp": start}).status_code == 400


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ("0", ["draft", "open"]),
        ("1", ["paid"]),
        ("2", ["partly"]),
        ("False", ["draft", "open"]),
        ("True", ["paid"]),
        ("", ["draft", "open", "partly", "paid"]),
    ],
)
def test_paid_finds_unpaid_paid_and_partly_paid(
    v1: httpx.Client, write_v1: Write, paid: str, expected: list[str]
) -> None:
    names = {
        write_v1(): "draft",
        write_v1(approveDoc=True): "open",
        (partly := write_v1(approveDoc=True)): "partly",
        (whole := write_v1(approveDoc=True)): "paid",
    }
    v1.post(f"/documents/invoice/{partly}/pay", json={"date": NEW_YEAR, "amount": 1})
    v1.post(f"/documents/invoice/{whole}/pay", json={"date": NEW_YEAR, "amount": 121})

    assert [names[id_] for id_ in found(v1, paid=paid)] == expected


def test_statuses_are_0_unpaid_1_paid_2_partly_3_cancelled(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    ids = [write_v1(approveDoc=True) for _ in range(4)]
    v1.post(f"/documents/invoice/{ids[1]}/pay", json={"date": NEW_YEAR, "amount": 121})
    v1.post(f"/documents/invoice/{ids[2]}/pay", json={"date": NEW_YEAR, "amount": 21})
    holded.post(f"/api/v2/invoices/{ids[3]}/cancel")

    assert [each["status"] for each in v1.get("/documents/invoice").json()] == [0, 1, 2, 3]


def test_billed_finds_what_became_an_invoice(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    billed, other = write_v1("proform"), write_v1("proform")
    body = {"source_type": "proform", "source_id": billed, "target_type": "invoice"}
    holded.post("/api/v2/documents/convert", json=body).raise_for_status()

    assert found(v1, "proform", billed=1) == [billed]
    assert found(v1, "proform", billed=False) == [other]


def test_an_unknown_value_of_a_filter_is_refused_and_not_guessed(v1: httpx.Client) -> None:
    assert v1.get("/documents/invoice?paid=maybe").status_code == 501


def test_contactid_lists_the_documents_of_one_contact(
    v1: httpx.Client, write_v1: Write, contact: str
) -> None:
    mine = write_v1()
    write_v1(contactId=v1.post("/contacts", json={"name": "Otra SL"}).json()["id"])

    assert found(v1, contactid=contact) == [mine]


@pytest.mark.parametrize("name", ["contactId", "contact", "email", "limit", "status"])
def test_filters_v1_does_not_know_are_ignored(v1: httpx.Client, write_v1: Write, name: str) -> None:
    ids = [write_v1(), write_v1()]

    assert found(v1, **{name: "1"}) == ids


def test_sort_orders_by_creation(v1: httpx.Client, write_v1: Write) -> None:
    ids = [write_v1(date=NEW_YEAR), write_v1(date=NEW_YEAR - DAY)]

    assert found(v1, sort="created-asc") == ids
    assert found(v1, sort="created-desc") == ids[::-1]


@pytest.fixture
def many(app: Flask, v1: httpx.Client, write_v1: Write) -> list[str]:
    """501 invoices of one day, and another of the next among them."""
    state = app.extensions["holded_sandbox"]
    document = state.find("acc_sandbox", "invoice", write_v1(date=NEW_YEAR))
    ids = [document["id"], *(f"f{n:023x}" for n in range(500))]
    with state.unit():
        for id_ in ids[1:]:
            state.insert("acc_sandbox", "invoice", document | {"id": id_})
    write_v1(date=NEW_YEAR + DAY)
    return ids


@pytest.mark.parametrize(
    "query", [{"starttmp": NEW_YEAR, "endtmp": NEW_YEAR + DAY}, {"sort": "created-desc"}, {}]
)
def test_a_page_has_500_objects_and_the_one_behind_the_last_is_empty(
    v1: httpx.Client, many: list[str], query: dict[str, int]
) -> None:
    pages = [found(v1, page=page, **query) for page in (1, 2, 3)]

    assert len(pages[0]) == 500
    assert len(pages[1]) == (1 if "endtmp" in query else 2)
    assert pages[2] == []
    assert set(many) <= {*pages[0], *pages[1]}


@pytest.mark.parametrize("page", ["0", "-1", "x", "٣"])
def test_a_page_that_is_no_number_from_1_is_refused(v1: httpx.Client, page: str) -> None:
    assert v1.get("/taxes", params={"page": page}).status_code == 400


def test_accounts_do_not_see_each_other(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1()
    body = {"id": "b", "name": "B", "token": "pat_b"}
    key = {"key": holded.post("/_sandbox/accounts", json=body).json()["v1_key"]}

    assert v1.get("/documents/invoice", headers=key).json() == []
    assert v1.get(f"/documents/invoice/{id_}", headers=key).status_code == 400
