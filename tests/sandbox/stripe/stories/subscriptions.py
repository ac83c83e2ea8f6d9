"""Subscriptions through their whole life, their items and their schedules."""

from typing import Any

from tests.sandbox.stripe.stories.telling import Teller, story


@story
def life(shop: Teller) -> None:
    """Trial, renewal, change, cancellation at the end and at once."""
    customer = shop.customer()
    coupon = shop.api.coupons.create({"percent_off": 10, "duration": "forever"})
    rate = shop.api.tax_rates.create({"display_name": "A", "percentage": 21, "inclusive": False})
    made = shop.subscribe(
        customer,
        trial_period_days=10,
        discounts=[{"coupon": coupon.id}],
        default_tax_rates=[rate.id],
        metadata={"a": "b"},
        description="The club",
    )
    shop.advance(42)
    item = made["items"].data[0].id
    more = {"items": [{"id": item, "quantity": 3}], "proration_behavior": "always_invoice"}
    shop.api.subscriptions.update(made.id, more)
    shop.api.subscriptions.update(made.id, {"cancel_at_period_end": True})
    shop.api.subscriptions.retrieve(made.id)
    shop.api.subscriptions.list({"customer": customer.id, "status": "all"})
    shop.api.subscriptions.update(made.id, {"cancel_at_period_end": False})
    shop.api.subscriptions.delete_discount(made.id)
    details = {"cancellation_details": {"comment": "Too far", "feedback": "unused"}}
    shop.api.subscriptions.cancel(made.id, details)
    shop.api.customers.retrieve(customer.id)


@story
def trouble(shop: Teller) -> None:
    """A renewal that fails until the subscription ends, and one whose bank must be asked."""
    shop.subscribe(shop.customer("pm_card_chargeCustomerFail"), trial_period_days=5)
    asked = shop.customer("pm_card_authenticationRequired")
    made = shop.subscribe(asked, payment_behavior="default_incomplete")
    shop.api.subscriptions.retrieve(made.id)
    shop.advance(45)
    shop.api.subscriptions.list({"status": "all"})
    shop.api.invoices.list()
    shop.api.payment_intents.list()
    shop.api.charges.list()


@story
def waiting(shop: Teller) -> None:
    """A change that only counts once it is paid for."""
    customer = shop.customer()
    made = shop.subscribe(customer)
    refused = shop.api.payment_methods.attach(
        "pm_card_chargeCustomerFail", {"customer": customer.id}
    )
    settings = {"invoice_settings": {"default_payment_method": refused.id}}
    shop.api.customers.update(customer.id, settings)
    item = made["items"].data[0].id
    shop.api.subscriptions.update(
        made.id,
        {
            "items": [{"id": item, "price": shop.price(9000).id}],
            "payment_behavior": "pending_if_incomplete",
            "proration_behavior": "always_invoice",
        },
    )
    shop.api.subscriptions.retrieve(made.id)
    shop.advance(1)


@story
def pauses(shop: Teller) -> None:
    """Collection held back; a subscription moved to flexible billing, paused and resumed."""
    made = shop.subscribe(shop.customer(), billing_mode={"type": "classic"})
    held = {"pause_collection": {"behavior": "keep_as_draft"}}
    shop.api.subscriptions.update(made.id, held)
    shop.api.subscriptions.update(made.id, {"pause_collection": ""})
    shop.api.subscriptions.migrate(made.id, {"billing_mode": {"type": "flexible"}})
    shop.advance(5)
    shop.api.subscriptions.pause(made.id, {"type": "subscription"})
    shop.api.subscriptions.retrieve(made.id)
    shop.api.subscriptions.resume(made.id)


@story
def items(shop: Teller) -> None:
    """Items added, changed and taken away by themselves."""
    made = shop.subscribe(shop.customer())
    wanted = {"subscription": made.id, "price": shop.price(500).id, "quantity": 2}
    item = shop.api.subscription_items.create({**wanted, "metadata": {"a": "b"}})
    shop.advance(3)
    shop.api.subscription_items.update(item.id, {"quantity": 3})
    shop.api.subscription_items.retrieve(item.id)
    shop.api.subscription_items.list({"subscription": made.id})
    shop.api.subscription_items.delete(item.id)
    shop.api.invoice_items.list()


def phases(shop: Teller, schedule: Any) -> list[Any]:
    """The present phase, and a cheaper month after it."""
    now = schedule.phases[0]
    first = {"start_date": now.start_date, "end_date": now.end_date}
    price = now["items"][0].price
    cheaper = {"items": [{"price": shop.price(100).id}], "duration": {"interval": "month"}}
    return [{**first, "items": [{"price": price}]}, cheaper]


@story
def schedules(shop: Teller) -> None:
    """A schedule made of a subscription and released, one that begins later and is canceled."""
    customer = shop.customer()
    made = shop.subscribe(customer)
    schedule = shop.api.subscription_schedules.create({"from_subscription": made.id})
    planned = {"end_behavior": "release", "phases": phases(shop, schedule)}
    shop.api.subscription_schedules.update(schedule.id, {**planned, "metadata": {"a": "b"}})
    shop.api.subscription_schedules.retrieve(schedule.id)
    shop.api.subscriptions.retrieve(made.id)
    shop.api.subscription_schedules.release(schedule.id)
    phase = {"items": [{"price": shop.price().id}], "duration": {"interval": "month"}}
    later = {"customer": customer.id, "start_date": shop.sandbox.clock.now() + 86400}
    begun = shop.api.subscription_schedules.create({**later, "phases": [phase]})
    other = shop.api.subscription_schedules.create({**later, "phases": [phase]})
    shop.api.subscription_schedules.cancel(other.id)
    shop.advance(40)
    shop.api.subscription_schedules.retrieve(begun.id)
    shop.api.subscription_schedules.list({"customer": customer.id})
