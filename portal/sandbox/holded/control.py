"""The controls under ``/_sandbox/``: what a tester moves and reads, and no provider has."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from portal.sandbox.holded import (
    account_bodies,
    accounts,
    bodies,
    faults,
    recurrences,
    webhooks,
)
from portal.sandbox.holded.accounts import state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.faults import Fault
from portal.sandbox.holded.problems import bad_request, not_found
from portal.sandbox.matching import matches

blueprint = Blueprint("control", __name__)

MOST_REQUESTS = 10_000
LARGEST = 1 << 62
LONGEST_WAIT = 600
LONGEST_MOVE = 10 * 366 * 86_400


@blueprint.get("/accounts")
def list_accounts() -> ResponseReturnValue:
    return jsonify([each.__dict__ for each in accounts.every(state())])


@blueprint.post("/accounts")
def open_account() -> ResponseReturnValue:
    """Open or change an account: ``{id, name, token, …}``, the fields of ``accounts.Account``.

    With ``webhook_url`` (and ``webhook_secret``) an endpoint is registered at once.
    """
    body = bodies.read((*accounts.FIELDS, "webhook_url", "webhook_secret"))
    for name in ("id", "name", "token"):
        body.text(name, required=True)
    if body.has("v1_key") and not accounts.free_key(state(), body.data["v1_key"], body.data["id"]):
        raise bad_request("v1_key must be 32 hexadecimal digits that no other account has")
    given = {name: value for name, value in body.data.items() if name in accounts.FIELDS}
    account = account_bodies.read(state(), given)
    accounts.add(state(), account)
    answer = account.__dict__.copy()
    url = body.text("webhook_url")
    if url:
        secret = body.text("webhook_secret") or secrets.token_hex(24)
        answer["webhook"] = {"id": webhooks.register(state(), account.id, url, secret)}
        answer["webhook"] |= {"url": url, "secret": secret}
    return answer, 201


@blueprint.get("/webhooks")
def list_webhooks() -> ResponseReturnValue:
    """Return the endpoints, and the last 500 deliveries, newest first."""
    connection = state().connection
    endpoints = connection.execute("SELECT * FROM endpoints ORDER BY seq").fetchall()
    sent = connection.execute("SELECT * FROM deliveries ORDER BY seq DESC LIMIT 500").fetchall()
    return {
        "endpoints": [{**dict(each), "events": json.loads(each["events"])} for each in endpoints],
        "deliveries": [dict(each) for each in sent],
    }


@blueprint.post("/webhooks")
def add_webhook() -> ResponseReturnValue:
    """Register an endpoint: ``{account, url, secret?, events?}``."""
    body = bodies.read(("account", "url", "secret", "events"))
    account = body.text("account", required=True) or ""
    if accounts.get(state(), account) is None:
        raise not_found()
    url = body.text("url", required=True) or ""
    secret = body.text("secret") or secrets.token_hex(24)
    events = body.texts("events")
    if unknown := [each for each in events if each not in (*webhooks.EVENTS, "*")]:
        raise bad_request(f"Unknown event: {unknown[0]}")
    id_ = webhooks.register(state(), account, url, secret, events)
    return {"id": id_, "account": account, "url": url, "secret": secret}, 201


@blueprint.delete("/webhooks/<int:id_>")
def remove_webhook(id_: int) -> ResponseReturnValue:
    if id_ > LARGEST:
        raise not_found()
    state().connection.execute("DELETE FROM deliveries WHERE endpoint = ?", (id_,))
    state().connection.execute("DELETE FROM endpoints WHERE seq = ?", (id_,))
    return "", 204


@blueprint.post("/webhooks/replay")
def replay() -> ResponseReturnValue:
    """Deliver an event again (``{"seq": …}`` of a delivery), under the same webhook id."""
    seq = bodies.read(("seq",)).integer("seq")
    if seq is None or not 0 <= seq < LARGEST:
        raise bad_request("seq is expected")
    cursor = state().connection.execute(
        "UPDATE deliveries SET state = 'waiting', due = 0 WHERE seq = ?", (seq,)
    )
    if not cursor.rowcount:
        raise not_found()
    return {"seq": seq}


@blueprint.get("/clock")
def show_clock() -> ResponseReturnValue:
    now = state().now()
    return {"now": int(now.timestamp()), "offset": state().clock.offset}


@blueprint.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Move the clock: ``{"advance": seconds}``, or ``{"now": unix seconds}`` to set it."""
    body = bodies.read(("advance", "now"))
    seconds = body.integer("advance")
    if seconds is None:
        seconds = (body.integer("now") or 0) - state().clock.now()
    if not 0 <= seconds <= LONGEST_MOVE:
        raise bad_request("advance (seconds) or now (unix time, not in the past) is expected")
    recurrences.advance(state(), seconds)
    return show_clock()


