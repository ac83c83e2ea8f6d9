"""Faults of the connection as a client on a real socket meets them, at both sandboxes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from portal.sandbox import holded, stripe
from portal.sandbox.holded.app import refuse_bytes
from portal.sandbox.stripe.refusals import refuse
from tests.sandbox.wire import served

pytestmark = pytest.mark.loopback
PATHS = {"stripe": "/v1/customers", "holded": "/api/v2/contacts"}


@pytest.fixture(params=["stripe", "holded"])
def client(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client of one sandbox, with the key of its only account."""
    if request.param == "stripe":
        app, refusal = stripe.create_app(), refuse
        app.extensions["stripe_sandbox"].add_account({"secret_key": "pat_sandbox"})
    else:
        app, refusal = holded.create_app(), refuse_bytes
    headers = {"Authorization": "Bearer pat_sandbox", "X-Path": PATHS[request.param]}
    with (
        served(app, refusal) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=5) as client,
    ):
        yield client


def plant(client: httpx.Client, kind: str, **fields: Any) -> None:
    body = {"kind": kind, "method": "POST", **fields}
    client.post("/_sandbox/faults", json=body).raise_for_status()


def create(client: httpx.Client, **kinds: Any) -> httpx.Response:
    path = client.headers["X-Path"]
    body = {"data": {"name": "Ana"}} if path.startswith("/v1") else {"json": {"name": "Ana"}}
    return client.post(path, **body, **kinds)


def made(client: httpx.Client) -> int:
    body = client.get(client.headers["X-Path"]).json()
    return len(body.get("data", body.get("items")))


def test_an_answer_that_never_comes_ends_with_the_clients_patience(client: httpx.Client) -> None:
    plant(client, "timeout")

    with pytest.raises(httpx.ReadTimeout):
        create(client, timeout=0.3)

    assert made(client) == 0
    assert create(client).is_success


@pytest.mark.parametrize(("kind", "executed"), [("lose_answer", 1), ("half_body", 1), ("reset", 0)])
def test_a_connection_that_breaks_is_seen_at_once(
    client: httpx.Client, kind: str, executed: int
) -> None:
    plant(client, kind)

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        create(client)

    assert made(client) == executed


def test_an_answer_can_come_late(client: httpx.Client) -> None:
    plant(client, "delay", seconds=0.2)

    answer = create(client)

    assert answer.is_success
    assert answer.elapsed.total_seconds() >= 0.2


def test_a_connection_serves_many_requests(client: httpx.Client) -> None:
    connections = {
        id(create(client).extensions["network_stream"].get_extra_info("socket")) for _ in range(5)
    }

    assert len(connections) == 1
    assert made(client) == 5
