"""Older clients: tokens, customer sources and charges without an intent."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import RETURN, Shop
from tests.sandbox.stripe.payments.conftest import DAY, kinds

REFUSED = stripe.InvalidRequestError
CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}


def charge(shop: Shop, **wanted: Any) -> Any:
    """A charge of 20.00."""
    return shop.api.charges.create({"amount": 2000, "currency": "eur"} | wanted)


@pytest.fixture
def buyer(shop: Shop) -> Any:
    """A customer with a card of the older kind."""
    return shop.api.customers.create({"name": "Ana", "source": "tok_visa"})


def test_a_customer_is_made_with_a_card(shop: Shop, buyer: Any) -> None:
    found = shop.api.customers.retrieve(buyer.id, {"expand": ["default_source", "sources"]})

    assert (found.default_source.object, found.default_source.brand) == ("card", "Visa")
    assert [one.id for one in found.sources.data] == [buyer.default_source]
    assert kinds(shop, "customer") == ["customer.source.created", "customer.created"]


def test_a_token_is_charged(shop: Shop) -> None:
    made = charge(shop, source="tok_visa", description="Book")

    assert (made.status, made.captured, made.source.last4) == ("succeeded", True, "4242")
    assert made.payment_intent is None
    assert shop.events()[-1] == "charge.succeeded"


def test_a_customer_is_charged(shop: Shop, buyer: Any) -> None:
    made = charge(shop, customer=buyer.id)

    assert (made.customer, made.source.id) == (buyer.id, buyer.default_source)


def test_a_declined_token_leaves_a_failed_charge(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        charge(shop, source="tok_chargeDeclinedInsufficientFunds")

    error = caught.value.error
    assert error is not None
    assert (error.code, error.decline_code) == ("card_declined", "insufficient_funds")
    assert shop.api.charges.retrieve(error.charge).status == "failed"


def test_a_refused_card_makes_no_customer(shop: Shop) -> None:
    with pytest.raises(stripe.CardError):
        shop.api.customers.create({"source": "tok_chargeDeclined"})

    assert shop.api.customers.list().data == []


def test_a_charge_without_anything_to_charge_is_refused(shop: Shop, customer: Any) -> None:
    with pytest.raises(REFUSED):
        charge(shop)
    with pytest.raises(REFUSED) as caught:
        charge(shop, customer=customer.id)

    assert caught.value.code == "missing"


def test_a_charge_is_authorized_and_captured_in_part(shop: Shop) -> None:
    made = charge(shop, source="tok_visa", capture=False)

    taken = shop.api.charges.capture(made.id, {"amount": 500})

    assert (made.captured, taken.captured) == (False, True)
    assert (taken.amount_captured, taken.amount_refunded) == (500, 1500)
    with pytest.raises(REFUSED) as caught:
        shop.api.charges.capture(made.id)
    assert caught.value.code == "charge_already_captured"


def test_an_authorized_charge_expires(shop: Shop) -> None:
    made = charge(shop, source="tok_visa", capture=False)

    shop.sandbox.advance(8 * DAY)

    with pytest.raises(REFUSED) as caught:
        shop.api.charges.capture(made.id)
    assert caught.value.code == "charge_expired_for_capture"


def test_a_token_of_a_number_is_used_once(shop: Shop) -> None:
    token = shop.api.tokens.create({"card": CARD})

    charge(shop, source=token.id)

    assert (token.card.last4, token.used) == ("4242", False)
    assert shop.api.tokens.retrieve(token.id).used is True
    with pytest.raises(REFUSED) as caught:
        charge(shop, source=token.id)
    assert caught.value.code == "token_already_used"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"number": "4111111111111111"}, "incorrect_number"),
        ({"exp_month": "13"}, "invalid_expiry_month"),
        ({"exp_year": "1999"}, "invalid_expiry_year"),
    ],
)
def test_only_test_cards_become_tokens(shop: Shop, wrong: dict[str, str], code: str) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.api.tokens.create({"card": CARD | wrong})

    assert caught.value.code == code


def test_a_token_becomes_a_payment_method(shop: Shop, customer: Any) -> None:
    token = shop.api.tokens.create({"card": CARD})
    data = {"type": "card", "card": {"token": token.id}}

    intent = shop.api.payment_intents.create(
        {
            "amount": 1500,
            "currency": "eur",
            "confirm": True,
            "payment_method_data": data,
            "return_url": RETURN,
        }
    )

    assert intent.status == "succeeded"
    made = shop.api.payment_methods.create({"type": "card", "card": {"token": "tok_mastercard"}})
    assert made.card.brand == "mastercard"


def test_a_card_is_a_payment_method_too(shop: Shop, buyer: Any) -> None:
    listed = shop.api.payment_methods.list({"customer": buyer.id}).data

    paid = shop.pay(buyer.default_source, customer=buyer.id)

    assert [one.id for one in listed] == [buyer.default_source]
    assert paid.status == "succeeded"


def test_a_card_is_changed_and_removed(shop: Shop, buyer: Any) -> None:
    sources = shop.api.customers.payment_sources
    card = buyer.default_source
    second = sources.create(buyer.id, {"source": "tok_mastercard"})

    changed = sources.update(buyer.id, card, {"exp_year": "2035", "name": "Ana B"})
    gone = sources.delete(buyer.id, card)

    assert (changed.exp_year, changed.name) == (2035, "Ana B")
    assert gone.deleted is True
    assert shop.api.customers.retrieve(buyer.id).default_source == second.id
    assert [one.id for one in sources.list(buyer.id).data] == [second.id]


def test_a_new_source_takes_the_place_of_the_default(shop: Shop, buyer: Any) -> None:
    found = shop.api.customers.update(buyer.id, {"source": "tok_mastercard"})

    assert found.default_source != buyer.default_source
    assert len(shop.api.customers.payment_sources.list(buyer.id).data) == 1


def test_the_default_is_one_of_the_customers_own(shop: Shop, buyer: Any, customer: Any) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.customers.update(customer.id, {"default_source": buyer.default_source})

    assert caught.value.code == "resource_missing"


def test_what_is_not_modelled_is_refused(shop: Shop, customer: Any) -> None:
    with pytest.raises(REFUSED) as bank:
        shop.api.tokens.create({"bank_account": {"country": "US", "account_number": "1"}})
    with pytest.raises(REFUSED) as source:
        shop.api.sources.create({"type": "ideal"})

    assert (bank.value.code, source.value.code) == ("sandbox_unsupported", "sandbox_unsupported")
