"""The Holded sandbox in-process, the shipped adapter on it, and what a merchant does in Holded."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from flask import Flask

from portal.gateways.holded.v1 import HoldedV1
from portal.gateways.holded.v2 import HoldedV2
from portal.sandbox.holded import create_app
from portal.sandbox.holded.app import FIRST_ACCOUNT

BASE = "https://holded.test"
TOKEN = "pat_sandbox"
TOKENS = {HoldedV2: TOKEN, HoldedV1: FIRST_ACCOUNT.v1_key}
Adapter = type[HoldedV2] | type[HoldedV1]
Door = HoldedV2 | HoldedV1


@pytest.fixture
def adapter() -> Adapter:
    """The adapter under test; modules about another one, or about both, say so themselves."""
    return HoldedV2


@pytest.fixture
def sandbox() -> Flask:
    return create_app()


@pytest.fixture
def door(sandbox: Flask, adapter: Adapter) -> Callable[..., Door]:
    """Return a maker of adapters on the sandbox: ``door(token)``."""

    def door(token: str = "", *, currency: str = "eur") -> Door:
        return adapter(
            token or TOKENS[adapter],
            base=BASE,
            currency=currency,
            caller="portal-tests",
            transport=httpx.WSGITransport(sandbox),
        )

    return door


@pytest.fixture
def holded(door: Callable[..., Door]) -> Door:
    return door()


@pytest.fixture
def answering(adapter: Adapter) -> Callable[..., Door]:
    """Return a maker of adapters to whom every request gets one answer, or meets one error."""

    def answering(
        status: int = 200,
        *,
        json: Any = None,
        content: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        raises: type[Exception] | None = None,
    ) -> Door:
        def answer(request: httpx.Request) -> httpx.Response:
            if raises is not None:
                raise raises("on purpose")
            return httpx.Response(status, json=json, content=content, headers=headers)

        return adapter(
            TOKENS[adapter],
            base=BASE,
            currency="eur",
            caller="portal-tests",
            transport=httpx.MockTransport(answer),
        )

    return answering


class Desk:
    """A merchant at work in Holded itself."""

    def __init__(self, sandbox: Flask) -> None:
        self.client = httpx.Client(
            transport=httpx.WSGITransport(sandbox),
            base_url=BASE,
            headers={"Authorization": f"Bearer {TOKEN}"},
        )

    def add(self, path: str, **body: Any) -> str:
        answer = self.client.post(f"/api/v2/{path}", json=body)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def add_contact(self, name: str = "Acme SL", **fields: Any) -> str:
        return self.add("contacts", name=name, **fields)

    def add_document(
        self, contact: str, path: str = "invoices", *, approve: bool = True, **fields: Any
    ) -> str:
        """Write a document of 121.00: 100 and 21 % of tax."""
        line = {"name": "Design", "units": 2, "price": 50, "taxes": ["s_iva_21"]}
        body = {"contact_id": contact, "items": [line], "due_date": "2026-12-20"} | fields
        document = self.add(path, **body)
        if approve:
            self.client.post(f"/api/v2/{path}/{document}/approve").raise_for_status()
        return document

    def add_treasury(self, name: str = "Stripe", type: str = "gateway") -> str:
        return self.add("treasury/accounts", name=name, type=type)

    def ask(self, method: str, address: str, /, **body: Any) -> Any:
        answer = self.client.request(method, address, json=body or None)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def break_next(self, kind: str, **fields: Any) -> None:
        """Ask the sandbox for a fault."""
        self.ask("POST", "/_sandbox/faults", kind=kind, **fields)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What the sandbox was asked by the adapter under test."""
        every = self.ask("GET", "/_sandbox/requests.json")
        return [one for one in every if one["user_agent"].startswith("portal-tests")]

    @property
    def booked(self) -> list[dict[str, Any]]:
        """The payments that stand in Holded."""
        return list(self.ask("GET", "/_sandbox/ledger.json"))


@pytest.fixture
def desk(sandbox: Flask) -> Desk:
    return Desk(sandbox)


@pytest.fixture
def contact(desk: Desk) -> str:
    return desk.add_contact()
