"""What webhooks did not tell: Stripe's newest invoices and refunds are read once an hour.

Only for merchants with Holded, where something has to follow from them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from portal.context import MerchantContext
from portal.db import Database, Unit
from portal.domain.customers import Origin
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceState
from portal.domain.refunds import Refund
from portal.gateways.snapshots import Seen, Snapshot
from portal.mirror import invoices, refresh, sources
from portal.services import counterparts, credit_notes
from portal.store import merchants, outbox

EVERY = timedelta(hours=1)
# How far back what Stripe has is compared with what it told: longer than it repeats its webhooks.
RECENT = timedelta(days=4)
KIND = "missed"
STATES = {
    "paid": (InvoiceState.PAID,),
    "finalized": (InvoiceState.PAID, InvoiceState.OPEN),
}

Follow = Callable[[Unit, Snapshot], None]


def sweep(db: Database, *, now: datetime) -> None:
    """Have every merchant with Holded looked after that was not within the hour."""
    with db.write() as unit:
        for merchant in merchants.list_all(db):
            if not merchant.has_holded or not merchant.rules.makes_documents:
                continue
            done = sources.progress(unit, merchant, Origin.STRIPE, KIND)
            if done is None or done.finished_at is None or now - done.finished_at >= EVERY:
                outbox.add_once(
                    unit, "find_missed", str(merchant.id), merchant_id=merchant.id, now=now
                )


def find(at: MerchantContext) -> None:
    """Read what is new at Stripe, and have made what no webhook had made (job)."""
    rules, count = at.merchant.rules, 0
    if not counterparts.can_be_made(at):
        rules = replace(rules, invoice_stripe_sales="", credit_refunds=False)
    if rules.invoice_stripe_sales:
        count += _read(at, ObjectKind.INVOICE)
    if rules.credit_refunds:
        count += _read(at, ObjectKind.REFUND)
    with at.db.write() as unit:
        if rules.invoice_stripe_sales and rules.invoice_stripe_since is not None:
            states = STATES[rules.invoice_stripe_sales]
            since = rules.invoice_stripe_since
            for id in invoices.list_sold(unit, at.merchant, since, states):
                counterparts.queue(unit, at, id)
        sources.save_progress(
            unit, at.merchant, Origin.STRIPE, KIND, cursor="", count=count, finished_at=at.now
        )


def _read(at: MerchantContext, kind: ObjectKind) -> int:
    """Read the newest objects of a kind into the mirror, and return how many there were."""
    cursor, count, is_first = "", 0, True
    while cursor or is_first:
        page = at.payments.list_page(kind, cursor=cursor)
        is_first = False
        with at.db.write() as unit:
            seen = [Seen(snapshot, page.at) for snapshot in page.snapshots]
            refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
            for snapshot in page.snapshots:
                _follow(unit, at, snapshot)
        count += len(seen)
        is_old = any(_is_old(at, snapshot) for snapshot in page.snapshots)
        cursor = "" if is_old else page.cursor
    return count


def _follow(unit: Unit, at: MerchantContext, snapshot: Snapshot) -> None:
    if isinstance(snapshot, Invoice):
        counterparts.follow(unit, at, snapshot)
    elif isinstance(snapshot, Refund):
        credit_notes.follow(unit, at, snapshot)


def _is_old(at: MerchantContext, snapshot: Snapshot) -> bool:
    created = snapshot.created_at if isinstance(snapshot, Invoice | Refund) else None
    return created is not None and at.now - created > RECENT
