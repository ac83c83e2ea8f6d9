"""Faults asked for by `POST /_sandbox/faults`, each consumed by the next requests that match it.

Executed and committed: `lose_answer` (then no answer), `half_body` (then half of it), `delay`
(after a wait). Not executed: `status` (an error in Stripe's envelope), `html` (a page where JSON
was due), `reset` (of the connection), `timeout` (the connection stays open, nothing comes).

`times` (1) says how often, `after` (0) how many matching requests pass before, `method` and `path`
which requests (`matching.matches`), `seconds` how late it happens (1 for a delay, else 0). `status`
is the error's (500) or the page's (200); `code` is the error's code.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from portal.sandbox.http import ConnectionReset, NeverAnswered
from portal.sandbox.matching import matches
from portal.sandbox.stripe.errors import ApiError, Json
from portal.sandbox.stripe.store import Store

KINDS = ("lose_answer", "half_body", "delay", "status", "html", "reset", "timeout")
STATUSES = range(400, 600)
MOST_TIMES = 1_000_000
LONGEST = 600


@dataclass(frozen=True)
class Fault:
    """A planted fault; `seq` is its place in the queue."""

    seq: int
    kind: str
    times: int
    after: int
    path: str | None
    method: str | None
    status: int
    code: str | None
    seconds: float


def add(store: Store, wanted: Json) -> Json:
    """Plants a fault; raises ValueError for what is not one."""
    fields = ("kind", "times", "after", "path", "method", "status", "code", "seconds")
    unknown = wanted.keys() - set(fields)
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    kind = wanted.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    usual = 200 if kind == "html" else 500
    status = _whole(wanted, "status", usual, 200 if kind == "html" else STATUSES[0], STATUSES[-1])
    seconds = wanted.get("seconds", 1 if kind == "delay" else 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError("seconds must be a number")
    if not 0 <= seconds <= LONGEST:
        raise ValueError(f"seconds must be between 0 and {LONGEST}")
    data = {
        "kind": kind,
        "times": _whole(wanted, "times", 1, 1, MOST_TIMES),
        "after": _whole(wanted, "after", 0, 0, MOST_TIMES),
        **{name: _text(wanted, name) for name in ("path", "method", "code")},
        "status": status,
        "seconds": seconds,
    }
    with store.transaction():
        store.run("INSERT INTO planted_faults (data) VALUES (?)", json.dumps(data))
    return {"faults": waiting(store)}


def _whole(wanted: Json, name: str, default: int, least: int, most: int) -> int:
    value = wanted.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number between {least} and {most}")
    return value


def _text(wanted: Json, name: str) -> str | None:
    value = wanted.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} must be a string")
    return value


def planted(store: Store) -> list[Fault]:
    """The faults not used up yet, oldest first."""
    rows = store.rows("SELECT seq, data FROM planted_faults ORDER BY seq")
    return [Fault(seq=row["seq"], **json.loads(row["data"])) for row in rows]


def waiting(store: Store) -> list[Json]:
    """The same as plain JSON."""
    return [asdict(fault) for fault in planted(store)]


def clear(store: Store) -> None:
    """Forgets every fault."""
    with store.transaction():
        store.run("DELETE FROM planted_faults")


def take(store: Store, method: str, path: str) -> Fault | None:
    """The first fault whose turn it is at this request, one use of it taken; faults that let it
    pass count it.
    """
    if store.row("SELECT 1 FROM planted_faults LIMIT 1") is None:
        return None
    with store.transaction():
        for fault in planted(store):
            if not matches(fault.method, fault.path, method, path):
                continue
            if fault.after:
                _keep(store, fault, after=fault.after - 1)
                continue
            _keep(store, fault, times=fault.times - 1)
            return fault
    return None


def _keep(store: Store, fault: Fault, **changed: Any) -> None:
    left = asdict(fault) | changed
    seq = left.pop("seq")
    if left["times"] < 1:
        store.run("DELETE FROM planted_faults WHERE seq = ?", seq)
    else:
        store.run("UPDATE planted_faults SET data = ? WHERE seq = ?", json.dumps(left), seq)


def before(fault: Fault | None, sleep: Callable[[float], None] = time.sleep) -> None:
    """What a fault does before or instead of executing: waits, takes the connection or raises the
    error answer.
    """
    if fault is None:
        return
    if fault.seconds:
        sleep(fault.seconds)
    match fault.kind:
        case "reset":
            raise ConnectionReset("reset by a fault of the sandbox")
        case "timeout":
            raise NeverAnswered("not answered by a fault of the sandbox")
        case "status":
            raise refusal(fault.status, fault.code)


def refusal(status: int, code: str | None) -> ApiError:
    """The error of a status, with the code, type and headers that Stripe gives it."""
    if code == "lock_timeout" or (status, code) in ERRORS:
        error = LOCKED if code == "lock_timeout" else ERRORS[status, code]
    else:
        kind = TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        message = "An error that was asked for happened in the sandbox."
        error = {"type": kind, "message": message, "code": code}
    return ApiError(status, dict(error), headers=HEADERS.get(error.get("code") or "", {}))


TYPES = {402: "card_error", 409: "idempotency_error"}
LOCKED = {
    "type": "invalid_request_error",
    "code": "lock_timeout",
    "message": "This object cannot be accessed right now because another API request or Stripe "
    "process is currently accessing it. If you see this error intermittently, retry the request. "
    "If you see this error frequently and are making multiple concurrent requests to a single "
    "object, make your requests serially or at a lower rate.",
}
LIMITED = {
    "type": "invalid_request_error",
    "code": "rate_limit",
    "message": "Request rate limit exceeded.",
}
IN_USE = {
    "type": "idempotency_error",
    "code": "idempotency_key_in_use",
    "message": "There is currently another in-progress request using this Idempotent Key.",
}
DECLINED = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "generic_decline",
    "message": "Your card was declined.",
}
ERRORS: dict[tuple[int, str | None], Json] = {
    (402, None): DECLINED,
    (402, "card_declined"): DECLINED,
    (409, None): IN_USE,
    (409, "idempotency_key_in_use"): IN_USE,
    (429, None): LIMITED,
    (429, "rate_limit"): LIMITED,
}
# https://docs.stripe.com/rate-limits: the reason tells a limit from a lock, which may be retried.
HEADERS = {
    "rate_limit": {"Stripe-Rate-Limited-Reason": "global-rate"},
    "lock_timeout": {"Stripe-Should-Retry": "true"},
}
