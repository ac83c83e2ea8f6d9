"""Making Holded invoices of Stripe's, once each, whatever is lost on the way.

Holded has no idempotency key. A document is found again by its tag among those of its contact and
day; only where exactly one stands there it is approved, which cannot be taken back. Every step
looks first and is committed before the next, so that it can be taken up anywhere.
"""

from datetime import datetime

import structlog

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.bills import Bill
from portal.domain.counterparts import (
    Problem,
    ProblemCode,
    Stuck,
    Words,
    is_due,
    is_wanted,
    items_of,
)
from portal.domain.customers import Origin
from portal.domain.drafts import Draft
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoicePart, InvoiceState
from portal.domain.money import Money
from portal.gateways.snapshots import Seen
from portal.i18n import gettext, speaking
from portal.mirror import refresh, rows
from portal.services import contacts, drafting
from portal.store import counterparts, customers, outbox
from portal.store.counterparts import CounterpartRow, CounterpartState
from portal.store.secrets import SecretUnreadable

OVER = frozenset({CounterpartState.DONE, CounterpartState.DROPPED})
TAG = "stripe:"
MAKE, CREDIT = "make_counterpart", "credit_refund"

log = structlog.get_logger()


def follow(unit: Unit, at: MerchantContext, told: Invoice) -> None:
    """Have a Stripe invoice made into a Holded one, or what was begun for it go on (job)."""
    if told.origin is not Origin.STRIPE or not told.total or not can_be_made(at):
        return
    is_begun = told.id in counterparts.find_known(unit, at.merchant, [told.id])
    if is_begun or is_due(at.merchant.rules, told.state, told.issued_on):
        queue(unit, at, told.id)


def can_be_made(at: MerchantContext) -> bool:
    """Say whether the merchant has a Holded that documents are made in."""
    if not at.merchant.has_holded:
        return False
    try:
        return at.invoicing.writes_documents
    except SecretUnreadable:
        # Told of by the job that needs the token: what Stripe told is written all the same.
        return True


def queue(unit: Unit, at: MerchantContext, source: str, *, job: str = MAKE) -> None:
    """Have what stands for a Stripe object made, or taken up where it was left (job)."""
    _queue(unit, at.merchant.id, source, at.now, job)


def job_of(row: CounterpartRow) -> str:
    """Return the name of the job that makes a document."""
    return CREDIT if row.corrects else MAKE


def _queue(unit: Unit, merchant_id: int, source: str, now: datetime, job: str) -> None:
    outbox.add(
        unit,
        job,
        f"{merchant_id}:{source}",
        merchant_id=merchant_id,
        now=now,
        source=source,
    )


def make(at: MerchantContext, source: str) -> None:
    """Make the Holded invoice of a Stripe invoice, or go on with it (job).

    Raises GatewayError to be tried again. What only a person can see to is noted instead.
    """
    with at.db.session() as reader:
        known = counterparts.find(reader, at.merchant, source)
    if known is not None and (known.problem or known.state in OVER):
        return
    bill = at.payments.fetch_bill(source)
    id = known.id if known is not None else _begin(at, bill)
    if id is None:
        return
    try:
        _carry_on(at, id, bill)
    except Stuck as stuck:
        log.warning("counterpart.stuck", merchant=at.merchant.slug, source=source, why=str(stuck))
        with at.db.write() as unit:
            counterparts.get(unit, id).note(stuck.problem, now=at.now)


def revive(unit: Unit, *, now: datetime) -> int:
    """Have everything gone on with that waited for a person, and return how much that is.

    What no longer stands in Holded is worked out anew; what was done is looked at again.
    """
    found = counterparts.list_problems(unit)
    for row in found:
        if row.state in {CounterpartState.BEGUN, CounterpartState.DRAFTED}:
            row.document = row.draft = ""
            row.state = CounterpartState.BEGUN
        elif row.state == CounterpartState.DONE and not row.corrects:
            row.state = CounterpartState.ISSUED
        row.problem = row.detail = ""
        row.changed_at = now
        _queue(unit, row.merchant_id, row.source, now, job_of(row))
    return len(found)


def let_go(unit: Unit, source: str, *, now: datetime) -> int:
    """Drop what a person has seen to by hand, and return how much that was."""
    found = [row for row in counterparts.list_problems(unit) if row.source == source]
    for row in found:
        row.problem = row.detail = ""
        row.move(CounterpartState.DROPPED, now=now)
    return len(found)


