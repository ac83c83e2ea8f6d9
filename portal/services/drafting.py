"""Writing a draft into Holded once: it is looked for by its tag before it is sent again.

Holded has no idempotency key. A draft is found again among the documents of its contact and day;
one whose answer was lost counts as never sent only after a while, and one that comes later still is
deleted.
"""

from datetime import timedelta
from typing import NoReturn

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.counterparts import Problem, ProblemCode, Stuck
from portal.domain.drafts import Draft
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceState
from portal.domain.money import Money
from portal.gateways.snapshots import Seen
from portal.mirror import rows
from portal.store import counterparts, outbox
from portal.store.counterparts import CounterpartRow, CounterpartState

# How long what was sent may still arrive before it counts as never sent.
IN_FLIGHT = timedelta(seconds=20)
# When a document that was sent twice is looked at once more.
LATE = timedelta(minutes=10)


def write_once(at: MerchantContext, kind: ObjectKind, row: CounterpartRow) -> Seen:
    """Return the one document of a draft that stands in Holded; it is sent if there is none.

    Of two drafts the second is deleted: the first one's answer was lost and came late. Raises
    GatewayUnavailable while what was sent may still arrive.
    """
    draft = rows.load(Draft, row.draft)
    found = standing(at, kind, row)
    if not found:
        _send(at, kind, row.id, draft)
        found = standing(at, kind, row)
    if not found:
        raise GatewayUnavailable("written, but not to be seen yet")
    issued = [seen for seen in found if invoice_of(seen).state is not InvoiceState.DRAFT]
    if len(issued) > 1:
        ids = ", ".join(invoice_of(seen).id for seen in issued)
        raise Stuck(Problem(ProblemCode.SEVERAL_DOCUMENTS, ids))
    kept = (issued or found)[0]
    for seen in found:
        if seen is not kept:
            at.invoicing.delete_draft(kind, invoice_of(seen).id)
    return kept


def standing(at: MerchantContext, kind: ObjectKind, row: CounterpartRow) -> list[Seen]:
    """Return what carries the tag; where the merchant took that off, the document we know."""
    draft = rows.load(Draft, row.draft)
    found = at.invoicing.list_tagged(kind, draft.contact, day=draft.day, tag=draft.tag)
    ids = [invoice_of(seen).id for seen in found]
    if row.document and row.document not in ids:
        known = at.invoicing.fetch(kind, row.document)
        if isinstance(known.snapshot, Invoice):
            return [known, *found]
    return found


def _send(at: MerchantContext, kind: ObjectKind, id: int, draft: Draft) -> None:
    with at.db.write() as unit:
        row = counterparts.get(unit, id)
        if may_arrive(at, row):
            raise GatewayUnavailable("the document may still be on its way")
        if row.state not in {CounterpartState.BEGUN, CounterpartState.SENT}:
            raise Stuck(Problem(ProblemCode.GONE, row.document))
        row.sends += 1
        row.move(CounterpartState.SENT, now=at.now)
    try:
        at.invoicing.create_draft(kind, draft)
    except GatewayUnavailable as error:
        if not error.was_sent:
            _start_over(at, id, keeps_draft=True)
        raise
    except GatewayRefused as refusal:
        _start_over(at, id)
        raise Stuck(Problem(ProblemCode.REFUSED, str(refusal))) from refusal


def may_arrive(at: MerchantContext, row: CounterpartRow) -> bool:
    """Whether a draft whose answer was lost may still arrive."""
    return row.state == CounterpartState.SENT and at.now - row.changed_at < IN_FLIGHT


def _start_over(at: MerchantContext, id: int, *, keeps_draft: bool = False) -> None:
    """Note that nothing stands there, so that it is sent, or worked out, anew."""
    with at.db.write() as unit:
        row = counterparts.get(unit, id)
        row.document, row.draft = "", row.draft if keeps_draft else ""
        row.move(CounterpartState.BEGUN, now=at.now)


def refuse_sum(
    at: MerchantContext, kind: ObjectKind, row: CounterpartRow, told: Invoice
) -> NoReturn:
    """Delete a draft that Holded adds up to another sum; raises Stuck."""
    if told.state is InvoiceState.DRAFT:
        at.invoicing.delete_draft(kind, told.id)
        _start_over(at, row.id)
    sums = (str(Money(sum, row.currency).to_decimal()) for sum in (told.total, row.amount))
    raise Stuck(Problem(ProblemCode.SUMS, f"{told.id}: {' and '.join(sums)}"))


def end(unit: Unit, at: MerchantContext, row: CounterpartRow) -> None:
    """Note that a document needs nothing more; one that was sent twice is looked after (job)."""
    row.move(CounterpartState.DONE, now=at.now)
    if row.sends > 1:
        outbox.add(
            unit,
            "tidy_counterpart",
            str(row.id),
            merchant_id=at.merchant.id,
            now=at.now,
            run_at=at.now + LATE,
            counterpart=row.id,
        )


def tidy(at: MerchantContext, counterpart: int) -> None:
    """Delete a draft that arrived after its repeat was taken for the only one (job)."""
    row = read(at, counterpart)
    kind = ObjectKind.CREDIT_NOTE if row.corrects else ObjectKind.INVOICE
    draft = rows.load(Draft, row.draft)
    for seen in at.invoicing.list_tagged(kind, draft.contact, day=draft.day, tag=draft.tag):
        told = invoice_of(seen)
        if told.id != row.document and told.state is InvoiceState.DRAFT:
            at.invoicing.delete_draft(kind, told.id)


def read(at: MerchantContext, id: int) -> CounterpartRow:
    with at.db.session() as reader:
        return reader.get_one(CounterpartRow, id)


def invoice_of(seen: Seen) -> Invoice:
    """Return the document that was seen; raises GatewayUnavailable where it is gone."""
    if isinstance(seen.snapshot, Invoice):
        return seen.snapshot
    raise GatewayUnavailable("the document is gone")
