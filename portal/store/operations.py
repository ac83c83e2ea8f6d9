"""Operations: what we are about to ask of a provider, committed before it is asked.

The row's id is the idempotency key. Its parameters are frozen: a repeat sends the same ones. An
operation without an answer is UNKNOWN until the provider has been read or asked again with
the same key.
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit, word
from portal.domain.merchants import Merchant

# The error of an operation that a newer wish of the customer made pointless.
SUPERSEDED = "superseded"


class OperationState(StrEnum):
    """PENDING: committed, maybe sent. DONE and REFUSED: answered. UNKNOWN: the answer was lost.

    WAITING: answered with yes, and what was asked for comes about with a payment, or not at all.
    """

    PENDING = "pending"
    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"
    UNKNOWN = "unknown"


ANSWERED = frozenset({OperationState.DONE, OperationState.REFUSED, OperationState.WAITING})


class OperationRow(Base):
    """One outbound write.

    `leave_url` is where the customer must go on to, `return_key` what the address they come back
    to carries, `subject` the provider's id of what it is about, `answer` what we keep of it.
    """

    __tablename__ = "operations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    verb: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80), default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10))
    answer: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(String(80), default="")
    leave_url: Mapped[str] = mapped_column(Text, default="")
    return_key: Mapped[str] = mapped_column(String(43), unique=True)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_operations_state_created_at", "state", "created_at"),
        Index("ix_operations_customer_id_verb", "customer_id", "verb"),
        Index(
            "ix_operations_waiting",
            "merchant_id",
            "subject",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    @property
    def is_answered(self) -> bool:
        """Whether the provider's answer is known."""
        return self.state in ANSWERED


def begin(
    unit: Unit,
    merchant: Merchant,
    verb: str,
    *,
    customer_id: int | None,
    parameters: dict[str, Any],
    subject: str = "",
    now: datetime,
    id: str = "",
) -> OperationRow:
    """Write the row that must be committed before the provider is called.

    `id` is given where what the customer does has a name of its own (a payment's id), so that the
    same deed meets the same row; otherwise it is random.
    """
    row = OperationRow(
        id=id or secrets.token_hex(12),
        merchant_id=merchant.id,
        account=merchant.stripe_account,
        livemode=merchant.livemode,
        customer_id=customer_id,
        verb=verb,
        subject=subject,
        parameters=parameters,
        state=OperationState.PENDING,
        return_key=secrets.token_urlsafe(32),
        created_at=now,
    )
    unit.add(row)
    unit.flush()
    return row


def get(unit: Unit, id: str) -> OperationRow | None:
    """Return an operation, held against other writers until the unit ends."""
    return unit.get(OperationRow, id, with_for_update=True)


def find_by_return_key(reader: Unit, key: str) -> OperationRow | None:
    """Return the operation whose return address carries this key."""
    return reader.scalars(select(OperationRow).where(OperationRow.return_key == key)).one_or_none()


def answer(row: OperationRow, *, now: datetime, leave_url: str = "", **kept: Any) -> None:
    """Record the provider's yes and what we keep of it."""
    row.state, row.answered_at = OperationState.DONE, now
    row.leave_url = leave_url
    row.answer = {**row.answer, **kept}


def refuse(row: OperationRow, error: str, *, now: datetime) -> None:
    """Record the provider's no by its code."""
    row.state, row.answered_at, row.error = OperationState.REFUSED, now, error[:80]


def lose(row: OperationRow) -> None:
    """Record that the answer was lost."""
    row.state = OperationState.UNKNOWN


def list_unanswered(unit: Unit, *, before: datetime, limit: int = 50) -> list[OperationRow]:
    """Return operations begun before a moment that have no answer, oldest first."""
    return list(
        unit.scalars(
            select(OperationRow)
            .where(
                OperationRow.state.in_([OperationState.PENDING, OperationState.UNKNOWN]),
                OperationRow.created_at < before,
            )
            .order_by(OperationRow.created_at)
            .limit(limit)
        )
    )


def list_unanswered_of(
    unit: Unit, customer_id: int, verbs: Collection[str], subject: str = ""
) -> list[OperationRow]:
    """Return what a customer asked for and has no answer, newest first; of any subject if empty."""
    about = [OperationRow.subject == subject] if subject else []
    return list(
        unit.scalars(
            select(OperationRow)
            .where(
                OperationRow.customer_id == customer_id,
                OperationRow.verb.in_(verbs),
                OperationRow.state.in_([OperationState.PENDING, OperationState.UNKNOWN]),
                *about,
            )
            .order_by(OperationRow.created_at.desc())
        )
    )


def find_last(unit: Unit, customer_id: int, verb: str, subject: str) -> OperationRow | None:
    """Return the last that was asked for a customer with a verb about a subject."""
    return unit.scalars(
        select(OperationRow)
        .where(
            OperationRow.customer_id == customer_id,
            OperationRow.verb == verb,
            OperationRow.subject == subject,
        )
        .order_by(OperationRow.created_at.desc())
        .limit(1)
    ).one_or_none()


def list_waiting(
    unit: Unit, merchant: Merchant, verb: str, subjects: Collection[str]
) -> list[OperationRow]:
    """Return what a merchant's customers asked for of these subjects and waits for a payment."""
    return list(
        unit.scalars(
            select(OperationRow)
            .where(
                OperationRow.state == word("waiting"),
                OperationRow.merchant_id == merchant.id,
                OperationRow.subject.in_(subjects),
                OperationRow.verb == verb,
                OperationRow.livemode == merchant.livemode,
            )
            .with_for_update()
        )
    )
