"""What Holded's answers say of the account's quota: `X-RateLimit-*`, and `Retry-After` of a 429.

Each answer speaks of one window; which one depends on the plan.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from portal.domain.budget import Quota, Window, month_start
from portal.gateways.answers import moment_of

PREFIX = "X-RateLimit-"
TOO_MANY = 429
# A refusal that says how long to wait and not which quota: no minute is as long.
LONGEST_MINUTE = timedelta(minutes=10)
LONGEST = timedelta(days=32)


def told(response: httpx.Response) -> Quota | None:
    """Return what an answer's headers say of the quota, None if nothing that makes sense."""
    is_refusal = response.status_code == TOO_MANY
    wait = _wait(response, is_refusal=is_refusal)
    if wait is None:
        return None
    named = response.headers.get(f"{PREFIX}Window", "")
    limit, remaining = (_number(response, f"{PREFIX}{name}") for name in ("Limit", "Remaining"))
    if named in set(Window) and limit is not None and remaining is not None:
        return Quota(Window(named), limit, remaining, wait, is_refusal)
    if not is_refusal:
        return None
    window = Window.MINUTE if wait <= LONGEST_MINUTE else Window.MONTH
    return Quota(window, limit or 0, 0, wait, is_refusal)


def of_usage(body: Mapping[str, Any], at: datetime) -> Quota | None:
    """Translate `GET /usage`: what all keys of the account called in its month."""
    used, limit = _count(body.get("usage")), _count(body.get("limit"))
    if used is None or not limit:
        return None
    ends = month_start(month_start(at) + timedelta(days=32))
    return Quota(Window.MONTH, limit, max(limit - used, 0), ends - at)


def _wait(response: httpx.Response, *, is_refusal: bool) -> timedelta | None:
    after = _number(response, "Retry-After") if is_refusal else None
    reset = _number(response, f"{PREFIX}Reset")
    if after is None and reset is not None:
        after = reset - int(date_of(response).timestamp())
    if after is None or not 0 <= after <= LONGEST.total_seconds():
        return None
    return timedelta(seconds=after)


def _number(response: httpx.Response, name: str) -> int | None:
    text = response.headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else None


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return max(value, 0)


def date_of(response: httpx.Response) -> datetime:
    """Return Holded's time of the answer; without one, when it was received (RFC 9110, 6.6.1)."""
    try:
        return moment_of(response.headers["Date"])
    except (KeyError, ValueError):
        return datetime.now(UTC).replace(microsecond=0)
