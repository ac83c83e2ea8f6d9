"""Billing periods: where a subscription's cycle begins and ends, month ends included.

Every instant is unix seconds, every calendar step is taken in UTC, as Stripe does
(docs.stripe.com/billing/subscriptions/billing-cycle).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


def anchor_from(config: dict[str, int | None], now: int) -> int:
    """Return the next instant after or at `now` that fits a `billing_cycle_anchor_config`.

    Parts of the time of day that are not given are taken from `now`; a day that a month does
    not have is its last day.
    """
    moment = datetime.fromtimestamp(now, UTC)
    hour, minute, second = (
        moment.hour if config.get("hour") is None else config["hour"],
        moment.minute if config.get("minute") is None else config["minute"],
        moment.second if config.get("second") is None else config["second"],
    )
    wanted_month, wanted_day = config.get("month"), config["day_of_month"] or 1
    year, month = moment.year, moment.month
    while True:
        if wanted_month in (None, month):
            day = min(wanted_day, calendar.monthrange(year, month)[1])
            candidate = datetime(year, month, day, hour or 0, minute or 0, second or 0, tzinfo=UTC)
            if int(candidate.timestamp()) >= now:
                return int(candidate.timestamp())
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
