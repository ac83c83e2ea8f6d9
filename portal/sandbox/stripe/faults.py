"""Faults asked for by `POST /_sandbox/faults`, each consumed by the next requests that match it.

Kinds: `lose_answer` (executed and committed, then no answer), `status` (an error answer, nothing
executed), `delay` (waits first), `reset` (connection reset, nothing executed), `html` (an HTML
page with status 200, nothing executed).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from portal.sandbox.http import ConnectionReset
from portal.sandbox.stripe.errors import ApiError, Json
from portal.sandbox.stripe.store import Store

KINDS = ("lose_answer", "status", "delay", "reset", "html")


@dataclass(frozen=True)
class Fault:
    """One use of a fault by one request."""

    kind: str
    status: int
    seconds: float


def add(store: Store, wanted: Json) -> Json:
    """Plants a fault; raises ValueError for what is not one."""
    kind = wanted.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    unknown = wanted.keys() - {"kind", "times", "path", "method", "status", "seconds"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    values = (
        kind,
        int(wanted.get("times", 1)),
        wanted.get("path"),
        wanted.get("method"),
        int(wanted.get("status", 500)),
        float(wanted.get("seconds", 1)),
    )
    with store.transaction():
        store.run(
            "INSERT INTO faults (kind, times, path, method, status, seconds) VALUES (?, ?, ?, "
            "?, ?, ?)",
            *values,
        )
    return {"faults": waiting(store)}


def waiting(store: Store) -> list[Json]:
    """The faults not used up yet."""
    return [dict(row) for row in store.rows("SELECT * FROM faults WHERE times > 0 ORDER BY seq")]


def clear(store: Store) -> None:
    """Forgets every fault."""
    with store.transaction():
        store.run("DELETE FROM faults")


def take(store: Store, method: str, path: str) -> Fault | None:
    """The first fault that matches the request, one use of it taken."""
    for row in waiting(store):
        if path.startswith(row["path"] or "") and (row["method"] or method).upper() == method:
            with store.transaction():
                if store.run(
                    "UPDATE faults SET times = times - 1 WHERE seq = ? AND times > 0", row["seq"]
                ):
                    return Fault(row["kind"], row["status"], row["seconds"])
    return None


def before(fault: Fault | None, sleep: Callable[[float], None] = time.sleep) -> None:
    """What a fault does instead of executing: waits, resets the connection or raises the error
    answer.
    """
    match fault:
        case Fault("delay", _, seconds):
            sleep(seconds)
        case Fault("reset"):
            raise ConnectionReset("reset by a fault of the sandbox")
        case Fault("status", 429, _):
            error = {"message": "Request rate limit exceeded.", "code": "rate_limit"}
            raise ApiError(429, {"type": "invalid_request_error", **error})
        case Fault("status", status, _):
            message = "An error that was asked for happened in the sandbox."
            raise ApiError(status, {"type": "api_error", "message": message})
