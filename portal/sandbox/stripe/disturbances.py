"""What a tester asks to go wrong with the next webhooks (`POST /_sandbox/webhooks/faults`).

Kinds: `drop` (Stripe believes that it was delivered, it never comes), `duplicate` (comes twice),
`delay` (comes `seconds` of real time later), `reorder` (the next `times` are held back and then
come in reverse order), `unsigned` (the first attempt has no signature), `tampered` (the first
attempt was changed after it was signed). Each is used up by the next `times` deliveries that match
`type` and `endpoint`, if given.
"""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.store import Store

TWISTS = ("unsigned", "tampered")
KINDS = ("drop", "duplicate", "delay", "reorder", *TWISTS)
FIELDS = {"kind": str, "times": int, "type": str, "endpoint": str, "seconds": int | float}
LONGEST_DELAY = 3 * 86_400
FIT = """
UPDATE webhook_faults SET times = times - 1 WHERE seq = (
    SELECT seq FROM webhook_faults WHERE times > 0 AND coalesce(type, ?) = ?
    AND coalesce(endpoint, ?) = ? ORDER BY seq LIMIT 1) RETURNING *
"""


def add(store: Store, wanted: Json) -> None:
    """Plants one; raises ValueError for what is not one."""
    for name, value in wanted.items():
        if name not in FIELDS or not isinstance(value, FIELDS[name]):
            raise ValueError(f"{name} is unknown or of the wrong type")
    if wanted.get("kind") not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    times, seconds = wanted.get("times", 1), wanted.get("seconds", 5)
    if times < 1 or not 0 <= seconds <= LONGEST_DELAY:
        raise ValueError("times must be positive, and seconds at most three days")
    with store.transaction():
        store.run(
            "INSERT INTO webhook_faults (kind, times, type, endpoint, seconds) "
            "VALUES (?, ?, ?, ?, ?)",
            wanted["kind"],
            times,
            wanted.get("type"),
            wanted.get("endpoint"),
            float(seconds),
        )


def waiting(store: Store) -> list[Json]:
    """Those not used up yet."""
    rows = store.rows("SELECT * FROM webhook_faults WHERE times > 0 ORDER BY seq")
    return [dict(row) for row in rows]


def take(store: Store, event_type: str, endpoint: str) -> Json | None:
    """The first that matches a delivery, one use of it taken; the caller holds the transaction."""
    row = store.row(FIT, event_type, event_type, endpoint, endpoint)
    return dict(row) if row else None


def release(store: Store, fault: int, now: float) -> None:
    """Lets what a `reorder` held back go, the last first."""
    rows = store.rows("SELECT seq FROM deliveries WHERE held = ? ORDER BY seq DESC", fault)
    for at, row in enumerate(rows):
        store.run(
            "UPDATE deliveries SET held = 0, next_at = ? WHERE seq = ?", now + at / 1000, row["seq"]
        )


def clear(store: Store, now: float) -> None:
    """Forgets all; what was held back is sent."""
    with store.transaction():
        for row in store.rows("SELECT DISTINCT held FROM deliveries WHERE held > 0"):
            release(store, row["held"], now)
        store.run("DELETE FROM webhook_faults")
