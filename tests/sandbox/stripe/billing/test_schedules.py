"""Subscription schedules: deferred downgrades, their release, and schedules that begin or end."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.shapes import differences

DAY = 86_400


@pytest.fixture
def deferred(billing: Any) -> Any:
    """A subscription of 20.00 that a schedule brings down to 10.00 at its period's end."""
    twenty, ten = billing.price(2000), billing.price(1000)
    made = billing.subscribe(billing.customer().id, twenty, billing_mode={"type": "flexible"})
    schedule = billing.stripe.subscription_schedules.create({"from_subscription": made.id})
    phase = schedule.phases[0]
    return billing.stripe.subscription_schedules.update(
        schedule.id,
        {
            "end_behavior": "release",
            "phases": [
                {
                    "start_date": phase.start_date,
                    "end_date": phase.end_date,
                    "items": [{"price": twenty}],
                },
                {"items": [{"price": ten}], "duration": {"interval": "month"}},
            ],
        },
    )


def test_a_schedule_describes_the_running_subscription(billing: Any, deferred: Any) -> None:
    subscription = billing.stripe.subscriptions.retrieve(deferred.subscription)

    assert differences(deferred.to_dict(for_json=True)) == []
    assert subscription.schedule == deferred.id
    assert deferred.phases[0].end_date == subscription["items"].data[0].current_period_end
    assert deferred.phases[1].start_date == deferred.phases[0].end_date
    assert deferred.status == "active"


def test_the_downgrade_comes_with_the_renewal_and_prorates_nothing(
    billing: Any, deferred: Any
) -> None:
    preview = billing.stripe.invoices.create_preview({"subscription": deferred.subscription})

    billing.advance(days=30, seconds=3600)

    found = billing.invoices(deferred.subscription)
    assert preview.total == 1000
    assert [one.total for one in found] == [1000, 2000]
    assert found[0].billing_reason == "subscription_cycle"


def test_after_its_last_phase_a_schedule_releases_the_subscription(
    billing: Any, deferred: Any
) -> None:
    billing.advance(days=62)

    schedule = billing.stripe.subscription_schedules.retrieve(deferred.id)
    subscription = billing.stripe.subscriptions.retrieve(deferred.subscription)
    assert (schedule.status, schedule.released_subscription) == ("released", subscription.id)
    assert (subscription.schedule, subscription.status) == (None, "active")
    assert [one.total for one in billing.invoices(subscription.id)] == [1000, 1000, 2000]


def test_releasing_keeps_the_current_plan(billing: Any, deferred: Any) -> None:
    billing.stripe.subscription_schedules.release(deferred.id)

    billing.advance(days=31)

    assert [one.total for one in billing.invoices(deferred.subscription)] == [2000, 2000]
    assert billing.events("subscription_schedule.released")


def test_a_managed_subscription_is_not_canceled_behind_its_schedule(
    billing: Any, deferred: Any
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        billing.stripe.subscriptions.update(deferred.subscription, {"cancel_at_period_end": True})


def test_canceling_the_subscription_at_once_cancels_its_schedule(
    billing: Any, deferred: Any
) -> None:
    billing.stripe.subscriptions.cancel(deferred.subscription)

    assert billing.stripe.subscription_schedules.retrieve(deferred.id).status == "canceled"


def test_a_released_schedule_takes_no_more_changes(billing: Any, deferred: Any) -> None:
    billing.stripe.subscription_schedules.release(deferred.id)

    with pytest.raises(stripe.InvalidRequestError, match="`released` status"):
        billing.stripe.subscription_schedules.cancel(deferred.id)


def test_a_schedule_for_later_starts_its_subscription_then(billing: Any) -> None:
    schedule = billing.stripe.subscription_schedules.create(
        {
            "customer": billing.customer().id,
            "start_date": billing.now + 5 * DAY,
            "end_behavior": "cancel",
            "phases": [
                {
                    "items": [{"price": billing.price(1000), "quantity": 2}],
                    "duration": {"interval": "month", "interval_count": 2},
                }
            ],
        }
    )
    waiting = schedule.status

    billing.advance(days=5, seconds=3600)
    started = billing.stripe.subscription_schedules.retrieve(schedule.id)
    first = billing.invoices(started.subscription)[0]
    billing.advance(days=62)

    ended = billing.stripe.subscription_schedules.retrieve(schedule.id)
    subscription = billing.stripe.subscriptions.retrieve(started.subscription)
    assert (waiting, started.status, ended.status) == ("not_started", "active", "completed")
    assert (first.total, first.status) == (2000, "paid")
    assert subscription.status == "canceled"
    assert len(billing.invoices(subscription.id)) == 2


def test_a_schedule_moves_to_a_yearly_price_at_the_period_end(billing: Any) -> None:
    monthly, yearly = billing.price(1000), billing.price(10000, "year")
    made = billing.subscribe(billing.customer().id, monthly, billing_mode={"type": "flexible"})
    schedule = billing.stripe.subscription_schedules.create({"from_subscription": made.id})
    first = schedule.phases[0]
    billing.stripe.subscription_schedules.update(
        schedule.id,
        {
            "phases": [
                {
                    "start_date": first.start_date,
                    "end_date": first.end_date,
                    "items": [{"price": monthly}],
                },
                {"items": [{"price": yearly}]},
            ]
        },
    )

    billing.advance(days=31)

    changed = billing.stripe.subscriptions.retrieve(made.id)
    item = changed["items"].data[0]
    assert item.price.id == yearly
    assert item.current_period_end - item.current_period_start == 365 * DAY
    assert billing.invoices(made.id)[0].total == 10000
