"""The two that are measured, on one database: the portal as it is served, and the bare Flask."""

from __future__ import annotations

import contextlib
import os
import shlex
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from bench import processes

ROOT = Path(__file__).resolve().parent.parent
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "bench" / "bench.toml").read_text())
WAITING = "SELECT count(*) FROM webhook_events WHERE state = 'waiting'"
HANDLED = "SELECT count(*) FROM webhook_events WHERE state = 'handled'"
STATES = """SELECT provider_id, state_at FROM {} WHERE provider_id LIKE '%bench%'"""
MIRRORED = ("invoices", "subscriptions", "intents")


@dataclass(frozen=True)
class Site:
    """A database with the portal's settings for it, and the processes that are its server."""

    name: str
    url: str
    folder: Path
    servers: tuple[int, ...]

    @property
    def web_processes(self) -> int:
        """Return how many gunicorn workers serve it: SQLite takes one writer."""
        return 1 if self.url.startswith("sqlite") else 2

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of both servers."""
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            "PORTAL_DATA": str(self.folder),
            "PORTAL_STATEMENTS_HEADER": "1",
            "BENCH_DATABASE": self.url,
            "BENCH_SECRET": SETTINGS["webhook_secret"],
            "PYTHONPATH": str(ROOT),
        }

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, over a connection of its own."""
        address = make_url(self.url)
        if address.get_backend_name() == "sqlite":
            with contextlib.closing(sqlite3.connect(str(address.database))) as connection:
                return list(connection.execute(statement))
        plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            return list(connection.execute(statement))


def command(line: str, **values: object) -> list[str]:
    """Return a command of bench.toml, run by this Python."""
    program, *rest = shlex.split(line.format(**values))
    return [sys.executable, "-m", program, *rest]


def portal(site: Site, line: str, **values: object) -> str:
    """Run a command of bench.toml to its end and return what it printed."""
    done = subprocess.run(
        command(line, **values),
        cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{line}: {done.stderr[-2000:]}")
    return done.stdout.strip()


@contextlib.contextmanager
def served(site: Site, app: str, ready: str) -> Iterator[tuple[int, int]]:
    """Serve the portal (`wsgi:app`) or bare Flask (`bench.bare:app`); yield port and pid."""
    port = processes.free_port()
    line = SETTINGS["serve"].replace("-w 2", f"-w {site.web_processes}")
    start = [*command(line, port=port)[:-1], "--no-control-socket", "--chdir", str(ROOT), app]
    log = site.folder / f"{app.partition(':')[0]}.log"
    with processes.serving(start, port, ready, site.environment, log) as pid:
        yield port, pid


@contextlib.contextmanager
def worker(site: Site) -> Iterator[int]:
    """Run the worker, yield its process id once it has begun to work."""
    log = site.folder / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "work"],
            cwd=ROOT, env=site.environment, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        processes.wait_until(lambda: b"worker.started" in log.read_bytes(), 60)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)
