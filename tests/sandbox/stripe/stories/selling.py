"""Quotes, payment links, Checkout's subscriptions, search, and the small resources around them."""

from typing import Any

from tests.sandbox.stripe.conftest import path_of
from tests.sandbox.stripe.stories.hosted import BACK, FILLED
from tests.sandbox.stripe.stories.telling import DAY, Teller, story


def lines(*prices: Any) -> list[dict[str, Any]]:
    """One of each price."""
    return [{"price": price.id, "quantity": 1} for price in prices]


@story
def quotes(shop: Teller) -> None:
    """Accepted as invoice, subscription and schedule, copied, revised, withdrawn."""
    customer = shop.customer()
    coupon = shop.api.coupons.create({"percent_off": 10, "duration": "forever"})
    rate = shop.api.tax_rates.create({"display_name": "IVA", "percentage": 21, "inclusive": False})
    once, monthly = shop.price(2000, None), shop.price(1000)
    later = {"subscription_data": {"effective_date": shop.sandbox.clock.now() + 9 * DAY}}
    shared = {
        "customer": customer.id,
        "discounts": [{"coupon": coupon.id}],
        "default_tax_rates": [rate.id],
    }
    for prices, more in (((once,), {}), ((once, monthly), {}), ((monthly,), later)):
        made = shop.api.quotes.create({**shared, **more, "line_items": lines(*prices)})
        shop.api.quotes.update(made.id, {"header": "Dear Ana", "metadata": {"a": "b"}})
        shop.api.quotes.retrieve(made.id)
        shop.api.quotes.finalize_quote(made.id)
        shop.api.quotes.accept(made.id)
        shop.api.quotes.retrieve(made.id)
        shop.api.quotes.line_items.list(made.id)
        shop.api.quotes.computed_upfront_line_items.list(made.id)
    copied = shop.api.quotes.create({"from_quote": {"quote": made.id}})
    shop.api.quotes.finalize_quote(copied.id)
    revised = shop.api.quotes.create({"from_quote": {"quote": copied.id, "is_revision": True}})
    shop.api.quotes.cancel(revised.id)
    shop.api.quotes.retrieve(revised.id)
    shop.api.quotes.list()


@story
def payment_links(shop: Teller) -> None:
    """Followed and paid, changed and switched off."""
    amount = {"amount": 450, "currency": "eur"}
    rate = shop.api.shipping_rates.create({"display_name": "Post", "fixed_amount": amount})
    shop.api.shipping_rates.update(rate.id, {"metadata": {"a": "b"}})
    shop.api.shipping_rates.retrieve(rate.id)
    shop.api.shipping_rates.list()
    made = shop.api.payment_links.create(
        {
            "line_items": lines(shop.price(2000, None)),
            "shipping_options": [{"shipping_rate": rate.id}],
            "restrictions": {"completed_sessions": {"limit": 3}},
            "payment_intent_data": {"description": "By link"},
        }
    )
    recurring = shop.api.payment_links.create(
        {
            "line_items": lines(shop.price()),
            "subscription_data": {"trial_period_days": 5},
            "after_completion": {"type": "redirect", "redirect": {"url": "https://shop.example"}},
        }
    )
    for one in (made, recurring):
        page = shop.browser.get(path_of(one.url)).location
        assert shop.browser.post(path_of(page), data=FILLED).status_code in (200, 303)
        shop.api.payment_links.retrieve(one.id)
    shop.api.payment_links.update(made.id, {"active": False})
    shop.api.payment_links.line_items.list(made.id)
    shop.api.payment_links.list()
    shop.api.checkout.sessions.list({"payment_link": made.id})


