"""What waits for a person: money to give back, bookings nobody can explain, and what was given up.

Nothing here heals by itself. An operator lists it, puts right what stood in the way, and has what
was given up done again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from portal.db import Database, Unit
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.reconciliation import KINDS
from portal.domain.refunds import given_back, still_owed
from portal.mirror import polls, refunds
from portal.store import inbox, merchants, operations, outbox
from portal.store.merchants import MerchantRow
from portal.store.reconciliation import DifferenceRow
from portal.store.settlements import SettlementRow, SettlementState

# What is not known for this long is not about to be known.
LONG = timedelta(hours=1)


class TaskKind(StrEnum):
    """What a person has to do.

    REFUND: give money back at Stripe. BOOKING: look in Holded what stands on the invoice. EVENT and
    JOB: see why it failed, then have it done again. ANSWER: Stripe has not said what it did.
    QUESTION: see why Holded does not answer what the worker looks for there.
    DIFFERENCE: Stripe, Holded and the portal say different things, see `flask portal reconcile`.
    """

    REFUND = "refund"
    BOOKING = "booking"
    EVENT = "event"
    JOB = "job"
    ANSWER = "answer"
    QUESTION = "question"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to look after; `what` names it with the ids of its provider, `why` the error."""

    kind: TaskKind
    merchant: str
    since: datetime
    what: str
    why: str = ""


def list_tasks(db: Database, *, now: datetime) -> list[Task]:
    """Return everything that waits for a person, of every merchant, the oldest first."""
    with db.session() as reader:
        names = {row.id: row.slug for row in reader.scalars(select(MerchantRow))}
    found = [*_bookings(db, names), *_refunds(db), *_events(db, names), *_jobs(db, names)]
    found += _differences(db, names)
    found += [*_answers(db, names, now), *_questions(db, names, now)]
    return sorted(found, key=lambda task: task.since)


def try_again(db: Database, *, now: datetime) -> int:
    """Have the worker do again what was given up, and return how much that is."""
    with db.write() as unit:
        return inbox.revive(unit, now=now) + outbox.revive(unit, now=now)


def _bookings(db: Database, names: dict[int, str]) -> Iterator[Task]:
    wanted = SettlementRow.state == SettlementState.UNKNOWN
    with db.session() as reader:
        for row in reader.scalars(select(SettlementRow).where(wanted)):
            yield _of_settlement(TaskKind.BOOKING, names[row.merchant_id], row, row.amount)


def _refunds(db: Database) -> Iterator[Task]:
    """What came in beyond what invoices wanted, less what Stripe has given back since."""
    with db.session() as reader:
        for merchant in merchants.list_all(db):
            yield from _refunds_of(reader, merchant)


def _refunds_of(reader: Unit, merchant: Merchant) -> Iterator[Task]:
    excessive = (
        select(SettlementRow)
        .where(SettlementRow.merchant_id == merchant.id, SettlementRow.excess > 0)
        .order_by(SettlementRow.created_at)
    )
    by_intent: dict[str, list[SettlementRow]] = {}
    for row in reader.scalars(excessive):
        by_intent.setdefault(row.intent, []).append(row)
    told = refunds.list_of_intents(reader, merchant, list(by_intent))
    for intent, rows in by_intent.items():
        given = given_back(told.get(intent, []))
        owed = still_owed([row.excess for row in rows], given)
        for row, amount in zip(rows, owed, strict=True):
            if amount:
                yield _of_settlement(TaskKind.REFUND, merchant.slug, row, amount)


def _of_settlement(kind: TaskKind, merchant: str, row: SettlementRow, amount: int) -> Task:
    money = Money(amount, row.currency)
    what = f"{money.to_decimal()} {money.currency.upper()} of {row.intent} for {row.invoice}"
    return Task(kind, merchant, row.changed_at, what)


def _events(db: Database, names: dict[int, str]) -> Iterator[Task]:
    for row in inbox.list_dead(db):
        what = f"{row.type} {row.event} about {row.object}"
        yield Task(TaskKind.EVENT, names[row.merchant_id], row.received_at, what, row.error)


def _jobs(db: Database, names: dict[int, str]) -> Iterator[Task]:
    with db.session() as reader:
        for row in outbox.list_dead(reader):
            merchant = names.get(row.merchant_id or 0, "")
            yield Task(TaskKind.JOB, merchant, row.created_at, row.key, row.error)


def _questions(db: Database, names: dict[int, str], now: datetime) -> Iterator[Task]:
    with db.session() as reader:
        for row in polls.list_failing(reader, before=now - LONG):
            since = row.failing_since or now
            what = f"{row.listing} of Holded, asked {row.fails} times in vain"
            yield Task(TaskKind.QUESTION, names[row.merchant_id], since, what, row.error)


def _answers(db: Database, names: dict[int, str], now: datetime) -> Iterator[Task]:
    with db.session() as reader:
        for row in operations.list_unanswered(reader, before=now - LONG):
            what = f"{row.verb} {row.id} about {row.subject}"
            yield Task(TaskKind.ANSWER, names[row.merchant_id], row.created_at, what)


def _differences(db: Database, names: dict[int, str]) -> Iterator[Task]:
    """Return what a reconciliation found that is for a person and not listed above already."""
    wanted = [kind for kind, what in KINDS.items() if not (what.is_safe or what.is_listed)]
    with db.session() as reader:
        for row in reader.scalars(select(DifferenceRow).where(DifferenceRow.kind.in_(wanted))):
            found = row.to_difference()
            yield Task(
                TaskKind.DIFFERENCE, names[row.merchant_id], row.found_at, found.sentence, row.kind
            )
