"""Serves the Holded sandbox over HTTP, with the thread that delivers webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from portal.sandbox.holded.app import create_app, refuse_bytes
from portal.sandbox.http import Server


def main(
    host: str,
    port: int,
    data: Path | str,
    *,
    base_url: str,
    beside: Mapping[str, str],
    ready: Callable[[], None],
) -> None:
    """Serve until interrupted; ``ready`` is called when it listens.

    Raises OSError when the port is taken.
    """
    app = create_app(data, base_url=base_url, beside=beside)
    server = Server(app, port, refuse_bytes, host)
    app.extensions["holded_courier"].start()
    ready()
    server.serve_forever()
