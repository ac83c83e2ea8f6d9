"""Run every part of the tests that this machine can run; say in one line why one is left out.

With CI=true a part left out is a failure.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import postgres

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest", "-q")
WORKERS = ("-n", str(min(os.cpu_count() or 1, 4)))


class LeftOut(Exception):
    """A part cannot run here; the text says why."""


@dataclass(frozen=True)
class Part:
    """One part of the suite: its name and what runs it, returning an exit code."""

    name: str
    run: Callable[[list[str]], int]


def call(*command: str, **environment: str) -> int:
    """Run a command in the project's root and return its exit code."""
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, check=False
    ).returncode


def checks(_: list[str]) -> int:
    """Run formatting, lints, types, layers, templates and catalogues."""
    return call("make", "--no-print-directory", "check")


def on_sqlite(arguments: list[str]) -> int:
    """Run all but the journeys, with SQLite as the database."""
    return call(
        *PYTEST, *WORKERS, "-m", "not journey", *arguments, **{postgres.ENVIRONMENT_NAME: ""}
    )


def on_postgresql(arguments: list[str]) -> int:
    """Run what touches the database once more, on PostgreSQL."""
    command = (*PYTEST, *WORKERS, "-m", "database and not journey", *arguments)
    if os.environ.get(postgres.ENVIRONMENT_NAME):
        return call(*command)
    try:
        with postgres.cluster() as address:
            return call(*command, **{postgres.ENVIRONMENT_NAME: address})
    except postgres.PostgresMissing as reason:
        raise LeftOut(str(reason)) from reason


def journeys(arguments: list[str]) -> int:
    """Run the stories that Chromium drives against the running demo."""
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        raise LeftOut("no Chromium is installed; `make test-deps` installs it")
    return call(
        *PYTEST, "-m", "journey", "tests/journeys", *arguments, **{postgres.ENVIRONMENT_NAME: ""}
    )


PARTS = (
    Part("checks", checks),
    Part("tests on SQLite", on_sqlite),
    Part("database tests on PostgreSQL", on_postgresql),
    Part("journeys in Chromium", journeys),
)


@contextlib.contextmanager
def timed(outcome: list[str], name: str) -> Iterator[None]:
    """Print the part's name before it, and note how long it took after."""
    print(f"\n── {name}", flush=True)
    started = time.monotonic()
    yield
    outcome.append(f"{name}: {time.monotonic() - started:.0f} s")


def main() -> int:
    """Run the parts in turn; 0 if all that ran passed and, under CI, none was left out."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    strict = os.environ.get("CI", "").lower() in {"1", "true"}
    failed: list[str] = []
    left_out: list[str] = []
    took: list[str] = []
    for part in PARTS:
        with timed(took, part.name):
            try:
                if part.run(sys.argv[1:]) != 0:
                    failed.append(part.name)
            except LeftOut as reason:
                left_out.append(f"Left out: {part.name}: {reason}.")
                print(left_out[-1], flush=True)
    print("\n── outcome")
    print("\n".join([*took, *left_out]))
    if strict and left_out:
        failed.append("nothing may be left out when CI is true")
    print(f"Failed: {'; '.join(failed)}." if failed else "Passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
