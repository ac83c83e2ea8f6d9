"""Which change tells which events, and what each carries."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from portal.sandbox.holded import webhooks

Write = Callable[..., str]
THIN = {
    "id", "type", "documentNumber", "contactId", "date", "dueDate", "contactName", "total",
    "subtotal", "isDraft",
}  # fmt: skip
WITH_APPROVALS = {
    "invoices": "invoice", "credit-notes": "creditnote", "sales-receipts": "salesreceipt",
    "receipt-notes": "receiptnote",
}  # fmt: skip
WITHOUT = {"proformas": "proform", "sales-orders": "salesorder", "waybills": "waybill"}


@pytest.fixture
def told(holded: httpx.Client, contact: str) -> Callable[[], list[tuple[str, dict[str, Any]]]]:
    """Return a reader of what the events since then told: (event, payload), oldest first."""
    assert contact
    body = {"account": "acc_sandbox", "url": "http://portal.test/h"}
    holded.post("/_sandbox/webhooks", json=body).raise_for_status()

    def told() -> list[tuple[str, dict[str, Any]]]:
        sent = holded.get("/_sandbox/webhooks").json()["deliveries"]
        return [(each["event"], json.loads(each["body"])) for each in reversed(sent)]

    return told


def names(told: Callable[[], list[tuple[str, dict[str, Any]]]]) -> list[str]:
    return [event for event, _ in told()]


def test_the_events_are_the_providers() -> None:
    assert len(webhooks.EVENTS) == 58
    assert len(set(webhooks.EVENTS)) == 58
    assert {"stock.update", "receiptnote.approve", "warehouse.delete"} <= set(webhooks.EVENTS)
    assert not {"proform.approve", "stock.create", "invoice.paid"} & set(webhooks.EVENTS)


@pytest.mark.parametrize(("path", "kind"), WITH_APPROVALS.items())
def test_the_life_of_a_document_that_is_approved(
    holded: httpx.Client, write: Write, told: Any, path: str, kind: str
) -> None:
    id_ = write(path, approve=False)
    holded.put(f"/api/v2/{path}/{id_}/pipeline", json={"pipeline_id": "p"})
    holded.post(f"/api/v2/{path}/{id_}/approve")
    holded.post(f"/api/v2/{path}/{id_}/payments")

    assert names(told) == [
        f"{kind}.create", f"{kind}.update", f"{kind}.approve", "payment.create", f"{kind}.update",
    ]  # fmt: skip
    assert set(told()[2][1]) == THIN
    assert (told()[2][1]["type"], told()[2][1]["isDraft"]) == (kind, False)


@pytest.mark.parametrize(("path", "kind"), WITHOUT.items())
def test_an_approval_without_an_event_is_told_as_an_update(
    write: Write, told: Any, path: str, kind: str
) -> None:
    write(path)

    assert names(told) == [f"{kind}.create", f"{kind}.update"]


def test_an_order_tells_more_than_an_invoice(write: Write, told: Any) -> None:
    write("sales-orders", notes="Interno")

    payload = told()[0][1]
    assert set(payload) > THIN
    assert (payload["notes"], payload["lines"][0]["costPrice"]) == ("Interno", "0")


def test_a_deletion_tells_little(holded: httpx.Client, write: Write, told: Any) -> None:
    id_ = write(approve=False)
    holded.delete(f"/api/v2/invoices/{id_}")

    event, payload = told()[-1]
    assert (event, set(payload)) == (
        "invoice.delete",
        {"id", "type", "documentNumber", "contactId"},
    )


def test_the_life_of_a_contact(holded: httpx.Client, told: Any) -> None:
    id_ = holded.post("/api/v2/contacts", json={"name": "Una SL"}).json()["id"]
    holded.put(f"/api/v2/contacts/{id_}", json={"name": "Dos SL"})
    holded.post("/api/v2/contacts/bulk-delete", json={"contact_ids": [id_]})

    assert names(told) == ["contact.create", "contact.update", "contact.delete"]
    assert set(told()[0][1]) == {"id", "name", "email", "isPerson", "createdAt"}
    assert set(told()[2][1]) == {"id", "isPerson", "deletedAt"}


def test_the_life_of_a_product(holded: httpx.Client, told: Any) -> None:
    body = {
        "name": "Silla", "kind": "simple", "has_stock": True, "for_sale": True,
        "for_purchase": False, "stock": 3,
    }  # fmt: skip
    holded.post("/api/v2/warehouses", json={"name": "Nave"}).raise_for_status()
    id_ = holded.post("/api/v2/products", json=body).json()["id"]
    change = {"name": "Mesa", "for_sale": True, "for_purchase": False, "archived": False}
    holded.put(f"/api/v2/products/{id_}", json=change)
    holded.delete(f"/api/v2/products/{id_}")

    assert names(told) == [
        "warehouse.create", "product.create", "stock.update", "product.update", "product.delete",
    ]  # fmt: skip
    stock = told()[2][1]
    assert (stock["productId"], stock["stockVariation"], stock["calculatedStock"]) == (
        id_,
        "3",
        "3",
    )
    assert set(told()[4][1]) == {"id", "kind", "deletedAt"}


def test_services_and_warehouses_tell_their_lives(holded: httpx.Client, told: Any) -> None:
    for path, change in (("services", "PUT"), ("warehouses", "PATCH")):
        id_ = holded.post(f"/api/v2/{path}", json={"name": "A"}).json()["id"]
        holded.request(change, f"/api/v2/{path}/{id_}", json={"name": "B"})
        holded.delete(f"/api/v2/{path}/{id_}")

    assert names(told) == [
        f"{kind}.{what}"
        for kind in ("service", "warehouse")
        for what in ("create", "update", "delete")
    ]


def test_a_payment_that_is_changed_or_deleted_is_told(
    holded: httpx.Client, write: Write, told: Any
) -> None:
    id_ = write()
    holded.post(f"/api/v2/invoices/{id_}/payments", json={"amount": "21"})
    (payment,) = holded.get("/api/v2/payments").json()["items"]
    change = {"type": "collection", "amount": "22", "date": "2026-11-02"}
    holded.put(f"/api/v2/payments/{payment['id']}", json=change)
    holded.delete(f"/api/v2/payments/{payment['id']}")

    assert names(told)[4:] == [
        "payment.update", "invoice.update", "payment.delete", "invoice.update",
    ]  # fmt: skip
