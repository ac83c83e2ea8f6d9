"""Where the demo's parts are: ports and folders, as the environment says."""

from __future__ import annotations

import fcntl
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
DEFAULT_PORTS = {
    "PORT": 8000,
    "STRIPE_SANDBOX_PORT": 8001,
    "HOLDED_SANDBOX_PORT": 8002,
    "MAILBOX_PORT": 8003,
    "SMTP_PORT": 8025,
}
# What the demo and its portal make in PORTAL_DATA; starting over deletes these and nothing else.
MADE = (
    "demo.json", "seed.json", "seeding", "run", "logs", "stripe", "holded", "mail", "keys", "files",
    "portal.sqlite3", "portal.sqlite3-wal", "portal.sqlite3-shm",
)  # fmt: skip


class Refused(Exception):
    """The demo cannot start; the text is one line for the person who typed the command."""


@dataclass(frozen=True)
class Places:
    """The folder of the demo's state, and the port of each part by its variable's name."""

    data: Path
    ports: Mapping[str, int]

    def url(self, variable: str) -> str:
        return f"http://{HOST}:{self.ports[variable]}"

    @property
    def portal(self) -> str:
        return self.url("PORT")

    @property
    def stripe(self) -> str:
        return self.url("STRIPE_SANDBOX_PORT")

    @property
    def holded(self) -> str:
        return self.url("HOLDED_SANDBOX_PORT")

    @property
    def mailbox(self) -> str:
        return self.url("MAILBOX_PORT")

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def logs(self) -> Path:
        return self.data / "logs"


def read(environ: Mapping[str, str]) -> Places:
    """Return the places the environment asks for; raises Refused for a port that is none."""
    ports = {name: port(name, environ.get(name, "")) for name in DEFAULT_PORTS}
    doubled = {value for value in ports.values() if list(ports.values()).count(value) > 1}
    if doubled:
        names = " and ".join(name for name, value in ports.items() if value in doubled)
        raise Refused(f"{names} are the same port: give each its own.")
    return Places(Path(environ.get("PORTAL_DATA") or "var/demo").absolute(), ports)


def port(name: str, text: str) -> int:
    if not text:
        return DEFAULT_PORTS[name]
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise Refused(f"{name} must be a port between 1 and 65535, not {text!r}.")
    return int(text)


def check_ports(places: Places) -> None:
    """Raise Refused, naming the port and its variable, when somebody already listens there."""
    for name, number in places.ports.items():
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, number))
            except OSError as error:
                raise Refused(
                    f"Port {number} is in use: end what listens there, or set {name} to another."
                ) from error


@contextmanager
def alone(places: Places) -> Iterator[None]:
    """Keep the folder for this demo while it runs; raises Refused when another has it."""
    places.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (places.data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused(
                f"Another demo runs on {places.data}: end it, or set PORTAL_DATA to another folder."
            ) from error
        yield


def delete(places: Places) -> None:
    """Delete what the demo made in its folder; what others put there stays."""
    for name in MADE:
        found = places.data / name
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)
        else:
            found.unlink(missing_ok=True)
