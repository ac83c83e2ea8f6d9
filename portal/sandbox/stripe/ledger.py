"""What happened: every API request, and every charge, for judges and tests
(`/_sandbox/requests.json`, `ledger.json`).
"""

import json
from typing import Any

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.store import Store

SECRET = frozenset(
    [
        "number",
        "cvc",
        "iban",
        "account_number",
        "routing_number",
        "secret",
        "client_secret",
        "token",
        "source",
        "tax_id",
        "api_key",
        "password",
    ]
)
MASK = "********"
CHARGES = """
SELECT charge.account, charge.body, json_extract(intent.body, '$._invoice') AS invoice
FROM objects AS charge
LEFT JOIN objects AS intent ON intent.account = charge.account
    AND intent.kind = 'payment_intent' AND intent.id = charge.parent
WHERE charge.kind = 'charge' ORDER BY charge.seq
"""


def masked(params: Any, name: str = "") -> Any:
    """Parameters with every secret value replaced."""
    if isinstance(params, dict):
        return {key: masked(value, key) for key, value in params.items()}
    if isinstance(params, list):
        return [masked(one, name) for one in params]
    return MASK if name in SECRET else params


def note(store: Store, **entry: Any) -> None:
    """Adds one request; the caller holds the transaction."""
    entry["params"] = json.dumps(masked(entry["params"]))
    names = ", ".join(entry)
    marks = ", ".join("?" for _ in entry)
    store.run(f"INSERT INTO requests ({names}) VALUES ({marks})", *entry.values())  # noqa: S608


def requests(store: Store, since: int) -> list[Json]:
    """The requests with a sequence number above `since`, in order."""
    return [
        {**dict(row), "params": json.loads(row["params"]), "replayed": bool(row["replayed"])}
        for row in store.rows("SELECT * FROM requests WHERE seq > ? ORDER BY seq", since)
    ]


def charges(store: Store) -> list[Json]:
    """Every charge of every account, in order, with the Stripe invoice or metadata it paid for."""
    names = [
        "id",
        "created",
        "payment_intent",
        "amount",
        "amount_refunded",
        "currency",
        "customer",
        "metadata",
        "status",
        "paid",
        "failure_code",
        "payment_method",
        "disputed",
    ]
    found = []
    for row in store.rows(CHARGES):
        body = json.loads(row["body"])
        own = {"account": row["account"], "invoice": row["invoice"]}
        found.append(own | {name: body.get(name) for name in names})
    return found
