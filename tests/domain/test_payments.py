"""What an intent proves of a payment, and what a payment makes of its invoice."""

import pytest

from portal.domain.invoices import UnderWay
from portal.domain.payments import (
    CAN_TAKE_MONEY,
    Intent,
    IntentState,
    PaymentState,
    state_of_intent,
    under_way,
)


@pytest.mark.parametrize(
    ("intent", "payment"),
    [
        (IntentState.SUCCEEDED, PaymentState.SUCCEEDED),
        (IntentState.PROCESSING, PaymentState.PROCESSING),
        (IntentState.REQUIRES_ACTION, PaymentState.NEEDS_BANK),
        (IntentState.REQUIRES_PAYMENT_METHOD, PaymentState.FAILED),
        (IntentState.REQUIRES_CONFIRMATION, PaymentState.FAILED),
        (IntentState.REQUIRES_CAPTURE, PaymentState.PROCESSING),
        (IntentState.CANCELED, PaymentState.CANCELED),
    ],
)
def test_each_state_of_an_intent_proves_one_of_the_payment(
    intent: IntentState, payment: PaymentState
) -> None:
    assert state_of_intent(Intent("pi_1", intent, 100, "eur")) is payment


@pytest.mark.parametrize("state", sorted(CAN_TAKE_MONEY))
def test_a_payment_that_can_take_money_shows_on_its_invoice(state: PaymentState) -> None:
    assert under_way(state) is not UnderWay.NOTHING


@pytest.mark.parametrize("state", sorted(set(PaymentState) - CAN_TAKE_MONEY))
def test_a_payment_that_is_over_leaves_its_invoice_alone(state: PaymentState) -> None:
    assert under_way(state) is UnderWay.NOTHING


def test_b31_a_payment_whose_answer_is_missing_is_being_checked() -> None:
    assert under_way(PaymentState.UNKNOWN) is UnderWay.CHECKING
