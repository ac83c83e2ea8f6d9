"""Quotes from draft to what accepting them makes."""

from typing import Any

from tests.sandbox.stripe.stories.telling import Teller, story


def draft(shop: Teller, customer: Any, *prices: str, **more: Any) -> Any:
    """A draft for one of each price."""
    lines = [{"price": price} for price in prices]
    return shop.api.quotes.create({"customer": customer.id, "line_items": lines, **more})


@story
def quotes(shop: Teller) -> None:
    """A draft with everything is changed, finalized, read as a paper and accepted."""
    customer = shop.customer()
    rate = shop.api.tax_rates.create({"display_name": "A", "percentage": 21, "inclusive": False})
    coupon = shop.api.coupons.create({"percent_off": 10, "duration": "forever"})
    setup, monthly = shop.price(3000, interval=None).id, shop.price(1000).id
    made = draft(
        shop,
        customer,
        setup,
        monthly,
        default_tax_rates=[rate.id],
        description="The club",
        discounts=[{"coupon": coupon.id}],
        footer="Thanks",
        header="An offer",
        metadata={"a": "b"},
        subscription_data={"description": "Club", "metadata": {"c": "d"}, "trial_period_days": 5},
    )
    line = shop.api.quotes.line_items.list(made.id).data[0].id
    shop.api.quotes.update(
        made.id,
        {
            "line_items": [
                {"id": line, "quantity": 2},
                {"price": monthly, "discounts": [{"coupon": coupon.id}]},
            ],
            "subscription_data": {"trial_period_days": ""},
        },
    )
    shop.api.quotes.retrieve(made.id)
    shop.api.quotes.finalize_quote(made.id)
    shop.api.quotes.pdf(made.id)
    shop.api.quotes.line_items.list(made.id)
    shop.api.quotes.computed_upfront_line_items.list(made.id)
    shop.api.quotes.accept(made.id)
    shop.api.quotes.retrieve(made.id)
    shop.api.quotes.list({"customer": customer.id})


@story
def endings(shop: Teller) -> None:
    """One that makes an invoice, one that begins later, a revision, one withdrawn, one too late."""
    customer = shop.customer()
    setup, monthly = shop.price(3000, interval=None).id, shop.price(1000).id
    sent = {"collection_method": "send_invoice", "invoice_settings": {"days_until_due": 10}}
    once = draft(shop, customer, setup, **sent)
    shop.api.quotes.finalize_quote(once.id)
    revision = {"quote": once.id, "is_revision": True}
    revised = shop.api.quotes.create({"from_quote": revision})
    shop.api.quotes.finalize_quote(revised.id)
    shop.api.quotes.accept(revised.id)
    begins = {"effective_date": shop.sandbox.clock.now() + 864000}
    later = draft(shop, customer, monthly, subscription_data=begins)
    shop.api.quotes.finalize_quote(later.id)
    shop.api.quotes.accept(later.id)
    withdrawn = draft(shop, customer, setup)
    shop.api.quotes.cancel(withdrawn.id)
    draft(shop, customer, setup, expires_at=shop.sandbox.clock.now() + 86400)
    shop.advance(12)
    for one in (once, revised, later):
        shop.api.quotes.retrieve(one.id)
    shop.api.quotes.list()
