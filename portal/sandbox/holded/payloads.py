"""What webhooks tell of a document: little, in camelCase, amounts as strings."""

from __future__ import annotations

from typing import Any

from portal.sandbox.holded.kinds import Kind

# Kinds whose events tell more than the others'.
WIDE = ("salesorder", "waybill", "estimate")


def deleted(kind: Kind, document: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of a deletion."""
    return {
        "id": document["id"],
        "type": kind.name,
        "documentNumber": document["document_number"],
        "contactId": document["contact_id"],
    }


def of(kind: Kind, document: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of a creation, a change or an approval."""
    thin = deleted(kind, document) | {
        "date": document["date"],
        "dueDate": document["due_date"],
        "contactName": document["contact_name"],
        "total": document["total"],
        "subtotal": document["subtotal"],
        "isDraft": document["draft"],
    }
    return thin | wide(document) if kind.name in WIDE else thin


def wide(document: dict[str, Any]) -> dict[str, Any]:
    """Return what orders, delivery notes and estimates tell besides; null is what they lack."""
    return {
        "status": "cancelled" if document["_cancelled"] else "pending",
        "language": document["language"],
        "description": document["description"],
        "notes": document["notes"],
        "numberLineId": document["_series"],
        "currency": document["currency"],
        "paymentMethod": None,
        "paymentsTotal": None,
        "paymentsPending": None,
        "warehouseId": document["warehouse_id"],
        "marketplace": None,
        "trackingKey": document.get("tracking_key"),
        "trackingName": document.get("tracking_name"),
        "trackingNumber": document.get("tracking_number"),
        "accountingDate": document["accounting_date"],
        "approvedAt": document["approved_at"],
        "currencyChange": document["currency_change"],
        "discount": document["discount"],
        "tax": document["tax"],
        "tags": document["tags"],
        "customFields": document["custom_fields"],
        "lines": [{camel(key): value for key, value in line.items()} for line in document["lines"]],
        "payments": [],
        "comments": [],
    }


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)
