"""Servers under measurement: started, watched through /proc, and stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port of the loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stat(pid: int) -> tuple[int, float] | None:
    """Return a process's parent and the CPU seconds of itself and its buried children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), sum(map(int, fields[11:15])) / TICKS


def family(root: int) -> list[int]:
    """Return a process and everything it started, the root first."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            parents[int(entry.name)] = stat[0]
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(*roots: int) -> float:
    """Return the CPU time that the process trees have used so far."""
    stats = [_stat(pid) for root in roots for pid in family(root)]
    return sum(stat[1] for stat in stats if stat)


def memory_of_workers(root: int) -> list[float]:
    """Return the proportional memory (PSS) in MB of each process below the root."""
    sizes = []
    for pid in family(root)[1:]:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            sizes.append(memory(pid))
    return sizes


def memory(pid: int) -> float:
    """Return the proportional memory (PSS) in MB of a process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    """Wait for something to become true; raises TimeoutError if it does not."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} seconds in vain")
        time.sleep(0.05)


def _await_answer(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            try:
                urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own loopback
            except urllib.error.HTTPError as answer:
                if answer.code < 500:
                    return
            else:
                return
        time.sleep(0.1)
    raise RuntimeError(f"no answer from {address}:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def serving(
    command: list[str], port: int, ready: str, environment: dict[str, str], log: Path
) -> Iterator[int]:
    """Start a server, wait until it answers, yield its process id, and stop it after."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
    try:
        _await_answer(f"http://127.0.0.1:{port}{ready}", process, log)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
