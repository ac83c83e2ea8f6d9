"""A closed-loop HTTP client: so many connections, each asking again as soon as it is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat

HEAD_END = b"\r\n\r\n"


def get(path: str, **headers: str) -> bytes:
    """Return the bytes of a GET over a connection that stays open."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: bench"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + HEAD_END


def post(
    path: str, body: bytes, *, content_type: str = "application/json", **headers: str
) -> bytes:
    """Return the bytes of a POST, of JSON unless told, over a connection that stays open."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: bench",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + HEAD_END + body


@dataclass
class Outcome:
    """What a round of load saw: how many answers of which status, how long each took.

    `body_bytes` and `head`, in lower case, are those of the last answer.
    """

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    body_bytes: int = 0
    head: bytes = b""

    @property
    def answers(self) -> int:
        """Return how many requests were answered."""
        return sum(self.statuses.values())

    def header(self, name: str) -> str:
        """Return a header of the last answer."""
        lines = dict(line.split(": ", 1) for line in self.head.decode().split("\r\n")[1:])
        return lines[name]

    @property
    def per_second(self) -> float:
        """Return answers a second."""
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency in milliseconds that the share (0 to 1) of all answers kept to."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection(asyncio.Protocol):
    """One keep-alive connection: sends the next request when the last was answered in full."""

    def __init__(self, requests: Iterator[bytes], until: float, outcome: Outcome) -> None:
        self.requests, self.until, self.outcome = requests, until, outcome
        self.closed = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.awaiting = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self.requests, None) if time.perf_counter() < self.until else None
        if request is None:
            self.awaiting = -1
            self.transport.close()
            return
        self.started = time.perf_counter()
        self.awaiting = -2
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.awaiting == -2:
            end = self.buffer.find(HEAD_END)
            if end < 0:
                return
            head = self.buffer[:end].lower()
            self.head = head
            self.status = int(head[9:12])
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            self.awaiting = end + 4 + length
            self.length = length
            self.goes_on = b"connection: close" not in head
        if len(self.buffer) >= self.awaiting:
            self.buffer = b""
            self.outcome.latencies.append(time.perf_counter() - self.started)
            counted = self.outcome.statuses.get(self.status, 0)
            self.outcome.statuses[self.status] = counted + 1
            self.outcome.body_bytes = self.length
            self.outcome.head = self.head
            if self.goes_on:
                self._next()
            else:
                self.transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


async def _worker(port: int, requests: Iterator[bytes], until: float, outcome: Outcome) -> None:
    loop = asyncio.get_running_loop()
    while time.perf_counter() < until:
        _, connection = await loop.create_connection(
            lambda: _Connection(requests, until, outcome), "127.0.0.1", port
        )
        await connection.closed
        if connection.awaiting == -1:
            return


async def _round(port: int, requests: Iterator[bytes], seconds: float, width: int) -> Outcome:
    outcome = Outcome()
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(_worker(port, requests, until, outcome) for _ in range(width)))
    outcome.seconds = time.perf_counter() - started
    return outcome


def press(
    port: int, requests: bytes | Iterator[bytes], *, seconds: float, connections: int = 16
) -> Outcome:
    """Ask a server on the loopback for `seconds`, or until the requests run out."""
    endless = repeat(requests) if isinstance(requests, bytes) else requests
    return asyncio.run(_round(port, endless, seconds, connections))
