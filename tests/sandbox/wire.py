"""Sandboxes as served, spoken to in bytes that no client library would send."""

import hashlib
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import BinaryIO

from flask import Flask

from portal.sandbox.http import Refusal, Server

PATIENCE = 5


@dataclass(frozen=True)
class Heard:
    """One answer: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def served(app: Flask, refuse: Refusal) -> Iterator[int]:
    """Serve an application on a free port, and yield it."""
    with Server(app, 0, refuse) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.port
        server.shutdown()


def ask(port: int, sent: bytes, *, hangs_up: bool = False) -> Heard:
    """Send bytes and read one answer; `hangs_up` ends our side of the connection first."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        if hangs_up:
            connection.shutdown(socket.SHUT_WR)
        return hear(connection.makefile("rb"), with_body=not sent.startswith(b"HEAD "))


def hear(stream: BinaryIO, *, with_body: bool = True) -> Heard:
    """Read one answer."""
    status = int(stream.readline().split(b" ")[1])
    headers = {}
    for line in iter(stream.readline, b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0")) if with_body else 0
    return Heard(status, headers, stream.read(length))


def request(
    method: bytes, path: bytes, *headers: bytes, body: bytes = b"", counted: bool = True
) -> bytes:
    """Return a request; `counted` adds the length of its body."""
    lines = [method + b" " + path + b" HTTP/1.1", b"Host: sandbox.test", *headers]
    if body and counted:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def state(connection: sqlite3.Connection) -> str:
    """Return a digest of everything a sandbox remembers but the requests it had."""
    digest = hashlib.sha256()
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    for (name,) in [tuple(row) for row in tables]:
        if name not in ("requests", "sqlite_sequence"):
            for row in connection.execute(f"SELECT * FROM {name}"):  # noqa: S608 - our own table
                digest.update(repr((name, *tuple(row))).encode())
    return digest.hexdigest()
