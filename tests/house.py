"""A whole installation in one process: database, both sandboxes, one merchant, and its worker.

The shipped adapters speak to the sandboxes over a WSGI transport, and what the sandboxes want to
tell goes through the shipped intake: nothing of ours is replaced but network and mail server.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import httpx
import stripe
from cryptography.fernet import Fernet
from flask import Flask

from portal.context import HOLDED_TOKEN, STRIPE_KEY, Customer, Gateways, MerchantContext, Visit
from portal.db import Database
from portal.domain.access import EVERYTHING, Scope
from portal.domain.errors import ForgedEvent
from portal.domain.merchants import Merchant
from portal.gateways.mail import Mail
from portal.gateways.registry import Transports
from portal.gateways.stripe.events import API_VERSION, EVENT_TYPES
from portal.mirror import customers
from portal.sandbox import holded as holded_sandbox
from portal.sandbox import stripe as stripe_sandbox
from portal.sandbox.holded import webhooks as holded_webhooks
from portal.sandbox.holded.app import start_over as holded_start_over
from portal.sandbox.http import AnswerLost
from portal.sandbox.stripe.app import start_over as stripe_start_over
from portal.services import inbox, polls, sync
from portal.services.jobs import Worker
from portal.settings import Settings
from portal.store import merchants, secrets
from portal.store.merchants import EndpointRow, MerchantRow
from portal.store.secrets import Keyring
from tests import databases

STRIPE_BASE = "http://127.0.0.1:8001"
HOLDED_BASE = "http://127.0.0.1:8002"
PUBLIC_URL = "http://127.0.0.1:8000"
# In seconds; between two turns of looking at Holded with 2,000 calls a month it is a little less.
HOUR, TURN = 3600, 2700


@dataclass(frozen=True)
class Home:
    """Where a merchant is, and the currency of its accounts at both providers."""

    country: str = "ES"
    currency: str = "eur"


SPAIN = Home()


class Wire(httpx.BaseTransport):
    """The network between the portal and one sandbox; it can be cut, and loses lost answers.

    `on_the_way` is what happens once while the next answer to a request (`GET /api/v2/…`) travels.
    """

    def __init__(self, app: Flask) -> None:
        self._app = httpx.WSGITransport(app)
        self.is_cut = False
        self.on_the_way: dict[str, Callable[[], object]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, unless nobody is there."""
        if self.is_cut:
            raise httpx.ConnectError("connection refused", request=request)
        try:
            response = self._app.handle_request(request)
            response.read()
        except AnswerLost as lost:
            raise httpx.ReadError("connection closed", request=request) from lost
        if happens := self.on_the_way.pop(f"{request.method} {request.url.path}", None):
            happens()
        return response


@dataclass
class Postbox:
    """A mail server that keeps what it is given."""

    mails: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        """Keep a mail."""
        self.mails.append(mail)


