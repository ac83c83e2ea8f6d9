"""Drafting a credit note in Holded for money that went back at Stripe; the merchant approves it.

A refund of what was paid beyond an invoice corrects nothing: it was never booked on it.
"""

from datetime import timedelta

import structlog

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.counterparts import Problem, ProblemCode, Stuck, Words, items_of_refund
from portal.domain.customers import Origin
from portal.domain.drafts import Draft
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceState
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.domain.refunds import Refund, RefundState, beyond, given_back, shared
from portal.gateways.snapshots import Seen
from portal.i18n import gettext, speaking
from portal.mirror import refresh, refunds, rows
from portal.services import counterparts as documents
from portal.services import drafting, mail
from portal.store import counterparts, outbox, payments, settlements
from portal.store.counterparts import CounterpartRow, CounterpartState
from portal.store.payments import PaymentRow

# An older refund that is told of now was seen to by the merchant before there was a portal.
RECENT = timedelta(days=7)

log = structlog.get_logger()


def follow(unit: Unit, at: MerchantContext, told: Refund) -> None:
    """Have a credit note drafted for a refund, or withdrawn when it failed (job)."""
    if not documents.can_be_made(at):
        return
    is_begun = told.id in counterparts.find_known(unit, at.merchant, [told.id])
    is_new = told.created_at is not None and at.now - told.created_at < RECENT
    is_wanted = at.merchant.rules.credit_refunds and told.state is RefundState.SUCCEEDED
    if is_begun or (is_new and is_wanted and told.intent):
        documents.queue(unit, at, told.id, job=documents.CREDIT)


def credit(at: MerchantContext, source: str) -> None:
    """Draft the credit notes of a refund, one for each invoice it gives back of (job).

    Raises GatewayError to be tried again. What only a person can see to is noted instead.
    """
    seen = at.payments.fetch(ObjectKind.REFUND, source)
    if not isinstance(seen.snapshot, Refund):
        return
    refund = seen.snapshot
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
        begun = [row.id for row in counterparts.list_of_source(unit, at.merchant, source)]
    if not begun and refund.state is RefundState.SUCCEEDED:
        begun = _begin(at, refund)
    for id in begun:
        try:
            _carry_on(at, id, refund)
        except Stuck as stuck:
            log.warning("credit.stuck", merchant=at.merchant.slug, source=source, why=str(stuck))
            with at.db.write() as unit:
                counterparts.get(unit, id).note(stuck.problem, now=at.now)


def mail_draft(at: MerchantContext, counterpart: int) -> None:
    """Tell the merchant that a credit note waits to be approved in Holded (job)."""
    merchant = at.merchant
    with at.db.session() as reader:
        row = reader.get_one(CounterpartRow, counterpart)
    if not merchant.support_email:
        log.warning("credit.not_told", merchant=merchant.slug, source=row.source)
        return
    mail.send(
        at,
        "credit_note",
        to=merchant.support_email,
        locale=merchant.locale,
        message_id=f"credit-note-{row.id}",
        amount=Money(row.amount, row.currency),
        invoice=row.number,
        refund=row.source,
        payment=row.intent,
        link=at.settings.holded_app,
    )


def _begin(at: MerchantContext, refund: Refund) -> list[int]:
    """Write down which invoices a refund gives back of, and how much of each."""
    parts = _parts(at, refund)
    with at.db.write() as unit:
        known = counterparts.list_of_source(unit, at.merchant, refund.id)
        if known:
            return [row.id for row in known]
        left = [
            max(booked - counterparts.sum_credited(unit, at.merchant, invoice, refund.intent), 0)
            for invoice, booked in parts
        ]
        amounts = shared(_amount(unit, at, refund), left)
        return [
            counterparts.begin(
                unit,
                at.merchant,
                refund.id,
                corrects=invoice,
                customer_id=None,
                amount=amount,
                currency=refund.currency,
                intent=refund.intent,
                now=at.now,
            ).id
            for (invoice, _), amount in zip(parts, amounts, strict=True)
            if amount
        ]


def _parts(at: MerchantContext, refund: Refund) -> list[tuple[str, int]]:
    """Return the Holded invoices a charge paid, with how much of each in cents.

    Raises GatewayUnavailable while it is still being booked.
    """
    with at.db.write() as unit:
        id = payments.id_by_intent(unit, at.merchant, refund.intent)
        payment = payments.get(unit, id) if id else None
        found = _of_payment(unit, at, payment) if payment is not None else []
    if payment is not None:
        return found
    invoice = at.payments.find_invoice(refund.intent)
    with at.db.write() as unit:
        return _of_sale(unit, at, invoice) if invoice else []


def _of_payment(unit: Unit, at: MerchantContext, payment: PaymentRow) -> list[tuple[str, int]]:
    if payment.state == PaymentState.SUCCEEDED:
        raise GatewayUnavailable("the payment is still being booked")
    found: list[tuple[str, int]] = []
    for share in payment.shares:
        row = settlements.find(unit, payment.id, share.invoice)
        if row is None or not row.amount:
            continue
        if share.origin == Origin.HOLDED:
            found.append((share.invoice, row.amount))
        else:
            found += _of_sale(unit, at, share.invoice)
    return found


