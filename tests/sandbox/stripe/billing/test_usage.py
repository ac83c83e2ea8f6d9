"""Usage: meters, their events, and what invoices bill of them in arrears."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.calendar_rules import moment
from tests.sandbox.stripe.shapes import differences

DAY = 86_400


@pytest.fixture
def meter(billing: Any) -> Any:
    return meter_of(billing)


def meter_of(billing: Any, formula: str = "sum", **params: Any) -> Any:
    return billing.stripe.billing.meters.create(
        {
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation": {"formula": formula},
            **params,
        }
    )


def price_of(billing: Any, meter: Any, amount: int | None = 4, **params: Any) -> str:
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    return str(billing.price(amount, recurring=recurring, **params))


def use(billing: Any, customer: str, value: int | str = 1, **params: Any) -> Any:
    payload = {"stripe_customer_id": customer, "value": str(value)}
    wanted = {"event_name": "calls", "payload": payload, **params}
    return billing.stripe.billing.meter_events.create(wanted)


def subscribed(billing: Any, price: str, mode: str = "flexible", **params: Any) -> Any:
    return billing.subscribe(billing.customer().id, price, billing_mode={"type": mode}, **params)


def test_objects_have_the_shape_of_the_sdk(billing: Any, meter: Any) -> None:
    customer = billing.customer().id
    event = use(billing, customer, 3, identifier="one")
    adjustment = billing.stripe.billing.meter_event_adjustments.create(
        {"type": "cancel", "event_name": "calls", "cancel": {"identifier": "one"}}
    )
    use(billing, customer, 3)
    summaries = _summaries(billing, meter, customer)

    found = [meter, event, adjustment, *summaries]
    assert [one for each in found for one in differences(each.to_dict(for_json=True))] == []
    assert adjustment.status == "pending"


def _summaries(billing: Any, meter: Any, customer: str, **params: Any) -> Any:
    wanted = {"customer": customer, "start_time": billing.now, "end_time": billing.now + DAY}
    return billing.stripe.billing.meters.event_summaries.list(meter.id, wanted | params).data


def test_a_meter_is_renamed_put_out_of_use_and_back(billing: Any, meter: Any) -> None:
    meters = billing.stripe.billing.meters
    renamed = meters.update(meter.id, {"display_name": "API calls"})
    off = meters.deactivate(meter.id)
    listed = meters.list({"status": "inactive"}).data
    on = meters.reactivate(meter.id)

    assert (renamed.display_name, off.status, on.status) == ("API calls", "inactive", "active")
    assert (off.status_transitions.deactivated_at, [one.id for one in listed]) == (
        billing.now,
        [meter.id],
    )
    assert [one for one in billing.kinds() if one.startswith("billing.meter")] == [
        "billing.meter.created",
        "billing.meter.updated",
        "billing.meter.deactivated",
        "billing.meter.reactivated",
    ]


def test_an_event_name_belongs_to_one_meter(billing: Any, meter: Any) -> None:
    _ = meter

    with pytest.raises(stripe.InvalidRequestError) as refused:
        meter_of(billing)

    assert refused.value.param == "event_name"


@pytest.mark.parametrize(("formula", "expected"), [("sum", 13), ("count", 3), ("last", 4)])
def test_a_formula_says_how_events_count(billing: Any, formula: str, expected: int) -> None:
    meter = meter_of(billing, formula)
    customer = billing.customer().id
    for at, value in ((20, 7), (50, 4), (10, 2)):
        use(billing, customer, value, timestamp=billing.now + at)

    assert [one.aggregated_value for one in _summaries(billing, meter, customer)] == [expected]


def test_summaries_can_be_by_the_hour(billing: Any, meter: Any) -> None:
    customer = billing.customer().id
    start = billing.now
    use(billing, customer, 1)
    billing.advance(seconds=7200)
    use(billing, customer, 5)

    found = _summaries(
        billing,
        meter,
        customer,
        start_time=start,
        end_time=start + DAY,
        value_grouping_window="hour",
    )

    assert [(one.start_time - start, one.aggregated_value) for one in found] == [(7200, 5), (0, 1)]


def test_of_events_that_are_aggregated_before_the_last_of_a_window_counts(billing: Any) -> None:
    meter = meter_of(billing, event_time_window="hour")
    customer = billing.customer().id
    use(billing, customer, 7)
    use(billing, customer, 5, timestamp=billing.now + 60)

    assert [one.aggregated_value for one in _summaries(billing, meter, customer)] == [5]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"timestamp": moment("2026-02-20")}, "timestamp_too_far_in_past"),
        ({"timestamp": moment("2026-04-01T00:06")}, "timestamp_in_future"),
        ({"event_name": "sms"}, "sandbox_unsupported"),
        ({"payload": {"value": "1"}}, "sandbox_unsupported"),
        ({"payload": {"value": "1", "stripe_customer_id": "cus_none"}}, "resource_missing"),
    ],
)
def test_events_that_cannot_count_are_refused(
    billing: Any, meter: Any, params: dict[str, Any], code: str
) -> None:
    _ = meter
    customer = billing.customer().id

    with pytest.raises(stripe.InvalidRequestError) as refused:
        use(billing, customer, **params)

    assert refused.value.code == code


def test_an_identifier_is_taken_once_a_day(billing: Any, meter: Any) -> None:
    _ = meter
    customer = billing.customer().id
    use(billing, customer, identifier="one")

    with pytest.raises(stripe.InvalidRequestError, match="already exists with identifier one"):
        use(billing, customer, identifier="one")
    billing.advance(days=1, seconds=1)
    assert use(billing, customer, identifier="one").identifier == "one"


def test_an_event_can_be_canceled_for_a_day(billing: Any, meter: Any) -> None:
    customer = billing.customer().id
    use(billing, customer, 9, identifier="wrong")
    wanted = {"type": "cancel", "event_name": "calls", "cancel": {"identifier": "wrong"}}
    billing.stripe.billing.meter_event_adjustments.create(wanted)

    assert _summaries(billing, meter, customer) == []
    billing.advance(days=1)
    with pytest.raises(stripe.InvalidRequestError, match="within 24 hours"):
        billing.stripe.billing.meter_event_adjustments.create(wanted)


def test_usage_of_a_period_is_billed_at_its_end(billing: Any, meter: Any) -> None:
    made = subscribed(billing, price_of(billing, meter))
    use(billing, made.customer, 100)
    billing.advance(days=29)
    use(billing, made.customer, 50)
    preview = billing.stripe.invoices.create_preview({"subscription": made.id})
    billing.advance(days=1, seconds=3600)

    (renewal,) = billing.invoices(made.id)
    (line,) = renewal.lines.data
    assert made.latest_invoice is None
    assert (preview.total, renewal.total, renewal.status) == (600, 600, "paid")
    assert (line.quantity, line.period.start, line.period.end) == (
        150,
        moment("2026-04-01"),
        moment("2026-05-01"),
    )
    assert line.description == "150 × Plan 4 (at $0.04 / month)"
    assert differences(renewal.to_dict(for_json=True)) == []


def test_a_classic_first_invoice_names_usage_of_nothing(billing: Any, meter: Any) -> None:
    made = subscribed(billing, price_of(billing, meter), "classic")

    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    assert [(one.amount, one.quantity) for one in invoice.lines.data] == [(0, 0)]


def test_usage_reported_while_the_invoice_is_a_draft_still_counts(billing: Any, meter: Any) -> None:
    made = subscribed(billing, price_of(billing, meter))
    billing.advance(days=30)
    use(billing, made.customer, 100, timestamp=billing.now - 60)
    use(billing, made.customer, 1000)

    billing.advance(seconds=3600)
    first = billing.invoices(made.id)[0]
    billing.advance(days=31)

    assert first.total == 400
    assert billing.invoices(made.id)[0].total == 4000


def test_a_period_of_negative_usage_costs_nothing(billing: Any, meter: Any) -> None:
    made = subscribed(billing, price_of(billing, meter))
    use(billing, made.customer, 5)
    use(billing, made.customer, -20)

    billing.advance(days=31)

    (line,) = billing.invoices(made.id)[0].lines.data
    assert (line.amount, line.quantity) == (0, 0)


def test_usage_may_be_a_part_of_a_unit(billing: Any, meter: Any) -> None:
    made = subscribed(billing, price_of(billing, meter))
    use(billing, made.customer, "2.5")

    billing.advance(days=31)

    (line,) = billing.invoices(made.id)[0].lines.data
    assert (line.amount, line.quantity, str(line.quantity_decimal)) == (10, 2, "2.5")


def test_usage_of_a_trial_is_free(billing: Any, meter: Any) -> None:
    made = subscribed(billing, price_of(billing, meter), trial_period_days=7)
    use(billing, made.customer, 100)
    billing.advance(days=8)
    use(billing, made.customer, 25)
    billing.advance(days=30)

    first, second = reversed(billing.invoices(made.id))
    assert [one.description for one in first.lines.data] == ["Free trial for 100 × Plan 4"]
    assert (first.total, second.total) == (0, 100)


@pytest.mark.parametrize(("mode", "total"), [("classic", 75), ("flexible", 175)])
def test_a_new_price_counts_from_when_it_came(
    billing: Any, meter: Any, mode: str, total: int
) -> None:
    """Worked example of Stripe's page that compares the billing modes."""
    by_hundred = {"transform_quantity": {"divide_by": 100, "round": "up"}}
    made = subscribed(billing, price_of(billing, meter, 10, **by_hundred), mode)
    billing.advance(days=4)
    use(billing, made.customer, 1000)
    billing.advance(days=10)
    item = {"id": made["items"].data[0].id, "price": price_of(billing, meter, 15, **by_hundred)}
    billing.stripe.subscriptions.update(made.id, {"items": [item]})
    billing.advance(days=5)
    use(billing, made.customer, 500)

    preview = billing.stripe.invoices.create_preview({"subscription": made.id})
    billing.advance(days=12)

    assert preview.subtotal == billing.invoices(made.id)[0].subtotal == total


