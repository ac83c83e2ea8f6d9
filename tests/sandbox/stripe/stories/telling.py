"""Runs the stories: small uses of the sandbox, one area a file, that between them call every route.

A story is a function `@story def name(shop)`; it calls the SDK or bare HTTP and must go well.
Everything it was answered is kept, then every object it could read is read once more with all that
can be expanded, and then the events it left.
"""

import importlib
import json
import pkgutil
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import stripe

from portal.sandbox.stripe import create_app, routing
from portal.sandbox.stripe.errors import ApiError
from portal.sandbox.stripe.registry import INCLUDES
from portal.sandbox.stripe.sandbox import Sandbox
from portal.sandbox.stripe.schema import expandable
from tests.sandbox.stripe import sdk
from tests.sandbox.stripe.conftest import BASE, Shop, Transport

STORIES: dict[str, Callable[["Teller"], None]] = {}
# Where a story is told, if not in Spain: what the account is made of.
ACCOUNTS: dict[str, dict[str, str]] = {}
# `expand` follows four names, and `data` of a list is one of them.
DEEPEST = 4
DAY = 86400


def story(tell: Callable[["Teller"], None]) -> Callable[["Teller"], None]:
    """Registers a story under its file's and its own name."""
    STORIES[_name(tell)] = tell
    return tell


def story_in(country: str, currency: str) -> Callable[..., Callable[["Teller"], None]]:
    """Registers a story of an account of another country."""

    def register(tell: Callable[["Teller"], None]) -> Callable[["Teller"], None]:
        ACCOUNTS[_name(tell)] = {"country": country, "default_currency": currency}
        return story(tell)

    return register


def _name(tell: Callable[["Teller"], None]) -> str:
    return f"{tell.__module__.rpartition('.')[2]}: {tell.__name__}"


@dataclass(frozen=True)
class Call:
    """One request that went well: its route as the SDK names it, and its answer."""

    route: str
    path: str
    query: dict[str, str]
    body: Any
    expanded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What one story left behind."""

    calls: list[Call] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    failure: str = ""


@dataclass
class Teller(Shop):
    """A shop whose calls are kept, with the few moves that stories share."""

    def customer(self, card: str | None = "pm_card_visa", **params: Any) -> Any:
        """A customer with a default payment method."""
        made = self.api.customers.create({"email": "ana@example.com", "name": "Ana", **params})
        if card:
            method = self.api.payment_methods.attach(card, {"customer": made.id})
            settings = {"invoice_settings": {"default_payment_method": method.id}}
            self.api.customers.update(made.id, settings)
        return made

    def price(self, amount: int = 1000, interval: str | None = "month", **params: Any) -> Any:
        """A price of a product of its own, recurring unless told otherwise."""
        wanted = {"currency": "eur", "unit_amount": amount, "product_data": {"name": "Plan"}}
        recurring = {"recurring": {"interval": interval}} if interval else {}
        return self.api.prices.create({**wanted, **recurring, **params})

    def subscribe(self, customer: Any, **params: Any) -> Any:
        """A subscription of a price of its own."""
        wanted = {"customer": customer.id, "items": [{"price": self.price().id}]}
        return self.api.subscriptions.create({**wanted, **params})

    def advance(self, days: float) -> None:
        """Moves the clock; everything that falls due must go well."""
        assert self.sandbox.advance(days * DAY) == []


def route_of(method: str, path: str) -> str:
    """The SDK's name for what a request asks, or "" for what it does not know."""
    try:
        return routing.find(method, path)[0]
    except ApiError:
        return ""


def load() -> dict[str, Callable[[Teller], None]]:
    """Imports every file of this folder and returns its stories by name."""
    package = importlib.import_module(__name__.rpartition(".")[0])
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return STORIES


@cache
def tell(name: str) -> Told:
    """Runs one story on an empty sandbox of its own; once, for all tests."""
    told, stories = Told(), load()
    shop = _open(told, ACCOUNTS.get(name, {"country": "ES"}))
    try:
        stories[name](shop)
    except Exception:
        told = Told(told.calls, told.refusals, failure=traceback.format_exc())
    for call in list(told.calls):
        if call.route.startswith("GET ") and "file" not in call.body:
            _read_again(shop, told, call)
    told.events.extend(_events(shop))
    return told


def _open(told: Told, wanted: dict[str, str]) -> Teller:
    moment = time.time()
    app = create_app(base_url=BASE, real_time=lambda: moment)
    sandbox: Sandbox = app.extensions["stripe_sandbox"]
    account = sandbox.add_account({"name": "Blau", **wanted})
    transport = Transport(app)

    def keep(answer: httpx.Response) -> None:
        request = answer.request
        route = route_of(request.method, request.url.path)
        if route and answer.status_code == httpx.codes.OK:
            content = answer.read()
            kind = answer.headers["Content-Type"]
            body = json.loads(content) if kind == "application/json" else {"file": content}
            told.calls.append(Call(route, request.url.path, dict(request.url.params), body))

    transport.http.event_hooks["response"].append(keep)
    client = stripe.StripeClient(
        account["_secret_key"],
        base_addresses={"api": BASE, "files": BASE},
        http_client=transport,
    )
    return Teller(app, account, transport, client.v1)


def paths_of(kind: str, *, in_list: bool) -> tuple[str, ...]:
    """Everything that `expand` may name on an object, or on the objects of a list."""
    prefix = "data." if in_list else ""
    included = {name for owner, name in INCLUDES if owner == kind}
    found = (f"{prefix}{path}" for path in sorted(expandable(kind) | included))
    return tuple(path for path in found if path.count(".") < DEEPEST)


def _read_again(shop: Teller, told: Told, call: Call) -> None:
    """Reads what was read, with everything expanded; a refusal is kept by its message."""
    envelope, kinds = sdk.answers()[call.route]
    # Of a union (the sources of a customer), only what is there can be expanded.
    in_list = envelope != "object"
    read = {one["object"] for one in (call.body["data"] if in_list else [call.body])}
    paths = tuple(
        path for kind in kinds if kind in read for path in paths_of(kind, in_list=in_list)
    )
    if not paths or "expand[0]" in call.query:
        return
    query = call.query | {f"expand[{at}]": path for at, path in enumerate(paths)}
    # What has been read may since be gone, or its preview impossible.
    if shop.call("GET", call.path, params=call.query).status_code != httpx.codes.OK:
        return
    before = len(told.calls)
    answer = shop.call("GET", call.path, params=query)
    if answer.status_code == httpx.codes.OK:
        told.calls[before:] = [Call(call.route, call.path, query, answer.json(), paths)]
    else:
        told.refusals.append(f"{call.route}: {answer.json()['error']['message']}")


def _events(shop: Teller) -> Iterator[Any]:
    sandbox = shop.sandbox
    yield from sandbox.store.select(shop.account["id"], "event", {}, oldest_first=True)


def left_closed(body: Any, parts: list[str]) -> Iterator[str]:
    """The ids that are still ids at the end of an expanded path."""
    if isinstance(body, list):
        for one in body:
            yield from left_closed(one, parts)
    elif isinstance(body, dict) and parts:
        yield from left_closed(body.get(parts[0]), parts[1:])
    elif isinstance(body, str) and not parts:
        yield body
