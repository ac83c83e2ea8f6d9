"""What may be said to somebody who comes back from Checkout, the bank or a voucher.

The address needs no sign-in, since bank apps open another browser: it tells a sum and how it went.
"""

from dataclasses import dataclass
from datetime import timedelta

from portal.context import MerchantContext
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.money import Money
from portal.domain.payments import Intent, PaymentState
from portal.services import intents
from portal.store import operations
from portal.store.operations import OperationRow
from portal.store.payments import PaymentRow

# How often the page may read the one object it is about.
READ_EVERY = timedelta(seconds=2)
WORTH_READING = frozenset(
    {PaymentState.AT_CHECKOUT, PaymentState.NEEDS_BANK, PaymentState.PROCESSING}
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the page that people come back to may say: a sum and how it went."""

    verb: str
    state: PaymentState
    amount: Money | None
    error_code: str
    merchant_id: int
    invoice: str
    leave_url: str
    payment: str


def read_outcome(at: MerchantContext, operation: OperationRow) -> Outcome:
    """Say how a payment stands, reading its one object if it is not over, at most every 2 s.

    A provider that does not answer changes nothing: the last known state is told.
    """
    payment = _outcome_row(at, operation.id)
    if PaymentState(payment.state) in WORTH_READING and at.now - payment.changed_at > READ_EVERY:
        _read_once(at, payment)
        payment = _outcome_row(at, operation.id)
    with at.db.session() as reader:
        fresh = reader.get(OperationRow, operation.id)
        leave_url = fresh.leave_url if fresh is not None else ""
    return Outcome(
        verb=operation.verb,
        state=PaymentState(payment.state),
        amount=Money(payment.amount, payment.currency),
        error_code=payment.error_code,
        merchant_id=payment.merchant_id,
        invoice=payment.shares[0].invoice,
        leave_url=leave_url,
        payment=payment.id,
    )


def _outcome_row(at: MerchantContext, id: str) -> PaymentRow:
    with at.db.session() as reader:
        return intents.get(reader, id)


def _read_once(at: MerchantContext, payment: PaymentRow) -> None:
    kind, id = (
        (ObjectKind.PAYMENT_INTENT, payment.intent)
        if payment.intent
        else (ObjectKind.CHECKOUT_SESSION, payment.checkout)
    )
    try:
        seen = at.payments.fetch(kind, id)
    except (GatewayUnavailable, GatewayRefused):
        return
    with at.db.write() as unit:
        intents.save_and_follow(unit, at, seen)
        fresh = intents.get(unit, payment.id)
        fresh.changed_at = at.now
        if isinstance(seen.snapshot, Intent) and seen.snapshot.next_url:
            row = operations.get(unit, payment.id)
            if row is not None:
                row.leave_url = seen.snapshot.next_url
