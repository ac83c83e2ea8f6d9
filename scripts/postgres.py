"""A throwaway PostgreSQL cluster in a temporary directory, reached by a Unix socket.

Run as `python scripts/postgres.py COMMAND...` it exports the cluster's address as
PORTAL_TEST_POSTGRES for the command, and deletes the cluster when the command has ended.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ENVIRONMENT_NAME = "PORTAL_TEST_POSTGRES"
SUPERUSER = "portal"

# Nothing in a throwaway cluster is worth a disk flush.
CARELESS = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class PostgresMissing(Exception):
    """No PostgreSQL server can be started here; the text says why."""


def server_programs() -> Path:
    """Return the directory of initdb and pg_ctl, the newest version first."""
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"),
        key=lambda program: float(program.parts[-3]),
        reverse=True,
    )
    if not found:
        raise PostgresMissing("no PostgreSQL server is installed; `make test-deps` installs it")
    return found[0].parent


def unprivileged_user() -> str | None:
    """Return whom to run the server as: oneself, or, because it refuses root, another account."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise PostgresMissing("PostgreSQL refuses root, and there is no user postgres or nobody")


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """Start a cluster, yield the SQLAlchemy address of its database, and stop and delete it after.

    `durable` keeps PostgreSQL's own settings for safety on disk, for measurements. Raises
    PostgresMissing when no server can be started.
    """
    programs = server_programs()
    user = unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
    data, log = home / "data", home / "log"
    if user:
        shutil.chown(home, user)

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, *arguments],
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)},
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()
            if not said and log.exists():
                said = log.read_text().strip().splitlines()
            raise PostgresMissing(f"{program} failed: {said[-1] if said else 'no reason given'}")

    started = False
    try:
        run("initdb", f"--pgdata={data}", f"--username={SUPERUSER}", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        options = ["-k", str(home), "-c", "listen_addresses=", "-c", "max_connections=200"]
        options += () if durable else CARELESS
        run("pg_ctl", "start", "--wait", f"--pgdata={data}", f"--log={log}",
            "--options", " ".join(options))  # fmt: skip
        started = True
        run("createdb", f"--host={home}", f"--username={SUPERUSER}", "portal")
        yield f"postgresql+psycopg://{SUPERUSER}@/portal?host={home}"
    finally:
        if started:
            run("pg_ctl", "stop", f"--pgdata={data}", "--mode=immediate")
        shutil.rmtree(home, ignore_errors=True)


def process_id(address: str) -> int:
    """Return the server process of the cluster whose address `cluster` yielded."""
    home = Path(address.partition("?host=")[2])
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def main() -> int:
    """Run the command of the arguments beside a cluster and return its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with cluster() as address:
            environment = {**os.environ, ENVIRONMENT_NAME: address}
            return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    except PostgresMissing as reason:
        print(f"PostgreSQL: {reason}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
