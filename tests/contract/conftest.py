"""One client of each provider for every promise, on the sandbox and, if asked for, on the real one.

Objects have names of their own and are taken away again after each test.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import stripe

from portal.sandbox.holded import create_app as holded_sandbox
from portal.sandbox.stripe import create_app as stripe_sandbox
from tests.contract.places import HOLDED_TOKEN, REAL, STRIPE_KEY, places, said

SANDBOX_BASE = "http://stripe.test"
Keep = Callable[[Any, Callable[[], Any]], Any]


def pytest_report_header() -> str:
    """What the run can claim."""
    return said(os.environ)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The same again below the results."""
    terminalreporter.write_line(said(os.environ))


def _parameters(variable: str) -> list[Any]:
    marks = {REAL: [pytest.mark.enable_socket]}
    return [pytest.param(one, marks=marks.get(one, [])) for one in places(os.environ, variable)]


class InProcess(stripe.HTTPClient):
    """The SDK's HTTP client over WSGI."""

    name = "httpx"

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self.http = http

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        """One call of the SDK."""
        answer = self.http.request(method, url, headers=headers, content=post_data)
        return answer.content, answer.status_code, answer.headers


@pytest.fixture(params=_parameters(STRIPE_KEY))
def stripe_place(request: pytest.FixtureRequest) -> str:
    """Where this test of Stripe runs."""
    return str(request.param)


@pytest.fixture
def api(stripe_place: str) -> Any:
    """The SDK's v1 services."""
    if stripe_place == REAL:
        return stripe.StripeClient(os.environ[STRIPE_KEY], max_network_retries=2).v1
    app = stripe_sandbox(base_url=SANDBOX_BASE)
    account = app.extensions["stripe_sandbox"].add_account({"name": "Blau", "country": "ES"})
    http = httpx.Client(transport=httpx.WSGITransport(app), base_url=SANDBOX_BASE)
    key, base = account["_secret_key"], {"api": SANDBOX_BASE}
    return stripe.StripeClient(key, base_addresses=base, http_client=InProcess(http)).v1


@pytest.fixture(params=_parameters(HOLDED_TOKEN))
def holded_place(request: pytest.FixtureRequest) -> str:
    """Where this test of Holded runs."""
    return str(request.param)


@pytest.fixture
def holded(holded_place: str) -> Iterator[httpx.Client]:
    """A client of Holded's API v2."""
    if holded_place == REAL:
        token, base, transport = os.environ[HOLDED_TOKEN], "https://api.holded.com", None
    else:
        token, base = "pat_sandbox", "http://holded.test"
        transport = httpx.WSGITransport(holded_sandbox())
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(transport=transport, base_url=f"{base}/api/v2", headers=headers) as client:
        yield client


@pytest.fixture
def keep() -> Iterator[Keep]:
    """Notes what takes an object away again: `keep(made, lambda: api.products.delete(made.id))`."""
    undo: list[Callable[[], Any]] = []

    def note(made: Any, take_away: Callable[[], Any]) -> Any:
        undo.append(take_away)
        return made

    yield note
    for take_away in reversed(undo):
        # What is gone already, or may not go, is left.
        with suppress(stripe.StripeError, httpx.HTTPError):
            take_away()


@pytest.fixture
def unique() -> str:
    """A word that nothing else in the account has."""
    return f"contract-{secrets.token_hex(6)}"


@pytest.fixture
def customer(api: Any, keep: Keep, unique: str) -> Any:
    """A customer of Stripe with a card that works."""
    made = api.customers.create({"name": unique, "email": f"{unique}@example.com"})
    keep(made, lambda: api.customers.delete(made.id))
    method = api.payment_methods.attach("pm_card_visa", {"customer": made.id})
    settings = {"invoice_settings": {"default_payment_method": method.id}}
    return api.customers.update(made.id, settings)


@pytest.fixture
def price(api: Any, keep: Keep, unique: str) -> Callable[..., Any]:
    """Makes monthly prices in euros, of one product: `price(1000)`."""
    product = api.products.create({"name": unique})
    keep(product, lambda: api.products.update(product.id, {"active": False}))

    def make(amount: int, **params: Any) -> Any:
        wanted = {"product": product.id, "currency": "eur", "unit_amount": amount}
        made = api.prices.create({**wanted, "recurring": {"interval": "month"}, **params})
        return keep(made, lambda: api.prices.update(made.id, {"active": False}))

    return make


@pytest.fixture
def subscribe(api: Any, customer: Any, keep: Keep) -> Callable[..., Any]:
    """Subscribes the customer: `subscribe(price.id, billing_mode={"type": "classic"})`."""

    def make(name: str, **params: Any) -> Any:
        wanted = {"customer": customer.id, "items": [{"price": name}]}
        made = api.subscriptions.create({**wanted, **params})
        return keep(made, lambda: api.subscriptions.cancel(made.id))

    return make
