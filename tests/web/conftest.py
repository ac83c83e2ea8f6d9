"""The portal as a browser meets it: the application over a house, and somebody to browse with."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from pydantic import SecretStr

from portal.app import create_app
from portal.web.installation import of
from tests.browser import Browser
from tests.factories import make_session
from tests.house import House
from tests.payer import Payer, move_in
from tests.shared import serve, share
from tests.web.signing_in import carried, carry

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(house: House) -> Iterator[MakeApp]:
    """A function that makes the application, its settings changed as given."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        changed = {"keyring": SecretStr(Fernet.generate_key().decode()), **settings}
        app = create_app(
            house.settings.model_copy(update=changed), gateways=house.gateways, clock=house.now
        )
        share(app, house)
        app.testing = True
        made.append(app)
        return app

    yield make
    for app in made:
        of(app).db.dispose()


@pytest.fixture
def app(house: House) -> Flask:
    """The application over the house."""
    return serve(house)


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Somebody at the house's merchant."""
    return Browser(app, merchant="nuvol")


@pytest.fixture
def other_browser(app: Flask) -> Browser:
    """Somebody on another device."""
    return Browser(app, merchant="nuvol")


@pytest.fixture
def signed_in(house: House, app: Flask, browser: Browser) -> Payer:
    """A customer of both systems who is signed in; the application is there for the worker."""
    with app.app_context():
        payer = move_in(house)
        customer = payer.visit().customer
    carry(browser, make_session(house.at, customer.id, email=customer.email))
    return payer


@pytest.fixture
def statements(make_app: MakeApp, browser: Browser) -> Callable[[str], int]:
    """Return a function that opens an address as who is signed in and counts its SQL statements."""
    counting = Browser(make_app(statements_header=True), merchant="nuvol")

    def count(path: str) -> int:
        carry(counting, carried(browser))
        return int(counting.open(path).headers["X-Statements"])

    return count
