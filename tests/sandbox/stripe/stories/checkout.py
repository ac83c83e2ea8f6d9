"""Checkout beyond a plain payment: subscriptions, things to send, what payers fill in."""

from typing import Any

from tests.sandbox.stripe.conftest import path_of
from tests.sandbox.stripe.stories.hosted import BACK, FILLED
from tests.sandbox.stripe.stories.payment_links import SIZE
from tests.sandbox.stripe.stories.telling import Teller, story


def press(shop: Teller, session: Any, **form: str) -> None:
    """The payer's press of the button."""
    assert shop.browser.post(path_of(session.url), data=FILLED | form).status_code == 303


@story
def subscriptions(shop: Teller) -> None:
    """Begun with a first payment, begun with a trial, and given up while the bank is asked."""
    rate = shop.api.tax_rates.create({"display_name": "A", "percentage": 21, "inclusive": False})
    coupon = shop.api.coupons.create({"percent_off": 10, "duration": "forever"})
    monthly = {"price": shop.price().id, "quantity": 1, "tax_rates": [rate.id]}
    once = {"price": shop.price(3000, interval=None).id, "quantity": 1}
    wanted = {**BACK, "mode": "subscription", "line_items": [monthly]}
    paid = shop.api.checkout.sessions.create(
        {
            **wanted,
            "line_items": [monthly, once],
            "client_reference_id": "order_7",
            "discounts": [{"coupon": coupon.id}],
            "metadata": {"a": "b"},
            "subscription_data": {"description": "Club", "metadata": {"c": "d"}},
        }
    )
    press(shop, paid)
    trial = {"subscription_data": {"trial_period_days": 7}}
    tried = shop.api.checkout.sessions.create(
        {**wanted, **trial, "customer": shop.customer(None).id}
    )
    press(shop, tried)
    unsure = shop.api.checkout.sessions.create(wanted)
    press(shop, unsure, number="4000002760003184")
    shop.api.checkout.sessions.expire(unsure.id)
    for one in (paid, tried, unsure):
        shop.api.checkout.sessions.retrieve(one.id)
        shop.api.checkout.sessions.line_items.list(one.id)


@story
def pages_of_the_command_line(shop: Teller) -> None:
    """Pages filled in by fixtures: a payment, a subscription, a method saved."""
    billed = {"email": "stripe@example.com", "name": "Ana"}
    card = {"type": "card", "card": {"token": "tok_visa"}, "billing_details": billed}
    once = [{"price": shop.price(1500, interval=None).id, "quantity": 2}]
    monthly = [{"price": shop.price(1500).id, "quantity": 2}]
    for wanted in (
        {"mode": "payment", "line_items": once},
        {"mode": "subscription", "line_items": monthly},
        {"mode": "setup", "currency": "eur", "customer": shop.customer(None).id},
    ):
        made = shop.api.checkout.sessions.create({**BACK, **wanted})
        shop.call("GET", f"/v1/payment_pages/{made.id}")
        method = shop.api.payment_methods.create(card)
        confirmed = {"payment_method": method.id}
        if made.amount_total:
            confirmed["expected_amount"] = str(made.amount_total)
        shop.call("POST", f"/v1/payment_pages/{made.id}/confirm", data=confirmed)
        assert shop.api.checkout.sessions.retrieve(made.id).status == "complete"


@story
def goods(shop: Teller) -> None:
    """Sent by post to a payer who fills in everything and gets an invoice."""
    post = {"display_name": "Post", "fixed_amount": {"amount": 450, "currency": "eur"}}
    line = {
        "price": shop.price(2000, interval=None).id,
        "quantity": 2,
        "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5},
    }
    sent = shop.api.checkout.sessions.create(
        {
            **BACK,
            "mode": "payment",
            "line_items": [line],
            "customer_creation": "always",
            "shipping_address_collection": {"allowed_countries": ["ES", "PT"]},
            "shipping_options": [{"shipping_rate_data": post}],
            "after_expiration": {"recovery": {"enabled": True}},
        }
    )
    place = {"shipping_name": "Bea", "shipping_line1": "C/ Nova 1", "shipping_country": "ES"}
    press(shop, sent, **place)
    filled = shop.api.checkout.sessions.create(
        {
            **BACK,
            "mode": "payment",
            "line_items": [line],
            "allow_promotion_codes": True,
            "cancel_url": "https://shop.example/cart",
            "custom_fields": [SIZE],
            "custom_text": {"after_submit": {"message": "See you"}},
            "invoice_creation": {"enabled": True, "invoice_data": {"footer": "Thanks"}},
            "locale": "es",
            "phone_number_collection": {"enabled": True},
            "payment_intent_data": {"setup_future_usage": "off_session", "transfer_group": "A"},
            "submit_type": "pay",
        }
    )
    press(shop, filled, field_size="s", phone="+34600000000")
    for one in (sent, filled):
        shop.api.checkout.sessions.retrieve(one.id)
    shop.api.checkout.sessions.list({"status": "complete"})


@story
def abandoned(shop: Teller) -> None:
    """A session runs out of time and is recovered by its address."""
    data = {"currency": "eur", "unit_amount": 2500, "product_data": {"name": "A hat"}}
    made = shop.api.checkout.sessions.create(
        {
            **BACK,
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": data}],
            "after_expiration": {"recovery": {"enabled": True, "allow_promotion_codes": True}},
        }
    )
    shop.advance(1.1)
    found = shop.api.checkout.sessions.retrieve(made.id)
    shop.browser.get(path_of(found.after_expiration.recovery.url))
    shop.api.checkout.sessions.list()


@story
def shipping_rates(shop: Teller) -> None:
    """A rate in two currencies, retired."""
    made = shop.api.shipping_rates.create(
        {
            "display_name": "Post",
            "fixed_amount": {
                "amount": 450,
                "currency": "eur",
                "currency_options": {"usd": {"amount": 500, "tax_behavior": "exclusive"}},
            },
            "delivery_estimate": {
                "minimum": {"unit": "day", "value": 2},
                "maximum": {"unit": "week", "value": 1},
            },
            "metadata": {"a": "b"},
            "tax_behavior": "inclusive",
            "tax_code": "txcd_92010001",
        }
    )
    shop.api.shipping_rates.update(made.id, {"active": False, "metadata": {"a": "", "c": "d"}})
    shop.api.shipping_rates.retrieve(made.id)
    shop.api.shipping_rates.list({"active": False})
