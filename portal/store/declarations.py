"""Declarations as they were received."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit, word
from portal.domain.declarations import (
    LONGEST_CONTRACT,
    LONGEST_NAME,
    Declaration,
    DeclarationState,
    Lane,
)
from portal.domain.errors import NotFound

_OPEN = "state = 'open'"


class DeclarationRow(Base):
    """One declaration; who holds its token may read it."""

    __tablename__ = "declarations"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(String(64), unique=True)
    lane: Mapped[str] = mapped_column(String(4))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    email: Mapped[str] = mapped_column(String(254))
    contract: Mapped[str] = mapped_column(String(LONGEST_CONTRACT))
    is_for_cause: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    ends_on: Mapped[date | None]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    subscription: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (
        Index(
            "ix_declarations_open",
            "merchant_id",
            "received_at",
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
    )

    def to_declaration(self) -> Declaration:
        """Return what is told of it."""
        return Declaration(
            id=self.id,
            token=self.token,
            lane=Lane(self.lane),
            name=self.name,
            email=self.email,
            contract=self.contract,
            is_for_cause=self.is_for_cause,
            reason=self.reason,
            ends_on=self.ends_on,
            received_at=self.received_at,
            state=DeclarationState(self.state),
            subscription=self.subscription,
        )


def find(unit: Unit, merchant_id: int, token: str) -> DeclarationRow | None:
    """Return a merchant's declaration by its token."""
    return unit.scalar(
        select(DeclarationRow).where(
            DeclarationRow.merchant_id == merchant_id, DeclarationRow.token == token
        )
    )


def get(unit: Unit, merchant_id: int, id: int) -> DeclarationRow:
    """Return a merchant's declaration, held against other writers; raises NotFound."""
    wanted: Select[DeclarationRow] = select(DeclarationRow).where(
        DeclarationRow.merchant_id == merchant_id, DeclarationRow.id == id
    )
    row = unit.scalar(wanted.with_for_update())
    if row is None:
        raise NotFound(f"declaration {id}")
    return row


def list_open(unit: Unit, merchant_id: int | None = None) -> list[DeclarationRow]:
    """Return what waits for a person, of one merchant or of all, the oldest first."""
    wanted = select(DeclarationRow).where(DeclarationRow.state == word(DeclarationState.OPEN))
    if merchant_id is not None:
        wanted = wanted.where(DeclarationRow.merchant_id == merchant_id)
    return list(unit.scalars(wanted.order_by(DeclarationRow.received_at, DeclarationRow.id)))
