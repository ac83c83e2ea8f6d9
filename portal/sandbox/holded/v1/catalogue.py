"""The small nouns of v1: groups, sales channels, expenses accounts, services and warehouses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from flask import Blueprint, Response

from portal.sandbox.holded import webhooks
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.v1 import answers, lists, reading
from portal.sandbox.holded.v1.answers import Refusal, needed, not_found, unsupported
from portal.sandbox.holded.v1.contact_shape import ADDRESS
from portal.sandbox.holded.v1.reading import Fields

blueprint = Blueprint("catalogue", __name__)

Object = dict[str, Any]
Reader = Callable[[Fields, str], Any]


def text(fields: Fields, name: str) -> str:
    return fields.text(name) or ""


def texts(fields: Fields, name: str) -> list[str]:
    return fields.texts(name)


def integer(fields: Fields, name: str) -> int | None:
    return fields.integer(name)


def decimal(fields: Fields, name: str) -> str:
    value = fields.number(name)
    return "0" if value is None else f"{value:f}"


def flag(fields: Fields, name: str) -> bool:
    return fields.flag(name, False)


def address(fields: Fields, name: str) -> Object:
    part = fields.part(name)
    return {stored: part.text(each) or "" for each, stored in ADDRESS.items()}


@dataclass(frozen=True)
class Noun:
    """One kind of object: where it is, what is stored of it, and how v1 spells that.

    ``fields`` maps v1's names to the stored ones, which are v2's, and to what reads them;
    ``spelt`` gives the name a field has in answers, where it differs. ``status`` is what a
    creation answers in its body: 201 where that was seen, 1 elsewhere.
    """

    path: str
    kind: str
    fields: dict[str, tuple[str, Reader]]
    required: tuple[str, ...] = ("name",)
    spelt: dict[str, str] = field(default_factory=dict)
    fixed: Object = field(default_factory=dict)
    status: int = 1


NAMED: dict[str, tuple[str, Reader]] = {
    "name": ("name", text),
    "desc": ("description", text),
    "color": ("color", text),
}
NUMBERED = NAMED | {"accountNum": ("account_num", integer)}
NOUNS = (
    Noun("contacts/groups", "contact_group", NAMED),
    Noun(
        "saleschannels", "sales_channel", NUMBERED,
        required=("name", "accountNum"), spelt={"accountNum": "accNum"}, status=201,
    ),
    Noun(
        "expensesaccounts", "expenses_account", NUMBERED,
        required=("name", "accountNum"), spelt={"accountNum": "accNum"}, status=201,
    ),
    Noun(
        "services", "service",
        {
            "name": ("name", text),
            "desc": ("description", text),
            "tags": ("tags", texts),
            "tax": ("tax", decimal),
            "subtotal": ("price", decimal),
            "salesChannelId": ("sales_channel_id", text),
            "cost": ("cost", decimal),
        },
    ),
    Noun(
        "warehouses", "warehouse",
        {
            "name": ("name", text),
            "email": ("email", text),
            "phone": ("phone", text),
            "mobile": ("mobile", text),
            "address": ("address", address),
            "default": ("default", flag),
        },
        fixed={"userId": "", "warehouseRecord": None},
    ),
)  # fmt: skip
TOLD = ("service", "warehouse")  # kinds that Holded has webhooks for


def listing(noun: Noun) -> Response:
    return lists.page(state().each(account().id, noun.kind), lambda each: shown(noun, each))


def get(noun: Noun, id_: str) -> Response:
    return answers.written(shown(noun, found(noun, id_)))


def create(noun: Noun) -> Response:
    fields = reading.body()
    new: Object = {"id": state().new_id()}
    for name, (stored, read) in noun.fields.items():
        new[stored] = read(fields, name)
        if name in noun.required and new[stored] in ("", None):
            raise needed(name)
    state().insert(account().id, noun.kind, new)
    tell(noun, "create", new["id"])
    return answers.written({"status": noun.status, "info": "Created", "id": new["id"]}, 201)


def change(noun: Noun, id_: str) -> Response:
    """Change the fields a body names; the others stay."""
    changed, fields = found(noun, id_), reading.body()
    for name, (stored, read) in noun.fields.items():
        if fields.has(name):
            changed[stored] = read(fields, name)
    if not changed["name"]:
        raise Refusal("name must not be empty")
    state().save(account().id, noun.kind, changed)
    tell(noun, "update", id_)
    return answers.updated(id_)


def delete(noun: Noun, id_: str) -> Response:
    state().remove(account().id, noun.kind, found(noun, id_)["id"])
    tell(noun, "delete", id_)
    return answers.deleted(id_)


def tell(noun: Noun, what: str, id_: str) -> None:
    """Send the webhook of a change; what the provider's carries is not known, so the id alone."""
    if noun.kind in TOLD:
        webhooks.emit(state(), account().id, f"{noun.kind}.{what}", {"id": id_})


def found(noun: Noun, id_: str) -> Object:
    one = state().find(account().id, noun.kind, id_)
    if one is None:
        raise not_found()
    return one


def shown(noun: Noun, one: Object) -> Object:
    """Return an object in v1's words; a field that v2 left empty is shown as v1 shows it."""
    values = {
        noun.spelt.get(name, name): WRITERS.get(read, as_it_is)(one.get(stored))
        for name, (stored, read) in noun.fields.items()
    }
    return {"id": one["id"], **values, **noun.fixed}


def as_it_is(value: Any) -> Any:
    return value


def write_text(value: Any) -> str:
    return value or ""


def write_address(value: Any) -> Object:
    return {name: (value or {}).get(stored) or "" for name, stored in ADDRESS.items()}


WRITERS: dict[Reader, Callable[[Any], Any]] = {
    text: write_text,
    texts: lambda value: value or [],
    decimal: answers.number,
    address: write_address,
    flag: bool,
}


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


@blueprint.get("/warehouses/<id_>/stock")
def stock(id_: str) -> NoReturn:
    raise unsupported(f"the stock of warehouse {id_[:40]}: stock is not kept by warehouse")
