"""Stripe's own sums of a change, asked for before it is made; nothing is written there."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.context import Visit
from portal.domain import limits
from portal.domain.catalogue import Price
from portal.domain.configurations import PortalConfiguration
from portal.domain.customers import Origin
from portal.domain.errors import Refused
from portal.domain.events import ObjectKind
from portal.domain.money import Money
from portal.domain.subscriptions import Subscription
from portal.gateways.payments import Change, Preview
from portal.mirror import refresh, subscriptions
from portal.services.plans import Basis, Wish, decide_for, read
from portal.services.subscriptions import Line, line_of

# An invoice dated this close to the change is made by it, and not by the next renewal.
AT_ONCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Quote:
    """Stripe's own sums of one change.

    `first` is the next invoice that comes of it, `then` that of a full period after. `is_now` says
    that the first one is made and charged with the change.
    """

    change: Change
    before: Line
    after: Line
    first: Preview
    then: Preview
    is_now: bool

    @property
    def due_now(self) -> Money:
        """Return what is charged with the change."""
        return Money(self.first.due if self.is_now else 0, self.first.currency)

    @property
    def due(self) -> Money:
        """Return what the first invoice will charge, whenever it comes."""
        return Money(self.first.due, self.first.currency)

    @property
    def tax(self) -> Money:
        """Return the tax of the first invoice."""
        return Money(self.first.tax, self.first.currency)

    @property
    def discount(self) -> Money | None:
        """Return what discounts take off the first invoice, as a minus."""
        return Money(-self.first.discount, self.first.currency) if self.first.discount else None

    @property
    def balance(self) -> Money | None:
        """Return what the customer's credit pays of the first invoice, as a minus."""
        paid = min(-self.first.starting_balance, self.first.total)
        return Money(-paid, self.first.currency) if paid > 0 else None

    @property
    def full_sum(self) -> Money:
        """Return the sum of a full period, with tax."""
        return Money(self.then.total, self.then.currency)

    @property
    def credit(self) -> Money | None:
        """Return what the first invoice leaves to the customer's credit, None if nothing."""
        return Money(self.first.credit, self.first.currency) if self.first.credit else None

    @property
    def next_sum(self) -> Money:
        """Return the sum of the next charge after today."""
        preview = self.then if self.is_now else self.first
        return Money(preview.total, preview.currency)

    @property
    def next_at(self) -> datetime | None:
        """Return when that charge comes."""
        if self.change.starts_at is not None:
            return self.change.starts_at
        return (self.then if self.is_now else self.first).made_at

    @property
    def sums(self) -> list[int]:
        """Return what must be the same when the change is confirmed."""
        starts_at = self.change.starts_at
        return [
            int(self.is_now),
            self.first.due,
            self.first.total,
            self.first.tax,
            self.then.total,
            int(starts_at.timestamp()) if starts_at else 0,
        ]


def quote(visit: Visit, id: str, wish: Wish, *, at: datetime | None = None) -> Quote:
    """Ask Stripe what a change would cost; raises Refused and the gateway errors.

    `at` repeats an earlier quote: with the moment it counted from, the sums are the same unless
    something else changed meanwhile. That moment is told by Stripe's clock, which decides what is
    charged at once.
    """
    at = at or stripes_time(visit, id)
    basis = read(visit, id)
    decision = decide_for(basis, wish).decision
    if not decision.is_allowed:
        raise Refused(decision)
    change = _change(visit, basis, wish, at)
    first = visit.at.payments.preview_change(change)
    then = visit.at.payments.preview_renewal(change)
    item, currency = basis.subscription.items[0], basis.subscription.currency
    is_near = first.made_at is None or first.made_at <= change.proration_date + AT_ONCE
    is_now = is_near and change.starts_at is None
    return Quote(
        change=change,
        before=line_of(item.price, item.quantity, basis.products, currency),
        after=line_of(basis.prices[wish.price], wish.quantity, basis.products, currency),
        first=first,
        then=then,
        is_now=is_now,
    )


def _change(visit: Visit, basis: Basis, wish: Wish, at: datetime) -> Change:
    subscription, configuration = basis.subscription, basis.configuration
    item, new = subscription.items[0], basis.prices[wish.price]
    method = basis.wallet.charged_by(subscription)
    waits = limits.is_deferred(configuration, subscription, new, wish.quantity)
    starts_at = item.period_end if waits else None
    return Change(
        subscription=subscription.id,
        item=item.id,
        price=new.id,
        quantity=wish.quantity,
        proration_behavior="none" if waits else configuration.proration_behavior,
        billing_cycle_anchor=_anchor(subscription, configuration, new, waits=waits),
        ends_trial=not waits and limits.ends_trial(subscription, configuration),
        proration_date=at,
        keeps_old_until_paid=not (method and method.kind and method.kind.has_mandate),
        starts_at=starts_at,
    )


def _anchor(
    subscription: Subscription, configuration: PortalConfiguration, new: Price, *, waits: bool
) -> str:
    """Return where periods begin after a change.

    A period of another length begins with the change, as classic billing has it by itself; flexible
    billing would keep the old rhythm. In a trial nothing has begun yet, and what waits for the end
    of a period begins with the next.
    """
    if subscription.is_trialing:
        return "unchanged"
    old = subscription.items[0].price
    is_other_length = (old.interval, old.interval_count) != (new.interval, new.interval_count)
    if is_other_length:
        return "now"
    return "unchanged" if waits else configuration.billing_cycle_anchor


def stripes_time(visit: Visit, id: str) -> datetime:
    """Read the subscription afresh, and return what time it is for Stripe."""
    subscriptions.get(visit, id)
    seen = visit.at.payments.fetch(ObjectKind.SUBSCRIPTION, id)
    with visit.db.write() as unit:
        refresh.save(unit, visit.merchant, Origin.STRIPE, [seen], now=visit.at.now)
    return seen.at


def frozen(change: Change) -> dict[str, Any]:
    """Return a change as an operation keeps it."""
    starts_at = change.starts_at.isoformat() if change.starts_at else None
    dates = {"proration_date": change.proration_date.isoformat(), "starts_at": starts_at}
    return {**asdict(change), **dates}


def thawed(parameters: Mapping[str, Any]) -> Change:
    """Return the change that an operation froze."""
    kept = dict(parameters["change"])
    starts_at = kept.get("starts_at")
    kept["proration_date"] = datetime.fromisoformat(kept["proration_date"])
    kept["starts_at"] = datetime.fromisoformat(starts_at) if starts_at else None
    return Change(**kept)
