"""The sandbox as a WSGI application, and the process that serves it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

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
)
from portal.sandbox.holded.accounts import Account
from portal.sandbox.holded.exchange import Exchange
from portal.sandbox.holded.problems import Problem, not_found
from portal.sandbox.holded.state import State
from portal.sandbox.holded.webhooks import Courier

RESOURCES = (
    contacts, sales, invoices, recurring, conversions, payments, payment_methods, treasury,
    movements, accounting, products, records, tags, taxes, numbering, usage,
)  # fmt: skip
API = "/api/v2"
FIRST_ACCOUNT = Account("acc_sandbox", "pat_sandbox", "Sandbox SL", tax_id="B00000000")
LARGEST_BODY = 2_000_000


def create_app(
    data: str | Path = ":memory:",
    *,
    base_url: str = "http://127.0.0.1:8002",
    real_time: Callable[[], float] = time.time,
) -> Flask:
    """Return the sandbox with its state in ``data``: a folder, or ``":memory:"``.

    It starts with one account whose token is ``pat_sandbox``; ``POST /_sandbox/accounts`` opens
    more. The application delivers no webhooks by itself: ``server`` starts the courier that does,
    and tests call ``webhooks.deliver``. ``app.extensions["holded_sandbox"]`` is the ``State``.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(
        BASE_URL=base_url, FIRST_ACCOUNT=FIRST_ACCOUNT, MAX_CONTENT_LENGTH=LARGEST_BODY
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.url_map.strict_slashes = False
    state = State(data, real_time)
    app.extensions["holded_sandbox"] = state
    app.extensions["holded_courier"] = courier = Courier(state)
    with state.unit():
        if not accounts.every(state):
            accounts.add(state, FIRST_ACCOUNT)
    for resource in RESOURCES:
        app.register_blueprint(resource.blueprint, url_prefix=API)
    app.register_blueprint(control.blueprint, url_prefix="/_sandbox")
    app.before_request(admit)
    app.after_request(usage.count)
    app.register_blueprint(merchant.blueprint, url_prefix="/_sandbox/merchant")
    app.register_error_handler(Problem, lambda problem: problem.answer())
    app.register_error_handler(HTTPException, refuse)
    for code in (404, 405):
        app.register_error_handler(code, refuse_missing)
    app.wsgi_app = Exchange(state, app.wsgi_app, courier.wake)  # type: ignore[method-assign]
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
    if request.routing_exception is not None:
        return
    accounts.authenticate()
    usage.check(accounts.account())


def refuse(error: HTTPException) -> Response:
    """Answer Flask's own refusals (no such route, wrong method, body too large) as problems."""
    if error.code == 404:
        return not_found().answer()
    return Problem(error.code or 500, error.description or "").answer()


def refuse_missing(error: HTTPException) -> Response:
    """Tell what the provider has and the sandbox has not from what does not exist."""
    return operations.refused(request.method, request.path, API) or refuse(error)
