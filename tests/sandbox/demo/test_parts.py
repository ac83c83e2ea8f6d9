"""The process tree: pid files, logs, revival, holds, and an end that leaves nothing behind."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.sandbox.demo.parts import Part, Tree

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    tree = Tree(tmp_path / "run", tmp_path / "logs", patience=1)
    yield tree
    tree.stop()


def part(code: str = SLEEP) -> Part:
    return Part("web", (sys.executable, "-c", code), {"COLOUR": "blue"})


def until(claim: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def pid(tree: Tree) -> int:
    return int((tree.run / "web.pid").read_text())


def test_a_part_has_a_pid_file_a_log_and_its_environment(tree: Tree) -> None:
    tree.start(part("import os, time; print(os.environ['COLOUR'], flush=True); time.sleep(60)"))

    assert lives(pid(tree))
    until(lambda: (tree.logs / "web.log").read_text() == "blue\n")


def test_a_killed_part_is_started_again(tree: Tree) -> None:
    tree.start(part())
    first = pid(tree)

    os.kill(first, signal.SIGKILL)
    until(tree.watch, 5)

    assert pid(tree) != first
    assert lives(pid(tree))


def test_a_part_that_is_held_stays_down_until_it_is_let_go(tree: Tree) -> None:
    tree.start(part())
    (tree.run / "web.hold").touch()

    os.kill(pid(tree), signal.SIGKILL)
    until(lambda: not tree.watch() and not tree.running)
    time.sleep(0.5)
    assert tree.watch() == []

    (tree.run / "web.hold").unlink()
    assert tree.watch() == ["web"]


def test_what_a_killed_part_had_started_goes_with_it(tree: Tree) -> None:
    tree.start(part(PARENT))
    log = tree.logs / "web.log"
    until(lambda: log.read_text().endswith("\n"))
    child = int(log.read_text())

    os.kill(pid(tree), signal.SIGKILL)
    until(tree.watch, 5)

    until(lambda: not lives(child))


def test_the_end_leaves_nothing_behind(tree: Tree) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + PARENT
    tree.start(part(stubborn))
    log = tree.logs / "web.log"
    until(lambda: log.read_text().endswith("\n"))
    mine, child = pid(tree), int(log.read_text())

    tree.stop()

    until(lambda: not lives(mine) and not lives(child))
    assert list(tree.run.iterdir()) == []
