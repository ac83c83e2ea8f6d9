"""The demo's processes: started in groups of their own, started again when they die, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Parts start often, and within seconds: what they import is compiled once.
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 3.0
HEALTHY = 10.0


@dataclass(frozen=True)
class Part:
    """One process of the tree: its name, its command and what is added to its environment."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


class Tree:
    """The running parts. Pid files are ``run/<part>.pid``, logs ``logs/<part>.log``."""

    def __init__(self, run: Path, logs: Path, *, patience: float = 8.0) -> None:
        self.patience = patience
        self.run = run
        self.logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.parts: dict[str, Part] = {}
        self.started: dict[str, float] = {}
        self.pause: dict[str, float] = {}
        for folder in (run, logs):
            folder.mkdir(parents=True, exist_ok=True)

    def start(self, part: Part) -> None:
        """Start a part in its own process group and write its pid file."""
        self.parts[part.name] = part
        self.started[part.name] = time.monotonic()
        with (self.logs / f"{part.name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **COMPILED, **part.environment},
                start_new_session=True,
                cwd=ROOT,
            )
        self.running[part.name] = process
        (self.run / f"{part.name}.pid").write_text(f"{process.pid}\n")

    def watch(self) -> list[str]:
        """Start again what died and is not held; return the names of what was started."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.bury(name)
        due = [name for name in self.parts if self.is_due(name)]
        for name in due:
            self.start(self.parts[name])
        return due

    def bury(self, name: str) -> None:
        """Take note of a death: end what the part had started, and pause before the next life."""
        kill_group(self.running.pop(name).pid, signal.SIGKILL)
        (self.run / f"{name}.pid").unlink(missing_ok=True)
        now = time.monotonic()
        if now - self.started[name] > HEALTHY:
            self.pause.pop(name, None)
        self.pause[name] = min(LONGEST_PAUSE, 2 * self.pause.get(name, SHORTEST_PAUSE / 2))
        self.started[name] = now

    def is_due(self, name: str) -> bool:
        """Return whether a part is down, wanted, and its pause is over."""
        if name in self.running or (self.run / f"{name}.hold").exists():
            return False
        return time.monotonic() - self.started[name] >= self.pause.get(name, 0)

    def stop(self) -> None:
        """End every part and whatever it started: asked first, then killed."""
        for process in self.running.values():
            kill_group(process.pid, signal.SIGTERM)
        end = time.monotonic() + self.patience
        while time.monotonic() < end and any(alive(self.running.values())):
            time.sleep(0.05)
        for name, process in self.running.items():
            kill_group(process.pid, signal.SIGKILL)
            process.wait()
            (self.run / f"{name}.pid").unlink(missing_ok=True)
        self.running.clear()
        self.parts.clear()


def alive(processes: Iterable[subprocess.Popen[bytes]]) -> Iterable[bool]:
    return (process.poll() is None for process in processes)


def kill_group(pid: int, what: signal.Signals) -> None:
    try:
        os.killpg(pid, what)
    except (ProcessLookupError, PermissionError):
        return