@story
def checkout_in_full(shop: Teller) -> None:
    """A subscription, and a purchase with discount, tax, shipping and an invoice."""
    rate = shop.api.tax_rates.create({"display_name": "IVA", "percentage": 21, "inclusive": True})
    coupon = shop.api.coupons.create({"percent_off": 10})
    promotion = {"promotion": {"type": "coupon", "coupon": coupon.id}}
    code = shop.api.promotion_codes.create(promotion)
    account_tax_id = shop.api.tax_ids.create({"type": "es_cif", "value": "A12345678"})
    item = {**lines(shop.price(2000, None))[0], "tax_rates": [rate.id]}
    amount = {"amount": 450, "currency": "eur"}
    wanted: list[dict[str, Any]] = [
        {
            "mode": "payment",
            "line_items": [item],
            "discounts": [{"promotion_code": code.id}],
            "invoice_creation": {
                "enabled": True,
                "invoice_data": {"account_tax_ids": [account_tax_id.id]},
            },
            "customer_creation": "always",
            "name_collection": {"individual": {"enabled": True, "optional": True}},
            "tax_id_collection": {"enabled": True},
            "consent_collection": {"terms_of_service": "required"},
        },
        {
            "mode": "payment",
            "line_items": [item],
            "shipping_options": [
                {"shipping_rate_data": {"display_name": "Post", "fixed_amount": amount}}
            ],
            "after_expiration": {"recovery": {"enabled": True}},
        },
        {
            "mode": "subscription",
            "line_items": lines(shop.price()),
            "discounts": [{"coupon": coupon.id}],
        },
    ]
    for params in wanted:
        made = shop.api.checkout.sessions.create({**BACK, **params})
        page = shop.browser.post(path_of(made.url), data={**FILLED, "terms": "yes"})
        assert page.status_code == 303
        shop.api.checkout.sessions.retrieve(made.id)
        shop.api.checkout.sessions.line_items.list(made.id)
    shop.api.checkout.sessions.create({**BACK, **wanted[1]})
    shop.advance(2)
    shop.api.checkout.sessions.list()


@story
def searches(shop: Teller) -> None:
    """Everything that can be searched."""
    customer = shop.customer(metadata={"tier": "gold"})
    shop.subscribe(customer)
    for resource, query in (
        (shop.api.charges, "amount>0"),
        (shop.api.customers, "metadata['tier']:'gold'"),
        (shop.api.invoices, "total>0"),
        (shop.api.payment_intents, "status:'succeeded'"),
        (shop.api.prices, "active:'true'"),
        (shop.api.products, "active:'true'"),
        (shop.api.subscriptions, "status:'active'"),
    ):
        assert resource.search({"query": query}).data


@story
def small_things(shop: Teller) -> None:
    """Tax codes and ids, templates, a described balance, features and who may use them."""
    shop.api.tax_codes.list()
    shop.api.tax_codes.retrieve("txcd_99999999")
    customer = shop.customer()
    owner = {"type": "customer", "customer": customer.id}
    theirs = shop.api.tax_ids.create({"type": "eu_vat", "value": "ESA12345678", "owner": owner})
    own = shop.api.tax_ids.create({"type": "es_cif", "value": "A12345678"})
    for one in (theirs, own):
        shop.api.tax_ids.retrieve(one.id)
    shop.api.tax_ids.list()
    shop.api.tax_ids.delete(own.id)
    shop.account["_settings"]["invoice_templates"] = ["Long"]
    shop.sandbox.save_account(shop.account)
    template = shop.api.invoice_rendering_templates.list().data[0]
    shop.api.invoice_rendering_templates.retrieve(template.id)
    shop.api.invoice_rendering_templates.archive(template.id)
    shop.api.invoice_rendering_templates.unarchive(template.id)
    change = shop.api.customers.balance_transactions.create(
        customer.id, {"amount": -500, "currency": "eur"}
    )
    shop.api.customers.balance_transactions.update(customer.id, change.id, {"description": "Sorry"})


@story
def entitlements(shop: Teller) -> None:
    """Features given, held, taken."""
    customer = shop.customer()
    subscription = shop.subscribe(customer)
    product = subscription["items"].data[0].price.product
    feature = shop.api.entitlements.features.create({"name": "Export", "lookup_key": "export"})
    shop.api.entitlements.features.update(feature.id, {"metadata": {"a": "b"}})
    shop.api.entitlements.features.retrieve(feature.id)
    shop.api.entitlements.features.list()
    attached = shop.api.products.features.create(product, {"entitlement_feature": feature.id})
    shop.api.products.features.retrieve(product, attached.id)
    shop.api.products.features.list(product)
    held = shop.api.entitlements.active_entitlements.list({"customer": customer.id}).data[0]
    shop.api.entitlements.active_entitlements.retrieve(held.id)
    shop.api.products.features.delete(product, attached.id)
