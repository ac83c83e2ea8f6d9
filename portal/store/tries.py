"""Counters of tries in the database, so that a limit holds over every process and restart."""

from datetime import datetime, timedelta

from sqlalchemy import Index, String, bindparam, case, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit, upsert

KEPT = timedelta(days=2)


class TryRow(Base):
    """How often something was tried since its window began; `key` is a hash, never an address."""

    __tablename__ = "tries"

    axis: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime]
    count: Mapped[int]

    __table_args__ = (Index("ix_tries_started_at", "started_at"),)


_GIVE_BACK = (
    update(TryRow)
    .where(TryRow.axis == bindparam("of_axis"), TryRow.key == bindparam("of_key"), TryRow.count > 0)
    .values(count=TryRow.count - 1)
)


def count(
    unit: Unit, axis: str, key: str, *, window: timedelta, now: datetime
) -> tuple[int, datetime]:
    """Count one try; return how many there were in the window, this one included, and its start."""
    insert = upsert(unit.dialect, TryRow)
    table = TryRow.__table__
    is_over = table.c.started_at <= now - window
    statement = insert.on_conflict_do_update(
        index_elements=["axis", "key"],
        set_={
            "count": case((is_over, 1), else_=table.c.count + 1),
            "started_at": case((is_over, insert.excluded.started_at), else_=table.c.started_at),
        },
    ).returning(table.c.count, table.c.started_at)
    row = unit.execute(
        statement.values(axis=axis, key=key, started_at=now, count=1),
    ).one()
    tried, began = row
    return tried, began


def give_back(unit: Unit, axis: str, key: str) -> None:
    """Take one try off the counter."""
    unit.write(_GIVE_BACK, {"of_axis": axis, "of_key": key})


def forget(unit: Unit, *, now: datetime) -> None:
    """Delete the counters whose windows are long over."""
    unit.write(delete(TryRow).where(TryRow.started_at < now - KEPT))
