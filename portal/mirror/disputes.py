"""Disputes as Stripe tells them, found by the intent of the charge they are about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.disputes import Dispute
from portal.domain.merchants import Merchant
from portal.mirror import rows


class DisputeRow(rows.MirroredRow):
    """One dispute."""

    __tablename__ = "disputes"

    intent: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(24))

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """Those of an intent, which is how payments and invoices find theirs."""
        return (Index("ix_disputes_intent", "merchant_id", "intent"),)


_OF_INTENTS = (
    select(DisputeRow.snapshot)
    .where(
        *rows.of_account(DisputeRow),
        DisputeRow.intent != "",
        DisputeRow.intent.in_(bindparam("intents", expanding=True)),
    )
    .order_by(DisputeRow.id)
)


def list_of_intents(
    reader: Reader, merchant: Merchant, intents: Sequence[str]
) -> dict[str, list[Dispute]]:
    """Return the disputes about some intents by intent, the ones told first first."""
    values = {**rows.account_values(merchant, Origin.STRIPE), "intents": list(intents)}
    found: dict[str, list[Dispute]] = {}
    for row in reader.rows(_OF_INTENTS, values):
        dispute = rows.load(Dispute, row.snapshot)
        found.setdefault(dispute.intent, []).append(dispute)
    return found


def save(unit: Unit, merchant: Merchant, disputes: Sequence[tuple[Dispute, datetime]]) -> None:
    """Write disputes with the provider's time of each."""
    rows.save(
        unit,
        DisputeRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, dispute.id),
                "intent": dispute.intent,
                "state": dispute.state,
                "state_at": at,
                "snapshot": rows.dump(dispute),
            }
            for dispute, at in disputes
        ],
    )
