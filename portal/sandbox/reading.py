"""Reads one HTTP/1.1 request from a connection, whole, before anything is done with it.

What is not a request is refused here with a status and a sentence; the application never sees it,
so a body that stops halfway or never ends cannot have changed anything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedIOBase

LONGEST_LINE = 65_536
MOST_HEADERS = 100
LARGEST_BODY = 2_500_000
METHOD = re.compile(rb"[A-Z]+")
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
TARGET = re.compile(rb"/[^\x00-\x20\x7f]*|\*")
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
VERSIONS = {b"HTTP/1.0": "HTTP/1.0", b"HTTP/1.1": "HTTP/1.1"}
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")


class Refused(Exception):
    """What came is no request; `path` is where it wanted to go, if that is known."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.path = ""


@dataclass
class Incoming:
    """One request: `target` as sent (path and query), header names in lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def keeps_connection(self) -> bool:
        """Whether the client wants to ask again on this connection."""
        wish = self.headers.get("connection", "").lower()
        return self.version == "HTTP/1.1" and "close" not in wish


def read(stream: BufferedIOBase, go_on: Callable[[], None]) -> Incoming | None:
    """The next request, or None when the client has no more; `go_on` tells a waiting client to send
    its body. Raises `Refused`, and OSError when the connection breaks.
    """
    line = stream.readline(LONGEST_LINE + 1)
    if line in (b"\r\n", b"\n"):  # a stray line end after the last body is forgiven (RFC 9112, 2.2)
        line = stream.readline(LONGEST_LINE + 1)
    if not line:
        return None
    incoming = _first_line(line)
    try:
        incoming.headers = _headers(stream)
        incoming.body = _body(stream, incoming, go_on)
    except TimeoutError:
        raise _at(incoming, Refused(408, "The request did not arrive in time.")) from None
    except Refused as refusal:
        raise _at(incoming, refusal) from None
    return incoming


def _at(incoming: Incoming, refusal: Refused) -> Refused:
    refusal.path = incoming.target.partition("?")[0]
    return refusal


def _first_line(line: bytes) -> Incoming:
    if len(line) > LONGEST_LINE:
        raise Refused(414, "The address is too long.")
    parts = line.rstrip(b"\r\n").split(b" ")
    if len(parts) != 3 or not line.endswith(b"\n") or not METHOD.fullmatch(parts[0]):
        raise Refused(400, "This is not an HTTP request.")
    method, target, version = parts
    if version not in VERSIONS:
        raise Refused(505, "HTTP/1.1 is spoken here.")
    if target[:4].lower() == b"http":
        target = re.sub(rb"^https?://[^/?]*", b"", target, flags=re.IGNORECASE)
        target = target if target.startswith(b"/") else b"/" + target
    if not TARGET.fullmatch(target):
        raise Refused(400, "This is not an address.")
    return Incoming(method.decode(), target.decode("latin-1"), VERSIONS[version], {})


def _headers(stream: BufferedIOBase) -> dict[str, str]:
    found: dict[str, str] = {}
    for _ in range(MOST_HEADERS + 1):
        line = stream.readline(LONGEST_LINE + 1)
        if line in (b"\r\n", b"\n"):
            return found
        if len(line) > LONGEST_LINE:
            raise Refused(431, "A header is too long.")
        name, colon, value = line.partition(b":")
        value = value.strip(b" \t\r\n")
        if not (line.endswith(b"\n") and colon and TOKEN.fullmatch(name)) or CONTROL.search(value):
            raise Refused(400, "A header is malformed.")
        key, text = name.decode().lower(), value.decode("latin-1")
        if key in found and (key != "content-length" or found[key] != text):
            text = f"{found[key]},{text}"
        found[key] = text
    raise Refused(431, "There are too many headers.")


def _body(stream: BufferedIOBase, incoming: Incoming, go_on: Callable[[], None]) -> bytes:
    length, encoding = (
        incoming.headers.get(one) for one in ("content-length", "transfer-encoding")
    )
    if encoding is not None and (encoding.lower() != "chunked" or length is not None):
        raise Refused(400, "The body is announced in a way that is not understood.")
    if encoding is None and length is None:
        return b""
    if length is not None and not (length.isascii() and length.isdigit()):
        raise Refused(400, "Content-Length is not a number.")
    if length is not None and (len(length) > 12 or int(length) > LARGEST_BODY):
        raise Refused(413, "Request entity is too large.")
    if incoming.headers.get("expect", "").lower() == "100-continue":
        go_on()
    return _chunks(stream) if length is None else _exactly(stream, int(length))


def _exactly(stream: BufferedIOBase, length: int) -> bytes:
    found = stream.read(length)
    if len(found) < length:
        raise Refused(400, "The body is shorter than announced.")
    return found


def _chunks(stream: BufferedIOBase) -> bytes:
    found = bytearray()
    while True:
        size = stream.readline(1024).partition(b";")[0].strip()
        if not CHUNK_SIZE.fullmatch(size):
            raise Refused(400, "The body's chunks are malformed.")
        if len(found) + int(size, 16) > LARGEST_BODY:
            raise Refused(413, "Request entity is too large.")
        if int(size, 16) == 0:
            break
        found += _exactly(stream, int(size, 16))
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise Refused(400, "The body's chunks are malformed.")
    while stream.readline(LONGEST_LINE) not in (b"\r\n", b"\n", b""):
        pass  # trailers mean nothing here
    return bytes(found)
