"""The small nouns of v1: groups, sales channels, expenses accounts, services and warehouses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded import amounts, taxes, webhooks
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.documents import INVOICE
from portal.sandbox.holded.v1 import answers, extras, lists, reading
from portal.sandbox.holded.v1.answers import Refusal, needed, not_found
from portal.sandbox.holded.v1.contact_shape import ADDRESS
from portal.sandbox.holded.v1.document_body import key_of
from portal.sandbox.holded.v1.reading import Fields

blueprint = Blueprint("catalogue", __name__)

Object = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One field: how it is read from a body, and how its stored value is shown."""

    read: Callable[[Fields, str], Any]
    show: Callable[[Any], Any]


def read_address(fields: Fields, name: str) -> Object:
    part = fields.part(name)
    return {stored: part.text(each) for each, stored in ADDRESS.items()}


def show_address(stored: Any) -> Object:
    return {name: (stored or {}).get(key) or "" for name, key in ADDRESS.items()}


def show_rate(keys: Any) -> int | float:
    rates = taxes.rates()
    return answers.number(sum((rates.get(key, ZERO) for key in keys or []), ZERO))


TEXT = Field(Fields.text, lambda stored: stored or "")
TEXTS = Field(Fields.texts, lambda stored: stored or [])
INTEGER = Field(Fields.integer, lambda stored: stored)
FLAG = Field(lambda fields, name: fields.flag(name, False), bool)
AMOUNT = Field(
    lambda fields, name: amounts.text(fields.number(name) or ZERO),
    answers.number,
)
RATE = Field(lambda fields, name: key_of(INVOICE, fields.number(name) or ZERO), show_rate)
ADDRESSED = Field(read_address, show_address)


@dataclass(frozen=True)
class Noun:
    """One kind of object: where it is, what is stored of it, and how v1 spells that.

    ``fields`` maps v1's names to what is stored under v2's; ``only_v1`` are texts v2 does not know.
    ``blank`` is what v2 shows of a new one beyond that. ``spelt`` gives the name a field has in
    answers, where it differs. ``status`` is what a creation answers in its body: 201 where that
    was seen, 1 elsewhere. ``event`` is the word of its webhooks, if it has any.
    """

    path: str
    kind: str
    fields: dict[str, tuple[str, Field]]
    required: tuple[str, ...] = ("name",)
    only_v1: tuple[str, ...] = ()
    spelt: dict[str, str] = field(default_factory=dict)
    blank: Object = field(default_factory=dict)
    shown: Object = field(default_factory=dict)
    status: int = 1
    event: str | None = None


NUMBERED: dict[str, tuple[str, Field]] = {
    "name": ("name", TEXT),
    "color": ("color", TEXT),
    "accountNum": ("account_num", INTEGER),
}
NOUNS = (
    Noun(
        "contacts/groups", "contact_group",
        {"name": ("name", TEXT), "desc": ("description", TEXT), "color": ("color", TEXT)},
    ),
    Noun(
        "saleschannels", "sales_channel", NUMBERED, required=("name", "accountNum"),
        only_v1=("desc",), spelt={"accountNum": "accNum"}, status=201,
    ),
    Noun(
        "expensesaccounts", "expenses_account", NUMBERED, required=("name", "accountNum"),
        only_v1=("desc",), spelt={"accountNum": "accNum"}, status=201,
    ),
    Noun(
        "services", "service",
        {
            "name": ("name", TEXT),
            "desc": ("description", TEXT),
            "tags": ("tags", TEXTS),
            "tax": ("taxes", RATE),
            "subtotal": ("price", AMOUNT),
            "salesChannelId": ("sales_channel_id", TEXT),
            "cost": ("cost", AMOUNT),
        },
        blank={"code": "", "color": None, "duration": "0", "archived": False},
        event="service",
    ),
    Noun(
        "warehouses", "warehouse",
        {
            "name": ("name", TEXT),
            "email": ("email", TEXT),
            "phone": ("phone", TEXT),
            "mobile": ("mobile", TEXT),
            "address": ("address", ADDRESSED),
            "default": ("default", FLAG),
        },
        blank={"user_id": None, "notes": None, "color": "", "icon": ""},
        shown={"userId": "", "warehouseRecord": None},
        event="warehouse",
    ),
)  # fmt: skip


def listing(noun: Noun) -> Response:
    return lists.page(noun.kind, partial(shown, noun))


def get(noun: Noun, id_: str) -> Response:
    return answers.written(shown(noun, found(noun, id_)))


def create(noun: Noun) -> Response:
    fields = reading.body()
    new: Object = {"id": state().new_id(), **noun.blank}
    for name, (stored, one) in noun.fields.items():
        new[stored] = one.read(fields, name)
        if name in noun.required and new[stored] is None:
            raise needed(name)
    state().insert(account().id, noun.kind, new)
    keep_only_v1(noun, new["id"], fields)
    tell(noun, "create", new["id"])
    return answers.written({"status": noun.status, "info": "Created", "id": new["id"]}, 201)


def change(noun: Noun, id_: str) -> Response:
    """Change the fields a body names; the others stay."""
    changed, fields = found(noun, id_), reading.body()
    for name, (stored, one) in noun.fields.items():
        if fields.has(name):
            changed[stored] = one.read(fields, name)
    if not changed["name"]:
        raise Refusal("name must not be empty")
    state().save(account().id, noun.kind, changed)
    keep_only_v1(noun, id_, fields)
    tell(noun, "update", id_)
    return answers.updated(id_)


def delete(noun: Noun, id_: str) -> Response:
    state().remove(account().id, noun.kind, found(noun, id_)["id"])
    extras.forget(noun.kind, id_)
    tell(noun, "delete", id_)
    return answers.deleted(id_)


def keep_only_v1(noun: Noun, id_: str, fields: Fields) -> None:
    given = {name: fields.text(name) for name in noun.only_v1 if fields.has(name)}
    if given:
        extras.keep(noun.kind, id_, extras.of(noun.kind, id_) | given)


def tell(noun: Noun, what: str, id_: str) -> None:
    """Send the webhook of a change; what the provider's carries is not known, so the id alone."""
    if noun.event is not None:
        webhooks.emit(state(), account().id, f"{noun.event}.{what}", {"id": id_})


def found(noun: Noun, id_: str) -> Object:
    one = state().find(account().id, noun.kind, id_)
    if one is None:
        raise not_found()
    return one


def shown(noun: Noun, one: Object) -> Object:
    values = {
        noun.spelt.get(name, name): read.show(one.get(stored))
        for name, (stored, read) in noun.fields.items()
    }
    only_v1 = extras.of(noun.kind, one["id"]) if noun.only_v1 else {}
    texts = {name: only_v1.get(name) or "" for name in noun.only_v1}
    return {"id": one["id"], **values, **texts, **noun.shown}


def serve(noun: Noun) -> None:
    one, every = f"/{noun.path}/<id_>", f"/{noun.path}"
    for path, method, view in (
        (every, "GET", listing), (every, "POST", create),
        (one, "GET", get), (one, "PUT", change), (one, "DELETE", delete),
    ):  # fmt: skip
        endpoint = f"{noun.kind}_{view.__name__}"
        blueprint.add_url_rule(path, endpoint, partial(view, noun), methods=[method])


for each in NOUNS:
    serve(each)
