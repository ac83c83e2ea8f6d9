"""Reads one HTTP/1.1 request from a connection, whole, before anything is done with it.

h11 knows the protocol; what it refuses, and what is too large here, is refused with a status and a
sentence. The application never sees it, so a body that stops halfway or never ends cannot have
changed anything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import h11

LARGEST_HEAD = 100_000
LONGEST_TARGET = 65_536
LARGEST_BODY = 2_500_000
PIECE = 65_536
VERSIONS = (b"1.0", b"1.1")


class Refused(Exception):
    """What came is no request; `path` is where it wanted to go, if that is known."""

    def __init__(self, status: int, message: str, path: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.path = path


@dataclass(frozen=True)
class Incoming:
    """One request: `target` as sent (path and query), header names in lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


class Reader:
    """The requests of one connection, read by `receive(size)` and answered through `protocol`."""

    def __init__(self, receive: Callable[[int], bytes], go_on: Callable[[], None]) -> None:
        self.protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        self.receive = receive
        self.go_on = go_on

    def read(self) -> Incoming | None:
        """The next request, or None when the client has no more; `go_on` tells a waiting client to
        send its body. Raises `Refused`, and OSError when the connection breaks.
        """
        head: Incoming | None = None
        try:
            event = self._next()
            if not isinstance(event, h11.Request):
                return None
            head = _head(event)
            return Incoming(head.method, head.target, head.version, head.headers, self._body())
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
            raise Refused(status, f"{error}.", head.path if head else "") from None
        except TimeoutError:
            if head is None and not self.protocol.trailing_data[0]:
                raise
            path = head.path if head else ""
            raise Refused(408, "The request did not arrive in time.", path) from None
        except Refused as refusal:
            refusal.path = refusal.path or (head.path if head else "")
            raise

    def _body(self) -> bytes:
        found = bytearray()
        while isinstance(event := self._next(), h11.Data):
            found += event.data
            if len(found) > LARGEST_BODY:
                raise Refused(413, "Request entity is too large.")
        return bytes(found)

    def _next(self) -> object:
        while (event := self.protocol.next_event()) is h11.NEED_DATA:
            if self.protocol.they_are_waiting_for_100_continue:
                self.go_on()
            self.protocol.receive_data(self.receive(PIECE))
        return event


def _head(request: h11.Request) -> Incoming:
    if request.http_version not in VERSIONS:
        raise Refused(505, "HTTP/1.1 is spoken here.")
    if not request.method.isupper():
        raise Refused(400, "This is not a method.")
    if len(request.target) > LONGEST_TARGET:
        raise Refused(414, "The address is too long.")
    target = request.target.decode("latin-1")
    if target[:4].lower() == "http":  # an absolute address, as proxies are asked
        target = re.sub(r"^https?://[^/?]*", "", target, flags=re.IGNORECASE)
        target = target if target.startswith("/") else "/" + target
    if not target.startswith("/") and target != "*":
        raise Refused(400, "This is not an address.")
    headers: dict[str, str] = {}
    for name, value in request.headers:
        key, text = name.decode(), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    length = headers.get("content-length", "0")
    if len(length) > 12 or int(length) > LARGEST_BODY:
        raise Refused(413, "Request entity is too large.", target.partition("?")[0])
    version = f"HTTP/{request.http_version.decode()}"
    return Incoming(request.method.decode(), target, version, headers)