def test_usage_of_an_ended_period_is_billed_once_more_at_the_end(billing: Any, meter: Any) -> None:
    made = subscribed(billing, price_of(billing, meter))
    billing.stripe.subscriptions.update(made.id, {"cancel_at": "max_period_end"})
    use(billing, made.customer, 100)
    preview = billing.stripe.invoices.create_preview({"subscription": made.id})

    billing.advance(days=31)

    (last,) = billing.invoices(made.id)
    assert billing.stripe.subscriptions.retrieve(made.id).status == "canceled"
    assert (preview.total, last.total, last.status) == (400, 400, "paid")


@pytest.mark.parametrize(("invoice_now", "totals"), [(True, [400]), (False, [])])
def test_canceling_now_bills_usage_only_if_asked(
    billing: Any, meter: Any, invoice_now: bool, totals: list[int]
) -> None:
    made = subscribed(billing, price_of(billing, meter))
    use(billing, made.customer, 100)
    billing.advance(days=3)

    billing.stripe.subscriptions.cancel(made.id, {"invoice_now": invoice_now})

    assert [one.total for one in billing.invoices(made.id)] == totals


def test_moving_the_anchor_bills_what_was_used_until_then(billing: Any, meter: Any) -> None:
    made = subscribed(billing, price_of(billing, meter))
    use(billing, made.customer, 100)
    billing.advance(days=3)

    billing.stripe.subscriptions.update(made.id, {"billing_cycle_anchor": {"type": "now"}})
    use(billing, made.customer, 10)
    billing.advance(days=31)

    assert [one.total for one in reversed(billing.invoices(made.id))] == [400, 40]


