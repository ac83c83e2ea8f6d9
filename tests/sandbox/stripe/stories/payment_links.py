"""Payment links: what they sell, where they lead, and the limit that closes one."""

from typing import Any

from tests.sandbox.stripe.conftest import path_of
from tests.sandbox.stripe.stories.hosted import FILLED
from tests.sandbox.stripe.stories.telling import Teller, story

SIZE = {
    "key": "size",
    "label": {"type": "custom", "custom": "Size"},
    "type": "dropdown",
    "dropdown": {"options": [{"label": "Small", "value": "s"}], "default_value": "s"},
}


def buy(shop: Teller, link: Any, **form: str) -> None:
    """Somebody follows the link and pays."""
    page = shop.browser.get(path_of(link.url))
    answer = shop.browser.post(path_of(page.location), data=FILLED | form)
    assert answer.status_code in (200, 303)
    found = shop.api.checkout.sessions.list({"payment_link": link.id}).data[0]
    assert found.status == "complete"


@story
def payment_links(shop: Teller) -> None:
    """A link with everything sells once, which is all it may."""
    made = shop.api.payment_links.create(
        {
            "line_items": [
                {
                    "price": shop.price(2000, interval=None).id,
                    "quantity": 2,
                    "adjustable_quantity": {"enabled": True, "maximum": 5},
                }
            ],
            "after_completion": {"type": "redirect", "redirect": {"url": "https://shop.example"}},
            "allow_promotion_codes": True,
            "billing_address_collection": "auto",
            "custom_fields": [SIZE],
            "custom_text": {"submit": {"message": "Sent on Monday"}},
            "customer_creation": "always",
            "inactive_message": "Sold out",
            "invoice_creation": {
                "enabled": True,
                "invoice_data": {"description": "Hats", "metadata": {"a": "b"}},
            },
            "metadata": {"a": "b"},
            "name_collection": {"individual": {"enabled": True, "optional": True}},
            "payment_intent_data": {"description": "Hats", "metadata": {"c": "d"}},
            "payment_method_types": ["card"],
            "phone_number_collection": {"enabled": False},
            "restrictions": {"completed_sessions": {"limit": 1}},
            "submit_type": "book",
            "tax_id_collection": {"enabled": True},
        }
    )
    line = shop.api.payment_links.line_items.list(made.id).data[0].id
    shop.api.payment_links.update(made.id, {"line_items": [{"id": line, "quantity": 3}]})
    buy(shop, made, field_size="s")
    shop.api.payment_links.retrieve(made.id)
    shop.api.payment_links.list({"active": False})


@story
def subscriptions(shop: Teller) -> None:
    """A link that begins subscriptions, and one that sends things, switched off."""
    terms = {
        "description": "Club",
        "metadata": {"a": "b"},
        "trial_period_days": 7,
        "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        "invoice_settings": {"description": "Club", "footer": "Thanks"},
    }
    begins = shop.api.payment_links.create(
        {
            "line_items": [{"price": shop.price().id, "quantity": 1}],
            "subscription_data": terms,
            "after_completion": {
                "type": "hosted_confirmation",
                "hosted_confirmation": {"custom_message": "Enjoy"},
            },
            "payment_method_collection": "if_required",
        }
    )
    buy(shop, begins)
    post = {"display_name": "Post", "fixed_amount": {"amount": 450, "currency": "eur"}}
    rate = shop.api.shipping_rates.create(post)
    sends = shop.api.payment_links.create(
        {
            "line_items": [{"price": shop.price(500, interval=None).id, "quantity": 1}],
            "shipping_address_collection": {"allowed_countries": ["ES"]},
            "shipping_options": [{"shipping_rate": rate.id}],
        }
    )
    place = {"shipping_name": "Bea", "shipping_line1": "C/ Nova 1", "shipping_country": "ES"}
    buy(shop, sends, **place)
    shop.api.payment_links.update(sends.id, {"active": False})
    for one in (begins, sends):
        shop.api.payment_links.retrieve(one.id)
        shop.api.payment_links.line_items.list(one.id)
