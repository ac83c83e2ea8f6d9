"""Which kinds of payment methods a merchant's account at Stripe takes, and what that leaves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.domain.method_types import MethodSettings, Terms
from portal.mirror import rows


class MethodSettingsRow(rows.MirroredRow):
    """One configuration of payment methods (`pmc_…`)."""

    __tablename__ = "method_settings"

    is_current: Mapped[bool]


_CURRENT = (
    select(MethodSettingsRow.snapshot)
    .where(*rows.of_account(MethodSettingsRow), MethodSettingsRow.is_current.is_(True))
    .order_by(MethodSettingsRow.id)
)


def terms(reader: Reader, merchant: Merchant) -> Terms:
    """Return what decides over the kinds a merchant offers.

    Of an account whose settings were never read nothing is known, so nothing is left out for them.
    """
    row = reader.row(_CURRENT, rows.account_values(merchant, Origin.STRIPE))
    settings = None if row is None else rows.load(MethodSettings, row.snapshot)
    return Terms(
        country=merchant.country,
        chosen=merchant.rules.payment_method_types,
        turned_off=None if settings is None else settings.turned_off,
    )


def save(unit: Unit, merchant: Merchant, seen: Sequence[tuple[MethodSettings, datetime]]) -> None:
    """Write settings with the provider's time of each."""
    rows.save(
        unit,
        MethodSettingsRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, settings.id),
                "is_current": settings.is_current,
                "state_at": at,
                "snapshot": rows.dump(settings),
            }
            for settings, at in seen
        ],
    )
