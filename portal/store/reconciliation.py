"""How far a merchant's reconciliation has come, and the differences that are not healed yet."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit, upsert
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.payments import CAN_TAKE_MONEY, PaymentState, Share
from portal.domain.reconciliation import PAID, Booking, Difference, DifferenceKind, Held
from portal.store.payments import PaymentRow, ShareRow
from portal.store.settlements import SettlementRow, SettlementState


class Phase(StrEnum):
    """What is gone through, in this order.

    AGAIN: what differed before. CHARGES and REFUNDS: what Stripe lists. PAYMENTS: ours. INVOICES:
    those of our payments. LEDGER: all of Holded's, where everything is compared.
    """

    AGAIN = "again"
    CHARGES = "charges"
    REFUNDS = "refunds"
    PAYMENTS = "payments"
    INVOICES = "invoices"
    LEDGER = "ledger"


class RunRow(Base):
    """A merchant's last reconciliation; `reached` is when the last whole one began.

    It looks at what changed since `since`; `cursor` is where its phase goes on. Those with
    `repairs` put right what is safe.
    """

    __tablename__ = "reconciliations"

    merchant_id: Mapped[int] = mapped_column(
        ForeignKey("merchants.id", ondelete="CASCADE"), primary_key=True
    )
    livemode: Mapped[bool] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    since: Mapped[datetime]
    is_full: Mapped[bool]
    repairs: Mapped[bool]
    phase: Mapped[str] = mapped_column(String(10))
    cursor: Mapped[str] = mapped_column(String(200), default="")
    finished_at: Mapped[datetime | None]
    reached: Mapped[datetime | None]


class DifferenceRow(Base):
    """One difference, until a later reconciliation does not find it again."""

    __tablename__ = "differences"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    livemode: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(160))
    payment: Mapped[str] = mapped_column(String(80))
    intent: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(10))
    invoice: Mapped[str] = mapped_column(Text)
    told: Mapped[str] = mapped_column(String(300))
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("merchant_id", "livemode", "kind", "subject"),)

    def to_difference(self) -> Difference:
        """Return what was found."""
        return Difference(
            DifferenceKind(self.kind),
            self.subject,
            payment=self.payment,
            intent=self.intent,
            invoice=self.invoice,
            origin=self.origin,
            told=self.told,
        )


def find_run(unit: Unit, merchant: Merchant) -> RunRow | None:
    """Return a merchant's last reconciliation."""
    return unit.get(RunRow, (merchant.id, merchant.livemode))


def save(unit: Unit, merchant: Merchant, found: Sequence[Difference], *, now: datetime) -> None:
    """Write what differs; what is known already was seen again."""
    for one in found:
        told = {
            "payment": one.payment[:80],
            "intent": one.intent[:64],
            "origin": one.origin,
            "invoice": one.invoice,
            "told": one.told[:300],
            "seen_at": now,
        }
        insert = upsert(unit.dialect, DifferenceRow).values(
            merchant_id=merchant.id,
            livemode=merchant.livemode,
            kind=one.kind,
            subject=one.subject,
            found_at=now,
            **told,
        )
        key = ["merchant_id", "livemode", "kind", "subject"]
        unit.execute(insert.on_conflict_do_update(index_elements=key, set_=told))


def list_differences(
    reader: Unit,
    merchant: Merchant,
    *,
    after: int = 0,
    limit: int = 1000,
    before: datetime | None = None,
) -> list[DifferenceRow]:
    """Return what differs by id, after one; with `before`, what was not seen since then."""
    is_old = [DifferenceRow.seen_at < before] if before is not None else []
    return list(
        reader.scalars(
            select(DifferenceRow)
            .where(*_whose(merchant), DifferenceRow.id > after, *is_old)
            .order_by(DifferenceRow.id)
            .limit(limit)
        )
    )


def forget_healed(unit: Unit, merchant: Merchant, *, before: datetime) -> None:
    """Delete what was not found again."""
    unit.execute(delete(DifferenceRow).where(*_whose(merchant), DifferenceRow.seen_at < before))


def find_held(unit: Unit, merchant: Merchant, id: str) -> Held | None:
    """Return a payment of a merchant with its bookings."""
    row = unit.get(PaymentRow, id)
    if row is None or (row.merchant_id, row.livemode) != (merchant.id, merchant.livemode):
        return None
    bookings = unit.execute(
        select(SettlementRow, ShareRow.origin)
        .join(
            ShareRow,
            and_(
                ShareRow.payment_id == SettlementRow.payment_id,
                ShareRow.invoice == SettlementRow.invoice,
            ),
        )
        .where(SettlementRow.payment_id == id)
    )
    return Held(
        id=row.id,
        state=PaymentState(row.state),
        money=Money(row.amount, row.currency),
        intent=row.intent,
        shares=tuple(
            Share(Origin(share.origin), share.invoice, share.amount) for share in row.shares
        ),
        bookings=tuple(_booking(settlement, origin) for settlement, origin in bookings),
        changed_at=row.changed_at,
    )


