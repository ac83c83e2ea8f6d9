"""The long run: complete, in order and once each, against dates and sums worked out by hand."""

import itertools
from collections import Counter
from typing import Any

import pytest

from tests.sandbox.stripe.billing.calendar_rules import day, moment
from tests.sandbox.stripe.billing.cast import Member
from tests.sandbox.stripe.billing.conftest import opened
from tests.sandbox.stripe.billing.long_run import CAST, END, Run, fourteen_months
from tests.sandbox.stripe.shapes import differences

RETRY_AFTER = (3, 5, 7)


@pytest.fixture(scope="module")
def run() -> Run:
    return fourteen_months(opened())


everybody = pytest.mark.parametrize("member", CAST, ids=lambda member: member.name)


def test_there_are_fifty_subscribers_at_least() -> None:
    assert len(CAST) >= 50


@everybody
def test_each_is_billed_what_is_due_when_it_is_due(run: Run, member: Member) -> None:
    found = [(day(one["created"]), one["total"], one["status"]) for one in run.invoices(member)]

    assert found == member.bills


@everybody
def test_each_second_is_billed_once_net_of_credits(run: Run, member: Member) -> None:
    edges = [moment(edge) for gap in member.gaps for edge in gap]
    first, last = moment(member.joins), None if member.until is None else moment(member.until)

    for covered in _coverage(run, member):
        end = last or max(covered)
        wanted = Counter({first: 1, end: -1})
        for place, edge in enumerate(edges):
            wanted[edge] += 1 if place % 2 else -1
        assert {at: step for at, step in covered.items() if step} == {
            at: step for at, step in wanted.items() if step
        }
        assert last is not None or end > END


def _coverage(run: Run, member: Member) -> list[Counter[int]]:
    """For each item, where the number of times that its time is billed goes up or down."""
    found: dict[str, Counter[int]] = {}
    for invoice in run.invoices(member):
        for line in invoice["lines"]["data"]:
            details = line["parent"]["subscription_item_details"]
            if details is None:
                continue
            steps = found.setdefault(details["subscription_item"], Counter())
            sign = -1 if line["description"].startswith("Unused time") else 1
            steps[line["period"]["start"]] += sign
            steps[line["period"]["end"]] -= sign
    return list(found.values())


@everybody
def test_each_goes_through_the_states_it_must(run: Run, member: Member) -> None:
    states = [
        event["data"]["object"]["status"]
        for event in run.said_of(run.lives[member.name].subscription)
    ]

    assert tuple(state for state, _ in itertools.groupby(states)) == member.path


@everybody
def test_refused_charges_are_tried_again_on_the_set_days(run: Run, member: Member) -> None:
    names = [one["id"] for one in run.invoices(member)]
    failed = [
        event
        for event in run.events
        if event["type"] == "invoice.payment_failed" and event["data"]["object"]["id"] in names
    ]

    assert tuple(day(event["created"]) for event in failed) == member.tries
    for event in failed:
        invoice = event["data"]["object"]
        pause = (*RETRY_AFTER, None)[invoice["attempt_count"] - 1]
        told = invoice["next_payment_attempt"]
        assert told is None or told == event["created"] + pause * 86_400


def test_events_are_in_the_order_of_time_and_once_each(run: Run) -> None:
    times = [event["created"] for event in run.events]

    assert times == sorted(times)
    assert len({event["id"] for event in run.events}) == len(run.events)
    assert [found for one in run.events[::150] for found in _shape(one)] == []


def _shape(event: dict[str, Any]) -> list[str]:
    return [] if event["type"] == "invoice.upcoming" else differences(event)


ONCE = {
    "draft": ["created"],
    "open": ["created", "finalized"],
    "paid": ["created", "finalized", "paid"],
    "void": ["created", "finalized", "voided"],
    "uncollectible": ["created", "finalized", "marked_uncollectible"],
}


def test_each_invoice_says_once_what_became_of_it(run: Run) -> None:
    milestones = {f"invoice.{name}" for names in ONCE.values() for name in names}
    said: dict[str, list[str]] = {}
    for event in run.events:
        if event["type"] in milestones:
            kind = event["type"].removeprefix("invoice.")
            said.setdefault(event["data"]["object"]["id"], []).append(kind)

    assert said == {one["id"]: ONCE[one["status"]] for one in run.stored("invoice")}


def test_an_event_continues_where_the_one_before_it_left_off(run: Run) -> None:
    last: dict[str, dict[str, Any]] = {}
    torn: Counter[str] = Counter()
    for event in run.events:
        now, kind = event["data"]["object"], event["type"]
        if now["object"] not in ("subscription", "invoice") or "id" not in now:
            continue
        before = last.get(now["id"], now)
        told = event["data"].get("previous_attributes", {}).keys()
        # What has no value may be left out.
        names = now.keys() | before.keys()
        changed = {name for name in names if now.get(name) != before.get(name)}
        if kind == "customer.subscription.deleted":
            changed -= {"canceled_at", "cancellation_details", "ended_at", "status"}
        torn.update(f"{kind} {name}" for name in changed ^ told)
        last[now["id"]] = now
    assert torn == {}


def test_each_invoice_is_settled_by_what_its_payments_say(run: Run) -> None:
    payments = run.stored("invoice_payment")
    for invoice in run.stored("invoice"):
        mine = [one for one in payments if one["invoice"] == invoice["id"]]
        paid = sum(one["amount_paid"] or 0 for one in mine)
        assert paid + invoice["amount_paid_off_stripe"] == invoice["amount_paid"]
        assert invoice["amount_due"] == invoice["amount_paid"] + invoice["amount_remaining"] or (
            invoice["status"] in ("void", "draft")
        )


def test_each_charge_belongs_to_one_payment_of_one_invoice(run: Run) -> None:
    intents = [one["payment"]["payment_intent"] for one in run.stored("invoice_payment")]
    charged: Counter[str] = Counter()
    for charge in run.stored("charge"):
        assert intents.count(charge["payment_intent"]) == 1
        if charge["status"] == "succeeded":
            charged[charge["currency"]] += charge["amount"]

    booked: Counter[str] = Counter()
    for one in run.stored("invoice_payment"):
        booked[one["currency"]] += one["amount_paid"] or 0
    assert charged == booked
    assert set(booked) == {"usd", "eur", "jpy", "kwd"}


def test_balances_are_the_sums_of_their_changes(run: Run) -> None:
    for customer in run.stored("customer"):
        changes = run.stored("customer_balance_transaction", customer=customer["id"])
        opening = -2500 if customer["id"] == run.lives["25.00 of credit"].customer else 0
        assert opening + sum(one["amount"] for one in changes) == customer["balance"]
    assert run.billing.stripe.customers.retrieve(run.lives["25.00 of credit"].customer).balance == 0


def test_numbers_of_invoices_are_given_once_and_without_holes(run: Run) -> None:
    for customer in run.stored("customer"):
        numbers = [
            one["number"]
            for one in run.stored("invoice", customer=customer["id"])
            if one["number"] is not None
        ]
        prefix = customer["invoice_prefix"]
        assert numbers == [f"{prefix}-{place + 1:04}" for place in range(len(numbers))]
