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
from portal.domain.counterparts import ProblemCode
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.reconciliation import KINDS
from portal.domain.refunds import given_back, still_owed
from portal.mirror import polls, refunds
from portal.services import counterparts
from portal.store import counterparts as documents
from portal.store import declarations, enquiries, inbox, merchants, operations, outbox
from portal.store.merchants import MerchantRow
from portal.store.reconciliation import DifferenceRow
from portal.store.settlements import SettlementRow, SettlementState

# What is not known for this long is not about to be known.
LONG = timedelta(hours=1)


class TaskKind(StrEnum):
    """What a person has to do.

    REFUND: give money back at Stripe. BOOKING: look in Holded what stands on the invoice. EVENT and
    JOB: see why it failed, then have it done again. ANSWER: Stripe has not said what it did.
    DIFFERENCE: Stripe, Holded and the portal say different things, see `flask portal reconcile`.
    QUESTION: see why Holded does not answer what the worker looks for there.
    COUNTERPART: see to a Holded document that is to stand for a Stripe invoice or refund.
    ENQUIRY: answer a customer, see `flask portal enquiry`.
    DECLARATION: end a contract or undo one, see `flask portal declaration`.
    """

    REFUND = "refund"
    BOOKING = "booking"
    EVENT = "event"
    JOB = "job"
    ANSWER = "answer"
    DIFFERENCE = "difference"
    QUESTION = "question"
    COUNTERPART = "counterpart"
    ENQUIRY = "enquiry"
    DECLARATION = "declaration"


WHY = {
    ProblemCode.CURRENCY: "it is in another currency than the books",
    ProblemCode.NEGATIVE: "its sum is negative, which is a credit note",
    ProblemCode.SUMS: "its sums do not agree to the cent",
    ProblemCode.NO_TAX: "Holded has no tax on sales of this rate",
    ProblemCode.SEVERAL_TAXES: "name one of these taxes in the rule holded_taxes",
    ProblemCode.ANONYMOUS: "its customer has no name, or no address or tax number to be known by",
    ProblemCode.CONTACTS: "write the right contact's id into the customer's metadata at Stripe",
    ProblemCode.SEVERAL_DOCUMENTS: "several documents of it were issued",
    ProblemCode.GONE: "its draft was deleted",
    ProblemCode.REFUSED: "Holded does not take it",
    ProblemCode.VOIDED: "it is void in one of both systems",
    ProblemCode.REST: "this is left to pay, though Stripe counts it as paid",
    ProblemCode.UNEXPLAINED: "look at the payments that stand on it",
    ProblemCode.REFUND_CAME_BACK: "the refund failed after its credit note was approved",
}


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
    found += [*_differences(db, names), *_answers(db, names, now), *_questions(db, names, now)]
    found += [*_counterparts(db, names, now), *_enquiries(db, names)]
    found += _declarations(db, names)
    return sorted(found, key=lambda task: task.since)


def try_again(db: Database, *, now: datetime) -> int:
    """Have the worker do again what was given up, and return how much that is."""
    with db.write() as unit:
        revived = inbox.revive(unit, now=now) + outbox.revive(unit, now=now)
        return revived + counterparts.revive(unit, now=now)


def let_go(db: Database, source: str, *, now: datetime) -> int:
    """Drop what a person has seen to by hand in Holded, and return how much that was."""
    with db.write() as unit:
        return counterparts.let_go(unit, source, now=now)


def _bookings(db: Database, names: dict[int, str]) -> Iterator[Task]:
    wanted = SettlementRow.state == SettlementState.UNKNOWN
    with db.session() as reader:
        for row in reader.scalars(select(SettlementRow).where(wanted)):
            yield _of_settlement(TaskKind.BOOKING, names[row.merchant_id], row, row.amount)


def _enquiries(db: Database, names: dict[int, str]) -> Iterator[Task]:
    with db.session() as reader:
        for row in enquiries.list_open(reader):
            what = " ".join(filter(None, (f"question {row.number}:", row.topic, row.subject)))
            yield Task(TaskKind.ENQUIRY, names[row.merchant_id], row.at, what)


def _declarations(db: Database, names: dict[int, str]) -> Iterator[Task]:
    with db.session() as reader:
        for row in declarations.list_open(reader):
            what = f"declaration {row.id} ({row.lane}): {row.contract}"
            yield Task(TaskKind.DECLARATION, names[row.merchant_id], row.received_at, what)


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


def _counterparts(db: Database, names: dict[int, str], now: datetime) -> Iterator[Task]:
    with db.session() as reader:
        for row in documents.list_problems(reader):
            why = f"{WHY[ProblemCode(row.problem)]} ({row.detail})"
            what = f"{row.source} {row.number}".strip()
            yield Task(TaskKind.COUNTERPART, names[row.merchant_id], row.changed_at, what, why)
        for row in documents.list_late(reader, before=now - LONG):
            key = f"{row.merchant_id}:{row.source}"
            why = outbox.find_error(reader, counterparts.job_of(row), key) or "it is on its way"
            yield Task(
                TaskKind.COUNTERPART, names[row.merchant_id], row.changed_at, row.source, why
            )
