"""The caught mails: read apart when they arrive, kept in one SQLite file."""

from __future__ import annotations

import email
import email.policy
import html
import json
import re
import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT, recipients TEXT NOT NULL, sender TEXT NOT NULL,
    subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL, links TEXT NOT NULL,
    received TEXT NOT NULL, source BLOB NOT NULL
);
"""
ADDRESS = re.compile(r"https?://[^\s<>\"'\])]+")
TRAILING = ".,;:!?"


@dataclass(frozen=True)
class Letter:
    """One mail; ``to`` joins its recipients by commas, ``received`` is ISO 8601 in UTC."""

    id: int
    to: str
    sender: str
    subject: str
    text: str
    html: str
    links: list[str]
    received: str

    def shown(self) -> dict[str, object]:
        """Return the letter as ``/messages.json`` lists it."""
        return {
            "id": self.id,
            "to": self.to,
            "from": self.sender,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "links": self.links,
            "received": self.received,
        }


class Letters:
    """Every letter caught so far; ``data`` is a folder or ``":memory:"``."""

    def __init__(self, data: str | Path = ":memory:") -> None:
        self.lock = threading.Lock()
        self.connection = sqlite3.connect(
            place(data), isolation_level=None, check_same_thread=False
        )
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.executescript(SCHEMA)

    def catch(self, sender: str, recipients: list[str], source: bytes) -> int:
        """Keep a mail as it came over SMTP, and return its number."""
        message = email.message_from_bytes(source, policy=email.policy.default)
        text, page = body(message, "plain"), body(message, "html")
        values = (
            ", ".join(recipients),
            sender,
            str(message.get("subject", "")),
            text,
            page,
            json.dumps(links(text, page)),
            datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            source,
        )
        with self.lock:
            cursor = self.connection.execute(
                "INSERT INTO letters (recipients, sender, subject, text, html, links, received,"
                " source) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return int(cursor.lastrowid or 0)

    def every(self) -> list[Letter]:
        """Return all letters, the newest last."""
        with self.lock:
            rows = self.connection.execute("SELECT * FROM letters ORDER BY id").fetchall()
        return [letter(row) for row in rows]

    def attachments(self, id_: int) -> list[EmailMessage]:
        """Return what came with a mail beside its text, in its order."""
        with self.lock:
            row = self.connection.execute(
                "SELECT source FROM letters WHERE id = ?", (id_,)
            ).fetchone()
        if row is None:
            return []
        message = email.message_from_bytes(row["source"], policy=email.policy.default)
        return list(message.iter_attachments())

    def find(self, id_: int) -> Letter | None:
        with self.lock:
            row = self.connection.execute("SELECT * FROM letters WHERE id = ?", (id_,)).fetchone()
        return None if row is None else letter(row)


def place(data: str | Path) -> str:
    if str(data) == ":memory:":
        return ":memory:"
    Path(data).mkdir(parents=True, exist_ok=True)
    return str(Path(data) / "mail.sqlite")


def letter(row: sqlite3.Row) -> Letter:
    return Letter(
        row["id"], row["recipients"], row["sender"], row["subject"], row["text"], row["html"],
        json.loads(row["links"]), row["received"],
    )  # fmt: skip


def body(message: EmailMessage, kind: str) -> str:
    """Return the ``plain`` or ``html`` body of a mail, or nothing."""
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError, ValueError):  # a charset nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def links(text: str, page: str) -> list[str]:
    """Return the web addresses of a mail, each once, in the order they are met."""
    found = [each.rstrip(TRAILING) for each in ADDRESS.findall(text)]
    hunter = Hunter()
    hunter.feed(page)
    return list(dict.fromkeys(found + hunter.found))


class Hunter(HTMLParser):
    """Collects where a page's links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a link."""
        target = dict(attrs).get("href") if tag == "a" else None
        if target and target.startswith(("http://", "https://")):
            self.found.append(target)


def linked(text: str) -> str:
    """Return a text as HTML whose web addresses can be pressed."""
    pieces, end = [], 0
    for match in ADDRESS.finditer(text):
        address = match.group().rstrip(TRAILING)
        safe = html.escape(address)
        pieces += [html.escape(text[end : match.start()]), f'<a href="{safe}">{safe}</a>']
        end = match.start() + len(address)
    return "".join([*pieces, html.escape(text[end:])])
