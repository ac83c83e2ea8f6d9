"""The process that serves it: ``python -m portal.sandbox holded --port 8002 --data DIR``."""

from __future__ import annotations

from pathlib import Path

from portal.sandbox import http
from portal.sandbox.holded.app import create_app, refuse_bytes


def main(port: int, data: Path, _rest: list[str]) -> int:
    """Serve on 127.0.0.1 until the process is ended, delivering webhooks."""
    app = create_app(data, base_url=f"http://127.0.0.1:{port}")
    app.extensions["holded_courier"].start()
    http.serve(app, port, refuse_bytes)
    return 0
