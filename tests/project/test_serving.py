"""`make serve`: what it starts, that it ends whole, and what it says when it cannot start."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from portal.settings import Settings
from scripts import serve

ROOT = Path(__file__).parents[2]


def _run(*command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "PORTAL_DATA": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(task) for task in tasks]


def test_sqlite_is_served_by_one_web_process():
    command = serve.gunicorn(Settings(PORTAL_PROCESSES=4))

    assert command[command.index("--workers") + 1] == "1"


def test_postgresql_is_served_by_as_many_web_processes_as_are_set():
    settings = Settings(database_url="postgresql+psycopg://portal@db/portal")

    command = serve.gunicorn(settings)

    assert command[command.index("--workers") + 1] == "2"
    assert "PostgreSQL, 2 × 8 threads" in serve.announcement(settings)


def test_no_log_of_addresses_is_kept_by_the_server():
    assert not any("access" in part for part in serve.gunicorn(Settings()))


def test_serving_before_installing_says_what_to_do(tmp_path):
    done = _run("scripts.serve", folder=tmp_path)

    assert done.returncode == 1
    assert "Run `make install` first." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_makes_no_sense_is_named_in_one_line(tmp_path):
    done = _run("scripts.serve", folder=tmp_path, PUBLIC_URL="example.com/portal")

    assert done.returncode == 1
    assert done.stderr.startswith("Error: PUBLIC_URL: must be scheme and host only")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.loopback
def test_the_portal_and_its_worker_start_together_and_end_together(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _run("flask", "--app", "wsgi", "portal", "init", folder=tmp_path)
    address = f"127.0.0.1:{port}"
    environment = {"PORTAL_BIND": address, "PUBLIC_URL": f"http://{address}"}

    with subprocess.Popen(
        [sys.executable, "-m", "scripts.serve"],
        cwd=ROOT,
        env={**os.environ, "PORTAL_DATA": str(tmp_path), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while not _answers(port) and time.monotonic() < deadline:
            time.sleep(0.2)
        parts = _children(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(60)

    assert process.returncode == 0
    assert len(parts) == 2
    assert not any(Path(f"/proc/{part}").exists() for part in parts)
