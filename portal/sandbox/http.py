"""Serves a sandbox over HTTP with threads, and loses answers or resets connections where a fault
asks for it.
"""

import socket
import struct
from collections.abc import Callable
from typing import Any

from werkzeug.serving import (
    BaseWSGIServer,
    WSGIRequestHandler,
    make_server,
    select_address_family,
)

BACKLOG = 128


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


def listen(app: Callable[..., Any], host: str, port: int) -> BaseWSGIServer:
    """A server of `app` that listens and waits for `serve_forever()`.

    Raises OSError when the port is taken or the address is not this machine's.
    """
    # Werkzeug ends the process when it cannot bind, so that is tried here first.
    with socket.socket(select_address_family(host, port), socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(BACKLOG)
        return make_server(
            host, port, app, threaded=True, request_handler=RequestHandler, fd=door.detach()
        )
