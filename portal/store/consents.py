"""Consents: what a customer agreed to, in which words, when and from where."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit


class ConsentRow(Base):
    """One agreement; `subject` is the payment or operation it was given with."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(45), default="")
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


def text_of(unit: Unit, subject: str) -> str:
    """Return the words agreed to with a payment or operation, empty if there were none."""
    found = unit.scalars(select(ConsentRow.text).where(ConsentRow.subject == subject)).first()
    return found or ""
