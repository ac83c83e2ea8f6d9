"""The portal as a WSGI application: settings, gateways, extensions, pages, errors, commands."""

import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from os import environ
from pathlib import Path
from time import perf_counter

import structlog
from flask import Blueprint, Flask, Response, g, request

from portal import cli, keys, logs, web
from portal.context import Gateways
from portal.db import Database, counted_statements
from portal.keys import KeysMissing
from portal.settings import Settings
from portal.store.secrets import Keyring
from portal.web import (
    assets,
    customer,
    errors,
    filters,
    languages,
    navigation,
    policies,
    repeats,
    security,
    sessions,
    statuses,
    templating,
)
from portal.web.installation import Installation

TEMPLATES = Path(__file__).parents[1] / "templates"
CALLER = "portal-web"

log = structlog.get_logger()


def create_app(
    settings: Settings | None = None,
    *,
    gateways: Gateways | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Flask:
    """Make the portal; raises KeysMissing where nobody has run `flask portal init`.

    Only the command line starts without keys, with the commands that do not need them.
    """
    settings = settings or Settings.read()
    logs.set_up(as_json=settings.log_json)
    app = Flask("portal", static_folder=None, template_folder=str(TEMPLATES))
    cli.init_app(app, settings)
    try:
        settings = keys.load(settings)
    except KeysMissing:
        if environ.get("FLASK_RUN_FROM_CLI") == "true":
            return app
        raise
    app.extensions["portal"] = _install(settings, gateways, clock)
    app.secret_key = settings.secret_key.get_secret_value()
    _set_up_pages(app, settings)
    policies.check(app)
    return app


def _install(
    settings: Settings, gateways: Gateways | None, clock: Callable[[], datetime] | None
) -> Installation:
    db = Database(settings.database, threads=settings.threads)
    keyring = Keyring.read(settings.keyring.get_secret_value(), keys.keyring_file(settings))
    clock = clock or _now
    return Installation(
        settings=settings,
        db=db,
        keyring=keyring,
        gateways=gateways or Gateways(settings, db, keyring, CALLER, clock=clock),
        clock=clock,
    )


def _set_up_pages(app: Flask, settings: Settings) -> None:
    templating.init_app(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _observe(app, shows_statements=settings.statements_header)
    errors.init_app(app)
    security.init_app(app, settings)
    sessions.init_app(app)
    languages.init_app(app)
    for module in (filters, statuses, assets, navigation, customer, repeats):
        module.init_app(app)
    # Every module of portal/web with a Blueprint named `pages` is part of the portal.
    for found in pkgutil.iter_modules(web.__path__, f"{web.__name__}."):
        pages = getattr(import_module(found.name), "pages", None)
        if isinstance(pages, Blueprint):
            app.register_blueprint(pages)


def _observe(app: Flask, *, shows_statements: bool) -> None:
    """Write a line for every request, and count its SQL statements."""

    @app.before_request
    def begin() -> None:
        g.began_at = perf_counter()
        g.counting = counted_statements()
        g.counter = g.counting.__enter__()

    @app.after_request
    def end(response: Response) -> Response:
        statements = g.counter[0] if "counter" in g else 0
        if shows_statements:
            response.headers["X-Statements"] = str(statements)
        log.info(
            "request",
            method=request.method,
            path=_path(),
            status=response.status_code,
            ms=round((perf_counter() - g.began_at) * 1000, 1) if "began_at" in g else 0,
            statements=statements,
        )
        return response

    @app.teardown_request
    def stop_counting(_error: BaseException | None) -> None:
        if "counting" in g:
            g.pop("counting").__exit__(None, None, None)


def _path() -> str:
    """Return the address for the log: a token in it is a secret, and so is a mistyped one."""
    if request.url_rule is None:
        return "-"
    has_token = "token" in (request.view_args or {})
    return request.url_rule.rule if has_token else request.path


def _now() -> datetime:
    return datetime.now(UTC)
