"""What may be said to somebody who comes back from Checkout, the bank or a voucher.

The address needs no sign-in, since bank apps open another browser: it tells a sum and how it went.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.errors import GatewayError
from portal.domain.events import ObjectKind
from portal.domain.money import Money
from portal.domain.payments import CheckoutSession, CheckoutState, PaymentState
from portal.gateways.snapshots import Seen
from portal.services import intents
from portal.store import operations, settlements
from portal.store.operations import OperationRow
from portal.store.payments import PaymentRow
from portal.store.secrets import SecretUnreadable

# How often the page may read the one object it is about.
READ_EVERY = timedelta(seconds=2)
READ_AT = "read_at"
# What failed is read as well: before saying so, and having somebody pay again, one looks (B31).
WORTH_READING = frozenset(
    {
        PaymentState.AT_CHECKOUT,
        PaymentState.NEEDS_BANK,
        PaymentState.PROCESSING,
        PaymentState.FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the page that people come back to may say: a sum and how it went.

    `leave_url` is where it goes on while the bank or a voucher wants the customer, `method_type`
    the kind of the method, empty if it is not known yet, `excess` what has to go back, `press` the
    press of several charges that this is one of.
    """

    state: PaymentState
    amount: Money
    error_code: str
    method_type: str
    invoice: str
    leave_url: str
    excess: Money
    press: str = ""


def read_outcome(at: MerchantContext, operation: OperationRow) -> Outcome:
    """Say how a payment stands, reading its object if it is not over, at most every 2 s.

    A provider that does not answer changes nothing: the last known state is told.
    """
    payment, fresh = _find(at, operation.id)
    has_object = bool(payment.intent or payment.checkout)
    if payment.state in WORTH_READING and has_object and may_read_again(at, fresh):
        _read(at, payment)
        payment, fresh = _find(at, operation.id)
    return Outcome(
        state=PaymentState(payment.state),
        amount=Money(payment.amount, payment.currency),
        error_code=payment.error_code,
        method_type=payment.method_type,
        invoice=payment.shares[0].invoice,
        leave_url=fresh.leave_url,
        excess=Money(settlements.excess_of(at.db, payment.id), payment.currency),
        press=payment.press,
    )


def may_read_again(at: MerchantContext, operation: OperationRow) -> bool:
    """Whether the object of an operation was not read in the last 2 s."""
    read_at = operation.answer.get(READ_AT)
    return read_at is None or at.now - datetime.fromisoformat(read_at) >= READ_EVERY


def note_read(unit: Unit, at: MerchantContext, operation: str) -> None:
    """Note that the object of an operation was asked for now, answered or not."""
    row = operations.get(unit, operation)
    if row is not None:
        row.answer = {**row.answer, READ_AT: at.now.isoformat()}


def _read(at: MerchantContext, payment: PaymentRow) -> None:
    """Read the page somebody is at, the intent once it is over, and save what they tell."""
    is_at_page = bool(payment.checkout) and payment.state == PaymentState.AT_CHECKOUT
    kind, id = (
        (ObjectKind.CHECKOUT_SESSION, payment.checkout)
        if is_at_page or not payment.intent
        else (ObjectKind.PAYMENT_INTENT, payment.intent)
    )
    seen: list[Seen] = []
    with suppress(GatewayError, SecretUnreadable):
        seen.append(at.payments.fetch(kind, id))
        if intent := _left_behind(seen[0]):
            seen.insert(0, at.payments.fetch(ObjectKind.PAYMENT_INTENT, intent))
    with at.db.write() as unit:
        for one in seen:
            intents.save_and_follow(unit, at, one)
        note_read(unit, at, payment.id)


def _left_behind(seen: Seen) -> str:
    """Return the intent of a page that is over and unpaid: it alone knows a slip from a debit."""
    told = seen.snapshot
    if not isinstance(told, CheckoutSession) or told.state is not CheckoutState.COMPLETE:
        return ""
    return "" if told.payment_status in intents.PAID else told.intent


def _find(at: MerchantContext, id: str) -> tuple[PaymentRow, OperationRow]:
    with at.db.session() as reader:
        return intents.get(reader, id), reader.get_one(OperationRow, id)
