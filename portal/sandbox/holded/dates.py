"""Dates as Holded reads and writes them; a day is a day in Madrid."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.sandbox.holded.problems import bad_request

MADRID = ZoneInfo("Europe/Madrid")


def today(now: datetime) -> str:
    return now.astimezone(MADRID).date().isoformat()


def moment(now: datetime) -> str:
    """Write a moment as in Holded's example of ``approved_at``: without a zone, and it is UTC."""
    return now.replace(tzinfo=None).isoformat(timespec="seconds")


def year_before(day: str) -> str:
    """Return the same day of the year before; of the 29th of February, the 28th."""
    return moved(day, -1)


def year_after(day: str) -> str:
    """Return the same day of the next year; of the 29th of February, the 28th."""
    return moved(day, 1)


def moved(day: str, years: int) -> str:
    there = date.fromisoformat(day)
    leap = (there.month, there.day) == (2, 29)
    return there.replace(year=there.year + years, day=28 if leap else there.day).isoformat()


def spanish(day: str) -> str:
    """Write a day as the books do: DD/MM/YYYY, though their description says otherwise."""
    return "/".join(reversed(day.split("-")))


def midnight(day: str) -> str:
    """Write a day as the moments of payments and movements are written."""
    return f"{day}T00:00:00+00:00"


def day(value: Any) -> str:
    """Read ``YYYY-MM-DD`` or an ISO 8601 datetime; everything else is refused by name."""
    if isinstance(value, str):
        try:
            if len(value) == 10:
                return date.fromisoformat(value).isoformat()
            if len(value) > 10 and value[10] == "T":
                return datetime.fromisoformat(value).date().isoformat()
        except ValueError:
            pass
    shown = str(value)[:40]
    raise bad_request(
        f'Invalid date format: "{shown}". Expected format: YYYY-MM-DD (e.g. 2026-08-13) '
        "or ISO 8601 datetime (e.g. 2026-08-13T15:04:12+00:00)"
    )
