"""Looking for changes at Holded where it does not tell them."""

from datetime import timedelta
from typing import Any

import pytest

from portal.domain.customers import Origin
from portal.domain.events import ObjectKind
from portal.domain.invoices import InvoiceStatus
from portal.domain.polls import Listing
from portal.mirror import invoices, polls, sources
from portal.mirror.invoices import Filter
from portal.services import inbox, tasks
from portal.services import polls as looking
from portal.services.tasks import TaskKind
from tests.house import House

HOUR = 3600


@pytest.fixture
def first(house: House) -> House:
    """A house whose merchant has a key of the first API."""
    house.use_first_api()
    return house


def contact(house: House, name: str = "Ann SL", email: str = "ann@example.com") -> str:
    body = {"name": name, "email": email, "type": "client"}
    return str(house.holded.post("/contacts", json=body).json()["id"])


def issue(house: House, contact: str, path: str = "invoices", *, day: str = "", **more: Any) -> str:
    """Have the merchant write and approve a document of 121.00."""
    line = {"name": "Work", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}
    dated = {"date": day or house.now().date().isoformat(), "due_date": "2027-12-31"}
    body = {"contact_id": contact, "items": [line], **dated, **more}
    id = str(house.holded.post(f"/{path}", json=body).raise_for_status().json()["id"])
    house.holded.post(f"/{path}/{id}/approve").raise_for_status()
    return id


def listed(house: House, contact: str) -> dict[str, InvoiceStatus]:
    found, _ = invoices.list_page(house.visit(holded_contact=contact), Filter.ALL, limit=200)
    return {row.invoice.id: row.status for row in found}


def calls(house: House) -> list[dict[str, Any]]:
    """What the portal asked of Holded."""
    every = house.requests("holded")
    return [one for one in every if one["user_agent"].startswith("portal-tests")]


def work(house: House) -> None:
    looking.begin(house.db, now=house.now())
    house.worker().work_once()


def asked(house: House, since: int) -> list[str]:
    return [one["path"].rpartition("/")[2] for one in calls(house)[since:]]


# What is found


def test_a_new_invoice_is_found_with_who_it_is_for(first: House) -> None:
    ann = contact(first)
    invoice = issue(first, ann)

    first.look_around(1)

    visit = first.visit(holded_contact=ann)
    assert visit.customer.email == "ann@example.com"
    assert listed(first, ann) == {invoice: InvoiceStatus.OPEN}


def test_a_draft_is_found_when_it_is_approved_whenever_it_was_dated(first: House) -> None:
    ann = contact(first)
    issue(first, ann)
    first.look_around(1)
    items = [{"name": "A", "price": "5", "units": 1}]
    body = {"contact_id": ann, "date": "2026-03-01", "items": items}
    draft = str(first.holded.post("/invoices", json=body).json()["id"])
    first.look_around(26)
    before = draft in listed(first, ann)

    first.holded.post(f"/invoices/{draft}/approve").raise_for_status()
    first.look_around(26)

    assert not before
    assert draft in listed(first, ann)


def test_what_was_paid_by_hand_is_paid_within_a_day(first: House) -> None:
    ann = contact(first)
    paid, part, void, left = (issue(first, ann) for _ in range(4))
    first.look_around(6)
    first.holded.post(f"/invoices/{paid}/payments", json={"amount": "121.00"}).raise_for_status()
    first.holded.post(f"/invoices/{part}/payments", json={"amount": "21.00"}).raise_for_status()
    first.holded.post(f"/invoices/{void}/cancel").raise_for_status()

    first.look_around(48)

    now = listed(first, ann)
    assert (now[paid], now[void], now[left]) == (
        InvoiceStatus.PAID,
        InvoiceStatus.VOID,
        InvoiceStatus.OPEN,
    )
    assert invoices.get(first.visit(holded_contact=ann), part).invoice.due == 10000


def test_a_credit_note_and_a_changed_contact_are_found_within_a_day(first: House) -> None:
    ann = contact(first)
    issue(first, ann)
    first.look_around(6)
    note = issue(first, ann, "credit-notes")
    first.holded.put(f"/contacts/{ann}", json={"name": "Anna SL", "email": "anna@example.com"})

    first.look_around(27)

    assert note in listed(first, ann)
    assert first.visit(holded_contact=ann).customer.email == "anna@example.com"


def test_what_another_contact_owes_is_shown_to_nobody_else(first: House) -> None:
    ann, bob = contact(first), contact(first, "Bob SL", "bob@example.com")
    of_ann, of_bob = issue(first, ann), issue(first, bob)

    first.look_around(6)

    assert set(listed(first, ann)) == {of_ann}
    assert set(listed(first, bob)) == {of_bob}


def test_where_the_last_full_sync_ended_the_first_question_begins(first: House) -> None:
    first.sync()
    before = len(calls(first))

    first.look_around(0.5)

    query = calls(first)[before]["query"]
    started = first.now() - timedelta(days=3, hours=2)
    assert abs(int(query["starttmp"]) - started.timestamp()) < 86_400


# What it costs


def test_a_month_of_looking_stays_within_half_the_calls_of_the_plan(first: House) -> None:
    ann = contact(first)
    first.decide(holded_calls_a_month=500)
    first.sync()
    before = len(calls(first))

    for day in range(31):
        issue(first, ann)
        first.holded_wire.is_cut = day == 10
        for _ in range(8):
            first.pass_time(3 * HOUR)
            work(first)
        first.control("holded", "clock", advance=24 * HOUR)

    assert 200 < len(calls(first)) - before <= 250
    assert len(listed(first, ann)) == 31


