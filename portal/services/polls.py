"""Looking for changes at Holded where it does not tell them: one call, and then the next turn.

That is so for keys of its first API, which has no webhooks, and for merchants whose webhooks have
been silent for so long that nobody knows whether they still come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import select

from portal.context import MerchantContext
from portal.db import Database, Unit
from portal.domain import polls as rules
from portal.domain.customers import Origin
from portal.domain.errors import BudgetSpent, GatewayError
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.polls import Listing
from portal.gateways.snapshots import Page, Seen
from portal.mirror import invoices, polls, refresh, sources
from portal.mirror.polls import PollRow
from portal.services import budget, inbox
from portal.store import inbox as events
from portal.store import outbox
from portal.store.merchants import MerchantRow
from portal.store.outbox import JobRow

JOB = "look_at_holded"
# How many contacts that nobody knows yet are read with the invoices that name them.
MOST_CONTACTS = 2
# In the cursor of the open invoices: the lists are over, the others are read after this id.
READING = "read:"
KINDS = {
    Listing.INVOICES: ObjectKind.INVOICE,
    Listing.PROFORMAS: ObjectKind.PROFORMA,
    Listing.CREDIT_NOTES: ObjectKind.CREDIT_NOTE,
    Listing.CONTACTS: ObjectKind.CUSTOMER,
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is asked now: a question, where it goes on, and since when (Holded's clock)."""

    listing: Listing
    cursor: str
    state_at: datetime | None
    since: date


@dataclass(frozen=True, slots=True)
class _Told:
    """What was answered: objects, the cursor of the rest, and how many calls it took."""

    seen: tuple[Seen, ...]
    cursor: str
    at: datetime | None
    calls: int


def begin(db: Database, *, now: datetime) -> None:
    """Have every merchant with Holded looked after from now on; what waits already, waits on."""
    asked = select(JobRow.merchant_id).where(JobRow.name == JOB)
    query = select(MerchantRow.id).where(
        MerchantRow.holded_account != "", MerchantRow.id.not_in(asked)
    )
    if found := db.rows(query):
        with db.write() as unit:
            for row in found:
                outbox.add_once(unit, JOB, str(row.id), merchant_id=row.id, now=now)


def look(at: MerchantContext) -> None:
    """Ask Holded what is due to be asked, and plan the next turn (job).

    One call, mostly: the turn after it comes as many intervals later as it took calls.
    """
    step = interval(at)
    if at.invoicing.has_webhooks and not _is_silent(at):
        with at.db.write() as unit:
            polls.rest(unit, at.merchant.id)
            _plan(unit, at, step)
        return
    turn = _next(at)
    try:
        told = _ask(at, turn)
    except BudgetSpent as spent:
        _wait(at, turn, spent.until)
        return
    except GatewayError as error:
        _fail(at, turn, error, step)
        return
    _keep(at, turn, told, step)


def interval(at: MerchantContext) -> timedelta:
    """Return how long it is from one call for changes to the next."""
    return rules.interval_of(budget.read(at).allowance or rules.CALLS_A_MONTH)


def _is_silent(at: MerchantContext) -> bool:
    """Whether webhooks that would tell of changes have not come for long, or never."""
    last = events.last_received(at.db, at.merchant.id, Origin.HOLDED)
    return last is None or at.now - last > rules.SILENCE


def _next(at: MerchantContext) -> _Turn:
    with at.db.write() as unit:
        row = polls.next_of(unit, at.merchant.id, now=at.now)
        return _Turn(Listing(row.listing), row.cursor, row.state_at, _since(unit, at, row))


def _since(unit: Unit, at: MerchantContext, row: PollRow) -> date:
    """Return the day from which on new documents are asked for."""
    kind = KINDS.get(Listing(row.listing))
    synced = sources.progress(unit, at.merchant, Origin.HOLDED, kind) if kind else None
    read_to = row.read_to or (synced.finished_at if synced else None)
    return at.merchant.day_of((read_to or at.now - rules.BEGINNING) - rules.OVERLAP)


def _ask(at: MerchantContext, turn: _Turn) -> _Told:
    ask: dict[Listing, Callable[[MerchantContext, _Turn], _Told]] = {
        Listing.INVOICES: _ask_for_new,
        Listing.PROFORMAS: _ask_for_new,
        Listing.CREDIT_NOTES: _ask_for_new,
        Listing.OPEN: _ask_for_open,
        Listing.CONTACTS: _ask_for_contacts,
    }
    return ask[turn.listing](at, turn)


