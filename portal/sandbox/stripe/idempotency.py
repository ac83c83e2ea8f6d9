"""Idempotency keys: one request at a time for a key, its answer repeated for 24 hours.

What was refused before anything began (a wrong parameter, a missing object) is not kept; what
began is, a declined card included. https://docs.stripe.com/api/idempotent_requests
"""

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

from portal.sandbox.stripe.errors import ApiError, Json, invalid

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox

LIFE = 24 * 3600
LONGEST = 255


@contextlib.contextmanager
def alone(sandbox: "Sandbox", caller: str, key: str | None) -> Iterator[None]:
    """Holds a key of a caller while its request runs; raises the 409 when another one does."""
    if key is None:
        yield
        return
    holder = (caller, key)
    with sandbox.in_flight_lock:
        if holder in sandbox.in_flight:
            raise _in_use(key)
        sandbox.in_flight.add(holder)
    try:
        yield
    finally:
        with sandbox.in_flight_lock:
            sandbox.in_flight.discard(holder)


def _in_use(key: str) -> ApiError:
    message = (
        f"There is currently another in-progress request using this Idempotent Key: {key[:LONGEST]}"
    )
    error = {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": message}
    return ApiError(409, error)


def fingerprint(method: str, path: str, raw: Json) -> str:
    """What two requests with the same key must have in common."""
    return hashlib.sha256(json.dumps([method, path, raw]).encode()).hexdigest()


def recall(sandbox: "Sandbox", account: str, key: str, request: str) -> sqlite3.Row | None:
    """The kept answer to a key (`status`, `body`, `request_id`), or None; raises the 400 for a key
    that is too long or was used for something else.
    """
    if len(key) > LONGEST:
        raise invalid(
            f"Idempotency keys can be at most {LONGEST} characters long.",
            code="idempotency_key_too_long",
        )
    store = sandbox.store
    row = store.row("SELECT * FROM idempotency WHERE account = ? AND key = ?", account, key)
    if row is None:
        return None
    if row["created"] + LIFE <= sandbox.clock.now():
        store.run("DELETE FROM idempotency WHERE account = ? AND key = ?", account, key)
        return None
    if row["request"] != request:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request."
        )
        raise ApiError(400, {"type": "idempotency_error", "message": message})
    return row


def keep(
    sandbox: "Sandbox", account: str, key: str, request: str, answer: tuple[int, str, str]
) -> None:
    """Keeps an answer: its status, body and request id."""
    sandbox.store.run(
        "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?)",
        account,
        key,
        sandbox.clock.now(),
        request,
        *answer,
    )