@blueprint.get("/requests.json")
def list_requests() -> ResponseReturnValue:
    """Return the ledger of API requests, oldest first: those behind ``?since=`` (a seq), at most
    ``?limit=``, and only of a ``path`` (see ``matching``), ``method`` or ``status`` if given.
    """
    asked = request.args
    limit, status = number("limit", MOST_REQUESTS, MOST_REQUESTS), number("status", 0, 599)
    rows = state().connection.execute(
        "SELECT seq, time, account, data FROM requests WHERE seq > ? ORDER BY seq",
        (number("since", 0, 1 << 62),),
    )
    found = []
    for row in rows:
        entry = {name: row[name] for name in ("seq", "time", "account")} | json.loads(row["data"])
        if status not in (0, entry["status"]):
            continue
        if not matches(asked.get("method"), asked.get("path"), entry["method"], entry["path"]):
            continue
        found.append(entry)
        if len(found) == limit:
            break
    return jsonify(found)


def number(name: str, default: int, most: int) -> int:
    """Return a whole number of the query, at most ``most``."""
    value = request.args.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,19}", value) or int(value) > most:
        raise bad_request(f"{name} must be a whole number of at most {most}")
    return int(value)


@blueprint.get("/ledger.json")
def list_ledger() -> ResponseReturnValue:
    """Return every payment booked on an invoice, oldest first, of all accounts."""
    booked: list[dict[str, Any]] = []
    for account in accounts.every(state()):
        for payment in state().each(account.id, "payment"):
            if payment["document_type"] != "invoice":
                continue
            invoice = state().find(account.id, "invoice", payment["document_id"]) or {}
            booked.append(
                {
                    "payment": payment["id"],
                    "account": account.id,
                    "invoice": payment["document_id"],
                    "number": invoice.get("document_number"),
                    "amount": payment["amount"],
                    "currency": invoice.get("currency"),
                    "date": payment["date"],
                    "treasury": payment["banking_account_id"],
                    "description": payment["description"],
                }
            )
    return jsonify(sorted(booked, key=lambda each: str(each["payment"])))


@blueprint.get("/sent.json")
def list_sent() -> ResponseReturnValue:
    """Return the documents that were asked to be mailed, oldest first."""
    return jsonify(
        [
            {"account": account.id} | sent
            for account in accounts.every(state())
            for sent in state().each(account.id, "sent")
        ]
    )


@blueprint.get("/faults")
def list_faults() -> ResponseReturnValue:
    return jsonify([each.__dict__ for each in faults.waiting(state())])


@blueprint.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Ask for a fault: ``{kind, times?, after?, path?, method?, seconds?, status?, window?}``."""
    body = bodies.read(("kind", "times", "after", "path", "method", "seconds", "status", "window"))
    kind = body.text("kind", required=True) or ""
    if kind not in faults.KINDS:
        raise bad_request(f"kind must be one of {', '.join(faults.KINDS)}")
    status = body.integer("status") or 503
    if not 400 <= status <= 599:
        raise bad_request("status must be between 400 and 599")
    seconds = body.number("seconds", ZERO)
    if not 0 <= seconds <= LONGEST_WAIT:
        raise bad_request(f"seconds must be between 0 and {LONGEST_WAIT}")
    fault = Fault(
        kind,
        times=max(1, body.integer("times") or 1),
        after=max(0, body.integer("after") or 0),
        path=body.text("path"),
        method=body.text("method"),
        seconds=float(seconds),
        status=status,
        window=body.text("window") or "minute",
    )
    faults.add(state(), fault)
    return fault.__dict__, 201


@blueprint.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    faults.clear(state())
    return "", 204


@blueprint.post("/reset")
def reset() -> ResponseReturnValue:
    """Forget everything, the accounts but the first one included; ``{"keep_accounts": true}``
    leaves the accounts.
    """
    kept = []
    if bodies.read(("keep_accounts",), optional=True).flag("keep_accounts", False):
        kept = accounts.every(state())
    state().reset()
    for account in kept or [current_app.config["FIRST_ACCOUNT"]]:
        accounts.add(state(), account)
    return "", 204
