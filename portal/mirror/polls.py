"""How far looking for changes has come, for providers that do not tell them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit
from portal.domain.polls import Listing, next_listing


class PollRow(Base):
    """One question to Holded for one merchant.

    `cursor` is the page to go on with, empty at the beginning. `began_at` is when the first page
    of a round was read, `state_at` the same by Holded's clock, and `read_to` when the last round
    began that came to its end. `failing_since` is set while there is no answer, `fails` times in a
    row.
    """

    __tablename__ = "polls"

    merchant_id: Mapped[int] = mapped_column(
        ForeignKey("merchants.id", ondelete="CASCADE"), primary_key=True
    )
    listing: Mapped[str] = mapped_column(String(20), primary_key=True)
    due_at: Mapped[datetime]
    cursor: Mapped[str] = mapped_column(String(200), default="")
    began_at: Mapped[datetime | None]
    state_at: Mapped[datetime | None]
    read_to: Mapped[datetime | None]
    fails: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(500), default="")


def next_of(unit: Unit, merchant_id: int, *, now: datetime) -> PollRow:
    """Return the question whose turn it is; all of them are due where none was asked yet."""
    rows = _of(unit, merchant_id)
    for listing in set(Listing) - set(rows):
        rows[listing] = PollRow(merchant_id=merchant_id, listing=listing, due_at=now)
        unit.add(rows[listing])
    unit.flush()
    return rows[next_listing({listing: row.due_at for listing, row in rows.items()})]


def get(unit: Unit, merchant_id: int, listing: Listing) -> PollRow:
    """Return one question, held against other writers."""
    return unit.get_one(PollRow, (merchant_id, listing), with_for_update=True)


def rest(unit: Unit, merchant_id: int) -> None:
    """Forget failures of a merchant whose provider tells changes by itself again."""
    unit.execute(
        update(PollRow)
        .where(PollRow.merchant_id == merchant_id, PollRow.fails > 0)
        .values(fails=0, failing_since=None, error="")
    )


def list_failing(reader: Unit, *, before: datetime) -> Sequence[PollRow]:
    """Return the questions of every merchant that have had no answer since before a moment."""
    return reader.scalars(select(PollRow).where(PollRow.failing_since < before)).all()


def _of(unit: Unit, merchant_id: int) -> dict[Listing, PollRow]:
    found = unit.scalars(select(PollRow).where(PollRow.merchant_id == merchant_id))
    return {Listing(row.listing): row for row in found}
