"""What was called of Holded: counted by month and effect, and what its answers say of the quota.

Counting never stands in the way of what is counted: without its tables calls are made, and a count
that cannot be written is carried over to the next call of the process.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import ForeignKey, Row, String, bindparam, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Database, Reader, Unit, upsert
from portal.domain.budget import Budget, Effect, Quota, Told, Wait, Window, may_spend, month_start
from portal.domain.errors import BudgetSpent
from portal.domain.merchants import Merchant
from portal.store import merchants

log = structlog.get_logger()

_effect: ContextVar[Effect] = ContextVar("effect", default=Effect.PAYMENT)


class CallsRow(Base):
    """How many calls one effect took in one month (`2026-11`) of one account."""

    __tablename__ = "budget_calls"

    merchant_id: Mapped[int] = mapped_column(
        ForeignKey("merchants.id", ondelete="CASCADE"), primary_key=True
    )
    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    effect: Mapped[str] = mapped_column(String(20), primary_key=True)
    calls: Mapped[int]


class WindowRow(Base):
    """What Holded said last of a window; `counted` is what we had called in its month by then."""

    __tablename__ = "budget_windows"

    merchant_id: Mapped[int] = mapped_column(
        ForeignKey("merchants.id", ondelete="CASCADE"), primary_key=True
    )
    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    window: Mapped[str] = mapped_column(String(6), primary_key=True)
    allowed: Mapped[int]
    remaining: Mapped[int]
    is_closed: Mapped[bool]
    told_at: Mapped[datetime]
    resets_at: Mapped[datetime]
    counted: Mapped[int]


_OF_ACCOUNT = (
    CallsRow.merchant_id == bindparam("merchant"),
    CallsRow.account == bindparam("account"),
)
_CALLS = select(CallsRow.effect, CallsRow.calls).where(
    *_OF_ACCOUNT, CallsRow.month == bindparam("month")
)
_SUM = select(func.coalesce(func.sum(CallsRow.calls), 0).label("calls")).where(
    *_OF_ACCOUNT, CallsRow.month == bindparam("month")
)
_WINDOWS = select(WindowRow.__table__).where(
    WindowRow.merchant_id == bindparam("merchant"), WindowRow.account == bindparam("account")
)


@contextmanager
def spending(effect: Effect) -> Iterator[None]:
    """Have every call to Holded that is made inside counted, and admitted, as this effect's."""
    token = _effect.set(effect)
    try:
        yield
    finally:
        _effect.reset(token)


def read(reader: Reader, merchant: Merchant, *, now: datetime) -> Budget:
    """Return the budget of the month that `now` is in."""
    values = {"merchant": merchant.id, "account": merchant.holded_account}
    calls = {
        Effect(row.effect): row.calls
        for row in reader.rows(_CALLS, {**values, "month": _month(now)})
    }
    told = {row.window: row for row in reader.rows(_WINDOWS, values)}
    ours = sum(calls.values())
    month, minute = told.get(Window.MONTH), told.get(Window.MINUTE)
    # What was told of another month says how many calls the plan has, and nothing of their use.
    is_this_month = month is not None and _month(month.told_at) == _month(now)
    return Budget(
        now=now,
        calls=calls,
        decided=merchant.rules.holded_calls_a_month,
        month=_told(month, ours, is_current=is_this_month) if month is not None else None,
        minute=_told(minute, ours, is_current=True) if minute is not None else None,
    )


def count(
    unit: Unit,
    merchant_id: int,
    account: str,
    calls: dict[Effect, int],
    quota: Quota | None = None,
    *,
    now: datetime,
) -> None:
    """Add calls to the month's, and keep what their answer said of the quota."""
    key = {"merchant_id": merchant_id, "account": account}
    for effect, n in calls.items():
        insert = upsert(unit.dialect, CallsRow).values(
            **key, month=_month(now), effect=effect, calls=n
        )
        unit.execute(
            insert.on_conflict_do_update(
                index_elements=["merchant_id", "account", "month", "effect"],
                set_={"calls": CallsRow.calls + insert.excluded.calls},
            )
        )
    if quota is None:
        return
    if not quota.is_refusal:
        _open(unit, merchant_id, account)
    values = {"merchant": merchant_id, "account": account, "month": _month(now)}
    row = unit.row(_SUM, values)
    told = {
        "allowed": quota.limit,
        "remaining": quota.remaining,
        "is_closed": quota.is_refusal,
        "told_at": now,
        "resets_at": now + quota.resets_in,
        "counted": row.calls if row is not None else 0,
    }
    insert = upsert(unit.dialect, WindowRow).values(**key, window=quota.window, **told)
    unit.execute(
        insert.on_conflict_do_update(index_elements=["merchant_id", "account", "window"], set_=told)
    )


def _open(unit: Unit, merchant_id: int, account: str) -> None:
    """Note that nothing is closed to who was answered: the plan may have been changed."""
    unit.execute(
        update(WindowRow)
        .where(
            WindowRow.merchant_id == merchant_id,
            WindowRow.account == account,
            WindowRow.is_closed.is_(True),
        )
        .values(is_closed=False)
    )


class Meter:
    """Counts the calls of one merchant, and stops those that are to wait; safe between threads."""

    def __init__(
        self, db: Database, merchant_id: int, account: str, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._merchant_id = merchant_id
        self._account = account
        self._clock = clock
        self._owed: Counter[Effect] = Counter()
        self._lock = Lock()

    def admit(self) -> None:
        """Raise BudgetSpent where a call has to wait."""
        try:
            found = may_spend(self._read(), _effect.get())
        except SQLAlchemyError as error:
            log.warning("budget.not_read", error=type(error).__name__)
            return
        if found.why is not None and found.until is not None:
            until = f"again at {found.until:%Y-%m-%d %H:%M:%S}Z"
            raise BudgetSpent(f"{_SAYS[found.why]}, {until}", until=found.until)

    def _read(self) -> Budget:
        return read(self._db, merchants.get_by_id(self._db, self._merchant_id), now=self._clock())

    def count(self, quota: Quota | None) -> None:
        """Count one call, unless it was refused for its number."""
        with self._lock:
            if quota is None or not quota.is_refusal:
                self._owed[_effect.get()] += 1
            owed, self._owed = self._owed, Counter()
        try:
            with self._db.write() as unit:
                count(unit, self._merchant_id, self._account, owed, quota, now=self._clock())
        except SQLAlchemyError as error:
            log.warning("budget.not_counted", error=type(error).__name__)
            with self._lock:
                self._owed.update(owed)


_SAYS = {
    Wait.MINUTE: "Holded's calls of this minute are used up",
    Wait.MONTH: "Holded's calls of this month are used up",
    Wait.RESERVED: "what is left of Holded's calls of this month is kept for payments",
}


def _told(row: Row[Any], ours: int, *, is_current: bool) -> Told:
    return Told(
        limit=row.allowed,
        remaining=row.remaining if is_current else row.allowed,
        at=row.told_at,
        resets_at=row.resets_at,
        is_closed=row.is_closed,
        since=max(ours - row.counted, 0) if is_current else 0,
    )


def _month(moment: datetime) -> str:
    return f"{month_start(moment):%Y-%m}"
