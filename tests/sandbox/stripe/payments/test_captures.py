"""Money that is authorized first: captured, increased, released, expired."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import RETURN, Shop, path_of
from tests.sandbox.stripe.payments.conftest import DAY, kinds, read

REFUSED = stripe.InvalidRequestError


def authorize(shop: Shop, **more: Any) -> Any:
    """An authorization of 15.00."""
    return shop.pay("pm_card_visa", capture_method="manual", **more)


def test_an_authorization_waits_for_its_capture(shop: Shop) -> None:
    intent = authorize(shop, expand=["latest_charge"])

    charge = intent.latest_charge
    assert (intent.status, intent.amount_capturable, intent.amount_received) == (
        "requires_capture",
        1500,
        0,
    )
    assert (charge.status, charge.captured, charge.balance_transaction) == (
        "succeeded",
        False,
        None,
    )
    assert charge.payment_method_details.card.capture_before == charge.created + 7 * DAY
    assert kinds(shop, "payment_intent", "charge") == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    ]


def test_a_partial_capture_releases_the_rest(shop: Shop) -> None:
    intent = authorize(shop)

    taken = shop.api.payment_intents.capture(intent.id, {"amount_to_capture": 1000})

    charge = shop.api.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 1000, 0)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (1000, 500, False)
    assert charge.balance_transaction.amount == 1000
    assert kinds(shop, "payment_intent", "charge")[-3:] == [
        "charge.captured",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_only_what_was_captured_can_be_refunded(shop: Shop) -> None:
    intent = authorize(shop)
    shop.api.payment_intents.capture(intent.id, {"amount_to_capture": 1000})

    with pytest.raises(REFUSED, match="greater than unrefunded"):
        shop.api.refunds.create({"payment_intent": intent.id, "amount": 1001})
    refund = shop.api.refunds.create({"payment_intent": intent.id})

    assert refund.amount == 1000
    assert shop.api.charges.retrieve(intent.latest_charge).refunded is True


@pytest.mark.parametrize(
    ("asked", "code"), [({"amount_to_capture": 1501}, "amount_too_large"), ({}, None)]
)
def test_a_capture_takes_at_most_what_was_authorized(
    shop: Shop, asked: dict[str, int], code: str | None
) -> None:
    intent = authorize(shop)

    with pytest.raises(REFUSED) as caught:
        shop.api.payment_intents.capture(intent.id, asked or {"final_capture": False})

    assert caught.value.code == (code or "sandbox_unsupported")
    assert read(shop, intent).status == "requires_capture"


def test_a_captured_intent_is_captured_once(shop: Shop) -> None:
    intent = authorize(shop)
    shop.api.payment_intents.capture(intent.id)

    with pytest.raises(REFUSED) as caught:
        shop.api.payment_intents.capture(intent.id)

    assert caught.value.code == "payment_intent_unexpected_state"


def test_cancelling_an_authorization_gives_it_back(shop: Shop) -> None:
    intent = authorize(shop)

    ended = shop.api.payment_intents.cancel(intent.id, {"cancellation_reason": "duplicate"})

    charge = shop.api.charges.retrieve(intent.latest_charge)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "duplicate")
    assert (charge.refunded, charge.amount_refunded, charge.amount_captured) == (True, 1500, 0)
    assert shop.api.balance.retrieve().pending[0].amount == 0


def test_an_authorization_expires_after_a_week(shop: Shop) -> None:
    intent = authorize(shop)

    shop.sandbox.advance(6 * DAY)
    waiting = read(shop, intent).status
    shop.sandbox.advance(2 * DAY)

    ended = read(shop, intent)
    assert waiting == "requires_capture"
    assert (ended.status, ended.cancellation_reason) == ("canceled", "automatic")
    refund = shop.api.refunds.list({"payment_intent": intent.id}).data[0]
    assert refund.reason == "expired_uncaptured_charge"
    assert "charge.expired" in shop.events()


def test_one_type_can_be_authorized_where_the_others_are_captured(shop: Shop) -> None:
    options = {"card": {"capture_method": "manual"}}

    intent = shop.pay("pm_card_visa", payment_method_options=options)

    assert intent.status == "requires_capture"
    assert "sepa_debit" in intent.payment_method_types


def test_types_that_cannot_be_authorized_are_not_offered(shop: Shop) -> None:
    wanted = {"amount": 1500, "currency": "eur", "capture_method": "manual"}

    assert shop.api.payment_intents.create(wanted).payment_method_types == ["card"]


def test_an_authorization_grows_only_if_that_was_asked_for(shop: Shop) -> None:
    options = {"card": {"request_incremental_authorization": "if_available"}}
    plain, growing = authorize(shop), authorize(shop, payment_method_options=options)

    with pytest.raises(REFUSED):
        shop.api.payment_intents.increment_authorization(plain.id, {"amount": 2000})
    grown = shop.api.payment_intents.increment_authorization(growing.id, {"amount": 2000})

    assert (grown.amount, grown.amount_capturable) == (2000, 2000)
    assert shop.api.payment_intents.capture(growing.id).amount_received == 2000


def test_cash_balances_are_refused(shop: Shop) -> None:
    intent = shop.api.payment_intents.create({"amount": 1500, "currency": "eur"})

    with pytest.raises(REFUSED) as caught:
        shop.api.payment_intents.apply_customer_balance(intent.id)

    assert caught.value.code == "sandbox_unsupported"


def test_by_manual_confirmation_the_server_confirms_again(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired", confirmation_method="manual")
    shop.browser.post(path_of(intent.next_action.redirect_to_url.url), data={"complete": "yes"})
    answered = read(shop, intent)

    paid = shop.api.payment_intents.confirm(intent.id, {"return_url": RETURN})

    assert (answered.status, paid.status) == ("requires_confirmation", "succeeded")
    assert len(shop.charges()) == 1


def test_a_decline_is_replayed_with_its_key(shop: Shop) -> None:
    wanted = {"amount": 1500, "currency": "eur", "confirm": True, "return_url": RETURN}
    wanted["payment_method"] = "pm_card_visa_chargeDeclined"

    said = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            shop.api.payment_intents.create(wanted, {"idempotency_key": "once"})
        said.append(caught.value)

    assert said[0].json_body == said[1].json_body
    assert len(shop.charges()) == 1


@pytest.mark.parametrize(("currency", "amount"), [("jpy", 50), ("kwd", 1000), ("gbp", 30)])
def test_the_least_amount_of_a_currency_is_taken(shop: Shop, currency: str, amount: int) -> None:
    assert shop.pay("pm_card_visa", currency=currency, amount=amount).amount_received == amount


@pytest.mark.parametrize(("currency", "amount"), [("jpy", 49), ("huf", 17499), ("gbp", 29)])
def test_less_than_that_is_refused(shop: Shop, currency: str, amount: int) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.pay("pm_card_visa", currency=currency, amount=amount)

    assert caught.value.code == "amount_too_small"


def test_another_intents_secret_is_refused(shop: Shop) -> None:
    intent = authorize(shop)

    with pytest.raises(REFUSED, match="client_secret"):
        shop.api.payment_intents.retrieve(intent.id, {"client_secret": "pi_x_secret_y"})
    assert (
        shop.api.payment_intents.retrieve(intent.id, {"client_secret": intent.client_secret}).id
        == intent.id
    )
