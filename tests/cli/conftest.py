"""The application whose commands are tried, over a house."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from pydantic import SecretStr

from portal.app import create_app
from portal.web.installation import of
from tests.house import House


@pytest.fixture
def app(house: House) -> Iterator[Flask]:
    keyring = SecretStr(Fernet.generate_key().decode())
    settings = house.settings.model_copy(update={"keyring": keyring})
    app = create_app(settings, gateways=house.gateways, clock=house.now)
    app.extensions["portal"] = replace(of(app), keyring=house.keyring)
    app.extensions["portal_settings"] = settings
    yield app
    of(app).db.dispose()
