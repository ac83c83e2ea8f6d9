"""What people decided on the cancel page, and what they said with it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader
from portal.domain.merchants import Merchant


class CancellationRow(Base):
    """One decision on the cancel page and what was said with it."""

    __tablename__ = "cancellations"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    subscription: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(20))
    feedback: Mapped[str] = mapped_column(String(40), default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]


def count_reasons(
    reader: Reader, merchant: Merchant, outcomes: tuple[str, ...], *, since: datetime
) -> dict[str, int]:
    """Return how often each reason was told with these outcomes, the commonest first."""
    number = func.count().label("number")
    rows = reader.rows(
        select(CancellationRow.feedback, number)
        .where(
            CancellationRow.merchant_id == merchant.id,
            CancellationRow.account == merchant.stripe_account,
            CancellationRow.livemode == merchant.livemode,
            CancellationRow.outcome.in_(outcomes),
            CancellationRow.at >= since,
        )
        .group_by(CancellationRow.feedback)
        .order_by(number.desc(), CancellationRow.feedback)
    )
    return {row.feedback: row.number for row in rows}
