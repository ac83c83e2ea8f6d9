"""Test clocks, and metered usage."""

from tests.sandbox.stripe.stories.telling import DAY, Teller, story


@story
def test_clocks(shop: Teller) -> None:
    """A customer lives by a clock of its own until it is deleted."""
    now = shop.sandbox.clock.now()
    clocks = shop.api.test_helpers.test_clocks
    clock = clocks.create({"frozen_time": now, "name": "A year"})
    customer = shop.api.customers.create({"test_clock": clock.id, "email": "ana@example.com"})
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    made = shop.subscribe(customer, default_payment_method=method.id)
    clocks.advance(clock.id, {"frozen_time": now + 40 * DAY})
    clocks.retrieve(clock.id)
    shop.advance(1)
    shop.api.subscriptions.retrieve(made.id)
    shop.api.customers.retrieve(customer.id)
    shop.api.invoices.list({"customer": customer.id})
    clocks.list()
    clocks.delete(clock.id)


@story
def usage(shop: Teller) -> None:
    """A meter counts what is used, and a subscription bills it."""
    meters, now = shop.api.billing.meters, shop.sandbox.clock.now()
    meter = meters.create(
        {
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation": {"formula": "sum"},
        }
    )
    customer = shop.customer()
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    price = shop.price(10, recurring=recurring)
    made = shop.subscribe(customer, items=[{"price": price.id}])
    for name in ("one", "two"):
        payload = {"stripe_customer_id": customer.id, "value": "5"}
        event = {"event_name": "calls", "payload": payload, "identifier": name}
        shop.api.billing.meter_events.create(event)
    wrong = {"type": "cancel", "event_name": "calls", "cancel": {"identifier": "one"}}
    shop.api.billing.meter_event_adjustments.create(wrong)
    shop.advance(1)
    day = now - now % DAY
    between = {"customer": customer.id, "start_time": day, "end_time": day + 2 * DAY}
    meters.event_summaries.list(meter.id, between)
    shop.advance(40)
    shop.api.invoices.list({"subscription": made.id})
    shop.api.subscriptions.cancel(made.id)
    meters.update(meter.id, {"display_name": "All calls"})
    meters.deactivate(meter.id)
    meters.reactivate(meter.id)
    meters.retrieve(meter.id)
    meters.list()
