"""Keeping what Holded will invoice by itself up to date: it tells of no recurring invoice.

Once a day they are listed, which is one call, and those that changed are read with their days. One
that has just made an invoice is read as well. A day that the merchant leaves out is seen then.
"""

from dataclasses import replace
from datetime import timedelta

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.customers import Origin
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.recurrences import Recurrence
from portal.gateways.snapshots import Gone, Seen, Snapshot
from portal.mirror import recurrences, refresh
from portal.store import outbox

EVERY = timedelta(days=1)
# Fewer days than these left of one that goes on, and its coming ones are asked for.
ENOUGH = 3


def follow(unit: Unit, at: MerchantContext, told: Snapshot) -> None:
    """Have a recurring invoice read that has made an invoice on a day still to come (job)."""
    if not isinstance(told, Invoice) or not told.recurrence:
        return
    held = recurrences.find(unit, at.merchant, told.recurrence)
    day = told.issued_on
    if held is None or (day is not None and any(coming <= day for coming in held.days)):
        outbox.add_once(
            unit,
            "read_recurrence",
            f"{at.merchant.id}:{told.recurrence}"[:150],
            merchant_id=at.merchant.id,
            now=at.now,
            recurrence=told.recurrence,
        )


def read(at: MerchantContext, recurrence: str) -> None:
    """Read one recurring invoice with the days to come (job)."""
    refresh.read(at, Origin.HOLDED, ObjectKind.RECURRENCE, recurrence)


def read_all(at: MerchantContext) -> int:
    """List every recurring invoice and read those that changed; return how many there are."""
    held = recurrences.list_all(at.db, at.merchant)
    listed: dict[str, Recurrence] = {}
    cursor, has_more = "", True
    while has_more:
        page = at.invoicing.list_page(ObjectKind.RECURRENCE, cursor=cursor)
        listed |= {one.id: one for one in page.snapshots if isinstance(one, Recurrence)}
        cursor, has_more = page.cursor, bool(page.cursor)
    for id, plan in listed.items():
        if _is_to_be_read(at, plan, held.get(id)):
            read(at, id)
    gone = [Seen(Gone(ObjectKind.RECURRENCE, id), page.at) for id in held.keys() - listed.keys()]
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.HOLDED, gone, now=at.now)
    return len(listed)


def look_daily(at: MerchantContext) -> None:
    """Read them now and have it done again tomorrow (job)."""
    read_all(at)
    with at.db.write() as unit:
        begin(unit, at, later=EVERY)


def begin(unit: Unit, at: MerchantContext, *, later: timedelta = timedelta()) -> None:
    """Have a merchant's recurring invoices looked after from now on, every day."""
    outbox.add(
        unit,
        "look_at_recurrences",
        str(at.merchant.id),
        merchant_id=at.merchant.id,
        now=at.now,
        run_at=at.now + later,
    )


def _is_to_be_read(at: MerchantContext, listed: Recurrence, held: Recurrence | None) -> bool:
    """Say whether one changed since it was read; a list tells everything but its days."""
    if held is None or replace(held, days=()) != listed:
        return True
    goes_on = held.ends_on is None or held.ends_on > at.merchant.day_of(at.now)
    return goes_on and len(held.coming(at.merchant.day_of(at.now))) < ENOUGH
