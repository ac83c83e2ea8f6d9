"""``/numberingseries/{type}``: the series documents take their numbers from."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded.accounts import account, series, state
from portal.sandbox.holded.v1 import answers, kinds, lists, reading
from portal.sandbox.holded.v1.answers import Refusal, needed, not_found
from portal.sandbox.holded.v1.reading import Fields

blueprint = Blueprint("numbering", __name__)


@blueprint.get("/numberingseries/<word>")
def listing(word: str) -> Response:
    type_ = type_of(word)
    return lists.page("numbering_series", shown, lambda each: each["type"] == type_)


@blueprint.post("/numberingseries/<word>")
def create(word: str) -> Response:
    type_ = type_of(word)
    fields = reading.body()
    name, form = fields.text("name"), fields.text("format")
    if name is None or form is None:
        raise needed("name" if name is None else "format")
    fields.value("type")
    new = series(state().new_id(), type_) | {"name": name, "format": form, "last": last(fields)}
    state().insert(account().id, "numbering_series", new)
    return answers.written({"status": 1, "msg": "Created", "id": new["id"]}, 201)


@blueprint.put("/numberingseries/<word>/<id_>")
def change(word: str, id_: str) -> Response:
    found = of(word, id_)
    fields = reading.body()
    found["name"] = fields.text("name") or found["name"]
    found["format"] = fields.text("format") or found["format"]
    if fields.has("last"):
        found["last"] = last(fields)
    state().save(account().id, "numbering_series", found)
    return answers.updated(id_)


@blueprint.delete("/numberingseries/<word>/<id_>")
def delete(word: str, id_: str) -> Response:
    state().remove(account().id, "numbering_series", of(word, id_)["id"])
    return answers.written({"status": 1, "msg": "Successfully deleted", "id": id_})


def of(word: str, id_: str) -> dict[str, Any]:
    found = state().find(account().id, "numbering_series", id_)
    if found is None or found["type"] != type_of(word):
        raise not_found()
    return found


def type_of(word: str) -> str:
    """Return the type of series a word names; the reference also writes ``salesOrder``."""
    return kinds.of(word.lower()).name


def last(fields: Fields) -> int:
    value = fields.integer("last") or 0
    if value < 0:
        raise Refusal("last must not be negative")
    return value


def shown(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("id", "name", "format", "last", "type")}
