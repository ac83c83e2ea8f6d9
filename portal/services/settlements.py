"""Writing a succeeded payment into the system that issued the invoice, once.

Holded has no idempotency key, so a booking whose answer was lost is never repeated blindly: what
stands on the invoice now is compared with what stood there before the first send.
"""

from datetime import date, timedelta
from typing import Any

import structlog

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.customers import Origin
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoicePart
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.gateways.snapshots import Seen, Snapshot
from portal.mirror import invoices, refresh
from portal.services import intents, receipts
from portal.store import outbox, settlements
from portal.store import payments as rows
from portal.store.payments import PaymentRow, ShareRow
from portal.store.settlements import SettlementRow, SettlementState

# How long a booking that was sent may still arrive before it counts as never sent.
IN_FLIGHT = timedelta(seconds=20)
# In place of the id of a payment: there is none.
NOTHING = ""

log = structlog.get_logger()


def settle(at: MerchantContext, payment: str) -> None:
    """Write down what a succeeded payment brings to each invoice, with its receipt (job)."""
    told = _read_stripe_invoices(at, payment)
    with at.db.write() as unit:
        row = intents.get(unit, payment)
        if row.state != PaymentState.SUCCEEDED or _is_begun(unit, row):
            return
        refresh.save(unit, at.merchant, Origin.STRIPE, told, now=at.now)
        for share in row.shares:
            _begin(unit, at, row, share)
        if any(share.is_live for share in row.shares):
            _have_receipted(unit, at, row)
        _finish_if_booked(unit, at, row)


def record(at: MerchantContext, payment: str, invoice: str) -> None:
    """Book one share on its Holded invoice (job); raises to be tried again."""
    with at.db.write() as unit:
        row = settlements.find(unit, payment, invoice)
        if row is None or row.state not in {SettlementState.WAITING, SettlementState.SENT}:
            return
        was_sent, is_fresh = row.state == SettlementState.SENT, at.now - row.changed_at < IN_FLIGHT
        paid_on, entry = row.paid_on, row.entry
    seen = at.invoicing.fetch(ObjectKind.INVOICE, invoice)
    if not isinstance(seen.snapshot, Invoice):
        _give_up(at, payment, invoice, seen)
        return
    parts = _look(at, seen.snapshot, paid_on) if was_sent and not entry else ()
    if was_sent and _explain(at, payment, invoice, seen, parts):
        return
    if was_sent and is_fresh:
        raise GatewayUnavailable("the booking may still be on its way")
    if _freeze(at, payment, invoice, seen.snapshot):
        _send(at, payment, invoice)


def attach(at: MerchantContext, payment: str, invoice: str) -> None:
    """Let a share that was paid by an intent of ours count on its Stripe invoice (job).

    What Stripe does not take for it any more has to go back. Raises to be tried again.
    """
    with at.db.write() as unit:
        row = settlements.find(unit, payment, invoice)
        if row is None or row.state not in {SettlementState.WAITING, SettlementState.SENT}:
            return
        row.state, row.changed_at, intent = SettlementState.SENT, at.now, row.intent
    is_refused = False
    try:
        at.payments.attach_payment(invoice, intent, key=f"{payment}.attach")
    except GatewayRefused:
        is_refused = True
    seen = at.payments.fetch(ObjectKind.INVOICE, invoice)
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
        row = settlements.find(unit, payment, invoice)
        if row is None:
            return
        if is_refused:
            _divide(unit, at, row, 0)
            return
        row.state, row.entry, row.changed_at = SettlementState.BOOKED, intent, at.now
        _finish_if_booked(unit, at, intents.get(unit, payment))


def _read_stripe_invoices(at: MerchantContext, payment: str) -> list[Seen]:
    """Read the Stripe invoices whose own intent a payment confirmed: Stripe marks them as paid.

    One that is still open there is waited for, so that no page shows it as open in between.
    """
    with at.db.session() as reader:
        row = intents.get(reader, payment)
        shares = row.shares if intents.is_of_invoice(reader, row) else []
    told = [at.payments.fetch(ObjectKind.INVOICE, share.invoice) for share in shares]
    if any(isinstance(seen.snapshot, Invoice) and seen.snapshot.is_open for seen in told):
        raise GatewayUnavailable("Stripe does not show the invoice as paid yet")
    return told


