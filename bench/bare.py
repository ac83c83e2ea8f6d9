"""What the portal is measured against: Flask doing the least that could be called the same work.

`/page/<size>` renders a Jinja table of about that many bytes, without a database. `/hook` checks
Stripe's signature and inserts one row, through the plain driver of the database.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
import time

import psycopg
from flask import Flask, Response, abort, request

ROW = {
    "number": "F2026-0417",
    "address": "/bench/invoices/in_0000000000000417",
    "issued": "12 November 2026",
    "due": "12 December 2026",
    "status": "Open",
    "amount": "€1,180.96",
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<link rel="stylesheet" href="/static/portal.css"></head>
<body><header><a href="/">{{ merchant }}</a></header><main><h1>{{ title }}</h1>
<ul class="bills">
{% for row in rows %}<li class="bill">
  <a href="{{ row.address }}"><span class="number">{{ row.number }}</span></a>
  <span class="date"><span class="label">Issued</span> {{ row.issued }}</span>
  <span class="date"><span class="label">Due</span> {{ row.due }}</span>
  <span class="status" data-status="{{ row.status }}">{{ row.status }}</span>
  <span class="amount">{{ row.amount }}</span></li>
{% endfor %}</ul></main></body></html>
"""
TABLE = """CREATE TABLE IF NOT EXISTS bare_events
(id VARCHAR(64) PRIMARY KEY, kind VARCHAR(64) NOT NULL, body {bytes} NOT NULL)"""

app = Flask(__name__)
template = app.jinja_env.from_string(PAGE)
frame = len(template.render(title="Invoices", merchant="Bench", rows=[]))
each = len(template.render(title="Invoices", merchant="Bench", rows=[ROW])) - frame
secret = os.environ["BENCH_SECRET"].encode()
database = os.environ["BENCH_DATABASE"]
held = threading.local()


@app.get("/page/<int:size>")
def page(size: int) -> str:
    """Render rows until the page has about `size` bytes."""
    rows = [ROW] * max(1, round((size - frame) / each))
    return template.render(title="Invoices", merchant="Bench", rows=rows)


def _insert(event: str, kind: str, body: bytes) -> None:
    """Insert one row and make it durable, on the connection of this thread."""
    if database.startswith("sqlite"):
        if not hasattr(held, "connection"):
            path = database.removeprefix("sqlite:///")
            held.connection = sqlite3.connect(path, timeout=5, isolation_level=None)
            held.connection.execute("PRAGMA journal_mode = WAL")
            held.connection.execute("PRAGMA synchronous = FULL")
            held.connection.execute(TABLE.format(bytes="BLOB"))
        held.connection.execute(
            "INSERT INTO bare_events VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (event, kind, body)
        )
        return
    if not hasattr(held, "connection"):
        plain = database.replace("postgresql+psycopg", "postgresql")
        held.connection = psycopg.connect(plain, autocommit=True)
    held.connection.execute(
        "INSERT INTO bare_events VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (event, kind, body)
    )


if not database.startswith("sqlite"):
    with psycopg.connect(database.replace("postgresql+psycopg", "postgresql")) as first:
        first.execute("SELECT pg_advisory_xact_lock(1)")
        first.execute(TABLE.format(bytes="BYTEA"))


@app.post("/hook")
def hook() -> Response:
    """Take one signed event of Stripe's."""
    body = request.get_data()
    parts = dict(part.split("=", 1) for part in request.headers["Stripe-Signature"].split(","))
    signed = hmac.new(secret, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signed, parts["v1"]) or abs(time.time() - int(parts["t"])) > 300:
        abort(400)
    event = request.get_json()
    _insert(event["id"], event["type"], body)
    return Response(status=200)
