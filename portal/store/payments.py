"""Payments and the share each gives to each invoice.

The partial unique index on the shares is what keeps an invoice from being charged twice, for pages
and jobs alike: a share is `live` while its payment can still take money.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Row, String, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, MinorUnits, Reader, Unit, flag
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.domain.payments import CAN_TAKE_MONEY, PaymentState, Share


class PaymentRow(Base):
    """One attempt to pay one or more invoices.

    `checkout` and `intent` are Stripe's ids, `method` the saved method it was started with, `keeps`
    says that the customer agreed to keep a new one. `from_link` marks a payment opened from
    an invoice link, which names no customer to Stripe. `press` names the press that makes several
    charges, empty where it is the only one. `receipt` is the number of the one that names it.
    """

    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    state: Mapped[str] = mapped_column(String(16))
    amount: Mapped[MinorUnits]
    currency: Mapped[str] = mapped_column(String(3))
    method: Mapped[str] = mapped_column(String(64), default="")
    method_type: Mapped[str] = mapped_column(String(40), default="")
    keeps: Mapped[bool] = mapped_column(default=False)
    from_link: Mapped[bool] = mapped_column(default=False)
    checkout: Mapped[str] = mapped_column(String(120), default="")
    intent: Mapped[str] = mapped_column(String(64), default="")
    error_code: Mapped[str] = mapped_column(String(80), default="")
    press: Mapped[str] = mapped_column(String(32), default="")
    receipt: Mapped[int | None]
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    shares: Mapped[list["ShareRow"]] = relationship(
        back_populates="payment", cascade="all, delete-orphan", lazy="selectin"
    )

    __table_args__ = (
        Index("ix_payments_intent", "merchant_id", "account", "livemode", "intent"),
        Index("ix_payments_checkout", "merchant_id", "account", "livemode", "checkout"),
        Index("ix_payments_customer_id", "customer_id", "started_at"),
        Index("ix_payments_state", "state", "changed_at"),
        Index("ix_payments_press", "press"),
    )

    @property
    def can_take_money(self) -> bool:
        """Whether it stands in the way of another payment of its invoices."""
        return self.state in CAN_TAKE_MONEY


class ShareRow(Base):
    """What a payment gives to one invoice, in minor units."""

    __tablename__ = "payment_shares"

    payment_id: Mapped[str] = mapped_column(
        ForeignKey("payments.id", ondelete="CASCADE"), primary_key=True
    )
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    origin: Mapped[str] = mapped_column(String(10), primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    invoice: Mapped[str] = mapped_column(String(64), primary_key=True)
    amount: Mapped[MinorUnits]
    is_live: Mapped[bool] = mapped_column(default=True)

    payment: Mapped[PaymentRow] = relationship(back_populates="shares")

    __table_args__ = (
        Index(
            "uq_payment_shares_live",
            "merchant_id",
            "livemode",
            "origin",
            "account",
            "invoice",
            unique=True,
            sqlite_where=text("is_live"),
            postgresql_where=text("is_live"),
        ),
    )


_LIVE_STATES = (
    select(ShareRow.origin, ShareRow.invoice, PaymentRow.state, PaymentRow.id)
    .join(PaymentRow, PaymentRow.id == ShareRow.payment_id)
    .where(
        ShareRow.merchant_id == bindparam("merchant"),
        flag(ShareRow.is_live),
        ShareRow.invoice.in_(bindparam("invoices", expanding=True)),
    )
)


Tries = frozenset[tuple[str, str]]
_STATES = (
    select(PaymentRow.id, PaymentRow.state)
    .join(ShareRow, ShareRow.payment_id == PaymentRow.id)
    .where(
        ShareRow.merchant_id == bindparam("merchant"),
        ShareRow.livemode == bindparam("livemode"),
        ShareRow.origin == bindparam("origin"),
        ShareRow.invoice.in_(bindparam("invoices", expanding=True)),
    )
)
_TRIES = (
    select(
        PaymentRow.state,
        PaymentRow.changed_at,
        PaymentRow.currency,
        PaymentRow.method_type,
        PaymentRow.error_code,
        ShareRow.amount,
    )
    .join(ShareRow, ShareRow.payment_id == PaymentRow.id)
    .where(
        ShareRow.merchant_id == bindparam("merchant"),
        ShareRow.livemode == bindparam("livemode"),
        ShareRow.origin == bindparam("origin"),
        ShareRow.invoice == bindparam("invoice"),
    )
    .order_by(PaymentRow.started_at.desc())
    .limit(50)
)


def add(
    unit: Unit,
    merchant: Merchant,
    customer_id: int,
    shares: Sequence[Share],
    *,
    currency: str,
    method: str = "",
    keeps: bool = False,
    from_link: bool = False,
    press: str = "",
    now: datetime,
) -> PaymentRow:
    """Write a payment in state MADE; raises IntegrityError if an invoice has a live one."""
    row = PaymentRow(
        id=secrets.token_hex(12),
        merchant_id=merchant.id,
        account=merchant.stripe_account,
        livemode=merchant.livemode,
        customer_id=customer_id,
        state=PaymentState.MADE,
        amount=sum(share.amount for share in shares),
        currency=currency,
        method=method,
        keeps=keeps,
        from_link=from_link,
        press=press,
        started_at=now,
        changed_at=now,
    )
    row.shares = [_share(merchant, share) for share in shares]
    unit.add(row)
    unit.flush()
    return row


def get(unit: Unit, id: str) -> PaymentRow | None:
    """Return a payment, held against other writers until the unit ends."""
    return unit.get(PaymentRow, id, with_for_update=True)


def find_live(unit: Unit, merchant: Merchant, origin: Origin, invoice: str) -> PaymentRow | None:
    """Return the payment that can still take money for an invoice."""
    return unit.scalars(
        select(PaymentRow)
        .join(ShareRow)
        .where(
            ShareRow.merchant_id == merchant.id,
            ShareRow.livemode == merchant.livemode,
            ShareRow.origin == origin,
            ShareRow.invoice == invoice,
            flag(ShareRow.is_live),
        )
        .with_for_update(of=PaymentRow)
    ).one_or_none()


def list_live(
    unit: Unit, merchant: Merchant, origin: Origin, invoices: Sequence[str]
) -> list[PaymentRow]:
    """Return the payments that can still take money for any of these invoices."""
    return list(
        unit.scalars(
            select(PaymentRow)
            .join(ShareRow)
            .where(
                ShareRow.merchant_id == merchant.id,
                ShareRow.livemode == merchant.livemode,
                ShareRow.origin == origin,
                ShareRow.invoice.in_(invoices),
                flag(ShareRow.is_live),
            )
            .distinct()
            .order_by(PaymentRow.id)
        )
    )


def list_of_press(unit: Unit, press: str) -> list[PaymentRow]:
    """Return the payments a press has made, in their order, held against other writers."""
    return list(
        unit.scalars(
            select(PaymentRow)
            .where(PaymentRow.press == press)
            .order_by(PaymentRow.started_at, PaymentRow.id)
            .with_for_update()
        )
    )


def list_of_invoice(
    reader: Reader, merchant: Merchant, origin: Origin, invoice: str
) -> Sequence[Row[Any]]:
    """Return what became of the tries to pay an invoice, newest first, at most 50."""
    values = {"merchant": merchant.id, "livemode": merchant.livemode}
    return reader.rows(_TRIES, {**values, "origin": origin, "invoice": invoice})


def tries_of(reader: Reader, merchant: Merchant, origin: Origin, invoices: Sequence[str]) -> Tries:
    """Return the payments of invoices with their states: another value says that one moved."""
    values = {"merchant": merchant.id, "livemode": merchant.livemode}
    found = reader.rows(_STATES, {**values, "origin": origin, "invoices": list(invoices)})
    return frozenset((row.id, row.state) for row in found)


def exists(unit: Unit, merchant: Merchant, id: str) -> bool:
    """Say whether a merchant has a payment."""
    return unit.row(select(PaymentRow.id).where(*_own(merchant), PaymentRow.id == id)) is not None


def id_by_intent(unit: Unit, merchant: Merchant, intent: str) -> str:
    """Return the payment of an intent; of several tries on one, the latest that was started."""
    return _id_of(unit, merchant, PaymentRow.intent == intent)


def id_by_checkout(unit: Unit, merchant: Merchant, checkout: str) -> str:
    """Return the payment of a Checkout session."""
    return _id_of(unit, merchant, PaymentRow.checkout == checkout)


def _id_of(unit: Unit, merchant: Merchant, condition: ColumnElement[bool]) -> str:
    latest_first = select(PaymentRow.id).order_by(PaymentRow.started_at.desc()).limit(1)
    found = unit.row(latest_first.where(*_own(merchant), condition))
    return str(found.id) if found is not None else ""


def _own(merchant: Merchant) -> tuple[ColumnElement[bool], ...]:
    return (
        PaymentRow.merchant_id == merchant.id,
        PaymentRow.account == merchant.stripe_account,
        PaymentRow.livemode == merchant.livemode,
    )


def move(row: PaymentRow, state: PaymentState, *, now: datetime, error_code: str = "") -> None:
    """Bring a payment to a state; its shares stop being live when it can take no more money."""
    row.state, row.changed_at = state, now
    row.error_code = error_code[:80]
    for share in row.shares:
        share.is_live = state in CAN_TAKE_MONEY


def live_states(
    reader: Reader, merchant: Merchant, invoices: Sequence[str]
) -> dict[tuple[str, str], PaymentState]:
    """Return the state of the live payment of each (origin, invoice) that has one."""
    if not invoices:
        return {}
    found = reader.rows(_LIVE_STATES, {"merchant": merchant.id, "invoices": list(invoices)})
    return {(row.origin, row.invoice): PaymentState(row.state) for row in found}


def _share(merchant: Merchant, share: Share) -> ShareRow:
    account = merchant.stripe_account if share.origin is Origin.STRIPE else merchant.holded_account
    return ShareRow(
        merchant_id=merchant.id,
        origin=share.origin,
        account=account,
        livemode=merchant.livemode,
        invoice=share.invoice,
        amount=share.amount,
    )
