"""Fourteen months of the whole cast on one merchant, and what is read from the sandbox after it."""

import dataclasses
from collections.abc import Callable
from typing import Any

from tests.sandbox.stripe.billing.calendar_rules import LAST, moment
from tests.sandbox.stripe.billing.cast import Life, Member
from tests.sandbox.stripe.billing.cast_ordinary import ORDINARY
from tests.sandbox.stripe.billing.cast_troubled import SETTINGS, TROUBLED

CAST = [*ORDINARY, *TROUBLED]
END = moment(f"{LAST}T12:00")


@dataclasses.dataclass
class Run:
    """What happened: the sandbox and everybody's life in it."""

    billing: Any
    lives: dict[str, Life]

    def stored(self, kind: str, **where: Any) -> list[dict[str, Any]]:
        """All objects of a kind as they are now, oldest first."""
        store, account = self.billing.sandbox.store, self.billing.account
        return list(store.select(account, kind, where, oldest_first=True))

    def invoices(self, member: Member) -> list[dict[str, Any]]:
        """The invoices of a member, oldest first."""
        return self.stored("invoice", parent=self.lives[member.name].subscription)

    def said_of(self, object_id: str) -> list[dict[str, Any]]:
        """The events about an object, oldest first."""
        return [one for one in self.events if one["data"]["object"].get("id") == object_id]

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events, oldest first; read once."""
        if not hasattr(self, "_events"):
            self._events = self.stored("event")
        return self._events


def fourteen_months(billing: Any) -> Run:
    """Let everybody join and act at their moments, then run on to the last one."""
    lives: dict[str, Life] = {}
    todo: list[tuple[int, Callable[[], object]]] = [
        (moment(when), lambda wanted=wanted: billing.settings(**wanted))
        for when, wanted in SETTINGS
    ]
    for member in CAST:
        todo.append(
            (
                moment(member.comes or member.joins),
                lambda member=member: _join(billing, lives, member),
            )
        )
        todo += [
            (moment(when), lambda step=step, name=member.name: step(lives[name]))
            for when, step in member.steps
        ]
    for when, act in sorted(todo, key=lambda one: one[0]):
        billing.advance(seconds=when - billing.now)
        act()
    billing.advance(seconds=END - billing.now)
    for life in lives.values():
        (made,) = billing.stripe.subscriptions.list({"customer": life.customer, "status": "all"})
        life.subscription = made.id
    return Run(billing, lives)


def _join(billing: Any, lives: dict[str, Life], member: Member) -> None:
    wanted = dict(member.customer)
    iban = wanted.pop("iban", None)
    customer = billing.customer(member.card, **wanted).id
    wanted_prices = [one(billing) if callable(one) else one for one in member.prices]
    prices = [billing.price(**price) for price in wanted_prices]
    life = lives[member.name] = Life(billing, customer, "", prices)
    if member.starts:
        member.starts(life)
        return
    params = dict(member.params(billing))
    quantity = params.pop("quantity", None)
    items = [{"price": one} | ({"quantity": quantity} if quantity else {}) for one in prices]
    if iban:
        params["default_payment_method"] = billing.debit(customer, iban)
    made = billing.stripe.subscriptions.create(
        {"customer": customer, "items": items, "billing_mode": {"type": member.mode}, **params}
    )
    life.subscription = made.id
