"""Contacts: whom documents are made out to. Several may share one e-mail address."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Blueprint, request

from portal.sandbox.holded import bodies, dates, paging, webhooks
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.problems import bad_request, not_found, unsupported

blueprint = Blueprint("contacts", __name__)

Contact = dict[str, Any]

SCOPE = "contacts:contacts"
TYPES = ("client", "debtor", "supplier", "creditor", "lead")
TEXTS = ("code", "vat_number", "trade_name", "email", "mobile", "phone", "website", "type")
WRITABLE = ("name", *TEXTS, "is_person", "bill_address", "custom_fields", "defaults")
# Shown, and ignored when a caller sends them back: nothing in a body sets a custom_id.
SHOWN_ONLY = (
    "id", "custom_id", "iban", "swift", "group_id", "tags", "created_at", "updated_at",
    "client_record", "supplier_record", "shipping_addresses", "notes", "contact_persons",
    "extra_emails", "social_networks", "rate",
)  # fmt: skip
ADDRESS = ("address", "city", "postal_code", "province", "country", "country_code", "info")
DEFAULTS = (
    "sales_channel", "expenses_account", "due_days", "payment_day", "payment_method", "discount",
    "language", "currency", "sales_tax", "purchases_tax",
)  # fmt: skip


@blueprint.get("/contacts")
def listing() -> dict[str, Any]:
    permit(SCOPE, "list")
    return paging.page("contact", keep=paging.same("email", "custom_id", "code", "phone", "mobile"))


@blueprint.get("/contacts/search")
def search() -> dict[str, Any]:
    permit(SCOPE, "list")
    start = request.args.get("name", "").casefold()
    if not start:
        raise bad_request("name is required")
    return paging.page("contact", keep=lambda each: each["name"].casefold().startswith(start))


@blueprint.post("/contacts")
def create() -> tuple[dict[str, Any], int]:
    permit(SCOPE, "create")
    contact = blank(43_000_001 + state().count(account().id, "contact"))
    fill(contact, bodies.read((*WRITABLE, *SHOWN_ONLY)))
    state().insert(account().id, "contact", contact)
    announce("create", contact)
    return {"id": contact["id"]}, 201


@blueprint.get("/contacts/<id_>")
def get(id_: str) -> Contact:
    permit(SCOPE, "get")
    return found(id_)


@blueprint.put("/contacts/<id_>")
def replace(id_: str) -> dict[str, Any]:
    """Replace a contact in full: what the body leaves out becomes empty."""
    permit(SCOPE, "update")
    contact = found(id_)
    fill(contact, bodies.read((*WRITABLE, *SHOWN_ONLY)))
    state().save(account().id, "contact", contact)
    announce("update", contact)
    return {"status": 1}


@blueprint.delete("/contacts/<id_>")
def delete(id_: str) -> tuple[str, int]:
    """Delete a contact; its documents keep its name and lose the link."""
    permit(SCOPE, "delete")
    contact = found(id_)
    for kind in ("invoice", "creditnote", "proform", "estimate"):
        for document in list(state().each(account().id, kind, contact=id_)):
            state().save(account().id, kind, document | {"contact_id": None})
    state().remove(account().id, "contact", id_)
    payload = {
        "id": id_,
        "isPerson": contact["is_person"],
        "deletedAt": dates.moment(state().now()),
    }
    webhooks.emit(state(), account().id, "contact.delete", payload)
    return "", 204


@blueprint.get("/contacts/<id_>/portal-link")
def portal_link(id_: str) -> NoReturn:
    permit(SCOPE, "get")
    found(id_)
    raise unsupported("portal-link: the shape of its answer was never captured")


def found(id_: str) -> Contact:
    contact = state().find(account().id, "contact", id_)
    if contact is None:
        raise not_found()
    return contact


def blank(number: int) -> Contact:
    """Return an empty contact; Holded shows a missing record as ``[]``, not as null."""
    now = dates.moment(state().now())
    return {
        "id": state().new_id(), "custom_id": None, "iban": None, "swift": None, "group_id": None,
        "tags": [], "created_at": now, "updated_at": now,
        "client_record": {"num": number, "name": ""}, "supplier_record": [],
        "shipping_addresses": [], "notes": [], "contact_persons": [], "extra_emails": [],
        "social_networks": [], "rate": [],
    }  # fmt: skip


def fill(contact: Contact, body: Body) -> None:
    name = body.text("name", required=True, longest=500)
    if body.text("type") not in (None, *TYPES):
        raise bad_request(f"type must be one of {', '.join(TYPES)}")
    contact |= {
        "name": name,
        **{each: body.text(each, longest=500) for each in TEXTS},
        "is_person": body.flag("is_person", False),
        "bill_address": part(body, "bill_address", ADDRESS) or [],
        "custom_fields": body.mappings("custom_fields"),
        "defaults": part(body, "defaults", DEFAULTS) or dict.fromkeys(DEFAULTS),
        "updated_at": dates.moment(state().now()),
    }
    contact["client_record"]["name"] = name


def part(body: Body, name: str, known: tuple[str, ...]) -> dict[str, Any] | None:
    """Return a sub-record with all its fields, or None when it was left out."""
    given = body.mapping(name)
    if given is None:
        return None
    Body(given, f"{name}.").only(known)
    return {each: given.get(each) for each in known}


def announce(what: str, contact: Contact) -> None:
    payload = {
        "id": contact["id"],
        "name": contact["name"],
        "email": contact["email"],
        "isPerson": contact["is_person"],
        "createdAt": contact["created_at"],
    }
    webhooks.emit(state(), account().id, f"contact.{what}", payload)
