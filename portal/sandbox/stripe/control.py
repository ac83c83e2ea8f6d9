"""The sandbox's own routes under `/_sandbox/`, in plain JSON: accounts, clock, faults, ledgers. No
key is needed.
"""

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, request

from portal.sandbox import json_bodies
from portal.sandbox.stripe import accounts, faults, ledger
from portal.sandbox.stripe.errors import Json

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox

control = Blueprint("control", __name__, url_prefix="/_sandbox")


def _sandbox() -> "Sandbox":
    found: Sandbox = current_app.extensions["stripe_sandbox"]
    return found


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, indent=2), status, content_type="application/json")


def _wanted() -> Json:
    try:
        wanted = json_bodies.loads(request.get_data())
    except ValueError as error:
        raise ValueError(f"a JSON object is expected: {error}") from None
    if not isinstance(wanted, dict):
        raise ValueError("a JSON object is expected")
    return wanted


@control.errorhandler(ValueError)
def refuse(error: ValueError) -> Response:
    """A wrong control request says what is wrong."""
    return _json({"error": {"message": str(error)}}, 400)


@control.post("/accounts")
def add_account() -> Response:
    """Makes an account (see `accounts.new_account`); the answer holds its `id` and `secret_key`."""
    account = _sandbox().add_account(_wanted())
    return _json(
        {"id": account["id"], "secret_key": account["_secret_key"], "country": account["country"]}
    )


@control.get("/accounts")
def list_accounts() -> Response:
    """The ids and names of all accounts."""
    rows = _sandbox().store.rows("SELECT body FROM accounts ORDER BY rowid")
    bodies = [json.loads(row["body"]) for row in rows]
    return _json([{"id": one["id"], "name": one["business_profile"]["name"]} for one in bodies])


@control.post("/accounts/<account_id>")
def change_account(account_id: str) -> Response:
    """Merges `settings` into the account's sandbox settings."""
    sandbox = _sandbox()
    with sandbox.store.transaction():
        account = sandbox.account(account_id)
        if account is None:
            raise ValueError(f"no account {account_id}")
        account["_settings"].update(accounts.settings_in(_wanted()))
        sandbox.save_account(account)
    return _json({"id": account_id, "settings": account["_settings"]})


@control.get("/clock")
def show_clock() -> Response:
    """The sandbox's time and how far it is ahead of real time."""
    clock = _sandbox().clock
    return _json({"now": clock.now(), "offset": clock.offset})


@control.post("/clock")
def move_clock() -> Response:
    """`{"advance": seconds}` or `{"now": unix}`; runs what falls due and lists what failed while
    it ran.
    """
    wanted, sandbox = _wanted(), _sandbox()
    seconds = wanted.get("advance")
    if seconds is None and isinstance(wanted.get("now"), int | float):
        seconds = wanted["now"] - sandbox.clock.now()
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds < 10 * 366 * 86400
    ):
        raise ValueError("advance (seconds) or now (unix time, not in the past) is expected")
    failures = sandbox.advance(seconds)
    return _json({"now": sandbox.clock.now(), "offset": sandbox.clock.offset, "failures": failures})


@control.get("/requests.json")
def list_requests() -> Response:
    """API requests in order, secrets masked: those after `?since=` (a sequence number), at most
    `?limit=` of them, and only of a `path` (see `matching`), `method` or `status` if given.
    """
    asked = request.args
    return _json(
        ledger.requests(
            _sandbox().store,
            since=_number("since", 0, 0, 1 << 62),
            limit=_number("limit", ledger.MOST, 1, ledger.MOST),
            status=_number("status", 0, 0, 599) if "status" in asked else None,
            method=asked.get("method"),
            path=asked.get("path"),
        )
    )


def _number(name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query; raises ValueError."""
    value = request.args.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 20):
        raise ValueError(f"{name} must be a whole number")
    if not least <= int(value) <= most:
        raise ValueError(f"{name} must be between {least} and {most}")
    return int(value)


@control.get("/ledger.json")
def list_charges() -> Response:
    """Every charge of every account."""
    return _json(ledger.charges(_sandbox().store))


@control.post("/reset")
def reset() -> Response:
    """Forgets everything but the first account of a sandbox that began with one;
    `{"keep_accounts": true}` leaves all accounts with their keys and settings.
    """
    keep = _wanted().get("keep_accounts", False) if request.get_data() else False
    if not isinstance(keep, bool):
        raise ValueError("keep_accounts must be true or false")
    _sandbox().reset(keep_accounts=keep)
    return Response(status=204)


@control.get("/faults")
def list_faults() -> Response:
    """The faults still waiting."""
    return _json({"faults": faults.waiting(_sandbox().store)})


@control.post("/faults")
def add_fault() -> Response:
    """Plants a fault; see `faults`."""
    return _json(faults.add(_sandbox().store, _wanted()))


@control.delete("/faults")
def clear_faults() -> Response:
    """Forgets every fault."""
    faults.clear(_sandbox().store)
    return _json({"faults": []})