@pytest.mark.parametrize(("mode", "amounts"), [("flexible", [400]), ("classic", [])])
def test_removing_a_metered_item_bills_its_usage_in_flexible_mode(
    billing: Any, meter: Any, mode: str, amounts: list[int]
) -> None:
    customer = billing.customer().id
    made = billing.subscribe(
        customer, billing.price(1000), price_of(billing, meter), billing_mode={"type": mode}
    )
    use(billing, customer, 100)
    billing.advance(days=3)

    billing.stripe.subscription_items.delete(made["items"].data[1].id)

    pending = billing.stripe.invoice_items.list({"pending": True}).data
    assert [one.amount for one in pending] == amounts


@pytest.mark.parametrize(("through", "amounts"), [("now", [400]), ("none", [])])
def test_a_pause_bills_usage_until_then_if_asked(
    billing: Any, meter: Any, through: str, amounts: list[int]
) -> None:
    """Facts P3: `bill_for.outstanding_usage_through` is now or none."""
    made = subscribed(billing, price_of(billing, meter))
    use(billing, made.customer, 100)
    billing.advance(days=3)

    billing.stripe.subscriptions.pause(
        made.id, {"bill_for": {"outstanding_usage_through": {"type": through}}}
    )

    pending = billing.stripe.invoice_items.list({"pending": True}).data
    assert [one.amount for one in pending] == amounts


def test_a_fee_and_what_is_used_beyond_it(billing: Any, meter: Any) -> None:
    """Rates of Stripe's page on flat fees and overages: 100.00, and 0.04 from the 1001st."""
    tiers = [{"up_to": 1000, "unit_amount": 0}, {"up_to": "inf", "unit_amount": 4}]
    overage = price_of(
        billing, meter, None, billing_scheme="tiered", tiers_mode="graduated", tiers=tiers
    )
    customer = billing.customer().id
    made = billing.subscribe(
        customer, billing.price(10000), overage, billing_mode={"type": "flexible"}
    )
    use(billing, customer, 3000)

    billing.advance(days=31)

    assert [one.total for one in reversed(billing.invoices(made.id))] == [10000, 18000]


def test_a_deactivated_meter_takes_no_price(billing: Any, meter: Any) -> None:
    billing.stripe.billing.meters.deactivate(meter.id)

    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        price_of(billing, meter)
