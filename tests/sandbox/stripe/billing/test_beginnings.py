"""How subscriptions begin and are cut short: anchors, trials, backdating, mixed intervals."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.calendar_rules import day, moment

DAY = 86_400


def every(billing: Any, interval: str, count: int = 1, amount: int = 1000) -> str:
    recurring = {"interval": interval, "interval_count": count}
    return str(billing.price(amount, recurring=recurring))


@pytest.mark.parametrize(
    "intervals",
    [
        [("month", 1), ("month", 3)],
        [("month", 1), ("year", 1)],
        [("day", 1), ("week", 1)],
        [("day", 1), ("month", 3)],
        [("week", 2), ("week", 4)],
        [("week", 1), ("day", 7)],
        [("month", 12), ("year", 1)],
    ],
)
def test_intervals_that_are_multiples_go_together(
    billing: Any, intervals: list[tuple[str, int]]
) -> None:
    """The supported combinations of Stripe's page on mixed intervals."""
    prices = [every(billing, *one) for one in intervals]

    made = billing.subscribe(billing.customer().id, *prices, billing_mode={"type": "flexible"})

    assert len(made["items"].data) == len(intervals)


@pytest.mark.parametrize(
    "intervals",
    [
        [("month", 2), ("month", 3)],
        [("month", 4), ("month", 6)],
        [("week", 1), ("month", 1)],
        [("day", 2), ("week", 1)],
        [("month", 5), ("year", 1)],
    ],
)
def test_other_intervals_do_not(billing: Any, intervals: list[tuple[str, int]]) -> None:
    """The unsupported combinations of the same page."""
    prices = [every(billing, *one) for one in intervals]

    with pytest.raises(stripe.InvalidRequestError, match="multiples"):
        billing.subscribe(billing.customer().id, *prices, billing_mode={"type": "flexible"})


def test_at_period_end_is_the_end_of_the_first_item_that_ends(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id,
        every(billing, "month"),
        every(billing, "month", 3),
        billing_mode={"type": "flexible"},
    )

    told = billing.stripe.subscriptions.update(made.id, {"cancel_at_period_end": True})

    assert day(told.cancel_at) == "2026-05-01"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("min_period_end", "2026-05-01"),
        ("max_period_end", "2026-07-01"),
        ("max_billed_until", "2026-07-01"),
    ],
)
def test_ends_can_be_named(billing: Any, name: str, expected: str) -> None:
    """Facts R9: `cancel_at` accepts the names of period ends."""
    made = billing.subscribe(
        billing.customer().id,
        every(billing, "month"),
        every(billing, "month", 3),
        billing_mode={"type": "flexible"},
    )

    assert day(billing.stripe.subscriptions.update(made.id, {"cancel_at": name}).cancel_at) == (
        expected
    )


def test_a_configured_anchor_is_shown_as_it_was_asked_for(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        billing_cycle_anchor_config={"day_of_month": 15, "hour": 9},
    )

    assert made.billing_cycle_anchor_config.to_dict() == {
        "day_of_month": 15,
        "hour": 9,
        "minute": None,
        "month": None,
        "second": None,
    }
    assert made.billing_cycle_anchor == moment("2026-04-15T09:00")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"billing_cycle_anchor": moment("2026-07-01")}, "next natural billing date"),
        ({"billing_cycle_anchor": moment("2026-03-01")}, "in the future"),
        ({"backdate_start_date": moment("2026-05-01")}, "in the past"),
        (
            {
                "backdate_start_date": moment("2026-03-01"),
                "billing_cycle_anchor_config": {"day_of_month": 1},
            },
            "does not support a backdated",
        ),
        ({"trial_end": moment("2029-05-01")}, "two years"),
        ({"trial_end": moment("2026-05-01"), "trial_from_plan": True}, "only specify one"),
    ],
)
def test_beginnings_that_cannot_be_are_refused(
    billing: Any, params: dict[str, Any], words: str
) -> None:
    price = billing.price(1000)

    with pytest.raises(stripe.InvalidRequestError, match=words):
        billing.subscribe(billing.customer().id, price, **params)


@pytest.mark.parametrize(
    "params",
    [
        {"backdate_start_date": moment("2026-03-01"), "trial_period_days": 7},
        {
            "backdate_start_date": moment("2026-03-01"),
            "proration_behavior": "none",
            "billing_mode": {"type": "flexible"},
        },
    ],
)
def test_beginnings_that_nobody_describes_are_not_guessed(
    billing: Any, params: dict[str, Any]
) -> None:
    price = billing.price(1000)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.subscribe(billing.customer().id, price, **params)

    assert refused.value.code == "sandbox_unsupported"


def test_weekly_prices_take_no_configured_anchor(billing: Any) -> None:
    price = billing.price(1000, "week")

    with pytest.raises(stripe.InvalidRequestError, match="monthly and yearly"):
        billing.subscribe(
            billing.customer().id, price, billing_cycle_anchor_config={"day_of_month": 15}
        )


