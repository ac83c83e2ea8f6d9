"""The official SDK, unpatched, talking to a sandbox in the same process."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import stripe
from flask import Flask

from portal.sandbox.stripe import create_app
from portal.sandbox.stripe.app import start_over
from portal.sandbox.stripe.sandbox import Sandbox
from tests.sandbox.stripe.shapes import differences

BASE = "http://stripe.test"
RETURN = "https://shop.example/back?order=7"


class Transport(stripe.HTTPClient):
    """The SDK's HTTP client over httpx and WSGI; notes shape errors of every answer."""

    name = "httpx"

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.http = httpx.Client(transport=httpx.WSGITransport(app=app), base_url=BASE)
        self.wrong: list[str] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        """One call of the SDK."""
        answer = self.http.request(method, url, headers=headers, content=post_data)
        if answer.status_code == httpx.codes.OK:
            self.wrong += differences(answer.json())
        return answer.content, answer.status_code, answer.headers

    def request_stream(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        """One call of the SDK whose answer is a file."""
        answer = self.http.request(method, url, headers=headers, content=post_data)
        return io.BytesIO(answer.content), answer.status_code, answer.headers


@dataclass
class Shop:
    """One Stripe account of a sandbox: `api` is the SDK's v1 services, `browser` a visitor."""

    app: Flask
    account: dict[str, Any]
    transport: Transport
    api: Any
    base: str = BASE

    @property
    def sandbox(self) -> Sandbox:
        """The state behind the app."""
        found: Sandbox = self.app.extensions["stripe_sandbox"]
        return found

    @property
    def key(self) -> str:
        """The account's secret key."""
        return str(self.account["_secret_key"])

    @property
    def browser(self) -> Any:
        """A browser without scripts, cookies or redirects of its own."""
        return self.app.test_client()

    def call(self, method: str, path: str, **kinds: Any) -> httpx.Response:
        """A bare HTTP call with the account's key."""
        headers = {"Authorization": f"Bearer {self.key}", **kinds.pop("headers", {})}
        return self.transport.http.request(method, path, headers=headers, **kinds)

    def events(self) -> list[str]:
        """The types of all events so far, oldest first."""
        return [one.type for one in self.api.events.list({"limit": 100}).data][::-1]

    def pay(self, method: str, **more: Any) -> Any:
        """An intent of 15.00, confirmed at once."""
        wanted = {"amount": 1500, "currency": "eur", "payment_method": method, "confirm": True}
        return self.api.payment_intents.create(wanted | {"return_url": RETURN} | more)

    def charges(self) -> list[dict[str, Any]]:
        """The ledger of charges."""
        found: list[dict[str, Any]] = self.transport.http.get("/_sandbox/ledger.json").json()
        return found


def path_of(url: str) -> str:
    """The path and query of an address of the sandbox."""
    return re.sub(r"^https?://[^/]+", "", url)


@pytest.fixture(scope="session")
def routes() -> Flask:
    """A sandbox whose state each test begins anew."""
    return create_app(base_url=BASE)


@pytest.fixture
def app(routes: Flask) -> Flask:
    """An empty sandbox in memory."""
    start_over(routes)
    return routes


@pytest.fixture
def open_shop(app: Flask) -> Callable[..., Shop]:
    """Opens accounts: `open_shop(country="BR", default_currency="brl")`."""

    def open_one(**wanted: Any) -> Shop:
        sandbox: Sandbox = app.extensions["stripe_sandbox"]
        account = sandbox.add_account({"name": "Blau", **wanted})
        transport = Transport(app)
        client = stripe.StripeClient(
            account["_secret_key"],
            base_addresses={"api": BASE, "files": BASE},
            http_client=transport,
        )
        return Shop(app, account, transport, client.v1)

    return open_one


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Any:
    """A Spanish account in euros; every object it answers must have the SDK's shape."""
    found = open_shop()
    yield found
    assert found.transport.wrong == []


@pytest.fixture
def customer(shop: Shop) -> Any:
    """A customer of the shop."""
    return shop.api.customers.create({"email": "ana@example.com", "name": "Ana"})