def _begin(unit: Unit, at: MerchantContext, payment: PaymentRow, share: ShareRow) -> None:
    booked_by_itself = intents.is_of_invoice(unit, payment)
    wanted = SettlementState.BOOKED if booked_by_itself else SettlementState.WAITING
    state = wanted if share.is_live else SettlementState.REFUND
    unit.add(
        SettlementRow(
            payment_id=payment.id,
            invoice=share.invoice,
            merchant_id=at.merchant.id,
            account=share.account,
            livemode=payment.livemode,
            amount=share.amount if share.is_live else 0,
            excess=0 if share.is_live else share.amount,
            currency=payment.currency,
            paid_on=at.merchant.day_of(at.now),
            intent=payment.intent,
            treasury=at.merchant.holded_treasury,
            state=state,
            created_at=at.now,
            changed_at=at.now,
        )
    )
    if state == SettlementState.WAITING:
        _have_booked(unit, at, payment.id, share)
    if state == SettlementState.REFUND:
        _tell_excess(unit, at, payment, share.invoice, share.amount)


def _have_booked(unit: Unit, at: MerchantContext, payment: str, share: ShareRow) -> None:
    """Have a share booked; on a proforma, or an invoice made from one, that one is issued first."""
    if share.origin == Origin.STRIPE:
        _queue(unit, at, "attach_payment", payment, invoice=share.invoice)
    elif invoices.is_proforma_or_of_one(unit, at.merchant, share.invoice):
        _queue(unit, at, "convert_proforma", payment, document=share.invoice)
    else:
        _queue(unit, at, "record_payment", payment, invoice=share.invoice)


def _queue(unit: Unit, at: MerchantContext, job: str, payment: str, **named: Any) -> None:
    key = ":".join((payment, *named.values()))
    outbox.add(unit, job, key, merchant_id=at.merchant.id, now=at.now, payment=payment, **named)


# Proformas, on which Holded books nothing


def hold_waiting(unit: Unit, payment: str, document: str) -> PaymentRow | None:
    """Return a payment whose booking on a document waits, held until the unit ends."""
    row = settlements.find(unit, payment, document)
    is_waiting = row is not None and row.state == SettlementState.WAITING
    return intents.get(unit, payment) if is_waiting else None


def hand_over(unit: Unit, at: MerchantContext, proforma: str, invoice: str) -> None:
    """Let what pays a proforma pay the invoice that was made from it.

    Where another payment pays that invoice already, it stays on the proforma, to be given back.
    """
    payment = rows.find_live(unit, at.merchant, Origin.HOLDED, proforma)
    if payment is None or rows.find_live(unit, at.merchant, Origin.HOLDED, invoice) is not None:
        return
    booking = settlements.find(unit, payment.id, proforma)
    for share in payment.shares:
        if (share.origin, share.invoice) == (Origin.HOLDED, proforma):
            share.invoice = invoice
    if booking is not None:
        booking.invoice = invoice
        if booking.state == SettlementState.UNKNOWN:
            booking.state, booking.changed_at = SettlementState.WAITING, at.now
        _queue(unit, at, "convert_proforma", payment.id, document=invoice)
    unit.flush()


def give_back_unless_handed_over(at: MerchantContext, payment: str, proforma: str) -> None:
    """Have the money of a proforma go back whose invoice is paid by another payment."""
    with at.db.write() as unit:
        row = settlements.find(unit, payment, proforma)
        if row is not None and row.state == SettlementState.WAITING:
            _divide(unit, at, row, 0)


