"""The JSON a request brings, read field by field."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from flask import request

from portal.sandbox import json_bodies
from portal.sandbox.holded import amounts, dates
from portal.sandbox.holded.problems import bad_request


class Body:
    """A JSON object whose fields are asked for by type.

    A field that Holded neither reads nor shows is refused, so that a misspelling is noticed; one
    that Holded shows but never takes (a contact's ``custom_id``) is ignored, as it does.
    """

    lines_required = True

    def __init__(self, data: dict[str, Any], where: str = "") -> None:
        self.data = data
        self.where = where

    def only(self, known: Collection[str]) -> None:
        for name in self.data:
            if name not in known:
                raise bad_request(f"Unknown field: {self.where}{name[:60]}")

    def has(self, name: str) -> bool:
        return self.data.get(name) is not None

    def text(self, name: str, *, required: bool = False, longest: int = 10_000) -> str | None:
        value = self.data.get(name)
        if value is None or value == "":
            if required:
                raise bad_request(f"{self.where}{name} is required")
            return None
        if not isinstance(value, str):
            raise bad_request(f"{self.where}{name} must be a string")
        if len(value) > longest:
            raise bad_request(f"{self.where}{name} is longer than {longest} characters")
        return value

    def number(self, name: str, default: Decimal) -> Decimal:
        value = self.data.get(name)
        return default if value is None else amounts.number(value, f"{self.where}{name}")

    def integer(self, name: str) -> int | None:
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise bad_request(f"{self.where}{name} must be an integer")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.data.get(name, default)
        if not isinstance(value, bool):
            raise bad_request(f"{self.where}{name} must be a boolean")
        return value

    def day(self, name: str) -> str | None:
        value = self.data.get(name)
        return None if value is None else dates.day(value)

    def texts(self, name: str, *, required: bool = False) -> list[str]:
        value = self.data.get(name)
        if value is None and not required:
            return []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise bad_request(f"{self.where}{name} must be an array of strings")
        if required and not value:
            raise bad_request(f"{self.where}{name} must not be empty")
        return value

    def mapping(self, name: str) -> dict[str, Any] | None:
        value = self.data.get(name)
        if value is None or value == []:  # Holded writes an absent object as [] and takes it back
            return None
        if not isinstance(value, dict):
            raise bad_request(f"{self.where}{name} must be an object")
        return value

    def mappings(self, name: str) -> list[dict[str, Any]]:
        value = self.data.get(name) or []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise bad_request(f"{self.where}{name} must be an array of objects")
        return value


def read(known: Collection[str], *, optional: bool = False) -> Body:
    """Return the body of this request, which must be a JSON object of ``known`` fields."""
    if optional and not request.get_data().strip():
        return Body({})
    data = read_json()
    if not isinstance(data, dict):
        raise bad_request("The body must be a JSON object")
    body = Body(data)
    body.only(known)
    return body


def read_json() -> Any:
    """Return what the body of this request says, its fractions as decimals."""
    try:
        return json_bodies.loads(request.get_data(), parse_float=Decimal)
    except ValueError as error:
        raise bad_request("The body is not valid JSON") from error
