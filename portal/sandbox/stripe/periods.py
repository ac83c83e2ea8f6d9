"""Billing periods: where a subscription's cycle begins and ends, month ends included.

Every instant is unix seconds, every calendar step is taken in UTC, as Stripe does
(docs.stripe.com/billing/subscriptions/billing-cycle).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

DAY = 86_400
MONTHS = {"month": 1, "year": 12}
DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often something recurs: `interval` is day, week, month or year."""

    interval: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open span of service, [start, end), in unix seconds."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Seconds from start to end."""
        return self.end - self.start

    def share_from(self, at: int) -> tuple[int, int]:
        """Seconds left at `at` and seconds in all; a date outside is moved to the nearer end."""
        at = min(max(at, self.start), self.end)
        return self.end - at, self.length


def step(anchor: int, cadence: Cadence, times: int) -> int:
    """Return `anchor` moved by `times` intervals, counted from the anchor.

    Counting from the anchor, not from the last boundary, is what brings a cycle of 31 January
    to 28 February and back to 31 March.
    """
    moment = datetime.fromtimestamp(anchor, UTC)
    if cadence.interval in DAYS:
        return int(
            (moment + timedelta(days=DAYS[cadence.interval] * cadence.count * times)).timestamp()
        )
    months = moment.month - 1 + MONTHS[cadence.interval] * cadence.count * times
    year, month = moment.year + months // 12, months % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return int(moment.replace(year=year, month=month, day=day).timestamp())


def period_at(anchor: int, cadence: Cadence, at: int) -> Period:
    """Return the period aligned to `anchor` in which `at` falls; works before the anchor too."""
    span = (DAYS.get(cadence.interval) or MONTHS[cadence.interval] * 30) * cadence.count * DAY
    times = (at - anchor) // span
    while step(anchor, cadence, times) > at:
        times -= 1
    while step(anchor, cadence, times + 1) <= at:
        times += 1
    return Period(step(anchor, cadence, times), step(anchor, cadence, times + 1))


def intervals_in(span: Period, cadence: Cadence) -> Fraction:
    """Return how many intervals a span lasts, counted from where it begins."""
    whole = 0
    while step(span.start, cadence, whole + 1) <= span.end:
        whole += 1
    begun = step(span.start, cadence, whole)
    return whole + Fraction(span.end - begun, step(span.start, cadence, whole + 1) - begun)


def anchor_from(config: dict[str, int | None], now: int, months: int = 1) -> int:
    """Return the anchor that a `billing_cycle_anchor_config` means at `now`.

    It lies in a month that has the day, a whole number of `months` after the next boundary: the
    31st every two months, asked for in February, is 31 August, and the first period still ends on
    28 February. Parts of the time of day that are not given are taken from `now`.
    """
    moment = datetime.fromtimestamp(now, UTC)
    wanted_month, wanted_day = config.get("month"), config["day_of_month"] or 1
    time = {
        name: getattr(moment, name) if config.get(name) is None else int(config[name] or 0)
        for name in ("hour", "minute", "second")
    }

    def in_month(count: int) -> tuple[bool, datetime]:
        year, month = (
            moment.year + (moment.month - 1 + count) // 12,
            (moment.month - 1 + count) % 12,
        )
        last = calendar.monthrange(year, month + 1)[1]
        day = min(wanted_day, last)
        return day == wanted_day, datetime(year, month + 1, day, **time, tzinfo=UTC)

    first = next(
        count
        for count in range(0, 26)
        if wanted_month in (None, in_month(count)[1].month)
        and int(in_month(count)[1].timestamp()) >= now
    )
    grid = 12 if wanted_month else months
    for count in range(first, first + 8 * 12 + 1, grid):
        exact, found = in_month(count)
        if exact:
            return int(found.timestamp())
    return int(in_month(first)[1].timestamp())
