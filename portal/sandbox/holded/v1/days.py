"""Days in v1: unix seconds of midnight in Madrid, which in UTC is the evening before."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from portal.sandbox.holded.dates import MADRID

LATEST = 4_102_444_800  # 2100-01-01


def seconds(day: str | None) -> int | None:
    """Return the unix seconds at which a stored day (``YYYY-MM-DD``) begins in Madrid."""
    if day is None:
        return None
    return int(datetime.combine(date.fromisoformat(day), time(), MADRID).timestamp())


def day(moment: int) -> str:
    """Return the day it is in Madrid at a moment in unix seconds."""
    return datetime.fromtimestamp(moment, MADRID).date().isoformat()


def moment(written: str | None) -> int | None:
    """Return the unix seconds of a stored moment, which is UTC and written without a zone."""
    if written is None:
        return None
    return int(datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp())
