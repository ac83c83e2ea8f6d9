"""The sandbox as a WSGI application, and the process that serves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.sandbox.console import pages as console
from portal.sandbox.holded import (
    accounting,
    accounts,
    contacts,
    control,
    conversions,
    invoices,
    merchant,
    movements,
    numbering,
    operations,
    payment_methods,
    payments,
    products,
    records,
    recurrences,
    recurring,
    sales,
    tags,
    taxes,
    treasury,
    usage,
    v1,
    webhook_faults,
)
from portal.sandbox.holded.accounts import Account
from portal.sandbox.holded.exchange import LARGEST_BODY, Exchange
from portal.sandbox.holded.inside import HoldedInside
from portal.sandbox.holded.problems import Problem, not_found, unsupported
from portal.sandbox.holded.state import State
from portal.sandbox.holded.webhooks import Courier

RESOURCES = (
    contacts, sales, invoices, recurring, conversions, payments, payment_methods, treasury,
    movements, accounting, products, records, tags, taxes, numbering, usage,
)  # fmt: skip
API = "/api/v2"
FIRST_ACCOUNT = Account("acc_sandbox", "pat_sandbox", "Sandbox SL", tax_id="B00000000")


def create_app(
    data: str | Path = ":memory:",
    *,
    base_url: str = "http://127.0.0.1:8002",
    beside: Mapping[str, str] | None = None,
    real_time: Callable[[], float] = time.time,
) -> Flask:
    """Return the sandbox with its state in ``data``: a folder, or ``":memory:"``.

    It starts with one account whose token is ``pat_sandbox`` and whose key for API v1 is
    ``FIRST_ACCOUNT.v1_key``; ``POST /_sandbox/accounts`` opens more. The application delivers no
    webhooks by itself: ``server`` starts the courier that does, and tests call
    ``webhooks.deliver``. ``beside`` are names and addresses that the console links to.
    ``app.extensions["holded_sandbox"]`` is the ``State``.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(
        BASE_URL=base_url, FIRST_ACCOUNT=FIRST_ACCOUNT, MAX_CONTENT_LENGTH=LARGEST_BODY
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    state = State(data, real_time)
    app.extensions["holded_sandbox"] = state
    app.extensions["holded_courier"] = courier = Courier(state)
    app.register_blueprint(v1.blueprint, url_prefix=v1.PREFIX)
    with state.unit():
        if not accounts.every(state):
            accounts.add(state, FIRST_ACCOUNT)
    for resource in RESOURCES:
        app.register_blueprint(resource.blueprint, url_prefix=API)
    app.register_blueprint(control.blueprint, url_prefix="/_sandbox")
    app.register_blueprint(console.create(lambda: HoldedInside(accounts.state()), beside or {}))
    app.add_url_rule("/", "welcome", console.welcome)
    app.add_url_rule("/_sandbox/", "welcome", console.welcome)
    app.register_blueprint(webhook_faults.blueprint, url_prefix="/_sandbox")
    app.register_blueprint(merchant.blueprint, url_prefix="/_sandbox/merchant")
    app.before_request(admit)
    app.after_request(usage.count)
    app.register_error_handler(Problem, lambda problem: problem.answer())
    app.register_error_handler(HTTPException, refuse)
    app.wsgi_app = Exchange(  # type: ignore[method-assign]
        state, app.wsgi_app, courier.wake, refused
    )
    return app


def start_over(app: Flask, real_time: Callable[[], float] = time.time) -> None:
    """Give an application in memory an empty state: building its routes anew takes far longer."""
    exchange = app.wsgi_app
    assert isinstance(exchange, Exchange)  # noqa: S101 - what create_app put there
    exchange.state = app.extensions["holded_sandbox"] = State(":memory:", real_time)
    with exchange.state.unit():
        accounts.add(exchange.state, FIRST_ACCOUNT)


def admit() -> None:
    """Let in who has a token and calls left; routes that do not exist are told to anybody.

    First of all, the invoices are made that fell due since the last request.
    """
    recurrences.catch_up(accounts.state())
    if not request.path.startswith("/api/"):
        return
    if v1.serves(request.path):
        return
    not_modelled = False
    if request.routing_exception is not None:
        not_modelled = operations.known(request.method, request.path.removeprefix(API))
        if not not_modelled:
            return
    accounts.authenticate()
    usage.check(accounts.account())
    if not_modelled:
        raise unsupported(f"{request.method} {request.path[:100]} is not modelled by the sandbox")


def refuse_bytes(status: int, message: str, path: str) -> Response:
    """Answer what is no request at all, and the sandbox's own failures."""
    return refused(Problem(status, message), path)


def refused(problem: Problem, path: str) -> Response:
    """Answer a refusal as the version of the API at ``path`` words it."""
    return v1.answers.refused(problem) if v1.serves(path) else problem.answer()


def refuse(error: HTTPException) -> Response:
    """Answer Flask's own refusals (no such route, wrong method, body too large) as problems."""
    if v1.serves(request.path):
        return v1.refuse(error)
    if error.code == 404:
        return not_found().answer()
    return Problem(error.code or 500, error.description or "").answer()
