"""Whose time counts: what hangs off a customer with a test clock lives in that clock's time, all
else in the account's.

A `Unit` has both: `now` is the time that billing reads, `account_now` the account's. Stripe shows
the account's time on events (docs.stripe.com/api/events/object: an event of a test clock bears the
second it was made, a week before the period it tells of), on payments
(github.com/stripe/stripe-python/issues/1183) and on whatever else is not billing.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from portal.sandbox.stripe.errors import ApiError, Json, invalid
from portal.sandbox.stripe.store import NULL, Store

if TYPE_CHECKING:
    from portal.sandbox.stripe.unit import Unit

KIND = "test_helpers.test_clock"

# Parameters that may name an object on a test clock; ids in a path always may.
PARAMETERS = (
    "customer",
    "subscription",
    "schedule",
    "invoice",
    "from_subscription",
    "quote",
    "test_clock",
    "payment_intent",
    "charge",
)
MOST_CUSTOMERS = 3
MOST_SUBSCRIPTIONS = 3
ENDED = ("canceled", "incomplete_expired")
PLACE = """
SELECT object.kind, json_extract(object.body, '$.test_clock') AS own, object.parent,
    json_extract(customer.body, '$.test_clock') AS inherited
FROM objects AS object LEFT JOIN objects AS customer ON customer.account = object.account
    AND customer.kind = 'customer' AND customer.id = object.customer
WHERE object.account = ? AND object.id = ?
"""


def are_used(store: Store, account: str) -> bool:
    """Whether the account ever had a test clock; nothing else here costs anything before that."""
    return bool(
        store.row("SELECT 1 FROM objects WHERE account = ? AND kind = ? LIMIT 1", account, KIND)
    )


def of(store: Store, account: str, name: str) -> str | None:
    """The test clock on which the object of that id lives: its own, its customer's or
    its parent's.
    """
    for _ in range(3):
        row = store.row(PLACE, account, name)
        if row is None:
            return None
        if row["kind"] == KIND:
            return name
        found: str | None = row["own"] or row["inherited"]
        if found or not row["parent"]:
            return found
        name = row["parent"]
    return None


def named(path: Json, params: Json) -> Iterator[str]:
    """The ids in a request that say in whose time it happens, the path's before the parameters'."""
    yield from path.values()
    for name in PARAMETERS:
        if isinstance(params.get(name), str):
            yield params[name]


def follow(unit: "Unit", names: Iterable[str], *, changes: bool = False) -> None:
    """Puts a unit into the time of the first of these objects that lives on a test clock.

    Raises Stripe's 429 when the unit is to change something there while the clock advances.
    """
    if not are_used(unit.store, unit.account_id):
        return
    for name in names:
        found = of(unit.store, unit.account_id, name)
        clock = unit.find(KIND, found) if found else None
        if clock and not clock.get("deleted"):
            if changes and clock["status"] == "advancing":
                raise underway(clock["id"])
            unit.clock, unit.now = clock["id"], clock["frozen_time"]
            return


def underway(clock: str) -> ApiError:
    """The refusal of changes while a clock advances."""
    message = f"Test clock advancement underway - cannot perform modifications: {clock}"
    return invalid(message, status=429)


def customers(unit: "Unit", clock: str) -> list[Json]:
    """The living customers on a clock, oldest first."""
    return unit.select("customer", oldest_first=True, test_clock=clock)


def check_customers(unit: "Unit", clock: str) -> None:
    """Refuses a fourth customer (docs.stripe.com/billing/testing/test-clocks, limitations)."""
    if len(customers(unit, clock)) >= MOST_CUSTOMERS:
        raise invalid(
            f"You can have up to {MOST_CUSTOMERS} customers on a test clock.", param="test_clock"
        )


def check_subscriptions(unit: "Unit", customer: str) -> None:
    """Refuses a fourth running or scheduled subscription of a customer on a test clock."""
    if unit.clock is None:
        return
    running = [
        one
        for one in unit.select("subscription", customer=customer)
        if one["status"] not in ENDED and not one.get("_new")
    ]
    waiting = unit.select("subscription_schedule", customer=customer, status="not_started")
    if len(running) + len(waiting) >= MOST_SUBSCRIPTIONS:
        raise invalid(
            f"A customer with a test clock can have up to {MOST_SUBSCRIPTIONS} subscriptions, "
            "scheduled ones included.",
            param="customer",
        )


def listed(unit: "Unit", params: Json, *others: str) -> object:
    """What `test_clock` must be in a list: the one asked for; none, unless one of `others` (the
    customer) is given; then any.
    """
    if "test_clock" in params:
        return unit.get(KIND, params["test_clock"], "test_clock")["id"]
    return None if any(name in params for name in others) else NULL
