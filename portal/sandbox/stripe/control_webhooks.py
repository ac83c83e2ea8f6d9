"""The sandbox's own routes for webhooks, under `/_sandbox/webhooks`, in plain JSON."""

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from portal.sandbox.stripe import deliveries, disturbances
from portal.sandbox.stripe.errors import Json

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox

control = Blueprint("control_webhooks", __name__, url_prefix="/_sandbox/webhooks")

MOST = 500
DAY = 86_400
STATES = {
    "waiting": "done = 0",
    "delivered": "outcome = 'delivered'",
    "dropped": "outcome = 'dropped'",
    "failed": "outcome = 'failed'",
    "ended": "outcome = 'ended'",
}
LISTED = """
SELECT seq, account, coalesce(origin, account) AS origin, endpoint, event, type,
    CASE WHEN done = 0 THEN 'waiting' ELSE outcome END AS state, held > 0 AS held, twist,
    attempts, status, answer, next_at FROM deliveries
"""


def _sandbox() -> "Sandbox":
    found: Sandbox = current_app.extensions["stripe_sandbox"]
    return found


def _wanted(*names: str) -> Json:
    wanted = request.get_json(silent=True, force=True) if request.get_data() else {}
    if not isinstance(wanted, dict):
        raise ValueError("a JSON object is expected")
    for name in wanted.keys() - set(names):
        raise ValueError(f"unknown: {name}; expected are {', '.join(names)}")
    return wanted


@control.errorhandler(ValueError)
def refuse(error: ValueError) -> ResponseReturnValue:
    """A wrong control request says what is wrong."""
    return {"error": {"message": str(error)}}, 400


@control.get("")
def show() -> ResponseReturnValue:
    """The endpoints, the last 500 deliveries (newest first; `?event=`, `?type=`, `?endpoint=`,
    `?state=`) and the settings. Statuses are HTTP's, 0 when nobody answered.
    """
    store = _sandbox().store
    given = request.args
    filters = {name: given[name] for name in ("event", "type", "endpoint") if name in given}
    clauses = [f"{name} = ?" for name in filters]
    if "state" in given:
        if given["state"] not in STATES:
            raise ValueError(f"state must be one of {', '.join(STATES)}")
        clauses.append(STATES[given["state"]])
    chosen = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    rows = store.rows(f"{LISTED} {chosen} ORDER BY seq DESC LIMIT {MOST}", *filters.values())
    return {
        "endpoints": _endpoints(),
        "deliveries": [{**dict(row), "held": bool(row["held"])} for row in rows],
        "faults": disturbances.waiting(store),
        "paused": [row["endpoint"] for row in store.rows("SELECT endpoint FROM webhook_pauses")],
        "retries": store.meta("webhook_retries", "fast"),
    }


def _endpoints() -> list[Json]:
    store = _sandbox().store
    owners = store.rows("SELECT DISTINCT account FROM objects WHERE kind = 'webhook_endpoint'")
    names = ("id", "url", "status", "enabled_events", "api_version")
    return [
        {"account": row["account"], "connect": bool(one.get("_connect"))}
        | {name: one[name] for name in names}
        for row in owners
        for one in store.select(row["account"], "webhook_endpoint", {}, oldest_first=True)
    ]


