"""Checkout and the customer portal: sessions, configurations, and the reasons people give."""

from tests.sandbox.stripe.conftest import path_of
from tests.sandbox.stripe.stories.telling import Teller, story

CARD = {"type": "card", "number": "4242424242424242", "exp": "12 / 34", "cvc": "123"}
FILLED = {**CARD, "name": "Ana", "email": "ana@example.com"}
BACK = {"success_url": "https://shop.example/ok"}


@story
def checkout(shop: Teller) -> None:
    """Paid, set up and let expire."""
    data = {"currency": "eur", "unit_amount": 2500, "product_data": {"name": "A hat"}}
    line = {"quantity": 2, "price_data": data}
    paid = shop.api.checkout.sessions.create({**BACK, "mode": "payment", "line_items": [line]})
    shop.api.checkout.sessions.update(paid.id, {"metadata": {"a": "b"}})
    shop.api.checkout.sessions.retrieve(paid.id)
    assert shop.browser.post(path_of(paid.url), data=FILLED).status_code == 303
    customer = shop.customer()
    setup = {**BACK, "mode": "setup", "currency": "eur", "customer": customer.id}
    saved = shop.api.checkout.sessions.create(setup)
    assert shop.browser.post(path_of(saved.url), data=FILLED).status_code == 303
    unused = shop.api.checkout.sessions.create(setup)
    shop.api.checkout.sessions.expire(unused.id)
    for one in (paid, saved):
        shop.api.checkout.sessions.retrieve(one.id)
    shop.api.checkout.sessions.line_items.list(paid.id)
    shop.api.checkout.sessions.list()
    shop.api.events.list()


@story
def portal(shop: Teller) -> None:
    """A configuration with everything, and a session that begins at a cancellation."""
    price = shop.price(2000, tax_behavior="exclusive")
    reason = shop.api.billing.feedback_options.create({"description": "Too far away"})
    products = [{"product": price.product, "prices": [price.id]}]
    made = shop.api.billing_portal.configurations.create(
        {
            "name": "All",
            "business_profile": {
                "headline": "Blau",
                "privacy_policy_url": "https://shop.example/p",
            },
            "default_return_url": "https://shop.example",
            "metadata": {"a": "b"},
            "features": {
                "customer_update": {"enabled": True, "allowed_updates": ["name", "tax_id"]},
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
                "subscription_cancel": {
                    "enabled": True,
                    "cancellation_reason": {
                        "enabled": True,
                        "options": ["unused", "other"],
                        "feedback_options": [reason.id],
                    },
                },
                "subscription_pause": {"enabled": True},
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price", "quantity", "promotion_code"],
                    "products": products,
                },
            },
        }
    )
    shop.api.billing_portal.configurations.update(made.id, {"name": "Most"})
    shop.api.billing_portal.configurations.retrieve(made.id)
    shop.api.billing_portal.configurations.list({"active": True})
    subscription = shop.subscribe(shop.customer())
    cancel = {"subscription": subscription.id}
    shop.api.billing_portal.sessions.create(
        {
            "customer": subscription.customer,
            "configuration": made.id,
            "return_url": "https://shop.example",
            "flow_data": {"type": "subscription_cancel", "subscription_cancel": cancel},
            "expand": ["configuration"],
        }
    )
    shop.api.billing_portal.sessions.create(
        {"customer": subscription.customer, "configuration": made.id, "locale": "es"}
    )


@story
def reasons(shop: Teller) -> None:
    """The merchant's own reasons for leaving."""
    made = shop.api.billing.feedback_options.create({"description": "Too far away"})
    shop.api.billing.feedback_options.update(made.id, {"description": "Much too far away"})
    shop.api.billing.feedback_options.retrieve(made.id)
    shop.api.billing.feedback_options.list()
    shop.api.billing.feedback_options.deactivate(made.id)
