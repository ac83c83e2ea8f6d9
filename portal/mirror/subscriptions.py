"""Subscriptions and the schedules that will change them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Row, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.context import Visit
from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant
from portal.domain.method_types import DEBITS
from portal.domain.subscriptions import Schedule, Subscription
from portal.mirror import rows
from portal.mirror.payment_methods import PaymentMethodRow
from portal.store import customers


class SubscriptionRow(rows.MirroredRow):
    """One subscription."""

    __tablename__ = "subscriptions"

    customer_id: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    is_ended: Mapped[bool]

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """A customer's, the running ones first."""
        return (Index("ix_subscriptions_customer_id", "customer_id", "is_ended", "id"),)


class ScheduleRow(rows.MirroredRow):
    """One schedule of a subscription."""

    __tablename__ = "schedules"

    subscription: Mapped[str] = mapped_column(String(64))

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """Read with their subscription."""
        return (Index("ix_schedules_subscription", "merchant_id", "subscription"),)


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription with the schedule attached to it."""

    subscription: Subscription
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class Owned:
    """A subscription and whose it is."""

    customer_id: int
    subscription: Subscription


@dataclass(frozen=True, slots=True)
class Running:
    """A subscription that has not ended, whose it is, and the schedule attached to it."""

    customer_id: int
    subscription: Subscription
    schedule: Schedule | None


_OWNED = select(SubscriptionRow.customer_id, SubscriptionRow.snapshot).where(
    *rows.of_account(SubscriptionRow), SubscriptionRow.provider_id == bindparam("id")
)
_RUNNING = select(SubscriptionRow.snapshot).where(
    *rows.of_account(SubscriptionRow),
    SubscriptionRow.customer_id == bindparam("customer"),
    SubscriptionRow.is_ended.is_(False),
)
_WITH_DEBITS = select(SubscriptionRow.snapshot).where(
    *rows.of_account(SubscriptionRow),
    SubscriptionRow.is_ended.is_(False),
    SubscriptionRow.customer_id.in_(
        select(PaymentMethodRow.customer_id).where(
            *rows.of_account(PaymentMethodRow),
            PaymentMethodRow.type.in_(DEBITS),
            PaymentMethodRow.is_detached.is_(False),
        )
    ),
)
_WITH_SCHEDULE = (
    select(SubscriptionRow.snapshot, ScheduleRow.snapshot.label("schedule"))
    .outerjoin(
        ScheduleRow,
        (ScheduleRow.merchant_id == SubscriptionRow.merchant_id)
        & (ScheduleRow.livemode == SubscriptionRow.livemode)
        & (ScheduleRow.account == SubscriptionRow.account)
        & (ScheduleRow.subscription == SubscriptionRow.provider_id),
    )
    .where(*rows.of_account(SubscriptionRow), SubscriptionRow.customer_id == bindparam("customer"))
    .order_by(SubscriptionRow.is_ended, SubscriptionRow.id.desc(), ScheduleRow.id.desc())
)
_ALL_RUNNING = (
    select(
        SubscriptionRow.customer_id,
        SubscriptionRow.snapshot,
        ScheduleRow.snapshot.label("schedule"),
    )
    .outerjoin(
        ScheduleRow,
        (ScheduleRow.merchant_id == SubscriptionRow.merchant_id)
        & (ScheduleRow.livemode == SubscriptionRow.livemode)
        & (ScheduleRow.account == SubscriptionRow.account)
        & (ScheduleRow.subscription == SubscriptionRow.provider_id),
    )
    .where(*rows.of_account(SubscriptionRow), SubscriptionRow.is_ended.is_(False))
    .order_by(SubscriptionRow.id, ScheduleRow.id)
)
_RUNNING_ONE = _ALL_RUNNING.where(SubscriptionRow.provider_id == bindparam("id"))
_ONE = _WITH_SCHEDULE.where(SubscriptionRow.provider_id == bindparam("id"))
_MOST = 100


def list_of_customer(visit: Visit) -> list[Held]:
    """Return the customer's subscriptions, the running ones first, at most 100."""
    found = visit.db.rows(_WITH_SCHEDULE.limit(_MOST), _whose(visit))
    held = [_held(row) for row in found]
    return list({row.subscription.id: row for row in reversed(held)}.values())[::-1]


