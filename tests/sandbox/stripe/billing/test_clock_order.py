"""Moving the account clock far: everything happens at its moment, in order and once."""

from collections import Counter
from itertools import pairwise
from typing import Any

from portal.sandbox.stripe.registry import DUE, due
from tests.sandbox.stripe.billing.conftest import DAY

INTERVALS = ("month", "week", "month", "year", "month")


def populate(billing: Any, count: int) -> list[str]:
    """Subscriptions of all kinds, begun at different moments; returns their ids."""
    prices = {name: billing.price(1000, name) for name in set(INTERVALS)}
    coupon = billing.stripe.coupons.create(
        {"percent_off": 50, "duration": "repeating", "duration_in_months": 2}
    )
    kinds: list[dict[str, Any]] = [
        {},
        {"trial_period_days": 10},
        {"collection_method": "send_invoice", "days_until_due": 5},
        {"discounts": [{"coupon": coupon.id}]},
        {"cancel_at_period_end": True},
        {"payment_behavior": "default_incomplete"},
        {"billing_mode": {"type": "flexible"}},
    ]
    found = []
    for number in range(count):
        billing.advance(seconds=number * 3611)
        customer = billing.customer()
        made = billing.subscribe(
            customer.id, prices[INTERVALS[number % 5]], **kinds[number % len(kinds)]
        )
        if number % 4 == 3:
            billing.give(customer.id, "pm_card_chargeCustomerFail")
        found.append(made.id)
    return found


def test_events_come_in_the_order_of_time_and_at_the_moment_they_tell_of(billing: Any) -> None:
    populate(billing, 16)
    before = len(billing.events())

    billing.advance(days=100)

    events = billing.events()[before:]
    moments = [one["created"] for one in events]
    assert len(events) > 500
    assert all(one <= other for one, other in pairwise(moments))
    born = [one for one in events if one["type"] == "invoice.created"]
    assert all(one["created"] == one["data"]["object"]["created"] for one in born)
    done = [one for one in events if one["type"] == "invoice.paid"]
    assert all(
        one["created"] == one["data"]["object"]["status_transitions"]["paid_at"] for one in done
    )
    assert {one["request"]["id"] for one in events} == {None}


def test_moving_far_at_once_is_moving_in_small_steps(open_billing: Any) -> None:
    at_once, in_steps = open_billing(), open_billing()
    populate(at_once, 8)
    populate(in_steps, 8)

    at_once.advance(days=70)
    for _ in range(140):
        in_steps.advance(seconds=DAY // 2)

    assert _told(at_once) == _told(in_steps)


def test_while_the_clock_moves_far_it_shows_the_moment_reached(billing: Any) -> None:
    moments = [billing.now + 7 * DAY, billing.now + 90 * DAY]
    seen = []
    for moment in moments:
        billing.sandbox.store.schedule(billing.account, "", moment, "look", "nobody")

    @due("look")
    def look(unit: Any, ref: str) -> None:
        seen.append((unit.now, unit.sandbox.clock.now()))

    try:
        billing.advance(days=100)
    finally:
        del DUE["look"]

    assert seen == [(moment, moment) for moment in moments]


def test_every_period_is_billed_once(billing: Any) -> None:
    names = populate(billing, 16)

    billing.advance(days=100)

    for name in names:
        periods = [
            (line.period.start, line.period.end)
            for invoice in billing.invoices(name)
            for line in invoice.lines.data
        ]
        assert len(periods) == len(set(periods))
        ordered = sorted(periods)
        assert all(one[1] == other[0] for one, other in pairwise(ordered))
    counted = Counter(
        one["data"]["object"]["id"] for one in billing.events("invoice.created", "invoice.paid")
    )
    assert set(counted.values()) <= {1, 2}


def _told(billing: Any) -> list[Any]:
    return [
        (one["created"], one["type"], one["data"]["object"].get("id")) for one in billing.events()
    ]


def test_undoing_an_update_gives_what_was_told_before(billing: Any) -> None:
    populate(billing, 14)

    billing.advance(days=70)

    assert len(billing.events("customer.subscription.updated")) > 30
    assert _contradictions(billing.events()) == []


def _contradictions(events: list[Any]) -> list[str]:
    told: dict[str, Any] = {}
    found = []
    for event in events:
        body = event["data"]["object"]
        if event["type"].endswith(".updated") and body["id"] in told:
            undone = _undone(body, event["data"]["previous_attributes"])
            # The number of a customer's next invoice moves without an event of its own.
            undone.pop("next_invoice_sequence", None)
            found += [event["type"] for name in undone if undone[name] != told[body["id"]][name]]
        told[str(body.get("id"))] = body
    return found


def _undone(body: Any, previous: Any) -> dict[str, Any]:
    return body | {
        name: _undone(body[name], old)
        if isinstance(old, dict) and isinstance(body[name], dict)
        else old
        for name, old in previous.items()
    }
