"""How fresh the mirror is: when each provider last answered, and how far a full sync has come."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import String, bindparam, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit, upsert
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.mirror.polls import PollRow
from portal.mirror.rows import account_of


class SourceRow(Base):
    """One provider for the whole installation: `failing_since` is set while it does not answer."""

    __tablename__ = "sources"

    origin: Mapped[str] = mapped_column(String(10), primary_key=True)
    answered_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]


class SyncRow(Base):
    """How far the full sync of one kind has come; `cursor` is empty at the start and the end."""

    __tablename__ = "sync_progress"

    merchant_id: Mapped[int] = mapped_column(primary_key=True)
    livemode: Mapped[bool] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    cursor: Mapped[str] = mapped_column(String(200))
    count: Mapped[int]
    finished_at: Mapped[datetime | None]


# How long a question to a provider may fail before pages say that what they show is old.
QUIET = timedelta(hours=1)
# Of all merchants where nobody is there, of one whose questions fail (its key may have ended).
FAILING = union_all(
    select(SourceRow.origin, SourceRow.answered_at.label("at")).where(
        SourceRow.failing_since.is_not(None)
    ),
    select(literal(Origin.HOLDED.value), PollRow.failing_since).where(
        PollRow.merchant_id == bindparam("merchant"),
        PollRow.failing_since <= bindparam("failing_before"),
    ),
)


def answered(unit: Unit, origin: Origin, *, now: datetime) -> None:
    """Record that a provider answered."""
    _save(unit, origin, {"answered_at": now, "failing_since": None})


def failed(unit: Unit, origin: Origin, *, now: datetime) -> None:
    """Record that a provider does not answer, since its first failure."""
    row = unit.get(SourceRow, origin)
    since = row.failing_since if row is not None and row.failing_since else now
    _save(unit, origin, {"failing_since": since})


def progress(reader: Unit, merchant: Merchant, origin: Origin, kind: str) -> SyncRow | None:
    """Return how far a sync came."""
    return reader.get(SyncRow, (merchant.id, merchant.livemode, account_of(merchant, origin), kind))


def save_progress(
    unit: Unit,
    merchant: Merchant,
    origin: Origin,
    kind: str,
    *,
    cursor: str,
    count: int,
    finished_at: datetime | None,
) -> None:
    """Record how far a sync has come, in the transaction that wrote the page."""
    unit.merge(
        SyncRow(
            merchant_id=merchant.id,
            livemode=merchant.livemode,
            account=account_of(merchant, origin),
            kind=kind,
            cursor=cursor,
            count=count,
            finished_at=finished_at,
        )
    )


def list_failing(
    reader: Reader, merchant: Merchant, *, now: datetime
) -> dict[Origin, datetime | None]:
    """Return each provider that does not answer a merchant with the last moment it did."""
    values = {"merchant": merchant.id, **failing_before(now)}
    return longest_silent((row.origin, row.at) for row in reader.rows(FAILING, values))


def failing_before(now: datetime) -> dict[str, datetime]:
    """Return the value that `FAILING` needs besides the merchant."""
    return {"failing_before": now - QUIET}


def longest_silent(found: Iterable[tuple[str, datetime | None]]) -> dict[Origin, datetime | None]:
    """Return the earliest moment told of each provider; unknown is earlier than all others."""
    silent: dict[Origin, datetime | None] = {}
    for name, at in found:
        origin = Origin(name)
        known = silent.get(origin, at)
        silent[origin] = min(known, at) if known and at else None
    return silent


def _save(unit: Unit, origin: Origin, values: dict[str, datetime | None]) -> None:
    insert = upsert(unit.dialect, SourceRow).values(origin=origin, **values)
    unit.execute(insert.on_conflict_do_update(index_elements=["origin"], set_=values))
