"""Reconciliation: what Stripe took, what Holded shows and what we hold are compared, step by step.

Each step reads one page, writes down what differs, puts right what is safe, and commits where the
next one goes on: it may be broken off at any point, and its memory is that of a page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from portal.context import MerchantContext
from portal.db import Database, Unit
from portal.domain.budget import Effect, Spending, cost_of
from portal.domain.customers import Origin
from portal.domain.errors import BudgetSpent
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.merchants import Merchant
from portal.domain.payments import CheckoutSession, Intent, PaymentState, state_of_intent
from portal.domain.reconciliation import (
    KINDS,
    Difference,
    DifferenceKind,
    Held,
    Taken,
    compare_charge,
    compare_invoice,
    compare_payment,
)
from portal.gateways.snapshots import Gone, Seen
from portal.mirror import invoices, refresh
from portal.services import budget, intents
from portal.services.budget import spending
from portal.store import merchants, outbox, payments
from portal.store import reconciliation as rows
from portal.store.reconciliation import DifferenceRow, Phase, RunRow

EVERYTHING = datetime(2000, 1, 1, tzinfo=UTC)
# What the first one looks back on, and what each looks at that the one before has seen.
FIRST, OVERLAP = timedelta(days=30), timedelta(hours=1)
# One that was broken off longer ago is begun anew.
GOES_ON = timedelta(hours=20)
# When merchants sleep, by their clocks, and the day of the week on which all of Holded is read.
QUIET, SUNDAY = range(3, 6), 6
PAUSE = timedelta(seconds=1)
# Few enough for a step to end within the lease of its job.
PAGE = 10

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reconciliation will do: since when, whether of everything, and its calls to Holded."""

    since: datetime
    is_full: bool
    calls: int
    spending: Spending


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, and what was read of its provider and shows it."""

    difference: Difference
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What one step found, and where its phase goes on: empty at its end."""

    found: Sequence[Found]
    cursor: str = ""


def schedule(db: Database, *, now: datetime) -> None:
    """Have a reconciliation each night, on Sundays with all of Holded's invoices."""
    for merchant in merchants.list_all(db):
        local = now.astimezone(ZoneInfo(merchant.timezone))
        if local.hour in QUIET and not _is_done_today(db, merchant, local):
            with db.write() as unit:
                outbox.add_once(
                    unit, "reconcile", str(merchant.id), merchant_id=merchant.id, now=now
                )


def work(at: MerchantContext) -> None:
    """Go on with the night's reconciliation by one step (job); it asks for its next step itself."""
    local = at.now.astimezone(ZoneInfo(at.merchant.timezone))
    if _current(at) is None:
        if _is_done_today(at.db, at.merchant, local):
            return
        _begin_night(at, is_full=local.weekday() == SUNDAY)
    if step(at):
        with at.db.write() as unit:
            key, id = str(at.merchant.id), at.merchant.id
            # Webhooks and bookings that came meanwhile go first.
            then = at.now + PAUSE
            outbox.add(unit, "reconcile", key, merchant_id=id, now=at.now, run_at=then)
        return
    log.info("reconciliation.finished", merchant=at.merchant.slug, count=len(list_found(at)))


def _begin_night(at: MerchantContext, *, is_full: bool) -> None:
    """Begin with what is new, and on some days with all that Holded has; learn of the quota."""
    if at.merchant.has_holded:
        budget.refresh(at)
    new = plan(at, is_full=False).since
    waits = plan(at, is_full=is_full, since=new).spending
    if waits.until is not None:
        raise BudgetSpent("the calls that are left are kept for payments", until=waits.until)
    begin(at, is_full=is_full, repairs=True, since=new)


def plan(at: MerchantContext, *, is_full: bool, since: datetime | None = None) -> Plan:
    """Return what a reconciliation that is begun now would do."""
    with at.db.session() as reader:
        last = rows.find_run(reader, at.merchant)
        begins = since or _since(last, at.now, is_full=is_full)
        calls = _calls(at, reader, begins, is_full=is_full)
    allowed = budget.may_spend(at, Effect.RECONCILIATION, max(calls, 1))
    return Plan(begins, is_full, calls, allowed)


