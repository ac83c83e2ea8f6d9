"""The books: every entry adds up, and a script can compare them with invoices and payments."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

Write = Callable[..., str]
PERIOD = {"start_date": "2026-01-01", "end_date": "2026-12-31", "limit": "200"}


def lines(holded: httpx.Client, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = holded.get(
        "/api/v2/ledger-entries", params=PERIOD | query
    ).json()["items"]
    return found


def booked(rows: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    return [(each["account"], each["debit"], each["credit"]) for each in rows]


def test_an_approved_invoice_is_in_the_books(holded: httpx.Client, write: Write) -> None:
    items = [
        {"name": "a", "price": 100, "taxes": ["s_iva_21", "s_ret_15"]},
        {"name": "b", "price": 50, "taxes": ["s_iva_21"], "account": "75200000"},
    ]
    write(items=items, tags=["web"])
    write(approve=False)

    rows = lines(holded)

    assert booked(rows) == [
        (43000001, "166.50", "0.00"),
        (75200000, "0.00", "50.00"),
        (70000000, "0.00", "100.00"),
        (47700000, "0.00", "31.50"),
        (47300000, "15.00", "0.00"),
    ]
    assert (rows[0]["date"], rows[0]["type"], rows[0]["tags"]) == ("01/11/2026", "invoice", ["web"])
    assert [(each["entry_number"], each["line"]) for each in rows] == [(1, n) for n in range(1, 6)]
    assert "id" not in rows[0]


def test_a_payment_is_in_the_books(holded: httpx.Client, write: Write) -> None:
    body = {"name": "Stripe", "type": "gateway"}
    gateway = holded.post("/api/v2/treasury/accounts", json=body).json()["id"]
    payment = {"amount": "21", "treasury_id": gateway, "date": "2026-11-02", "description": "pi_1"}
    holded.post(f"/api/v2/invoices/{write()}/payments", json=payment).raise_for_status()

    rows = [each for each in lines(holded) if each["type"] == "collect"]

    assert booked(rows) == [(57200000, "21.00", "0.00"), (43000001, "0.00", "21.00")]
    assert (rows[0]["date"], rows[0]["description"]) == ("02/11/2026", "pi_1")


def test_a_credit_note_turns_the_sides_round_and_cancelling_undoes(
    holded: httpx.Client, write: Write
) -> None:
    write("credit-notes")
    cancelled = write()
    holded.post(f"/api/v2/invoices/{cancelled}/cancel").raise_for_status()

    sums: dict[int, Decimal] = defaultdict(Decimal)
    for each in lines(holded):
        sums[each["account"]] += Decimal(each["debit"]) - Decimal(each["credit"])

    assert sums == {43000001: -121, 70000000: 100, 47700000: 21}


@pytest.mark.parametrize("price", [33.33, 0.01, 1234.567])
def test_every_entry_adds_up(holded: httpx.Client, write: Write, price: float) -> None:
    items = [
        {"name": "a", "price": price, "discount": 7, "taxes": ["s_iva_21"]},
        {"name": "b", "price": price, "units": 3, "taxes": ["s_iva_10"], "account": "70500000"},
        {"name": "c", "price": price, "taxes": ["s_iva_4", "s_ret_15"], "account": "75900000"},
    ]
    write(items=items, discount=3)

    rows = lines(holded)

    assert sum(Decimal(each["debit"]) - Decimal(each["credit"]) for each in rows) == 0


def test_a_period_must_be_asked_for(holded: httpx.Client, write: Write) -> None:
    write()

    assert holded.get("/api/v2/ledger-entries").status_code == 400
    assert lines(holded, start_date="2026-11-02") == []


def test_the_books_come_in_pages(holded: httpx.Client, write: Write) -> None:
    for _ in range(3):
        write()
    found, cursor = [], None
    for _ in range(9):
        query = PERIOD | {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = holded.get("/api/v2/ledger-entries", params=query).json()
        found += page["items"]
        cursor = page["cursor"]
        if not page["has_more"]:
            break

    assert found == lines(holded)
    assert len(found) == 9


def test_accounts_are_listed_with_their_sums(holded: httpx.Client, write: Write) -> None:
    id_ = write()
    holded.post(f"/api/v2/invoices/{id_}/payments", json={"amount": "21.00"})

    accounts = holded.get("/api/v2/accounting-accounts").json()["items"]

    assert [(each["number"], each["balance"]) for each in accounts] == [
        (43000001, "100.00"), (47700000, "-21.00"), (57200000, "21.00"), (70000000, "-100.00"),
    ]  # fmt: skip
    assert accounts[0]["name"] == "Taller Ñandú SL"


def test_an_account_can_be_added(holded: httpx.Client) -> None:
    made = holded.post("/api/v2/accounting-accounts", json={"prefix": 705, "name": "Web"})
    body = {"prefix": 705, "number": 70500001, "name": "Otra"}

    assert made.status_code == 201
    assert holded.post("/api/v2/accounting-accounts", json=body).status_code == 422
    found = holded.get("/api/v2/accounting-accounts", params={"include_empty": "true"}).json()
    assert (70500001, "Web") in [(each["number"], each["name"]) for each in found["items"]]
    assert holded.get("/api/v2/accounting-accounts").json()["items"] == []
