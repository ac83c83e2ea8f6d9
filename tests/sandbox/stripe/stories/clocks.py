"""Test clocks, and events that are read and sent again."""

from tests.sandbox.stripe.stories.telling import DAY, Teller, story


@story
def test_clocks(shop: Teller) -> None:
    """A customer on a clock of their own is billed as it moves, and goes with it."""
    clocks = shop.api.test_helpers.test_clocks
    start = shop.sandbox.clock.now() - 90 * DAY
    made = clocks.create({"frozen_time": start, "name": "A year"})
    customer = shop.customer(test_clock=made.id)
    subscription = shop.subscribe(customer, trial_period_days=3)
    shop.api.invoice_items.create({"customer": customer.id, "amount": 100, "currency": "eur"})
    clocks.advance(made.id, {"frozen_time": start + 40 * DAY})
    assert clocks.retrieve(made.id).status == "ready"
    shop.api.subscriptions.retrieve(subscription.id)
    shop.api.customers.retrieve(customer.id)
    shop.api.invoices.list({"customer": customer.id})
    clocks.list()
    clocks.delete(made.id)


@story
def events(shop: Teller) -> None:
    """An event is read and sent again."""
    address = {"url": "https://shop.example/hook", "enabled_events": ["*"]}
    shop.api.webhook_endpoints.create(address)
    shop.customer()
    event = shop.api.events.list({"type": "customer.*"}).data[0]
    shop.api.events.retrieve(event.id)
    assert shop.call("POST", f"/v1/events/{event.id}/retry").status_code == 200
