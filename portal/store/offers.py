"""Offers to stay, who took one, and what became of those who could have."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Row,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit, upsert
from portal.domain.merchants import Merchant


class OfferRow(Base):
    """What a merchant offers to those who leave, in the order of `position`.

    Of `coupon`, `price` and `days` the one counts that its kind wants; `conditions` are those of
    the domain, as JSON.
    """

    __tablename__ = "offers"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(16))
    coupon: Mapped[str] = mapped_column(String(80), default="")
    price: Mapped[str] = mapped_column(String(80), default="")
    days: Mapped[int] = mapped_column(default=0)
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_offers_merchant_id", "merchant_id"),)


class OfferTakenRow(Base):
    """The last offer a customer took: one row for each, which nobody writes twice in a window."""

    __tablename__ = "offers_taken"

    merchant_id: Mapped[int] = mapped_column(
        ForeignKey("merchants.id", ondelete="CASCADE"), primary_key=True
    )
    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    livemode: Mapped[bool] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    subscription: Mapped[str] = mapped_column(String(64))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"))
    at: Mapped[datetime]


class OfferVisitRow(Base):
    """Somebody whom an offer fitted, shown or held back, and what they did at last."""

    __tablename__ = "offer_visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    subscription: Mapped[str] = mapped_column(String(64))
    is_control: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(40), default="")
    outcome: Mapped[str] = mapped_column(String(10))
    shown_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("merchant_id", "offer_id", "customer_id", "subscription"),
        Index("ix_offer_visits_subscription", "merchant_id", "subscription"),
    )


_OFFERS = (
    select(OfferRow.__table__)
    .where(
        OfferRow.merchant_id == bindparam("merchant"),
        OfferRow.account == bindparam("account"),
        OfferRow.livemode == bindparam("livemode"),
        OfferRow.is_active.is_(True),
    )
    .order_by(OfferRow.position, OfferRow.id)
)
_TAKEN = select(OfferTakenRow.subscription).where(
    OfferTakenRow.merchant_id == bindparam("merchant"),
    OfferTakenRow.account == bindparam("account"),
    OfferTakenRow.livemode == bindparam("livemode"),
    OfferTakenRow.customer_id == bindparam("customer"),
    OfferTakenRow.at > bindparam("since"),
)


def list_offers(
    reader: Reader, merchant_id: int, account: str, *, livemode: bool
) -> Sequence[Row[Any]]:
    """Return a merchant's active offers in their order."""
    return reader.rows(_OFFERS, {"merchant": merchant_id, "account": account, "livemode": livemode})


def has_taken(reader: Reader, merchant: Merchant, customer_id: int, *, since: datetime) -> bool:
    """Say whether a customer took an offer after a moment."""
    values = {
        "merchant": merchant.id,
        "account": merchant.stripe_account,
        "livemode": merchant.livemode,
        "customer": customer_id,
        "since": since,
    }
    return reader.row(_TAKEN, values) is not None


def claim(
    unit: Unit,
    merchant: Merchant,
    customer_id: int,
    subscription: str,
    offer: int,
    *,
    now: datetime,
    since: datetime,
) -> bool:
    """Write that an offer is taken, unless one was after a moment, and say whether it was written.

    Of several at the same time one writes, whichever database it is.
    """
    insert = upsert(unit.dialect, OfferTakenRow).values(
        merchant_id=merchant.id,
        account=merchant.stripe_account,
        livemode=merchant.livemode,
        customer_id=customer_id,
        subscription=subscription,
        offer_id=offer,
        at=now,
    )
    written = insert.on_conflict_do_update(
        index_elements=["merchant_id", "account", "livemode", "customer_id"],
        set_={"subscription": subscription, "offer_id": offer, "at": now},
        where=OfferTakenRow.at <= since,
    ).returning(OfferTakenRow.offer_id)
    return unit.row(written) is not None


def give_back(
    unit: Unit, merchant_id: int, account: str, subscription: str, *, livemode: bool
) -> None:
    """Make the offer that was taken for a subscription count as not taken."""
    unit.execute(
        delete(OfferTakenRow).where(
            OfferTakenRow.merchant_id == merchant_id,
            OfferTakenRow.account == account,
            OfferTakenRow.livemode == livemode,
            OfferTakenRow.subscription == subscription,
        )
    )


def record(
    unit: Unit,
    merchant_id: int,
    customer_id: int,
    subscription: str,
    offer: int,
    outcome: str,
    *,
    is_control: bool,
    reason: str,
    accepted: bool,
    now: datetime,
) -> None:
    """Write what somebody did whom an offer fitted: one row for each, the last deed counts."""
    insert = upsert(unit.dialect, OfferVisitRow).values(
        merchant_id=merchant_id,
        offer_id=offer,
        customer_id=customer_id,
        subscription=subscription,
        is_control=is_control,
        reason=reason,
        outcome=outcome,
        shown_at=now,
        accepted_at=now if accepted else None,
        changed_at=now,
    )
    changed: dict[str, Any] = {"outcome": outcome, "reason": reason, "changed_at": now}
    if accepted:
        changed["accepted_at"] = now
    unit.execute(
        insert.on_conflict_do_update(
            index_elements=["merchant_id", "offer_id", "customer_id", "subscription"], set_=changed
        )
    )


def record_of_subscription(
    unit: Unit, merchant_id: int, subscription: str, outcome: str, *, now: datetime
) -> None:
    """Write what became of a subscription to everybody's row of it."""
    unit.execute(
        update(OfferVisitRow)
        .where(OfferVisitRow.merchant_id == merchant_id, OfferVisitRow.subscription == subscription)
        .values(outcome=outcome, changed_at=now)
    )


def list_visits(reader: Reader, merchant: Merchant, *, since: datetime) -> Sequence[Row[Any]]:
    """Return whom the offers of a merchant fitted since a moment, removed ones too."""
    return reader.rows(
        select(OfferVisitRow.__table__)
        .join(OfferRow, OfferRow.id == OfferVisitRow.offer_id)
        .where(
            OfferVisitRow.merchant_id == merchant.id,
            OfferRow.account == merchant.stripe_account,
            OfferRow.livemode == merchant.livemode,
            OfferVisitRow.shown_at >= since,
        )
        .order_by(OfferVisitRow.offer_id, OfferVisitRow.id)
    )
