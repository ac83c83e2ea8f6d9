"""``GET /usage``, and the quota an account has a minute and a month, shared by all its keys.

A call is an operation its caller was permitted; refused ones cost nothing. The minute begins with
its first call, the month is the calendar's in UTC, both by the sandbox's clock. An account without
a plan has the billing ceiling for its month and no limit a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from portal.sandbox.holded.accounts import Account, account, permit, state
from portal.sandbox.holded.problems import Problem
from portal.sandbox.holded.state import State

blueprint = Blueprint("usage", __name__)

# What an account may call a month at most: the provider bills beyond 100,000 up to this.
CEILING = 2_000_000
# Calls a minute and a month (Holded's guide, summer 2026), the smallest plan first.
PLANS = {
    "plus": (60, 500),
    "basic": (60, 2_000),
    "standard": (120, 7_500),
    "advanced": (120, 30_000),
    "premium": (600, CEILING),
}
MINUTE = 60


@dataclass
class Calls:
    """What an account called lately: since ``minute`` (unix time) and in ``month`` (YYYY-MM)."""

    minute: int
    in_minute: int
    month: str
    in_month: int


@blueprint.get("/usage")
def show() -> dict[str, Any]:
    permit("developers:usage", "get")
    month = state().now().strftime("%Y-%m")
    rows = state().connection.execute(
        "SELECT operation, COUNT(*) AS calls FROM requests"
        " WHERE account = ? AND month = ? AND operation IS NOT NULL GROUP BY operation",
        (account().id, month),
    )
    calls = {row["operation"]: row["calls"] for row in rows}
    upgrade = next_plan(account().plan)
    return {
        "type": "automation_token",
        "period": month,
        "usage": sum(calls.values()),
        "limit": monthly(account()),
        "count": 1,
        "secondary_usages": calls,
        "user_usages": [],
        "next_plan": upgrade,
        "next_limit": PLANS[upgrade][1] if upgrade else None,
    }


def next_plan(plan: str | None) -> str | None:
    """Return the plan above one; None above the last and above no plan."""
    names = list(PLANS)
    place = names.index(plan) + 1 if plan in PLANS else len(names)
    return names[place] if place < len(names) else None


def monthly(account: Account) -> int:
    return PLANS[account.plan][1] if account.plan in PLANS else CEILING


def check(account: Account) -> None:
    """Refuse an account that used up the calls of its plan; every API version asks this first."""
    calls = lately(state(), account)
    now = state().clock.now()
    per_minute = PLANS[account.plan][0] if account.plan in PLANS else None
    if per_minute is not None and calls.in_minute >= per_minute:
        raise refusal("minute", per_minute, calls.minute + MINUTE, now)
    if calls.in_month >= monthly(account):
        raise refusal("month", monthly(account), month_end(now), now)


def refusal(window: str, limit: int, reset: int, now: int) -> Problem:
    wait = max(1, reset - now)
    return Problem(
        429,
        f"You have reached the per-{window} limit ({limit}). Retry in {wait} seconds.",
        {"Retry-After": str(wait), **headers(window, limit, 0, reset)},
    )


def headers(window: str, limit: int, remaining: int, reset: int) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
        "X-RateLimit-Window": window,
    }


def count(response: Response) -> Response:
    """Count the call that was just answered, and say in its headers what is left.

    The window they speak of is the minute, or the month for an account without a plan.
    """
    caller: Account | None = g.get("account")
    if caller is None or not request.path.startswith("/api/"):
        return response
    calls = lately(state(), caller)
    if request.environ["holded.seen"].get("operation"):
        calls.in_minute += 1
        calls.in_month += 1
    if "X-RateLimit-Limit" in response.headers:
        return response
    if caller.plan in PLANS:
        limit, used = PLANS[caller.plan][0], calls.in_minute
        reset, window = calls.minute + MINUTE, "minute"
    else:
        limit, used = CEILING, calls.in_month
        reset, window = month_end(state().clock.now()), "month"
    response.headers.update(headers(window, limit, max(0, limit - used), reset))
    return response


def lately(state: State, account: Account) -> Calls:
    """Return an account's calls, begun anew where a window is over.

    They are kept in memory; the month's are counted from the ledger of requests after a start.
    """
    now, month = state.clock.now(), state.now().strftime("%Y-%m")
    calls = state.calls.get(account.id)
    if calls is None or calls.month != month:
        minute, in_minute = (calls.minute, calls.in_minute) if calls else (now, 0)
        calls = Calls(minute, in_minute, month, counted(state, account, month))
        state.calls[account.id] = calls
    if now >= calls.minute + MINUTE or not calls.in_minute:
        calls.minute, calls.in_minute = now, 0
    return calls


def counted(state: State, account: Account, month: str) -> int:
    row = state.connection.execute(
        "SELECT COUNT(*) FROM requests WHERE account = ? AND month = ? AND operation IS NOT NULL",
        (account.id, month),
    ).fetchone()
    return int(row[0])


def month_end(now: int) -> int:
    """Return the unix time at which the month of ``now`` is over."""
    today = datetime.fromtimestamp(now, UTC)
    year, month = today.year + today.month // 12, today.month % 12 + 1
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp())
