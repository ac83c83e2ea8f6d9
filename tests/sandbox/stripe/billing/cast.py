"""One subscriber of the long run: how they join, what happens, what they are to be billed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.stripe.billing.calendar_rules import LAST, Bill


@dataclass
class Life:
    """A subscriber while the run goes on: what steps work with."""

    billing: Any
    customer: str
    subscription: str
    prices: list[str]

    @property
    def stripe(self) -> Any:
        """The SDK's services."""
        return self.billing.stripe

    def read(self) -> Any:
        """The subscription as it is now."""
        return self.stripe.subscriptions.retrieve(self.subscription)

    def update(self, **params: Any) -> Any:
        """Change the subscription."""
        return self.stripe.subscriptions.update(self.subscription, params)

    def item(self, place: int = 0) -> str:
        """The id of an item."""
        return str(self.read()["items"].data[place].id)

    def newest(self) -> Any:
        """The newest invoice."""
        return self.billing.invoices(self.subscription)[0]


Step = Callable[[Life], object]
Params = Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Member:
    """A row of the cast. `bills` are (day, total, status) in order; `path` the statuses passed
    through; `tries` the days of failed charges. From `joins` to `until` all time is billed exactly
    once net of credits, except `gaps`; who is backdated `comes` later. `params` may make coupons
    and rates first.
    """

    name: str
    joins: str
    bills: list[Bill]
    prices: tuple[Mapping[str, Any] | Params, ...] = ({},)
    params: Params = lambda billing: {}
    mode: str = "classic"
    card: str | None = "pm_card_visa"
    customer: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[str, ...] = ("active",)
    steps: tuple[tuple[str, Step], ...] = ()
    tries: tuple[str, ...] = ()
    until: str | None = None
    gaps: tuple[tuple[str, str], ...] = ()
    starts: Callable[[Life], object] | None = None
    comes: str | None = None


def per(interval: str, count: int = 1) -> dict[str, Any]:
    """A price's interval."""
    return {"recurring": {"interval": interval, "interval_count": count}}


def usd(amount: int, interval: str = "month", count: int = 1, **more: Any) -> dict[str, Any]:
    """A price in dollars."""
    return {"amount": amount, **per(interval, count), **more}


def metered(billing: Any) -> dict[str, Any]:
    """A price of 0.04 for each call."""
    made = billing.stripe.billing.meters.create(
        {
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation": {"formula": "sum"},
        }
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": made.id}
    return {"amount": 4, "recurring": recurring}


def calls(value: int) -> Step:
    """The customer calls."""
    return lambda life: life.stripe.billing.meter_events.create(
        {
            "event_name": "calls",
            "payload": {"stripe_customer_id": life.customer, "value": str(value)},
        }
    )


def coupon(**params: Any) -> Params:
    """A subscription with a coupon of its own."""
    return lambda billing: {"discounts": [{"coupon": billing.stripe.coupons.create(params).id}]}


def rate(billing: Any, percent: float, *, inclusive: bool) -> str:
    """A new tax rate."""
    wanted = {"display_name": "VAT", "percentage": percent, "inclusive": inclusive}
    return str(billing.stripe.tax_rates.create(wanted).id)


def fixed(**params: Any) -> Params:
    """Parameters that need nothing else."""
    return lambda billing: params


def card(name: str) -> Step:
    """The customer takes another card."""
    return lambda life: life.billing.give(life.customer, name)


__all__ = [
    "LAST",
    "Life",
    "Member",
    "calls",
    "card",
    "coupon",
    "fixed",
    "metered",
    "per",
    "rate",
    "usd",
]
