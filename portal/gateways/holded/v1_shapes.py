"""The first API's objects in the names and units of the second, so that one translation reads both.

Names are camelCase, a few are other words, and days are unix seconds, as its reference has them and
live accounts showed. Amounts are JSON numbers, which were read as exact decimals.
"""

import re
from collections.abc import Mapping
from typing import Any

from portal.gateways.holded.dates import day_of_seconds

# Where the second API has another word, beside its own way of writing names.
OTHER_WORDS = {
    "contact": "contact_id",
    "desc": "description",
    "doc_number": "document_number",
    "multipledue_date": "multiple_due_dates",
    "products": "lines",
    "vatnumber": "vat_number",
}
# The only status of the first API that can be trusted.
CANCELLED = 3
SPANISH_POSTAL_CODE = 5
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def document(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an invoice or credit note as the second API would show it. Raises Unreadable."""
    found: dict[str, Any] = _respelled(told)
    found["status"] = "cancelled" if str(told.get("status")) == str(CANCELLED) else ""
    for name in ("date", "due_date"):
        found[name] = _iso(found.get(name))
    # Whether a document tells its payment method, and under which of the two names, is not known.
    found.setdefault("payment_method_id", found.get("payment_method"))
    parts = found.get("multiple_due_dates")
    if isinstance(parts, list):
        found["multiple_due_dates"] = [
            {**part, "date": _iso(part.get("date"))} for part in parts if isinstance(part, dict)
        ]
    return found


def contact(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a contact as the second API would show it."""
    found: dict[str, Any] = _respelled(told)
    for person in found.get("contact_persons") or ():
        if isinstance(person, dict):
            wants = person.get("send_documents_by_default")
            person["send_documents_by_default"] = str(wants).lower() in {"true", "1"}
    defaults = found.get("defaults")
    if isinstance(defaults, dict) and not defaults.get("payment_method"):
        defaults["payment_method"] = ""  # it comes as 0
    for address in (found.get("bill_address"), *(found.get("shipping_addresses") or ())):
        if isinstance(address, dict):
            address["postal_code"] = _postal_code(address)
    return found


def _postal_code(address: Mapping[str, Any]) -> Any:
    """Return the code; one that came as a number has lost its leading zero (8767 is 08767)."""
    code = address.get("postal_code")
    is_spanish = str(address.get("country_code")).upper() == "ES"
    if isinstance(code, int) and not isinstance(code, bool) and is_spanish:
        return f"{code:0{SPANISH_POSTAL_CODE}d}"
    return code


def _respelled(value: Any) -> Any:
    if isinstance(value, list):
        return [_respelled(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {_name(name): _respelled(each) for name, each in value.items()}


def _name(name: str) -> str:
    snake = _CAPITAL.sub(r"_\1", name).lower()
    return OTHER_WORDS.get(snake, snake)


def _iso(value: object) -> str | None:
    found = day_of_seconds(value)
    return found.isoformat() if found is not None else None
