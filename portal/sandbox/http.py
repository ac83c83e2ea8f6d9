"""Serves a sandbox over HTTP/1.1 with one thread a connection, and loses answers, holds or resets
connections where a fault asks for it.
"""

import io
import logging
import socket
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import h11
from werkzeug.wrappers import Response

from portal.sandbox.reading import Incoming, Reader, Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What a sandbox answers to something that is no request: status, message and path to an answer.
Refusal = Callable[[int, str, str], Response]

IDLE = 75  # seconds that a connection may be silent
LONGEST_HOLD = 600
LINGER = 1.0


class AnswerLost(ConnectionError):
    """The request was executed and committed, but its answer never leaves the sandbox.

    Served over HTTP the connection is closed without a byte. In-process (`httpx.WSGITransport`)
    this exception comes out of the transport, as a connection error would.
    """


class ConnectionReset(AnswerLost):
    """The connection is reset before anything is executed."""


class NeverAnswered(AnswerLost, TimeoutError):
    """Nothing is executed and nothing answered: the connection stays open until the client gives
    up (or ten minutes have passed). In-process it is this exception at once.
    """


def plain(status: int, message: str, path: str) -> Response:
    """The refusal of a server that imitates nobody."""
    _ = path
    return Response(f"{message}\n", status, content_type="text/plain; charset=utf-8")


def half(response: Response, start_response: "StartResponse") -> Iterator[bytes]:
    """Yields the first half of a body whose length was announced in full, then ends."""
    body = response.get_data()
    start_response(response.status, list(response.headers))
    yield body[: len(body) // 2]
    raise AnswerLost("the answer stopped halfway by a fault of the sandbox")


class Server(ThreadingTCPServer):
    """A WSGI application on a port; `refuse` answers what is no request, and the failures of the
    application. Port 0 takes a free one: `server.port`.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self, app: "WSGIApplication", port: int, refuse: Refusal = plain, host: str = "127.0.0.1"
    ) -> None:
        self.app = app
        self.refuse = refuse
        super().__init__((host, port), Connection)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients come and go as they like; everything else is written down."""
        if not isinstance(sys.exception(), OSError):
            logging.getLogger(__name__).exception("connection of %s", client_address)


class Connection(BaseRequestHandler):
    """Answers one request after another until the client leaves or a fault ends it."""

    server: Server
    request: socket.socket

    def setup(self) -> None:
        """A client may be silent for a while; answers leave at once."""
        self.request.settimeout(IDLE)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    def handle(self) -> None:
        """One request after another, each read whole before it is handed on."""
        self.reader = Reader(self.request.recv, self.go_on)
        while True:
            try:
                incoming = self.reader.read()
            except Refused as refusal:
                self.end(self.server.refuse(refusal.status, refusal.message, refusal.path))
                return
            except OSError:
                return
            if incoming is None or not self.answer(incoming):
                return
            self.reader.protocol.start_next_cycle()

    def go_on(self) -> None:
        """Tell a client that waits for it to send its body."""
        self.write(h11.InformationalResponse(status_code=100, headers=[], reason="Continue"))

    def write(self, *events: h11.Event) -> None:
        """Sends what these say in one piece."""
        self.request.sendall(b"".join(self.reader.protocol.send(one) or b"" for one in events))

    def answer(self, incoming: Incoming) -> bool:
        """Whether the connection goes on after this answer."""
        started: list[Any] = []
        sent: list[bytes] = []
        try:
            collect(self.server.app(self.environ(incoming), answer_to(started)), sent)
        except NeverAnswered:
            self.hold()
            return False
        except AnswerLost as lost:
            if sent:
                self.send(started, sent, incoming)
            else:
                self.drop(reset=isinstance(lost, ConnectionReset))
            return False
        except Exception:
            logging.getLogger(__name__).exception("%s %s", incoming.method, incoming.target)
            self.end(self.server.refuse(500, "The sandbox failed; see its log.", incoming.path))
            return False
        self.send(started, sent, incoming)
        self.write(h11.EndOfMessage())
        return self.reader.protocol.our_state is h11.DONE

    def environ(self, incoming: Incoming) -> "WSGIEnvironment":
        """The request as PEP 3333 wants it."""
        query = incoming.target.partition("?")[2]
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": incoming.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(incoming.path.encode("latin-1")).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": incoming.target,
            "SERVER_NAME": str(self.server.server_address[0]),
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": incoming.version,
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_PORT": str(self.client_address[1]),
            "CONTENT_LENGTH": str(len(incoming.body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(incoming.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in incoming.headers.items():
            if name == "content-type":
                environ["CONTENT_TYPE"] = value
            elif name not in ("content-length", "transfer-encoding") and "_" not in name:
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def send(self, started: list[Any], sent: list[bytes], incoming: Incoming | None) -> None:
        """Sends head and body, the end of the message not yet; HEAD gets no body."""
        status, headers = started
        code, _, reason = status.partition(" ")
        body = b"".join(sent)
        if not any(name.lower() == "content-length" for name, _ in headers) and code != "204":
            headers = [*headers, ("Content-Length", str(len(body)))]
        head = h11.Response(
            status_code=int(code),
            reason=reason.encode("latin-1", "replace"),
            headers=[(name, value.encode("latin-1", "replace")) for name, value in headers],
        )
        empty = not body or code in ("204", "304") or (incoming and incoming.method == "HEAD")
        self.write(head, *([] if empty else [h11.Data(data=body)]))

    def end(self, response: Response) -> None:
        """Sends a last answer, and takes what is still coming so that the client sees it."""
        headers = [(name, value) for name, value in response.headers if name != "Connection"]
        self.send(
            [response.status, [*headers, ("Connection", "close")]], [response.get_data()], None
        )
        self.request.shutdown(socket.SHUT_WR)
        self.request.settimeout(LINGER)
        self.swallow()

    def hold(self) -> None:
        """Keeps the connection open, unanswered, until the client leaves."""
        self.request.settimeout(LONGEST_HOLD)
        self.swallow()

    def swallow(self) -> None:
        """Takes what comes until the client leaves or has been silent for the timeout."""
        try:
            while self.request.recv(1 << 16):
                pass
        except OSError:
            return

    def drop(self, *, reset: bool) -> None:
        """Closes the connection without a byte: with a reset, or in good order."""
        if reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()


def answer_to(started: list[Any]) -> "StartResponse":
    """A `start_response` that writes status and headers down."""

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        started[:] = [status, headers]
        return lambda _: None

    return start_response


def collect(parts: Iterable[bytes], sent: list[bytes]) -> None:
    """Adds the parts of a body to `sent`; what came before an exception is kept."""
    try:
        for part in parts:
            sent.append(part)
    finally:
        close = getattr(parts, "close", None)
        if close:
            close()
