"""The sandboxes over HTTP with a long past, beside a bare Flask on the same server.

"On one core" is counted in CPU: so many calls for each second of a core's time that the process
used, whatever else the machine was doing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from bench import load, processes, states
from bench.measure import Options, Pair, press
from bench.report import Report
from bench.sites import ROOT

FORM = "application/x-www-form-urlencoded"
CONNECTIONS = 4

# By name, the requests that are sent in turn.
Calls = dict[str, list[bytes]]


def measure(options: Options, report: Report) -> None:
    """Measure both sandboxes and report."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        for name, make, calls in (
            ("stripe", states.stripe_state, stripe_calls),
            ("holded", states.holded_state, holded_calls),
        ):
            place = Path(folder) / name
            place.mkdir()
            began = time.perf_counter()
            names = make(place, options.invoices)
            report.seeded(name, options.invoices, time.perf_counter() - began)
            measure_one(name, place, calls(names), options, report)


def measure_one(name: str, folder: Path, calls: Calls, options: Options, report: Report) -> None:
    """Open a sandbox, press each call in turn with the base, and weigh it."""
    began = time.perf_counter()
    with served(["portal.sandbox", name, "--data", str(folder)], folder) as (port, pid):
        report.opened(name, time.perf_counter() - began, processes.cpu_seconds(pid))
        for title, requests in calls.items():
            size = load.press(port, iter(requests[:1]), seconds=10, connections=1).body_bytes
            with served(["bench.constant"], folder, str(size)) as (bare_port, bare_pid):
                bare = load.get("/")
                press(port, cycle(requests), (pid,), seconds=0.3, connections=CONNECTIONS)
                press(bare_port, bare, (bare_pid,), seconds=0.3, connections=CONNECTIONS)
                rounds = [
                    (
                        press(port, cycle(requests), (pid,), seconds=options.seconds,
                              connections=CONNECTIONS),
                        press(bare_port, bare, (bare_pid,), seconds=options.seconds,
                              connections=CONNECTIONS),
                    )
                    for _ in range(options.rounds)
                ]  # fmt: skip
            report.call(name, title, size, Pair(rounds))
        report.weighed(name, processes.memory(pid))


@contextmanager
def served(command: list[str], folder: Path, *rest: str) -> Iterator[tuple[int, int]]:
    """Serve a module on a free port; yield port and process id."""
    port = processes.free_port()
    module, *options = command
    address = [str(port), *rest] if rest else ["--port", str(port)]
    line = [sys.executable, "-m", module, *options, *address]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ready = "/" if rest else "/_sandbox/clock"
    log = folder / f"{module}.log"
    with processes.serving(line, port, ready, environment, log) as pid:
        yield port, pid


def stripe_calls(names: dict[str, str]) -> Calls:
    """Return the calls that clients make most, by name."""
    key = {"Authorization": f"Bearer {states.KEY}"}

    def get(path: str) -> bytes:
        return load.get(f"/v1/{path}", **key)

    def post(path: str, form: bytes) -> bytes:
        return load.post(f"/v1/{path}", form, content_type=FORM, **key)

    return {
        "a customer": [get(f"customers/{names['customer']}")],
        "an invoice": [get(f"invoices/{names['invoice']}")],
        "a new customer": [post("customers", b"name=Ana&email=ana@example.com")],
        "a changed customer": [
            post(f"customers/{names['customer']}", b"metadata[a]=%d" % value) for value in (1, 2)
        ],
        "customers by e-mail": [get(f"customers?email={names['email']}")],
        "ten customers": [get("customers?limit=10")],
        "ten invoices of a customer": [get(f"invoices?customer={names['customer']}&limit=10")],
        "ten open invoices": [get("invoices?status=open&limit=10")],
    }


def holded_calls(names: dict[str, str]) -> Calls:
    """Return the calls that the portal makes most, by name."""
    key: dict[str, Any] = {"Authorization": f"Bearer {states.TOKEN}"}
    return {
        "a contact": [load.get(f"/api/v2/contacts/{names['contact']}", **key)],
        "an invoice": [load.get(f"/api/v2/invoices/{names['invoice']}", **key)],
        "ten invoices": [load.get("/api/v2/invoices?limit=10", **key)],
    }
