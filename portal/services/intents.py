"""What Stripe tells of a payment, and how the payment follows it.

Webhooks, the page people come back to and the pay button all come through here.
"""

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.customers import Origin
from portal.domain.errors import NotFound
from portal.domain.invoices import Invoice
from portal.domain.payments import (
    CheckoutSession,
    CheckoutState,
    Intent,
    IntentState,
    PaymentState,
    state_of_intent,
)
from portal.gateways.snapshots import Gone, Seen, Snapshot
from portal.mirror import intents as mirror
from portal.mirror import refresh, sales
from portal.services import debits, receipts
from portal.store import collections, operations, outbox
from portal.store import payments as rows
from portal.store.payments import PaymentRow

WITH_THE_CUSTOMER = frozenset({PaymentState.AT_CHECKOUT, PaymentState.NEEDS_BANK})
NOT_ANSWERED = frozenset({PaymentState.MADE, PaymentState.UNKNOWN})
PAID = frozenset({"paid", "no_payment_required"})


def follow(unit: Unit, at: MerchantContext, snapshot: Snapshot) -> None:
    """Let our payments follow what was told: an intent, a Checkout page, an invoice."""
    match snapshot:
        case Intent():
            debits.follow(unit, at, snapshot)
            _follow(unit, at, snapshot)
        case CheckoutSession():
            _follow(unit, at, snapshot)
        case Invoice():
            _follow_invoice(unit, at, snapshot)
        case _:
            return


def _follow(unit: Unit, at: MerchantContext, told: Intent | CheckoutSession) -> None:
    """Let a payment follow its intent and its Checkout page, in whichever order they are told."""
    payment = _find(unit, at, told)
    if payment is None:
        return
    if isinstance(told, Intent):
        payment.intent = payment.intent or told.id
        payment.method_type = told.method_type or payment.method_type
        intent: Intent | None = told
        session = mirror.find_session(unit, at.merchant, payment.checkout)
    else:
        payment.checkout = payment.checkout or told.id
        payment.intent = payment.intent or told.intent
        intent, session = mirror.find(unit, at.merchant, payment.intent), told
    if intent is not None and not payment.checkout:
        state = state_of_intent(intent)
        if state is PaymentState.FAILED and payment.state in NOT_ANSWERED:
            # The refusal may be that of an earlier try on the same intent. Only the answer to its
            # own confirmation can fail this one.
            return
        advance(unit, at, payment, state, intent)
    else:
        advance(unit, at, payment, state_at_checkout(session, intent), intent)
    _note_where_to_go_on(unit, payment, intent)


def _note_where_to_go_on(unit: Unit, payment: PaymentRow, intent: Intent | None) -> None:
    """Keep the address of the bank's page or the voucher, which replaces that of Checkout."""
    operation = operations.get(unit, payment.id)
    wants_customer = payment.state == PaymentState.NEEDS_BANK
    if operation is not None and wants_customer and intent is not None and intent.next_url:
        operation.leave_url = intent.next_url


def state_at_checkout(session: CheckoutSession | None, intent: Intent | None) -> PaymentState:
    """Return the state that a Checkout page and its intent prove together.

    While the page is open, what the bank refuses or asks for is that page's business: another card
    may be tried on it. A page nothing was told of yet is open.
    """
    if intent is not None and intent.state is IntentState.SUCCEEDED:
        return PaymentState.SUCCEEDED
    if session is None or session.state is CheckoutState.OPEN:
        return PaymentState.AT_CHECKOUT
    if session.state is CheckoutState.EXPIRED:
        return PaymentState.CANCELED
    if session.payment_status in PAID:
        return PaymentState.SUCCEEDED
    return state_of_intent(intent) if intent is not None else PaymentState.PROCESSING


def _follow_invoice(unit: Unit, at: MerchantContext, invoice: Invoice) -> None:
    """End the open pages of an invoice that was paid, changed or voided elsewhere."""
    payment = rows.find_live(unit, at.merchant, invoice.origin, invoice.id)
    if payment is None:
        return
    wanted = next(share.amount for share in payment.shares if share.invoice == invoice.id)
    owed = sales.as_owed(unit, at.merchant, invoice)
    is_open = payment.state in WITH_THE_CUSTOMER
    if is_open and (not owed.is_open or owed.due != wanted):
        _queue(unit, at, "end_pages", payment)


