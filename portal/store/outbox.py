"""The outbox: what we still must do, as rows written in the transaction that made it necessary.

A job is a name and ids, never objects and never secrets. It is leased, retried with back-off and
given up visibly; the same `key` waits only once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, bindparam, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit, upsert, word


class JobState(StrEnum):
    """WAITING: to be run. DEAD: given up, for the operator to look at."""

    WAITING = "waiting"
    DEAD = "dead"


class JobRow(Base):
    """One thing still to be done; deleted when it is."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int | None] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default=JobState.WAITING)
    run_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "ix_jobs_waiting",
            "run_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )


_WAITING = (
    select(JobRow)
    .where(JobRow.state == word(JobState.WAITING), JobRow.run_at <= bindparam("now"))
    .order_by(JobRow.run_at, JobRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)


def add(
    unit: Unit,
    name: str,
    key: str,
    *,
    merchant_id: int | None,
    now: datetime,
    run_at: datetime | None = None,
    **arguments: Any,
) -> None:
    """Write a job; where one of the same name and key waits, that one will do.

    A job that is being run while it is added again runs once more: its row is made due.
    """
    insert = _insert(unit, name, key, merchant_id, run_at or now, now, arguments)
    unit.execute(
        insert.on_conflict_do_update(
            index_elements=["key"],
            set_={"run_at": insert.excluded.run_at, "tries": 0, "state": JobState.WAITING},
        )
    )


def add_once(
    unit: Unit, name: str, key: str, *, merchant_id: int | None, now: datetime, **arguments: Any
) -> None:
    """Write a job unless one of the same name and key is there, waiting, running or given up."""
    insert = _insert(unit, name, key, merchant_id, now, now, arguments)
    unit.execute(insert.on_conflict_do_nothing())


def _insert(
    unit: Unit,
    name: str,
    key: str,
    merchant_id: int | None,
    run_at: datetime,
    now: datetime,
    arguments: dict[str, Any],
) -> Any:
    return upsert(unit.dialect, JobRow).values(
        merchant_id=merchant_id,
        name=name,
        key=f"{name}:{key}",
        arguments=arguments,
        state=JobState.WAITING,
        run_at=run_at,
        tries=0,
        error="",
        created_at=now,
    )


def claim(unit: Unit, *, now: datetime, lease: timedelta, limit: int = 1) -> list[JobRow]:
    """Take jobs that are due; they come back by themselves if they are not finished in time."""
    jobs = list(unit.scalars(_WAITING, {"now": now, "limit": limit}))
    for job in jobs:
        job.run_at, job.tries = now + lease, job.tries + 1
    return jobs


def finish(unit: Unit, job: JobRow) -> None:
    """Delete a job that is done, unless it was asked for again while it ran."""
    unit.execute(delete(JobRow).where(JobRow.id == job.id, JobRow.run_at == job.run_at))


def postpone(unit: Unit, job: JobRow, why: str, *, until: datetime, is_dead: bool = False) -> None:
    """Put a job back for later, or give it up, and say why."""
    unit.execute(
        update(JobRow)
        .where(JobRow.id == job.id)
        .values(run_at=until, error=why[:500], state=JobState.DEAD if is_dead else JobState.WAITING)
    )


def list_dead(unit: Unit) -> Sequence[JobRow]:
    """Return the jobs that were given up."""
    return unit.scalars(select(JobRow).where(JobRow.state == JobState.DEAD)).all()


def find_error(unit: Unit, name: str, key: str) -> str:
    """Return why a job that waits was not done yet, empty if it was not tried or does not wait."""
    return unit.scalar(select(JobRow.error).where(JobRow.key == f"{name}:{key}")) or ""


def revive(unit: Unit, *, now: datetime) -> int:
    """Have every job that was given up run again, and return how many."""
    return unit.write(
        update(JobRow)
        .where(JobRow.state == JobState.DEAD)
        .values(state=JobState.WAITING, run_at=now, tries=0)
    )
