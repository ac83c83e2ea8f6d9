"""`flask portal work`: the worker's loop, until it is told to stop."""

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

import click
import structlog
from flask.cli import with_appcontext

from portal import keys
from portal.context import Gateways
from portal.db import Database
from portal.services.jobs import Worker
from portal.settings import Settings
from portal.store.secrets import Keyring

CALLER = "portal-worker"
# How often the worker looks after lost answers and silent providers, in seconds.
TICK = 10.0

log = structlog.get_logger()


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, and stop.")
@with_appcontext
def work(once: bool) -> None:
    """Process webhooks and jobs as they come."""
    settings = keys.load(Settings.read())
    keyring = Keyring.read(settings.keyring.get_secret_value(), keys.keyring_file(settings))
    with Database(settings.database, threads=2) as db:
        gateways = Gateways(settings, db, keyring, CALLER)
        worker = Worker(settings, db, gateways, lambda: datetime.now(UTC))
        if once:
            click.echo(f"{worker.work_once()} done")
        else:
            _work_until_told(worker, settings.worker_pause)


def _work_until_told(worker: Worker, pause: float) -> None:
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    log.info("worker.started")
    _loop(worker, pause, stopped)
    log.info("worker.stopped")


def _loop(worker: Worker, pause: float, stopped: threading.Event) -> None:
    last_tick = -TICK
    while not stopped.is_set():
        if monotonic() - last_tick >= TICK:
            last_tick = monotonic()
            _survive(worker.tick)
        if not _survive(worker.work_once):
            stopped.wait(pause)


def _survive(step: Callable[[], int | None]) -> int:
    """Run a step; a database that is busy or away for a moment does not end the worker."""
    try:
        return step() or 0
    except Exception:
        log.exception("worker.step_failed")
        return 0
