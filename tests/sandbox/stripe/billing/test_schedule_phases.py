"""What the phases of a schedule do: trials, extra items, discounts, settings, changes by hand."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.calendar_rules import day, moment
from tests.sandbox.stripe.shapes import differences

MONTH = {"interval": "month"}


def planned(billing: Any, *phases: dict[str, Any], **params: Any) -> Any:
    """A schedule that starts now, each phase a month of the same price unless it says otherwise."""
    price = billing.price(1000)
    wanted = [
        {"items": [{"price": price}]} | ({} if "end_date" in phase else {"duration": MONTH}) | phase
        for phase in phases
    ]
    return billing.stripe.subscription_schedules.create(
        {"customer": billing.customer().id, "start_date": "now", "phases": wanted, **params}
    )


def subscription(billing: Any, schedule: Any) -> Any:
    return billing.stripe.subscriptions.retrieve(schedule.subscription)


def bills(billing: Any, schedule: Any) -> list[tuple[str, int]]:
    found = billing.invoices(
        billing.stripe.subscription_schedules.retrieve(schedule.id).subscription
    )
    return [(day(one.created), one.total) for one in reversed(found)]


def test_a_phase_can_begin_with_a_trial(billing: Any) -> None:
    made = planned(billing, {"trial_end": moment("2026-04-15"), "duration": MONTH})
    before = subscription(billing, made).status

    billing.advance(days=16)

    assert differences(made.to_dict(for_json=True)) == []
    assert (before, subscription(billing, made).status) == ("trialing", "active")
    assert bills(billing, made) == [("2026-04-01", 0), ("2026-04-15", 1000)]


def test_a_phase_can_be_a_trial_as_a_whole(billing: Any) -> None:
    made = planned(billing, {"trial": True}, {})

    billing.advance(days=31)

    assert day(made.phases[0].trial_end) == "2026-05-01"
    assert bills(billing, made) == [("2026-04-01", 0), ("2026-05-01", 1000)]


def test_a_later_phase_can_be_a_trial(billing: Any) -> None:
    made = planned(billing, {}, {"trial": True}, {})
    preview = billing.stripe.invoices.create_preview({"subscription": made.subscription})

    billing.advance(days=31)
    during = subscription(billing, made).status
    billing.advance(days=31)

    assert (preview.total, preview.status, during) == (0, "draft", "trialing")
    assert bills(billing, made) == [("2026-04-01", 1000), ("2026-05-01", 0), ("2026-06-01", 1000)]


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ({"trial_end": moment("2026-06-01")}, "within the phase"),
        ({"trial": True, "trial_end": moment("2026-04-15")}, "must match the end"),
        (
            {"trial_end": moment("2026-04-15"), "billing_cycle_anchor": "phase_start"},
            "cannot be phase_start",
        ),
        ({"duration": MONTH, "end_date": moment("2026-05-01")}, "only specify one"),
    ],
)
def test_phases_that_cannot_be_are_refused(billing: Any, phase: dict[str, Any], words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words):
        planned(billing, {"duration": MONTH, **phase})


def test_extra_items_go_on_the_first_invoice_of_their_phase(billing: Any) -> None:
    fee = {"add_invoice_items": [{"price": billing.once(500)}]}
    made = planned(billing, fee, {}, fee)

    billing.advance(days=62)

    assert bills(billing, made) == [
        ("2026-04-01", 1500),
        ("2026-05-01", 1000),
        ("2026-06-01", 1500),
    ]
    assert differences(made.to_dict(for_json=True)) == []


def test_items_of_a_phase_have_discounts_of_their_own(billing: Any) -> None:
    coupon = billing.stripe.coupons.create({"percent_off": 50, "duration": "forever"})
    price = billing.price(1000)
    items = [{"price": price, "discounts": [{"coupon": coupon.id}]}]
    made = planned(billing, {"items": items}, {"items": [{"price": price}]})

    billing.advance(days=31)

    assert bills(billing, made) == [("2026-04-01", 500), ("2026-05-01", 1000)]


def test_a_phase_unsets_metadata_by_empty_values(billing: Any) -> None:
    """The example of Stripe's page on schedules, "Use phase metadata"."""
    made = planned(
        billing,
        {"metadata": {"channel": "self-serve", "region": "apac", "upsell-products": "alpha"}},
        {"metadata": {"channel": "sales", "churn-risk": "high", "upsell-products": ""}},
    )

    billing.advance(days=31)

    assert subscription(billing, made).metadata.to_dict() == {
        "channel": "sales",
        "region": "apac",
        "churn-risk": "high",
    }


