"""The mandates that bank debits stand on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, ScalarSelect, String, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.mandates import Mandate, MandateStatus
from portal.domain.merchants import Merchant
from portal.mirror import rows


class MandateRow(rows.MirroredRow):
    """One mandate; `method` is the payment method it is for, which may be told later."""

    __tablename__ = "mandates"

    method: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10))
    is_single_use: Mapped[bool]

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """Read with their method."""
        return (Index("ix_mandates_method", "merchant_id", "method"),)


def of_method(model: type[rows.MirroredRow]) -> ScalarSelect[Any]:
    """Return the mandate that a row of methods stands on, as JSON, to be read with it.

    A lasting one comes before one for a single payment, one that holds before one that is over,
    and then the latest.
    """
    return (
        select(MandateRow.snapshot)
        .where(
            MandateRow.merchant_id == model.merchant_id,
            MandateRow.livemode == model.livemode,
            MandateRow.account == model.account,
            MandateRow.method == model.provider_id,
        )
        .order_by(
            MandateRow.is_single_use,
            MandateRow.status == MandateStatus.INACTIVE,
            MandateRow.id.desc(),
        )
        .limit(1)
        .correlate(model)
        .scalar_subquery()
    )


def find(reader: Reader, merchant: Merchant, id: str) -> Mandate | None:
    """Return a mandate, None if nothing was told of it."""
    found = rows.find(reader, MandateRow, merchant, Origin.STRIPE, id)
    return None if found is None else rows.load(Mandate, found[1])


def save(unit: Unit, merchant: Merchant, mandates: Sequence[tuple[Mandate, datetime]]) -> None:
    """Write mandates with the provider's time of each."""
    rows.save(
        unit,
        MandateRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, mandate.id),
                "method": mandate.method,
                "status": mandate.status,
                "is_single_use": mandate.is_single_use,
                "state_at": at,
                "snapshot": rows.dump(mandate),
            }
            for mandate, at in mandates
        ],
    )
