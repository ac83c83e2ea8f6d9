"""The portal as a browser meets it: the application over a house, and somebody to browse with."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from pydantic import SecretStr

from portal.app import create_app
from portal.web.installation import of
from tests.browser import Browser
from tests.house import House
from tests.web import standins

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(house: House) -> MakeApp:
    """Return a function that makes the application, its settings changed as given."""

    def make(**settings: Any) -> Flask:
        changed = {"keyring": SecretStr(Fernet.generate_key().decode()), **settings}
        app = create_app(
            house.settings.model_copy(update=changed), gateways=house.gateways, clock=house.now
        )
        app.extensions["portal"] = replace(of(app), keyring=house.keyring)
        app.testing = True
        standins.fill_in(app)
        return app

    return make


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The application over the house."""
    return make_app()


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Somebody at the house's merchant."""
    return Browser(app, merchant="nuvol")


@pytest.fixture
def other_browser(app: Flask) -> Browser:
    """Somebody on another device."""
    return Browser(app, merchant="nuvol")
