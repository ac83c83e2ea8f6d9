"""The running demo as somebody outside meets it: `demo.json`, mailbox and the sandboxes' books."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
START = 240
PATIENCE = 45
NAMES = ("PORT", "STRIPE_SANDBOX_PORT", "HOLDED_SANDBOX_PORT", "MAILBOX_PORT", "SMTP_PORT")


@dataclass(frozen=True)
class Demo:
    """Where everything is, read from `demo.json` alone."""

    folder: Path
    told: dict[str, Any]

    @property
    def portal(self) -> str:
        """Return the portal's address."""
        return str(self.told["portal"])

    def customer(self, email: str) -> dict[str, Any]:
        """Return what the demo tells of the customer with an address."""
        return next(
            customer
            for merchant in self.told["merchants"]
            for customer in merchant["customers"]
            if customer["email"] == email
        )

    def customer_about(self, *words: str) -> tuple[str, dict[str, Any]]:
        """Return slug and customer of the first one whose description has all the words."""
        for merchant in self.told["merchants"]:
            for customer in merchant["customers"]:
                if all(word in customer["about"].lower() for word in words):
                    return str(merchant["slug"]), dict(customer)
        raise LookupError(f"no customer about {words}")

    def mails(self, to: str) -> list[dict[str, Any]]:
        """Return the mails to an address, oldest first."""
        found = httpx.get(f"{self.told['mailbox']}/messages.json").json()
        messages = found["messages"] if isinstance(found, dict) else found
        mine = [mail for mail in messages if to in str(mail["to"])]
        return sorted(mine, key=lambda mail: str(mail["received"]))

    def ledger(self, which: str) -> Any:
        """Return a sandbox's book of what money moved."""
        return httpx.get(f"{self.told[f'{which}_sandbox']}/_sandbox/ledger.json").json()

    def requests(self, which: str) -> list[dict[str, Any]]:
        """Return every request a sandbox was sent."""
        found = httpx.get(f"{self.told[f'{which}_sandbox']}/_sandbox/requests.json").json()
        return list(found["requests"] if isinstance(found, dict) else found)

    def control(self, which: str, path: str, **body: Any) -> Any:
        """Post to a control route of a sandbox."""
        answer = httpx.post(f"{self.told[f'{which}_sandbox']}/_sandbox/{path}", json=body)
        answer.raise_for_status()
        return answer.json()


def wait_for(ask: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Ask again and again until there is an answer."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.25)
    raise TimeoutError(f"waited {patience:.0f} s for {what}")


def run(folder: Path) -> Iterator[Demo]:
    """Start a demo of one's own on free ports, and end it; PORTAL_DEMO names one that runs."""
    if running := os.environ.get("PORTAL_DEMO"):
        told = json.loads((Path(running) / "demo.json").read_text())
        yield Demo(Path(running), told)
        return
    ports = dict(zip(NAMES, map(str, _free_ports(len(NAMES))), strict=True))
    environment = {**os.environ, **ports, "PORTAL_DATA": str(folder)}
    log = (folder.parent / f"{folder.name}.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.sandbox.supervisor"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield Demo(folder, wait_for(lambda: _told(folder, process), "the demo", START))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def _told(folder: Path, process: "subprocess.Popen[bytes]") -> dict[str, Any] | None:
    if process.poll() is not None:
        raise RuntimeError((folder.parent / f"{folder.name}.log").read_text())
    file = folder / "demo.json"
    if not file.exists():
        return None
    told: dict[str, Any] = json.loads(file.read_text())
    try:
        ready = httpx.get(f"{told['portal']}/readyz").status_code == 200
    except httpx.HTTPError:
        return None
    return told if ready else None


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
