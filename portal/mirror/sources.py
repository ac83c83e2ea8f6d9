"""How fresh the mirror is: when each provider last answered, and how far a full sync has come."""

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit, upsert
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
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


def list_failing(reader: Reader) -> dict[Origin, datetime | None]:
    """Return each provider that does not answer with the last moment it did."""
    query = select(SourceRow.origin, SourceRow.answered_at).where(
        SourceRow.failing_since.is_not(None)
    )
    return {Origin(row.origin): row.answered_at for row in reader.rows(query)}


def _save(unit: Unit, origin: Origin, values: dict[str, datetime | None]) -> None:
    insert = upsert(unit.dialect, SourceRow).values(origin=origin, **values)
    unit.execute(insert.on_conflict_do_update(index_elements=["origin"], set_=values))
