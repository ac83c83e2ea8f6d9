"""The Checkout page for each kind of method: fields, next pages, what the session becomes."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.sandbox.stripe.bank_accounts import BANKS
from tests.sandbox.stripe.conftest import Shop, path_of
from tests.sandbox.stripe.payments.conftest import DAY, PERSON

HOMES = {
    "us_bank_account": ("US", "usd"),
    "acss_debit": ("CA", "cad"),
    "au_becs_debit": ("AU", "aud"),
    "nz_bank_account": ("NZ", "nzd"),
    "bacs_debit": ("GB", "gbp"),
}
OK = "https://shop.example/ok"


def session(shop: Shop, kind: str, currency: str, **more: Any) -> Any:
    """A Checkout session over 20.00 for one type."""
    data = {"currency": currency, "unit_amount": 2000, "product_data": {"name": "Book"}}
    wanted = {
        "mode": "payment",
        "line_items": [{"price_data": data, "quantity": 1}],
        "success_url": OK,
        "allowed_payment_method_types": [kind],
    }
    return shop.api.checkout.sessions.create(wanted | more)


def filled(kind: str) -> dict[str, str]:
    """The form of a bank account, filled with the number that succeeds."""
    _, fixed, listed = BANKS[kind]
    account, _, suffix = listed.split()[1].partition("/")
    return {"type": kind, **PERSON, **fixed, "account_number": account, "suffix": suffix}


@pytest.mark.parametrize("kind", sorted(HOMES))
def test_a_bank_account_pays(open_shop: Callable[..., Shop], kind: str) -> None:
    country, currency = HOMES[kind]
    shop = open_shop(country=country, default_currency=currency)
    made = session(shop, kind, currency)

    form = shop.browser.get(path_of(made.url)).text
    answer = shop.browser.post(path_of(made.url), data=filled(kind))

    assert 'name="account_number"' in form
    assert answer.status_code == 303
    found = shop.api.checkout.sessions.retrieve(made.id)
    assert (found.status, found.payment_status) == ("complete", "unpaid")
    assert shop.transport.wrong == []


def test_an_american_account_is_verified_and_then_pays(american: Shop) -> None:
    made = session(american, "us_bank_account", "usd")
    answer = american.browser.post(path_of(made.url), data=filled("us_bank_account"))

    american.browser.post(path_of(answer.location), data={"descriptor_code": "SM11AA"})
    american.sandbox.advance(5 * DAY)

    assert american.api.checkout.sessions.retrieve(made.id).payment_status == "paid"
    assert american.events()[-2:] == [
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ]


def test_a_redirecting_type_goes_on_to_its_page(shop: Shop) -> None:
    made = session(shop, "ideal", "eur")
    answer = shop.browser.post(path_of(made.url), data={"type": "ideal", **PERSON})

    asked = shop.browser.get(path_of(answer.location)).text
    back = shop.browser.post(path_of(answer.location), data={"complete": "yes"})
    end = shop.browser.get(path_of(back.location))

    assert "Confirm with iDEAL" in asked
    assert end.location == OK
    assert shop.api.checkout.sessions.retrieve(made.id).payment_status == "paid"


def test_a_refused_redirect_comes_back_to_the_form(shop: Shop) -> None:
    made = session(shop, "eps", "eur")
    answer = shop.browser.post(path_of(made.url), data={"type": "eps", **PERSON})

    back = shop.browser.post(path_of(answer.location), data={"fail": "yes"})

    assert "unable to authenticate" in shop.browser.get(path_of(back.location)).text
    assert shop.api.checkout.sessions.retrieve(made.id).status == "open"


def test_a_slip_completes_the_session(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="MX", default_currency="mxn")
    made = session(shop, "oxxo", "mxn")
    answer = shop.browser.post(path_of(made.url), data={"type": "oxxo", **PERSON})

    waiting = shop.api.checkout.sessions.retrieve(made.id)
    shop.browser.post(path_of(answer.location), data={"pay": "yes"})

    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert shop.api.checkout.sessions.retrieve(made.id).payment_status == "paid"


def test_only_test_accounts_are_taken_on_the_page(american: Shop) -> None:
    made = session(american, "us_bank_account", "usd")
    wrong = filled("us_bank_account") | {"account_number": "123123123"}

    answer = american.browser.post(path_of(made.url), data=wrong)

    assert answer.status_code == 400
    assert "Only test accounts are taken" in answer.text
