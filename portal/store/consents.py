"""Consents: what a customer agreed to, in which words, when and from where."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit


class ConsentRow(Base):
    """One agreement; `subject` is the payment or operation it was given with.

    `method` is the saved payment method it turned out to be about, empty as long as none is.
    """

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(45), default="")
    method: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]


def add(
    unit: Unit,
    merchant_id: int,
    customer_id: int,
    kind: str,
    *,
    subject: str,
    text: str,
    locale: str,
    address: str,
    now: datetime,
) -> None:
    """Keep the very words that were agreed to."""
    unit.add(
        ConsentRow(
            merchant_id=merchant_id,
            customer_id=customer_id,
            kind=kind,
            subject=subject,
            text=text,
            locale=locale,
            address=address,
            at=now,
        )
    )


def name_method(unit: Unit, subject: str, method: str) -> None:
    """Write which method was saved with what was agreed to."""
    unit.execute(update(ConsentRow).where(ConsentRow.subject == subject).values(method=method))


def methods_of(reader: Reader, merchant_id: int, customer_id: int) -> frozenset[str]:
    """Return the methods of a customer whose owner agreed to later charges."""
    query = select(ConsentRow.method).where(
        ConsentRow.merchant_id == merchant_id,
        ConsentRow.customer_id == customer_id,
        ConsentRow.kind == "keep_method",
        ConsentRow.method != "",
    )
    return frozenset(row.method for row in reader.rows(query))


def text_of(unit: Unit, subject: str) -> str:
    """Return the words agreed to with a payment or operation, empty if there were none."""
    found = unit.scalars(select(ConsentRow.text).where(ConsentRow.subject == subject)).first()
    return found or ""
