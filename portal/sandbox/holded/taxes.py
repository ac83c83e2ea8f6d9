"""Taxes: ``GET /taxes``, and the rate a line's tax key stands for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint

from portal.sandbox.holded import paging
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.problems import bad_request

blueprint = Blueprint("taxes", __name__)


@blueprint.get("/taxes")
def listing() -> dict[str, Any]:
    permit("accounting:taxes", "list")
    return paging.page("tax")


def rates() -> dict[str, Decimal]:
    """Return the percentage of each tax key; withholdings are negative."""
    return {each["key"]: Decimal(each["amount"]) for each in state().each(account().id, "tax")}


def names() -> dict[str, str]:
    return {each["key"]: each["name"] for each in state().each(account().id, "tax")}


def rate(key: str) -> Decimal:
    found = rates().get(key)
    if found is None:
        raise bad_request(f"Unknown tax key: {key[:60]}")
    return found
