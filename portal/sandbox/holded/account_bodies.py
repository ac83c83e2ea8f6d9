"""What may be told about an account over ``/_sandbox/accounts``, by the types of its fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from portal.sandbox.holded import accounts
from portal.sandbox.holded.accounts import Account
from portal.sandbox.holded.problems import bad_request
from portal.sandbox.holded.state import State

LONGEST = 500


def text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST and "\x00" not in value


def texts(value: Any) -> bool:
    return isinstance(value, list) and all(text(each) for each in value)


def rows(value: Any) -> bool:
    return isinstance(value, list) and all(texts(each) and len(each) == 3 for each in value)


ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (text, "text of at most 500 characters"),
    "str | None": (lambda value: value is None or text(value), "text or null"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "list[str] | None": (lambda value: value is None or texts(value), "a list of texts or null"),
    "list[list[str]]": (rows, "a list of [key, name, amount]"),
}


def read(state: State, given: dict[str, Any]) -> Account:
    """Return the account that was described; refuse what none can be made of."""
    for each in fields(Account):
        if each.name not in given:
            continue
        fits, words = ALLOWED[str(each.type)]
        if not fits(given[each.name]):
            raise bad_request(f"{each.name} must be {words}")
    account = Account(**given)
    if any(one.token == account.token and one.id != account.id for one in accounts.every(state)):
        raise bad_request("token belongs to another account")
    return account
