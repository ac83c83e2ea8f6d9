"""Confirmation tokens, and the attempts of a set-up."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import RETURN, Shop, path_of
from tests.sandbox.stripe.payments.conftest import DAY

REFUSED = stripe.InvalidRequestError


def token(shop: Shop, **more: Any) -> Any:
    """A confirmation token of a Visa."""
    wanted = {"payment_method": "pm_card_visa", "return_url": RETURN}
    return shop.api.test_helpers.confirmation_tokens.create(wanted | more)


def pay_with(shop: Shop, token_id: str, **more: Any) -> Any:
    """An intent of 15.00 confirmed with a token."""
    wanted = {"amount": 1500, "currency": "eur", "confirm": True, "confirmation_token": token_id}
    return shop.api.payment_intents.create(wanted | more)


def test_a_token_carries_what_was_filled_in(shop: Shop, customer: Any) -> None:
    filled = token(shop, setup_future_usage="off_session")

    intent = pay_with(shop, filled.id, customer=customer.id)

    assert filled.payment_method_preview.card.last4 == "4242"
    assert (intent.status, intent.setup_future_usage) == ("succeeded", "off_session")
    assert shop.api.confirmation_tokens.retrieve(filled.id).payment_intent == intent.id


def test_a_token_serves_once_and_for_half_a_day(shop: Shop) -> None:
    used, old = token(shop), token(shop)
    pay_with(shop, used.id)

    shop.sandbox.advance(DAY)

    for one in (used, old):
        with pytest.raises(REFUSED) as caught:
            pay_with(shop, one.id)
        assert caught.value.param == "confirmation_token"


def test_a_token_stands_instead_of_a_method(shop: Shop) -> None:
    with pytest.raises(REFUSED) as caught:
        pay_with(shop, token(shop).id, payment_method="pm_card_visa")

    assert caught.value.param == "payment_method"


def test_a_set_up_is_confirmed_with_a_token(shop: Shop, customer: Any) -> None:
    wanted = {"customer": customer.id, "confirm": True, "confirmation_token": token(shop).id}

    assert shop.api.setup_intents.create(wanted).status == "succeeded"


def test_each_attempt_of_a_set_up_is_listed(shop: Shop, customer: Any) -> None:
    wanted = {"customer": customer.id, "payment_method": "pm_card_authenticationRequired"}
    intent = shop.api.setup_intents.create(wanted | {"confirm": True, "return_url": RETURN})
    url = path_of(intent.next_action.redirect_to_url.url)
    shop.browser.post(url, data={"fail": "yes"})
    again = {"payment_method": "pm_card_authenticationRequired", "return_url": RETURN}
    shop.api.setup_intents.confirm(intent.id, again)
    shop.browser.post(url, data={"complete": "yes"})

    attempts = shop.api.setup_attempts.list({"setup_intent": intent.id}).data

    found = shop.api.setup_intents.retrieve(intent.id, {"expand": ["latest_attempt"]})
    assert [one.status for one in attempts] == ["succeeded", "failed"]
    assert attempts[1].setup_error.code == "setup_intent_authentication_failure"
    assert found.latest_attempt.id == attempts[0].id
    secure = found.latest_attempt.payment_method_details.card.three_d_secure
    assert secure.result == "authenticated"


def test_a_set_up_for_one_payment_signs_a_single_mandate(shop: Shop, customer: Any) -> None:
    online = {"type": "online", "online": {"ip_address": "203.0.113.9", "user_agent": "test"}}
    intent = shop.api.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_success_es",
            "confirm": True,
            "return_url": RETURN,
            "single_use": {"amount": 1500, "currency": "eur"},
            "mandate_data": {"customer_acceptance": online},
        }
    )

    mandate = shop.api.mandates.retrieve(intent.single_use_mandate)
    assert (mandate.type, mandate.single_use.amount) == ("single_use", 1500)