def leave_to_merchant(at: MerchantContext, payment: str, invoice: str) -> None:
    """Leave a booking to a person: what it is for is no more what was paid."""
    with at.db.write() as unit:
        row = settlements.find(unit, payment, invoice)
        if row is not None and row.state == SettlementState.WAITING:
            row.state, row.changed_at = SettlementState.UNKNOWN, at.now
            log.error("settlement.unknown", merchant=at.merchant.slug, payment=payment)


def have_recorded(at: MerchantContext, payment: str, invoice: str) -> None:
    """Have a share booked on an invoice that was made from a proforma and is issued by now."""
    with at.db.write() as unit:
        if hold_waiting(unit, payment, invoice) is not None:
            _queue(unit, at, "record_payment", payment, invoice=invoice)


def _freeze(at: MerchantContext, payment: str, invoice: str, told: Invoice) -> bool:
    """Freeze what the invoice's payments are and mark the booking as sent; False if unwanted.

    Of a sum that is more than the invoice wants by now, the rest is to go back.
    """
    with at.db.write() as unit:
        row = settlements.find(unit, payment, invoice)
        if row is None:
            return False
        if not _divide(unit, at, row, told.due):
            return False
        if row.paid_before is None:
            row.paid_before = told.paid
        if row.before is None and told.tells_parts:
            row.before = [[part.id, part.amount.amount] for part in _ours(row, told.parts)]
        row.state, row.changed_at = SettlementState.SENT, at.now
        return True


def _divide(unit: Unit, at: MerchantContext, row: SettlementRow, due: int) -> bool:
    """Divide a payment into what is booked and what goes back; False if nothing is booked."""
    whole = row.amount + row.excess
    booked = max(min(whole, due), 0)
    if row.amount == booked:
        return True
    row.amount, row.excess = booked, whole - booked
    payment = intents.get(unit, row.payment_id)
    _tell_excess(unit, at, payment, row.invoice, row.excess)
    if not booked:
        row.state, row.changed_at = SettlementState.REFUND, at.now
        _finish_if_booked(unit, at, payment)
    return bool(booked)


def _tell_excess(
    unit: Unit, at: MerchantContext, payment: PaymentRow, invoice: str, amount: int
) -> None:
    """Tell the payer, and the log, of money that has to go back."""
    log.error("payment.refund_due", merchant=at.merchant.slug, payment=payment.id)
    number = invoices.numbers(unit, at.merchant, [invoice]).get(invoice, "")
    receipts.add_for(
        unit,
        at,
        payment.customer_id,
        "overpaid",
        subject=payment.id,
        currency=payment.currency,
        invoices=[{"id": invoice, "number": number, "amount": amount}],
    )


def _send(at: MerchantContext, payment: str, invoice: str) -> None:
    with at.db.write() as unit:
        row = settlements.find(unit, payment, invoice)
        if row is None:
            return
        amount, treasury = Money(row.amount, row.currency), row.treasury
        paid_on, intent = row.paid_on, row.intent
    try:
        entry = at.invoicing.record_payment(
            invoice, amount, treasury=treasury, paid_on=paid_on, description=f"Stripe {intent}"
        )
    except GatewayUnavailable as error:
        if not error.was_sent:
            _unsend(at, payment, invoice)
        raise
    except GatewayRefused:
        # A no may pass (a locked period, a quota told with 200); each try looks before it sends.
        _unsend(at, payment, invoice)
        raise
    if entry:
        _note(at, payment, invoice, entry)
    seen = at.invoicing.fetch(ObjectKind.INVOICE, invoice)
    parts = () if entry else _look(at, seen.snapshot, paid_on)
    if not _explain(at, payment, invoice, seen, parts):
        raise GatewayUnavailable("booked, but not to be seen yet")


def _unsend(at: MerchantContext, payment: str, invoice: str) -> None:
    """Let a booking that Holded has not taken be sent again without waiting for its answer."""
    with at.db.write() as unit:
        row = settlements.find(unit, payment, invoice)
        if row is not None and row.state == SettlementState.SENT:
            row.changed_at = at.now - IN_FLIGHT


