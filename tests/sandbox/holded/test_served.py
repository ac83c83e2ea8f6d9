"""The sandbox as a process would serve it: on a port of this machine."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from threading import Thread

import httpx
import pytest

from portal.sandbox.holded import create_app
from portal.sandbox.holded.app import refuse_bytes
from portal.sandbox.http import Server

pytestmark = pytest.mark.loopback


@pytest.fixture
def served() -> Iterator[httpx.Client]:
    server = Server(create_app(), 0, refuse_bytes)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.port}"
    with httpx.Client(
        base_url=address, headers={"Authorization": "Bearer pat_sandbox"}, timeout=5
    ) as client:
        yield client
    server.shutdown()
    server.server_close()


def test_an_answer_has_one_date_and_it_is_the_sandboxs(served: httpx.Client) -> None:
    served.post("/_sandbox/clock", json={"advance": 86_400 * 400}).raise_for_status()

    dates = served.get("/api/v2/taxes").headers.get_list("Date")

    now = served.get("/_sandbox/clock").json()["now"]
    (date,) = dates
    assert abs(parsedate_to_datetime(date).timestamp() - now) < 5


@pytest.mark.parametrize("kind", ["lose_answer", "reset"])
def test_a_lost_connection_is_seen_at_once(served: httpx.Client, kind: str) -> None:
    served.post("/_sandbox/faults", json={"kind": kind}).raise_for_status()

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        served.get("/api/v2/taxes")


def test_an_answer_that_stops_halfway_is_seen_as_such(served: httpx.Client) -> None:
    served.post("/_sandbox/faults", json={"kind": "half_body"}).raise_for_status()

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        served.get("/api/v2/taxes")
