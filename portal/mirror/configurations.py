"""The merchant's portal configurations, as saved at Stripe."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from portal.db import Reader, Unit
from portal.domain.configurations import PortalConfiguration
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.mirror import rows


class ConfigurationRow(rows.MirroredRow):
    """One portal configuration (`bpc_…`)."""

    __tablename__ = "configurations"

    is_default: Mapped[bool]


_DEFAULT = (
    select(ConfigurationRow.snapshot)
    .where(*rows.of_account(ConfigurationRow), ConfigurationRow.is_default.is_(True))
    .order_by(ConfigurationRow.id)
)


def current(reader: Reader, merchant: Merchant) -> PortalConfiguration:
    """Return the merchant's default configuration; one never saved has Stripe's own defaults."""
    row = reader.row(_DEFAULT, rows.account_values(merchant, Origin.STRIPE))
    return PortalConfiguration() if row is None else rows.load(PortalConfiguration, row.snapshot)


def save(
    unit: Unit, merchant: Merchant, configurations: Sequence[tuple[PortalConfiguration, datetime]]
) -> None:
    """Write configurations with the provider's time of each."""
    rows.save(
        unit,
        ConfigurationRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, configuration.id),
                "is_default": configuration.is_default and configuration.is_active,
                "state_at": at,
                "snapshot": rows.dump(configuration),
            }
            for configuration, at in configurations
        ],
    )
