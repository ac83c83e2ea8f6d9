"""Counterparts: the Holded documents that stand for Stripe's invoices and refunds, on their way."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, bindparam, func, select, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import UniqueConstraint

from portal.db import Base, MinorUnits, Reader, Unit
from portal.domain.counterparts import Problem
from portal.domain.merchants import Merchant


class CounterpartState(StrEnum):
    """How far a document has come.

    BEGUN: what it is to hold may still be worked out. SENT: a draft may have been written, Holded
    is asked before it is sent again. DRAFTED: it stands there with the right sum. ISSUED: it was
    approved, and its money is waited for. PAYING: the payment may have been booked. DONE: nothing
    is left to be done (a credit note: the merchant has it). DROPPED: nothing stands there and
    nothing is to.
    """

    BEGUN = "begun"
    SENT = "sent"
    DRAFTED = "drafted"
    ISSUED = "issued"
    PAYING = "paying"
    DONE = "done"
    DROPPED = "dropped"


class CounterpartRow(Base):
    """One document; unique per Stripe object and invoice it corrects, so that it is made once.

    `source` is the Stripe invoice, or the refund; `corrects` the Holded invoice that a credit note
    is for, empty for an invoice. `draft` is frozen before it is first sent, `sends` counts how
    often it was. `before` is what the invoice's payments on our treasury were before the first is
    booked ([[id, amount], …] in minor units), `entry` the provider's id of what we booked.
    `problem` waits for a person.
    """

    __tablename__ = "counterparts"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    livemode: Mapped[bool]
    account: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(64))
    corrects: Mapped[str] = mapped_column(String(64), default="")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    contact: Mapped[str] = mapped_column(String(64), default="")
    document: Mapped[str] = mapped_column(String(64), default="")
    number: Mapped[str] = mapped_column(String(80), default="")
    amount: Mapped[MinorUnits]
    paid: Mapped[MinorUnits] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    intent: Mapped[str] = mapped_column(String(64), default="")
    draft: Mapped[str] = mapped_column(Text, default="")
    sends: Mapped[int] = mapped_column(default=0)
    paid_on: Mapped[date | None] = mapped_column(Date)
    before: Mapped[list[Any] | None] = mapped_column(JSON)
    entry: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str] = mapped_column(String(30), default="")
    detail: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("merchant_id", "livemode", "account", "source", "corrects"),
        Index("ix_counterparts_document", "merchant_id", "document"),
        Index(
            "ix_counterparts_problem",
            "merchant_id",
            sqlite_where=text("problem <> ''"),
            postgresql_where=text("problem <> ''"),
        ),
    )

    def move(self, state: CounterpartState, *, now: datetime) -> None:
        """Go on to a state."""
        self.state, self.changed_at = state, now

    def note(self, problem: Problem, *, now: datetime) -> None:
        """Leave something for a person to see to; nothing goes on by itself until then."""
        self.problem, self.detail, self.changed_at = problem.code, problem.detail[:300], now


_OF_SOURCES = select(CounterpartRow.source).where(
    CounterpartRow.merchant_id == bindparam("merchant"),
    CounterpartRow.livemode == bindparam("livemode"),
    CounterpartRow.account == bindparam("account"),
    CounterpartRow.source.in_(bindparam("sources", expanding=True)),
)


def begin(
    unit: Unit,
    merchant: Merchant,
    source: str,
    *,
    corrects: str = "",
    customer_id: int | None,
    amount: int,
    currency: str,
    intent: str = "",
    contact: str = "",
    now: datetime,
) -> CounterpartRow:
    """Write a document that is to be made."""
    row = CounterpartRow(
        merchant_id=merchant.id,
        livemode=merchant.livemode,
        account=merchant.stripe_account,
        source=source,
        corrects=corrects,
        customer_id=customer_id,
        contact=contact,
        amount=amount,
        currency=currency,
        intent=intent,
        state=CounterpartState.BEGUN,
        created_at=now,
        changed_at=now,
    )
    unit.add(row)
    unit.flush()
    return row


def get(unit: Unit, id: int) -> CounterpartRow:
    """Return one, held against other writers until the unit ends."""
    return unit.get_one(CounterpartRow, id, with_for_update=True)


def list_of_source(unit: Unit, merchant: Merchant, source: str) -> list[CounterpartRow]:
    """Return what stands for a Stripe invoice (one at most) or refund (one for each invoice)."""
    return list(
        unit.scalars(
            select(CounterpartRow)
            .where(
                CounterpartRow.merchant_id == merchant.id,
                CounterpartRow.livemode == merchant.livemode,
                CounterpartRow.account == merchant.stripe_account,
                CounterpartRow.source == source,
            )
            .order_by(CounterpartRow.id)
        )
    )


def find(reader: Unit, merchant: Merchant, source: str) -> CounterpartRow | None:
    """Return what stands for a Stripe invoice, None if nothing was begun."""
    return next(iter(list_of_source(reader, merchant, source)), None)


def find_known(reader: Reader, merchant: Merchant, sources: Sequence[str]) -> frozenset[str]:
    """Return which of some Stripe objects something was begun for."""
    values = {
        "merchant": merchant.id,
        "livemode": merchant.livemode,
        "account": merchant.stripe_account,
        "sources": list(sources),
    }
    return frozenset(row.source for row in reader.rows(_OF_SOURCES, values))


def sum_credited(unit: Unit, merchant: Merchant, invoice: str, intent: str) -> int:
    """Return what refunds of one intent were credited of a Holded invoice so far, in cents."""
    query = select(func.sum(CounterpartRow.amount)).where(
        CounterpartRow.merchant_id == merchant.id,
        CounterpartRow.livemode == merchant.livemode,
        CounterpartRow.corrects == invoice,
        CounterpartRow.intent == intent,
        CounterpartRow.state != CounterpartState.DROPPED,
    )
    return int(unit.scalar(query) or 0)


def list_corrected(reader: Reader, merchant: Merchant, documents: Sequence[str]) -> dict[str, str]:
    """Return, by credit note of ours, the Holded invoice it corrects."""
    query = select(CounterpartRow.document, CounterpartRow.corrects).where(
        CounterpartRow.merchant_id == merchant.id,
        CounterpartRow.livemode == merchant.livemode,
        CounterpartRow.document.in_(list(documents)),
        CounterpartRow.corrects != "",
    )
    return {row.document: row.corrects for row in reader.rows(query)} if documents else {}


def list_sources(reader: Reader, merchant: Merchant, documents: Sequence[str]) -> dict[str, str]:
    """Return, by Holded invoice of ours, the Stripe invoice it was made of."""
    query = select(CounterpartRow.document, CounterpartRow.source).where(
        CounterpartRow.merchant_id == merchant.id,
        CounterpartRow.livemode == merchant.livemode,
        CounterpartRow.document.in_(list(documents)),
        CounterpartRow.corrects == "",
    )
    return {row.document: row.source for row in reader.rows(query)} if documents else {}


def list_late(unit: Unit, *, before: datetime) -> list[CounterpartRow]:
    """Return what has been on its way since a moment, of every merchant, the oldest first."""
    moving = [
        CounterpartState.BEGUN,
        CounterpartState.SENT,
        CounterpartState.DRAFTED,
        CounterpartState.PAYING,
    ]
    return list(
        unit.scalars(
            select(CounterpartRow)
            .where(
                CounterpartRow.state.in_(moving),
                CounterpartRow.problem == "",
                CounterpartRow.changed_at < before,
            )
            .order_by(CounterpartRow.changed_at)
        )
    )


def list_problems(unit: Unit) -> list[CounterpartRow]:
    """Return what waits for a person, of every merchant, the oldest first."""
    return list(
        unit.scalars(
            select(CounterpartRow)
            .where(CounterpartRow.problem != "")
            .order_by(CounterpartRow.changed_at)
        )
    )
