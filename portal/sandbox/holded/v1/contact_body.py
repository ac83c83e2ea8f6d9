"""What a v1 body says of a contact, written into the record both versions share."""

from __future__ import annotations

from typing import Any

from portal.sandbox.holded import contacts, dates
from portal.sandbox.holded.accounts import state
from portal.sandbox.holded.v1 import custom_fields, extras
from portal.sandbox.holded.v1.answers import Refusal, needed, number
from portal.sandbox.holded.v1.contact_shape import ADDRESS, DEFAULT_TEXTS
from portal.sandbox.holded.v1.reading import Fields

TEXTS = {
    "custom_id": ("customId", "CustomId"),
    "code": ("code",),
    "vat_number": ("vatnumber",),
    "trade_name": ("tradeName",),
    "email": ("email",),
    "mobile": ("mobile",),
    "phone": ("phone",),
    "iban": ("iban",),
    "swift": ("swift",),
    "group_id": ("groupId",),
}
LANGUAGES = ("es", "en", "fr", "de", "it", "ca", "eu")
TAX_OPERATIONS = ("general", "intra", "impexp", "nosujeto", "receq", "exento")
DEFAULT_IDS = {
    "salesChannel": "sales_channel",
    "expensesAccount": "expenses_account",
    "paymentMethod": "payment_method",
}
DEFAULT_INTEGERS = {"dueDays": "due_days", "paymentDay": "payment_day", "discount": "discount"}
# Defaults that v2 does not know.
ONLY_V1_LISTS = ("salesTaxes", "purchasesTaxes")
ONLY_V1_TEXTS = (
    "accumulateInForm347", "expensesAccountName", "salesAccountName", "tax", "retention",
)  # fmt: skip
ONLY_V1_NUMBERS = ("salesTax", "purchasesTax", "expensesAccountRecord", "salesAccountRecord")
ONLY_V1_FLAGS = ("showTradeNameOnDocs", "showCountryOnDocs")
SERIES = ("invoice", "receipt", "salesOrder", "purchasesOrder", "proform", "waybill")
NETWORKS = ("facebook", "twitter", "linkedin", "instagram")


def take(contact: dict[str, Any], fields: Fields) -> None:
    """Write the fields a body names; the others stay, as v1's reference promises."""
    if fields.has("name"):
        contact["name"] = fields.text("name") or contact["name"]
    for stored, names in TEXTS.items():
        if fields.has(*names):
            contact[stored] = fields.text(*names)
    if fields.has("type"):
        contact["type"] = one_of(fields, "type", contacts.TYPES)
    if fields.has("isperson"):
        contact["is_person"] = fields.flag("isperson", False)
    if fields.has("tags"):
        contact["tags"] = fields.texts("tags")
    if fields.has("customFields"):
        contact["custom_fields"] = custom_fields.split(fields)
    if fields.has("billAddress"):
        part = fields.part("billAddress")
        given = address(part) | ({"info": part.text("info")} if part.has("info") else {})
        empty = dict.fromkeys(contacts.ADDRESS)
        contact["bill_address"] = empty | (contact["bill_address"] or {}) | given
    for name, stored in (("clientRecord", "client_record"), ("supplierRecord", "supplier_record")):
        if fields.has(name) and (record := fields.integer(name)):
            contact[stored] = {"num": record, "name": contact["name"]}
    if fields.has("socialNetworks"):
        take_networks(contact, fields.part("socialNetworks"))
    if fields.has("defaults"):
        take_defaults(contact, fields.part("defaults"))
    take_lists(contact, fields)
    take_only_v1(contact, fields)
    if contact["client_record"]:
        contact["client_record"]["name"] = contact["name"]
    contact["updated_at"] = dates.moment(state().now())


def address(fields: Fields) -> dict[str, Any]:
    """Return the lines of an address a body names; a postal code may come as a number."""
    return {stored: fields.text(name) for name, stored in ADDRESS.items() if fields.has(name)}


def take_networks(contact: dict[str, Any], fields: Fields) -> None:
    if fields.has("website"):
        contact["website"] = fields.text("website")
    others = {name: fields.text(name) for name in NETWORKS if fields.has(name)}
    if others:
        contact["social_networks"] = dict(contact["social_networks"] or {}) | others


