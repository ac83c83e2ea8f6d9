"""What a v1 request brings, read as leniently as v1 does: numbers as strings, ``False`` as text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask import Response, g, request

from portal.sandbox import json_bodies
from portal.sandbox.holded import amounts
from portal.sandbox.holded.problems import Problem
from portal.sandbox.holded.v1 import days, forms
from portal.sandbox.holded.v1.answers import Refusal

LONGEST = 10_000
FORM = "application/x-www-form-urlencoded"
FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


class Fields:
    """A JSON object whose fields are asked for by name; several names are spellings of one field.

    Fields nobody asks for are ignored, as v1 ignores them; ``told`` names them in a header.
    """

    def __init__(self, data: dict[str, Any], where: str = "") -> None:
        self.data = data
        self.where = where
        self.asked: set[str] = set()
        g.setdefault("v1_read", []).append(self)

    def value(self, *names: str) -> Any:
        self.asked.update(names)
        return next((self.data[name] for name in names if self.data.get(name) is not None), None)

    def has(self, *names: str) -> bool:
        self.asked.update(names)
        return any(name in self.data for name in names)

    def text(self, *names: str) -> str | None:
        """Return a text; a number (a postal code, a phone) becomes one, an empty one is None."""
        value = self.value(*names)
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or len(value) > LONGEST:
            raise Refusal(f"{self.where}{names[0]} must be a text")
        return value

    def number(self, *names: str) -> Decimal | None:
        value = self.value(*names)
        if value is None or value == "":
            return None
        try:
            return amounts.number(value, f"{self.where}{names[0]}")
        except Problem as problem:
            raise Refusal(problem.detail) from problem

    def integer(self, *names: str) -> int | None:
        value = self.number(*names)
        if value is None:
            return None
        if value != value.to_integral_value():
            raise Refusal(f"{self.where}{names[0]} must be an integer")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.value(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        read = FLAGS.get(str(value).lower())
        if read is None:
            raise Refusal(f"{self.where}{name} must be a boolean")
        return read

    def day(self, *names: str) -> str | None:
        """Return the day of a moment in unix seconds, which may come as a text."""
        value = self.value(*names)
        return None if value is None or value == "" else days.day(moment(value, names[0]))

    def texts(self, *names: str) -> list[str]:
        """Return a list of texts, which may come as one text with commas."""
        value = self.value(*names)
        if isinstance(value, str):
            value = [each.strip() for each in value.split(",") if each.strip()]
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Refusal(f"{self.where}{names[0]} must be an array of texts")
        return value

    def part(self, name: str) -> Fields:
        """Return a sub-record; one that is missing, or ``[]`` as PHP writes it, is empty."""
        value = self.value(name) or {}
        if not isinstance(value, dict):
            raise Refusal(f"{self.where}{name} must be an object")
        return Fields(value, f"{self.where}{name}.")

    def parts(self, *names: str) -> list[Fields]:
        value = self.value(*names) or []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise Refusal(f"{self.where}{names[0]} must be an array of objects")
        return [Fields(each, f"{self.where}{names[0]}.{n}.") for n, each in enumerate(value)]


def body() -> Fields:
    """Return the JSON object of this request, or its form; no body at all is an empty one.

    What calls itself a form and begins with a brace is JSON sent without its content type.
    """
    raw = request.get_data()
    if not raw.strip():
        return Fields({})
    if request.mimetype == FORM and not raw.lstrip().startswith(b"{"):
        return Fields(forms.read(raw))
    try:
        data = json_bodies.loads(raw, parse_float=Decimal)
    except ValueError as error:
        raise Refusal("The body is not valid JSON") from error
    if not isinstance(data, dict):
        raise Refusal("The body must be a JSON object")
    return Fields(data)


def moment(value: Any, name: str) -> int:
    """Read unix seconds, given as a number or as a text of one; fractions are cut off."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,12}(\.\d{1,9})?", value.strip(), re.ASCII):
        value = Decimal(value.strip())
    if isinstance(value, Decimal) and 0 <= value <= days.LATEST:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= days.LATEST:
        raise Refusal(f"{name} must be a unix timestamp")
    return value


def bounds() -> tuple[int | None, int | None]:
    """Return ``starttmp`` and ``endtmp`` of the query; the end itself is not part of the range."""
    start, end = (
        min(int(value), days.LATEST) if (value := whole(name)) else None
        for name in ("starttmp", "endtmp")
    )
    return start, end


def whole(name: str) -> str | None:
    """Return the digits of a number in the query, which may have a fraction."""
    value = request.args.get(name)
    if not value:
        return None
    found = re.fullmatch(r"(\d{1,18})(\.\d*)?", value.strip(), re.ASCII)
    if found is None:
        raise Refusal(f"{name} must be a unix timestamp")
    return found[1]


def told(answer: Response) -> Response:
    """Name in ``X-Sandbox-Ignored`` what a body held that v1 does not read."""
    ignored = [
        re.sub(r"[^\w.-]", "?", each.where + name[:40], flags=re.ASCII)
        for each in g.get("v1_read", [])
        for name in each.data
        if name not in each.asked
    ]
    if ignored:
        answer.headers["X-Sandbox-Ignored"] = ", ".join(ignored[:20])
    return answer
