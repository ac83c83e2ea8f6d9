"""`create_app`: the Stripe sandbox as a WSGI application."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from werkzeug.exceptions import HTTPException

from portal.sandbox.console import pages as console
from portal.sandbox.stripe import control_clock, control_webhooks
from portal.sandbox.stripe.api import Api
from portal.sandbox.stripe.control import control
from portal.sandbox.stripe.errors import ApiError
from portal.sandbox.stripe.inside import StripeInside
from portal.sandbox.stripe.params import LARGEST
from portal.sandbox.stripe.refusals import refuse_http, refuse_page
from portal.sandbox.stripe.registry import PAGES
from portal.sandbox.stripe.sandbox import Sandbox


def create_app(
    data: str | Path = ":memory:",
    *,
    base_url: str = "http://127.0.0.1:8001",
    beside: Mapping[str, str] | None = None,
    real_time: Callable[[], float] = time.time,
) -> Flask:
    """A sandbox with its state in the folder `data` (or in memory), whose hosted pages are at
    `base_url`. `beside` are names and addresses that its console links to.

    Its `Sandbox` is `app.extensions["stripe_sandbox"]`: `.add_account({...})`,
    `.advance(seconds)`, `.deliver(sender)`. Over HTTP the same things are under `/_sandbox/`.
    """
    app = Flask(__name__, static_folder=None, template_folder="pages/templates")
    app.config.update(PROPAGATE_EXCEPTIONS=True, MAX_CONTENT_LENGTH=LARGEST)
    app.url_map.merge_slashes = False
    app.extensions["stripe_sandbox"] = Sandbox(data, base_url=base_url, real_time=real_time)
    app.register_blueprint(control)
    app.register_blueprint(control_clock.control)
    app.register_blueprint(control_webhooks.control)
    app.register_blueprint(console.create(lambda: StripeInside(_current()), beside or {}))
    app.add_url_rule("/", "welcome", console.welcome)
    app.add_url_rule("/_sandbox/", "welcome", console.welcome)
    for rule, view in PAGES:
        name = f"{view.__module__.rpartition('.')[2]}.{view.__name__}"
        app.add_url_rule(rule, name, partial(_page, view), methods=["GET", "POST"])
    app.register_error_handler(ApiError, refuse_page)
    app.register_error_handler(HTTPException, refuse_http)
    app.wsgi_app = Api(app)  # type: ignore[method-assign]
    return app


def start_over(app: Flask, real_time: Callable[[], float] = time.time) -> None:
    """Give an application in memory an empty state: building its routes anew takes far longer."""
    old: Sandbox = app.extensions["stripe_sandbox"]
    app.extensions["stripe_sandbox"] = Sandbox(
        ":memory:", base_url=old.base_url, real_time=real_time
    )


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
