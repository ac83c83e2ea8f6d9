"""Worked examples of Stripe's own pages: what is done, what comes out, and where it is written.

Each example is a function of a `Billing` that returns what Stripe's page shows; amounts in minor
units. `EXAMPLES` pairs it with its source (a page of docs.stripe.com/billing/subscriptions unless
it says otherwise) and with the page's own numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sandbox.stripe.billing.calendar_rules import day, moment

TEN, TWENTY = 1000, 2000


@dataclass(frozen=True)
class Example:
    """`do(billing)` must return `shown`; the sandbox begins on `begins`."""

    name: str
    source: str
    do: Callable[[Any], Any]
    shown: Any
    begins: str = "2026-04-01"


def total(billing: Any, subscription: Any) -> int:
    return int(billing.invoices(subscription.id)[0].total)


def first(billing: Any, price: str, **params: Any) -> int:
    """The total of a new subscription's first invoice."""
    quantity = params.pop("quantity", None)
    items = [{"price": price} | ({} if quantity is None else {"quantity": quantity})]
    made = billing.stripe.subscriptions.create(
        {
            "customer": billing.customer().id,
            "items": items,
            "billing_mode": {"type": "classic"},
            **params,
        }
    )
    return total(billing, made)


def item(subscription: Any, place: int = 0) -> str:
    return str(subscription["items"].data[place].id)


def until(billing: Any, when: str) -> None:
    billing.advance(seconds=moment(when) - billing.now)


# Prorations


def halfway_from_ten_to_twenty(billing: Any) -> Any:
    made = billing.subscribe(billing.customer().id, billing.price(TEN))
    until(billing, "2026-04-16")
    items = [{"id": item(made), "price": billing.price(TWENTY)}]
    billing.stripe.subscriptions.update(
        made.id, {"items": items, "proration_behavior": "always_invoice"}
    )
    (invoice, _) = billing.invoices(made.id)
    return [line.amount for line in invoice.lines.data], invoice.total


def preview_of_a_change(billing: Any) -> Any:
    """The page's response: -1.66 and 5.41 on a monthly 10.00 becoming 32.52, 36.27 in all."""
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(seconds=1598982148 - billing.now)
    items = [{"id": item(made), "price": billing.price(3252)}]
    shown = billing.stripe.invoices.create_preview(
        {"subscription": made.id, "subscription_details": {"items": items}}
    )
    return sorted(line.amount for line in shown.lines.data), shown.amount_due


def unprorated_up_then_down(mode: str) -> Callable[[Any], Any]:
    def do(billing: Any) -> Any:
        ten, twenty = billing.price(TEN), billing.price(TWENTY)
        made = billing.subscribe(billing.customer().id, ten, billing_mode={"type": mode})
        for when, price, behavior in (
            ("2026-04-11", twenty, "none"),
            ("2026-04-21", ten, "always_invoice"),
        ):
            until(billing, when)
            items = [{"id": item(made), "price": price}]
            billing.stripe.subscriptions.update(
                made.id, {"items": items, "proration_behavior": behavior}
            )
        return total(billing, made)

    return do


def _five_off(billing: Any, mode: str) -> Any:
    coupon = billing.stripe.coupons.create(
        {"amount_off": 500, "currency": "usd", "duration": "forever"}
    )
    return billing.subscribe(
        billing.customer().id,
        billing.price(TEN),
        billing.price(TWENTY),
        billing_mode={"type": mode},
        discounts=[{"coupon": coupon.id}],
    )


def five_off_two_items(billing: Any) -> Any:
    (invoice,) = billing.invoices(_five_off(billing, "flexible").id)
    taken = [line.discount_amounts[0].amount for line in invoice.lines.data]
    return taken, invoice.total


def one_of_two_items_canceled(mode: str) -> Callable[[Any], Any]:
    def do(billing: Any) -> Any:
        made = _five_off(billing, mode)
        until(billing, "2026-02-15")
        billing.stripe.subscription_items.delete(
            item(made), {"proration_behavior": "always_invoice"}
        )
        return total(billing, made)

    return do


