"""Pausing a subscription for some months: how long, until when, and what it credits."""

import calendar
from datetime import datetime

# Stripe's portal lets people pause for three years at most (facts C17).
MOST_MONTHS = 36
LENGTHS = (1, 2, 3, 6, 12, 24, 36)


def lengths(most: int) -> tuple[int, ...]:
    """Return the months to choose from, where a merchant allows at most so many."""
    return tuple(length for length in LENGTHS if length <= most)


def end_of(start: datetime, months: int) -> datetime:
    """Return the same time of the same day some months later, or of the last day there is."""
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return start.replace(year=year, month=month, day=day)


def is_as_shown(
    shown: int, now: int, *, shown_at: datetime, at: datetime, ends_at: datetime
) -> bool:
    """Say whether a credit is the one that was shown, less the time that has passed.

    Stripe counts what is credited to the second and takes no other moment than its own, so a credit
    shrinks while its page is read: from `shown` (minor units) to nothing at `ends_at`.
    """
    left, whole = (ends_at - at).total_seconds(), (ends_at - shown_at).total_seconds()
    expected = shown * left / whole if whole > 0 else 0
    return abs(now - expected) <= 2
