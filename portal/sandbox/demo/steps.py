"""One-off commands of the demo's set-up, run to their end, with their output kept in a log."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from portal.sandbox.demo.parts import COMPILED, ROOT
from portal.sandbox.demo.places import Refused

TAIL = 15


def run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> str:
    """Run a command and return what it printed; raises Refused with the end of it on failure."""
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **COMPILED, **environment},
        cwd=ROOT,
        check=False,
        text=True,
    )
    with log.open("a") as kept:
        took = time.monotonic() - began
        kept.write(f"$ {' '.join(command)}\n{done.stdout}({took:.1f} s)\n\n")
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-TAIL:])
        raise Refused(f"A step of the set-up failed (all of it is in {log}):\n{end}")
    return done.stdout
