"""The calls Holded allows an account a month: what each effect costs, and what may still be spent.

Plans allow 500 to 100,000 calls a month and 60 to 600 a minute, shared by all keys of the account
(Holded's guide, summer 2026). Money comes first, then hooks, sweeps, and PDFs last: what the higher
are expected to need until the month ends is kept for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum

# The share of a month's calls that is kept for each priority, of what remains of the month.
SHARES_PERCENT = {"MONEY": 30, "HOOKS": 20, "SWEEPS": 20}
# Of a minute's calls, what is left for money.
MINUTE_FOR_MONEY_PERCENT = 10
# A plan may be changed before its month is over, so money asks again now and then.
MONEY_ASKS_AGAIN = timedelta(hours=1)
# What was called in less than this is no rate to foretell a month by.
SHORTEST_RATE = timedelta(days=2)


class Priority(IntEnum):
    """Who goes first; the greater waits for the smaller."""

    MONEY = 0
    HOOKS = 1
    SWEEPS = 2
    PDFS = 3


class Effect(StrEnum):
    """What calls are made for; `COSTS` has a row for each.

    PAYMENT is also what is called without a name: somebody waits for it.
    """

    PAYMENT = "payment"
    BOOKING = "booking"
    DOCUMENT = "document"
    USAGE = "usage"
    HOOK = "hook"
    SETUP = "setup"
    SWEEP = "sweep"
    SYNC = "sync"
    RECONCILIATION = "reconciliation"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an effect takes: so many `calls` for each `what`, or for each so many of them."""

    priority: Priority
    calls: int
    what: str
    each: int = 1


COSTS: Mapping[Effect, Cost] = {
    # Read before the charge, so that the sum is right.
    Effect.PAYMENT: Cost(Priority.MONEY, 1, "invoice that is paid"),
    # Read, book, read again: the booking's answer says nothing.
    Effect.BOOKING: Cost(Priority.MONEY, 3, "invoice that is booked"),
    # Taxes, what stands there, the draft, its approval and its booking, each read again.
    Effect.DOCUMENT: Cost(Priority.MONEY, 9, "document made of what Stripe billed or gave back"),
    # What the plan allows decides over all the others.
    Effect.USAGE: Cost(Priority.MONEY, 1, "question how many calls are left"),
    # The payload has no sums: the document is read.
    Effect.HOOK: Cost(Priority.HOOKS, 1, "webhook"),
    # Holded has no list of a token's permissions: each is tried.
    Effect.SETUP: Cost(Priority.HOOKS, 9, "merchant who joins"),
    Effect.SWEEP: Cost(Priority.SWEEPS, 1, "documents looked through", each=200),
    Effect.SYNC: Cost(Priority.SWEEPS, 1, "contacts or documents read", each=200),
    Effect.RECONCILIATION: Cost(Priority.SWEEPS, 1, "invoice compared"),
    # Once for each state of an invoice: then it is kept.
    Effect.PDF: Cost(Priority.PDFS, 1, "PDF fetched"),
}


