"""Stripe's customer portal: its documented limits, its sessions and its pages."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop

EVERYTHING: dict[str, Any] = {
    "customer_update": {"enabled": True, "allowed_updates": ["name", "email", "address"]},
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {
        "enabled": True,
        "cancellation_reason": {"enabled": True, "options": ["unused", "other"]},
    },
    "subscription_pause": {"enabled": True},
}
REFUSED = stripe.InvalidRequestError


def configure(shop: Shop, **features: Any) -> Any:
    """A portal configuration with these features, or with all of them."""
    return shop.api.billing_portal.configurations.create({"features": features or EVERYTHING})


def price(shop: Shop, product: str, amount: int, interval: str = "month", count: int = 1) -> Any:
    """A recurring price."""
    recurring = {"interval": interval, "interval_count": count}
    wanted = {"product": product, "currency": "eur", "unit_amount": amount, "recurring": recurring}
    return shop.api.prices.create(wanted | {"tax_behavior": "exclusive"})


def switchable(shop: Shop, *prices: Any) -> dict[str, Any]:
    """The feature that lets customers switch between prices of one product."""
    products = [{"product": prices[0].product, "prices": [one.id for one in prices]}]
    allowed = {"default_allowed_updates": ["price", "quantity"], "products": products}
    return {"subscription_update": {"enabled": True, **allowed}}


def test_products_are_shown_only_when_asked_for(shop: Shop) -> None:
    product = shop.api.products.create({"name": "Club"})
    made = configure(shop, **switchable(shop, price(shop, product.id, 900)))

    path = "features.subscription_update.products"
    asked = shop.api.billing_portal.configurations.retrieve(made.id, {"expand": [path]})

    assert "products" not in made.features.subscription_update.to_dict()
    assert asked.features.subscription_update.products[0].product == product.id


@pytest.mark.parametrize(("count", "taken"), [(10, True), (11, False)])
def test_ten_products_are_the_most(shop: Shop, count: int, taken: bool) -> None:
    products = []
    for number in range(count):
        product = shop.api.products.create({"name": str(number)})
        products.append({"product": product.id, "prices": [price(shop, product.id, 900).id]})
    feature = {"enabled": True, "default_allowed_updates": ["price"], "products": products}

    answer = shop.call(
        "POST",
        "/v1/billing_portal/configurations",
        data=stripe_form({"features": {"subscription_update": feature}}),
    )

    assert (answer.status_code == 200) is taken


def stripe_form(value: Any, name: str = "") -> dict[str, Any]:
    """Nested parameters as form fields."""
    if isinstance(value, dict):
        pairs = [(f"{name}[{key}]" if name else key, one) for key, one in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}[{at}]", one) for at, one in enumerate(value)]
    else:
        return {name: str(value).lower() if isinstance(value, bool) else value}
    return {key: one for part, inner in pairs for key, one in stripe_form(inner, part).items()}


def test_two_prices_of_one_product_need_different_intervals(shop: Shop) -> None:
    product = shop.api.products.create({"name": "Club"})
    monthly, quarterly = price(shop, product.id, 900), price(shop, product.id, 2500, count=3)
    yearly = price(shop, product.id, 9000, "year")

    with pytest.raises(REFUSED, match="unique billing interval"):
        configure(shop, **switchable(shop, monthly, quarterly))

    assert configure(shop, **switchable(shop, monthly, yearly)).id


@pytest.mark.parametrize(
    "feature",
    [
        {"mode": "at_period_end", "proration_behavior": "create_prorations"},
        {"mode": "immediately", "proration_behavior": "always_invoice"},
    ],
)
def test_a_cancellation_is_prorated_only_at_once(shop: Shop, feature: dict[str, str]) -> None:
    with pytest.raises(REFUSED, match=r"roration|always_invoice"):
        configure(shop, subscription_cancel={"enabled": True} | feature)


def test_a_pause_lasts_three_years_at_most(shop: Shop) -> None:
    options = [{"interval": "year", "interval_count": 4}]
    duration = {"type": "interval_options", "interval_options": options}

    with pytest.raises(REFUSED, match="three years"):
        configure(shop, subscription_pause={"enabled": True, "duration": duration})


def test_a_session_needs_a_configuration(shop: Shop, customer: Any) -> None:
    with pytest.raises(REFUSED, match="No configuration provided"):
        shop.api.billing_portal.sessions.create({"customer": customer.id})


def test_the_saved_default_serves_sessions_that_name_none(shop: Shop, customer: Any) -> None:
    shop.account["_settings"]["portal_saved"] = True
    shop.sandbox.save_account(shop.account)

    made = shop.api.billing_portal.sessions.create({"customer": customer.id})

    default = shop.api.billing_portal.configurations.list({"is_default": True}).data
    assert [one.id for one in default] == [made.configuration]


def test_an_inactive_configuration_opens_nothing(shop: Shop, customer: Any) -> None:
    made = configure(shop)
    shop.api.billing_portal.configurations.update(made.id, {"active": False})

    with pytest.raises(REFUSED, match="not active"):
        shop.api.billing_portal.sessions.create({"customer": customer.id, "configuration": made.id})


@pytest.mark.parametrize(
    ("flow", "param"),
    [
        ({"type": "subscription_cancel"}, "flow_data[subscription_cancel]"),
        ({"type": "customer_update"}, "flow_data[type]"),
        (
            {"type": "payment_method_update", "after_completion": {"type": "redirect"}},
            "flow_data[after_completion][redirect]",
        ),
        (
            {
                "type": "payment_method_update",
                "subscription_cancel": {"subscription": "sub_1"},
            },
            "flow_data[subscription_cancel]",
        ),
    ],
)
def test_a_flow_must_be_complete_and_enabled(
    shop: Shop, customer: Any, flow: dict[str, Any], param: str
) -> None:
    features = EVERYTHING | {"customer_update": {"enabled": False}}
    made = configure(shop, **features)

    with pytest.raises(REFUSED) as caught:
        shop.api.billing_portal.sessions.create(
            {"customer": customer.id, "configuration": made.id, "flow_data": flow}
        )

    assert caught.value.param == param


def test_feedback_options_are_written_and_retired(shop: Shop) -> None:
    made = shop.api.billing.feedback_options.create({"description": "We moved away"})

    retired = shop.api.billing.feedback_options.deactivate(made.id)

    assert (made.status, retired.status) == ("active", "inactive")
    assert retired.status_transitions.deactivated_at
