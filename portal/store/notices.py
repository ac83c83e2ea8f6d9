"""Notices: what was told to somebody once, so that no job tells it again.

A job's row is gone when it is done; this one stays.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, bindparam, delete, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit, upsert
from portal.store.merchants import MerchantRow


class NoticeRow(Base):
    """One thing that was told, or done, once: `kind` says what, `subject` what about."""

    __tablename__ = "notices"

    merchant_id: Mapped[int] = mapped_column(
        ForeignKey("merchants.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[datetime]


_WITHOUT = (
    select(MerchantRow.id)
    .where(
        ~exists().where(
            NoticeRow.merchant_id == MerchantRow.id,
            NoticeRow.kind == bindparam("kind"),
            NoticeRow.subject == bindparam("subject"),
        )
    )
    .order_by(MerchantRow.id)
)


def add_once(unit: Unit, merchant_id: int, kind: str, subject: str, *, now: datetime) -> bool:
    """Note that something is told, and say whether it was not told before."""
    insert = upsert(unit.dialect, NoticeRow).values(
        merchant_id=merchant_id, kind=kind, subject=subject[:120], at=now
    )
    told = unit.row(insert.on_conflict_do_nothing().returning(NoticeRow.at))
    return told is not None


def is_told(reader: Reader, merchant_id: int, kind: str, subject: str) -> bool:
    """Say whether something was told before."""
    query = select(NoticeRow.at).where(
        NoticeRow.merchant_id == merchant_id,
        NoticeRow.kind == kind,
        NoticeRow.subject == subject[:120],
    )
    return reader.row(query) is not None


def last_of(reader: Reader, merchant_id: int, kind: str, start: str) -> str:
    """Return the latest subject of a kind that begins like this, empty if there is none."""
    query = (
        select(NoticeRow.subject)
        .where(
            NoticeRow.merchant_id == merchant_id,
            NoticeRow.kind == kind,
            NoticeRow.subject.startswith(start, autoescape=True),
        )
        .order_by(NoticeRow.at.desc())
        .limit(1)
    )
    row = reader.row(query)
    return str(row.subject) if row is not None else ""


def list_without(reader: Reader, kind: str, subject: str) -> list[int]:
    """Return the merchants that something was not done for yet."""
    return [row.id for row in reader.rows(_WITHOUT, {"kind": kind, "subject": subject})]


def forget_before(unit: Unit, merchant_id: int, kind: str, subject: str) -> None:
    """Delete the notices of a kind whose subject, a day in ISO, is past."""
    unit.execute(
        delete(NoticeRow).where(
            NoticeRow.merchant_id == merchant_id,
            NoticeRow.kind == kind,
            NoticeRow.subject < subject,
        )
    )
