"""Webhooks: only Holded's are believed, and each says what is to be read."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import httpx
import pytest
from flask import Flask, request

from portal.domain.errors import ForgedEvent
from portal.domain.events import ObjectKind
from portal.gateways.holded.events import read_event
from portal.sandbox.holded import webhooks

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
SECRET = "whsec_demo_secret"
# Computed once from the description, independently of this code.
BODY = (
    b'{"id":"5ab391071d6d820034294783","type":"invoice","documentNumber":"F260001",'
    b'"date":"2026-11-20","dueDate":"2026-12-20","contactId":"5aa939a95b70640009653d72",'
    b'"contactName":"Acme SL","total":"121.00","subtotal":"100.00","isDraft":false}'
)
SIGNATURE = "sha256=92ab313a6474fc7fce70ba96e775547c71459e0693c186781bf7dcdbc6f52752"


def headers(signature: str = SIGNATURE, event: str = "invoice.create", **changes: str):
    return {
        "X-Holded-Webhook-Event": event,
        "X-Holded-Webhook-Id": "evt_1",
        "X-Holded-Webhook-Account-Id": "acc_1",
        "X-Holded-Webhook-Date": "2026-06-18T11:10:35Z",
        "X-Holded-Webhook-Version": "v1",
        "X-Holded-Webhook-Signature": signature,
        **changes,
    }


def read(body: bytes = BODY, given=None, secrets=(SECRET,)):
    return read_event(body, given or headers(), secrets, account="acc_of_endpoint", now=NOW)


def signed(event: str, payload: object, **changes: str):
    body = json.dumps(payload).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return read(body, headers(signature, event, **changes))


def test_a_signed_webhook_says_what_to_read():
    event = read()

    assert (event.id, event.type, event.account) == ("evt_1", "invoice.create", "acc_1")
    assert (event.kind, event.object_id) == (ObjectKind.INVOICE, "5ab391071d6d820034294783")
    assert event.created_at == datetime(2026, 6, 18, 11, 10, 35, tzinfo=UTC)
    assert event.payload is None
    assert not event.is_deletion


def test_any_of_the_secrets_in_use_will_do():
    assert read(secrets=("new", SECRET)).id == "evt_1"


@pytest.mark.parametrize(
    ("body", "signature", "secrets"),
    [
        (BODY.replace(b"121.00", b"1.00"), SIGNATURE, (SECRET,)),
        (BODY + b" ", SIGNATURE, (SECRET,)),
        (b"", "sha256=" + hmac.new(SECRET.encode(), b"", hashlib.sha256).hexdigest(), (SECRET,)),
        (BODY, "", (SECRET,)),
        (BODY, SIGNATURE.removeprefix("sha256="), (SECRET,)),
        (BODY, SIGNATURE[:-1] + "0", (SECRET,)),
        (BODY, "sha256=ñ\udcff", (SECRET,)),
        (BODY, SIGNATURE, ("other",)),
        (BODY, SIGNATURE, ()),
        (BODY, "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest(), ("",)),
    ],
    ids=["tampered", "longer", "empty", "unsigned", "bare", "flipped", "foreign letters",
         "other secret", "no secret", "empty secret"],
)  # fmt: skip
def test_what_holded_did_not_sign_is_forged(body, signature, secrets):
    with pytest.raises(ForgedEvent):
        read(body, headers(signature), secrets)


@pytest.mark.parametrize("position", range(0, len(BODY), 7))
def test_any_flipped_byte_is_a_forgery(position):
    flipped = bytearray(BODY)
    flipped[position] ^= 1

    with pytest.raises(ForgedEvent):
        read(bytes(flipped))


@pytest.mark.parametrize("name", ["X-Holded-Webhook-Id", "X-Holded-Webhook-Event"])
@pytest.mark.parametrize("value", ["", "x" * 81], ids=["missing", "too long"])
def test_a_webhook_that_cannot_be_told_from_its_repeat_is_refused(name, value):
    with pytest.raises(ForgedEvent):
        read(given=headers(**{name: value}))


@pytest.mark.parametrize(
    ("event", "payload", "kind", "object_id", "is_deletion"),
    [
        ("invoice.approve", {"id": "i1"}, ObjectKind.INVOICE, "i1", False),
        ("invoice.delete", {"id": "i1"}, ObjectKind.INVOICE, "i1", True),
        ("creditnote.update", {"id": "n1"}, ObjectKind.CREDIT_NOTE, "n1", False),
        ("contact.update", {"id": "c1"}, ObjectKind.CUSTOMER, "c1", False),
        ("contact.delete", {"id": "c1", "deletedAt": "x"}, ObjectKind.CUSTOMER, "c1", True),
        ("payment.create", {"id": "p1", "contactId": "c1"}, ObjectKind.PAYMENTS, "c1", False),
        ("payment.delete", {"id": "p1", "contactId": "c1"}, ObjectKind.PAYMENTS, "c1", False),
        ("payment.create", {"id": "p1"}, ObjectKind.PAYMENTS, "", False),
        ("proform.create", {"id": "f1"}, ObjectKind.PROFORMA, "f1", False),
        ("proform.delete", {"id": "f1"}, ObjectKind.PROFORMA, "f1", True),
        ("estimate.create", {"id": "e1"}, None, "e1", False),
        ("stock.update", {"productId": "x"}, None, "", False),
        ("creditnote.create", {"id": None}, ObjectKind.CREDIT_NOTE, "", False),
        ("invoice.create", ["no object"], ObjectKind.INVOICE, "", False),
    ],
)
def test_each_kind_of_event_names_its_object(event, payload, kind, object_id, is_deletion):
    found = signed(event, payload)

    assert (found.kind, found.object_id) == (kind, object_id)
    assert found.is_deletion is is_deletion


def test_an_event_without_account_and_date_has_those_of_its_arrival():
    event = read(
        given=headers(**{"X-Holded-Webhook-Account-Id": "", "X-Holded-Webhook-Date": "today"})
    )

    assert (event.account, event.created_at) == ("acc_of_endpoint", NOW)


def test_what_the_sandbox_delivers_is_believed(sandbox, desk):
    hooks, received = Flask("hooks"), []

    @hooks.post("/hooks/holded/x")
    def hook() -> str:
        received.append(read_event(request.get_data(), request.headers, ["s"], account="", now=NOW))
        return ""

    desk.ask(
        "POST",
        "/_sandbox/webhooks",
        account="acc_sandbox",
        url="http://portal/hooks/holded/x",
        secret="s",
    )
    contact = desk.add_contact()
    invoice = desk.add_document(contact)
    webhooks.deliver(
        sandbox.extensions["holded_sandbox"], httpx.Client(transport=httpx.WSGITransport(hooks))
    )

    assert [(event.type, event.object_id) for event in received] == [
        ("contact.create", contact),
        ("invoice.create", invoice),
        ("invoice.approve", invoice),
    ]
    assert {event.account for event in received} == {"acc_sandbox"}
