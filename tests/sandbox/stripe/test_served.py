"""The sandbox as a process: killed and started again, with webhooks over real sockets."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import stripe

pytestmark = pytest.mark.loopback
PATIENCE = 15


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(truth: Callable[[], bool]) -> None:
    """Waits for something to become true."""
    end = time.monotonic() + PATIENCE
    while not truth():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class Process:
    """One sandbox process, on a port and a folder that stay the same."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        address = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=address, timeout=5)
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        arguments = ["stripe", "--port", str(self.port), "--data", str(self.folder)]
        self.process = subprocess.Popen([sys.executable, "-m", "portal.sandbox", *arguments])
        until(self.answers)

    def answers(self) -> bool:
        """Whether it listens."""
        try:
            return self.http.get("/_sandbox/clock").is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """Ends it without warning."""
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A sandbox for all tests of this file."""
    found = Process(tmp_path_factory.mktemp("stripe"))
    yield found
    found.kill()
    found.http.close()


@pytest.fixture
def process(running: Process) -> Process:
    """The sandbox, with a new account whose key is used."""
    made = running.http.post("/_sandbox/accounts", json={}).json()
    running.http.headers["Authorization"] = f"Bearer {made['secret_key']}"
    return running


@pytest.fixture
def caught() -> Iterator[tuple[str, list[str], list[tuple[bytes, str]]]]:
    """A merchant's server: its address, the types of the events it got, and the bytes with their
    signatures. At `/moved` its first answer is a redirect, which accepts nothing.
    """
    types: list[str] = []
    raw: list[tuple[bytes, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            moved = self.path == "/moved" and not raw
            types.append(json.loads(body)["type"])
            raw.append((body, self.headers["Stripe-Signature"]))
            self.send_response(302 if moved else 200)
            self.send_header("Location", "/hook")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", types, raw
    server.shutdown()
    server.server_close()


@pytest.fixture
def received(caught: tuple[str, list[str], Any]) -> tuple[str, list[str]]:
    """The same server's address and types."""
    return caught[:2]


def test_a_killed_sandbox_keeps_what_it_answered_and_still_delivers(
    process: Process, received: tuple[str, list[str]]
) -> None:
    url, types = received
    away = {"url": f"http://127.0.0.1:{free_port()}/", "enabled_events[]": "*"}
    endpoint = process.http.post("/v1/webhook_endpoints", data=away).json()
    made = process.http.post("/v1/customers", data={"name": "Ana"}).json()

    process.kill()
    process.start()
    process.http.post(f"/v1/webhook_endpoints/{endpoint['id']}", data={"url": url})

    assert process.http.get(f"/v1/customers/{made['id']}").json() == made
    until(lambda: "customer.created" in types)


@pytest.mark.parametrize("kind", ["lose_answer", "reset"])
def test_a_lost_connection_is_seen_at_once(process: Process, kind: str) -> None:
    process.http.post("/_sandbox/faults", json={"kind": kind, "path": "/v1/customers"})

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        process.http.post("/v1/customers", data={"name": "Ana"})

    kept = process.http.get("/v1/customers").json()["data"]
    assert len(kept) == (1 if kind == "lose_answer" else 0)


def test_the_sdk_accepts_what_comes_over_the_wire(
    process: Process, caught: tuple[str, list[str], list[tuple[bytes, str]]]
) -> None:
    url, _, raw = caught
    wanted = {"url": url.replace("/hook", "/moved"), "enabled_events[]": "*"}
    endpoint = process.http.post("/v1/webhook_endpoints", data=wanted).json()

    made = process.http.post("/v1/customers", data={"name": "Ñandú 漢字"}).json()
    until(lambda: len(raw) == 2)

    events = [
        stripe.Webhook.construct_event(body, signature, endpoint["secret"])  # type: ignore[no-untyped-call]
        for body, signature in raw
    ]
    query = {"event": events[0].id}
    until(lambda: _delivered(process, query)["state"] == "delivered")
    assert [one.data.object.name for one in events] == ["Ñandú 漢字"] * 2
    assert {one.data.object.id for one in events} == {made["id"]}
    assert (_delivered(process, query)["attempts"], _delivered(process, query)["status"]) == (
        2,
        200,
    )


def _delivered(process: Process, query: dict[str, str]) -> Any:
    (found,) = process.http.get("/_sandbox/webhooks", params=query).json()["deliveries"]
    return found


def test_time_passes_by_itself(process: Process, received: tuple[str, list[str]]) -> None:
    url, types = received
    process.http.post("/v1/webhook_endpoints", data={"url": url, "enabled_events[]": "*"})
    line = {
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "900",
        "line_items[0][price_data][product_data][name]": "Club",
    }
    process.http.post(
        "/v1/checkout/sessions",
        data={"mode": "payment", "success_url": "https://shop.example", **line},
    ).raise_for_status()

    process.http.post("/_sandbox/clock", json={"advance": 24 * 3600 - 1})

    until(lambda: "checkout.session.expired" in types)