def test_an_uncharged_backdating_only_moves_the_start(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        backdate_start_date=moment("2026-01-01"),
        proration_behavior="none",
    )

    (invoice,) = billing.invoices(made.id)
    assert (day(made.start_date), invoice.total) == ("2026-01-01", 1000)
    assert made.billing_cycle_anchor == billing.now


def half(billing: Any, months: int) -> dict[str, Any]:
    """A backdated subscription with half off for some months."""
    coupon = billing.stripe.coupons.create(
        {"percent_off": 50, "duration": "repeating", "duration_in_months": months}
    )
    return {
        "customer": billing.customer().id,
        "items": [{"price": billing.price(1000)}],
        "backdate_start_date": moment("2026-01-15"),
        "discounts": [{"coupon": coupon.id}],
        "expand": ["discounts"],
    }


def test_a_coupons_time_runs_from_the_backdated_start(billing: Any) -> None:
    """Stripe's page on backdating, "Backdating and discounts"."""
    made = billing.stripe.subscriptions.create(half(billing, 4))

    assert day(made.discounts[0].end) == "2026-05-15"
    assert billing.invoices(made.id)[0].total == 1500


def test_a_coupon_for_a_part_of_the_backdated_time_is_not_guessed(billing: Any) -> None:
    wanted = half(billing, 2)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.subscriptions.create(wanted)

    assert refused.value.code == "sandbox_unsupported"


def test_a_trial_in_the_middle_credits_what_was_paid(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(3000))
    billing.advance(days=10)

    changed = billing.stripe.subscriptions.update(made.id, {"trial_end": billing.now + 7 * DAY})
    billing.advance(days=8)

    renewal, credit, _ = billing.invoices(made.id)
    assert (changed.status, changed.trial_start) == ("trialing", changed.trial_end - 7 * DAY)
    assert changed.billing_cycle_anchor == changed.trial_end
    assert sorted(line.amount for line in credit.lines.data) == [-2000, 0]
    assert (credit.total, credit.status) == (-2000, "paid")
    assert (renewal.total, renewal.amount_due) == (3000, 1000)


@pytest.mark.parametrize(("mode", "start"), [("classic", 0), ("flexible", 20)])
def test_a_second_trial_starts_anew_in_flexible_mode_only(
    billing: Any, mode: str, start: int
) -> None:
    """Stripe's page on billing modes, "Update trial start date for subsequent trials"."""
    begun = billing.now
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        trial_period_days=7,
        billing_mode={"type": mode},
    )
    billing.advance(days=20)

    changed = billing.stripe.subscriptions.update(
        made.id, {"trial_end": billing.now + 7 * DAY, "proration_behavior": "none"}
    )

    assert changed.trial_start == begun + start * DAY


@pytest.mark.parametrize("mode", ["classic", "flexible"])
def test_an_end_inside_the_period_credits_the_rest(billing: Any, mode: str) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(3000), billing_mode={"type": mode}
    )
    billing.advance(days=5)
    end = billing.now + 10 * DAY

    told = billing.stripe.subscriptions.update(made.id, {"cancel_at": end})
    pending = billing.stripe.invoice_items.list({"pending": True}).data
    preview = billing.stripe.invoices.create_preview({"subscription": made.id})
    billing.advance(days=11)

    ended = billing.stripe.subscriptions.retrieve(made.id)
    last = billing.invoices(made.id)[0]
    assert told["items"].data[0].current_period_end == end
    assert [one.amount for one in pending] == [-1500]
    assert (ended.status, ended.ended_at) == ("canceled", end)
    assert preview.total == last.total == -1500


@pytest.mark.parametrize(("mode", "amount"), [("classic", 3100), ("flexible", 3000)])
def test_an_end_inside_the_first_period_shortens_it(billing: Any, mode: str, amount: int) -> None:
    """Ten of the 31 days that end there in classic mode, of the 30 that begin now in flexible."""
    made = billing.subscribe(
        billing.customer().id,
        billing.price(amount),
        billing_mode={"type": mode},
        cancel_at=moment("2026-04-11"),
    )

    assert billing.invoices(made.id)[0].total == 1000


def test_an_end_inside_the_period_is_not_moved_by_guess(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(3000))
    billing.stripe.subscriptions.update(made.id, {"cancel_at": billing.now + 10 * DAY})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.subscriptions.update(made.id, {"cancel_at": ""})

    assert refused.value.code == "sandbox_unsupported"


def test_a_preview_of_a_new_subscription_takes_an_anchor_and_a_start(billing: Any) -> None:
    """Facts N8: only previews take the anchor as a timestamp in an object."""
    price, customer = billing.price(3000), billing.customer().id
    items = [{"price": price}]
    anchored = billing.stripe.invoices.create_preview(
        {
            "customer": customer,
            "subscription_details": {
                "items": items,
                "billing_cycle_anchor": {"type": "timestamp", "timestamp": moment("2026-04-11")},
            },
        }
    )
    backdated = billing.stripe.invoices.create_preview(
        {
            "customer": customer,
            "subscription_details": {"items": items, "start_date": moment("2026-03-01")},
        }
    )

    # Ten of the 31 days from 11 March; March and April.
    assert (anchored.total, backdated.total) == (968, 6000)
