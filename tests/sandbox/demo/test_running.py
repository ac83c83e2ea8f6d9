"""The sandboxes as the demo runs them: on ports, killed and alive again with what they knew."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from portal.sandbox.demo import places, tree, waiting
from portal.sandbox.demo.parts import Tree
from portal.sandbox.demo.places import DEFAULT_PORTS, Places

pytestmark = pytest.mark.loopback
TOKEN = {"Authorization": "Bearer pat_sandbox"}


@pytest.fixture
def found(tmp_path: Path) -> Places:
    """Places on ports that nobody uses."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in DEFAULT_PORTS]
    ports = [str(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return places.read(
        dict(zip(DEFAULT_PORTS, ports, strict=True)) | {"PORTAL_DATA": str(tmp_path)}
    )


@pytest.fixture
def running(found: Places) -> Iterator[Tree]:
    """The sandboxes, all answering."""
    parts = Tree(found.run, found.logs)
    for part in tree.sandboxes(found):
        parts.start(part)
    waiting.until_answers(parts, "stripe", f"{found.stripe}/_sandbox/clock", ready=200)
    waiting.until_answers(parts, "holded", f"{found.holded}/_sandbox/clock", ready=200)
    waiting.until_answers(parts, "mail", f"{found.mailbox}/messages.json", ready=200)
    yield parts
    parts.stop()


def test_a_killed_sandbox_comes_back_within_five_seconds_with_what_it_knew(
    found: Places, running: Tree
) -> None:
    made = httpx.post(f"{found.holded}/api/v2/contacts", json={"name": "Una"}, headers=TOKEN)

    os.kill(int((found.run / "holded.pid").read_text()), signal.SIGKILL)
    killed = time.monotonic()
    while not waiting.answers(f"{found.holded}/_sandbox/clock", 200):
        running.watch()
        assert time.monotonic() - killed < 5

    address = f"{found.holded}/api/v2/contacts/{made.json()['id']}"
    assert httpx.get(address, headers=TOKEN).json()["name"] == "Una"
    running.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