@dataclass
class House:
    """One installation with one merchant, as tests use it."""

    settings: Settings
    db: Database
    keyring: Keyring
    seal: str
    gateways: Gateways
    stripe_app: Flask
    holded_app: Flask
    stripe_wire: Wire
    holded_wire: Wire
    merchant: Merchant
    stripe_key: str
    holded_token: str
    postbox: Postbox
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the portal's time: real time and what the test has let pass."""
        return datetime.now(UTC) + self.ahead

    def decide(self, **rules: Any) -> None:
        """Have the merchant decide something: see `Rules`."""
        with self.db.write() as unit:
            merchants.save_rules(unit, self.merchant.id, replace(self.merchant.rules, **rules))
        self.merchant = merchants.get_by_id(self.db, self.merchant.id)

    def use_first_api(self) -> None:
        """Give the merchant a key of Holded's first API, and take its webhooks away.

        Of Holded's plan is known that it allows 2,000 calls a month.
        """
        console = self.holded_app.test_client()
        accounts = console.get("/_sandbox/accounts").get_json()
        for hook in console.get("/_sandbox/webhooks").get_json()["endpoints"]:
            console.delete(f"/_sandbox/webhooks/{hook['seq']}")
        self.decide(holded_calls_a_month=2_000)
        self.use_token(next(one["v1_key"] for one in accounts if one["id"] == "acc_house"))

    def use_token(self, token: str) -> None:
        """Have the portal speak to Holded with another key of the merchant."""
        with self.db.write() as unit:
            secrets.save(unit, self.keyring, self.merchant.id, HOLDED_TOKEN, token, now=self.now())

    def look_around(self, hours: float = 3) -> None:
        """Let time pass for the portal and Holded, in which the worker looks for changes there."""
        for _ in range(ceil(hours * HOUR / TURN)):
            self.pass_time(TURN)
            self.control("holded", "clock", advance=TURN)
            polls.begin(self.db, now=self.now())
            self.settle_down()

    @property
    def at(self) -> MerchantContext:
        """Return the merchant at work."""
        return MerchantContext(self.merchant, self.db, self.gateways, self.settings, clock=self.now)

    @property
    def stripe(self) -> stripe.StripeClient:
        """Return the merchant's own client of Stripe, as used in its back office."""
        return stripe.StripeClient(
            self.stripe_key,
            base_addresses={"api": STRIPE_BASE},
            http_client=_SdkClient(httpx.Client(transport=httpx.WSGITransport(self.stripe_app))),
        )

    @property
    def holded(self) -> httpx.Client:
        """Return the merchant's own client of Holded."""
        return httpx.Client(
            transport=httpx.WSGITransport(self.holded_app),
            base_url=f"{HOLDED_BASE}/api/v2",
            headers={"Authorization": f"Bearer {self.holded_token}"},
        )

    def control(self, which: str, path: str, /, **body: Any) -> dict[str, Any]:
        """Post to a control route of a sandbox: `stripe` or `holded`."""
        app = self.stripe_app if which == "stripe" else self.holded_app
        answer = app.test_client().post(f"/_sandbox/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return dict(answer.get_json() or {})

    def ledger(self, which: str) -> Any:
        """Return a sandbox's own book of what money moved."""
        app = self.stripe_app if which == "stripe" else self.holded_app
        return app.test_client().get("/_sandbox/ledger.json").get_json()

    def requests(self, which: str) -> Any:
        """Return every request a sandbox was sent."""
        app = self.stripe_app if which == "stripe" else self.holded_app
        return app.test_client().get("/_sandbox/requests.json").get_json()

    def worker(self) -> Worker:
        """Return a worker of the installation."""
        return Worker(self.settings, self.db, self.gateways, self.now)

    def deliver(self) -> None:
        """Have both sandboxes tell what they have to tell."""
        self.stripe_app.extensions["stripe_sandbox"].deliver(self._receive_stripe)
        holded_webhooks.deliver(self.holded_app.extensions["holded_sandbox"], _Intake(self))

    def settle_down(self, rounds: int = 12) -> None:
        """Deliver and work until nothing is left to do now."""
        worker = self.worker()
        for _ in range(rounds):
            self.deliver()
            if not worker.work_once():
                return

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the portal."""
        self.ahead += timedelta(seconds=seconds)

    def sync(self) -> None:
        """Read everything the merchant has."""
        sync.sync(self.at, lambda _kind, _count: None, afresh=True)

    def visit(self, *, stripe_customer: str = "", holded_contact: str = "", **more: Any) -> Visit:
        """Return a visit of the customer with one of these ids."""
        with self.db.session() as reader:
            query = reader.query(customers.CustomerRow).filter_by(merchant_id=self.merchant.id)
            wanted = {"stripe_customer": stripe_customer, "holded_contact": holded_contact}
            row = query.filter_by(**{k: v for k, v in wanted.items() if v}).one()
        card = customers.find_card(self.db, self.merchant, row.id)
        assert card is not None
        customer = Customer(
            row.id, row.stripe_customer, row.holded_contact, card.name, card.address
        )
        scope: Scope = more.pop("scope", EVERYTHING)
        return Visit(self.at, customer, scope, "en", self.now(), email=card.address, **more)

    def receive(self, endpoint: str, body: bytes, headers: dict[str, str]) -> int:
        """Take a webhook in as the hook's view does, and return the status it would answer."""
        found = inbox.find_endpoint(self.db, self.keyring, endpoint)
        with suppress(ForgedEvent):
            inbox.receive(self.db, found, body, headers, now=self.now())
            return 200
        return 400

    def _receive_stripe(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        return self.receive(url.rsplit("/", 1)[-1], body, headers)


class _Intake:
    """Where Holded's sandbox posts to."""

    def __init__(self, house: House) -> None:
        self._house = house

    def post(
        self, url: str, *, content: bytes, headers: dict[str, str], timeout: float
    ) -> httpx.Response:
        """Take a webhook in."""
        return httpx.Response(self._house.receive(url.rsplit("/", 1)[-1], content, headers))


class _SdkClient(stripe.HTTPClient):
    """The SDK's requests over any httpx client."""

    name = "httpx"

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self._client = client

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Any]:
        """Send one request."""
        answer = self._client.request(method, url, headers=headers, content=post_data)
        return answer.text, answer.status_code, answer.headers


@cache
def _sandboxes() -> tuple[Flask, Flask]:
    """Build the applications of both sandboxes once for all tests of a process."""
    return stripe_sandbox.create_app(), holded_sandbox.create_app()


def build(database_url: str, folder: Path, home: Home = SPAIN) -> Iterator[House]:
    """Build a house on an empty, migrated database and take it down afterwards."""
    settings = Settings(
        public_url=PUBLIC_URL,
        portal_data=folder,
        database_url=database_url,
        stripe_api_base=STRIPE_BASE,
        holded_api_base=HOLDED_BASE,
        secret_key="a key for tests, and long enough to sign with",
    )
    db = databases.opened(database_url)
    seal = Fernet.generate_key().decode()
    keyring = Keyring([seal])
    stripe_app, holded_app = _sandboxes()
    stripe_start_over(stripe_app)
    holded_start_over(holded_app)
    stripe_wire, holded_wire = Wire(stripe_app), Wire(holded_app)
    postbox = Postbox()
    gateways = Gateways(
        settings,
        db,
        keyring,
        "portal-tests",
        transports=Transports(stripe_wire, holded_wire),
        mailer=postbox,
        clock=lambda: house.now(),
    )
    house = _furnish(settings, db, seal, gateways, stripe_app, holded_app, postbox, home)
    house.stripe_wire, house.holded_wire = stripe_wire, holded_wire
    yield house
    db.dispose()


def _furnish(
    settings: Settings,
    db: Database,
    seal: str,
    gateways: Gateways,
    stripe_app: Flask,
    holded_app: Flask,
    postbox: Postbox,
    home: Home,
) -> House:
    keyring = Keyring([seal])
    at_stripe = {"country": home.country, "default_currency": home.currency, "name": "Nuvol"}
    account = stripe_app.test_client().post(
        "/_sandbox/accounts", json={"id": "acct_house", **at_stripe}
    )
    key = account.get_json()["secret_key"]
    at_holded = {"name": "Nuvol", "token": "pat_house", "currency": home.currency}
    holded_app.test_client().post("/_sandbox/accounts", json={"id": "acc_house", **at_holded})
    now = datetime.now(UTC)
    holded = httpx.Client(
        transport=httpx.WSGITransport(holded_app),
        base_url=f"{HOLDED_BASE}/api/v2",
        headers={"Authorization": "Bearer pat_house"},
    )
    treasury = holded.post("/treasury/accounts", json={"name": "Stripe", "type": "gateway"}).json()[
        "id"
    ]
    with db.write() as unit:
        row = MerchantRow(
            slug="nuvol",
            name="Nuvol Studio",
            country=home.country,
            currency=home.currency,
            timezone="Europe/Madrid",
            locale="en",
            brand_color="#1b3a8a",
            stripe_account="acct_house",
            livemode=False,
            holded_account="acc_house",
            holded_treasury=treasury,
            support_email="help@nuvol.example",
            created_at=now,
        )
        unit.add(row)
        unit.flush()
        secrets.save(unit, keyring, row.id, STRIPE_KEY, key, now=now)
        secrets.save(unit, keyring, row.id, HOLDED_TOKEN, "pat_house", now=now)
        _add_endpoints(unit, keyring, row.id, stripe_app, holded_app, key, now)
        merchant_id = row.id
    return House(
        settings=settings,
        db=db,
        keyring=keyring,
        seal=seal,
        gateways=gateways,
        stripe_app=stripe_app,
        holded_app=holded_app,
        stripe_wire=Wire(stripe_app),
        holded_wire=Wire(holded_app),
        merchant=merchants.get_by_id(db, merchant_id),
        stripe_key=key,
        holded_token="pat_house",
        postbox=postbox,
    )


def _add_endpoints(
    unit: Any,
    keyring: Keyring,
    merchant_id: int,
    stripe_app: Flask,
    holded_app: Flask,
    key: str,
    now: datetime,
) -> None:
    made = stripe.StripeClient(
        key,
        base_addresses={"api": STRIPE_BASE},
        http_client=_SdkClient(httpx.Client(transport=httpx.WSGITransport(stripe_app))),
    ).v1.webhook_endpoints.create(
        {
            "url": f"{PUBLIC_URL}/hooks/stripe/ep_stripe_{merchant_id}",
            "enabled_events": list(EVENT_TYPES),
            "api_version": API_VERSION,
        }
    )
    holded_app.test_client().post(
        "/_sandbox/webhooks",
        json={
            "account": "acc_house",
            "url": f"{PUBLIC_URL}/hooks/holded/ep_holded_{merchant_id}",
            "secret": "a-holded-secret",
        },
    )
    secrets_of = {"stripe": made["secret"], "holded": "a-holded-secret"}
    for provider, account in (("stripe", "acct_house"), ("holded", "acc_house")):
        endpoint = f"ep_{provider}_{merchant_id}"
        unit.add(
            EndpointRow(
                id=endpoint,
                merchant_id=merchant_id,
                provider=provider,
                account=account,
                livemode=False,
                created_at=now,
            )
        )
        field_name = inbox.secret_field(endpoint)
        secrets.save(unit, keyring, merchant_id, field_name, secrets_of[provider], now=now)