def begin(
    at: MerchantContext, *, is_full: bool, repairs: bool, since: datetime | None = None
) -> RunRow:
    """Begin a reconciliation, or go on with one that was broken off lately."""
    planned = plan(at, is_full=is_full, since=since)
    with at.db.write() as unit:
        run = rows.find_run(unit, at.merchant)
        if run is not None and _is_open(run, at.now):
            run.repairs = run.repairs or repairs
            return run
        fresh = RunRow(
            merchant_id=at.merchant.id,
            livemode=at.merchant.livemode,
            started_at=at.now,
            since=planned.since,
            is_full=is_full,
            repairs=repairs,
            phase=Phase.AGAIN,
            cursor="",
            finished_at=None,
            reached=run.reached if run is not None else None,
        )
        return unit.merge(fresh)


def step(at: MerchantContext) -> bool:
    """Do the next step and say whether there are more; raises the gateways' errors.

    BudgetSpent among them, where Holded is not to be asked just now.
    """
    run = _current(at)
    if run is None:
        return False
    phase, cursor = Phase(run.phase), run.cursor
    with spending(Effect.RECONCILIATION):
        page = STEPS[phase](at, run, cursor)
    repaired = [one for one in page.found if run.repairs and KINDS[one.difference.kind].is_safe]
    with at.db.write() as unit:
        rows.save(unit, at.merchant, [one.difference for one in page.found], now=at.now)
        fresh = rows.find_run(unit, at.merchant)
        if fresh is not None and (fresh.phase, fresh.cursor) == (phase, cursor):
            _go_on(unit, at, fresh, page.cursor)
        is_over = fresh is None or fresh.finished_at is not None
        for one in repaired:
            REPAIRS[one.difference.kind](unit, at, one)
    return not is_over


def list_found(at: MerchantContext) -> list[DifferenceRow]:
    """Return what the last reconciliation found, and what none has healed."""
    with at.db.session() as reader:
        return rows.list_differences(reader, at.merchant)


# The steps


def _again(at: MerchantContext, run: RunRow, cursor: str) -> Page:
    """Look again at what differed before, however old it is."""
    with at.db.session() as reader:
        old = rows.list_differences(
            reader, at.merchant, after=int(cursor or 0), limit=PAGE, before=run.started_at
        )
    found: list[Found] = []
    for row in old:
        found += _of_payment(at, row.payment) or _of_charge(at, row.intent)
        if row.origin:
            found += _of_invoices(at, Origin(row.origin), [row.invoice])
    return Page(found, str(old[-1].id) if len(old) == PAGE else "")


def _charges(at: MerchantContext, run: RunRow, cursor: str) -> Page:
    """Look for money that came in under our name and that we do not know."""
    taken, following = at.payments.list_taken(run.since, cursor=cursor)
    with at.db.session() as reader:
        found = [one for each in taken if (one := _unknown(reader, at, each)) is not None]
    return Page(found, following)


def _refunds(at: MerchantContext, run: RunRow, cursor: str) -> Page:
    """Look at the payments of which something went back, however long ago they were."""
    refunded, following = at.payments.list_refunded(run.since, cursor=cursor)
    with at.db.session() as reader:
        ours = [payments.id_by_intent(reader, at.merchant, intent) for intent in refunded]
    return Page([one for id in filter(None, ours) for one in _of_payment(at, id)], following)


def _payments(at: MerchantContext, run: RunRow, cursor: str) -> Page:
    ids = rows.list_payments(at.db, at.merchant, since=run.since, after=cursor, limit=PAGE)
    found = [one for id in ids for one in _of_payment(at, id)]
    return Page(found, ids[-1] if len(ids) == PAGE else "")


def _invoices(at: MerchantContext, run: RunRow, cursor: str) -> Page:
    origin, _, id = cursor.partition(":")
    page = rows.list_invoices(at.db, at.merchant, since=run.since, after=(origin, id), limit=PAGE)
    # Where all of Holded's are read, they need not be read one by one.
    found = [
        one
        for origin, id in page
        if origin is Origin.STRIPE or not run.is_full
        for one in _of_invoices(at, origin, [id])
    ]
    return Page(found, ":".join(page[-1]) if len(page) == PAGE else "")