def _note(at: MerchantContext, payment: str, invoice: str, entry: str) -> None:
    """Write down what Holded calls the booking, so that it is never sent again."""
    with at.db.write() as unit:
        row = settlements.find(unit, payment, invoice)
        if row is not None:
            row.entry = entry


def _look(at: MerchantContext, told: Snapshot, paid_on: date) -> tuple[InvoicePart, ...]:
    """Return the payments on an invoice as far as Holded tells them."""
    return at.invoicing.list_parts(told, paid_on=paid_on) if isinstance(told, Invoice) else ()


def _explain(
    at: MerchantContext, payment: str, invoice: str, seen: Seen, parts: tuple[InvoicePart, ...]
) -> bool:
    """Say whether what stands on the invoice settles the booking: booked, or a riddle."""
    told = seen.snapshot
    with at.db.write() as unit:
        row = settlements.find(unit, payment, invoice)
        if row is None or not isinstance(told, Invoice):
            return False
        entry = row.entry or _entry(unit, row, told, parts)
        if entry == NOTHING:
            return False
        row.changed_at = at.now
        if entry is None:
            row.state = SettlementState.UNKNOWN
            log.error("settlement.unknown", merchant=at.merchant.slug, payment=payment)
        else:
            row.state, row.entry = SettlementState.BOOKED, entry
            refresh.save(unit, at.merchant, Origin.HOLDED, [seen], now=at.now)
            _finish_if_booked(unit, at, intents.get(unit, payment))
        return True


def _entry(
    unit: Unit,
    row: SettlementRow,
    told: Invoice,
    parts: tuple[InvoicePart, ...],
) -> str | None:
    """Return the id of what was booked, NOTHING if nothing came, None if that cannot be said.

    Where an invoice does not tell its payments (or did not when this one was sent), what it says
    was paid of it proves whether any came.
    """
    has_changed = told.paid != row.paid_before
    was_told = row.before is not None
    if told.tells_parts and not was_told and not has_changed:
        return NOTHING
    new = _unexplained(unit, row, parts)
    if not new:
        return NOTHING if told.tells_parts or not has_changed else None
    return new[0].id if len(new) == 1 and new[0].amount.amount == row.amount else None


def _unexplained(
    unit: Unit, row: SettlementRow, parts: tuple[InvoicePart, ...]
) -> list[InvoicePart]:
    """Return the payments on our treasury that were not there before and that no other made."""
    before = {str(id) for id, _ in row.before or ()}
    others = {
        other.entry
        for other in settlements.list_of_invoice(unit, row.merchant_id, row.invoice)
        if other.payment_id != row.payment_id and other.entry
    }
    return [part for part in _ours(row, parts) if part.id not in before | others]


def _ours(row: SettlementRow, parts: tuple[InvoicePart, ...]) -> list[InvoicePart]:
    return [part for part in parts if not row.treasury or part.treasury == row.treasury]


def _give_up(at: MerchantContext, payment: str, invoice: str, seen: Seen) -> None:
    """Have the money of an invoice that is gone given back."""
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.HOLDED, [seen], now=at.now)
        row = settlements.find(unit, payment, invoice)
        if row is not None:
            _divide(unit, at, row, 0)


def _is_begun(unit: Unit, payment: PaymentRow) -> bool:
    return any(
        settlements.find(unit, payment.id, share.invoice) is not None for share in payment.shares
    )


def _have_receipted(unit: Unit, at: MerchantContext, payment: PaymentRow) -> None:
    if receipts.is_wanting(unit, payment):
        receipts.add_payment(unit, at, payment)
    else:
        receipts.tell_settled(unit, at, payment)


def _finish_if_booked(unit: Unit, at: MerchantContext, payment: PaymentRow) -> None:
    """Close a payment when nothing of it is left to be booked."""
    unit.flush()
    found = [settlements.find(unit, payment.id, share.invoice) for share in payment.shares]
    over = {SettlementState.BOOKED, SettlementState.REFUND}
    if all(row is not None and row.state in over for row in found):
        rows.move(payment, PaymentState.BOOKED, now=at.now)
