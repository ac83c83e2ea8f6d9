"""Webhooks: thin, signed, at least once, kept over a restart."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from portal.sandbox.holded import create_app, webhooks

Write = Callable[..., str]
URL = "http://portal.test/hooks/holded/1"
LATER = 1e12


class Receiver:
    """What a merchant's server would have received."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[httpx.Request] = []
        self.client = httpx.Client(transport=httpx.MockTransport(self.take))

    def take(self, request: httpx.Request) -> httpx.Response:
        if self.status == 0:
            raise httpx.ConnectError("nobody there")
        self.got.append(request)
        return httpx.Response(self.status)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(each.content) for each in self.got]

    def events(self) -> list[str]:
        return [each.headers["x-holded-webhook-event"] for each in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.client.close()


@pytest.fixture
def listening(holded: httpx.Client, contact: str) -> str:
    body = {"account": "acc_sandbox", "url": URL, "secret": "whsec_demo_secret"}
    holded.post("/_sandbox/webhooks", json=body).raise_for_status()
    return contact


def test_the_signature_is_the_providers() -> None:
    body = (
        b'{"id":"5ab391071d6d820034294783","type":"invoice","documentNumber":"F260001",'
        b'"date":"2026-11-20","dueDate":"2026-12-20","contactId":"5aa939a95b70640009653d72",'
        b'"contactName":"Acme SL","total":"121.00","subtotal":"100.00","isDraft":false}'
    )

    assert webhooks.signature("whsec_demo_secret", body) == (
        "sha256=92ab313a6474fc7fce70ba96e775547c71459e0693c186781bf7dcdbc6f52752"
    )


def test_an_approval_is_told_thinly_and_signed(
    app: Flask, write: Write, listening: str, receiver: Receiver
) -> None:
    id_ = write(due_date="2026-12-01")

    webhooks.deliver(app.extensions["holded_sandbox"], receiver.client)

    assert receiver.events() == ["invoice.create", "invoice.approve"]
    assert receiver.bodies()[1] == {
        "id": id_,
        "type": "invoice",
        "documentNumber": "F260001",
        "contactId": listening,
        "date": "2026-11-01",
        "dueDate": "2026-12-01",
        "contactName": "Taller Ñandú SL",
        "total": "121.00",
        "subtotal": "100.00",
        "isDraft": False,
    }
    request = receiver.got[1]
    signed = hmac.new(b"whsec_demo_secret", request.content, hashlib.sha256).hexdigest()
    assert request.headers["x-holded-webhook-signature"] == f"sha256={signed}"
    assert request.headers["x-holded-webhook-account-id"] == "acc_sandbox"
    assert request.headers["x-holded-webhook-version"] == "v1"


@pytest.mark.usefixtures("listening")
def test_a_payment_is_told_by_its_id_and_by_the_invoice(
    app: Flask, holded: httpx.Client, write: Write, receiver: Receiver
) -> None:
    id_ = write()
    holded.post(f"/api/v2/invoices/{id_}/payments")

    webhooks.deliver(app.extensions["holded_sandbox"], receiver.client)

    assert receiver.events()[2:] == ["payment.create", "invoice.update"]
    assert list(receiver.bodies()[2]) == ["id"]


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("failure", [500, 0, 404, 302])
def test_a_delivery_that_is_not_taken_comes_again_under_the_same_id(
    app: Flask, write: Write, receiver: Receiver, failure: int
) -> None:
    state = app.extensions["holded_sandbox"]
    write(approve=False)
    receiver.status = failure
    assert webhooks.deliver(state, receiver.client) == 0

    receiver.status = 200
    assert webhooks.deliver(state, receiver.client) == 0, "it waits before it comes again"
    assert webhooks.deliver(state, receiver.client, LATER) == 1
    assert webhooks.deliver(state, receiver.client, LATER) == 0

    assert len({each.headers["x-holded-webhook-id"] for each in receiver.got}) == 1


def test_what_was_not_delivered_survives_a_restart(
    tmp_path: Path, connect: Callable[..., httpx.Client], receiver: Receiver
) -> None:
    client = connect(to=create_app(tmp_path))
    client.post("/_sandbox/webhooks", json={"account": "acc_sandbox", "url": URL})
    client.post("/api/v2/contacts", json={"name": "Una SL", "email": "ana@example.com"})

    again = create_app(tmp_path)
    webhooks.deliver(again.extensions["holded_sandbox"], receiver.client)

    assert receiver.events() == ["contact.create"]
    assert receiver.bodies()[0]["email"] == "ana@example.com"


@pytest.mark.usefixtures("listening")
def test_a_refused_change_tells_nobody(
    app: Flask, holded: httpx.Client, write: Write, receiver: Receiver
) -> None:
    holded.post("/api/v2/invoices/000000000000000000000000/approve")
    holded.post("/api/v2/contacts", json={"name": ""})

    webhooks.deliver(app.extensions["holded_sandbox"], receiver.client)

    assert receiver.got == []


@pytest.mark.usefixtures("listening")
def test_a_delivery_can_be_replayed(
    app: Flask, holded: httpx.Client, write: Write, receiver: Receiver
) -> None:
    state = app.extensions["holded_sandbox"]
    write(approve=False)
    webhooks.deliver(state, receiver.client)
    (sent,) = holded.get("/_sandbox/webhooks").json()["deliveries"]

    holded.post("/_sandbox/webhooks/replay", json={"seq": sent["seq"]}).raise_for_status()
    webhooks.deliver(state, receiver.client)

    assert len(receiver.got) == 2
    assert receiver.got[0].content == receiver.got[1].content
