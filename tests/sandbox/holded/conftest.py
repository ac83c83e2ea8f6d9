"""The Holded sandbox in-process, and a client with its first account's token."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from flask import Flask

from portal.sandbox.holded import create_app
from portal.sandbox.holded.app import start_over

Client = httpx.Client


@pytest.fixture(scope="session")
def routes() -> Flask:
    """The application, whose routes take far longer to build than its state."""
    return create_app()


@pytest.fixture
def app(routes: Flask) -> Flask:
    start_over(routes)
    return routes


@pytest.fixture
def connect(app: Flask) -> Iterator[Callable[..., Client]]:
    """Return a maker of clients: ``connect(token)``, or ``connect(None)`` for a stranger."""
    made: list[Client] = []

    def connect(token: str | None = "pat_sandbox", to: Flask = app) -> Client:
        headers = {"User-Agent": "tests"} | ({"Authorization": f"Bearer {token}"} if token else {})
        client = Client(
            transport=httpx.WSGITransport(to), base_url="http://holded.test", headers=headers
        )
        made.append(client)
        return client

    yield connect
    for each in made:
        each.close()


@pytest.fixture
def holded(connect: Callable[..., Client]) -> Client:
    return connect()


@pytest.fixture
def contact(holded: Client) -> str:
    """The id of a contact with a postal address."""
    body = {
        "name": "Taller Ñandú SL",
        "email": "taller@example.com",
        "code": "B12345678",
        "bill_address": {"address": "Calle Mayor 1", "city": "Madrid", "country": "España"},
    }
    return str(holded.post("/api/v2/contacts", json=body).json()["id"])


@pytest.fixture
def write(holded: Client, contact: str) -> Callable[..., str]:
    """Return a writer of documents of 121.00: ``write("invoices", approve=False, **fields)``."""

    def write(path: str = "invoices", *, approve: bool = True, **fields: Any) -> str:
        line = {"name": "Diseño", "units": 2, "price": 50, "taxes": ["s_iva_21"]}
        body = {"contact_id": contact, "date": "2026-11-01", "items": [line], **fields}
        answer = holded.post(f"/api/v2/{path}", json=body)
        assert answer.status_code == 201, answer.text
        id_ = str(answer.json()["id"])
        if approve and path != "estimates":  # which have their number at once
            holded.post(f"/api/v2/{path}/{id_}/approve").raise_for_status()
        return id_

    return write


V1_KEY = "d6fb65aa2e46d430bc898ed42d58dd78"  # the first account's, which never changes


@pytest.fixture
def v1(app: Flask) -> Iterator[Client]:
    """A client of API v1 with the first account's key."""
    with Client(
        transport=httpx.WSGITransport(app),
        base_url="http://holded.test/api/invoicing/v1",
        headers={"key": V1_KEY},
    ) as client:
        yield client


@pytest.fixture
def write_v1(v1: Client, contact: str) -> Callable[..., str]:
    """Return a writer of v1 documents of 121.00, drafts unless ``approveDoc`` is true."""

    def write(word: str = "invoice", **fields: Any) -> str:
        line = {"name": "Diseño", "units": 2, "subtotal": 50, "tax": 21}
        body = {"contactId": contact, "date": 1_767_222_000, "items": [line], **fields}
        answer = v1.post(f"/documents/{word}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return write
