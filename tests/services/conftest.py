"""A customer to pay invoices, in an application whose worker can write mails."""

from collections.abc import Iterator

import pytest

from tests.house import House
from tests.payer import Payer, move_in
from tests.shared import lend


@pytest.fixture
def payer(house: House) -> Iterator[Payer]:
    """A customer in both systems; the application is there for the mails of the worker."""
    with lend(house).app_context():
        yield move_in(house)
