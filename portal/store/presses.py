"""Presses that make several charges: what was asked for with one of them, and what it led to."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit
from portal.domain.customers import Origin
from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant
from portal.domain.payments import Share


class PressRow(Base):
    """One press on "pay" for a set of invoices.

    `asked` holds [[origin, invoice, amount, shown], …] in minor units of `currency`, where `shown`
    is the id of the invoice its customer sees (Holded's, where Stripe's of the same sale is paid),
    and `method` the saved method that all charges are made with. `ended_at` is when its last charge
    was answered for now, and `receipt` the number of the receipt that names them, 0 if none of them
    went through.
    """

    __tablename__ = "presses"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    livemode: Mapped[bool]
    currency: Mapped[str] = mapped_column(String(3))
    method: Mapped[str] = mapped_column(String(64))
    asked: Mapped[list[Any]] = mapped_column(JSON)
    receipt: Mapped[int | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def shares(self) -> tuple[Share, ...]:
        """Return what each invoice was to be given."""
        return tuple(Share(Origin(origin), id, amount) for origin, id, amount, _shown in self.asked)

    @property
    def shown(self) -> dict[str, str]:
        """Return the id of the invoice its customer sees, by that of the one that is paid."""
        return {id: shown for _origin, id, _amount, shown in self.asked}


def add(
    unit: Unit,
    merchant: Merchant,
    customer_id: int,
    shares: Mapping[Share, str],
    *,
    currency: str,
    method: str,
    now: datetime,
) -> PressRow:
    """Write a press before its first charge; `shares` has the id its customer sees for each."""
    row = PressRow(
        id=secrets.token_hex(12),
        merchant_id=merchant.id,
        customer_id=customer_id,
        livemode=merchant.livemode,
        currency=currency,
        method=method,
        asked=[[s.origin, s.invoice, s.amount, shown] for s, shown in shares.items()],
        started_at=now,
    )
    unit.add(row)
    unit.flush()
    return row


def get(unit: Unit, id: str) -> PressRow:
    """Return a press, held against other writers until the unit ends; raises NotFound."""
    row = unit.get(PressRow, id, with_for_update=True)
    if row is None:
        raise NotFound(f"press {id}")
    return row


def get_of(reader: Unit, merchant: Merchant, customer_id: int, id: str) -> PressRow:
    """Return a press of a customer; raises NotFound."""
    row = reader.get(PressRow, id)
    if row is None or (row.merchant_id, row.customer_id) != (merchant.id, customer_id):
        raise NotFound(f"press {id}")
    return row
