"""Faults a tester can ask for: each imitates something seen on the live API or on its way.

Kinds that stand in for the answer, so that nothing is executed:
``status`` (with ``status``), ``rate_limit`` (with ``window`` minute or month), ``forbidden_scope``,
``forbidden_token``, ``html`` (a page with 200), ``http200_info`` (200 with ``{"status": 0}``),
``reset`` (the connection ends unanswered), ``timeout`` (it stays open and nothing comes).

Kinds that let the request happen: ``delay`` (with ``seconds``), ``lose_answer`` (executed and
committed, the connection then ends), ``half_body``, ``spanish_amounts`` ("1.234,56"),
``upper_currency``, ``empty_as_list`` (missing objects and collections in the odd shapes seen),
``repeated_cursor`` (a list that never ends).

Any kind may carry ``seconds``, so that it happens late, and ``after``, so that as many matching
requests pass before it. ``path`` is a part of the request's path, or a route with names in braces
(``/api/v2/invoices/{id}/approve``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from portal.sandbox import matching
from portal.sandbox.holded.problems import Problem
from portal.sandbox.holded.state import State

STANDING_IN = (
    "status", "rate_limit", "forbidden_scope", "forbidden_token", "html", "http200_info", "reset",
    "timeout",
)  # fmt: skip
EXECUTED = (
    "delay", "lose_answer", "half_body", "spanish_amounts", "upper_currency", "empty_as_list",
    "repeated_cursor",
)  # fmt: skip
KINDS = STANDING_IN + EXECUTED


@dataclass(frozen=True)
class Fault:
    """One fault for the next ``times`` requests that match, once ``after`` of them have passed."""

    kind: str
    times: int = 1
    after: int = 0
    path: str | None = None
    method: str | None = None
    seconds: float = 0
    status: int = 503
    window: str = "minute"

    def matches(self, method: str, path: str) -> bool:
        """Return whether this request is one the fault was asked for."""
        return matching.matches(self.method, self.path, method, path)


def add(state: State, fault: Fault) -> None:
    state.connection.execute("INSERT INTO faults (data) VALUES (?)", (json.dumps(fault.__dict__),))


def waiting(state: State) -> list[Fault]:
    """Return the faults that have not happened yet, oldest first."""
    rows = state.connection.execute("SELECT data FROM faults ORDER BY seq")
    return [Fault(**json.loads(row["data"])) for row in rows]


def clear(state: State) -> None:
    state.connection.execute("DELETE FROM faults")


def take(state: State, method: str, path: str) -> Fault | None:
    """Return the fault of this request, if any, and count it down."""
    for row in state.connection.execute("SELECT seq, data FROM faults ORDER BY seq").fetchall():
        data = json.loads(row["data"])
        fault = Fault(**data)
        if not fault.matches(method, path):
            continue
        passes = fault.after > 0
        data |= {"after": fault.after - 1} if passes else {"times": fault.times - 1}
        if data["times"] < 1:
            state.connection.execute("DELETE FROM faults WHERE seq = ?", (row["seq"],))
        else:
            state.connection.execute(
                "UPDATE faults SET data = ? WHERE seq = ?", (json.dumps(data), row["seq"])
            )
        if not passes:
            return fault
    return None


def stand_in(fault: Fault, now: datetime) -> Response | Problem | None:
    """Return the answer that replaces the real one, or None when the request is to happen.

    A problem is left to the version of the API that was asked: each words its refusals.
    """
    match fault.kind:
        case "status":
            return Problem(fault.status, "A fault was asked for.")
        case "rate_limit":
            return rate_limited(fault.window, now)
        case "forbidden_scope":
            return Problem(403, "Insufficient permissions: sales:invoices.read required.")
        case "forbidden_token":
            return Problem(403, "Access denied.")
        case "html":
            page = "<!DOCTYPE html>\n<html><head><title>Holded</title></head><body></body></html>"
            return Response(page, 200, mimetype="text/html")
        case "http200_info":
            body = json.dumps({"status": 0, "info": "Something went wrong"})
            return Response(body, 200, mimetype="application/json")
        case "reset" | "timeout":
            return Response(status=503)
    return None


def rate_limited(window: str, now: datetime, limit: int = 60) -> Problem:
    """Return the refusal of an account that called too often in ``window`` (minute or month)."""
    wait = 60 if window == "minute" else 86_400
    return Problem(
        429,
        f"You have reached the per-{window} limit ({limit}). Retry in {wait} seconds.",
        {
            "Retry-After": str(wait),
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(now.timestamp()) + wait),
            "X-RateLimit-Window": window,
        },
    )


def distorted(fault: Fault, response: Response) -> Response:
    """Return the answer in the odd shape that was asked for."""
    change = DISTORTIONS.get(fault.kind)
    if change is None or response.status_code >= 400 or response.mimetype != "application/json":
        return response
    response.set_data(json.dumps(change(json.loads(response.get_data()))))
    return response


def spanish(value: Any) -> Any:
    """Write every decimal string as Spain does, as three users saw on documents."""
    if isinstance(value, dict):
        return {key: spanish(each) for key, each in value.items()}
    if isinstance(value, list):
        return [spanish(each) for each in value]
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d{2}", value):
        whole, cents = value.split(".")
        return f"{int(whole):,}".replace(",", ".") + "," + cents
    return value


def upper_currency(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: each.upper()
            if key == "currency" and isinstance(each, str)
            else upper_currency(each)
            for key, each in value.items()
        }
    return [upper_currency(each) for each in value] if isinstance(value, list) else value


def empty_as_list(value: Any) -> Any:
    """Show null objects as ``[]``, no lines as ``{}`` and no tags as an empty string."""
    if isinstance(value, list):
        return [empty_as_list(each) for each in value]
    if not isinstance(value, dict):
        return value
    odd: dict[str, Any] = {"from": [], "lines": {}, "tags": "", "bill_address": [], "defaults": []}
    return {
        key: odd[key] if key in odd and not each else empty_as_list(each)
        for key, each in value.items()
    }


def repeated_cursor(value: Any) -> Any:
    if isinstance(value, dict) and "has_more" in value:
        return {**value, "has_more": True, "cursor": "5ab391071d6d820034294783"}
    return value


DISTORTIONS: dict[str, Callable[[Any], Any]] = {
    "spanish_amounts": spanish,
    "upper_currency": upper_currency,
    "empty_as_list": empty_as_list,
    "repeated_cursor": repeated_cursor,
}
