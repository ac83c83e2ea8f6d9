"""The history: every action somebody took, with a number per merchant for its receipt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Row,
    String,
    UniqueConstraint,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit
from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant
from portal.store import merchants


class ActionRow(Base):
    """One action; `details` holds what the receipt says (names, sums in minor units, dates)."""

    __tablename__ = "actions"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    number: Mapped[int]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    verb: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    by_email: Mapped[str] = mapped_column(String(254), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("merchant_id", "number"),)


_LIST = (
    select(ActionRow.__table__)
    .where(
        ActionRow.merchant_id == bindparam("merchant"),
        ActionRow.customer_id == bindparam("customer"),
        ActionRow.number < bindparam("before"),
    )
    .order_by(ActionRow.number.desc())
    .limit(bindparam("limit"))
)
_GET = select(ActionRow.__table__).where(
    ActionRow.merchant_id == bindparam("merchant"),
    ActionRow.customer_id == bindparam("customer"),
    ActionRow.number == bindparam("number"),
)
_LAST = (
    select(ActionRow.__table__)
    .where(
        ActionRow.merchant_id == bindparam("merchant"),
        ActionRow.customer_id == bindparam("customer"),
        ActionRow.subject == bindparam("subject"),
        ActionRow.verb.in_(bindparam("verbs", expanding=True)),
    )
    .order_by(ActionRow.number.desc())
    .limit(1)
)
NEWEST = 2**31 - 1


def add(
    unit: Unit,
    merchant: Merchant,
    customer_id: int,
    verb: str,
    *,
    now: datetime,
    subject: str = "",
    by_email: str = "",
    address: str = "",
    **details: Any,
) -> ActionRow:
    """Write an action under the merchant's next number."""
    merchants.lock(unit, merchant.id)
    last = unit.scalar(
        select(func.max(ActionRow.number)).where(ActionRow.merchant_id == merchant.id)
    )
    row = ActionRow(
        merchant_id=merchant.id,
        number=(last or 1000) + 1,
        customer_id=customer_id,
        verb=verb,
        subject=subject,
        details=details,
        by_email=by_email,
        address=address,
        at=now,
    )
    unit.add(row)
    unit.flush()
    return row


def list_page(
    reader: Reader, merchant_id: int, customer_id: int, *, before: int = NEWEST, limit: int = 25
) -> Sequence[Row[Any]]:
    """Return a customer's actions, newest first, of numbers below `before`."""
    return reader.rows(
        _LIST,
        {"merchant": merchant_id, "customer": customer_id, "before": before, "limit": limit},
    )


def last_of(
    reader: Reader, merchant_id: int, customer_id: int, subject: str, verbs: Sequence[str]
) -> Row[Any] | None:
    """Return the newest action of some verbs on one thing of a customer, None if there is none."""
    values = {"merchant": merchant_id, "customer": customer_id, "subject": subject}
    return reader.row(_LAST, {**values, "verbs": list(verbs)})


def get(reader: Reader, merchant_id: int, customer_id: int, number: int) -> Row[Any]:
    """Return one action of a customer; raises NotFound."""
    row = reader.row(_GET, {"merchant": merchant_id, "customer": customer_id, "number": number})
    if row is None:
        raise NotFound(f"action {number}")
    return row
