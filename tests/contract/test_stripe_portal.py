"""What the portal relies on of Stripe's own portal, and of webhook endpoints."""

import time
from typing import Any

import pytest
import stripe

from tests.contract.conftest import Keep

HOME = "https://shop.example/home"


@pytest.fixture
def configuration(api: Any, keep: Keep, price: Any) -> Any:
    """A configuration with every feature the tests need."""
    sold = price(1000, tax_behavior="exclusive")
    features = {
        "invoice_history": {"enabled": True},
        "subscription_cancel": {"enabled": True},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": [{"product": sold.product, "prices": [sold.id]}],
        },
    }
    made = api.billing_portal.configurations.create({"features": features})
    return keep(made, lambda: api.billing_portal.configurations.update(made.id, {"active": False}))


def test_products_are_only_shown_when_asked_for(api: Any, configuration: Any) -> None:
    """The answer omits `products` unless expanded (C19)."""
    path = "features.subscription_update.products"

    asked = api.billing_portal.configurations.retrieve(configuration.id, {"expand": [path]})

    assert "products" not in configuration.features.subscription_update
    assert len(asked.features.subscription_update.products) == 1


def test_a_session_leads_to_the_portal(api: Any, configuration: Any, customer: Any) -> None:
    """A session needs a customer and has an address of its own (S1, S2, S3)."""
    made = api.billing_portal.sessions.create(
        {"customer": customer.id, "configuration": configuration.id, "return_url": HOME}
    )

    assert (made.customer, made.return_url, made.flow) == (customer.id, HOME, None)
    assert made.url.startswith("http")


def test_a_flow_needs_its_subscription(api: Any, configuration: Any, customer: Any) -> None:
    """`subscription_cancel` names the subscription (S7)."""
    flow = {"type": "subscription_cancel"}

    with pytest.raises(stripe.InvalidRequestError):
        api.billing_portal.sessions.create(
            {"customer": customer.id, "configuration": configuration.id, "flow_data": flow}
        )


def test_a_flow_needs_its_feature(api: Any, configuration: Any, customer: Any) -> None:
    """A flow of a feature that is off is refused (S11)."""
    flow = {"type": "payment_method_update"}

    with pytest.raises(stripe.InvalidRequestError):
        api.billing_portal.sessions.create(
            {"customer": customer.id, "configuration": configuration.id, "flow_data": flow}
        )


def test_an_endpoint_pins_its_version_and_shows_its_secret_once(api: Any, keep: Keep) -> None:
    """The payload follows the endpoint's `api_version`, which only creation takes (W2)."""
    made = api.webhook_endpoints.create(
        {
            "url": "https://shop.example/hook",
            "enabled_events": ["customer.created"],
            "api_version": stripe.api_version,
        }
    )
    keep(made, lambda: api.webhook_endpoints.delete(made.id))

    found = api.webhook_endpoints.retrieve(made.id)

    assert (made.api_version, made.secret.startswith("whsec_")) == (stripe.api_version, True)
    assert "secret" not in found
    with pytest.raises(stripe.InvalidRequestError):
        api.webhook_endpoints.update(made.id, {"api_version": stripe.api_version})


def test_what_happened_is_told_by_events(api: Any, customer: Any) -> None:
    """An event names its version and never changes (W2); the object is in it (6a)."""
    since = {"created": {"gte": int(time.time()) - 600}, "type": "customer.created"}

    told = [one for one in api.events.list(since).data if one.data.object["id"] == customer.id]

    assert [one.api_version for one in told][:1] in ([], [stripe.api_version])
    assert len(told) == 1