def get(visit: Visit, id: str, *, reader: Reader | None = None) -> Held:
    """Return one subscription of the customer; raises NotFound."""
    row = (reader or visit.db).row(_ONE, {**_whose(visit), "id": id})
    if row is None:
        raise NotFound(f"subscription {id}")
    return _held(row)


def list_running(reader: Reader, merchant: Merchant, customer_id: int) -> list[Subscription]:
    """Return the subscriptions of a customer that have not ended."""
    values = {**rows.account_values(merchant, Origin.STRIPE), "customer": customer_id}
    return [rows.load(Subscription, row.snapshot) for row in reader.rows(_RUNNING, values)]


def list_all_running(reader: Reader, merchant: Merchant) -> list[Running]:
    """Return every subscription of a merchant that has not ended, with its newest schedule."""
    found = reader.rows(_ALL_RUNNING, rows.account_values(merchant, Origin.STRIPE))
    return list({one.subscription.id: one for one in map(_running, found)}.values())


def find_running(reader: Reader, merchant: Merchant, id: str) -> Running | None:
    """Return one subscription of a merchant that has not ended, None if it has."""
    values = {**rows.account_values(merchant, Origin.STRIPE), "id": id}
    found = reader.rows(_RUNNING_ONE, values)
    return _running(found[-1]) if found else None


def find_owned(reader: Reader, merchant: Merchant, id: str) -> Owned | None:
    """Return a subscription of whichever customer and whose it is, None if it is not kept."""
    row = reader.row(_OWNED, {**rows.account_values(merchant, Origin.STRIPE), "id": id})
    if row is None:
        return None
    return Owned(row.customer_id, rows.load(Subscription, row.snapshot))


def list_with_debits(reader: Reader, merchant: Merchant) -> list[Subscription]:
    """Return the running subscriptions of customers who have a bank account saved."""
    found = reader.rows(_WITH_DEBITS, rows.account_values(merchant, Origin.STRIPE))
    return [rows.load(Subscription, row.snapshot) for row in found]


def save(
    unit: Unit,
    merchant: Merchant,
    subscriptions: Sequence[tuple[Subscription, datetime]],
    *,
    now: datetime,
) -> None:
    """Write subscriptions with the provider's time of each."""
    named = {subscription.customer for subscription, _ in subscriptions}
    payers = customers.ids_of(unit, merchant, Origin.STRIPE, named, now=now)
    rows.save(
        unit,
        SubscriptionRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, subscription.id),
                "customer_id": payers[subscription.customer],
                "status": subscription.status,
                "is_ended": subscription.is_ended,
                "state_at": at,
                "snapshot": rows.dump(subscription),
            }
            for subscription, at in subscriptions
        ],
    )


def save_schedules(
    unit: Unit, merchant: Merchant, schedules: Sequence[tuple[Schedule, datetime]]
) -> None:
    """Write schedules with the provider's time of each."""
    rows.save(
        unit,
        ScheduleRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, schedule.id),
                "subscription": schedule.subscription,
                "state_at": at,
                "snapshot": rows.dump(schedule),
            }
            for schedule, at in schedules
        ],
    )


def _running(row: Row[Any]) -> Running:
    held = _held(row)
    return Running(row.customer_id, held.subscription, held.schedule)


def _held(row: Row[Any]) -> Held:
    return Held(
        rows.load(Subscription, row.snapshot),
        rows.load(Schedule, row.schedule) if row.schedule else None,
    )


def _whose(visit: Visit) -> dict[str, Any]:
    return {
        **rows.account_values(visit.merchant, Origin.STRIPE),
        "customer": visit.customer.id,
    }
