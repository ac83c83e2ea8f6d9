"""Confirmation tokens, customer sessions and the attempts of a set-up."""

import stripe

from tests.sandbox.stripe.conftest import RETURN, path_of
from tests.sandbox.stripe.stories.customers import ACCEPTED, ADDRESS, IBAN
from tests.sandbox.stripe.stories.telling import Teller, story

WHOLE = {"amount": 1500, "currency": "eur", "confirm": True}
DETAILS = {"billing_details": {"name": "Ana", "email": "ana@example.com"}}


@story
def confirmation_tokens(shop: Teller) -> None:
    """A saved card, a new bank account, and a card that is set up."""
    make = shop.api.test_helpers.confirmation_tokens.create
    shipping = {"name": "Ana", "phone": "1", "address": ADDRESS}
    card = make(
        {
            "payment_method": "pm_card_visa",
            "return_url": RETURN,
            "setup_future_usage": "off_session",
            "shipping": shipping,
        }
    )
    shop.api.confirmation_tokens.retrieve(card.id)
    customer = shop.customer(None)
    paid = {"customer": customer.id, "confirmation_token": card.id}
    shop.api.payment_intents.create(WHOLE | paid)
    shop.api.confirmation_tokens.retrieve(card.id)
    debit = make({"payment_method_data": {**IBAN, **DETAILS}, "return_url": RETURN})
    signed = {"confirmation_token": debit.id, "mandate_data": {"customer_acceptance": ACCEPTED}}
    shop.api.payment_intents.create(WHOLE | signed)
    other = make({"payment_method": "pm_card_mastercard", "return_url": RETURN})
    kept = {"customer": customer.id, "confirm": True, "confirmation_token": other.id}
    shop.api.setup_intents.create(kept)
    shop.api.confirmation_tokens.retrieve(other.id)


@story
def customer_sessions(shop: Teller) -> None:
    """One with every component, one with a single one."""
    customer = shop.customer()
    saves = {"payment_method_save": "enabled", "payment_method_save_usage": "off_session"}
    components = {
        "buy_button": {"enabled": True},
        "customer_sheet": {"enabled": True},
        "mobile_payment_element": {"enabled": True},
        "payment_element": {"enabled": True, "features": saves},
        "pricing_table": {"enabled": True},
    }
    create = shop.api.customer_sessions.create
    create({"customer": customer.id, "components": components})
    create({"customer": customer.id, "components": {"pricing_table": {"enabled": True}}})
    every = {"components": components, "expand": ["customer"]}
    create({"customer": customer.id, **every})


@story
def setup_attempts(shop: Teller) -> None:
    """A set-up that is declined, that the bank's page refuses, then approves; a bank account's."""
    customer = shop.customer(None)
    declined = shop.api.setup_intents.create({"customer": customer.id})
    refused = {"payment_method": "pm_card_chargeDeclined", "return_url": RETURN}
    try:
        shop.api.setup_intents.confirm(declined.id, refused)
    except stripe.CardError:
        shop.api.setup_attempts.list({"setup_intent": declined.id})
    card = {"payment_method": "pm_card_authenticationRequired", "return_url": RETURN}
    wanted = {"customer": customer.id, "confirm": True}
    intent = shop.api.setup_intents.create(wanted | card)
    page = path_of(intent.next_action.redirect_to_url.url)
    shop.browser.post(page, data={"fail": "yes"})
    shop.api.setup_attempts.list({"setup_intent": intent.id})
    shop.api.setup_intents.confirm(intent.id, card)
    shop.browser.post(page, data={"complete": "yes"})
    shop.api.setup_intents.retrieve(intent.id)
    shop.api.setup_attempts.list({"setup_intent": intent.id})
    signed = {"mandate_data": {"customer_acceptance": ACCEPTED}, "return_url": RETURN}
    debit = {"payment_method_data": {**IBAN, **DETAILS}}
    single = {"single_use": {"amount": 1500, "currency": "eur"}}
    kept = shop.api.setup_intents.create(wanted | signed | debit | single)
    shop.api.setup_intents.retrieve(kept.id)
    shop.api.setup_attempts.list({"setup_intent": kept.id})
    shop.api.mandates.retrieve(kept.single_use_mandate)
