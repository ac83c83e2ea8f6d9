"""Checkout: set-up and payment pages, filled in as a browser without scripts would."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop, path_of

CARD = {"type": "card", "number": "4242 4242 4242 4242", "exp": "12 / 34", "cvc": "123"}
FILLED = CARD | {"name": "Ana", "email": "ana@example.com"}
BACK = {"success_url": "https://shop.example/ok?s={CHECKOUT_SESSION_ID}"}


def session(shop: Shop, **more: Any) -> Any:
    """A Checkout session of 25.00 in payment mode."""
    line = {
        "quantity": 1,
        "price_data": {
            "currency": "eur",
            "unit_amount": 2500,
            "product_data": {"name": "Invoice F1"},
        },
    }
    wanted = {"mode": "payment", "line_items": [line]}
    return shop.api.checkout.sessions.create(wanted | BACK | more)


def setup(shop: Shop, **more: Any) -> Any:
    """A Checkout session in set-up mode."""
    return shop.api.checkout.sessions.create({"mode": "setup", "currency": "eur"} | BACK | more)


def test_a_card_pays_and_the_payer_returns_with_the_session(shop: Shop) -> None:
    made = session(shop, metadata={"payment": "p1"}, payment_intent_data={"metadata": {"p": "1"}})

    answer = shop.browser.post(path_of(made.url), data=FILLED)

    assert answer.status_code == 303
    assert answer.location == f"https://shop.example/ok?s={made.id}"
    found = shop.api.checkout.sessions.retrieve(made.id, {"expand": ["payment_intent"]})
    assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
    assert found.customer_details.email == "ana@example.com"
    assert found.payment_intent.metadata["p"] == "1"
    assert shop.events()[-4:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_pressing_twice_charges_once(shop: Shop) -> None:
    made = session(shop)
    shop.browser.post(path_of(made.url), data=FILLED)

    again = shop.browser.post(path_of(made.url), data=FILLED)

    assert again.status_code == 303
    assert [one["status"] for one in shop.charges()] == ["succeeded"]


def test_a_declined_card_is_said_on_the_page_and_another_pays(shop: Shop) -> None:
    made = session(shop)
    declined = shop.browser.post(path_of(made.url), data=FILLED | {"number": "4000000000000002"})

    paid = shop.browser.post(path_of(made.url), data=FILLED)

    assert declined.status_code == 402
    assert "Your card was declined." in declined.text
    assert paid.status_code == 303
    assert [one["status"] for one in shop.charges()] == ["failed", "succeeded"]
    assert len({one["payment_intent"] for one in shop.charges()}) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": "4111111111111111"}, "card number is incorrect"),
        ({"exp": "01/20"}, "expiry date"),
        ({"exp": "soon"}, "expiry date"),
        ({"cvc": "1"}, "security code"),
        ({"email": "nobody"}, "Invalid email"),
        ({"email": ""}, "e-mail"),
        ({"type": "boleto"}, "choose a way"),
    ],
)
def test_wrong_input_is_said_and_takes_nothing(
    shop: Shop, wrong: dict[str, str], words: str
) -> None:
    made = session(shop)

    answer = shop.browser.post(path_of(made.url), data=FILLED | wrong)

    assert answer.status_code in (400, 402)
    assert words in answer.text
    assert shop.charges() == []


def test_a_bank_that_asks_sends_the_payer_through_its_page(shop: Shop) -> None:
    made = session(shop)
    to_bank = shop.browser.post(path_of(made.url), data=FILLED | {"number": "4000002760003184"})
    page = shop.browser.get(path_of(to_bank.location))

    answered = shop.browser.post(path_of(to_bank.location), data={"complete": "yes"})
    back = shop.browser.get(path_of(answered.location))

    assert "Simulation of Stripe, test data only" in page.text
    assert back.location == f"https://shop.example/ok?s={made.id}"
    assert shop.api.checkout.sessions.retrieve(made.id).payment_status == "paid"


def test_a_failed_bank_check_returns_to_the_form_with_nothing_taken(shop: Shop) -> None:
    made = session(shop)
    to_bank = shop.browser.post(path_of(made.url), data=FILLED | {"number": "4000002760003184"})
    answered = shop.browser.post(path_of(to_bank.location), data={"fail": "yes"})

    back = shop.browser.get(path_of(answered.location))

    assert "unable to authenticate" in back.text
    assert 'name="number"' in back.text
    assert shop.charges() == []


def test_set_up_saves_the_card_with_its_customer(shop: Shop, customer: Any) -> None:
    made = setup(shop, customer=customer.id)

    answer = shop.browser.post(path_of(made.url), data=CARD | {"name": "Ana"})

    assert answer.status_code == 303
    saved = shop.api.payment_methods.list({"customer": customer.id}).data
    assert [one.card.last4 for one in saved] == ["4242"]
    found = shop.api.checkout.sessions.retrieve(made.id, {"expand": ["setup_intent"]})
    assert (found.payment_status, found.setup_intent.status) == ("no_payment_required", "succeeded")


def test_a_set_up_card_that_needed_the_bank_pays_off_session(shop: Shop, customer: Any) -> None:
    made = setup(shop, customer=customer.id)
    number = {"number": "4000002500003155"}
    to_bank = shop.browser.post(path_of(made.url), data=CARD | {"name": "Ana"} | number)
    shop.browser.post(path_of(to_bank.location), data={"complete": "yes"})
    method = shop.api.payment_methods.list({"customer": customer.id}).data[0]

    intent = shop.pay(method.id, customer=customer.id, off_session=True)

    assert intent.status == "succeeded"


def test_a_debit_completes_unpaid_and_is_paid_days_later(shop: Shop, customer: Any) -> None:
    made = session(shop, customer=customer.id)
    debit = {"type": "sepa_debit", "iban": "ES07 0012 0345 0300 0006 7890", "name": "Ana"}
    shop.browser.post(path_of(made.url), data=debit)
    before = shop.api.checkout.sessions.retrieve(made.id)

    shop.sandbox.advance(4 * 86400)

    assert (before.status, before.payment_status) == ("complete", "unpaid")
    assert shop.api.checkout.sessions.retrieve(made.id).payment_status == "paid"
    assert shop.events()[-1] == "checkout.session.async_payment_succeeded"


def test_a_debit_that_comes_back_is_told(shop: Shop, customer: Any) -> None:
    made = session(shop, customer=customer.id)
    debit = {"type": "sepa_debit", "iban": "ES9121000418450200051332", "name": "Ana"}
    shop.browser.post(path_of(made.url), data=debit)

    shop.sandbox.advance(4 * 86400)

    assert shop.events()[-2:] == [
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]
    assert [one["status"] for one in shop.charges()] == ["failed"]


def test_a_boleto_is_shown_and_paid_at_the_bank(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="BR", default_currency="brl")
    line = {
        "quantity": 1,
        "price_data": {"currency": "brl", "unit_amount": 9900, "product_data": {"name": "Plano"}},
    }
    made = session(shop, line_items=[line])
    slip = {
        "type": "boleto",
        "tax_id": "000.000.000-00",
        "name": "Joana",
        "email": "joana@example.com",
        "line1": "Rua A, 1",
        "city": "Recife",
        "state": "PE",
        "postal_code": "50000-000",
    }

    to_slip = shop.browser.post(path_of(made.url), data=slip)
    page = shop.browser.get(path_of(to_slip.location))
    before = shop.api.checkout.sessions.retrieve(made.id)
    shop.browser.post(path_of(to_slip.location), data={"pay": "yes"})

    assert "Pay it now" in page.text
    assert (before.status, before.payment_status) == ("complete", "unpaid")
    assert shop.api.checkout.sessions.retrieve(made.id).payment_status == "paid"
    assert shop.transport.wrong == []


def test_bizum_goes_by_the_bank_and_is_never_offered_for_saving(shop: Shop) -> None:
    pays = session(shop)
    saves = setup(shop)

    to_bank = shop.browser.post(
        path_of(pays.url), data={"type": "bizum", "email": "ana@example.com"}
    )
    shop.browser.post(path_of(to_bank.location), data={"complete": "yes"})

    assert shop.api.checkout.sessions.retrieve(pays.id).payment_status == "paid"
    assert pays.payment_method_types == ["card", "sepa_debit", "bizum"]
    assert saves.payment_method_types == ["card", "sepa_debit"]


def test_saving_by_type_keeps_the_card_and_lets_bizum_pay(shop: Shop, customer: Any) -> None:
    made = session(
        shop,
        customer=customer.id,
        payment_method_options={"card": {"setup_future_usage": "off_session"}},
    )

    shop.browser.post(path_of(made.url), data=CARD | {"name": "Ana"})

    assert "bizum" in made.payment_method_types
    assert len(shop.api.payment_methods.list({"customer": customer.id}).data) == 1


def test_without_a_customer_the_page_shows_nobody(shop: Shop, customer: Any) -> None:
    shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})

    page = shop.browser.get(path_of(session(shop).url)).text

    assert "ana@example.com" not in page
    assert "4242</p>" not in page


def test_with_a_customer_the_page_knows_them(shop: Shop, customer: Any) -> None:
    method = shop.api.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})
    shop.api.payment_methods.update(method.id, {"allow_redisplay": "always"})
    made = session(shop, customer=customer.id)

    page = shop.browser.get(path_of(made.url)).text
    paid = shop.browser.post(path_of(made.url), data={"saved": method.id})

    assert "ana@example.com" in page
    assert "•••• 4444" in page
    assert paid.status_code == 303


def test_an_expired_session_takes_nothing(shop: Shop) -> None:
    made = session(shop)
    shop.api.checkout.sessions.expire(made.id)

    answer = shop.browser.post(path_of(made.url), data=FILLED)

    assert answer.status_code == 410
    assert shop.charges() == []
    assert shop.events()[-1] == "checkout.session.expired"


def test_expiring_ends_the_intent_that_waits_for_the_bank(shop: Shop) -> None:
    made = session(shop)
    to_bank = shop.browser.post(path_of(made.url), data=FILLED | {"number": "4000002760003184"})

    shop.api.checkout.sessions.expire(made.id)
    shop.browser.post(path_of(to_bank.location), data={"complete": "yes"})

    assert shop.charges() == []
    assert shop.api.payment_intents.list().data[0].status == "canceled"


def test_time_expires_a_session(shop: Shop) -> None:
    soon = shop.sandbox.clock.now() + 1860
    made = session(shop, expires_at=soon)

    shop.sandbox.advance(1900)

    assert shop.api.checkout.sessions.retrieve(made.id).status == "expired"


def test_a_complete_session_cannot_be_expired(shop: Shop) -> None:
    made = session(shop)
    shop.browser.post(path_of(made.url), data=FILLED)

    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        shop.api.checkout.sessions.expire(made.id)


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"expires_at": int(time.time()) + 60}, "expires_at"),
        ({"expires_at": int(time.time()) + 90_000}, "expires_at"),
        ({"line_items": []}, "line_items"),
        ({"success_url": "shop"}, "success_url"),
        ({"customer_email": "no"}, "customer_email"),
        ({"mode": "subscription"}, "line_items"),
        ({"customer": "cus_none"}, "customer"),
        (
            {"payment_method_options": {"klarna": {"setup_future_usage": "off_session"}}},
            "payment_method_options[klarna][setup_future_usage]",
        ),
    ],
)
def test_wrong_parameters_are_named(shop: Shop, wrong: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        session(shop, **wrong)

    assert caught.value.param == param


def test_set_up_needs_a_currency_or_types(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="currency"):
        shop.api.checkout.sessions.create({"mode": "setup"} | BACK)
