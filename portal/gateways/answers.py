"""What answers of any provider have in common."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def moment_of(date: str) -> datetime:
    """Return the aware moment of a Date header, which is always UTC (RFC 9110, 5.6.7).

    One that names no zone, as where a proxy on the way adds a second, is read as what it must be.
    Raises ValueError for what is no date.
    """
    read = parsedate_to_datetime(date)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
