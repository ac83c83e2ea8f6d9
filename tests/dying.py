"""Units of work in a process that is killed (-9) at one of their points.

A point is a moment after which something that lasts is different: a commit is done, or a provider
has been sent a request that changes something. To die before one of them is to die after the one
before it: nothing outside the process tells the two apart. Points are numbered as they are met, so
that a first run that nobody kills says how many there are.

`python -m tests.dying` waits for orders, a line of JSON each, and forks for every one that is to
die; one that is not is done by itself. So what was imported and compiled is there at once.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
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
from portal.domain.money import Money
from portal.gateways.registry import Transports
from portal.services import outcomes, presses
from portal.services.payments import Wish
from portal.services.presses import Wanted
from portal.settings import Settings
from portal.store import merchants
from portal.store.operations import OperationRow
from portal.store.secrets import Keyring
from tests.databases import opened
from tests.house import PUBLIC_URL, House, Postbox, Wire
from tests.payer import DUE, Payer
from tests.shared import lend

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
    subjects: list[str] = field(default_factory=list)
    method: str = ""
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
    """The network, with a point behind each request that changes something."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read its answer whole."""
        response = self._network.handle_request(request)
        response.read()
        if request.method != "GET":
            self._points.meet(f"{request.method} {request.url.path}")
        return response


def _house(order: Order, db: Database, points: Points) -> House:
    """Return the installation of an order, which reaches its providers over the network."""
    settings = Settings(
        public_url=PUBLIC_URL,
        portal_data=Path(order.folder),
        database_url=order.database,
        stripe_api_base=order.stripe,
        holded_api_base=order.holded,
        secret_key=SecretStr("a key for tests, and long enough to sign with"),
    )
    keyring, postbox = Keyring([order.seal]), Postbox()
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
    """Press the button of a page that shows 121.00 for each of the invoices."""
    each = [Wanted(invoice, DUE) for invoice in order.subjects]
    total = Money(DUE.amount * len(each), DUE.currency)
    presses.press(payer.visit(), each, Wish(total, order.method))


def _come_back(payer: Payer, order: Order) -> None:
    """Open the page that people come back to from a payment."""
    with payer.house.db.session() as reader:
        row = reader.get_one(OperationRow, order.subjects[0])
    outcomes.read_outcome(payer.house.at, row)


def _work(payer: Payer, _order: Order) -> None:
    """Work until nothing is left that is due."""
    worker = payer.house.worker()
    with lend(payer.house).app_context():
        while worker.work_once():
            pass


STORIES = {"press": _press, "come back": _come_back, "work": _work}


def _do(order: Order) -> None:
    points, db = Points(order), opened(order.database)
    event.listen(Unit, "after_commit", met := lambda _unit: points.meet("commit"))
    try:
        STORIES[order.story](Payer(_house(order, db, points), order.stripe_customer, ""), order)
    finally:
        event.remove(Unit, "after_commit", met)
        db.dispose()


def main() -> None:
    """Carry out orders until there are no more; say of each by which signal it ended."""
    logs.set_up(as_json=False)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        sys.stdout.write(f"{_end_of(order) if order.die_at == NEVER else _end_of_fork(order)}\n")
        sys.stdout.flush()


def _end_of_fork(order: Order) -> int:
    child = os.fork()
    if not child:
        os._exit(_end_of(order))
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)


def _end_of(order: Order) -> int:
    try:
        _do(order)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


# The side of the tests


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Write no line for a request."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Leave the date to the sandbox, which has a clock of its own."""
        self.send_response_only(code, message)


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
        self, story: str, subjects: Sequence[str] = (), method: str = "", *, die_at: int = NEVER
    ) -> list[str]:
        """Do a story and return the points it met: one more than `die_at` if it died there."""
        house, points = self._payer.house, self._folder / "points"
        order = Order(
            story=story,
            database=house.db.url.render_as_string(hide_password=False),
            folder=str(self._folder),
            seal=house.seal,
            points=str(points),
            stripe_customer=self._payer.stripe_customer,
            subjects=list(subjects),
            method=method,
            die_at=die_at,
            **self._bases,
        )
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        ended = int(self._process.stdout.readline())
        met = points.read_text().splitlines()
        assert ended == (signal.SIGKILL if len(met) == die_at + 1 else 0)
        return met


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
