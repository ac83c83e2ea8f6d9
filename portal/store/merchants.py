"""Merchants, and the addresses at which providers tell us about them."""

import json
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy import (
    Dialect,
    ForeignKey,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    bindparam,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit
from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant
from portal.domain.rules import NOTHING_DECIDED, Rules

_RULES = TypeAdapter(Rules)


class RulesText(TypeDecorator[Rules]):
    """Rules as JSON of what differs from the defaults, so that a new rule needs no migration."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Rules | None, dialect: Dialect) -> str | None:
        """Write what was decided."""
        if value is None:
            return None
        default = asdict(NOTHING_DECIDED)
        changed = {name: v for name, v in asdict(value).items() if v != default[name]}
        return json.dumps(changed, default=str)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Rules | None:
        """Read it back; a rule that is known no more is left out."""
        return None if value is None else _read_rules(value)


@lru_cache(maxsize=1024)
def _read_rules(text: str) -> Rules:
    known = Rules.__dataclass_fields__
    told = json.loads(text)
    return _RULES.validate_python({name: told[name] for name in told if name in known})


class MerchantRow(Base):
    """One merchant; its keys are in `secrets`."""

    __tablename__ = "merchants"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(16))
    brand_color: Mapped[str] = mapped_column(String(7))
    stripe_account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    holded_account: Mapped[str] = mapped_column(String(64), default="")
    holded_treasury: Mapped[str] = mapped_column(String(64), default="")
    support_email: Mapped[str] = mapped_column(String(254), default="")
    mail_from: Mapped[str] = mapped_column(String(254), default="")
    return_url: Mapped[str] = mapped_column(String(500), default="")
    privacy_url: Mapped[str] = mapped_column(String(500), default="")
    terms_url: Mapped[str] = mapped_column(String(500), default="")
    rules: Mapped[Rules] = mapped_column(RulesText, default=Rules)
    created_at: Mapped[datetime]

    # One Stripe account belongs to one merchant.
    __table_args__ = (UniqueConstraint("stripe_account", "livemode"),)


class EndpointRow(Base):
    """Where a provider posts its events: an opaque id in the address names merchant and mode."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(10))
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    created_at: Mapped[datetime]


MERCHANT_COLUMNS = tuple(
    column for column in MerchantRow.__table__.columns if column.name != "created_at"
)
_BY_SLUG = select(*MERCHANT_COLUMNS).where(MerchantRow.slug == bindparam("slug"))
_BY_ID = select(*MERCHANT_COLUMNS).where(MerchantRow.id == bindparam("id"))
_ALL = select(*MERCHANT_COLUMNS).order_by(MerchantRow.slug)


def get(reader: Reader, slug: str) -> Merchant:
    """Return the merchant of a path; raises NotFound."""
    # PostgreSQL takes no NUL in a text, and no merchant has one in its name.
    row = None if "\x00" in slug else reader.row(_BY_SLUG, {"slug": slug})
    if row is None:
        raise NotFound(f"merchant {slug}")
    return Merchant(**row._mapping)


def get_by_id(reader: Reader, merchant_id: int) -> Merchant:
    """Return the merchant a row or job names; raises NotFound."""
    row = reader.row(_BY_ID, {"id": merchant_id})
    if row is None:
        raise NotFound(f"merchant {merchant_id}")
    return Merchant(**row._mapping)


def list_all(reader: Reader) -> list[Merchant]:
    """Return every merchant by slug."""
    return [Merchant(**row._mapping) for row in reader.rows(_ALL)]


def save_rules(unit: Unit, merchant_id: int, rules: Rules) -> None:
    """Write a merchant's decisions."""
    unit.get_one(MerchantRow, merchant_id).rules = rules


def lock(unit: Unit, merchant_id: int) -> None:
    """Hold the merchant's row until the unit ends, so that numbers are given one by one."""
    unit.execute(
        select(MerchantRow.id).where(MerchantRow.id == merchant_id).with_for_update()
    ).one()
