"""What a v1 body says of a document, in the words of the rules both versions share."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portal.sandbox.holded import amounts, bodies, taxes
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.documents import Document, Kind
from portal.sandbox.holded.v1 import custom_fields, document_contact, extras
from portal.sandbox.holded.v1.answers import Refusal, needed, unsupported
from portal.sandbox.holded.v1.kinds import PURCHASES
from portal.sandbox.holded.v1.reading import Fields

MOST_DAYS = 3_650
SHIPPING = (
    "shippingAddress", "shippingPostalCode", "shippingCity", "shippingProvince", "shippingCountry",
)  # fmt: skip


class Draft(bodies.Body):
    """A v2 body made here from a v1 one; v1 requires a date and a contact, and no lines."""

    lines_required = False


def draft(kind: Kind, fields: Fields) -> Draft:
    """Return the v2 body of the document to create.

    Amounts are in the document's currency and divided by ``currencyChange`` by the shared rule.
    The contact's defaults count unless ``applyContactDefaults`` is false.
    """
    if fields.value("directDebitProvider"):
        raise unsupported("directDebitProvider: there is no direct debit to trigger")
    day = fields.day("date")
    if day is None:
        raise needed("date")
    contact = document_contact.of(kind, fields)
    defaults = contact_defaults(contact) if fields.flag("applyContactDefaults", True) else {}
    if defaults.get("discount") and not fields.has("discount"):
        raise unsupported("a contact's default discount: pass discount or applyContactDefaults")
    body: dict[str, Any] = {
        "contact_id": contact["id"],
        "date": day,
        "due_date": fields.day("dueDate") or due(day, defaults),
        "description": fields.text("desc"),
        "notes": fields.text("notes"),
        "language": fields.text("language") or defaults.get("language") or account().language,
        "currency": fields.text("currency") or defaults.get("currency"),
        "currency_change": fields.number("currencyChange"),
        "tags": fields.texts("tags"),
        "custom_fields": custom_fields.split(fields),
        "number_line_id": series(kind, fields),
        "warehouse_id": fields.text("warehouseId"),
        "discount": fields.number("discount"),
        "items": lines(kind, fields, defaults),
    }
    if kind.payable:
        body["payment_method_id"] = fields.text("paymentMethodId")
    return Draft(body)


def private(document: Document, fields: Fields) -> None:
    """Write what only v1 knows of a new document, and its own number if the body gives one."""
    document["_v1"] = {
        "salesChannelId": channel(fields),
        "designId": fields.text("designId"),
        **{name: fields.text(name) for name in SHIPPING},
    }
    document["_number"] = fields.text("invoiceNum")
    if document["_number"] and not document["draft"]:
        document["document_number"] = document["_number"]
    if not fields.flag("applyContactDefaults", True) and "payment_method_id" in document:
        document["payment_method_id"] = fields.text("paymentMethodId")


def contact_defaults(contact: dict[str, Any]) -> dict[str, Any]:
    """Return a contact's defaults: the shared ones in v2's words, those of v1 in its own."""
    only_v1: dict[str, Any] = extras.of("contact", contact["id"]).get("defaults", {})
    return {**(contact["defaults"] or {}), **only_v1}


def due(day: str, defaults: dict[str, Any]) -> str | None:
    """Return the day the contact's ``dueDays`` make due, if it has any."""
    days_ = defaults.get("due_days")
    if not isinstance(days_, int) or days_ <= 0:
        return None
    if days_ > MOST_DAYS:
        raise Refusal(f"dueDays of the contact must be at most {MOST_DAYS}")
    return (date.fromisoformat(day) + timedelta(days=days_)).isoformat()


def series(kind: Kind, fields: Fields) -> str | None:
    """Return the id of the numbering series asked for, which must be one of the kind."""
    id_ = fields.text("numSerieId")
    if id_ is None:
        return None
    found = state().find(account().id, "numbering_series", id_)
    if found is None or found["type"] != kind.name:
        raise Refusal("numSerieId: there is no such numbering series for this docType")
    return id_


def channel(fields: Fields) -> str | None:
    """Return the sales channel by id, or by ``salesChannel``, the number of its account."""
    id_, account_number = fields.text("salesChannelId"), fields.integer("salesChannel")
    if id_ is not None or not account_number:
        return id_
    for each in state().each(account().id, "sales_channel"):
        if each.get("account_num") == account_number:
            return str(each["id"])
    raise Refusal("salesChannel: there is no sales channel of that account number")


def lines(kind: Kind, fields: Fields, defaults: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of a body; written as ``items``, or ``products`` as in an example."""
    return [line(kind, each, defaults) for each in fields.parts("items", "products")]


def line(kind: Kind, item: Fields, defaults: dict[str, Any]) -> dict[str, Any]:
    """Return a line; ``subtotal`` is the price of one unit, whatever its name says."""
    sold = catalogued(item)
    price = item.number("subtotal")
    if price is None:
        if not sold:
            raise unsupported(f"{item.where}subtotal is missing, the price of one unit")
        price = Decimal(sold.get("price") or 0)
    name = item.text("name") or sold.get("name")
    if name is None:
        raise needed(f"{item.where}name")
    product, _, variant = (item.text("productId") or sold.get("product_id") or "").partition("#")
    return {
        "name": name,
        "description": item.text("desc"),
        "price": price,
        "units": item.number("units"),
        "discount": item.number("discount"),
        "taxes": line_taxes(kind, item, defaults),
        "tags": item.texts("tags"),
        "product_id": product or None,
        "variant_id": variant or None,
        "service_id": item.text("serviceId"),
        "sku": item.text("sku") or sold.get("sku"),
        "weight": item.number("weight"),
        "cost_price": item.number("costPrice"),
        "account": item.text("accountingAccountId"),
        "project_id": item.text("projectid", "projectId"),
    }


def catalogued(item: Fields) -> dict[str, Any]:
    """Return the product or service a line names by id or by sku: its name, price and sku."""
    service, sku = item.text("serviceId"), item.text("sku")
    product = (item.text("productId") or "").partition("#")[0]
    if service:
        return state().find(account().id, "service", service) or {}
    if product:
        found = state().find(account().id, "product", product)
        return found | {"product_id": product} if found else {}
    if sku:
        for each in state().each(account().id, "product"):
            if each.get("sku") == sku:
                return each | {"product_id": each["id"]}
    return {}


def line_taxes(kind: Kind, item: Fields, defaults: dict[str, Any]) -> list[str]:
    """Return the tax keys of a line: ``taxes``, or the key of the percentage ``tax``, or the
    contact's default.
    """
    keys = item.texts("taxes")
    percentage = item.value("tax")
    if keys:
        return keys
    if isinstance(percentage, str) and percentage in taxes.rates():
        return [percentage]
    rate = item.number("tax")
    if rate is not None:
        return key_of(kind, rate)
    side = "purchases" if kind.name in PURCHASES else "sales"
    if defaults.get(f"{side}Taxes"):
        return list(defaults[f"{side}Taxes"])
    rate = defaults.get(f"{side}Tax")
    return key_of(kind, Decimal(rate)) if rate else []


def key_of(kind: Kind, rate: Decimal) -> list[str]:
    """Return the account's tax of a percentage; none is needed for 0 %."""
    prefix = "p_" if kind.name in PURCHASES else "s_"
    for key, amount in taxes.rates().items():
        if key.startswith(prefix) and amount == rate and "_ret_" not in key:
            return [key]
    if rate == 0:
        return []
    raise unsupported(f"the account has no tax of {amounts.plain(rate)} % for a {kind.name}")
