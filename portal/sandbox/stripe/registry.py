"""What resource modules register by decorator, and nothing else: routes, renderers, includes,
listeners, due work.

Every module in `resources/` and every module in `pages/` is imported when the app is made, so a
decorated function is all that a new resource needs.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from portal.sandbox.stripe.errors import Json

if TYPE_CHECKING:
    from portal.sandbox.stripe.unit import Unit

Handler = Callable[..., Json]
Download = Callable[..., bytes]
Renderer = Callable[["Unit", Json], None]
Include = Callable[["Unit", Json], Any]
Listener = Callable[["Unit", Json], None]
Due = Callable[["Unit", str], None]

ROUTES: dict[str, Handler] = {}
DOWNLOADS: dict[str, tuple[Download, str]] = {}
RENDERERS: dict[str, list[Renderer]] = {}
INCLUDES: dict[tuple[str, str], Include] = {}
LISTENERS: dict[str, list[Listener]] = {}
DUE: dict[str, Due] = {}
ON_ACCOUNT_TIME: set[str] = set()
PAGES: list[tuple[str, Callable[..., Any]]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Answers an API route, named exactly as in `schema.json`: `@route("GET",
    "/v1/customers/{customer}")`.

    The function gets the `Unit`, the checked parameters (without `expand`) and the path's names as
    keywords, and returns the stored object or a list envelope; rendering and expanding happen
    afterwards.
    """

    def register(handler: Handler) -> Handler:
        ROUTES[f"{method} {path}"] = handler
        return handler

    return register


def download(method: str, path: str, content_type: str) -> Callable[[Download], Download]:
    """Answers an API route with a file instead of JSON; the function returns its bytes."""

    def register(handler: Download) -> Download:
        DOWNLOADS[f"{method} {path}"] = handler, content_type
        return handler

    return register


def renders(kind: str) -> Callable[[Renderer], Renderer]:
    """Completes the public copy of an object, in place, for every answer and event."""

    def register(renderer: Renderer) -> Renderer:
        RENDERERS.setdefault(kind, []).append(renderer)
        return renderer

    return register


def includes(kind: str, field: str) -> Callable[[Include], Include]:
    """Computes a field, dotted if nested, that is absent unless asked for by `expand`."""

    def register(include: Include) -> Include:
        INCLUDES[kind, field] = include
        return include

    return register


def listens(*event_types: str) -> Callable[[Listener], Listener]:
    """Runs in the same transaction, right after such an event was emitted; gets the Unit and the
    stored object.
    """

    def register(listener: Listener) -> Listener:
        for event_type in event_types:
            LISTENERS.setdefault(event_type, []).append(listener)
        return listener

    return register


def due(name: str, *, account_time: bool = False) -> Callable[[Due], Due]:
    """Runs when the clock reaches the moment given to `unit.schedule(at, name, ref)`; `unit.now`
    is that moment. With `account_time` the account's clock is meant even for objects on a test
    clock (payments, hosted pages), and that moment is `unit.account_now`.
    """

    def register(callback: Due) -> Due:
        DUE[name] = callback
        if account_time:
            ON_ACCOUNT_TIME.add(name)
        return callback

    return register


def page(rule: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Serves a hosted page at a Flask rule, GET and POST, inside one transaction.

    The function gets the `Sandbox` and the rule's names; it returns what a Flask view may return.
    It finds its account with `sandbox.unit_for(object_id)`.
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        PAGES.append((rule, view))
        return view

    return register


def load() -> None:
    """Imports every resource and page module."""
    for folder in ("resources", "pages"):
        package = importlib.import_module(f"{__package__}.{folder}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