def _begin(at: MerchantContext, bill: Bill) -> int | None:
    """Write down that a document is to be made, None if it is not wanted."""
    issued_on = bill.finalized_at.date() if bill.finalized_at is not None else None
    if not is_wanted(at.merchant.rules, bill, issued_on):
        return None
    with at.db.write() as unit:
        known = counterparts.find(unit, at.merchant, bill.id)
        if known is not None:
            return known.id
        payer = bill.payer.id
        payers = customers.ids_of(
            unit, at.merchant, Origin.STRIPE, [payer] if payer else [], now=at.now
        )
        return counterparts.begin(
            unit,
            at.merchant,
            bill.id,
            customer_id=payers.get(payer),
            amount=bill.total,
            currency=bill.currency,
            intent=next(iter(bill.intents), ""),
            now=at.now,
        ).id


def _carry_on(at: MerchantContext, id: int, bill: Bill) -> None:
    row = drafting.read(at, id)
    if not row.draft:
        row = _work_out(at, row, bill)
    seen = _drafted(at, row, bill)
    if drafting.invoice_of(seen).state is InvoiceState.DRAFT:
        seen = _approved(at, drafting.invoice_of(seen).id)
    _mark_issued(at, id, seen)
    _take_money(at, id, bill, seen)


def _work_out(at: MerchantContext, row: CounterpartRow, bill: Bill) -> CounterpartRow:
    """Find the contact and translate the lines, and freeze both."""
    if row.customer_id is None or bill.finalized_at is None:
        raise Stuck(Problem(ProblemCode.ANONYMOUS, bill.id))
    rules, merchant = at.merchant.rules, at.merchant
    contact = contacts.of_payer(at, row.customer_id, bill.payer)
    items = items_of(
        bill,
        at.invoicing.list_taxes(),
        books=merchant.currency,
        named=rules.holded_taxes,
        words=words(at),
    )
    if isinstance(items, Problem):
        raise Stuck(items)
    draft = Draft(
        contact=contact,
        day=merchant.day_of(bill.finalized_at),
        due_on=merchant.day_of(bill.due_at or bill.finalized_at),
        description=bill.description or f"Stripe {bill.number or bill.id}",
        tag=f"{TAG}{bill.id}",
        items=items,
        series=rules.holded_series,
    )
    with at.db.write() as unit:
        held = counterparts.get(unit, row.id)
        if not held.draft:
            held.contact, held.draft = contact, rows.dump(draft)
    return drafting.read(at, row.id)


def words(at: MerchantContext) -> Words:
    """Return what documents say in the merchant's language, beyond what Stripe says."""
    with speaking(at.merchant.locale):
        return Words(discount=gettext("Discount"), line=gettext("Services"))


def _drafted(at: MerchantContext, row: CounterpartRow, bill: Bill) -> Seen:
    """Return the one document that stands there, which is written if there is none."""
    seen = drafting.write_once(at, ObjectKind.INVOICE, row)
    told = drafting.invoice_of(seen)
    if told.state is InvoiceState.VOID and bill.state is not InvoiceState.VOID:
        raise Stuck(Problem(ProblemCode.VOIDED, told.number or told.id))
    if told.total != row.amount:
        drafting.refuse_sum(at, ObjectKind.INVOICE, row, told)
    with at.db.write() as unit:
        held = counterparts.get(unit, row.id)
        held.document = told.id
        if held.state in {CounterpartState.BEGUN, CounterpartState.SENT}:
            held.move(CounterpartState.DRAFTED, now=at.now)
    return seen


def _approved(at: MerchantContext, document: str) -> Seen:
    """Approve a draft; one whose answer was lost is seen to be approved by then."""
    refusal: GatewayRefused | None = None
    try:
        at.invoicing.approve_invoice(document)
    except GatewayRefused as error:
        refusal = error
    seen = at.invoicing.fetch(ObjectKind.INVOICE, document)
    if isinstance(seen.snapshot, Invoice) and seen.snapshot.state is not InvoiceState.DRAFT:
        return seen
    if refusal is not None:
        raise Stuck(Problem(ProblemCode.REFUSED, str(refusal)))
    raise GatewayUnavailable("approved, but not to be seen yet")


