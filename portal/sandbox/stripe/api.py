"""One API request from bytes to answer: fault, key, idempotency, parameters, handler, expansion,
ledger, commit.
"""

import base64
import binascii
import hashlib
import json
import logging
import re
from dataclasses import dataclass
from email.utils import formatdate
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, Rule

from portal.sandbox.http import AnswerLost, ConnectionReset
from portal.sandbox.stripe import clocks, faults, ledger
from portal.sandbox.stripe.errors import ApiError, Json, invalid, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.params import check, decode
from portal.sandbox.stripe.registry import DOWNLOADS, ROUTES
from portal.sandbox.stripe.schema import api_version, schema
from portal.sandbox.stripe.unit import Unit

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox

HTML = "<!doctype html><title>Maintenance</title><p>Not JSON.</p>"
LARGEST = 1 << 20
KEY_LIFE = 24 * 3600
VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})\.([a-z]+)")


@dataclass
class Answer:
    """What will be sent, and what the ledger says about it."""

    status: int
    body: str | bytes
    request_id: str
    replayed: bool = False
    fault: str | None = None
    account: str | None = None
    params: Any = None
    content_type: str = "application/json"


@cache
def url_map() -> Map:
    """Every v1 route of the pinned API version, modelled or not."""
    rules = []
    for described in schema()["routes"]:
        method, path = described.split(" ")
        rule = re.sub(r"\{(\w+)\}", r"<\1>", path)
        rules.append(Rule(rule, methods=[method], endpoint=described))
    return Map(rules, strict_slashes=False)


def answer(sandbox: "Sandbox", routes: MapAdapter, request: Request) -> Response:
    """Answers one request under /v1/; raises `AnswerLost` or `ConnectionReset` when a fault says
    so.
    """
    sandbox.catch_up()
    body = request.get_data(cache=False) if (request.content_length or 0) <= LARGEST else None
    number = int(sandbox.store.row("SELECT coalesce(max(seq), 0) AS n FROM requests")["n"])  # type: ignore[index]
    request_id = "req_" + scramble(f"{number}:{sandbox.clock.real_time()}", 14)
    fault = faults.take(sandbox.store, request.method, request.path)
    found = Answer(500, "", request_id, fault=fault.kind if fault else None)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    holder = (request.headers.get("Authorization", ""), key or "")
    try:
        if key and not _hold(sandbox, holder):
            raise _in_use(key)
        try:
            faults.before(fault)
            if fault and fault.kind == "html":
                found.status, found.body = 200, HTML
            else:
                _execute(sandbox, routes, request, body, key, found)
        finally:
            if key:
                _release(sandbox, holder)
    except ApiError as error:
        found.status, found.body = error.status, json.dumps(error.body(), indent=2)
    except ConnectionReset:
        found.status = 0
        raise
    finally:
        _note(sandbox, request, key, found)
        sandbox.news.set()
    if fault and fault.kind == "lose_answer":
        raise AnswerLost("the answer was lost by a fault of the sandbox")
    response = _response(sandbox, found, key)
    if found.account and "Stripe-Account" in request.headers:
        response.headers["Stripe-Account"] = found.account
    return response


def _response(sandbox: "Sandbox", found: Answer, key: str | None) -> Response:
    response = Response(found.body, found.status, content_type=found.content_type)
    if found.fault == "html":
        response.content_type = "text/html; charset=utf-8"
    response.headers["Request-Id"] = found.request_id
    response.headers["Stripe-Version"] = api_version()
    response.headers["Date"] = formatdate(sandbox.clock.now(), usegmt=True)
    if key:
        response.headers["Idempotency-Key"] = key
    if found.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if found.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
    return response


def _note(sandbox: "Sandbox", request: Request, key: str | None, found: Answer) -> None:
    with sandbox.store.transaction():
        ledger.note(
            sandbox.store,
            time=sandbox.clock.real_time(),
            method=request.method,
            path=request.path,
            params=found.params or {},
            account=found.account,
            user_agent=request.headers.get("User-Agent"),
            idempotency_key=key,
            status=found.status,
            replayed=int(found.replayed),
            request_id=found.request_id,
            fault=found.fault,
        )


def _hold(sandbox: "Sandbox", holder: tuple[str, str]) -> bool:
    with sandbox.in_flight_lock:
        if holder in sandbox.in_flight:
            return False
        sandbox.in_flight.add(holder)
        return True


def _release(sandbox: "Sandbox", holder: tuple[str, str]) -> None:
    with sandbox.in_flight_lock:
        sandbox.in_flight.discard(holder)


