"""What the tests of money movement share: shops of other countries, mandates, event names."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.stripe.conftest import RETURN, Shop

DAY = 86400
ONLINE = {"type": "online", "online": {"ip_address": "203.0.113.9", "user_agent": "test"}}
MANDATE = {"mandate_data": {"customer_acceptance": ONLINE}}
PERSON = {"name": "Ana", "email": "ana@example.com"}


@pytest.fixture
def american(open_shop: Callable[..., Shop]) -> Any:
    """An American account in dollars; every object it answers must have the SDK's shape."""
    found = open_shop(country="US", default_currency="usd")
    yield found
    assert found.transport.wrong == []


def pay(shop: Shop, method: str, currency: str = "usd", **more: Any) -> Any:
    """An intent of 20.00 with a mandate, confirmed at once."""
    wanted = {"amount": 2000, "currency": currency, "payment_method": method, "confirm": True}
    return shop.api.payment_intents.create(wanted | {"return_url": RETURN} | MANDATE | more)


def read(shop: Shop, intent: Any) -> Any:
    """The intent as it is now."""
    return shop.api.payment_intents.retrieve(intent.id)


def control(shop: Shop, path: str, **wanted: Any) -> Any:
    """Asks a control of the sandbox."""
    answer = shop.transport.http.post(f"/_sandbox/{path}", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds(shop: Shop, *prefixes: str) -> list[str]:
    """The types of events so far that begin with one of the prefixes, oldest first."""
    return [one for one in shop.events() if one.startswith(prefixes)]
