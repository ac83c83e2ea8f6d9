"""Serves the mailbox: its pages over HTTP, and the SMTP door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from portal.sandbox.http import Server
from portal.sandbox.mailbox import smtp
from portal.sandbox.mailbox.pages import create_app
from portal.sandbox.mailbox.world import World


def main(
    host: str,
    port: int,
    data: Path | str,
    *,
    smtp_port: int,
    stripe_url: str,
    holded_url: str,
    ready: Callable[[], None],
) -> None:
    """Serve the pages and take mails until interrupted; ``ready`` is called when both listen.

    Raises OSError when a port is taken.
    """
    app = create_app(data, world=World(stripe_url, holded_url))
    door = smtp.listen(app.extensions["letters"], host, smtp_port)
    try:
        server = Server(app, port, host=host)
        ready()
        server.serve_forever()
    finally:
        door.stop()
