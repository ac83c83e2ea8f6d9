"""The body that replaces a draft of Holded's by itself with other custom fields.

What a PUT leaves out becomes empty, so a draft that Holded does not tell in full is refused: a
discount of the whole document comes as an amount and is taken as a per cent, and amounts of a
foreign document come in the currency of the books.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.domain.errors import GatewayRefused

AS_READ = (
    "contact_id", "contact_name", "description", "date", "due_date", "notes", "language",
    "currency", "tags", "warehouse_id", "project_id", "body", "payment_method_id",
)  # fmt: skip
OF_LINE = (
    "name", "description", "units", "price", "discount", "taxes", "tags", "product_id",
    "service_id", "variant_id", "sku", "weight", "cost_price", "account", "project_id",
    "unit_type",
)  # fmt: skip


def draft_with(
    document: Mapping[str, Any], fields: Sequence[tuple[str, str]], currency: str
) -> dict[str, Any]:
    """Return what to send; raises GatewayRefused `not_a_draft` or `not_replaceable`."""
    if document.get("draft") is not True:
        raise GatewayRefused("an approved document stays as it is", code="not_a_draft")
    lines = document.get("lines")
    is_foreign = str(document.get("currency") or currency).lower() != currency
    if is_foreign or not isinstance(lines, list) or not lines or _is_reduced(document):
        raise GatewayRefused("Holded does not tell all of this draft", code="not_replaceable")
    return {
        **{name: document[name] for name in AS_READ if document.get(name)},
        "items": [_line(line) for line in lines],
        "custom_fields": [{"field": name, "value": value} for name, value in fields],
    }


def _is_reduced(document: Mapping[str, Any]) -> bool:
    discount = str(document.get("discount") or "0")
    return discount.strip("0.,") != ""


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(line[name]) for name in OF_LINE if line.get(name) not in (None, "", [])}


def _plain(value: Any) -> Any:
    """Return decimals as texts, which lose nothing on the way."""
    return f"{value:f}" if isinstance(value, Decimal) else value
