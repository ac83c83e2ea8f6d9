"""Serves a sandbox over HTTP with threads, and loses answers or resets connections where a fault
asks for it.
"""

import socket
import struct
from collections.abc import Callable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server


class AnswerLost(ConnectionError):
    """The request was executed and committed, but its answer never leaves the sandbox.

    Served over HTTP the connection is closed without a byte. In-process (`httpx.WSGITransport`)
    this exception comes out of the transport, as a connection error would.
    """


class ConnectionReset(AnswerLost):
    """The connection is reset before anything is executed."""


class RequestHandler(WSGIRequestHandler):
    """Werkzeug's handler, silent, with kept-alive connections and honest connection faults."""

    protocol_version = "HTTP/1.1"

    def connection_dropped(
        self, error: BaseException, environ: dict[str, Any] | None = None
    ) -> None:
        """Closes the socket at once: with a reset for `ConnectionReset`, else simply without an
        answer.
        """
        self.close_connection = True
        if isinstance(error, ConnectionReset):
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if isinstance(error, AnswerLost):
            self.connection.close()

    def send_response(self, code: int, message: str | None = None) -> None:
        """Adds no date of this machine: each sandbox dates its answers by its own clock."""
        self.send_response_only(code, message)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: the ledger keeps every request."""


def serve(app: Callable[..., Any], port: int, host: str = "127.0.0.1") -> None:
    """Serves `app` until the process is told to end."""
    make_server(host, port, app, threaded=True, request_handler=RequestHandler).serve_forever()
