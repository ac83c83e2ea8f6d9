"""Tax codes and ids, shipping rates, templates, features and entitlements, customers' balances."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.selling.test_quotes import monthly

REFUSED = stripe.InvalidRequestError


def test_the_documented_tax_codes_are_known_and_others_refused(shop: Shop) -> None:
    listed = list(shop.api.tax_codes.list({"limit": 3}).auto_paging_iter())

    assert "General - Tangible Goods" in [one.name for one in listed]
    assert shop.api.tax_codes.retrieve("txcd_10103001").name.startswith("Software")
    with pytest.raises(REFUSED) as unknown:
        shop.api.tax_codes.retrieve("txcd_12345678")
    with pytest.raises(REFUSED) as wrong:
        shop.api.tax_codes.retrieve("food")
    assert (unknown.value.code, wrong.value.code) == ("sandbox_unsupported", "resource_missing")


def test_a_tax_code_is_expanded_if_it_is_known(shop: Shop) -> None:
    known = shop.api.products.create(
        {"name": "A", "tax_code": "txcd_10103001", "expand": ["tax_code"]}
    )
    other = shop.api.products.create({"name": "B", "tax_code": "txcd_12345678"})

    assert known.tax_code.name.startswith("Software")
    with pytest.raises(REFUSED) as caught:
        shop.api.products.retrieve(other.id, {"expand": ["tax_code"]})
    assert (caught.value.param, caught.value.code) == ("expand", "sandbox_unsupported")


def test_the_account_and_customers_have_tax_ids(shop: Shop, customer: Any) -> None:
    own = shop.api.tax_ids.create({"type": "es_cif", "value": "A12345678"})
    owner = {"type": "customer", "customer": customer.id}
    theirs = shop.api.tax_ids.create({"type": "eu_vat", "value": "ESA12345678", "owner": owner})

    mine = shop.api.tax_ids.list().data
    of_customer = shop.api.tax_ids.list({"owner": owner}).data
    shop.api.tax_ids.delete(own.id)

    assert ([one.id for one in mine], own.owner.type) == ([own.id], "self")
    assert [one.id for one in of_customer] == [theirs.id]
    assert [one.id for one in shop.api.customers.tax_ids.list(customer.id).data] == [theirs.id]
    assert shop.api.tax_ids.list().data == []
    with pytest.raises(REFUSED, match="No such"):
        shop.api.tax_ids.retrieve(own.id)


@pytest.mark.parametrize(
    ("wanted", "param", "code"),
    [
        ({"type": "es_cif", "value": "no"}, "value", "tax_id_invalid"),
        (
            {"type": "es_cif", "value": "A12345678", "owner": {"type": "customer"}},
            "owner[customer]",
            "parameter_missing",
        ),
        (
            {"type": "es_cif", "value": "A12345678", "owner": {"type": "application"}},
            "owner[type]",
            "sandbox_unsupported",
        ),
    ],
)
def test_wrong_tax_ids_are_refused(
    shop: Shop, wanted: dict[str, Any], param: str, code: str
) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.tax_ids.create(wanted)

    assert (caught.value.param, caught.value.code) == (param, code)


def test_shipping_rates_are_made_listed_and_retired(shop: Shop) -> None:
    wanted = {
        "display_name": "Post",
        "fixed_amount": {
            "amount": 450,
            "currency": "eur",
            "currency_options": {"usd": {"amount": 500}},
        },
        "delivery_estimate": {"minimum": {"unit": "day", "value": 2}},
        "tax_code": "txcd_92010001",
    }
    made = shop.api.shipping_rates.create(wanted)

    shop.api.shipping_rates.update(made.id, {"active": False, "metadata": {"a": "1"}})

    asked = shop.api.shipping_rates.retrieve(made.id, {"expand": ["fixed_amount.currency_options"]})
    assert (made.active, asked.active, asked.metadata["a"]) == (True, False, "1")
    assert asked.fixed_amount.currency_options["usd"].amount == 500
    assert asked.delivery_estimate.minimum.value == 2
    assert [one.id for one in shop.api.shipping_rates.list({"active": False}).data] == [made.id]
    assert shop.api.shipping_rates.list({"active": True}).data == []


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"display_name": "Post"}, "fixed_amount"),
        (
            {"display_name": "Post", "fixed_amount": {"amount": 1, "currency": "zzz"}},
            "fixed_amount[currency]",
        ),
        (
            {"display_name": "x" * 101, "fixed_amount": {"amount": 1, "currency": "eur"}},
            "display_name",
        ),
    ],
)
def test_wrong_shipping_rates_are_refused(shop: Shop, wanted: dict[str, Any], param: str) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.shipping_rates.create(wanted)

    assert caught.value.param == param


def test_templates_of_the_dashboard_are_archived(shop: Shop) -> None:
    shop.account["_settings"]["invoice_templates"] = ["Long", "Short"]
    shop.sandbox.save_account(shop.account)
    short, long = shop.api.invoice_rendering_templates.list().data

    shop.api.invoice_rendering_templates.archive(short.id)

    active = shop.api.invoice_rendering_templates.list({"status": "active"}).data
    assert [one.nickname for one in active] == ["Long"]
    with pytest.raises(REFUSED, match="already"):
        shop.api.invoice_rendering_templates.unarchive(long.id)


def test_a_subscription_entitles_to_the_features_of_its_product(shop: Shop, customer: Any) -> None:
    feature = shop.api.entitlements.features.create({"name": "Export", "lookup_key": "export"})
    price = monthly(shop)
    product = shop.api.prices.retrieve(price).product
    attached = shop.api.products.features.create(product, {"entitlement_feature": feature.id})
    shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    subscription = shop.api.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price}], "trial_period_days": 5}
    )

    held = shop.api.entitlements.active_entitlements.list(
        {"customer": customer.id, "expand": ["data.feature"]}
    ).data
    shop.api.subscriptions.cancel(subscription.id)

    assert attached.entitlement_feature.lookup_key == "export"
    assert [(one.lookup_key, one.feature.name) for one in held] == [("export", "Export")]
    listing = shop.api.entitlements.active_entitlements.list({"customer": customer.id})
    assert listing.data == []
    assert shop.events().count("entitlements.active_entitlement_summary.updated") == 2


def test_a_feature_taken_from_a_product_is_taken_from_its_subscribers(
    shop: Shop, customer: Any
) -> None:
    feature = shop.api.entitlements.features.create({"name": "Export", "lookup_key": "export"})
    price = monthly(shop)
    product = shop.api.prices.retrieve(price).product
    shop.api.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price}], "trial_period_days": 5}
    )
    attached = shop.api.products.features.create(product, {"entitlement_feature": feature.id})
    held = shop.api.entitlements.active_entitlements.list({"customer": customer.id}).data

    shop.api.products.features.delete(product, attached.id)

    assert len(held) == 1
    listing = shop.api.entitlements.active_entitlements.list({"customer": customer.id})
    assert listing.data == []
    assert shop.api.products.features.list(product).data == []


def test_features_keep_their_lookup_key_to_themselves(shop: Shop) -> None:
    made = shop.api.entitlements.features.create({"name": "Export", "lookup_key": "export"})
    with pytest.raises(REFUSED, match="lookup key"):
        shop.api.entitlements.features.create({"name": "Other", "lookup_key": "export"})

    shop.api.entitlements.features.update(made.id, {"active": False, "name": "Exports"})

    archived = shop.api.entitlements.features.list({"archived": True}).data
    assert [one.name for one in archived] == ["Exports"]


def test_a_change_of_the_balance_is_described_later(shop: Shop, customer: Any) -> None:
    change = shop.api.customers.balance_transactions.create(
        customer.id, {"amount": -500, "currency": "eur"}
    )

    changed = shop.api.customers.balance_transactions.update(
        customer.id, change.id, {"description": "Sorry", "metadata": {"case": "7"}}
    )

    assert (changed.description, changed.metadata["case"], changed.amount) == ("Sorry", "7", -500)


def test_no_customer_has_a_discount_of_their_own(shop: Shop, customer: Any) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.customers.delete_discount(customer.id)

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_account_links_are_refused(shop: Shop) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.account_links.create({"account": "acct_1", "type": "account_onboarding"})

    assert caught.value.code == "sandbox_unsupported"