def _of_sale(unit: Unit, at: MerchantContext, invoice: str) -> list[tuple[str, int]]:
    """Return the Holded invoice that was made of a Stripe one, and its sum."""
    row = counterparts.find(unit, at.merchant, invoice)
    if row is None or row.state == CounterpartState.DROPPED:
        return []
    if row.state != CounterpartState.DONE:
        raise GatewayUnavailable("the invoice is still being made")
    return [(row.document, row.amount)]


def _amount(unit: Unit, at: MerchantContext, refund: Refund) -> int:
    """Return what of a refund gives back what was booked, in cents."""
    told = refunds.list_of_intents(unit, at.merchant, [refund.intent]).get(refund.intent, [])
    before = [one for one in told if _order(one) < _order(refund)]
    id = payments.id_by_intent(unit, at.merchant, refund.intent)
    excess = settlements.excess_of(unit, id) if id else 0
    return beyond(excess, given_back(before), refund.amount)


def _order(refund: Refund) -> tuple[float, str]:
    return (refund.created_at.timestamp() if refund.created_at else 0.0, refund.id)


def _carry_on(at: MerchantContext, id: int, refund: Refund) -> None:
    row = drafting.read(at, id)
    if row.problem or row.state == CounterpartState.DROPPED:
        return
    if not refund.gives_back:
        _withdraw(at, row)
        return
    if row.state == CounterpartState.DONE or refund.state is not RefundState.SUCCEEDED:
        return
    if not row.draft:
        row = _work_out(at, row, refund)
    seen = drafting.write_once(at, ObjectKind.CREDIT_NOTE, row)
    told = drafting.invoice_of(seen)
    if abs(told.total) != row.amount:
        drafting.refuse_sum(at, ObjectKind.CREDIT_NOTE, row, told)
    _finish(at, id, seen, told)


def _work_out(at: MerchantContext, row: CounterpartRow, refund: Refund) -> CounterpartRow:
    """Divide the sum by the taxes of the invoice, and freeze what the draft is to hold."""
    told = at.invoicing.fetch(ObjectKind.INVOICE, row.corrects).snapshot
    if not isinstance(told, Invoice):
        raise Stuck(Problem(ProblemCode.GONE, row.corrects))
    if told.is_foreign or told.currency != row.currency:
        raise Stuck(Problem(ProblemCode.CURRENCY, row.corrects))
    number = told.number or told.id
    rules = at.merchant.rules
    with speaking(at.merchant.locale):
        words = Words(
            discount="",
            line=gettext("Refund of invoice %(number)s", number=number),
        )
        description = gettext(
            "Refund %(refund)s of invoice %(number)s, payment %(payment)s",
            refund=refund.id,
            number=number,
            payment=refund.intent or refund.charge,
        )
    items = items_of_refund(
        at.invoicing.fetch_sold(row.corrects),
        row.amount,
        at.invoicing.list_taxes(),
        named=rules.holded_taxes,
        words=words,
    )
    if isinstance(items, Problem):
        raise Stuck(items)
    day = at.merchant.day_of(refund.created_at or at.now)
    draft = Draft(
        contact=told.customer,
        day=day,
        due_on=day,
        description=description,
        tag=f"{documents.TAG}{row.source}{_suffix(at, row)}",
        items=items,
        series=rules.holded_refund_series,
    )
    with at.db.write() as unit:
        held = counterparts.get(unit, row.id)
        if not held.draft:
            held.contact, held.draft, held.number = told.customer, rows.dump(draft), number[:80]
    return drafting.read(at, row.id)


def _suffix(at: MerchantContext, row: CounterpartRow) -> str:
    """Tell the credit notes of one refund apart, where it gives back of several invoices."""
    with at.db.session() as reader:
        ids = [one.id for one in counterparts.list_of_source(reader, at.merchant, row.source)]
    return f"-{ids.index(row.id) + 1}" if len(ids) > 1 else ""


def _finish(at: MerchantContext, id: int, seen: Seen, told: Invoice) -> None:
    with at.db.write() as unit:
        row = counterparts.get(unit, id)
        row.document = told.id
        drafting.end(unit, at, row)
        unit.flush()
        refresh.save(unit, at.merchant, Origin.HOLDED, [seen], now=at.now)
        outbox.add(
            unit,
            "mail_credit_note",
            str(id),
            merchant_id=at.merchant.id,
            now=at.now,
            counterpart=id,
        )


def _withdraw(at: MerchantContext, row: CounterpartRow) -> None:
    """Delete the draft of a refund that came back; an approved one is the merchant's to correct."""
    standing = drafting.standing(at, ObjectKind.CREDIT_NOTE, row) if row.draft else []
    if not standing and drafting.may_arrive(at, row):
        raise GatewayUnavailable("the credit note may still be on its way")
    for told in (drafting.invoice_of(seen) for seen in standing):
        if told.state is not InvoiceState.DRAFT:
            raise Stuck(Problem(ProblemCode.REFUND_CAME_BACK, told.number))
        try:
            at.invoicing.delete_draft(ObjectKind.CREDIT_NOTE, told.id)
        except GatewayRefused as refusal:
            raise Stuck(Problem(ProblemCode.REFUND_CAME_BACK, told.id)) from refusal
    with at.db.write() as unit:
        counterparts.get(unit, row.id).move(CounterpartState.DROPPED, now=at.now)
