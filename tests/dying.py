"""Units of work in a process that is killed (-9) at one of their points.

A point is a moment before or after a commit, or before or after a request to a provider. They are
numbered as they are met, so that a first run that nobody kills says how many there are.

`python -m tests.dying` waits for orders, a line of JSON each, and forks for every one of them: what
it has imported is there at once, and only the fork dies.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import event
from werkzeug.serving import WSGIRequestHandler, make_server

from portal import logs
from portal.context import Gateways
from portal.db import Database, Unit
from portal.gateways.registry import Transports
from portal.settings import Settings
from portal.store import merchants
from portal.store.secrets import Keyring
from tests.house import PUBLIC_URL, House, Postbox, Wire
from tests.payer import Payer

NEVER = -1


@dataclass(frozen=True)
class Order:
    """What is to be done, where, and at which point to die; `points` is the file they go to."""

    story: str
    database: str
    folder: str
    seal: str
    stripe: str
    holded: str
    points: str
    stripe_customer: str
    invoice: str = ""
    card: str = ""
    die_at: int = NEVER


class Points:
    """Writes down the points that are met, and dies at one of them."""

    def __init__(self, order: Order) -> None:
        self._die_at = order.die_at
        self._met = 0
        self._file = os.open(order.points, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def meet(self, name: str) -> None:
        """Note a point that is met."""
        os.write(self._file, f"{name}\n".encode())
        if self._met == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._met += 1


class Deadly(httpx.BaseTransport):
    """The network, with a point on each side of a request."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read its answer whole."""
        name = f"{request.method} {request.url.path}"
        self._points.meet(f"before {name}")
        response = self._network.handle_request(request)
        response.read()
        self._points.meet(f"after {name}")
        return response


def _house(order: Order, points: Points) -> House:
    """Return the installation of an order, which reaches its providers over the network."""
    settings = Settings(
        public_url=PUBLIC_URL,
        portal_data=Path(order.folder),
        database_url=order.database,
        stripe_api_base=order.stripe,
        holded_api_base=order.holded,
        secret_key=SecretStr("a key for tests, and long enough to sign with"),
    )
    db, keyring, postbox = Database(order.database), Keyring([order.seal]), Postbox()
    transports = Transports(Deadly(points), Deadly(points))
    gateways = Gateways(
        settings, db, keyring, "portal-tests", transports=transports, mailer=postbox
    )
    nowhere = Flask("nowhere")
    return House(
        settings=settings,
        db=db,
        keyring=keyring,
        seal=order.seal,
        gateways=gateways,
        stripe_app=nowhere,
        holded_app=nowhere,
        stripe_wire=Wire(nowhere),
        holded_wire=Wire(nowhere),
        merchant=merchants.list_all(db)[0],
        stripe_key="",
        holded_token="",
        postbox=postbox,
    )


def _press(payer: Payer, order: Order) -> None:
    payer.pay(order.invoice, order.card)


def _work(payer: Payer, order: Order) -> None:
    payer.house.worker().work_once()


STORIES = {"press": _press, "work": _work}


def _do(order: Order) -> None:
    points = Points(order)
    event.listen(Unit, "before_commit", lambda _unit: points.meet("before commit"))
    event.listen(Unit, "after_commit", lambda _unit: points.meet("after commit"))
    STORIES[order.story](Payer(_house(order, points), order.stripe_customer, ""), order)


def main() -> None:
    """Carry out orders until there are no more; say of each by which signal it ended."""
    logs.set_up(as_json=False)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(_end_of(line))
        _, status = os.waitpid(child, 0)
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


def _end_of(line: str) -> int:
    try:
        _do(Order(**json.loads(line)))
    except Exception:
        traceback.print_exc()
        return 1
    return 0


# The side of the tests


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Write no line for a request."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve a sandbox of this process on this machine, and say where."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Doomed:
    """Has stories done in a process of their own, over the network, and killed on demand."""

    def __init__(self, payer: Payer, folder: Path, orders: Any, stripe: str, holded: str) -> None:
        self._payer = payer
        self._folder = folder
        self._process = orders
        self._bases = {"stripe": stripe, "holded": holded}

    def do(
        self, story: str, *, die_at: int = NEVER, invoice: str = "", card: str = ""
    ) -> list[str]:
        """Do a story and return the points it met; the last one is where it died, if it did."""
        house, points = self._payer.house, self._folder / "points"
        order = Order(
            story=story,
            database=house.db.url.render_as_string(hide_password=False),
            folder=str(self._folder),
            seal=house.seal,
            points=str(points),
            stripe_customer=self._payer.stripe_customer,
            invoice=invoice,
            card=card,
            die_at=die_at,
            **self._bases,
        )
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        ended = int(self._process.stdout.readline())
        assert ended == (0 if die_at == NEVER else signal.SIGKILL)
        return points.read_text().splitlines()


@contextmanager
def doomed(payer: Payer, folder: Path) -> Iterator[Doomed]:
    """Serve both sandboxes of a payer's house to a process that carries out orders."""
    command = [sys.executable, "-m", "tests.dying"]
    with (
        served(payer.house.stripe_app) as stripe,
        served(payer.house.holded_app) as holded,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        yield Doomed(payer, folder, process, stripe, holded)
        if process.stdin is not None:
            process.stdin.close()
        process.wait()


if __name__ == "__main__":
    main()
