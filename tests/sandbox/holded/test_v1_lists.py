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


def test_a_range_in_another_form_is_refused(v1: httpx.Client) -> None:
    assert v1.get("/documents/invoice?starttmp=2026-01-01").status_code == 400


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


def test_a_page_has_500_objects_and_the_one_behind_the_last_is_empty(
    v1: httpx.Client, app: Flask
) -> None:
    state = app.extensions["holded_sandbox"]
    with state.unit():
        for n in range(501):
            tax = {"id": f"t{n:05}", "name": "", "amount": "1", "key": f"s_iva_{n}"}
            state.insert("acc_sandbox", "tax", tax | {"scope": "sales", "type": "percentage"})
    here = len(v1.get("/taxes").json())

    assert here == 500
    assert len(v1.get("/taxes?page=2").json()) == 501 + 10 - 500
    assert v1.get("/taxes?page=3").json() == []


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
