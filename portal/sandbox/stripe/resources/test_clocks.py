"""Test clocks: time of one's own for a few customers, moved forward only.

Rules from docs.stripe.com/billing/testing/test-clocks and the SDK's docstrings. Advancing answers
`advancing`; the work is done right after the answer, before the next request is looked at, or after
`test_clock_seconds` of real time if that account setting is given.
"""

from portal.sandbox.stripe import clocks
from portal.sandbox.stripe.errors import ApiError, Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY, Cadence, step
from portal.sandbox.stripe.registry import due, route
from portal.sandbox.stripe.store import ACCOUNT_CLOCK, REAL_CLOCK
from portal.sandbox.stripe.subscription_items import cadence_of
from portal.sandbox.stripe.unit import Unit

KIND = clocks.KIND
URL = "/v1/test_helpers/test_clocks"
LIFE = 30 * DAY
LONGEST_NAME = 300
LATEST = 7_258_118_400  # 2200-01-01: calendar arithmetic works up to here and far beyond
TWO_YEARS = Cadence("year", 2)
MOVING = ("subscription", "invoice", "invoiceitem", "subscription_schedule", "quote")


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes a clock that stands at `frozen_time`, past or future; `customer` puts one on it."""
    _check_time(params["frozen_time"])
    if len(params.get("name", "")) > LONGEST_NAME:
        raise invalid(f"name can have up to {LONGEST_NAME} characters.", param="name")
    clock: Json = {
        "id": unit.id("clock"),
        "object": KIND,
        "created": unit.account_now,
        "deletes_after": unit.account_now + LIFE,
        "frozen_time": params["frozen_time"],
        "livemode": False,
        "name": params.get("name"),
        "status": "ready",
        "status_details": {},
    }
    unit.add(clock, f"{KIND}.created")
    if "customer" in params:
        _attach(unit, clock, params["customer"])
    deletion = int(unit.sandbox.clock.real_time()) + LIFE
    unit.store.schedule(unit.account_id, REAL_CLOCK, deletion, "test_clock.delete", clock["id"])
    return clock


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first."""
    return unit.page(KIND, params, URL)


@route("GET", URL + "/{test_clock}")
def retrieve(unit: Unit, params: Json, test_clock: str) -> Json:
    """One clock; a deleted one says so."""
    _ = params
    return unit.get(KIND, test_clock)


@route("DELETE", URL + "/{test_clock}")
def delete(unit: Unit, params: Json, test_clock: str) -> Json:
    """Deletes the clock with its customers, whose subscriptions are canceled."""
    _ = params
    clock = unit.alive(KIND, test_clock)
    for customer in clocks.customers(unit, test_clock):
        unit.call("DELETE /v1/customers/{customer}", customer=customer["id"])
    unit.store.run("DELETE FROM due WHERE account = ? AND clock = ?", unit.account_id, test_clock)
    unit.unschedule("test_clock.delete", test_clock)
    unit.unschedule("test_clock.advance", test_clock)
    return unit.remove(clock, f"{KIND}.deleted")


@route("POST", URL + "/{test_clock}/advance")
def advance(unit: Unit, params: Json, test_clock: str) -> Json:
    """Begins to move the clock to `frozen_time`, two of the shortest intervals ahead at most."""
    clock = unit.alive(KIND, test_clock)
    target = params["frozen_time"]
    if clock["status"] == "internal_failure":
        raise invalid("This test clock failed to advance and cannot be advanced again.")
    if target <= clock["frozen_time"]:
        raise invalid(
            "frozen_time must be after the test clock's current frozen time.", param="frozen_time"
        )
    if target > furthest(unit, clock):
        raise _too_far()
    clock["status"] = "advancing"
    clock["status_details"] = {"advancing": {"target_frozen_time": target}}
    unit.save(clock, f"{KIND}.advancing")
    at = int(unit.sandbox.clock.real_time() + unit.setting("test_clock_seconds", 0))
    unit.store.schedule(unit.account_id, REAL_CLOCK, at, "test_clock.advance", test_clock)
    return clock


@due("test_clock.advance")
def finish(unit: Unit, test_clock: str) -> None:
    """Runs what falls due on the way, each piece at its moment, and stops at one that fails."""
    clock = unit.get(KIND, test_clock)
    target = clock["status_details"]["advancing"]["target_frozen_time"]
    clock["status_details"] = {}
    while row := unit.store.due(test_clock, target):
        if unit.sandbox.run_due(row):
            clock |= {"frozen_time": row["at"], "status": "internal_failure"}
            unit.save(clock, f"{KIND}.internal_failure")
            return
    clock |= {"frozen_time": target, "status": "ready"}
    unit.save(clock, f"{KIND}.ready")


@due("test_clock.delete")
def delete_old(unit: Unit, test_clock: str) -> None:
    """Thirty days after its creation, of real time: moving the account's clock ends no test."""
    unit.call("DELETE " + URL + "/{test_clock}", test_clock=test_clock)


def furthest(unit: Unit, clock: Json) -> int:
    """The last moment to which a clock may be advanced from where it stands."""
    start = clock["frozen_time"]
    ends = [step(start, cadence, 2) for cadence in _cadences(unit, clock)]
    return min(ends) if ends else step(start, TWO_YEARS, 1)


def _cadences(unit: Unit, clock: Json) -> list[Cadence]:
    on_clock = {"test_clock": clock["id"]}
    items = [
        item
        for one in unit.select("subscription", **on_clock)
        if one["status"] not in clocks.ENDED
        for item in one["items"]["data"]
    ]
    items += [
        item
        for one in unit.select("subscription_schedule", status="not_started", **on_clock)
        for phase in one["phases"]
        for item in phase["items"]
    ]
    return [cadence_of(unit, item) for item in items]


def _attach(unit: Unit, clock: Json, customer_id: str) -> None:
    customer = unit.get("customer", customer_id, "customer")
    if customer["test_clock"] is not None:
        raise invalid(
            f"The customer {customer_id} is already attached to a test clock.", param="customer"
        )
    bodies = [one for kind in MOVING for one in unit.select(kind, customer=customer_id)]
    names = [one["id"] for one in bodies]
    marks = ", ".join("?" for _ in names)
    waiting = unit.store.rows(
        f"SELECT seq, at FROM due WHERE account = ? AND clock = ? AND ref IN ({marks})",  # noqa: S608
        unit.account_id,
        ACCOUNT_CLOCK,
        *names,
    )
    skipped = any(row["at"] < clock["frozen_time"] for row in waiting)
    if bodies and (clock["frozen_time"] < unit.account_now or skipped):
        raise unsupported("a customer whose billing is not at the clock's frozen_time", "customer")
    for row in waiting:
        unit.store.run("UPDATE due SET clock = ? WHERE seq = ?", clock["id"], row["seq"])
    for one in [customer, *bodies]:
        one["test_clock"] = clock["id"]
        unit.put(one)


def _check_time(moment: int) -> None:
    if not 0 <= moment < LATEST:
        raise invalid(f"Invalid timestamp: {moment}", param="frozen_time")


def _too_far() -> ApiError:
    return invalid(
        "frozen_time cannot be more than two intervals in the future from the shortest "
        "subscription in this test clock, or two years if there are no subscriptions.",
        param="frozen_time",
    )
