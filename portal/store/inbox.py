"""The inbox: every webhook event, kept raw before anything is done about it.

A row is its own job: it has a lease and a number of tries, so that receiving is one insert.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    String,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Database, Reader, Unit, upsert, word


class EventState(StrEnum):
    """WAITING: to be processed. HANDLED. QUARANTINED: not for this endpoint. DEAD: given up."""

    WAITING = "waiting"
    HANDLED = "handled"
    QUARANTINED = "quarantined"
    DEAD = "dead"


class WebhookEventRow(Base):
    """One event as it came; unique by provider, account, mode and the provider's event id."""

    __tablename__ = "webhook_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(10))
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    event: Mapped[str] = mapped_column(String(80))
    type: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    object: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    received_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12))
    tries: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (
        UniqueConstraint("merchant_id", "provider", "account", "livemode", "event"),
        Index(
            "ix_webhook_events_waiting",
            "run_at",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )


_WAITING = (
    select(WebhookEventRow.__table__)
    .where(WebhookEventRow.state == word("waiting"), WebhookEventRow.run_at <= bindparam("now"))
    .order_by(WebhookEventRow.run_at, WebhookEventRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_LAST_RECEIVED = select(func.max(WebhookEventRow.received_at).label("at")).where(
    WebhookEventRow.merchant_id == bindparam("merchant"),
    WebhookEventRow.provider == bindparam("provider"),
)
_LEASE = (
    update(WebhookEventRow)
    .where(WebhookEventRow.id.in_(bindparam("ids", expanding=True)))
    .values(run_at=bindparam("until"), tries=WebhookEventRow.tries + 1)
)
_FINISH = (
    update(WebhookEventRow)
    .where(WebhookEventRow.id.in_(bindparam("ids", expanding=True)))
    .values(state=bindparam("new_state"), error="")
)
_POSTPONE = (
    update(WebhookEventRow)
    .where(WebhookEventRow.id.in_(bindparam("ids", expanding=True)))
    .values(run_at=bindparam("until"), error=bindparam("why"), state=bindparam("new_state"))
)


def add(db: Database, **values: Any) -> bool:
    """Insert an event and say whether it was new; a repeat changes nothing."""
    return db.insert(_insert(db.dialect), {"tries": 0, "error": "", **values}) == 1


@cache
def _insert(dialect: str) -> Any:
    return upsert(dialect, WebhookEventRow).on_conflict_do_nothing()


def claim(unit: Unit, *, now: datetime, lease: timedelta, limit: int) -> Sequence[Row[Any]]:
    """Take events to process; they come back by themselves if they are not finished in time."""
    rows = unit.rows(_WAITING, {"now": now, "limit": limit})
    if rows:
        unit.execute(_LEASE, {"ids": [row.id for row in rows], "until": now + lease})
    return rows


def finish(unit: Unit, ids: Sequence[int], state: EventState = EventState.HANDLED) -> None:
    """Mark events as done with."""
    unit.execute(_FINISH, {"ids": list(ids), "new_state": state})


def postpone(
    unit: Unit, ids: Sequence[int], why: str, *, until: datetime, is_dead: bool = False
) -> None:
    """Put events back for later, or give them up, and say why."""
    state = EventState.DEAD if is_dead else EventState.WAITING
    unit.execute(
        _POSTPONE, {"ids": list(ids), "until": until, "why": why[:500], "new_state": state}
    )


def last_received(reader: Reader, merchant_id: int, provider: str) -> datetime | None:
    """Return when a merchant's provider told anything last, None if it never did."""
    row = reader.row(_LAST_RECEIVED, {"merchant": merchant_id, "provider": provider})
    return row.at if row is not None else None


def list_dead(reader: Reader) -> Sequence[Row[Any]]:
    """Return the events that were given up."""
    table = WebhookEventRow.__table__
    wanted = select(
        table.c.merchant_id,
        table.c.received_at,
        table.c.type,
        table.c.event,
        table.c.object,
        table.c.error,
    )
    return reader.rows(wanted.where(table.c.state == EventState.DEAD))


def revive(unit: Unit, *, now: datetime) -> int:
    """Have every event that was given up processed again, and return how many."""
    return unit.write(
        update(WebhookEventRow)
        .where(WebhookEventRow.state == EventState.DEAD)
        .values(state=EventState.WAITING, run_at=now, tries=0)
    )
