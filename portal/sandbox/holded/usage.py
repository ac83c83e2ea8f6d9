"""``GET /usage``, and the quota an account with a plan has a minute and a month."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.sandbox.holded import faults
from portal.sandbox.holded.accounts import Account, account, permit, state

blueprint = Blueprint("usage", __name__)

# Calls a minute and a month (Holded's guide, summer 2026); an account without a plan has no limit.
PLANS = {
    "plus": (60, 500),
    "basic": (60, 2_000),
    "standard": (120, 7_500),
    "advanced": (120, 30_000),
    "premium": (600, 100_000),
}
UNLIMITED = 2_000_000


@blueprint.get("/usage")
def show() -> dict[str, Any]:
    permit("developers:usage", "get")
    month = state().now().strftime("%Y-%m")
    rows = state().connection.execute(
        "SELECT operation, COUNT(*) AS calls FROM requests WHERE account = ? AND month = ?"
        " GROUP BY operation",
        (account().id, month),
    )
    calls = {row["operation"] or "api_unknown_1": row["calls"] for row in rows}
    plan = PLANS.get(account().plan or "")
    return {
        "type": "automation_token",
        "period": month,
        "usage": sum(calls.values()),
        "limit": plan[1] if plan else UNLIMITED,
        "count": 1,
        "secondary_usages": calls,
        "user_usages": [],
        "next_plan": None,
        "next_limit": None,
    }


def check(account: Account) -> None:
    """Refuse an account that used up the calls of its plan, counted on the machine's clock."""
    plan = PLANS.get(account.plan or "")
    if plan is None:
        return
    now = state().now()
    connection = state().connection
    lately = connection.execute(
        "SELECT COUNT(*) FROM (SELECT 1 FROM requests WHERE account = ?"
        " AND time > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-60 seconds') LIMIT ?)",
        (account.id, plan[0]),
    ).fetchone()[0]
    if lately >= plan[0]:
        raise faults.rate_limited("minute", now, plan[0])
    month = connection.execute(
        "SELECT COUNT(*) FROM requests WHERE account = ? AND month = ?",
        (account.id, now.strftime("%Y-%m")),
    ).fetchone()[0]
    if month >= plan[1]:
        raise faults.rate_limited("month", now, plan[1])
