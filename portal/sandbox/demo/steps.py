"""One-off commands of the demo's set-up, run to their end, with their output kept in a log."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from portal.sandbox.demo.parts import ROOT
from portal.sandbox.demo.places import Refused

TAIL = 15


def run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> str:
    """Run a command and return what it printed; raises Refused with the end of it on failure."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=ROOT,
        check=False,
        text=True,
    )
    with log.open("a") as kept:
        kept.write(f"$ {' '.join(command)}\n{done.stdout}\n")
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-TAIL:])
        raise Refused(f"A step of the set-up failed (all of it is in {log}):\n{end}")
    return done.stdout