def _ledger(at: MerchantContext, run: RunRow, cursor: str) -> Page:
    """Look at all of Holded's invoices, a page at a time."""
    if not run.is_full or not at.merchant.has_holded:
        return Page(())
    page = at.invoicing.list_page(ObjectKind.INVOICE, cursor=cursor)
    told = {
        snapshot.id: Seen(snapshot, page.at)
        for snapshot in page.snapshots
        if isinstance(snapshot, Invoice)
    }
    return Page(_compared(at, Origin.HOLDED, told), page.cursor)


STEPS: dict[Phase, Callable[[MerchantContext, RunRow, str], Page]] = {
    Phase.AGAIN: _again,
    Phase.CHARGES: _charges,
    Phase.REFUNDS: _refunds,
    Phase.PAYMENTS: _payments,
    Phase.INVOICES: _invoices,
    Phase.LEDGER: _ledger,
}


# What is compared


def _of_payment(at: MerchantContext, id: str) -> list[Found]:
    """Compare one of our payments with its intent and its Checkout page."""
    with at.db.session() as reader:
        held = rows.find_held(reader, at.merchant, id)
        row = payments.get(reader, id)
        if held is None or row is None:
            return []
        latest = payments.id_by_intent(reader, at.merchant, held.intent) if held.intent else ""
    if held.intent and latest not in ("", id):
        # A later try on the same intent is what Stripe tells of.
        return []
    taken = at.payments.fetch_taken(held.intent) if held.intent else None
    proved, seen = _proved(at, held, row.checkout)
    names = {f"stripe:{name}" for name in (taken.names if taken else ())}
    ids = [share.invoice for share in held.shares]
    credited = invoices.credited(at.db, at.merchant, ids, names) if _is_refunded(taken) else 0
    found = compare_payment(held, taken, proved, credited=credited, now=at.now)
    return [Found(one, seen) for one in found]


def _proved(
    at: MerchantContext, held: Held, checkout: str
) -> tuple[PaymentState | None, tuple[Seen, ...]]:
    """Return the state that Stripe shows of a payment, with what shows it: intent, then page."""
    pages = (at.payments.fetch(ObjectKind.CHECKOUT_SESSION, checkout),) if checkout else ()
    session = next((one.snapshot for one in pages), None)
    id = held.intent or (session.intent if isinstance(session, CheckoutSession) else "")
    told = (at.payments.fetch(ObjectKind.PAYMENT_INTENT, id),) if id else ()
    intent = next((one.snapshot for one in told), None)
    if isinstance(session, CheckoutSession):
        known = intent if isinstance(intent, Intent) else None
        return intents.state_at_checkout(session, known), (*told, *pages)
    if isinstance(intent, Intent):
        return state_of_intent(intent), told
    return None, ()


def _is_refunded(taken: Taken | None) -> bool:
    return taken is not None and taken.refunded > 0


def _of_charge(at: MerchantContext, intent: str) -> list[Found]:
    taken = at.payments.fetch_taken(intent) if intent else None
    if taken is None:
        return []
    with at.db.session() as reader:
        found = _unknown(reader, at, taken)
    return [found] if found is not None else []


def _unknown(reader: Unit, at: MerchantContext, taken: Taken) -> Found | None:
    """Say what is wrong with money that names a payment we do not have."""
    if not taken.payment or payments.exists(reader, at.merchant, taken.payment):
        return None
    named = [(origin, id) for origin, _, id in (name.partition(":") for name in taken.invoices)]
    is_paid = rows.is_paid(reader, at.merchant, named)
    found = compare_charge(taken, is_paid_otherwise=is_paid)
    return Found(found) if found is not None else None


def _of_invoices(at: MerchantContext, origin: Origin, ids: Sequence[str]) -> list[Found]:
    if origin is Origin.HOLDED and not at.merchant.has_holded:
        return []
    door = at.payments if origin is Origin.STRIPE else at.invoicing
    return _compared(at, origin, {id: door.fetch(ObjectKind.INVOICE, id) for id in ids})


