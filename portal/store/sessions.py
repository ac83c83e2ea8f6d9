"""Portal sessions: rows, so that they can be ended here; the cookie holds a random key only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, ForeignKey, Index, String, bindparam, delete, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Database, Unit
from portal.domain.access import ACTIVITY_STEP, EVERYTHING, Scope

log = structlog.get_logger()


class SessionRow(Base):
    """One signed-in browser.

    `customer_id` is empty while somebody with several customers has not chosen one. `email` is the
    address that was proved, empty for links. `locale` is what the providers told of the customer.
    `entered_by` is sign_in, session_link or invoice_link.
    """

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    origin: Mapped[str] = mapped_column(String(10), default="")
    invoice: Mapped[str] = mapped_column(String(64), default="")
    locale: Mapped[str] = mapped_column(String(35), default="")
    entered_by: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime] = mapped_column(index=True)
    last_active_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_sessions_email", "merchant_id", "email"),)


_IDLE_SINCE = (
    SessionRow.id == bindparam("which"),
    SessionRow.last_active_at <= bindparam("before"),
)
_TOUCH = update(SessionRow).where(*_IDLE_SINCE).values(last_active_at=bindparam("at"))
_TOUCH_UNLESS_LOCKED = (
    update(SessionRow)
    .where(
        SessionRow.id.in_(
            select(SessionRow.id).where(*_IDLE_SINCE).with_for_update(skip_locked=True)
        )
    )
    .values(last_active_at=bindparam("at"))
)
_END = update(SessionRow).where(SessionRow.id == bindparam("which"), SessionRow.ended_at.is_(None))
_END_ALL = update(SessionRow).where(
    SessionRow.merchant_id == bindparam("merchant"),
    SessionRow.ended_at.is_(None),
    or_(
        SessionRow.customer_id == bindparam("customer"),
        (SessionRow.email == bindparam("of_email")) & (SessionRow.email != ""),
    ),
)
_END_NARROWED = update(SessionRow).where(
    SessionRow.merchant_id == bindparam("merchant"),
    SessionRow.origin == bindparam("of_origin"),
    SessionRow.invoice == bindparam("of_invoice"),
    SessionRow.ended_at.is_(None),
)


def add(
    unit: Unit,
    *,
    key_hash: str,
    merchant_id: int,
    customer_id: int | None,
    entered_by: str,
    now: datetime,
    email: str = "",
    scope: Scope = EVERYTHING,
    locale: str = "",
) -> int:
    """Start a session and return its id."""
    row = SessionRow(
        key_hash=key_hash,
        merchant_id=merchant_id,
        customer_id=customer_id,
        email=email,
        origin=scope.origin or "",
        invoice=scope.invoice,
        locale=locale,
        entered_by=entered_by,
        started_at=now,
        last_active_at=now,
    )
    unit.add(row)
    unit.flush()
    return row.id


def touch(db: Database, session_id: int, *, now: datetime) -> None:
    """Write that a session is in use, at most once a step; give up at once if that cannot be.

    The hour since the last activity may then end a minute early, and nobody waits for a lock, or
    loses a page that only reads because the disk is full.
    """
    values = {"which": session_id, "before": now - ACTIVITY_STEP, "at": now}
    touch = _touch_sqlite if db.is_sqlite else _touch_postgresql
    try:
        with db.reading_engine.connect() as connection:
            touch(connection, values)
    except DBAPIError as error:
        log.warning("session.activity_not_written", error=type(error.orig).__name__)


def _touch_postgresql(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(_TOUCH_UNLESS_LOCKED, values)


def _touch_sqlite(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        connection.execute(_TOUCH, values)
    finally:
        connection.exec_driver_sql("PRAGMA busy_timeout = 5000")


def choose(unit: Unit, session_id: int, *, customer_id: int, key_hash: str, locale: str) -> None:
    """Give a session its customer and, since it may see more now, a new key."""
    unit.write(
        update(SessionRow)
        .where(SessionRow.id == session_id)
        .values(customer_id=customer_id, key_hash=key_hash, locale=locale)
    )


def end(unit: Unit, session_id: int, *, now: datetime) -> None:
    """End one session."""
    unit.write(_END.values(ended_at=now), {"which": session_id})


def end_all(
    unit: Unit, merchant_id: int, *, customer_id: int | None, email: str, now: datetime
) -> int:
    """End every session of a customer and of an address, and return how many there were."""
    return unit.write(
        _END_ALL.values(ended_at=now),
        {"merchant": merchant_id, "customer": customer_id, "of_email": email},
    )


def end_narrowed(unit: Unit, merchant_id: int, scope: Scope, *, now: datetime) -> int:
    """End every session that sees one invoice only, and return how many there were."""
    return unit.write(
        _END_NARROWED.values(ended_at=now),
        {"merchant": merchant_id, "of_origin": scope.origin, "of_invoice": scope.invoice},
    )


def forget(unit: Unit, *, before: datetime) -> int:
    """Delete the sessions that started before a moment and return how many there were."""
    return unit.write(delete(SessionRow).where(SessionRow.started_at < before))
