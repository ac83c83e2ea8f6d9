"""One API request from bytes to answer: fault, key, idempotency, parameters, handler, expansion,
ledger, commit.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.wrappers import Request, Response

from portal.sandbox.http import AnswerLost, ConnectionReset, NeverAnswered, half
from portal.sandbox.stripe import (
    access,
    clocks,
    faults,
    idempotency,
    ledger,
    params,
    pretty,
    routing,
)
from portal.sandbox.stripe.errors import ApiError, Json, log_url, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import DOWNLOADS, ROUTES
from portal.sandbox.stripe.schema import api_version
from portal.sandbox.stripe.unit import Unit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from portal.sandbox.stripe.faults import Fault
    from portal.sandbox.stripe.sandbox import Sandbox

HTML = "<!doctype html><title>Maintenance</title><p>Not JSON.</p>"


@dataclass
class Answer:
    """What will be sent, and what the ledger says about it. `original` is the request whose answer
    this is, where the key was used before.
    """

    request_id: str
    key: str | None
    fault: "Fault | None"
    status: int = 0
    body: str | bytes = ""
    content_type: str = "application/json"
    original: str | None = None
    account: str | None = None
    version: str = field(default_factory=api_version)
    params: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def kind_of_fault(self) -> str | None:
        """What goes wrong with it, if anything."""
        return self.fault.kind if self.fault else None


class Api:
    """The WSGI layer that answers everything under /v1 and hands the rest to the Flask app."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.rest = app.wsgi_app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if f"{environ['PATH_INFO']}/".startswith("/v1/"):
            sandbox: Sandbox = self.app.extensions["stripe_sandbox"]
            return answer(sandbox, Request(environ), start_response)
        return self.rest(environ, start_response)


def answer(
    sandbox: "Sandbox", request: Request, start_response: "StartResponse"
) -> Iterable[bytes]:
    """Answers one request under /v1; raises an `AnswerLost` when a fault says so."""
    sandbox.catch_up()
    # An aggregate always has its one row.
    number = sandbox.store.row("SELECT coalesce(max(seq), 0) FROM requests")[0]  # type: ignore[index]
    found = Answer(
        "req_" + scramble(f"{number}:{sandbox.clock.real_time()}", 14),
        (request.headers.get("Idempotency-Key") or None) if request.method == "POST" else None,
        faults.take(sandbox.store, request.method, request.path),
    )
    try:
        with idempotency.alone(sandbox, request.headers.get("Authorization", ""), found.key):
            faults.before(found.fault)
            _execute(sandbox, request, found)
    except ApiError as error:
        _refuse(found, error)
        _note(sandbox, request, found)
    except (ConnectionReset, NeverAnswered):
        _note(sandbox, request, found)
        raise
    if request.method != "GET":
        sandbox.news.set()
    if found.kind_of_fault == "lose_answer":
        raise AnswerLost("the answer was lost by a fault of the sandbox")
    response = _response(sandbox, request, found)
    if found.kind_of_fault == "half_body":
        return half(response, start_response)
    return response(request.environ, start_response)


def _execute(sandbox: "Sandbox", request: Request, found: Answer) -> None:
    """Does what is asked and notes it, in one transaction; what a refused request did is undone."""
    with sandbox.store.transaction():
        try:
            with sandbox.store.savepoint():
                if found.kind_of_fault == "html" and found.fault:
                    found.status, found.body = found.fault.status, HTML
                else:
                    _serve(sandbox, request, found)
        except ApiError as error:
            _refuse(found, error)
        _note(sandbox, request, found)


