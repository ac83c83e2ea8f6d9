"""Storing a changed subscription, and saying so once it is born."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.unit import Unit


def keep(unit: Unit, subscription: Json, *more: str) -> Json:
    """Store a subscription and emit `customer.subscription.updated` and `more` if it changed.

    While it is being created (`_new`) nothing is said: its first event is its creation.
    """
    if subscription.get("_new"):
        return unit.put(subscription)
    return unit.save(subscription, "customer.subscription.updated", *more)


def announce(unit: Unit, subscription_id: str) -> Json:
    """End the creation of a subscription and emit its first event."""
    subscription = unit.get("subscription", subscription_id)
    del subscription["_new"]
    return unit.add(subscription, "customer.subscription.created")
