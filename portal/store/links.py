"""Magic links that merchants give out: to one invoice, or to a portal session."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, String, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit
from portal.domain.access import EVERYTHING, LinkPurpose, Scope, may_open
from portal.domain.customers import Origin


class LinkRow(Base):
    """One link; its token is derived from the secret key and `name`, and only hashed here.

    `origin`, `account` and `invoice` are its scope, empty for a session link. `email` is who a
    session link was made for, where that is known. `used_at` ends a session link; an
    invoice link may be used until it expires or is revoked.
    """

    __tablename__ = "links"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    livemode: Mapped[bool]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    origin: Mapped[str] = mapped_column(String(10), default="")
    account: Mapped[str] = mapped_column(String(64), default="")
    invoice: Mapped[str] = mapped_column(String(64), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_links_invoice", "merchant_id", "origin", "invoice"),)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands."""

    id: int
    merchant_id: int
    livemode: bool
    customer_id: int
    purpose: LinkPurpose
    name: str
    scope: Scope
    email: str
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def is_alive(self, now: datetime) -> bool:
        """Whether it still opens what it was made for."""
        return may_open(now, expires_at=self.expires_at, ended_at=self.used_at or self.revoked_at)


_BY_TOKEN = select(LinkRow.__table__).where(
    LinkRow.token_hash == bindparam("hash"), LinkRow.purpose == bindparam("purpose")
)
_ALIVE = (
    LinkRow.id == bindparam("which"),
    LinkRow.used_at.is_(None),
    LinkRow.revoked_at.is_(None),
    LinkRow.expires_at > bindparam("now"),
)
_HOLD = select(LinkRow.id).where(*_ALIVE).with_for_update()
_USE = update(LinkRow).where(*_ALIVE)
_REVOKE = update(LinkRow).where(
    LinkRow.merchant_id == bindparam("merchant"),
    LinkRow.origin == bindparam("of_origin"),
    LinkRow.invoice == bindparam("of_invoice"),
    LinkRow.revoked_at.is_(None),
)


def new_name() -> str:
    """Return the random name from which a link's token is derived."""
    return secrets.token_hex(16)


def add(
    unit: Unit,
    *,
    merchant_id: int,
    livemode: bool,
    customer_id: int,
    purpose: LinkPurpose,
    name: str,
    token_hash: str,
    now: datetime,
    expires_at: datetime,
    scope: Scope = EVERYTHING,
    account: str = "",
    email: str = "",
) -> None:
    """Write a link."""
    unit.add(
        LinkRow(
            merchant_id=merchant_id,
            livemode=livemode,
            customer_id=customer_id,
            purpose=purpose,
            name=name,
            token_hash=token_hash,
            origin=scope.origin or "",
            account=account,
            invoice=scope.invoice,
            email=email,
            made_at=now,
            expires_at=expires_at,
        )
    )
    unit.flush()


def find_by_token(reader: Reader, purpose: LinkPurpose, token_hash: str) -> Link | None:
    """Return the link of a purpose that a token opens, alive or not."""
    row = reader.row(_BY_TOKEN, {"hash": token_hash, "purpose": purpose})
    return None if row is None else _link(row)


def hold(unit: Unit, link: Link, *, now: datetime) -> bool:
    """Keep a link from being revoked within this unit; False if it opens nothing any more."""
    return unit.row(_HOLD, {"which": link.id, "now": now}) is not None


def use(unit: Unit, link: Link, *, now: datetime) -> bool:
    """Use up a link that opens once; False if it was used, revoked or is too old."""
    return unit.write(_USE.values(used_at=now), {"which": link.id, "now": now}) == 1


def revoke(unit: Unit, merchant_id: int, scope: Scope, *, now: datetime) -> int:
    """End every link to an invoice and return how many there were."""
    return unit.write(
        _REVOKE.values(revoked_at=now),
        {"merchant": merchant_id, "of_origin": scope.origin, "of_invoice": scope.invoice},
    )


def _link(row: Row[Any]) -> Link:
    return Link(
        id=row.id,
        merchant_id=row.merchant_id,
        livemode=row.livemode,
        customer_id=row.customer_id,
        purpose=LinkPurpose(row.purpose),
        name=row.name,
        scope=Scope(Origin(row.origin), row.invoice) if row.origin else EVERYTHING,
        email=row.email,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
