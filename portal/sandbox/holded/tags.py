"""Tags an account knows by name; they are made and deleted, never changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.sandbox.holded import bodies, paging
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.problems import not_found

blueprint = Blueprint("tags", __name__)

SCOPE = "account:tags"


@blueprint.get("/tags")
def listing() -> dict[str, Any]:
    permit(SCOPE, "list")
    return paging.page("tag")


@blueprint.post("/tags")
def create() -> tuple[dict[str, Any], int]:
    """Make a tag, or return the one of that name."""
    permit(SCOPE, "create")
    name = bodies.read(("name",)).text("name", required=True, longest=100) or ""
    tag = found(name)
    if tag is None:
        tag = {"id": state().new_id(), "name": name}
        state().insert(account().id, "tag", tag)
    return {"id": tag["id"]}, 201


@blueprint.delete("/tags/<asked>")
def delete(asked: str) -> tuple[str, int]:
    permit(SCOPE, "delete")
    tag = found(asked)
    if tag is None:
        raise not_found()
    state().remove(account().id, "tag", tag["id"])
    return "", 204


def found(asked: str) -> dict[str, Any] | None:
    """Return the tag of that id or name."""
    tags = state().each(account().id, "tag")
    return next((each for each in tags if asked in (each["id"], each["name"])), None)
