"""A contact as v1 shows it."""

from __future__ import annotations

from typing import Any

from portal.sandbox.holded.v1 import custom_fields, days, extras

ADDRESS = {
    "address": "address",
    "city": "city",
    "postalCode": "postal_code",
    "province": "province",
    "country": "country",
    "countryCode": "country_code",
}
# Ids and counts of which v1 shows 0 when there is none, and texts of which it shows "".
DEFAULT_NUMBERS = {
    "salesChannel": "sales_channel",
    "expensesAccount": "expenses_account",
    "dueDays": "due_days",
    "paymentMethod": "payment_method",
    "paymentDay": "payment_day",
    "discount": "discount",
}
DEFAULT_TEXTS = {"language": "language", "currency": "currency"}
UNSET_DEFAULTS = {"salesTax": 0, "purchasesTax": 0, "tax": "default", "retention": "default"}


def shown(contact: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of v1's reference, and those seen live (vatnumber, isperson, …)."""
    only_v1 = extras.of("contact", contact["id"])
    address = contact["bill_address"] or {}
    return {
        "id": contact["id"],
        "customId": contact["custom_id"] or "",
        "name": contact["name"],
        "code": contact["code"] or "",
        "vatnumber": contact["vat_number"] or "",
        "tradeName": contact["trade_name"] or "",
        "email": contact["email"] or "",
        "mobile": contact["mobile"] or "",
        "phone": contact["phone"] or "",
        "type": contact["type"] or "",
        "isperson": contact["is_person"],
        "iban": contact["iban"] or "",
        "swift": contact["swift"] or "",
        "sepaRef": only_v1.get("sepaRef") or "",
        "sepaDate": only_v1.get("sepaDate"),
        "groupId": contact["group_id"] or "",
        "taxOperation": only_v1.get("taxOperation") or "",
        "clientRecord": (contact["client_record"] or {}).get("num") or 0,
        "supplierRecord": (contact["supplier_record"] or {}).get("num") or 0,
        "billAddress": {
            **{name: address.get(stored) or "" for name, stored in ADDRESS.items()},
            "info": address.get("info") or "",
        },
        "shippingAddresses": [shipping(each) for each in contact["shipping_addresses"]],
        "defaults": defaults(contact["defaults"] or {}, only_v1.get("defaults", {})),
        "numberingSeries": only_v1.get("numberingSeries", {}),
        "socialNetworks": {"website": contact["website"] or ""}
        | dict(contact["social_networks"] or {}),
        "tags": contact["tags"],
        "notes": [note(each) for each in contact["notes"]],
        "contactPersons": [
            person(each, only_v1.get("linkedin", {})) for each in contact["contact_persons"]
        ],
        "customFields": custom_fields.shown(contact["custom_fields"]),
        "createdAt": days.moment(contact["created_at"]),
        "updatedAt": days.moment(contact["updated_at"]),
    }


def defaults(stored: dict[str, Any], only_v1: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: stored.get(key) or 0 for name, key in DEFAULT_NUMBERS.items()},
        **{name: stored.get(key) or "" for name, key in DEFAULT_TEXTS.items()},
        **UNSET_DEFAULTS,
        **only_v1,
    }


def shipping(stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "shippingId": stored["shipping_id"],
        "name": stored.get("name") or "",
        **{name: stored.get(key) or "" for name, key in ADDRESS.items()},
        "notes": stored.get("notes") or "",
        "privateNotes": stored.get("private_notes") or "",
    }


def note(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a note; one written through an API has no user."""
    return {
        "noteId": stored["note_id"],
        "name": stored.get("name") or "",
        "description": stored.get("description") or "",
        "color": stored.get("color") or "",
        "updatedAt": days.moment(stored.get("updated_at")),
        "userId": "",
    }


def person(stored: dict[str, Any], linkedin: dict[str, str]) -> dict[str, Any]:
    return {
        "personId": stored["person_id"],
        "name": stored.get("name") or "",
        "job": stored.get("job") or "",
        "phone": stored.get("phone") or "",
        "email": stored.get("email") or "",
        "sendDocumentsByDefault": bool(stored.get("send_documents_by_default")),
        "linkedin": linkedin.get(stored["person_id"], ""),
    }
