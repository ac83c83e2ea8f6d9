"""A customer to pay invoices, in an application whose worker can write mails."""

from collections.abc import Iterator

import pytest

from portal import keys
from portal.app import create_app
from tests.house import House
from tests.payer import Payer, move_in


@pytest.fixture
def payer(house: House) -> Iterator[Payer]:
    """A customer in both systems; the application is there for the mails of the worker."""
    keys.make(house.settings)
    app = create_app(house.settings, gateways=house.gateways, clock=house.now)
    with app.app_context():
        yield move_in(house)
    app.extensions["portal"].db.dispose()
