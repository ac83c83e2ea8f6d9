"""What customers want their invoices to carry: a reference for all of them, and one for the next.

Holded's contacts have no place for it, and a draft of either system may come at any time.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit
from portal.domain.merchants import Merchant
from portal.domain.purchase_orders import Span


class PurchaseOrderRow(Base):
    """One reference; of several with one span the newest counts (two payers may become one)."""

    __tablename__ = "purchase_orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    span: Mapped[str] = mapped_column(String(8))
    reference: Mapped[str] = mapped_column(String(40))
    changed_at: Mapped[datetime]

    __table_args__ = (Index("ix_purchase_orders_customer_id", "customer_id", "span"),)


_OF_CUSTOMER = (
    select(PurchaseOrderRow.span, PurchaseOrderRow.reference)
    .where(
        PurchaseOrderRow.customer_id == bindparam("customer"),
        PurchaseOrderRow.merchant_id == bindparam("merchant"),
    )
    .order_by(PurchaseOrderRow.changed_at, PurchaseOrderRow.id)
)


def of_customer(reader: Reader, merchant: Merchant, customer_id: int) -> dict[Span, str]:
    """Return the references of a customer by span; one that was never given is left out."""
    found = reader.rows(_OF_CUSTOMER, {"merchant": merchant.id, "customer": customer_id})
    return {Span(row.span): row.reference for row in found}


def put(
    unit: Unit, merchant: Merchant, customer_id: int, span: Span, reference: str, *, now: datetime
) -> None:
    """Let a reference count; an empty one takes away what was there."""
    unit.execute(
        delete(PurchaseOrderRow).where(
            PurchaseOrderRow.customer_id == customer_id,
            PurchaseOrderRow.merchant_id == merchant.id,
            PurchaseOrderRow.span == span,
        )
    )
    if reference:
        unit.add(
            PurchaseOrderRow(
                merchant_id=merchant.id,
                customer_id=customer_id,
                span=span,
                reference=reference,
                changed_at=now,
            )
        )
        unit.flush()
