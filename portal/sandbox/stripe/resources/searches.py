"""Searching the objects of an account, newest first; the fields are those of Stripe's page.

docs.stripe.com/search#supported-query-fields-for-each-resource. Nothing is delayed: what was
written is found at once, while Stripe takes up to a minute.
"""

import base64
import binascii
import hashlib
import json

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.search_language import Field, Kind, condition, read
from portal.sandbox.stripe.unit import Unit


def _token(path: str) -> Field:
    return Field(Kind.TOKEN, f"json_extract(body, '$.{path}')")


def _flag(sql: str) -> Field:
    return Field(Kind.TOKEN, f"CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END")


def _string(path: str) -> Field:
    return Field(Kind.STRING, f"json_extract(body, '$.{path}')")


def _numeric(path: str) -> Field:
    return Field(Kind.NUMERIC, f"json_extract(body, '$.{path}')")


CREATED = {"created": _numeric("created")}
# refunded: "true" fully, "false" in part, null not at all.
REFUNDED = Field(
    Kind.TOKEN,
    "CASE WHEN json_extract(body, '$.refunded') THEN 'true' "
    "WHEN json_extract(body, '$.amount_refunded') > 0 THEN 'false' END",
)
CARD = {
    f"payment_method_details.{source}.{name}": _token(f"payment_method_details.{source}.{name}")
    for source in ("card", "card_present", "interac_present")
    for name in ("brand", "exp_month", "exp_year", "fingerprint", "last4")
}
FIELDS: dict[str, dict[str, Field]] = {
    "charge": CREATED
    | CARD
    | {
        "amount": _numeric("amount"),
        "billing_details.address.postal_code": _token("billing_details.address.postal_code"),
        "currency": _token("currency"),
        "customer": _token("customer"),
        "disputed": _flag("json_extract(body, '$.disputed')"),
        "refunded": REFUNDED,
        "status": _token("status"),
    },
    "customer": CREATED
    | {"email": _string("email"), "name": _string("name"), "phone": _string("phone")},
    "invoice": CREATED
    | {
        "currency": _token("currency"),
        "customer": _token("customer"),
        "number": _string("number"),
        "receipt_number": _string("receipt_number"),
        "status": _string("status"),
        "subscription": Field(
            Kind.STRING, "json_extract(body, '$.parent.subscription_details.subscription')"
        ),
        "total": _numeric("total"),
    },
    "payment_intent": CREATED
    | {
        "amount": _numeric("amount"),
        "currency": _token("currency"),
        "customer": _token("customer"),
        "status": _token("status"),
    },
    "price": {
        "active": _flag("json_extract(body, '$.active')"),
        "currency": _token("currency"),
        "lookup_key": _string("lookup_key"),
        "product": _string("product"),
        "type": _token("type"),
    },
    "product": {
        "active": _flag("json_extract(body, '$.active')"),
        "description": _string("description"),
        "name": _string("name"),
        "shippable": _flag("json_extract(body, '$.shippable')"),
        "url": _string("url"),
    },
    "subscription": CREATED | {"status": _token("status")},
}


def search(unit: Unit, kind: str, params: Json) -> Json:
    """Return a `search_result` of objects of a kind; raises the 400 for a query that is wrong."""
    resource = f"{kind}s"
    clauses, joiner = read(params["query"])
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid(f"Invalid integer: {limit}; must be between 1 and 100", param="limit")
    parts = [condition(clause, FIELDS[kind], resource) for clause in clauses]
    where = f" {joiner} ".join(f"({sql})" for sql, _ in parts)
    values = [value for _, own in parts for value in own]
    before = _from_page(params, kind)
    unit.store.connection.create_function("folded", 1, _folded, deterministic=True)
    rows = unit.store.rows(
        "SELECT seq, body FROM objects WHERE account = ? AND kind = ? AND deleted = 0 "  # noqa: S608
        f"AND seq < ? AND ({where}) ORDER BY seq DESC LIMIT ?",
        unit.account_id,
        kind,
        before,
        *values,
        limit + 1,
    )
    has_more = len(rows) > limit
    return {
        "object": "search_result",
        "data": [json.loads(row["body"]) for row in rows[:limit]],
        "has_more": has_more,
        "next_page": _to_page(params, kind, rows[limit - 1]["seq"]) if has_more else None,
        "url": f"/v1/{resource}/search",
    }


def _folded(value: object) -> str | None:
    return value.casefold() if isinstance(value, str) else None if value is None else str(value)


def _mark(params: Json, kind: str) -> str:
    return hashlib.sha256(f"{kind}:{params['query']}".encode()).hexdigest()[:16]


def _to_page(params: Json, kind: str, seq: int) -> str:
    return base64.urlsafe_b64encode(f"{_mark(params, kind)}:{seq}".encode()).decode()


def _from_page(params: Json, kind: str) -> int:
    """The row after which the page begins; a page belongs to the query that it was made for."""
    if "page" not in params:
        return (1 << 63) - 1
    try:
        mark, _, seq = base64.urlsafe_b64decode(params["page"]).decode().partition(":")
        if mark == _mark(params, kind) and 0 < int(seq) < 1 << 63:
            return int(seq)
    except (binascii.Error, ValueError):
        pass
    raise invalid("The page is not one of this query.", param="page")


def _answer(kind: str) -> None:
    @route("GET", f"/v1/{kind}s/search")
    def handler(unit: Unit, params: Json) -> Json:
        return search(unit, kind, params)


for one in FIELDS:
    _answer(one)