def _serve(sandbox: "Sandbox", request: Request, found: Answer) -> None:
    account = access.account_of(sandbox, request)
    found.account = account["id"]
    raw = found.params = params.read(request)
    found.version = access.version_of(request)
    key, same = found.key, ""
    if key:
        same = idempotency.fingerprint(request.method, request.path, raw)
        kept = idempotency.recall(sandbox, account["id"], key, same)
        if kept:
            found.status, found.body = kept["status"], kept["body"]
            found.original = kept["request_id"]
            return
    route, names = routing.find(request.method, request.path)
    if route not in ROUTES and route not in DOWNLOADS:
        raise unsupported(route)
    checked = params.check(route, raw)
    unit = Unit(
        sandbox, account, sandbox.clock.now(), request_id=found.request_id, idempotency_key=key
    )
    clocks.follow(unit, clocks.named(names, checked), changes=request.method != "GET")
    _run(unit, route, checked, names, found)
    if key:
        answered = (found.status, str(found.body), found.request_id)
        idempotency.keep(sandbox, account["id"], key, same, answered)


def _run(unit: Unit, route: str, checked: Json, names: dict[str, str], found: Answer) -> None:
    """Puts the handler's answer into `found`; an error that keeps what it did counts as one."""
    paths = checked.pop("expand", [])
    try:
        if route in DOWNLOADS:
            download, content_type = DOWNLOADS[route]
            found.content_type, found.body = content_type, download(unit, checked, **names)
        else:
            found.body = pretty.dumps(unit.shown(ROUTES[route](unit, checked, **names), paths))
        found.status = 200
    except ApiError as error:
        error.status = _status(error, names)
        error.error = _shown_error(unit, error)
        if not error.keeps:
            raise
        _refuse(found, error)
    except Exception:
        logging.getLogger(__name__).exception("%s %s", route, names)
        message = "The sandbox failed; see its log."
        raise ApiError(500, {"type": "api_error", "message": message}) from None


def _status(error: ApiError, names: dict[str, str]) -> int:
    """404 for a missing object that the path names, 400 for one that a parameter names."""
    param = error.error.get("param")
    missing = error.status == 404 and error.error.get("code") == "resource_missing"
    return 400 if missing and param not in (None, "id", *names) else error.status


def _refuse(found: Answer, error: ApiError) -> None:
    if found.account and error.status != 401:
        error.error["request_log_url"] = log_url(found.account, found.request_id)
    found.status, found.body = error.status, pretty.dumps(error.body())
    found.headers |= error.headers


def _shown_error(unit: Unit, error: ApiError) -> Json:
    """The error hash, with the objects inside in their present public form."""
    inside = {
        name: unit.shown(error.error[name])
        for name in ("payment_intent", "setup_intent", "payment_method")
        if isinstance(error.error.get(name), dict)
    }
    return error.error | inside


def _note(sandbox: "Sandbox", request: Request, found: Answer) -> None:
    with sandbox.store.transaction():
        ledger.note(
            sandbox.store,
            time=sandbox.clock.real_time(),
            method=request.method,
            path=request.path,
            params=found.params,
            account=found.account,
            user_agent=request.headers.get("User-Agent"),
            idempotency_key=found.key,
            status=found.status,
            replayed=int(found.original is not None),
            request_id=found.request_id,
            fault=found.kind_of_fault,
        )


def _response(sandbox: "Sandbox", request: Request, found: Answer) -> Response:
    kind = "text/html; charset=utf-8" if found.kind_of_fault == "html" else found.content_type
    headers: dict[str, Any] = {
        "Date": formatdate(sandbox.clock.now(), usegmt=True),
        "Cache-Control": "no-cache, no-store",
        "Request-Id": found.request_id,
        "Stripe-Version": found.version,
    }
    if found.key:
        headers["Idempotency-Key"] = found.key
        headers["Original-Request"] = found.original or found.request_id
        if found.status in (200, 402):
            headers["Stripe-Should-Retry"] = "false"
    if found.original:
        headers["Idempotent-Replayed"] = "true"
    if found.account and "Stripe-Account" in request.headers:
        headers["Stripe-Account"] = found.account
    if found.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
    return Response(found.body, found.status, headers | found.headers, content_type=kind)