# Pricing models

FONTS = [
    {"up_to": 5, "unit_amount": 700},
    {"up_to": 10, "unit_amount": 650},
    {"up_to": "inf", "unit_amount": 600},
]
WITH_FEES = [
    {"up_to": 5, "unit_amount": 500, "flat_amount": 1000},
    {"up_to": 10, "unit_amount": 400, "flat_amount": 2000},
    {"up_to": 15, "unit_amount": 300, "flat_amount": 3000},
    {"up_to": 20, "unit_amount": 200, "flat_amount": 4000},
    {"up_to": "inf", "unit_amount": 100, "flat_amount": 5000},
]
WITHOUT_FEES = [
    {name: value for name, value in tier.items() if name != "flat_amount"} for tier in WITH_FEES
]


def tiers(mode: str, rows: list[dict[str, Any]], *quantities: int) -> Callable[[Any], list[int]]:
    def do(billing: Any) -> list[int]:
        price = billing.price(None, billing_scheme="tiered", tiers_mode=mode, tiers=rows)
        return [first(billing, price, quantity=quantity) for quantity in quantities]

    return do


def packages(amount: int, size: int, *quantities: int) -> Callable[[Any], list[int]]:
    def do(billing: Any) -> list[int]:
        transform = {"divide_by": size, "round": "up"}
        price = billing.price(amount, transform_quantity=transform)
        return [first(billing, price, quantity=quantity) for quantity in quantities]

    return do


def five_hundred_yen(billing: Any) -> Any:
    made = billing.subscribe(billing.customer().id, billing.price(500, currency="jpy"))
    (invoice,) = billing.invoices(made.id)
    return invoice.amount_paid, invoice.lines.data[0].description


# Cycles, trials, backdating


def the_31st(billing: Any) -> list[str]:
    made = billing.subscribe(billing.customer().id, billing.price(TEN))
    until(billing, "2026-05-01")
    return [day(one.created) for one in reversed(billing.invoices(made.id))]


def every_two_months_on_the_31st(billing: Any) -> Any:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(TEN, recurring={"interval": "month", "interval_count": 2}),
        billing_cycle_anchor_config={"day_of_month": 31},
    )
    ends = day(made["items"].data[0].current_period_end)
    until(billing, "2026-09-01")
    bills = [day(one.created) for one in reversed(billing.invoices(made.id))]
    return day(made.billing_cycle_anchor), ends, bills


def a_trial_and_an_anchor(billing: Any) -> Any:
    """The page gives the days; ten of July's 31 at 31.00 are what is charged on the 22nd."""
    made = billing.subscribe(
        billing.customer().id,
        billing.price(3100),
        trial_period_days=7,
        billing_cycle_anchor=moment("2026-08-01"),
    )
    until(billing, "2026-09-02")
    return [(day(one.created), one.total) for one in reversed(billing.invoices(made.id))]


def a_trial_that_passes_the_anchor(billing: Any) -> Any:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(3100),
        trial_period_days=7,
        billing_cycle_anchor_config={"day_of_month": 1},
    )
    until(billing, "2026-09-02")
    return [day(one.created) for one in reversed(billing.invoices(made.id))]


def a_trial_that_moves_the_cycle(billing: Any) -> Any:
    made = billing.subscribe(billing.customer().id, billing.price(TEN))
    until(billing, "2026-07-15")
    before = len(billing.invoices(made.id))
    billing.stripe.subscriptions.update(
        made.id, {"trial_end": moment("2026-08-01"), "proration_behavior": "none"}
    )
    until(billing, "2026-09-02")
    later = billing.invoices(made.id)[:-before]
    return [(day(one.created), one.total) for one in reversed(later)]


