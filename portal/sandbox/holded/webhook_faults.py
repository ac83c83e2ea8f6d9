"""What a tester asks to go wrong with the next webhooks, under ``/_sandbox/webhooks/``.

Kinds: ``drop`` (never comes), ``duplicate`` (comes twice under one id), ``delay`` (comes
``seconds`` later), ``reorder`` (the next ``times`` are held back, then come in reverse order),
``unsigned`` and ``tampered`` (the first attempt has no signature, or was changed after it was
signed). Each is used up by the next ``times`` deliveries that match ``event`` and ``endpoint``.
The waiting faults are a setting, so that a reset forgets them.
"""

from __future__ import annotations

import json
import time
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from portal.sandbox.holded import bodies
from portal.sandbox.holded.accounts import state as current
from portal.sandbox.holded.problems import bad_request, not_found
from portal.sandbox.holded.state import State

blueprint = Blueprint("webhook_faults", __name__)

TWISTS = ("unsigned", "tampered")
KINDS = ("drop", "duplicate", "delay", "reorder", *TWISTS)
LONGEST_DELAY = 3 * 86_400
MOST = 500
EVERY = "*"


def waiting(state: State) -> list[dict[str, Any]]:
    """Return the faults that are not used up, oldest first."""
    return list(json.loads(state.setting("webhook_faults", "[]")))


def take(state: State, event: str, endpoint: int) -> dict[str, Any] | None:
    """Use the first fault that matches a delivery, in the unit of its event; return it."""
    faults = waiting(state)
    for fault in faults:
        if fault["event"] in (None, event) and fault["endpoint"] in (None, endpoint):
            fault["times"] -= 1
            state.set("webhook_faults", json.dumps([each for each in faults if each["times"]]))
            return fault
    return None


def paused(state: State) -> list[int | str]:
    """Return the endpoints that get nothing now; ``*`` stands for all."""
    return list(json.loads(state.setting("webhooks_paused", "[]")))


def release(state: State, held: str) -> None:
    """Let what a ``reorder`` held back go, the last first."""
    rows = state.connection.execute(
        "SELECT seq FROM deliveries WHERE state = ? ORDER BY seq DESC", (held,)
    ).fetchall()
    now = time.time()
    for at, row in enumerate(rows):
        state.connection.execute(
            "UPDATE deliveries SET state = 'waiting', due = ? WHERE seq = ?",
            (now - 1 + at / 1000, row["seq"]),
        )


@blueprint.get("/webhooks/faults")
def list_faults() -> ResponseReturnValue:
    return jsonify(waiting(current()))


@blueprint.post("/webhooks/faults")
def add_fault() -> ResponseReturnValue:
    """Ask for a fault: ``{kind, times?, event?, endpoint?, seconds?}``."""
    body = bodies.read(("kind", "times", "event", "endpoint", "seconds"))
    kind = body.text("kind", required=True)
    if kind not in KINDS:
        raise bad_request(f"kind must be one of {', '.join(KINDS)}")
    given_times, given_seconds = body.integer("times"), body.integer("seconds")
    times = 1 if given_times is None else given_times
    seconds = 5 if given_seconds is None else given_seconds
    if times < 1 or not 0 <= seconds <= LONGEST_DELAY:
        raise bad_request("times must be positive, and seconds at most three days")
    state = current()
    number = int(state.setting("webhook_fault_number", "0")) + 1
    fault = {
        "number": number,
        "kind": kind,
        "times": times,
        "event": body.text("event"),
        "endpoint": body.integer("endpoint"),
        "seconds": seconds,
    }
    state.set("webhook_fault_number", str(number))
    state.set("webhook_faults", json.dumps([*waiting(state), fault]))
    return fault, 201


@blueprint.delete("/webhooks/faults")
def clear_faults() -> ResponseReturnValue:
    """Forget the faults; what was held back is sent."""
    state = current()
    state.set("webhook_faults", "[]")
    rows = state.connection.execute(
        "SELECT DISTINCT state FROM deliveries WHERE state LIKE 'held-%'"
    ).fetchall()
    for row in rows:
        release(state, row["state"])
    return "", 204


@blueprint.post("/webhooks/pause")
def pause() -> ResponseReturnValue:
    """Hold back all deliveries, or those to ``endpoint``."""
    state = current()
    name = _endpoint(state) or EVERY
    names = [each for each in paused(state) if each != name]
    state.set("webhooks_paused", json.dumps([*names, name]))
    return {"paused": paused(state)}


@blueprint.post("/webhooks/resume")
def resume() -> ResponseReturnValue:
    """Let all deliveries go, or those to ``endpoint``."""
    state = current()
    name = _endpoint(state)
    left = [each for each in paused(state) if name is not None and each != name]
    state.set("webhooks_paused", json.dumps(left))
    return {"paused": paused(state)}


@blueprint.post("/webhooks/replay/last")
def replay_last() -> ResponseReturnValue:
    """Deliver the last ones again, in their order: ``{event?, endpoint?, last?}``."""
    body = bodies.read(("event", "endpoint", "last"), optional=True)
    last = body.integer("last") or 1
    if not 1 <= last <= MOST:
        raise bad_request(f"last must be between 1 and {MOST}")
    event, endpoint = body.text("event"), body.integer("endpoint")
    connection = current().connection
    rows = connection.execute(
        "SELECT seq FROM deliveries WHERE coalesce(?, event) = event"
        " AND coalesce(?, endpoint) = endpoint ORDER BY seq DESC LIMIT ?",
        (event, endpoint, last),
    ).fetchall()
    if not rows:
        raise not_found()
    seqs = sorted(row["seq"] for row in rows)
    for seq in seqs:
        connection.execute("UPDATE deliveries SET state = 'waiting', due = 0 WHERE seq = ?", (seq,))
    return {"seqs": seqs}


def _endpoint(state: State) -> int | None:
    number = bodies.read(("endpoint",), optional=True).integer("endpoint")
    if number is None:
        return None
    found = state.connection.execute("SELECT 1 FROM endpoints WHERE seq = ?", (number,))
    if found.fetchone() is None:
        raise not_found()
    return number