def _compared(at: MerchantContext, origin: Origin, told: dict[str, Seen]) -> list[Found]:
    with at.db.session() as reader:
        held = invoices.find_all(reader, at.merchant, origin, list(told))
        bookings = rows.list_bookings(reader, at.merchant, origin, list(told))
    return [
        Found(one, (seen,))
        for id, seen in told.items()
        for one in compare_invoice(
            seen.snapshot if isinstance(seen.snapshot, Invoice) else None,
            held.get(id),
            bookings.get(id, []),
            origin=origin,
            id=id,
        )
    ]


# What is put right: each only finishes what is decided already


def _follow(unit: Unit, at: MerchantContext, found: Found) -> None:
    """Do what the webhook that was lost would have done."""
    for seen in found.seen:
        intents.save_and_follow(unit, at, seen)


def _save(unit: Unit, at: MerchantContext, found: Found) -> None:
    refresh.save(unit, at.merchant, Origin(found.difference.origin), found.seen, now=at.now)
    for seen in found.seen:
        if not isinstance(seen.snapshot, Gone):
            intents.follow(unit, at, seen.snapshot)


def _settle(unit: Unit, at: MerchantContext, found: Found) -> None:
    id = found.difference.payment
    outbox.add(unit, "settle", id, merchant_id=at.merchant.id, now=at.now, payment=id)


def _book(unit: Unit, at: MerchantContext, found: Found) -> None:
    payment, invoice = found.difference.payment, found.difference.invoice
    outbox.add(
        unit,
        "record_payment",
        f"{payment}:{invoice}",
        merchant_id=at.merchant.id,
        now=at.now,
        payment=payment,
        invoice=invoice,
    )


REPAIRS: dict[DifferenceKind, Callable[[Unit, MerchantContext, Found], None]] = {
    DifferenceKind.LOST_EVENT: _follow,
    DifferenceKind.STALE_MIRROR: _save,
    DifferenceKind.NOT_SETTLED: _settle,
    DifferenceKind.NOT_BOOKED: _book,
}


# How far it has come


def _current(at: MerchantContext) -> RunRow | None:
    with at.db.session() as reader:
        run = rows.find_run(reader, at.merchant)
    return run if run is not None and _is_open(run, at.now) else None


def _is_open(run: RunRow, now: datetime) -> bool:
    return run.finished_at is None and now - run.started_at < GOES_ON


def _go_on(unit: Unit, at: MerchantContext, run: RunRow, cursor: str) -> None:
    """Note where the next step goes on; after the last one, what was not found again is healed."""
    phases = list(Phase)
    if cursor:
        run.cursor = cursor
        return
    following = phases.index(Phase(run.phase)) + 1
    run.cursor = ""
    if following < len(phases):
        run.phase = phases[following]
        return
    run.finished_at, run.reached = at.now, run.started_at
    rows.forget_healed(unit, at.merchant, before=run.started_at)


def _is_done_today(db: Database, merchant: Merchant, local: datetime) -> bool:
    with db.session() as reader:
        run = rows.find_run(reader, merchant)
    if run is None or run.finished_at is None or not run.repairs:
        return False
    return run.finished_at.astimezone(ZoneInfo(merchant.timezone)).date() == local.date()


def _since(last: RunRow | None, now: datetime, *, is_full: bool) -> datetime:
    if is_full:
        return EVERYTHING
    return last.reached - OVERLAP if last is not None and last.reached else now - FIRST


def _calls(at: MerchantContext, reader: Unit, since: datetime, *, is_full: bool) -> int:
    """Return the calls to Holded: one for each invoice, or one for each page of all of them."""
    if not at.merchant.has_holded:
        return 0
    again = rows.list_differences(reader, at.merchant)
    calls = cost_of(
        Effect.RECONCILIATION, len([row for row in again if row.origin == Origin.HOLDED])
    )
    if is_full:
        every = invoices.count(reader, at.merchant, Origin.HOLDED)
        return calls + max(cost_of(Effect.SWEEP, every), 1)
    concerned = rows.count_invoices(reader, at.merchant, Origin.HOLDED, since=since)
    return calls + cost_of(Effect.RECONCILIATION, concerned)
