"""What we write into Holded: drafts of documents, and contacts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from portal.domain.bills import Payer
from portal.domain.drafts import Draft, Item, SalesTax
from portal.gateways.holded.amounts import read

LONGEST_TEXT = 500
# The languages a contact of Holded may have.
LANGUAGES = frozenset({"es", "en", "fr", "de", "it", "ca", "eu"})


def draft(wanted: Draft) -> dict[str, Any]:
    """Write the body of an invoice or a credit note."""
    body: dict[str, Any] = {
        "contact_id": wanted.contact,
        "date": wanted.day.isoformat(),
        "description": wanted.description,
        "tags": [wanted.tag],
        "items": [_item(item) for item in wanted.items],
    }
    if wanted.due_on is not None:
        body["due_date"] = wanted.due_on.isoformat()
    if wanted.series:
        body["number_line_id"] = wanted.series
    return body


def contact(payer: Payer, language: str) -> dict[str, Any]:
    """Write the body of a contact; `language` is left out where Holded does not know it."""
    address = payer.address
    body: dict[str, Any] = {"name": payer.name or payer.email, "type": "client"}
    told = {
        "code": payer.tax_number,
        "vat_number": payer.vat_number,
        "email": payer.email,
        "phone": payer.phone,
    }
    body |= {name: value for name, value in told.items() if value}
    if not address.is_empty:
        body["bill_address"] = {
            "address": ", ".join(part for part in (address.line1, address.line2) if part),
            "city": address.city,
            "postal_code": address.postal_code,
            "province": address.state,
            "country_code": address.country,
        }
    if language in LANGUAGES:
        body["defaults"] = {"language": language}
    return body


def sales_tax(row: Mapping[str, Any]) -> SalesTax | None:
    """Read a tax; None for one on purchases, or one that is switched off."""
    key = str(row.get("key") or "")
    is_on_sales = key.startswith("s_") and row.get("scope") != "purchases"
    if not is_on_sales or row.get("status") is False:
        return None
    return SalesTax(key=key, name=str(row.get("name") or ""), percent=read(row.get("amount")))


def _item(item: Item) -> dict[str, Any]:
    return {
        "name": item.text[:LONGEST_TEXT],
        "units": item.units,
        "price": _number(item.price),
        "discount": _number(item.discount),
        "taxes": list(item.taxes),
    }


def _number(value: Decimal) -> float | int:
    """Return a number that JSON writes with the same digits: Holded takes no text for a price.

    Up to fifteen digits are written as they are; sums of bills have fewer.
    """
    return int(value) if value == value.to_integral_value() else float(value)