def _in_use(key: str) -> ApiError:
    message = f"There is currently another in-progress request using this Idempotent Key: {key}"
    error = {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": message}
    return ApiError(409, error)


def _execute(
    sandbox: "Sandbox",
    routes: MapAdapter,
    request: Request,
    body: bytes | None,
    key: str | None,
    found: Answer,
) -> None:
    store = sandbox.store
    with store.transaction():
        account = _account(sandbox, request)
        found.account = account["id"]
        raw = _raw_params(request, body)
        found.params = raw
        _check_version(request)
        fingerprint = hashlib.sha256(
            json.dumps([request.method, request.path, raw]).encode()
        ).hexdigest()
        if key and _replay(sandbox, key, fingerprint, found):
            return
        route, path = _match(routes, request)
        params = check(route, raw)
        unit = Unit(
            sandbox, account, sandbox.clock.now(), request_id=found.request_id, idempotency_key=key
        )
        clocks.follow(unit, clocks.named(path, params), changes=request.method != "GET")
        begun = False
        try:
            with store.savepoint():
                try:
                    result: Any = ROUTES[route](unit, _without_expand(params), **path)
                    begun = True
                    if route in DOWNLOADS:
                        found.content_type = DOWNLOADS[route]
                        found.status, found.body = 200, bytes(result)
                    else:
                        shown = unit.shown(result, params.get("expand", []))
                        found.status, found.body = 200, json.dumps(shown, indent=2)
                except ApiError as error:
                    if not error.keeps:
                        raise
                    begun = True
                    found.status, found.body = (
                        error.status,
                        json.dumps(_shown_error(unit, error), indent=2),
                    )
        except ApiError as error:
            error.error = _shown_error(unit, error)["error"]
            raise
        except Exception:
            logging.getLogger(__name__).exception("%s %s", request.method, request.path)
            message = "The sandbox failed; see its log."
            raise ApiError(500, {"type": "api_error", "message": message}) from None
        if key and begun:
            store.run(
                "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?)",
                found.account,
                key,
                sandbox.clock.now(),
                fingerprint,
                found.status,
                found.body,
                found.request_id,
            )


def _shown_error(unit: Unit, error: ApiError) -> Json:
    """The envelope, with the objects inside in their present public form."""
    body = error.body()
    for name in ("payment_intent", "setup_intent", "payment_method"):
        if isinstance(body["error"].get(name), dict):
            body["error"][name] = unit.shown(body["error"][name])
    return body


def _without_expand(params: Json) -> Json:
    return {name: value for name, value in params.items() if name != "expand"}


def _replay(sandbox: "Sandbox", key: str, fingerprint: str, found: Answer) -> bool:
    if len(key) > 255:
        raise invalid(
            "Idempotency keys can be at most 255 characters long.", code="idempotency_key_too_long"
        )
    row = sandbox.store.row(
        "SELECT * FROM idempotency WHERE account = ? AND key = ?", found.account, key
    )
    if row is None:
        return False
    if row["created"] + KEY_LIFE <= sandbox.clock.now():
        sandbox.store.run(
            "DELETE FROM idempotency WHERE account = ? AND key = ?", found.account, key
        )
        return False
    if row["request"] != fingerprint:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request."
        )
        raise ApiError(400, {"type": "idempotency_error", "message": message})
    found.status, found.body, found.request_id, found.replayed = (
        row["status"],
        row["body"],
        row["request_id"],
        True,
    )
    return True


def _account(sandbox: "Sandbox", request: Request) -> Json:
    key = _key(request.headers.get("Authorization", ""))
    if not key:
        raise _unauthorized(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    account = sandbox.account_by_key(key)
    if account is None:
        raise _unauthorized(f"Invalid API Key provided: {key[:8]}{'*' * 12}{key[-4:]}")
    other = request.headers.get("Stripe-Account")
    if other in (None, account["id"]):
        return account
    connected = sandbox.account(str(other))
    if connected is None or connected["_platform"] != account["id"]:
        raise invalid(
            f"The provided key '{key[:8]}{'*' * 12}{key[-4:]}' does not have access to account "
            f"'{other}' (or that "
            "account does not exist). Application access may have been revoked.",
            code="account_invalid",
            status=403,
        )
    return connected


def _key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _unauthorized(message: str) -> ApiError:
    return invalid(message, status=401)


def _check_version(request: Request) -> None:
    """Accepts the release train of the pinned version (nothing breaks inside a train) and refuses
    every other.
    """
    wanted = request.headers.get("Stripe-Version")
    if wanted in (None, api_version()):
        return
    match = VERSION.fullmatch(str(wanted))
    if not match and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(wanted)):
        raise invalid(f"Invalid Stripe API version: {str(wanted)[:60]}")
    if not match or match.group(2) != api_version().partition(".")[2]:
        raise unsupported(f"API version {wanted} (this sandbox speaks {api_version()})")


def _raw_params(request: Request, body: bytes | None) -> Json:
    if body is None:
        raise invalid("Request entity is too large.", status=413)
    pairs = parse_qsl(request.query_string.decode(errors="replace"), keep_blank_values=True)
    if body and request.mimetype not in ("application/x-www-form-urlencoded", ""):
        raise invalid(
            "Invalid request (check that your POST content type is "
            "application/x-www-form-urlencoded). If you have "
            "any questions, we can help at https://support.stripe.com/."
        )
    try:
        pairs += parse_qsl(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        raise invalid("Invalid UTF-8 in the request body.") from None
    return decode(pairs)


def _match(routes: MapAdapter, request: Request) -> tuple[str, dict[str, str]]:
    try:
        route, path = routes.match(request.path, method=request.method)
    except (NotFound, MethodNotAllowed, HTTPException):
        raise invalid(
            f"Unrecognized request URL ({request.method}: {request.path}). Please see "
            "https://stripe.com/docs or we "
            "can help at https://support.stripe.com/.",
            status=404,
        ) from None
    if route not in ROUTES:
        raise unsupported(route)
    return str(route), {name: str(value) for name, value in path.items()}
