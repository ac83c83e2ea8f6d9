"""Refunds as Stripe tells them, found by the intent or the charge they give back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import MinorUnits, Reader, Unit
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.domain.refunds import Refund
from portal.mirror import rows


class RefundRow(rows.MirroredRow):
    """One refund."""

    __tablename__ = "refunds"

    charge: Mapped[str] = mapped_column(String(64))
    intent: Mapped[str] = mapped_column(String(64))
    amount: Mapped[MinorUnits]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(20))

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """Those of an intent, which is how payments and invoices find theirs."""
        return (Index("ix_refunds_intent", "merchant_id", "intent"),)


_ONE = select(RefundRow.snapshot).where(
    *rows.of_account(RefundRow), RefundRow.provider_id == bindparam("id")
)
_OF_INTENTS = (
    select(RefundRow.snapshot)
    .where(
        *rows.of_account(RefundRow),
        RefundRow.intent != "",
        RefundRow.intent.in_(bindparam("intents", expanding=True)),
    )
    .order_by(RefundRow.id)
)


def find(reader: Reader, merchant: Merchant, id: str) -> Refund | None:
    """Return a refund as last told, None if nothing was told of it yet."""
    row = reader.row(_ONE, {**rows.account_values(merchant, Origin.STRIPE), "id": id})
    return None if row is None else rows.load(Refund, row.snapshot)


def list_of_intents(
    reader: Reader, merchant: Merchant, intents: Sequence[str]
) -> dict[str, list[Refund]]:
    """Return the refunds of some intents by intent, the ones told first first."""
    values = {**rows.account_values(merchant, Origin.STRIPE), "intents": list(intents)}
    found: dict[str, list[Refund]] = {}
    for row in reader.rows(_OF_INTENTS, values):
        refund = rows.load(Refund, row.snapshot)
        found.setdefault(refund.intent, []).append(refund)
    return found


def save(unit: Unit, merchant: Merchant, refunds: Sequence[tuple[Refund, datetime]]) -> None:
    """Write refunds with the provider's time of each."""
    rows.save(
        unit,
        RefundRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, refund.id),
                "charge": refund.charge,
                "intent": refund.intent,
                "amount": refund.amount,
                "currency": refund.currency,
                "state": refund.state,
                "state_at": at,
                "snapshot": rows.dump(refund),
            }
            for refund, at in refunds
        ],
    )
