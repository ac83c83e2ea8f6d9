"""Payment method configurations: what a merchant wants to offer, and where it counts."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import RETURN, Shop
from tests.sandbox.stripe.payments.conftest import PERSON

REFUSED = stripe.InvalidRequestError
PREFERENCE = "display_preference"


def types_of(shop: Shop, **more: Any) -> list[str]:
    """The types that an intent of 15.00 offers."""
    wanted = {"amount": 1500, "currency": "eur"}
    return list(shop.api.payment_intents.create(wanted | more).payment_method_types)


def test_the_default_configuration_decides_what_is_offered(shop: Shop) -> None:
    default = shop.api.payment_method_configurations.list().data[0]
    before = types_of(shop)

    shop.api.payment_method_configurations.update(
        default.id,
        {"ideal": {PREFERENCE: {"preference": "on"}}, "bizum": {PREFERENCE: {"preference": "off"}}},
    )

    assert default.is_default is True
    assert default.card.display_preference.value == "on"
    assert before == ["card", "sepa_debit", "bizum"]
    assert types_of(shop) == ["card", "sepa_debit", "ideal"]


def test_another_configuration_is_named(shop: Shop) -> None:
    made = shop.api.payment_method_configurations.create(
        {"name": "Cards", "sepa_debit": {PREFERENCE: {"preference": "off"}}}
    )

    asked = {"amount": 1500, "currency": "eur", "payment_method_configuration": made.id}
    intent = shop.api.payment_intents.create(asked)

    assert intent.payment_method_types == ["card", "bizum"]
    assert intent.payment_method_configuration_details.id == made.id
    assert types_of(shop) == ["card", "sepa_debit", "bizum"]


def test_a_type_that_the_merchant_refuses_does_not_join(shop: Shop) -> None:
    default = shop.api.payment_method_configurations.list().data[0]
    off = {"ideal": {PREFERENCE: {"preference": "off"}}}
    shop.api.payment_method_configurations.update(default.id, off)
    data = {"type": "ideal", "billing_details": PERSON}

    with pytest.raises(REFUSED) as caught:
        shop.api.payment_intents.create(
            {"amount": 1500, "currency": "eur", "payment_method_data": data}
        )

    assert caught.value.code == "payment_intent_incompatible_payment_method"


def test_a_type_that_is_not_modelled_cannot_be_turned_on(shop: Shop) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.payment_method_configurations.create(
            {"giropay": {PREFERENCE: {"preference": "on"}}}
        )

    assert caught.value.code == "sandbox_unsupported"


def test_types_are_allowed_and_left_out(shop: Shop) -> None:
    assert types_of(shop, allowed_payment_method_types=["card", "ideal", "us_bank_account"]) == [
        "card",
        "ideal",
    ]
    assert types_of(shop, excluded_payment_method_types=["bizum"]) == ["card", "sepa_debit"]


def test_checkout_and_the_portal_follow_a_configuration(shop: Shop) -> None:
    cards = shop.api.payment_method_configurations.create(
        {"sepa_debit": {PREFERENCE: {"preference": "off"}}}
    )
    line = {
        "price_data": {
            "currency": "eur",
            "unit_amount": 1500,
            "product_data": {"name": "Book"},
        },
        "quantity": 1,
    }

    session = shop.api.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [line],
            "success_url": RETURN,
            "payment_method_configuration": cards.id,
        }
    )
    portal = shop.api.billing_portal.configurations.create(
        {
            "features": {
                "payment_method_update": {
                    "enabled": True,
                    "payment_method_configuration": cards.id,
                }
            }
        }
    )

    assert session.payment_method_types == ["card", "bizum"]
    assert session.payment_method_configuration_details.id == cards.id
    feature = portal.features.payment_method_update
    assert feature.payment_method_configuration == cards.id


def test_a_missing_configuration_is_refused(shop: Shop) -> None:
    wanted = {"amount": 1500, "currency": "eur", "payment_method_configuration": "pmc_none"}

    with pytest.raises(REFUSED) as caught:
        shop.api.payment_intents.create(wanted)

    assert caught.value.code == "resource_missing"
