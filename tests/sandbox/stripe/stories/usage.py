"""Usage: meters, their events, and the lines of drafts that are edited one by one."""

from tests.sandbox.stripe.stories.invoices import draft, item
from tests.sandbox.stripe.stories.telling import Teller, story


@story
def metered(shop: Teller) -> None:
    """A meter is made, used, billed, renamed and put out of use."""
    customer = shop.customer()
    meters = shop.api.billing.meters
    meter = meters.create(
        {
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation": {"formula": "sum"},
            "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
            "value_settings": {"event_payload_key": "value"},
        }
    )
    price = shop.api.prices.create(
        {
            "currency": "eur",
            "unit_amount": 4,
            "product_data": {"name": "Calls"},
            "recurring": {"interval": "month", "usage_type": "metered", "meter": meter.id},
        }
    )
    shop.api.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})
    for identifier in ("one", "two"):
        shop.api.billing.meter_events.create(
            {
                "event_name": "calls",
                "identifier": identifier,
                "payload": {"stripe_customer_id": customer.id, "value": "200"},
            }
        )
    shop.api.billing.meter_event_adjustments.create(
        {"type": "cancel", "event_name": "calls", "cancel": {"identifier": "two"}}
    )
    day = shop.sandbox.clock.now() // 86_400 * 86_400
    meters.event_summaries.list(
        meter.id, {"customer": customer.id, "start_time": day, "end_time": day + 86_400}
    )
    shop.advance(32)
    meters.update(meter.id, {"display_name": "API calls"})
    meters.deactivate(meter.id)
    meters.list({"status": "inactive"})
    meters.reactivate(meter.id)
    meters.retrieve(meter.id)


@story
def lines(shop: Teller) -> None:
    """Lines of a draft are added, changed and taken off."""
    customer = shop.customer()
    item(shop, customer)
    made = draft(shop, customer)
    added = shop.api.invoices.add_lines(
        made.id, {"lines": [{"amount": 500, "description": "Help"}]}
    )
    line = added.lines.data[-1]
    shop.api.invoices.update_lines(made.id, {"lines": [{"id": line.id, "amount": 700}]})
    shop.api.invoices.remove_lines(made.id, {"lines": [{"id": line.id, "behavior": "delete"}]})