def cost_of(effect: Effect, n: int = 1) -> int:
    """Return how many calls `n` of an effect take."""
    cost = COSTS[effect]
    return cost.calls * -(-n // cost.each)


class Window(StrEnum):
    """What a quota is counted over."""

    MINUTE = "minute"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Quota:
    """What an answer says of the account's quota: `resets_in` from then; a refusal is a 429."""

    window: Window
    limit: int
    remaining: int
    resets_in: timedelta
    is_refusal: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The last that was told of a window; `since` is what we called in it after that."""

    limit: int
    remaining: int
    at: datetime
    resets_at: datetime
    is_closed: bool = False
    since: int = 0


class Wait(StrEnum):
    """Why something is postponed: the minute or the month is used up, or kept for the higher."""

    MINUTE = "minute"
    MONTH = "month"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class Spending:
    """Whether calls may be made now; if not, why, and when it is worth asking again."""

    why: Wait | None = None
    until: datetime | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether it may be done now."""
        return self.why is None


ALLOWED = Spending()


@dataclass(frozen=True, slots=True)
class Budget:
    """One account's calls of the calendar month (UTC) that `now` is in.

    `decided` is what the merchant says the plan allows a month, 0 if that is for Holded to tell.
    """

    now: datetime
    calls: Mapping[Effect, int] = field(default_factory=dict)
    decided: int = 0
    month: Told | None = None
    minute: Told | None = None

    @property
    def allowance(self) -> int:
        """Return the calls of the month, 0 if nobody has said how many."""
        return max(self.decided, 0) or (self.month.limit if self.month else 0)

    @property
    def used(self) -> int:
        """Return the calls of the month: ours, or all of the account's where Holded tells more."""
        ours = sum(self.calls.values())
        told = self.month.limit - self.month.remaining + self.month.since if self.month else 0
        return max(ours, told)

    @property
    def left(self) -> int | None:
        """Return what may still be called this month, None if nobody has said."""
        return max(self.allowance - self.used, 0) if self.allowance else None

    @property
    def begins_at(self) -> datetime:
        """Return when the month began."""
        return month_start(self.now)

    @property
    def ends_at(self) -> datetime:
        """Return when the month is over."""
        return month_start(self.begins_at + timedelta(days=32))

    @property
    def forecast(self) -> int:
        """Return the calls of the whole month if it goes on as it went."""
        return self.used + self._ahead(self.used)

    def of(self, priority: Priority) -> int:
        """Return our calls of one priority."""
        return sum(n for effect, n in self.calls.items() if COSTS[effect].priority is priority)

    def reserve(self, priority: Priority) -> int:
        """Return the calls that are kept for what goes before a priority.

        It shrinks as the month goes by, and is more than its share where more was called so far.
        """
        return sum(self._needs(higher) for higher in Priority if higher < priority)

    def _needs(self, priority: Priority) -> int:
        left, whole = self.ends_at - self.now, self.ends_at - self.begins_at
        share = int(self.allowance * SHARES_PERCENT[priority.name] / 100 * (left / whole))
        # A first sync is no rate: sweeps have their share alone.
        goes_on = self._ahead(self.of(priority)) if priority < Priority.SWEEPS else 0
        return max(share, goes_on)

    def _ahead(self, calls: int) -> int:
        gone = max(self.now - self.begins_at, SHORTEST_RATE)
        return int(calls * ((self.ends_at - self.now) / gone))


def may_spend(budget: Budget, effect: Effect, n: int = 1) -> Spending:
    """Say whether `n` of an effect may be called for now.

    Money waits only for a window that Holded has closed; of a month, it asks again each hour.
    """
    priority = COSTS[effect].priority
    calls = cost_of(effect, n)
    return (
        _of_minute(budget, priority) or _of_month(budget, priority, calls) or ALLOWED
    )  # fmt: skip


def _of_minute(budget: Budget, priority: Priority) -> Spending | None:
    told = budget.minute
    if told is None or told.resets_at <= budget.now:
        return None
    kept = told.limit * MINUTE_FOR_MONEY_PERCENT // 100 if priority is not Priority.MONEY else 0
    is_used_up = told.is_closed or told.remaining - told.since <= kept
    return Spending(Wait.MINUTE, told.resets_at) if is_used_up else None


def _of_month(budget: Budget, priority: Priority, calls: int) -> Spending | None:
    told = budget.month
    if told is not None and told.is_closed and told.resets_at > budget.now:
        again = told.resets_at
        if priority is Priority.MONEY:
            again = min(again, told.at + MONEY_ASKS_AGAIN)
        return Spending(Wait.MONTH, again) if again > budget.now else None
    if budget.left is None or priority is Priority.MONEY:
        return None
    spare, kept = budget.left - calls, budget.reserve(priority)
    if spare >= kept:
        return None
    if spare < 0:
        return Spending(Wait.MONTH, budget.ends_at)
    return Spending(Wait.RESERVED, _when_free(budget, spare, kept))


def _when_free(budget: Budget, spare: int, kept: int) -> datetime:
    """Return when what is kept, which shrinks day by day, will be no more than what is spare."""
    left = budget.ends_at - budget.now
    return max(budget.ends_at - left * (spare / kept), budget.now + timedelta(hours=1))


def month_start(moment: datetime) -> datetime:
    """Return the beginning of the calendar month in UTC, by which Holded counts."""
    at = moment.astimezone(UTC)
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
