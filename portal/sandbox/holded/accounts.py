"""The Holded accounts of the sandbox: who a token belongs to, what it may do, whom PDFs name."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from flask import current_app, g, request

from portal.sandbox.holded.problems import Problem
from portal.sandbox.holded.state import State

READS = ("list", "get")

# What a new account starts with, by country; the keys are Holded's for Spain.
TAXES: dict[str, list[tuple[str, str, str]]] = {
    "ES": [
        ("s_iva_21", "IVA 21%", "21"),
        ("s_iva_10", "IVA 10%", "10"),
        ("s_iva_75", "IVA 7,5%", "7.5"),
        ("s_iva_4", "IVA 4%", "4"),
        ("s_iva_0", "IVA 0%", "0"),
        ("s_ret_15", "Retención 15%", "-15"),
        ("p_iva_21", "IVA 21%", "21"),
        ("p_iva_10", "IVA 10%", "10"),
        ("p_iva_4", "IVA 4%", "4"),
        ("p_iva_0", "IVA 0%", "0"),
    ],
}
OTHER_TAXES = [("s_tax_0", "0%", "0")]
SERIES_FORMATS = {
    "invoice": "F%[YY]%%%%",
    "creditnote": "R%[YY]%%%%",
    "proform": "PRO%[YY]%%%%",
    "estimate": "E%[YY]%%%%",
    "salesreceipt": "T%[YY]%%%%",
    "receiptnote": "RT%[YY]%%%%",
    "salesorder": "SO%[YY]%%%%",
    "waybill": "W%[YY]%%%%",
    "purchase": "P%[YY]%%%%",
    "purchaseorder": "PO%[YY]%%%%",
    "purchaserefund": "PR%[YY]%%%%",
}
SERIES = tuple(SERIES_FORMATS)


@dataclass(frozen=True)
class Account:
    """One merchant's Holded account. ``scopes`` of None allow everything.

    ``v1_key`` is its key for API v1, 32 hexadecimal digits; one that is not given follows from the
    account's id, so that it stays the same after a restart.
    """

    id: str
    token: str
    name: str
    legal_name: str = ""
    tax_id: str = ""
    address: str = ""
    country: str = "ES"
    currency: str = "eur"
    language: str = "es"
    colour: str = "#333333"
    plan: str | None = None
    scopes: list[str] | None = None
    taxes: list[list[str]] = field(default_factory=list)
    v1_key: str = ""

    def __post_init__(self) -> None:
        if not self.v1_key:
            digest = hashlib.sha256(f"holded v1 {self.id}".encode()).hexdigest()
            object.__setattr__(self, "v1_key", digest[:32])


FIELDS = frozenset(each.name for each in fields(Account))


def state() -> State:
    """Return the state of the application that answers this request."""
    found: State = current_app.extensions["holded_sandbox"]
    return found


def account() -> Account:
    """Return the account of this request's token."""
    found: Account = g.account
    return found


def add(state: State, account: Account) -> None:
    """Open an account, or change the one of that id, with the taxes and series a new one has."""
    data = json.dumps(asdict(account))
    state.connection.execute(
        "INSERT INTO accounts VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET token = ?, data = ?",
        (account.id, account.token, data, account.token, data),
    )
    if next(state.each(account.id, "numbering_series"), None) is not None:
        return
    taxes = [tuple(each) for each in account.taxes] or TAXES.get(account.country, OTHER_TAXES)
    for key, name, amount in taxes:
        state.insert(account.id, "tax", tax(state.new_id(), key, name, amount))
    for kind in SERIES:
        state.insert(account.id, "numbering_series", series(state.new_id(), kind))


def tax(id_: str, key: str, name: str, amount: str) -> dict[str, Any]:
    """Return a tax as the API shows it; ``amount`` is a percentage."""
    kind = "retention" if amount.startswith("-") else "tax"
    return {
        "id": id_, "name": name, "amount": amount, "key": key, "group": kind,
        "scope": "purchases" if key.startswith("p_") else "sales",
        "type": "percentage", "items": [], "status": True, "visible": True,
    }  # fmt: skip


def series(id_: str, kind: str) -> dict[str, Any]:
    return {
        "id": id_, "name": "Default", "format": SERIES_FORMATS[kind], "last": 0, "type": kind,
        "refund_numbering_series_id": None, "verifactu_excluded": False,
    }  # fmt: skip


def every(state: State) -> list[Account]:
    rows = state.connection.execute("SELECT data FROM accounts ORDER BY id")
    return [Account(**json.loads(row["data"])) for row in rows]


def get(state: State, id_: str) -> Account | None:
    row = state.connection.execute("SELECT data FROM accounts WHERE id = ?", (id_,)).fetchone()
    return None if row is None else Account(**json.loads(row["data"]))


def of_v1_key(state: State, key: str) -> Account | None:
    return next((each for each in every(state) if each.v1_key == key), None)


def free_key(state: State, key: Any, id_: str) -> bool:
    """Return whether ``key`` may become the v1 key of the account ``id_``."""
    if not isinstance(key, str) or not re.fullmatch(r"[0-9a-f]{32}", key):
        return False
    owner = of_v1_key(state, key)
    return owner is None or owner.id == id_


def authenticate() -> None:
    """Learn whose token came in ``Authorization: Bearer pat_…``."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "Authentication is required: Authorization: Bearer pat_…")
    row = (
        state()
        .connection.execute("SELECT data FROM accounts WHERE token = ?", (token.strip(),))
        .fetchone()
    )
    if row is None:
        raise Problem(403, "Access denied.")
    g.account = Account(**json.loads(row["data"]))
    request.environ["holded.seen"]["account"] = g.account.id


def permit(resource: str, verb: str) -> None:
    """Refuse a token without the scope ``resource`` asks for, and name the operation for usage.

    A call of v1 keeps the one name all of them have.

    ``resource`` is ``area:resource``; reading is ``list`` and ``get``, all else is writing.
    """
    scope = f"{resource}.{'read' if verb in READS else 'write'}"
    scopes = account().scopes
    if scopes is not None and scope not in scopes:
        raise Problem(403, f"Insufficient permissions: {scope} required.")
    request.environ["holded.seen"].setdefault(
        "operation", f"api_{resource.replace(':', '_')}_{verb}_1"
    )
