"""Recurring invoices: their days, and the invoices that come of them as the clock moves."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from flask import Flask

from portal.sandbox.holded import recurrences
from portal.sandbox.holded.app import start_over

DAY = 86_400
NOON = int(datetime(2026, 1, 10, 11, tzinfo=UTC).timestamp())  # noon in Madrid
Client = httpx.Client
Connect = Callable[..., Client]


@pytest.fixture
def clocked(app: Flask, connect: Connect) -> Client:
    """A sandbox where it is noon of the tenth of January 2026."""
    start_over(app, lambda: NOON)
    return connect()


@pytest.fixture
def customer(clocked: Client) -> str:
    body = {"name": "Abonado SL", "defaults": {"payment_method": "pm_of_contact"}}
    return str(clocked.post("/api/v2/contacts", json=body).json()["id"])


@pytest.fixture
def recur(clocked: Client, customer: str) -> Callable[..., str]:
    def recur(**fields: Any) -> str:
        line = {"name": "Cuota", "price": 10, "taxes": ["s_iva_21"]}
        body = {"contact_id": customer, "items": [line], "periodicity": "m", **fields}
        answer = clocked.post("/api/v2/recurring-invoices", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return recur


def move(client: Client, days: float) -> None:
    client.post("/_sandbox/clock", json={"advance": int(days * DAY)}).raise_for_status()


def invoices(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v2/invoices", params={"limit": 200}).json()[
        "items"
    ]
    return found


@pytest.mark.parametrize(
    ("periodicity", "days"),
    [
        ("d", ["2026-01-31", "2026-02-01", "2026-02-02"]),
        ("w", ["2026-01-31", "2026-02-07", "2026-02-14"]),
        ("bw", ["2026-01-31", "2026-02-14", "2026-02-28"]),
        ("m", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("bm", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("q", ["2026-01-31", "2026-04-30", "2026-07-31"]),
        ("ba", ["2026-01-31", "2026-07-31", "2027-01-31"]),
        ("a", ["2026-01-31", "2027-01-31", "2028-01-31"]),
    ],
)
def test_each_period_falls_on_its_days(periodicity: str, days: list[str]) -> None:
    first = date(2026, 1, 31)

    assert [recurrences.occurrence(first, periodicity, n) for n in range(3)] == days


@pytest.mark.parametrize(
    ("due_days", "pay_day", "due"),
    [
        (None, None, None),
        (0, None, "2026-01-20"),
        (30, None, "2026-02-19"),
        (None, 25, "2026-01-25"),
        (None, 5, "2026-02-05"),
        (30, 31, "2026-02-28"),
        (None, 20, "2026-01-20"),
    ],
)
def test_when_an_invoice_is_due(due_days: int | None, pay_day: int | None, due: str | None) -> None:
    recurring = {"due_days": due_days, "contact_payment_day": pay_day}

    assert recurrences.due_day(recurring, "2026-01-20") == due


def test_a_year_of_months_is_twelve_invoices_dated_their_days(
    clocked: Client, recur: Callable[..., str], customer: str
) -> None:
    id_ = recur(date="2026-01-31", convert_automatically=True, due_days=10)

    move(clocked, 365)

    found = invoices(clocked)
    assert [each["date"] for each in found] == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30",
        "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31",
    ]  # fmt: skip
    assert [each["document_number"] for each in found] == [f"F26{n:04}" for n in range(1, 13)]
    assert {each["total"] for each in found} == {"12.10"}
    first = clocked.get(f"/api/v2/invoices/{found[0]['id']}").json()
    assert first["approved_at"].startswith("2026-01-30T23:00")  # midnight in Madrid
    assert (first["due_date"], first["contact_id"]) == ("2026-02-10", customer)
    assert first["from"] == {"id": id_, "doc_type": "invoicerecurring"}
    assert first["payment_method_id"] == "pm_of_contact"


def test_each_occurrence_is_converted_once_however_the_clock_moves(
    clocked: Client, recur: Callable[..., str]
) -> None:
    recur(date="2026-01-15", periodicity="w")

    for _ in range(30):
        move(clocked, 0.7)
        clocked.get("/api/v2/taxes")

    assert [each["date"] for each in invoices(clocked)] == [
        "2026-01-15",
        "2026-01-22",
        "2026-01-29",
    ]


def test_without_conversion_the_invoices_are_drafts(
    clocked: Client, recur: Callable[..., str]
) -> None:
    recur(date="2026-01-15")

    move(clocked, 10)

    (invoice,) = invoices(clocked)
    assert (invoice["document_number"], invoice["draft"]) == (None, True)


def test_what_falls_due_today_comes_with_the_next_request(
    clocked: Client, recur: Callable[..., str]
) -> None:
    recur()

    assert [each["date"] for each in invoices(clocked)] == ["2026-01-10"]


def test_the_last_day_is_included(clocked: Client, recur: Callable[..., str]) -> None:
    recur(date="2026-01-15", periodicity="d", end_date="2026-01-17")

    move(clocked, 30)

    assert [each["date"] for each in invoices(clocked)] == [
        "2026-01-15",
        "2026-01-16",
        "2026-01-17",
    ]


def test_a_skipped_day_makes_no_invoice(clocked: Client, recur: Callable[..., str]) -> None:
    id_ = recur(date="2026-01-15", periodicity="d", end_date="2026-01-17")
    address = f"/api/v2/recurring-invoices/{id_}"

    assert clocked.post(f"{address}/skip", json={"date": "2026-01-16"}).status_code == 200
    move(clocked, 5.9)

    assert [each["date"] for each in invoices(clocked)] == ["2026-01-15"]
    move(clocked, 2)
    rows = clocked.get(f"{address}/schedule", params={"until": "2026-12-31"}).json()["items"]
    assert [(each["date"], each["status"]) for each in rows] == [
        ("2026-01-15", "converted"),
        ("2026-01-16", "skipped"),
        ("2026-01-17", "converted"),
    ]
    assert rows[0]["invoice_id"] == invoices(clocked)[0]["id"]
    assert clocked.post(f"{address}/skip", json={"date": "2026-01-15"}).status_code == 422
    assert clocked.post(f"{address}/skip", json={"date": "2026-01-19"}).status_code == 400


def test_the_schedule_shows_a_year_unless_told_otherwise(
    clocked: Client, recur: Callable[..., str]
) -> None:
    address = f"/api/v2/recurring-invoices/{recur(date='2026-02-01', periodicity='q')}/schedule"

    year = [each["date"] for each in clocked.get(address).json()["items"]]
    half = clocked.get(address, params={"until": "2026-06-30"}).json()["items"]

    assert year == ["2026-02-01", "2026-05-01", "2026-08-01", "2026-11-01"]
    assert [each["date"] for each in half] == ["2026-02-01", "2026-05-01"]
    assert clocked.get(address, params={"until": "9999-12-31"}).status_code == 400


def test_a_change_leaves_what_it_does_not_name(clocked: Client, recur: Callable[..., str]) -> None:
    id_ = recur(date="2026-01-15", description="Mensual", discount=10, notes="Interno")
    address = f"/api/v2/recurring-invoices/{id_}"
    line = {"name": "Cuota nueva", "price": 20}

    assert clocked.put(address, json={"items": [line]}).json() == {"id": id_}

    found = clocked.get(address).json()
    assert (found["description"], found["notes"], found["total"]) == ("Mensual", "Interno", "18.00")
    assert clocked.put(address, json={"periodicity": "a"}).status_code == 400


def test_an_unchanged_foreign_price_stays_the_same(
    clocked: Client, recur: Callable[..., str]
) -> None:
    id_ = recur(date="2026-01-15", currency="USD", currency_change="1.25")
    address = f"/api/v2/recurring-invoices/{id_}"
    before = clocked.get(address).json()

    clocked.put(address, json={"description": "Nueva"}).raise_for_status()

    after = clocked.get(address).json()
    assert (after["total"], after["lines"][0]["price"]) == (before["total"], "8.00")


def test_a_deleted_one_makes_no_more_and_its_invoices_stay(
    clocked: Client, recur: Callable[..., str]
) -> None:
    id_ = recur(date="2026-01-15", periodicity="d")
    move(clocked, 6)

    assert clocked.delete(f"/api/v2/recurring-invoices/{id_}").status_code == 204
    move(clocked, 10)

    assert [each["date"] for each in invoices(clocked)] == ["2026-01-15", "2026-01-16"]


def test_they_are_listed_by_contact(
    clocked: Client, recur: Callable[..., str], customer: str
) -> None:
    mine = recur()
    other = clocked.post("/api/v2/contacts", json={"name": "Otro SL"}).json()["id"]
    recur(contact_id=other)

    found = clocked.get("/api/v2/recurring-invoices", params={"contact_id": customer}).json()

    assert [each["id"] for each in found["items"]] == [mine]
    assert "_seen" not in found["items"][0]


def test_a_deleted_contact_is_invoiced_no_more(
    clocked: Client, recur: Callable[..., str], customer: str
) -> None:
    recur(date="2026-01-15")
    clocked.delete(f"/api/v2/contacts/{customer}")

    move(clocked, 30)

    assert invoices(clocked) == []


def test_the_webhooks_of_each_invoice_are_dated_its_day(
    clocked: Client, recur: Callable[..., str]
) -> None:
    body = {"account": "acc_sandbox", "url": "http://portal.test/h", "events": ["invoice.approve"]}
    clocked.post("/_sandbox/webhooks", json=body).raise_for_status()
    recur(date="2026-01-15", convert_automatically=True)

    move(clocked, 60)

    sent = clocked.get("/_sandbox/webhooks").json()["deliveries"]
    assert [(each["event"], each["occurred"]) for each in reversed(sent)] == [
        ("invoice.approve", "2026-01-14T23:00:00Z"),
        ("invoice.approve", "2026-02-14T23:00:00Z"),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"periodicity": "monthly"},
        {"periodicity": None},
        {"items": []},
        {"due_days": -1},
        {"contact_payment_day": 32},
        {"end_date": "01/02/2026"},
        {"payment_method_id": "x"},
        {"custom_fields": []},
    ],
)
def test_what_a_recurring_invoice_does_not_take_is_a_400(
    clocked: Client, customer: str, fields: dict[str, Any]
) -> None:
    line = {"name": "Cuota", "price": 10}
    body = {"contact_id": customer, "items": [line], "periodicity": "m", **fields}

    assert clocked.post("/api/v2/recurring-invoices", json=body).status_code == 400


def test_a_first_day_long_past_is_refused(clocked: Client, customer: str) -> None:
    body = {"contact_id": customer, "items": [{"name": "x"}], "periodicity": "d"}

    answer = clocked.post("/api/v2/recurring-invoices", json=body | {"date": "0001-01-01"})

    assert answer.status_code == 422
    assert "sandbox_unsupported" in answer.json()["detail"]


@pytest.mark.parametrize("periodicity", ["d", "w", "bw", "m", "bm", "q", "ba", "a"])
@pytest.mark.parametrize("first", ["2026-01-31", "2024-02-29", "2026-12-30"])
@pytest.mark.parametrize("seen", ["2020-01-01", "2026-12-30", "2028-02-28", "2029-12-31"])
def test_days_that_were_seen_are_left_out_and_no_others(
    periodicity: str, first: str, seen: str
) -> None:
    recurring = {"date": first, "periodicity": periodicity, "end_date": None}
    every = list(recurrences.occurrences(recurring, "2029-12-31"))

    left = list(recurrences.occurrences(recurring, "2029-12-31", after=seen))

    assert left == [day for day in every if day > seen]


def test_ten_years_of_days_are_made_in_one_move(clocked: Client, recur: Callable[..., str]) -> None:
    recur(periodicity="w")

    move(clocked, 3_600)

    days = [
        each["date"]
        for each in clocked.get("/api/v2/invoices", params={"limit": 200}).json()["items"]
    ]
    assert len(days) == 200
    assert days[:2] == ["2026-01-10", "2026-01-17"]