def advance(
    unit: Unit,
    at: MerchantContext,
    payment: PaymentRow,
    state: PaymentState,
    intent: Intent | None,
) -> None:
    """Bring a payment forward; what is over stays over, except that money came all the same."""
    if payment.state in {PaymentState.BOOKED, PaymentState.SUCCEEDED}:
        return
    if state is PaymentState.SUCCEEDED:
        _succeed(unit, at, payment)
        return
    if not payment.can_take_money:
        return
    if state is PaymentState.AT_CHECKOUT and payment.state not in NOT_ANSWERED:
        return
    codes = (intent.decline_code or intent.error_code) if intent is not None else ""
    is_collected = collections.has_begun(unit, payment.id)
    if is_collected and state is not PaymentState.PROCESSING:
        _queue(unit, at, "note_collection", payment)
    elif state is PaymentState.FAILED and payment.state == PaymentState.PROCESSING:
        _queue(unit, at, "mail_failure", payment)
    rows.move(payment, state, now=at.now, error_code=codes)
    # Until the intent is known, so is not what is paid with.
    is_pending = state is PaymentState.PROCESSING and intent is not None
    if is_pending and receipts.is_wanting(unit, payment):
        receipts.add_payment(unit, at, payment)


def _succeed(unit: Unit, at: MerchantContext, payment: PaymentRow) -> None:
    """Note that the money is there and have it booked (job).

    Where another payment of the invoice can take money by now, this one's shares stay dead: what
    it brought is given back, never booked twice.
    """
    if not payment.can_take_money and _has_successor(unit, at, payment):
        payment.state, payment.changed_at = PaymentState.SUCCEEDED, at.now
    else:
        rows.move(payment, PaymentState.SUCCEEDED, now=at.now)
    _queue(unit, at, "settle", payment)
    if payment.keeps:
        _queue(unit, at, "keep_method", payment)


def _queue(unit: Unit, at: MerchantContext, job: str, payment: PaymentRow) -> None:
    outbox.add(unit, job, payment.id, merchant_id=at.merchant.id, now=at.now, payment=payment.id)


def _has_successor(unit: Unit, at: MerchantContext, payment: PaymentRow) -> bool:
    return any(
        rows.find_live(unit, at.merchant, Origin(share.origin), share.invoice) is not None
        for share in payment.shares
    )


def _find(unit: Unit, at: MerchantContext, told: Intent | CheckoutSession) -> PaymentRow | None:
    """Return the payment of ours that an object is about: by its metadata, else by its id.

    It is held after its operation, as where an answer is recorded, so that neither waits for the
    other.
    """
    by_id = rows.id_by_intent if isinstance(told, Intent) else rows.id_by_checkout
    named = told.payment if told.payment and rows.exists(unit, at.merchant, told.payment) else ""
    id = named or by_id(unit, at.merchant, told.id)
    if not id:
        return None
    operations.get(unit, id)
    return rows.get(unit, id)


def save_and_follow(unit: Unit, at: MerchantContext, seen: Seen) -> None:
    """Write what Stripe told into the mirror, and let our payments follow it."""
    refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
    if not isinstance(seen.snapshot, Gone):
        follow(unit, at, seen.snapshot)


def end_open_pages(at: MerchantContext, payment: str) -> None:
    """End the Checkout page or intent of a payment whose invoice wants no money any more (job)."""
    with at.db.write() as unit:
        row = rows.get(unit, payment)
        if row is None or row.state not in WITH_THE_CUSTOMER:
            return
        is_own = not is_of_invoice(unit, row)
    if is_own:
        end(at, row)


def is_of_invoice(unit: Unit, payment: PaymentRow) -> bool:
    """Whether a payment was asked of the intent Stripe made for its invoice, not one of its own.

    Such an intent is Stripe's to cancel, and what it takes is on the invoice by itself.
    """
    operation = operations.get(unit, payment.id)
    return operation is not None and "intent" in operation.parameters


def end(at: MerchantContext, payment: PaymentRow) -> None:
    """End what waits for the customer: the Checkout page, or the intent where no page is open.

    Not for the intent of a Stripe invoice, which is Stripe's. What was paid meanwhile stays paid.
    """
    ended = _ended(at, payment)
    with at.db.write() as unit:
        _follow(unit, at, ended)


def _ended(at: MerchantContext, payment: PaymentRow) -> Intent | CheckoutSession:
    if payment.checkout:
        session = at.payments.expire_checkout(payment.checkout)
        is_unpaid = session.state is CheckoutState.COMPLETE and session.payment_status not in PAID
        if not (is_unpaid and payment.intent):
            return session
    return at.payments.cancel_payment(payment.intent)


def get(unit: Unit, id: str) -> PaymentRow:
    """Return a payment, held against other writers; raises NotFound."""
    payment = rows.get(unit, id)
    if payment is None:
        raise NotFound(f"payment {id}")
    return payment
