"""The balance, and refunds as they move it."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.payments.conftest import DAY

REFUSED = stripe.InvalidRequestError


def amounts(shop: Shop) -> tuple[int, int]:
    """What is available and what is pending, in euros."""
    found = shop.api.balance.retrieve()
    return found.available[0].amount, found.pending[0].amount


def test_money_becomes_available_after_days(shop: Shop) -> None:
    shop.pay("pm_card_visa")
    first = amounts(shop)

    shop.sandbox.advance(2 * DAY)

    assert (first, amounts(shop)) == ((0, 1453), (1453, 0))


def test_some_cards_pay_into_the_available_balance(shop: Shop) -> None:
    shop.pay("pm_card_bypassPending")

    assert amounts(shop) == (1453, 0)


def test_a_refund_and_a_dispute_are_taken_from_the_balance(shop: Shop) -> None:
    intent = shop.pay("pm_card_bypassPending")
    shop.api.refunds.create({"payment_intent": intent.id, "amount": 500})
    shop.pay("pm_card_createDispute")

    bookings = shop.api.balance_transactions.list().data

    assert [one.type for one in bookings] == ["adjustment", "charge", "refund", "charge"]
    assert sum(amounts(shop)) == sum(one.net for one in bookings) == 1453 - 500 + 1453 - 3000


def test_a_failed_refund_comes_back_into_the_balance(shop: Shop) -> None:
    intent = shop.pay("pm_card_refundFail")
    refund = shop.api.refunds.create({"payment_intent": intent.id})

    shop.sandbox.advance(DAY)

    ended = shop.api.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (ended.status, ended.failure_balance_transaction.amount) == ("failed", 1500)
    assert shop.events()[-4:] == [
        "charge.updated",
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
    ]
    assert shop.api.charges.retrieve(refund.charge).amount_refunded == 0


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"amount": 0}, "parameter_invalid_integer"),
        ({"charge": "ch_none"}, "resource_missing"),
        ({"reverse_transfer": True}, "sandbox_unsupported"),
    ],
)
def test_wrong_refunds_are_refused(shop: Shop, wanted: dict[str, Any], code: str) -> None:
    intent = shop.pay("pm_card_visa")
    asked = wanted if "charge" in wanted else {"payment_intent": intent.id} | wanted

    with pytest.raises(REFUSED) as caught:
        shop.api.refunds.create(asked)

    assert caught.value.code == code
    assert shop.api.refunds.list().data == []


def test_a_refund_in_state_succeeded_cannot_be_cancelled(shop: Shop) -> None:
    intent = shop.pay("pm_card_visa")
    refund = shop.api.refunds.create({"payment_intent": intent.id, "reason": "duplicate"})

    with pytest.raises(REFUSED, match="requires_action"):
        shop.api.refunds.cancel(refund.id)

    assert (refund.reason, refund.destination_details.card.type) == ("duplicate", "refund")
