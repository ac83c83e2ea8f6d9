"""Plain records: created, read, replaced and deleted, and nothing else happens to them.

Contact groups, sales channels, expense accounts, services and warehouses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.sandbox.holded import amounts, bodies, paging, taxes, webhooks
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.contacts import part
from portal.sandbox.holded.problems import not_found

blueprint = Blueprint("records", __name__)

Record = dict[str, Any]
Field = Callable[[Body, str], Any]


def text(body: Body, name: str) -> str | None:
    return body.text(name)


def required(body: Body, name: str) -> str | None:
    return body.text(name, required=True)


def empty_text(body: Body, name: str) -> str:
    return body.text(name) or ""


def integer(body: Body, name: str) -> int | None:
    return body.integer(name)


def amount(body: Body, name: str) -> str:
    return amounts.text(body.number(name, ZERO))


def quantity(body: Body, name: str) -> str:
    return amounts.plain(body.number(name, ZERO))


def texts(body: Body, name: str) -> list[str]:
    return body.texts(name)


def tax_keys(body: Body, name: str) -> list[str]:
    keys = body.texts(name)
    for key in keys:
        taxes.rate(key)
    return keys


def switch(body: Body, name: str) -> bool:
    return body.flag(name, False)


def address(body: Body, name: str) -> dict[str, Any]:
    return part(body, name, ADDRESS) or dict.fromkeys(ADDRESS)


ADDRESS = ("address", "city", "province", "postal_code", "country", "country_code")


@dataclass(frozen=True)
class Resource:
    """One collection: where it is, who may use it, and how each field is read.

    ``fixed`` is shown and never taken. ``keep_on_update`` are fields a change cannot set.
    ``event`` is the word of its webhooks, if it has any; they carry the id alone, because what the
    provider's carry was never seen.
    """

    path: str
    kind: str
    scope: str
    fields: Mapping[str, Field]
    fixed: Mapping[str, Any]
    update: str = "PUT"
    keep_on_update: tuple[str, ...] = ()
    event: str | None = None


GROUPS = Resource(
    "contact-groups", "contact_group", "contacts:contacts",
    {"name": required, "description": text, "color": text}, {},
)  # fmt: skip
CHANNELS = Resource(
    "sales-channels", "sales_channel", "sales:sales-channels",
    {"name": required, "account_num": integer, "color": text}, {},
    keep_on_update=("account_num",),
)  # fmt: skip
EXPENSES = Resource(
    "expenses-accounts", "expenses_account", "accounting:expenses-accounts",
    {"name": required, "account_num": integer, "color": text}, {},
    keep_on_update=("account_num",),
)  # fmt: skip
SERVICES = Resource(
    "services", "service", "sales:services",
    {
        "name": required, "code": empty_text, "description": empty_text, "price": amount,
        "cost": amount, "tags": texts, "taxes": tax_keys, "sales_channel_id": text, "color": text,
        "duration": quantity,
    },
    {"archived": False},
    event="service",
)  # fmt: skip
WAREHOUSES = Resource(
    "warehouses", "warehouse", "inventory:warehouses",
    {
        "name": required, "email": text, "phone": text, "mobile": text, "default": switch,
        "address": address,
    },
    {"user_id": None, "notes": None, "color": "", "icon": ""},
    update="PATCH",
    event="warehouse",
)  # fmt: skip
RESOURCES = (GROUPS, CHANNELS, EXPENSES, SERVICES, WAREHOUSES)


def listing(resource: Resource) -> ResponseReturnValue:
    all_of_them = request.args.get("include_archived") == "true"
    return paging.page(
        resource.kind, keep=lambda each: all_of_them or not each.get("archived", False)
    )


def create(resource: Resource) -> ResponseReturnValue:
    body = bodies.read((*resource.fields, *resource.fixed, "id", "tax"))
    record = {"id": state().new_id(), **filled(resource, body), **resource.fixed}
    state().insert(account().id, resource.kind, record)
    tell(resource, "create", record["id"])
    return {"id": record["id"]}, 201


def get(resource: Resource, id_: str) -> ResponseReturnValue:
    return found(resource, id_)


def update(resource: Resource, id_: str) -> ResponseReturnValue:
    """Replace a record in full, or with PATCH the fields that are given."""
    record = found(resource, id_)
    body = bodies.read((*resource.fields, *resource.fixed, "id", "tax"))
    kept = set(resource.keep_on_update)
    if resource.update == "PATCH":
        kept |= resource.fields.keys() - body.data.keys()
    body.data |= {name: record[name] for name in kept if name in record}
    state().save(account().id, resource.kind, record | filled(resource, body))
    tell(resource, "update", id_)
    return {"id": id_}


def delete(resource: Resource, id_: str) -> ResponseReturnValue:
    state().remove(account().id, resource.kind, found(resource, id_)["id"])
    tell(resource, "delete", id_)
    return "", 204


def filled(resource: Resource, body: Body) -> Record:
    return {name: read(body, name) for name, read in resource.fields.items()}


def found(resource: Resource, id_: str) -> Record:
    record = state().find(account().id, resource.kind, id_)
    if record is None:
        raise not_found()
    return record


def tell(resource: Resource, what: str, id_: str) -> None:
    if resource.event:
        webhooks.emit(state(), account().id, f"{resource.event}.{what}", {"id": id_})


View = Callable[..., ResponseReturnValue]
BY_PATH = {resource.path: resource for resource in RESOURCES}


def permitted(verb: str, view: View) -> View:
    """Return a view of the collection its address names, behind the permission that asks for."""

    def permit_and_view(collection: str, **given: str) -> ResponseReturnValue:
        resource = BY_PATH[collection]
        permit(resource.scope, verb)
        return view(resource, **given)

    return permit_and_view


def collections(method: str) -> str:
    """Return the part of a rule that stands for every collection changed by ``method``."""
    paths = [f'"{each.path}"' for each in RESOURCES if method in ("any", each.update)]
    return f"/<any({', '.join(paths)}):collection>"


for method, rule, verb, view in (
    ("GET", collections("any"), "list", listing),
    ("POST", collections("any"), "create", create),
    ("GET", collections("any") + "/<id_>", "get", get),
    ("PUT", collections("PUT") + "/<id_>", "update", update),
    ("PATCH", collections("PATCH") + "/<id_>", "update", update),
    ("DELETE", collections("any") + "/<id_>", "delete", delete),
):
    blueprint.add_url_rule(
        rule, endpoint=f"{method}_{verb}", view_func=permitted(verb, view), methods=[method]
    )
