"""`flask portal sandbox …` as somebody with a project of their own starts it."""

import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.loopback
PATIENCE = 20
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "sandbox"]
ALONE = [sys.executable, "-m", "portal.sandbox"]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(*command: str, port: int) -> Iterator[httpx.Client]:
    """A sandbox process, once it answers."""
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
            _wait(client, process)
            yield client
    finally:
        process.kill()
        process.wait()


def _wait(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, "it ended"
        try:
            client.get("/")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it never answered")


def test_stripe_is_served_with_an_account_and_keeps_its_state_in_a_folder(tmp_path: Path) -> None:
    kept = [*FLASK, "stripe", "--data", str(tmp_path / "state")]
    key = {"Authorization": "Bearer sk_test_sandbox"}
    port = free_port()
    with started(*kept, port=port) as client:
        made = client.post("/v1/customers", data={"name": "Ana"}, headers=key).json()

    with started(*kept, port=port) as client:
        assert client.get(f"/v1/customers/{made['id']}", headers=key).json() == made


def test_holded_is_served_from_memory_and_links_to_its_neighbours() -> None:
    beside = ["--beside", "Mails=http://127.0.0.1:1"]
    with started(*ALONE, "holded", *beside, port=free_port()) as client:
        taxes = client.get("/api/v2/taxes", headers={"Authorization": "Bearer pat_sandbox"})

        assert taxes.json()["items"]
        assert 'href="http://127.0.0.1:1"' in client.get("/_sandbox/console/").text


def test_mail_is_caught() -> None:
    smtp = free_port()
    with started(*ALONE, "mail", "--smtp-port", str(smtp), port=free_port()) as client:
        with smtplib.SMTP("127.0.0.1", smtp) as sender:
            sender.sendmail("a@example.com", ["b@example.com"], "Subject: Hello\r\n\r\nHi")

        assert [mail["subject"] for mail in client.get("/messages.json").json()] == ["Hello"]


@pytest.mark.parametrize("name", ["stripe", "holded", "mail"])
def test_a_taken_port_is_told_in_one_line(name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        smtp = ["--smtp-port", str(free_port())] if name == "mail" else []

        ended = subprocess.run(
            [*ALONE, name, "--port", port, *smtp], capture_output=True, text=True, timeout=PATIENCE
        )

    assert ended.returncode == 1
    assert ended.stderr == "Error: It cannot be served: Address already in use.\n"


def test_a_neighbour_without_an_address_is_refused() -> None:
    ended = subprocess.run(
        [*ALONE, "stripe", "--beside", "Mails"], capture_output=True, text=True, timeout=PATIENCE
    )

    assert ended.returncode == 2
    assert "expected NAME=URL" in ended.stderr
