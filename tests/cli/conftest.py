"""The application whose commands are tried, over a house."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from pydantic import SecretStr

from portal.app import create_app
from portal.web.installation import of
from tests.house import House
from tests.shared import share


@pytest.fixture
def app(house: House) -> Iterator[Flask]:
    keyring = SecretStr(Fernet.generate_key().decode())
    settings = house.settings.model_copy(update={"keyring": keyring})
    app = create_app(settings, gateways=house.gateways, clock=house.now)
    share(app, house)
    app.extensions["portal_settings"] = settings
    yield app
    of(app).db.dispose()
