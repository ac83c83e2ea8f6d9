"""`create_app`: the Stripe sandbox as a WSGI application."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

from portal.sandbox.stripe import control_clock, control_webhooks
from portal.sandbox.stripe.api import answer, url_map
from portal.sandbox.stripe.control import control
from portal.sandbox.stripe.errors import ApiError
from portal.sandbox.stripe.registry import PAGES
from portal.sandbox.stripe.sandbox import Sandbox


def create_app(
    data: str | Path = ":memory:",
    *,
    base_url: str = "http://127.0.0.1:8001",
    real_time: Callable[[], float] = time.time,
) -> Flask:
    """A sandbox with its state in the folder `data` (or in memory), whose hosted pages are at
    `base_url`.

    Its `Sandbox` is `app.extensions["stripe_sandbox"]`: `.add_account({...})`,
    `.advance(seconds)`, `.deliver(sender)`. Over HTTP the same things are under `/_sandbox/`.
    """
    app = Flask(__name__, static_folder=None, template_folder="pages/templates")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.extensions["stripe_sandbox"] = Sandbox(data, base_url=base_url, real_time=real_time)
    app.register_blueprint(control)
    app.register_blueprint(control_clock.control)
    app.register_blueprint(control_webhooks.control)
    routes = url_map().bind("sandbox")

    def api(path: str) -> Response:
        _ = path
        return answer(_current(), routes, request)

    methods = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    app.add_url_rule("/v1/", "api", api, methods=methods, defaults={"path": ""})
    app.add_url_rule("/v1/<path:path>", "api", api, methods=methods)
    for rule, view in PAGES:
        name = f"{view.__module__.rpartition('.')[2]}.{view.__name__}"
        app.add_url_rule(rule, name, partial(_page, view), methods=["GET", "POST"])
    app.register_error_handler(ApiError, _refused_page)
    return app


def start_over(app: Flask) -> None:
    """Give an application in memory an empty state: building its routes anew takes far longer."""
    old: Sandbox = app.extensions["stripe_sandbox"]
    app.extensions["stripe_sandbox"] = Sandbox(":memory:", base_url=old.base_url)


def _current() -> Sandbox:
    found: Sandbox = current_app.extensions["stripe_sandbox"]
    return found


def _page(view: Callable[..., Any], **names: str) -> Any:
    sandbox = _current()
    sandbox.catch_up()
    with sandbox.store.transaction():
        result = view(sandbox, **names)
    sandbox.news.set()
    return result


def _refused_page(error: ApiError) -> Response:
    return Response(f"{error}\n", error.status, content_type="text/plain; charset=utf-8")
