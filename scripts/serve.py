"""Serve the portal: gunicorn and a worker, started together and ended together.

Settings come from the environment, as everywhere; `make install` comes first.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from click import ClickException
from sqlalchemy.exc import SQLAlchemyError

from portal import keys, migrations
from portal.db import Database
from portal.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
# A part that lived for less than this did not die of an accident.
SHORTEST_LIFE = 5.0
PATIENCE = 35.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Parts = dict[str, list[str]]


class CannotServe(ClickException):
    """The portal cannot be served; the text is one line for whoever started it."""


def gunicorn(settings: Settings) -> list[str]:
    """Return the command of the web processes; no access log, since addresses hold tokens."""
    return [
        sys.executable, "-m", "gunicorn", "wsgi:app",
        "--bind", settings.bind,
        "--worker-class", "gthread",
        "--workers", str(web_processes(settings)),
        "--threads", str(settings.threads),
        "--graceful-timeout", "20",
        "--no-control-socket",
    ]  # fmt: skip


def worker() -> list[str]:
    """Return the command of what processes webhooks and jobs."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "work"]


def web_processes(settings: Settings) -> int:
    """Return how many web processes there are: SQLite takes one writer at a time, so one."""
    return 1 if settings.database.startswith("sqlite") else settings.processes


def check(settings: Settings) -> None:
    """Raise CannotServe where `make install` has not been."""
    try:
        keys.load(settings)
        with Database(settings.database) as database:
            is_current = migrations.is_current(database)
    except keys.KeysMissing as missing:
        raise CannotServe(f"Run `make install` first. {missing}") from None
    except SQLAlchemyError as error:
        raise CannotServe(f"The database does not answer: {error}") from None
    if not is_current:
        raise CannotServe("The database is of another version: run `make install`.")


def announcement(settings: Settings) -> str:
    """Return what is said at the start: where, on which database, with how many processes."""
    is_sqlite = settings.database.startswith("sqlite")
    database = "SQLite, so one web process" if is_sqlite else "PostgreSQL"
    count = web_processes(settings)
    return (
        f"The portal is at {settings.public_url} and listens on {settings.bind}: {database}, "
        f"{count} × {settings.threads} threads, and a worker. Ctrl-C ends both."
    )


@contextlib.contextmanager
def running(parts: Parts) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Start the parts, yield them, and end all of them at the end, whatever happens."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in parts.items():
            processes[name] = start(command)
        yield processes
    finally:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        for process in processes.values():
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in processes.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a part in a group of its own, so that Ctrl-C reaches it through us alone."""
    return subprocess.Popen(command, cwd=ROOT, env=os.environ, start_new_session=True)


def watch(parts: Parts, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Start again what ends by accident; raises CannotServe for what cannot even start."""
    began = dict.fromkeys(parts, time.monotonic())
    while True:
        time.sleep(0.5)
        for name, process in processes.items():
            if process.poll() is None:
                continue
            if time.monotonic() - began[name] < SHORTEST_LIFE:
                raise CannotServe(f"The {name} process ended at once ({process.returncode}).")
            print(
                f"The {name} process ended ({process.returncode}) and is started again.", flush=True
            )
            processes[name], began[name] = start(parts[name]), time.monotonic()


def main() -> int:
    """Serve until told to stop; 0 then, 1 if it could not be."""
    for number in ENDING:
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        settings = Settings.read()
        check(settings)
        print(announcement(settings), flush=True)
        parts = {"web": gunicorn(settings), "worker": worker()}
        with running(parts) as processes:
            watch(parts, processes)
    except ClickException as reason:
        reason.show()
        return 1


if __name__ == "__main__":
    sys.exit(main())