def _mark_issued(at: MerchantContext, id: int, seen: Seen) -> None:
    """Write the document into the mirror, where it hides Stripe's half of the sale at once."""
    told = drafting.invoice_of(seen)
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.HOLDED, [seen], now=at.now)
        row = counterparts.get(unit, id)
        row.number = told.number[:80]
        if row.state not in {CounterpartState.PAYING, *OVER}:
            row.move(CounterpartState.ISSUED, now=at.now)


def _take_money(at: MerchantContext, id: int, bill: Bill, seen: Seen) -> None:
    """Book what Stripe collected, once the invoice is paid there."""
    told = drafting.invoice_of(seen)
    if bill.state is InvoiceState.VOID and told.state is InvoiceState.VOID:
        _finish(at, id, seen)
        return
    if bill.state is InvoiceState.VOID:
        raise Stuck(Problem(ProblemCode.VOIDED, f"{bill.id}: {told.number}"))
    if bill.state is not InvoiceState.PAID:
        return
    if bill.paid and not _is_booked(at, id, bill, seen):
        seen = _book(at, id, bill, seen)
    _finish(at, id, seen)
    left = drafting.invoice_of(seen).due
    if left > 0:
        sum = Money(left, bill.currency).to_decimal()
        raise Stuck(Problem(ProblemCode.REST, f"{told.number}: {sum}"))


def _is_booked(at: MerchantContext, id: int, bill: Bill, seen: Seen) -> bool:
    """Say whether the money stands on the invoice already: ours, or booked by the merchant."""
    told = drafting.invoice_of(seen)
    with at.db.write() as unit:
        row = counterparts.get(unit, id)
        if row.before is None:
            return told.due <= 0
        if _explain(row, told, at.merchant.holded_treasury):
            return True
        if row.state == CounterpartState.PAYING and at.now - row.changed_at < drafting.IN_FLIGHT:
            raise GatewayUnavailable("the booking may still be on its way")
        return told.due <= 0


def _book(at: MerchantContext, id: int, bill: Bill, seen: Seen) -> Seen:
    told, treasury = drafting.invoice_of(seen), at.merchant.holded_treasury
    day = at.merchant.day_of(bill.paid_at or at.now)
    with at.db.write() as unit:
        row = counterparts.get(unit, id)
        if row.before is None:
            row.before = [[part.id, part.amount.amount] for part in _ours(told, treasury)]
            row.paid = min(bill.paid, told.due)
            row.paid_on = day
        row.move(CounterpartState.PAYING, now=at.now)
        amount, paid_on = Money(min(row.paid, told.due), row.currency), row.paid_on or day
        intent = row.intent = next(iter(bill.intents), "") or row.intent
    try:
        at.invoicing.record_payment(
            told.id,
            amount,
            treasury=treasury,
            paid_on=paid_on,
            description=f"Stripe {intent or bill.id}",
        )
    except GatewayUnavailable as error:
        if not error.was_sent:
            _unsend(at, id)
        raise
    except GatewayRefused:
        # A no may pass (a locked period); each try looks before it sends.
        _unsend(at, id)
        raise
    again = at.invoicing.fetch(ObjectKind.INVOICE, told.id)
    with at.db.write() as unit:
        if not _explain(counterparts.get(unit, id), drafting.invoice_of(again), treasury):
            raise GatewayUnavailable("booked, but not to be seen yet")
    return again


def _unsend(at: MerchantContext, id: int) -> None:
    """Let a booking that Holded has not taken be sent again without waiting for its answer."""
    with at.db.write() as unit:
        counterparts.get(unit, id).changed_at = at.now - drafting.IN_FLIGHT


def _explain(row: CounterpartRow, told: Invoice, treasury: str) -> bool:
    """Say whether our booking stands there; raises Stuck where what does is not ours."""
    before = {str(id) for id, _ in row.before or ()}
    new = [part for part in _ours(told, treasury) if part.id not in before]
    if not new:
        return False
    if len(new) > 1 or new[0].amount.amount != row.paid:
        raise Stuck(Problem(ProblemCode.UNEXPLAINED, f"{told.number}: {len(new)}"))
    row.entry = new[0].id
    return True


def _finish(at: MerchantContext, id: int, seen: Seen) -> None:
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.HOLDED, [seen], now=at.now)
        drafting.end(unit, at, counterparts.get(unit, id))


def _ours(told: Invoice, treasury: str) -> list[InvoicePart]:
    return [part for part in told.parts if not treasury or part.treasury == treasury]
