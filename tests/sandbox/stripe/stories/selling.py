"""Quotes, payment links, search, and the small resources around what is sold."""

from typing import Any

from tests.sandbox.stripe.conftest import path_of
from tests.sandbox.stripe.stories.hosted import BACK, FILLED
from tests.sandbox.stripe.stories.telling import Teller, story


def lines(shop: Teller) -> list[Any]:
    """One line that recurs."""
    return [{"price": shop.price().id, "quantity": 2}]


@story
def quotes(shop: Teller) -> None:
    """A quote is changed, finalized, read in every way, and accepted; another is canceled."""
    customer = shop.customer()
    wanted = {"customer": customer.id, "line_items": lines(shop)}
    made = shop.api.quotes.create({**wanted, "metadata": {"a": "b"}})
    shop.api.quotes.update(made.id, {"header": "For you", "footer": "Soon"})
    shop.api.quotes.finalize_quote(made.id)
    shop.api.quotes.retrieve(made.id)
    shop.api.quotes.line_items.list(made.id)
    shop.api.quotes.computed_upfront_line_items.list(made.id)
    shop.api.quotes.pdf(made.id)
    shop.api.quotes.accept(made.id)
    shop.api.quotes.retrieve(made.id)
    other = shop.api.quotes.create(wanted)
    shop.api.quotes.cancel(other.id)
    shop.api.quotes.list({"customer": customer.id})


@story
def payment_links(shop: Teller) -> None:
    """A link is made, changed and followed to its page."""
    made = shop.api.payment_links.create({"line_items": lines(shop), "metadata": {"a": "b"}})
    shop.api.payment_links.update(made.id, {"allow_promotion_codes": True})
    shop.api.payment_links.retrieve(made.id)
    shop.api.payment_links.line_items.list(made.id)
    shop.api.payment_links.list()
    page = shop.browser.get(path_of(made.url)).location
    assert shop.browser.post(path_of(page), data=FILLED).status_code == 200
    shop.api.checkout.sessions.list({"payment_link": made.id})


@story
def subscribing_by_checkout(shop: Teller) -> None:
    """A subscription that begins on the page."""
    customer = shop.customer()
    wanted = {"customer": customer.id, "mode": "subscription", "line_items": lines(shop)}
    made = shop.api.checkout.sessions.create({**BACK, **wanted})
    assert shop.browser.post(path_of(made.url), data=FILLED).status_code == 303
    shop.api.checkout.sessions.retrieve(made.id)
    shop.api.subscriptions.list({"customer": customer.id})


@story
def searches(shop: Teller) -> None:
    """Every kind that can be searched."""
    customer = shop.customer(metadata={"a": "b"})
    shop.subscribe(customer)
    query = {"query": 'created>0 AND -metadata["z"]:"y"', "limit": 1}
    shop.api.customers.search({"query": 'email:"ana@example.com" AND metadata["a"]:"b"'})
    for kind in ("charges", "invoices", "payment_intents", "subscriptions"):
        getattr(shop.api, kind).search(query)
    shop.api.prices.search({"query": 'active:"true"'})
    shop.api.products.search({"query": 'name~"Plan"'})


@story
def features(shop: Teller) -> None:
    """What products entitle to, and what a customer is entitled to."""
    wanted = {"name": "Reports", "lookup_key": "reports", "metadata": {"a": "b"}}
    feature = shop.api.entitlements.features.create(wanted)
    shop.api.entitlements.features.update(feature.id, {"name": "All reports"})
    shop.api.entitlements.features.retrieve(feature.id)
    shop.api.entitlements.features.list()
    price, customer = shop.price(), shop.customer()
    of = shop.api.products.features
    given = of.create(price.product, {"entitlement_feature": feature.id})
    of.retrieve(price.product, given.id)
    of.list(price.product)
    shop.subscribe(customer, items=[{"price": price.id}])
    found = shop.api.entitlements.active_entitlements.list({"customer": customer.id}).data[0]
    shop.api.entitlements.active_entitlements.retrieve(found.id)
    of.delete(price.product, given.id)


@story
def tax_ids_and_codes(shop: Teller) -> None:
    """The account's own tax id, and what Stripe calls goods."""
    made = shop.api.tax_ids.create({"type": "eu_vat", "value": "ESA12345678"})
    shop.api.tax_ids.retrieve(made.id)
    shop.api.tax_ids.list()
    shop.api.tax_ids.delete(made.id)
    shop.api.tax_codes.retrieve(shop.api.tax_codes.list({"limit": 2}).data[0].id)


@story
def shipping_rates(shop: Teller) -> None:
    """What sending costs."""
    amount = {"type": "fixed_amount", "fixed_amount": {"amount": 500, "currency": "eur"}}
    day = {"unit": "business_day", "value": 2}
    made = shop.api.shipping_rates.create(
        {**amount, "display_name": "By post", "delivery_estimate": {"minimum": day}}
    )
    shop.api.shipping_rates.update(made.id, {"active": False})
    shop.api.shipping_rates.retrieve(made.id)
    shop.api.shipping_rates.list()


@story
def templates(shop: Teller) -> None:
    """A template of invoices, made where the Dashboard would make it."""
    settings = {"settings": {"invoice_templates": ["Plain"]}}
    shop.transport.http.post(f"/_sandbox/accounts/{shop.account['id']}", json=settings)
    made = shop.api.invoice_rendering_templates.list().data[0]
    shop.api.invoice_rendering_templates.retrieve(made.id)
    shop.api.invoice_rendering_templates.archive(made.id)
    shop.api.invoice_rendering_templates.unarchive(made.id)


@story
def given_and_taken(shop: Teller) -> None:
    """A change of a balance described, and a discount that ends before its time."""
    customer = shop.customer()
    change = {"amount": -100, "currency": "eur"}
    entry = shop.api.customers.balance_transactions.create(customer.id, change)
    shop.api.customers.balance_transactions.update(customer.id, entry.id, {"description": "Gift"})