def test_default_settings_hold_unless_a_phase_says_otherwise(billing: Any) -> None:
    made = planned(
        billing,
        {},
        {"invoice_settings": {"days_until_due": 5}},
        default_settings={
            "collection_method": "send_invoice",
            "invoice_settings": {"days_until_due": 30, "footer": "Thank you"},
        },
    )
    first = subscription(billing, made)

    billing.advance(days=31)

    assert (first.collection_method, first.days_until_due) == ("send_invoice", 30)
    assert first.invoice_settings.footer == "Thank you"
    assert subscription(billing, made).days_until_due == 5


def test_a_schedule_can_begin_in_the_past(billing: Any) -> None:
    made = planned(billing, {}, {}, start_date=moment("2026-03-15"))

    (invoice,) = billing.invoices(made.subscription)
    assert day(subscription(billing, made).start_date) == "2026-03-15"
    assert [day(line.period.start) for line in invoice.lines.data] == ["2026-03-15"]
    assert day(made.phases[0].end_date) == "2026-04-15"


def test_the_current_phase_can_end_now(billing: Any) -> None:
    made = planned(billing, {})
    phase = made.phases[0]
    billing.advance(days=15)

    changed = billing.stripe.subscription_schedules.update(
        made.id,
        {
            "phases": [
                {
                    "items": [{"price": phase["items"][0].price}],
                    "start_date": phase.start_date,
                    "end_date": "now",
                },
                {
                    "items": [{"price": billing.price(2000)}],
                    "start_date": "now",
                    "duration": MONTH,
                    "proration_behavior": "always_invoice",
                },
            ]
        },
    )

    assert changed.current_phase.start_date == billing.now
    assert bills(billing, made)[-1] == ("2026-04-16", 500)


def test_a_change_by_hand_splits_the_running_phase(billing: Any) -> None:
    """Stripe's page on schedules, "Subscription updates when a schedule is attached"."""
    price = billing.price(1000)
    made = planned(billing, {"items": [{"price": price}]}, {"items": [{"price": price}]})
    item = subscription(billing, made)["items"].data[0].id
    billing.advance(days=10)

    billing.stripe.subscription_items.update(item, {"quantity": 3, "proration_behavior": "none"})
    split = billing.stripe.subscription_schedules.retrieve(made.id)
    billing.advance(days=21)

    assert [
        (day(one.start_date), day(one.end_date), one["items"][0].quantity) for one in split.phases
    ] == [
        ("2026-04-01", "2026-04-11", 1),
        ("2026-04-11", "2026-05-01", 3),
        ("2026-05-01", "2026-06-01", 1),
    ]
    assert split.current_phase.start_date == split.phases[1].start_date
    assert subscription(billing, made)["items"].data[0].quantity == 1


def test_metadata_by_hand_leaves_the_schedule_alone(billing: Any) -> None:
    made = planned(billing, {})

    billing.stripe.subscriptions.update(made.subscription, {"metadata": {"a": "b"}})

    assert len(billing.stripe.subscription_schedules.retrieve(made.id).phases) == 1


def test_a_payment_method_by_hand_becomes_the_schedules_default(billing: Any) -> None:
    made = planned(billing, {})
    method = billing.stripe.payment_methods.attach(
        "pm_card_mastercard", {"customer": made.customer}
    )

    billing.stripe.subscriptions.update(made.subscription, {"default_payment_method": method.id})

    found = billing.stripe.subscription_schedules.retrieve(made.id)
    assert found.default_settings.default_payment_method == method.id


