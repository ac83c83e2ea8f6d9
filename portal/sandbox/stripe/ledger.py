"""What happened: every API request, and every charge, for judges and tests
(`/_sandbox/requests.json`, `ledger.json`).
"""

import json
from typing import Any

from portal.sandbox.masking import masked
from portal.sandbox.matching import matches
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.store import Store

MOST = 10_000
CHARGES = """
SELECT charge.account, charge.body, json_extract(intent.body, '$._invoice') AS invoice
FROM objects AS charge
LEFT JOIN objects AS intent ON intent.account = charge.account
    AND intent.kind = 'payment_intent' AND intent.id = charge.parent
WHERE charge.kind = 'charge' ORDER BY charge.seq
"""


def note(store: Store, **entry: Any) -> None:
    """Adds one request; the caller holds the transaction."""
    entry["params"] = json.dumps(masked(entry["params"]))
    names = ", ".join(entry)
    marks = ", ".join("?" for _ in entry)
    store.run(f"INSERT INTO requests ({names}) VALUES ({marks})", *entry.values())  # noqa: S608


def requests(
    store: Store,
    *,
    since: int = 0,
    limit: int = MOST,
    method: str | None = None,
    path: str | None = None,
    status: int | None = None,
) -> list[Json]:
    """The first `limit` requests with a sequence number above `since`, in order, that fit."""
    found: list[Json] = []
    for row in store.each("SELECT * FROM requests WHERE seq > ? ORDER BY seq", since):
        if status not in (None, row["status"]):
            continue
        if (method or path) and not matches(method, path, row["method"], row["path"]):
            continue
        replayed = bool(row["replayed"])
        found.append({**dict(row), "params": json.loads(row["params"]), "replayed": replayed})
        if len(found) == limit:
            break
    return found


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