@control.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Asks for something to go wrong with the next webhooks; see `disturbances`."""
    store = _sandbox().store
    disturbances.add(store, _wanted(*disturbances.FIELDS))
    return {"faults": disturbances.waiting(store)}, 201


@control.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    """Forgets them; what was held back is sent."""
    sandbox = _sandbox()
    disturbances.clear(sandbox.store, sandbox.clock.real_time())
    sandbox.news.set()
    return {"faults": []}


@control.post("/pause")
def pause() -> ResponseReturnValue:
    """Holds back all deliveries, or those to `endpoint`."""
    store = _sandbox().store
    name = _name(_wanted("endpoint"))
    with store.transaction():
        store.run("INSERT INTO webhook_pauses VALUES (?) ON CONFLICT DO NOTHING", name)
    return show()


@control.post("/resume")
def resume() -> ResponseReturnValue:
    """Lets all deliveries go, or those to `endpoint`."""
    sandbox = _sandbox()
    name = _name(_wanted("endpoint"))
    with sandbox.store.transaction():
        sandbox.store.run("DELETE FROM webhook_pauses WHERE ? IN ('*', endpoint)", name)
    sandbox.news.set()
    return show()


@control.post("/retries")
def set_retries() -> ResponseReturnValue:
    """Chooses when a failed delivery is tried again: `schedule` is fast, sandbox or live."""
    store = _sandbox().store
    schedule = _wanted("schedule").get("schedule")
    if schedule not in deliveries.SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(deliveries.SCHEDULES)}")
    with store.transaction():
        store.remember("webhook_retries", schedule)
    return {"retries": schedule, "pauses": list(deliveries.SCHEDULES[schedule])}


@control.post("/replay")
def replay() -> ResponseReturnValue:
    """Sends again: `{"event": id}`, or the last events, oldest first: `{"type", "last": 5}`; to
    `endpoint`, or to all endpoints that want them.
    """
    sandbox = _sandbox()
    wanted = _wanted("event", "type", "last", "endpoint")
    last = wanted.get("last", 1)
    for name in ("event", "type", "endpoint"):
        if not isinstance(wanted.get(name, ""), str):
            raise ValueError(f"{name} must be a string")
    if not isinstance(last, int) or not 1 <= last <= MOST:
        raise ValueError(f"last must be between 1 and {MOST}")
    clauses, values = ["kind = 'event'"], []
    for column, name in (("id", "event"), ("json_extract(body, '$.type')", "type")):
        if name in wanted:
            clauses.append(f"{column} = ?")
            values.append(wanted[name])
    found = sandbox.store.rows(
        f"SELECT account, id FROM objects WHERE {' AND '.join(clauses)} "  # noqa: S608 - columns named above
        f"ORDER BY seq DESC LIMIT {last}",
        *values,
    )
    if not found:
        raise ValueError("no such event")
    count = 0
    with sandbox.store.transaction():
        for row in reversed(found):
            event = sandbox.store.get(row["account"], "event", row["id"]) or {}
            endpoint = wanted.get("endpoint", "")
            count += deliveries.send_again(sandbox, row["account"], event, endpoint)
    sandbox.news.set()
    return {"events": [row["id"] for row in reversed(found)], "deliveries": count}


@control.post("/endpoints/<name>/roll")
def roll(name: str) -> ResponseReturnValue:
    """Gives an endpoint a new secret; the old one signs too for `expires_in` seconds (0 to a day),
    as when one rolls it in Stripe's Dashboard.
    """
    sandbox = _sandbox()
    seconds = _wanted("expires_in").get("expires_in", 0)
    if not isinstance(seconds, int) or not 0 <= seconds <= DAY:
        raise ValueError("expires_in must be between 0 and 86400 seconds")
    with sandbox.store.transaction():
        owner = sandbox.store.owner(name) or ""
        endpoint = sandbox.store.get(owner, "webhook_endpoint", name)
        if endpoint is None or endpoint.get("deleted"):
            raise ValueError(f"no webhook endpoint {name}")
        now = sandbox.clock.real_time()
        old = [pair for pair in endpoint.get("_old_secrets", []) if pair[1] > now]
        old += [[endpoint["_secret"], now + seconds]] if seconds else []
        endpoint |= {"_secret": sandbox.new_secret("whsec"), "_old_secrets": old}
        sandbox.store.put(owner, endpoint)
    return {"id": name, "secret": endpoint["_secret"], "signs_with": 1 + len(old)}


def _name(wanted: Json) -> str:
    name = wanted.get("endpoint", "*")
    if name != "*" and _sandbox().store.owner(str(name)) is None:
        raise ValueError(f"no webhook endpoint {name}")
    return str(name)