def _ask_for_new(at: MerchantContext, turn: _Turn) -> _Told:
    """Read new documents, and who they are for where nobody knows them yet."""
    kind = KINDS[turn.listing]
    page = at.invoicing.list_page(kind, cursor=turn.cursor, since=turn.since)
    contacts = {one.customer for one in page.snapshots if isinstance(one, Invoice) and one.customer}
    with at.db.write() as unit:
        known = refresh.held_at(
            unit, at.merchant, Origin.HOLDED, ObjectKind.CUSTOMER, sorted(contacts)
        )
    unknown = sorted(contacts - set(known))[:MOST_CONTACTS]
    people = [at.invoicing.fetch(ObjectKind.CUSTOMER, id) for id in unknown]
    return _Told((*people, *_seen(page)), page.cursor, page.at, 1 + len(people))


def _ask_for_open(at: MerchantContext, turn: _Turn) -> _Told:
    """Read what is open; when that is over, one we hold as open that was not among it."""
    if not turn.cursor.startswith(READING):
        page = at.invoicing.list_open(cursor=turn.cursor)
        return _Told(_seen(page), page.cursor or READING, page.at, 1)
    after = turn.cursor.removeprefix(READING)
    id = invoices.find_open_before(
        at.db, at.merchant, Origin.HOLDED, before=turn.state_at or at.now, after=after
    )
    if id is None:
        return _Told((), "", None, 0)
    # One that cannot be read must not stand in the way of the others: it has its turn next time.
    with at.db.write() as unit:
        polls.get(unit, at.merchant.id, turn.listing).cursor = f"{READING}{id}"
    inbox.read_again(at, Origin.HOLDED, ObjectKind.INVOICE, id)
    return _Told((), f"{READING}{id}", None, 1)


def _ask_for_contacts(at: MerchantContext, turn: _Turn) -> _Told:
    page = at.invoicing.list_page(ObjectKind.CUSTOMER, cursor=turn.cursor)
    return _Told(_seen(page), page.cursor, page.at, 1)


def _seen(page: Page) -> tuple[Seen, ...]:
    return tuple(Seen(snapshot, page.at) for snapshot in page.snapshots)


def _keep(at: MerchantContext, turn: _Turn, told: _Told, step: timedelta) -> None:
    """Write what was told, how far it goes, and when the next turn is."""
    with at.db.write() as unit:
        inbox.save(unit, at, Origin.HOLDED, _newer(unit, at, told.seen))
        row = polls.get(unit, at.merchant.id, turn.listing)
        if not turn.cursor:
            row.began_at, row.state_at = at.now, told.at
        row.cursor, row.due_at = told.cursor, at.now
        row.fails, row.failing_since, row.error = 0, None, ""
        if not told.cursor:
            row.read_to = row.began_at
            row.due_at = rules.due_again(
                turn.listing, row.began_at or at.now, now=at.now, step=step
            )
        _plan(unit, at, step * told.calls)


def _newer(unit: Unit, at: MerchantContext, seen: tuple[Seen, ...]) -> list[Seen]:
    """Return what was told without the invoices that were read by themselves about then."""
    ids = [one.snapshot.id for one in seen if isinstance(one.snapshot, Invoice)]
    held = refresh.held_at(unit, at.merchant, Origin.HOLDED, ObjectKind.INVOICE, ids)
    return [
        one
        for one in seen
        if not isinstance(one.snapshot, Invoice)
        or one.snapshot.id not in held
        or one.at - held[one.snapshot.id] > rules.IN_DOUBT
    ]


def _wait(at: MerchantContext, turn: _Turn, until: datetime) -> None:
    """Leave a question as it is while the calls that are left are needed for more urgent ones."""
    with at.db.write() as unit:
        polls.get(unit, at.merchant.id, turn.listing).due_at = at.now
        _plan(unit, at, min(max(until - at.now, rules.FIRST_RETRY), rules.LONGEST_WAIT))


def _fail(at: MerchantContext, turn: _Turn, error: GatewayError, step: timedelta) -> None:
    """Note that there was no answer, and try again: soon at first, in the end a turn later."""
    with at.db.write() as unit:
        row = polls.get(unit, at.merchant.id, turn.listing)
        row.fails, row.failing_since = row.fails + 1, row.failing_since or at.now
        row.error = f"{type(error).__name__}: {error}"[:500]
        pause = rules.back_off(row.fails, step=step)
        row.due_at = at.now + pause
        log.warning(
            "poll.failed",
            merchant=at.merchant.slug,
            listing=turn.listing,
            fails=row.fails,
            error=type(error).__name__,
        )
        _plan(unit, at, pause)


def _plan(unit: Unit, at: MerchantContext, pause: timedelta) -> None:
    id = at.merchant.id
    outbox.add(unit, JOB, str(id), merchant_id=id, now=at.now, run_at=at.now + pause)
