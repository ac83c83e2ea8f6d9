"""Dates and amounts that a merchant expects, worked out without the sandbox's own code.

A bill is (day, total in minor units, status); days are `2026-04-01`, always UTC midnight.
"""

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

Bill = tuple[str, int, str]
LAST = "2027-06-01"


def moment(text: str) -> int:
    """Unix seconds of `2026-04-01` or `2026-04-01T12:00`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def day(seconds: int) -> str:
    """The UTC day of unix seconds."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def later(first: str, interval: str, count: int) -> str:
    """The day that many intervals after `first`; months that are too short end on their last."""
    start = date.fromisoformat(first)
    if interval in ("day", "week"):
        return str(start + timedelta(days=count * (7 if interval == "week" else 1)))
    months = start.month - 1 + count * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    return str(date(year, month, min(start.day, calendar.monthrange(year, month)[1])))


def days(first: str, interval: str, every: int = 1, *, until: str = LAST) -> list[str]:
    """The days on which a cycle of `first` bills, the first included, up to `until`."""
    found: list[str] = []
    while (one := later(first, interval, every * len(found))) <= until:
        found.append(one)
    return found


def bills(
    first: str,
    interval: str,
    amount: int,
    every: int = 1,
    *,
    until: str = LAST,
    status: str = "paid",
) -> list[Bill]:
    """The same bill again and again."""
    return [(one, amount, status) for one in days(first, interval, every, until=until)]


def at(found: Iterable[Bill], place: int, bill: Bill) -> list[Bill]:
    """The bills with one of them replaced."""
    changed = list(found)
    changed[place] = bill
    return changed
