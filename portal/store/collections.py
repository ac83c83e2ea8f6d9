"""Documents of Holded's that the merchant asked us to collect, and how far each has come."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit
from portal.domain.collections import AskedBy, CollectionState
from portal.domain.merchants import Merchant


class CollectionRow(Base):
    """One document; unique, so that a repeated webhook finds what the first has begun.

    `reason` is why it waits for the customer: the bank's or Stripe's code, or `no_method`.
    `payment` and `method` are of the last try, `link` is the name of the invoice link that the
    customer was mailed and the merchant may give out.
    """

    __tablename__ = "collections"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    livemode: Mapped[bool]
    account: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    asked_by: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(80), default="")
    payment: Mapped[str] = mapped_column(String(32), default="")
    method: Mapped[str] = mapped_column(String(64), default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    link: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("merchant_id", "livemode", "account", "document"),
        Index("ix_collections_customer_id", "customer_id", "state"),
        Index("ix_collections_payment", "payment"),
    )


_OF_PAYMENT = select(CollectionRow.id).where(CollectionRow.payment == bindparam("payment"))


def find(unit: Unit, merchant: Merchant, document: str) -> CollectionRow | None:
    """Return the collection of a document, held against other writers until the unit ends."""
    return unit.scalars(_own(merchant).filter_by(document=document).with_for_update()).one_or_none()


def find_by_payment(unit: Unit, merchant: Merchant, payment: str) -> CollectionRow | None:
    """Return the collection whose last try a payment is."""
    return unit.scalars(_own(merchant).filter_by(payment=payment).with_for_update()).one_or_none()


def has_begun(reader: Reader, payment: str) -> bool:
    """Say whether a payment was started by a collection."""
    return reader.row(_OF_PAYMENT, {"payment": payment}) is not None


def list_waiting(unit: Unit, merchant: Merchant, customer_id: int) -> Sequence[CollectionRow]:
    """Return what waits for a customer, oldest first."""
    return unit.scalars(
        _own(merchant)
        .filter_by(customer_id=customer_id, state=CollectionState.WAITING)
        .order_by(CollectionRow.id)
    ).all()


def list_open(unit: Unit, merchant: Merchant) -> Sequence[CollectionRow]:
    """Return every collection of a merchant that is not over, oldest first."""
    return unit.scalars(
        _own(merchant).where(CollectionRow.state != CollectionState.OVER).order_by(CollectionRow.id)
    ).all()


def add(
    unit: Unit,
    merchant: Merchant,
    document: str,
    *,
    customer_id: int,
    asked_by: AskedBy,
    now: datetime,
) -> CollectionRow:
    """Write that a document is to be collected; raises IntegrityError if that is known."""
    row = CollectionRow(
        merchant_id=merchant.id,
        livemode=merchant.livemode,
        account=merchant.holded_account,
        document=document,
        customer_id=customer_id,
        asked_by=asked_by,
        state=CollectionState.ASKED,
        tries=0,
        created_at=now,
        changed_at=now,
    )
    unit.add(row)
    unit.flush()
    return row


def move(row: CollectionRow, state: CollectionState, *, now: datetime, reason: str = "") -> None:
    """Bring a collection to a state; the day of another try is set by whoever wants one."""
    row.state, row.reason, row.changed_at = state, reason[:80], now
    row.next_try_at = None


def _own(merchant: Merchant) -> Select[CollectionRow]:
    return select(CollectionRow).filter_by(
        merchant_id=merchant.id, livemode=merchant.livemode, account=merchant.holded_account
    )