def test_a_schedule_announces_its_end_a_week_before(billing: Any) -> None:
    planned(billing, {}, end_behavior="cancel")

    billing.advance(days=23)

    assert len(billing.events("subscription_schedule.expiring")) == 1


def test_a_schedule_whose_subscription_is_not_paid_for_is_aborted(billing: Any) -> None:
    made = planned(billing, {}, {}, {}, {})
    billing.advance(days=1)
    billing.give(made.customer, "pm_card_chargeCustomerFail")

    billing.advance(days=50)

    assert billing.stripe.subscription_schedules.retrieve(made.id).status == "canceled"
    assert len(billing.events("subscription_schedule.aborted")) == 1
    assert billing.events("subscription_schedule.canceled") == []


@pytest.mark.parametrize("behavior", ["none", "renew"])
def test_ends_that_nobody_describes_are_not_guessed(billing: Any, behavior: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        planned(billing, {}, end_behavior=behavior)

    assert refused.value.code == "sandbox_unsupported"


def test_a_schedule_to_be_made_can_be_previewed(billing: Any) -> None:
    """The example of Stripe's page on schedules, "Previewing schedule creation and updates"."""
    customer = billing.customer().id
    phase = {
        "start_date": "now",
        "items": [{"price": billing.price(1000), "quantity": 2}],
        "duration": {"interval": "month", "interval_count": 12},
    }

    preview = billing.stripe.invoices.create_preview(
        {"customer": customer, "schedule_details": {"phases": [phase]}}
    )

    assert (preview.total, preview.status) == (2000, "draft")
    assert billing.stripe.subscription_schedules.list().data == []
    assert billing.stripe.subscriptions.list({"status": "all"}).data == []


def test_a_changed_schedule_can_be_previewed(billing: Any) -> None:
    made = planned(billing, {})
    phase = made.phases[0]
    first = {
        "start_date": phase.start_date,
        "end_date": phase.end_date,
        "items": [{"price": phase["items"][0].price}],
    }
    then = {"items": [{"price": billing.price(700)}], "duration": MONTH}

    preview = billing.stripe.invoices.create_preview(
        {"schedule": made.id, "schedule_details": {"phases": [first, then]}}
    )
    billing.stripe.subscription_schedules.update(made.id, {"phases": [first, then]})
    billing.advance(days=31)

    assert preview.total == 700
    assert bills(billing, made)[-1] == ("2026-05-01", 700)


def test_a_change_that_is_invoiced_at_once_is_previewed_as_that(billing: Any) -> None:
    made = planned(billing, {})
    phase = made.phases[0]
    billing.advance(days=15)
    changed = {
        "start_date": phase.start_date,
        "end_date": phase.end_date,
        "items": [{"price": billing.price(2000)}],
    }
    wanted = {"phases": [changed], "proration_behavior": "always_invoice"}

    preview = billing.stripe.invoices.create_preview(
        {"schedule": made.id, "schedule_details": wanted}
    )
    billing.stripe.subscription_schedules.update(made.id, wanted)

    assert preview.total == bills(billing, made)[-1][1] == 500


def test_phases_that_are_planned_while_it_runs_are_told(billing: Any) -> None:
    made = planned(billing, {})
    now = made.phases[0]
    price = billing.price(2000)
    phases = [
        {"items": [{"price": now["items"][0].price}], "start_date": now.start_date,
         "end_date": now.end_date},
        {"items": [{"price": price}], "duration": MONTH},
    ]  # fmt: skip

    billing.stripe.subscription_schedules.update(made.id, {"phases": phases})

    told = billing.stripe.events.list({"type": "subscription_schedule.updated"}).data[0]
    assert [len(told.data.object["phases"]), len(told.data.previous_attributes["phases"])] == [2, 1]
