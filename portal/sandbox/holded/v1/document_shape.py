"""A document as v1 shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portal.sandbox.holded import documents
from portal.sandbox.holded.documents import Document
from portal.sandbox.holded.v1 import custom_fields, days
from portal.sandbox.holded.v1.answers import number

STATUSES = {"pending": 0, "completed": 1, "partial": 2, "cancelled": 3}


def shown(document: Document) -> dict[str, Any]:
    """Return the fields of v1's reference, and ``tags``, ``from`` and ``approvedAt`` seen live.

    ``tax`` and ``discount`` are amounts. A draft has no number and no ``approvedAt``, and says
    ``status`` 0 as an approved document without payments does.
    """
    private = document.get("_v1", {})
    source = document["from"]
    return {
        "id": document["id"],
        "contact": document["contact_id"] or "",
        "contactName": document["contact_name"],
        "desc": document["description"] or "",
        "date": days.seconds(document["date"]),
        "dueDate": days.seconds(document["due_date"]),
        "notes": document["notes"] or "",
        "products": [line(each) for each in document["lines"]],
        "tax": number(document["tax"]),
        "subtotal": number(document["subtotal"]),
        "discount": number(document["discount"]),
        "total": number(document["total"]),
        "language": document["language"],
        "status": STATUSES[documents.status_of(document)],
        "customFields": custom_fields.shown(document["custom_fields"]),
        "tags": document["tags"],
        "docNumber": document["document_number"] or "",
        "currency": document["currency"],
        "currencyChange": number(document["currency_change"]),
        "paymentsTotal": number(documents.paid_of(document)),
        "paymentsPending": number(documents.pending_of(document)),
        "paymentsRefunds": number(document.get("payments_refunds")),
        "salesChannelId": private.get("salesChannelId") or "",
        "from": {"id": source["id"], "docType": source["doc_type"]} if source else None,
        "approvedAt": days.moment(document["approved_at"]),
    }


def line(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a line: ``price`` is net and of one unit, ``tax`` and ``discount`` are percentages."""
    product, variant = stored["product_id"] or "", stored["variant_id"]
    return {
        "name": stored["name"],
        "desc": stored["description"],
        "price": number(stored["price"]),
        "units": number(stored["units"]),
        "tax": number(stored["tax"]),
        "taxes": stored["taxes"],
        "discount": number(stored["discount"]),
        "retention": number(stored["retention"]),
        "weight": number(stored["weight"]),
        "costPrice": number(stored["cost_price"]),
        "sku": stored["sku"] or "",
        "productId": f"{product}#{variant}" if variant else product,
        "serviceId": stored["service_id"] or "",
        "account": stored["account"] or "",
        "projectid": stored["project_id"] or "",
        "tags": stored["tags"],
    }


def payment_state(document: Document) -> str:
    """Return what the filter ``paid`` compares: "0" not paid, "1" paid, "2" partly paid."""
    paid, pending = documents.paid_of(document), documents.pending_of(document)
    if not paid:
        return "0"
    return "1" if pending <= Decimal(0) else "2"
