"""Methods that send the payer to a bank or an app, and slips that are paid in shops."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from portal.sandbox.stripe.method_types import TYPES
from tests.sandbox.stripe.conftest import RETURN, Shop, path_of
from tests.sandbox.stripe.payments.conftest import DAY, MANDATE, PERSON, control, read

REFUSED = stripe.InvalidRequestError
HOME = {"address": {"line1": "1 High Street", "country": "DE", "postal_code": "10115"}}
REDIRECTS = [
    (name, sorted(row.currencies or {"eur"})[0], sorted(row.countries or {"ES"})[0])
    for name, row in TYPES.items()
    if row.flow == "redirect"
]
SLIPS = [("oxxo", "mxn", "MX"), ("konbini", "jpy", "JP"), ("multibanco", "eur", "PT")]


def begin(shop: Shop, kind: str, currency: str = "eur", **more: Any) -> Any:
    """An intent of 30.00 (or 3000) by a type, confirmed at once."""
    data = {"type": kind, "billing_details": PERSON | HOME}
    wanted = {"amount": 30000, "currency": currency, "payment_method_data": data, "confirm": True}
    return shop.api.payment_intents.create(wanted | {"return_url": RETURN} | more)


def page_of(intent: Any) -> str:
    """The page that an intent sends its payer to."""
    action = intent.next_action
    details = action[action.type]
    found = [name for name in ("url", "hosted_instructions_url") if name in details]
    return path_of(details[found[0]])


@pytest.mark.parametrize(("kind", "currency", "country"), REDIRECTS)
def test_the_payer_agrees_and_comes_back(
    open_shop: Callable[..., Shop], kind: str, currency: str, country: str
) -> None:
    shop = open_shop(country=country, default_currency=currency)
    intent = begin(shop, kind, currency)

    asked = shop.browser.get(page_of(intent)).text
    answer = shop.browser.post(page_of(intent), data={"complete": "yes"})

    back = parse_qs(urlsplit(answer.location).query)
    assert "Simulation of Stripe" in asked
    assert back["redirect_status"] == ["succeeded"]
    assert back["payment_intent_client_secret"] == [intent.client_secret]
    found = shop.api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (found.status, found.latest_charge.payment_method_details.type) == ("succeeded", kind)
    assert shop.transport.wrong == []


def test_the_payer_refuses(shop: Shop) -> None:
    intent = begin(shop, "ideal")

    answer = shop.browser.post(page_of(intent), data={"fail": "yes"})

    assert "redirect_status=failed" in answer.location
    assert read(shop, intent).status == "requires_payment_method"


def test_without_a_way_back_a_redirect_is_refused(shop: Shop) -> None:
    with pytest.raises(REFUSED) as caught:
        begin(shop, "ideal", return_url=None)

    assert caught.value.param == "return_url"


def test_an_intent_without_redirects_takes_none(shop: Shop) -> None:
    automatic = {"enabled": True, "allow_redirects": "never"}

    with pytest.raises(REFUSED) as caught:
        begin(shop, "ideal", automatic_payment_methods=automatic)

    assert caught.value.code == "payment_intent_incompatible_payment_method"


def test_what_a_type_needs_is_asked_for(shop: Shop) -> None:
    data = {"type": "bancontact", "billing_details": {"email": "ana@example.com"}}

    with pytest.raises(REFUSED) as caught:
        begin(shop, "bancontact", payment_method_data=data)

    assert caught.value.param == "billing_details[name]"


def test_a_wallet_is_saved_and_charged_later(american: Shop) -> None:
    customer = american.api.customers.create({"name": "Ana"})
    data = {"type": "cashapp", "billing_details": PERSON}
    wanted = {"customer": customer.id, "payment_method_data": data, "confirm": True}
    setup = american.api.setup_intents.create(wanted | {"return_url": RETURN} | MANDATE)
    american.browser.post(page_of(setup), data={"complete": "yes"})
    saved = american.api.setup_intents.retrieve(setup.id)

    later = american.api.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": saved.payment_method,
            "off_session": True,
            "confirm": True,
        }
    )

    assert (saved.status, later.status) == ("succeeded", "succeeded")
    assert american.api.mandates.retrieve(saved.mandate).type == "multi_use"


def test_a_one_off_type_is_not_saved(shop: Shop, customer: Any) -> None:
    with pytest.raises(REFUSED) as caught:
        begin(shop, "eps", customer=customer.id, setup_future_usage="off_session")

    assert caught.value.code == "payment_intent_incompatible_payment_method"


def test_klarna_can_be_captured_within_four_weeks(shop: Shop) -> None:
    intent = begin(shop, "klarna", capture_method="manual")
    shop.browser.post(page_of(intent), data={"complete": "yes"})

    shop.sandbox.advance(27 * DAY)

    assert read(shop, intent).status == "requires_capture"
    shop.sandbox.advance(2 * DAY)
    assert read(shop, intent).status == "canceled"


@pytest.mark.parametrize(("kind", "currency", "country"), SLIPS)
def test_a_slip_is_paid_on_its_page(
    open_shop: Callable[..., Shop], kind: str, currency: str, country: str
) -> None:
    shop = open_shop(country=country, default_currency=currency)
    intent = begin(shop, kind, currency)
    details = intent.next_action[f"{kind}_display_details"]
    url = path_of(details.hosted_voucher_url)

    shown = shop.browser.get(url).text
    shop.browser.post(url, data={"pay": "yes"})

    assert "Pay it now" in shown
    assert read(shop, intent).status == "succeeded"
    assert shop.transport.wrong == []


def test_a_slip_is_paid_by_the_control(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="MX", default_currency="mxn")
    intent = begin(shop, "oxxo", "mxn")

    control(shop, "payments", payment_intent=intent.id, outcome="pay")

    assert read(shop, intent).status == "succeeded"


def test_a_slip_ends_when_its_days_are_over(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="PT")
    intent = begin(shop, "multibanco")

    shop.sandbox.advance(6 * DAY)
    waiting = read(shop, intent).status
    shop.sandbox.advance(3 * DAY)

    assert waiting == "requires_action"
    error = read(shop, intent).last_payment_error
    assert error.code == "payment_intent_payment_attempt_expired"


def test_a_refund_of_a_slip_asks_the_payer_for_an_account(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="JP", default_currency="jpy")
    intents = [begin(shop, "konbini", "jpy") for _ in range(4)]
    for intent in intents:
        control(shop, "payments", payment_intent=intent.id, outcome="pay")
    asked, given, late, left = [
        shop.api.refunds.create({"payment_intent": intent.id}) for intent in intents
    ]

    cancelled = shop.api.refunds.cancel(asked.id)
    answered = control(shop, "refunds", refund=given.id)
    expired = shop.api.test_helpers.refunds.expire(late.id)
    shop.sandbox.advance(46 * DAY)

    assert asked.status == "requires_action"
    assert asked.next_action.display_details.email_sent.email_sent_to == "ana@example.com"
    ends = (cancelled.status, answered["status"], expired.status)
    assert ends == ("canceled", "succeeded", "failed")
    assert shop.api.refunds.retrieve(left.id).status == "failed"
    assert shop.api.charges.retrieve(asked.charge).amount_refunded == 0
    assert shop.transport.wrong == []
