"""What is told of a price: of a recurring one twice, once as the plan it also is.

Recordings of `stripe listen` show `plan.created` before `price.created` for one recurring price and
no plan for one that is paid once.
"""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.plans import plan_of
from portal.sandbox.stripe.unit import Unit, difference


def add(unit: Unit, price: Json) -> Json:
    """Stores a new price and tells of it."""
    unit.put(price)
    if price["recurring"]:
        unit.emit("plan.created", plan_of(price))
    unit.emit("price.created", price)
    return price


def save(unit: Unit, price: Json) -> Json:
    """Stores a changed price and tells what changed; what a plan does not show, of the price
    only.
    """
    before = unit.get("price", price["id"])
    if price["recurring"]:
        previous = difference(plan_of(before), plan_of(price))
        if previous:
            unit.emit("plan.updated", plan_of(price), previous)
    return unit.save(price, "price.updated")


def remove(unit: Unit, price: Json) -> Json:
    """Deletes a recurring price; answers what is left of its plan."""
    unit.emit("plan.deleted", plan_of(price))
    gone = unit.remove(price, "price.deleted")
    return gone | {"object": "plan"}
