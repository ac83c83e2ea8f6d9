"""Customer sessions: which components may read a customer, and what they may do."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop

REFUSED = stripe.InvalidRequestError


def test_a_customer_session_names_its_components(shop: Shop, customer: Any) -> None:
    features = {"payment_method_save": "enabled", "payment_method_save_usage": "off_session"}
    components = {"payment_element": {"enabled": True, "features": features}}

    made = shop.api.customer_sessions.create({"customer": customer.id, "components": components})

    element = made.components.payment_element
    assert element.features.payment_method_save == "enabled"
    assert element.features.payment_method_redisplay_limit == 3
    assert made.components.pricing_table.enabled is False
    assert made.expires_at > made.created


@pytest.mark.parametrize(
    "components",
    [
        {"buy_button": {"enabled": False}},
        {"payment_element": {"enabled": True, "features": {"payment_method_save": "enabled"}}},
        {
            "payment_element": {
                "enabled": True,
                "features": {"payment_method_redisplay_limit": 11},
            }
        },
        {
            "payment_element": {
                "enabled": False,
                "features": {"payment_method_remove": "enabled"},
            }
        },
    ],
)
def test_a_wrong_customer_session_is_refused(
    shop: Shop, customer: Any, components: dict[str, Any]
) -> None:
    with pytest.raises(REFUSED):
        shop.api.customer_sessions.create({"customer": customer.id, "components": components})