def test_turns_are_spread_evenly_over_the_day(first: House) -> None:
    contact(first)
    first.look_around(6)
    made = []
    for _ in range(24 * 3):
        before = len(calls(first))
        first.pass_time(HOUR / 3)
        work(first)
        made.append(len(calls(first)) - before)

    assert max(made) == 1
    assert sum(made[:36]) in range(11, 17)
    assert sum(made[36:]) in range(11, 17)


def test_what_is_kept_for_payments_is_not_used_for_looking(first: House) -> None:
    ann = contact(first)
    first.decide(holded_calls_a_month=2)
    issue(first, ann)
    before = len(calls(first))

    first.look_around(12)
    in_vain = len(calls(first)) - before
    first.decide(holded_calls_a_month=30_000)
    first.look_around(12)

    assert in_vain <= 1
    assert len(listed(first, ann)) == 1


# What goes wrong


def test_a_failing_question_is_asked_again_soon_and_then_each_turn(first: House) -> None:
    contact(first)
    first.control("holded", "faults", kind="status", status=503, times=10_000)
    before = len(calls(first))

    for _ in range(60):
        first.pass_time(60)
        work(first)
    in_an_hour = len(calls(first)) - before
    for _ in range(6 * 4):
        first.pass_time(900)
        first.worker().work_once()
    in_all = len(calls(first)) - before

    assert in_an_hour in range(5, 25)
    assert in_all - in_an_hour <= 30
    assert Origin.HOLDED in sources.list_failing(first.db, first.merchant, now=first.now())
    failing = tasks.list_tasks(first.db, now=first.now())
    assert {task.kind for task in failing} == {TaskKind.QUESTION}
    assert len(failing) == len(Listing)


def test_a_question_that_failed_a_moment_ago_is_nothing_to_tell(first: House) -> None:
    first.control("holded", "faults", kind="status", status=503, times=10_000)

    first.look_around(0.5)

    assert sources.list_failing(first.db, first.merchant, now=first.now()) == {}


def test_after_an_outage_everything_is_found_and_no_failure_is_left(first: House) -> None:
    ann = contact(first)
    first.look_around(6)
    first.holded_wire.is_cut = True
    first.look_around(6)
    invoice = issue(first, ann)
    first.holded_wire.is_cut = False

    first.look_around(3)

    assert invoice in listed(first, ann)
    first.look_around(27)
    assert sources.list_failing(first.db, first.merchant, now=first.now()) == {}
    assert tasks.list_tasks(first.db, now=first.now()) == []


def test_a_list_that_cannot_be_read_does_not_stand_in_the_way_of_the_others(first: House) -> None:
    ann = contact(first)
    first.control("holded", "faults", kind="html", path="/documents/creditnote", times=10_000)
    invoice = issue(first, ann)

    first.look_around(3)

    assert listed(first, ann) == {invoice: InvoiceStatus.OPEN}
    with first.db.write() as unit:
        failing = polls.list_failing(unit, before=first.now())
        assert [row.listing for row in failing] == [Listing.CREDIT_NOTES]


def test_an_invoice_that_cannot_be_read_does_not_stand_in_the_way_of_the_next(
    first: House,
) -> None:
    ann = contact(first)
    ids = sorted(issue(first, ann, day="2026-03-01") for _ in range(2))
    first.look_around(6)
    for id in ids:
        first.holded.post(f"/invoices/{id}/payments", json={"amount": "121.00"})
    path = f"/documents/invoice/{ids[0]}"
    first.control("holded", "faults", kind="html", path=path, times=10_000)

    first.look_around(30)

    now = listed(first, ann)
    assert (now[ids[0]], now[ids[1]]) == (InvoiceStatus.OPEN, InvoiceStatus.PAID)


def test_what_was_just_read_is_not_overwritten_by_a_page_put_together_before(
    first: House,
) -> None:
    ann = contact(first)
    invoice = issue(first, ann)
    first.look_around(1)

    def pay_and_read() -> None:
        first.holded.post(f"/invoices/{invoice}/payments", json={"amount": "121.00"})
        inbox.read_again(first.at, Origin.HOLDED, ObjectKind.INVOICE, invoice)

    first.holded_wire.on_the_way["GET /api/invoicing/v1/documents/invoice"] = pay_and_read
    while first.holded_wire.on_the_way:
        first.look_around(0.5)

    assert listed(first, ann) == {invoice: InvoiceStatus.PAID}


# Who is looked after


def test_webhooks_that_come_make_looking_unnecessary(house: House) -> None:
    ann = contact(house)
    issue(house, ann)
    house.settle_down()
    before = len(calls(house))

    house.look_around(6)

    assert asked(house, before) == []


def test_webhooks_that_fell_silent_are_made_up_for(house: House) -> None:
    ann = contact(house)
    house.settle_down()
    house.control("holded", "webhooks/pause")
    invoice = issue(house, ann)

    house.look_around(30)

    assert invoice in listed(house, ann)


def test_a_merchant_who_was_given_another_key_has_everything_once(first: House) -> None:
    ann = contact(first)
    ids = {issue(first, ann) for _ in range(3)}
    first.sync()
    first.use_token(first.holded_token)

    first.sync()
    first.look_around(30)

    assert set(listed(first, ann)) == ids