def list_payments(
    reader: Reader, merchant: Merchant, *, since: datetime, after: str, limit: int
) -> list[str]:
    """Return the ids of payments that are not over, or changed since a moment, after one."""
    found = reader.rows(
        select(PaymentRow.id)
        .where(*_concerned(merchant, since), PaymentRow.id > after)
        .order_by(PaymentRow.id)
        .limit(limit)
    )
    return [row.id for row in found]


def list_invoices(
    reader: Reader, merchant: Merchant, *, since: datetime, after: tuple[str, str], limit: int
) -> list[tuple[Origin, str]]:
    """Return the invoices of payments that are not over, or changed since a moment, after one."""
    origin, id = after
    found = reader.rows(
        select(ShareRow.origin, ShareRow.invoice)
        .join(PaymentRow, PaymentRow.id == ShareRow.payment_id)
        .where(
            *_concerned(merchant, since),
            or_(ShareRow.origin > origin, and_(ShareRow.origin == origin, ShareRow.invoice > id)),
        )
        .distinct()
        .order_by(ShareRow.origin, ShareRow.invoice)
        .limit(limit)
    )
    return [(Origin(row.origin), row.invoice) for row in found]


def count_invoices(reader: Reader, merchant: Merchant, origin: Origin, *, since: datetime) -> int:
    """Return how many invoices of an origin `list_invoices` would return."""
    row = reader.row(
        select(func.count(func.distinct(ShareRow.invoice)).label("number"))
        .join(PaymentRow, PaymentRow.id == ShareRow.payment_id)
        .where(*_concerned(merchant, since), ShareRow.origin == origin)
    )
    return int(row.number) if row is not None else 0


def list_bookings(
    reader: Unit, merchant: Merchant, origin: Origin, invoices: Sequence[str]
) -> dict[str, list[Booking]]:
    """Return the bookings on invoices of one origin by invoice."""
    found = reader.execute(
        select(SettlementRow, ShareRow.origin)
        .join(
            ShareRow,
            and_(
                ShareRow.payment_id == SettlementRow.payment_id,
                ShareRow.invoice == SettlementRow.invoice,
            ),
        )
        .where(
            SettlementRow.merchant_id == merchant.id,
            SettlementRow.livemode == merchant.livemode,
            SettlementRow.invoice.in_(list(invoices)),
            ShareRow.origin == origin,
        )
    )
    by_invoice: dict[str, list[Booking]] = {}
    for settlement, of in found:
        by_invoice.setdefault(settlement.invoice, []).append(_booking(settlement, of))
    return by_invoice


def is_paid(reader: Reader, merchant: Merchant, invoices: Sequence[tuple[str, str]]) -> bool:
    """Say whether a payment of ours came in for any of these invoices (origin and id)."""
    named = [
        and_(ShareRow.origin == origin, ShareRow.invoice == invoice) for origin, invoice in invoices
    ]
    if not named:
        return False
    found = reader.row(
        select(PaymentRow.id)
        .join(ShareRow, ShareRow.payment_id == PaymentRow.id)
        .where(*_own(merchant), PaymentRow.state.in_(PAID), or_(*named))
        .limit(1)
    )
    return found is not None


def _booking(row: SettlementRow, origin: str) -> Booking:
    return Booking(
        payment=row.payment_id,
        intent=row.intent,
        invoice=row.invoice,
        origin=origin,
        money=Money(row.amount, row.currency),
        excess=row.excess,
        entry=row.entry,
        treasury=row.treasury,
        before=frozenset(str(id) for id, _ in row.before or ()),
        changed_at=row.changed_at,
        is_booked=row.state == SettlementState.BOOKED,
        is_awaited=row.state in {SettlementState.WAITING, SettlementState.SENT},
        is_unknown=row.state == SettlementState.UNKNOWN,
    )


def _concerned(merchant: Merchant, since: datetime) -> tuple[ColumnElement[bool], ...]:
    is_new = or_(PaymentRow.changed_at >= since, PaymentRow.state.in_(CAN_TAKE_MONEY))
    return (*_own(merchant), is_new)


def _own(merchant: Merchant) -> tuple[ColumnElement[bool], ...]:
    return (
        PaymentRow.merchant_id == merchant.id,
        PaymentRow.account == merchant.stripe_account,
        PaymentRow.livemode == merchant.livemode,
    )


def _whose(merchant: Merchant) -> tuple[ColumnElement[bool], ...]:
    return (
        DifferenceRow.merchant_id == merchant.id,
        DifferenceRow.livemode == merchant.livemode,
    )
