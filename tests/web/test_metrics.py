"""What a monitor reads of the portal, and that nobody else does."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from portal import keys
from portal.app import create_app
from portal.domain.budget import Effect
from portal.store import budget
from tests.house import House

HOST = "http://127.0.0.1:8000"
TOKEN = "a token for the monitor"


@pytest.fixture
def start(house: House) -> Iterator[Callable[[str], Flask]]:
    made: list[Flask] = []
    keys.make(house.settings)

    def start(token: str) -> Flask:
        settings = house.settings.model_copy(update={"metrics_token": SecretStr(token)})
        made.append(create_app(settings, gateways=house.gateways, clock=house.now))
        return made[-1]

    yield start
    for app in made:
        app.extensions["portal"].db.dispose()


def ask(app: Flask, header: str) -> tuple[int, str]:
    answer = app.test_client().get(
        "/metrics", base_url=HOST, headers={"Authorization": header} if header else {}
    )
    return answer.status_code, answer.text


def test_the_calls_to_holded_are_told(house: House, start: Callable[[str], Flask]) -> None:
    house.decide(holded_calls_a_month=2000)
    with house.db.write() as unit:
        spent = {Effect.BOOKING: 30, Effect.PDF: 2}
        budget.count(unit, house.merchant.id, "acc_house", spent, now=house.now())

    status, told = ask(start(TOKEN), f"Bearer {TOKEN}")

    assert status == 200
    assert 'portal_holded_calls{merchant="nuvol",effect="booking"} 30\n' in told
    assert 'portal_holded_calls_left{merchant="nuvol"} 1968\n' in told
    assert "# TYPE portal_holded_calls gauge\n" in told


@pytest.mark.parametrize(
    ("token", "header"),
    [(TOKEN, ""), (TOKEN, "Bearer another"), (TOKEN, "Bearer "), ("", ""), ("", "Bearer ")],
)
def test_nobody_else_is_told(start: Callable[[str], Flask], token: str, header: str) -> None:
    status, told = ask(start(token), header)

    assert status == 404
    assert "portal_" not in told
