"""Settlements: writing a succeeded payment's share into the system that issued the invoice."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, MinorUnits, Reader, Unit


class SettlementState(StrEnum):
    """WAITING: to be sent. SENT: maybe booked, the answer decides or a re-read. BOOKED: it stands
    there. UNKNOWN: what stands there cannot be explained, the merchant must look. REFUND: nothing
    is booked, because the invoice wanted no money any more.
    """

    WAITING = "waiting"
    SENT = "sent"
    BOOKED = "booked"
    UNKNOWN = "unknown"
    REFUND = "refund"


class SettlementRow(Base):
    """One booking; unique per payment and invoice, so that no second one can be written.

    `before` freezes the payments the invoice had on our treasury before the first send, as
    [[id, amount], …] in minor units, None where Holded does not tell them, and `paid_before` what
    was paid of it then; `entry` is the provider's id of what we booked. `amount` is
    what is booked, `excess` what the invoice did not want any more and has to go back.
    """

    __tablename__ = "settlements"

    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    invoice: Mapped[str] = mapped_column(String(64), primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    amount: Mapped[MinorUnits]
    excess: Mapped[MinorUnits] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    paid_on: Mapped[date]
    intent: Mapped[str] = mapped_column(String(64))
    treasury: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(10))
    before: Mapped[list[Any] | None] = mapped_column(JSON)
    paid_before: Mapped[MinorUnits | None]
    entry: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


_EXCESS = select(func.sum(SettlementRow.excess).label("excess")).where(
    SettlementRow.payment_id == bindparam("payment")
)


def find(unit: Unit, payment_id: str, invoice: str) -> SettlementRow | None:
    """Return the booking of a payment on an invoice, held against other writers."""
    return unit.get(SettlementRow, (payment_id, invoice), with_for_update=True)


def list_of_invoice(unit: Unit, merchant_id: int, invoice: str) -> list[SettlementRow]:
    """Return every booking on an invoice."""
    return list(
        unit.scalars(
            select(SettlementRow).where(
                SettlementRow.merchant_id == merchant_id, SettlementRow.invoice == invoice
            )
        )
    )


def excess_of(reader: Reader, payment_id: str) -> int:
    """Return what a payment brought beyond what its invoices wanted, in minor units."""
    row = reader.row(_EXCESS, {"payment": payment_id})
    return int(row.excess or 0) if row is not None else 0
