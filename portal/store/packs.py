"""Packs for the accountant: the documents of a period in one file, made by a job."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Row, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit, word
from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant


class PackState(StrEnum):
    """MAKING: its documents are being fetched. READY: its file is there, for some days."""

    MAKING = "making"
    READY = "ready"


class PackRow(Base):
    """One pack; the row goes with its file.

    `done` of `total` documents are here. `missing` names those whose issuer has no PDF. While
    `waits_until` is in the future, Holded's quota makes it wait.
    """

    __tablename__ = "packs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    first: Mapped[date]
    last: Mapped[date]
    locale: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    missing: Mapped[list[Any]] = mapped_column(JSON, default=list)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    waits_until: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_packs_customer_id", "customer_id", "asked_at"),)


_OF_CUSTOMER = (
    PackRow.merchant_id == bindparam("merchant"),
    PackRow.customer_id == bindparam("customer"),
)
_LIST = (
    select(PackRow.__table__)
    .where(*_OF_CUSTOMER)
    .order_by(PackRow.asked_at.desc(), PackRow.id)
    .limit(20)
)
_ONE = select(PackRow.__table__).where(*_OF_CUSTOMER, PackRow.id == bindparam("id"))
_MAKING = select(PackRow.id).where(*_OF_CUSTOMER, PackRow.state == word(PackState.MAKING))


def add(
    unit: Unit, merchant: Merchant, customer_id: int, first: date, last: date, **values: Any
) -> PackRow:
    """Write a pack that is to be made."""
    row = PackRow(
        id=secrets.token_hex(16),
        merchant_id=merchant.id,
        customer_id=customer_id,
        first=first,
        last=last,
        state=PackState.MAKING,
        **values,
    )
    unit.add(row)
    unit.flush()
    return row


def get(reader: Reader, merchant_id: int, customer_id: int, id: str) -> Row[Any]:
    """Return one pack of a customer; raises NotFound."""
    row = reader.row(_ONE, {"merchant": merchant_id, "customer": customer_id, "id": id})
    if row is None:
        raise NotFound(f"pack {id}")
    return row


def find(unit: Unit, merchant_id: int, id: str) -> PackRow | None:
    """Return a pack held against other writers, None if it is gone."""
    row = unit.get(PackRow, id, with_for_update=True)
    return row if row is not None and row.merchant_id == merchant_id else None


def making(reader: Reader, merchant_id: int, customer_id: int) -> str:
    """Return the id of the pack that is being made for a customer, empty if none is."""
    row = reader.row(_MAKING, {"merchant": merchant_id, "customer": customer_id})
    return str(row.id) if row is not None else ""


def list_of(reader: Reader, merchant_id: int, customer_id: int) -> Sequence[Row[Any]]:
    """Return a customer's packs, the newest first."""
    return reader.rows(_LIST, {"merchant": merchant_id, "customer": customer_id})