def backdated(mode: str, since: str, amount: int, **params: Any) -> Callable[[Any], Any]:
    def do(billing: Any) -> Any:
        made = billing.subscribe(
            billing.customer().id,
            billing.price(amount),
            billing_mode={"type": mode},
            backdate_start_date=moment(since),
            **params,
        )
        (invoice,) = billing.invoices(made.id)
        spans = [
            (day(line.period.start), day(line.period.end), line.amount)
            for line in invoice.lines.data
        ]
        return day(made.start_date), spans

    return do


def three_intervals(billing: Any) -> Any:
    prices = [
        billing.price(TEN, recurring={"interval": "month", "interval_count": count})
        for count in (1, 2, 3)
    ]
    made = billing.subscribe(billing.customer().id, *prices, billing_mode={"type": "flexible"})
    found = []
    for when in ("2026-01-01", "2026-02-01", "2026-03-01"):
        until(billing, when)
        items = billing.stripe.subscriptions.retrieve(made.id)["items"].data
        found.append(
            [(day(one.current_period_start), day(one.current_period_end)) for one in items]
        )
    return found


# Usage


def _metered(billing: Any, amount: int, **params: Any) -> str:
    meter = billing.stripe.billing.meters.create(
        {
            "display_name": "Usage",
            "event_name": f"usage_{amount}",
            "default_aggregation": {"formula": "sum"},
        }
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    return str(billing.price(amount, recurring=recurring, **params))


def _use(billing: Any, customer: str, name: str, value: int, when: str | None = None) -> None:
    billing.stripe.billing.meter_events.create(
        {
            "event_name": name,
            "payload": {"stripe_customer_id": customer, "value": str(value)},
            **({"timestamp": moment(when)} if when else {}),
        }
    )


def a_rented_car(billing: Any) -> int:
    price = _metered(billing, 1000, transform_quantity={"divide_by": 60, "round": "up"})
    made = billing.subscribe(billing.customer().id, price)
    _use(billing, made.customer, "usage_1000", 150)
    until(billing, "2026-05-02")
    return total(billing, made)


def storage_of_two_months(mode: str) -> Callable[[Any], list[int]]:
    def do(billing: Any) -> list[int]:
        price = _metered(billing, 1000, transform_quantity={"divide_by": 10, "round": "up"})
        customer = billing.customer().id
        _use(billing, customer, "usage_1000", 100, "2026-03-30")
        _use(billing, customer, "usage_1000", 150, "2026-04-20")
        made = billing.subscribe(
            customer,
            price,
            billing_mode={"type": mode},
            backdate_start_date=moment("2026-03-01"),
        )
        (invoice,) = billing.invoices(made.id)
        return [line.amount for line in invoice.lines.data if line.quantity]

    return do


PRORATIONS, CYCLE = "prorations", "billing-cycle"
COMPARE, BACKDATING = "billing-mode/compare", "backdating"
MODELS = "docs.stripe.com/products-prices/pricing-models"
TIERED = "docs.stripe.com/subscriptions/pricing-models/tiered-pricing"
EXAMPLES = [
    Example("up in the middle of a month", PRORATIONS, halfway_from_ten_to_twenty,
            ([-500, 1000], 500)),
    Example("a preview to the cent", PRORATIONS, preview_of_a_change, ([-166, 541, 3252], 3627),
            begins="2020-08-06T21:28:08"),
    Example("what was never paid, classic", PRORATIONS, unprorated_up_then_down("classic"), -334),
    Example("what was never paid, flexible", PRORATIONS, unprorated_up_then_down("flexible"), 0),
    Example("5.00 off 10.00 and 20.00", PRORATIONS, five_off_two_items, ([166, 334], 2500)),
    Example("one of two items, classic", PRORATIONS, one_of_two_items_canceled("classic"), -250,
            begins="2026-02-01"),
    Example("one of two items, flexible", PRORATIONS, one_of_two_items_canceled("flexible"), -417,
            begins="2026-02-01"),
    Example("volume tiers", TIERED, tiers("volume", FONTS, 1, 5, 6, 20, 25),
            [700, 3500, 3900, 12000, 15000]),
    Example("graduated tiers", TIERED, tiers("graduated", FONTS, 5, 6), [3500, 4150]),
    Example("five graduated tiers", MODELS, tiers("graduated", WITHOUT_FEES, 1, 5, 6, 20, 25),
            [500, 2500, 2900, 7000, 7500]),
    Example("volume tiers with flat fees", MODELS, tiers("volume", WITH_FEES, 12), [6600]),
    Example("graduated tiers with flat fees", MODELS, tiers("graduated", WITH_FEES, 12), [11100]),
    Example("none of tiers with flat fees", MODELS, tiers("graduated", WITH_FEES, 0), [1000]),
    Example("10.00 for every five users", "quantity-transformation",
            packages(1000, 5, 1, 3, 5, 6, 7), [1000, 1000, 1000, 2000, 2000]),
    Example("150 minutes of a rented car", "usage-based/transform-quantities", a_rented_car, 3000),
    Example("500 yen", "docs.stripe.com/currencies", five_hundred_yen,
            (500, "1 × Plan 500 (at ¥500 / month)")),
    Example("from the 31st of January", CYCLE, the_31st,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"], begins="2026-01-31"),
    Example("every two months on the 31st", CYCLE, every_two_months_on_the_31st,
            ("2026-08-31", "2026-02-28",
             ["2026-02-10", "2026-02-28", "2026-04-30", "2026-06-30", "2026-08-31"]),
            begins="2026-02-10"),
    Example("a trial of 15 July, then the 1st", "trials/free-trials", a_trial_and_an_anchor,
            [("2026-07-15", 0), ("2026-07-22", 1000), ("2026-08-01", 3100), ("2026-09-01", 3100)],
            begins="2026-07-15"),
    Example("a trial that passes the 1st", CYCLE, a_trial_that_passes_the_anchor,
            ["2026-07-28", "2026-08-04", "2026-09-01"], begins="2026-07-28"),
    Example("a trial that moves the cycle", CYCLE, a_trial_that_moves_the_cycle,
            [("2026-07-15", 0), ("2026-08-01", 1000), ("2026-09-01", 1000)], begins="2026-06-23"),
    Example("backdated to 15 February", BACKDATING, backdated("classic", "2026-02-15", 1000),
            ("2026-02-15",
             [("2026-02-15", "2026-03-01", 500), ("2026-03-01", "2026-04-01", 1000)]),
            begins="2026-03-01"),
    Example("backdated to 15 January", BACKDATING, backdated("classic", "2026-01-15", 3100),
            ("2026-01-15",
             [("2026-01-15", "2026-02-01", 1700), ("2026-02-01", "2026-03-01", 3100)]),
            begins="2026-02-01"),
    Example("backdated, billed until the anchor", BACKDATING,
            backdated("classic", "2026-09-01", 1000, billing_cycle_anchor=moment("2026-11-01")),
            ("2026-09-01", [("2026-09-01", "2026-11-01", 2000)]), begins="2026-10-15"),
    Example("backdated, period by period", BACKDATING, backdated("flexible", "2026-01-15", 1000),
            ("2026-01-15",
             [("2026-01-15", "2026-02-15", 1000), ("2026-02-15", "2026-03-15", 1000)]),
            begins="2026-03-01"),
    Example("two months of storage, classic", COMPARE, storage_of_two_months("classic"), [25000],
            begins="2026-05-01"),
    Example("two months of storage, flexible", COMPARE, storage_of_two_months("flexible"),
            [10000, 15000], begins="2026-05-01"),
    Example("one, two and three months together", "mixed-interval", three_intervals,
            [[("2026-01-01", "2026-02-01"), ("2026-01-01", "2026-03-01"),
              ("2026-01-01", "2026-04-01")],
             [("2026-02-01", "2026-03-01"), ("2026-01-01", "2026-03-01"),
              ("2026-01-01", "2026-04-01")],
             [("2026-03-01", "2026-04-01"), ("2026-03-01", "2026-05-01"),
              ("2026-01-01", "2026-04-01")]], begins="2026-01-01"),
]  # fmt: skip
