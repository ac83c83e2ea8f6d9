"""Days as Holded writes them: ISO, or DD/MM/YYYY; never the American order.

The first API writes the unix seconds of the midnight in Madrid with which a day begins: in UTC that
is the evening before.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.gateways.holded.amounts import Unreadable

# Holded's days begin at midnight in Madrid, whatever zone a moment is written in.
MADRID = ZoneInfo("Europe/Madrid")
_SPANISH = re.compile(r"(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_DIGITS = re.compile(r"\d{1,12}", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day(value: object) -> date | None:
    """Read a day or the day of a moment; None for what Holded leaves out. Raises Unreadable."""
    if value is None or value in ("", [], {}):
        return None
    if not isinstance(value, str):
        raise Unreadable(f"not a date: {str(value)[:40]!r}")
    try:
        return _read(value)
    except ValueError as error:
        raise Unreadable(f"not a date: {value[:40]!r}") from error


def day_of_seconds(value: object) -> date | None:
    """Read the day of unix seconds, which may come as a text; None for what Holded leaves out.

    Raises Unreadable.
    """
    if value is None or value in ("", 0, [], {}):
        return None
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unreadable(f"not a date: {text[:40]!r}")
    if not _DIGITS.fullmatch(text):
        raise Unreadable(f"not a date: {text[:40]!r}")
    try:
        return datetime.fromtimestamp(int(text), MADRID).date()
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(f"not a date: {text[:40]!r}") from error


def seconds_of_day(value: date) -> int:
    """Return the unix seconds at which a day begins in Madrid."""
    return int(datetime.combine(value, time(), MADRID).timestamp())


def _read(value: str) -> date:
    if spanish := _SPANISH.fullmatch(value):
        day, month, year = map(int, spanish.groups())
        return date(year, month, day)
    if _ISO_DAY.fullmatch(value):
        return date.fromisoformat(value)
    if len(value) < 16:
        raise ValueError("neither a day nor a moment")
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo is None else moment.astimezone(MADRID)).date()
