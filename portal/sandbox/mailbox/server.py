"""``python -m portal.sandbox mailbox --port 8003 --data DIR [--smtp-port 8025] …``."""

from __future__ import annotations

import argparse
from pathlib import Path

from portal.sandbox import http
from portal.sandbox.mailbox import smtp
from portal.sandbox.mailbox.pages import create_app
from portal.sandbox.mailbox.world import World


def main(port: int, data: Path, rest: list[str]) -> int:
    """Serve the pages and take mails until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m portal.sandbox mailbox")
    parser.add_argument("--smtp-port", type=int, default=8025)
    parser.add_argument("--stripe-url", default=World.stripe)
    parser.add_argument("--holded-url", default=World.holded)
    asked = parser.parse_args(rest)
    app = create_app(data, world=World(asked.stripe_url, asked.holded_url))
    door = smtp.listen(app.extensions["letters"], asked.smtp_port)
    try:
        http.serve(app, port)
    finally:
        door.stop()
    return 0