def take_defaults(contact: dict[str, Any], fields: Fields) -> None:
    """Write defaults; an id of 0 is none, a language is one of the seven v1 takes."""
    defaults = dict.fromkeys(contacts.DEFAULTS) | (contact["defaults"] or {})
    for name, stored in DEFAULT_IDS.items():
        if fields.has(name):
            id_ = fields.text(name)
            defaults[stored] = None if id_ == "0" else id_
    for name, stored in DEFAULT_INTEGERS.items():
        if fields.has(name):
            defaults[stored] = fields.integer(name) or None
    for name, stored in DEFAULT_TEXTS.items():
        if fields.has(name):
            defaults[stored] = fields.text(name)
    if fields.has("language"):
        one_of(fields, "language", LANGUAGES)
    contact["defaults"] = defaults
    kept = extras.of("contact", contact["id"])
    only_v1 = kept.get("defaults", {})
    only_v1 |= {name: fields.texts(name) for name in ONLY_V1_LISTS if fields.has(name)}
    only_v1 |= {name: fields.text(name) for name in ONLY_V1_TEXTS if fields.has(name)}
    only_v1 |= {name: number(fields.number(name)) for name in ONLY_V1_NUMBERS if fields.has(name)}
    only_v1 |= {name: fields.flag(name, False) for name in ONLY_V1_FLAGS if fields.has(name)}
    extras.keep("contact", contact["id"], kept | {"defaults": only_v1})


def take_lists(contact: dict[str, Any], fields: Fields) -> None:
    """Write the lists of a contact; a list that is given replaces the one there was."""
    if fields.has("shippingAddresses"):
        contact["shipping_addresses"] = [
            {"shipping_id": each.text("shippingId") or state().new_id(), "name": each.text("name")}
            | dict.fromkeys(ADDRESS.values())
            | address(each)
            | {
                "notes": each.text("notes", "note"),
                "private_notes": each.text("privateNotes", "privateNote"),
            }
            for each in fields.parts("shippingAddresses")
        ]
    if note := fields.text("note"):
        contact["notes"].append(
            {
                "note_id": state().new_id(),
                "name": "",
                "description": note,
                "color": "",
                "updated_at": dates.moment(state().now()),
            }
        )
    if fields.has("contactPersons"):
        people = [
            (each.text("personId") or state().new_id(), each)
            for each in fields.parts("contactPersons")
        ]
        contact["contact_persons"] = [
            {
                "person_id": id_,
                "name": each.text("name"),
                "job": each.text("job"),
                "phone": each.text("phone"),
                "email": each.text("email"),
                "send_documents_by_default": each.flag("sendDocumentsByDefault", False),
            }
            for id_, each in people
        ]
        linkedin = {id_: each.text("linkedin") or "" for id_, each in people}
        kept = extras.of("contact", contact["id"])
        extras.keep("contact", contact["id"], kept | {"linkedin": linkedin})


def take_only_v1(contact: dict[str, Any], fields: Fields) -> None:
    kept = extras.of("contact", contact["id"])
    if fields.has("sepaRef"):
        kept["sepaRef"] = fields.text("sepaRef")
    if fields.has("sepaDate"):
        kept["sepaDate"] = fields.integer("sepaDate")
    if fields.has("taxOperation"):
        kept["taxOperation"] = one_of(fields, "taxOperation", TAX_OPERATIONS)
    if fields.has("numberingSeries"):
        part = fields.part("numberingSeries")
        series = {name: part.text(name) or "" for name in SERIES if part.has(name)}
        kept["numberingSeries"] = kept.get("numberingSeries", {}) | series
    if kept:
        extras.keep("contact", contact["id"], kept)


def one_of(fields: Fields, name: str, known: tuple[str, ...]) -> str | None:
    value = fields.text(name)
    if value is not None and value not in known:
        raise Refusal(f"{fields.where}{name} must be one of {', '.join(known)}")
    return value


def name_of(fields: Fields) -> str:
    """Return the name a new contact must have."""
    name = fields.text("name")
    if name is None:
        raise needed("name")
    return name
