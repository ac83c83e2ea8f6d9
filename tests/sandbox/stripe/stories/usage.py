"""Meters, what customers used of them, and what is billed for it."""

from tests.sandbox.stripe.stories.telling import DAY, Teller, story


@story
def meters(shop: Teller) -> None:
    """Meters of every formula; one is renamed, put out of use and back."""
    meters = shop.api.billing.meters
    for formula in ("sum", "count", "last"):
        made = meters.create(
            {
                "display_name": "Calls",
                "event_name": f"calls_{formula}",
                "default_aggregation": {"formula": formula},
                "customer_mapping": {"type": "by_id", "event_payload_key": "who"},
                "value_settings": {"event_payload_key": "how_many"},
            }
        )
    meters.update(made.id, {"display_name": "API calls"})
    meters.deactivate(made.id)
    meters.retrieve(made.id)
    meters.list({"status": "inactive"})
    meters.reactivate(made.id)


@story
def usage(shop: Teller) -> None:
    """Calls are reported, one of them wrongly, summed up and billed."""
    meter = shop.api.billing.meters.create(
        {
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation": {"formula": "sum"},
        }
    )
    customer = shop.customer()
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    price = shop.price(4, interval=None, recurring=recurring)
    made = shop.subscribe(customer, items=[{"price": price.id}])
    payload = {"stripe_customer_id": customer.id, "value": "25"}
    for name in ("right", "wrong"):
        shop.api.billing.meter_events.create(
            {"event_name": "calls", "payload": payload, "identifier": name}
        )
    shop.api.billing.meter_event_adjustments.create(
        {"type": "cancel", "event_name": "calls", "cancel": {"identifier": "wrong"}}
    )
    today = shop.sandbox.clock.now() // DAY * DAY
    span = {"customer": customer.id, "start_time": today, "end_time": today + DAY}
    summaries = shop.api.billing.meters.event_summaries
    assert [one.aggregated_value for one in summaries.list(meter.id, span).data] == [25]
    summaries.list(meter.id, {**span, "value_grouping_window": "hour"})
    shop.advance(40)
    shop.api.subscriptions.retrieve(made.id)
    shop.api.prices.retrieve(price.id)
    shop.api.invoices.list({"customer": customer.id})
