"""Thirty generated changes: what the page shows before is what the invoice says after, to the cent.

Each case is drawn by its number alone, so that one that fails can be run again by it.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from portal.domain.configurations import OfferedProduct
from portal.services import changes, quotes
from portal.services.changes import Shown
from portal.services.plans import Wish
from tests.house import House
from tests.shop import GOOD, Shop

CASES = 30
PLANS = {
    "basic": ("Basic", {"eur": 900, "usd": 1100, "jpy": 1500}, "month", 1),
    "basic_year": ("Basic", {"eur": 9000, "usd": 9900, "jpy": 14000}, "year", 1),
    "pro": ("Pro", {"eur": 2900, "usd": 3333, "jpy": 4700}, "month", 1),
    "pro_year": ("Pro", {"eur": 29000, "usd": 33300, "jpy": 47000}, "year", 1),
    "team": ("Team", {"eur": 4999, "usd": 5555, "jpy": 8000}, "month", 3),
}
COUPONS: tuple[dict[str, Any] | None, ...] = (
    None,
    None,
    {"percent_off": 33.33, "duration": "forever"},
    {"percent_off": 50, "duration": "once"},
    {"percent_off": 15, "duration": "repeating", "duration_in_months": 14},
    {"amount_off": 250, "duration": "forever"},
)
TAXES = (None, {"percentage": 21, "inclusive": False}, {"percentage": 10, "inclusive": True})


@dataclass(frozen=True)
class Case:
    """One change: what there is, what it becomes, and how the merchant bills it."""

    old: str
    new: str
    quantities: tuple[int, int]
    currency: str
    mode: str
    coupon: dict[str, Any] | None
    tax: dict[str, Any] | None
    trial_days: int
    days: int
    proration: str
    anchor: str
    trial_update: str
    deferred: frozenset[str]


def drawn(number: int) -> Case:
    """Draw a case by its number."""
    dice = Random(number)  # noqa: S311 - no secret, but a case that comes again
    old, new = dice.sample(sorted(PLANS), 2) if number % 4 else ["pro", "pro"]
    quantities = (dice.randint(1, 4), dice.randint(1, 4))
    if old == new and quantities[0] == quantities[1]:
        quantities = (quantities[0], quantities[1] + 1)
    return Case(
        old,
        new,
        quantities,
        currency=dice.choice(["eur", "eur", "usd", "jpy"]),
        mode=dice.choice(["classic", "flexible"]),
        coupon=dice.choice(COUPONS),
        tax=dice.choice(TAXES),
        trial_days=dice.choice([0, 0, 0, 20]),
        days=dice.randint(1, 17),
        proration=dice.choice(["always_invoice", "create_prorations", "none"]),
        anchor=dice.choice(["unchanged", "now"]),
        trial_update=dice.choice(["end_trial", "continue_trial"]),
        deferred=frozenset(dice.choice([(), ("decreasing_item_amount", "shortening_interval")])),
    )


def catalogue(shop: Shop, case: Case) -> dict[str, str]:
    """Sell every plan in the currency of a case."""
    behavior = "inclusive" if case.tax and case.tax["inclusive"] else "exclusive"
    shop.products["Team"] = shop._product("Team")
    return {
        name: shop.stripe.prices.create(
            {
                "product": shop.products[product],
                "currency": case.currency,
                "unit_amount": amounts[case.currency],
                "recurring": {"interval": interval, "interval_count": count},
                "tax_behavior": behavior,
            }
        ).id
        for name, (product, amounts, interval, count) in PLANS.items()
    }


def subscribed(shop: Shop, case: Case, prices: dict[str, str]):
    """Begin what a case changes and return the visit and the subscription."""
    rows = {
        product: [prices[name] for name, plan in PLANS.items() if plan[0] == product]
        for product in ("Basic", "Pro", "Team")
    }
    shop.configure(
        products=tuple(
            OfferedProduct(shop.products[product], tuple(ids), quantity_adjustable=True)
            for product, ids in rows.items()
        ),
        proration_behavior=case.proration,
        billing_cycle_anchor=case.anchor,
        trial_update_behavior=case.trial_update,
        schedule_conditions=case.deferred,
    )
    fields: dict[str, Any] = {
        "items": [{"price": prices[case.old], "quantity": case.quantities[0]}],
        "billing_mode": {"type": case.mode},
        "default_tax_rates": [],
    }
    if case.tax:
        rate = shop.stripe.tax_rates.create({"display_name": "Tax", **case.tax}).id
        fields["default_tax_rates"] = [rate]
    if case.coupon:
        money = {"currency": case.currency} if "amount_off" in case.coupon else {}
        shop.stripe.coupons.create({"id": "LESS", **case.coupon, **money})
        fields["discounts"] = [{"coupon": "LESS"}]
    if case.trial_days:
        fields["trial_period_days"] = case.trial_days
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, **fields)
    shop.visit(customer)
    wait(shop, case.days)
    return shop.visit(customer), subscription


def wait(shop: Shop, days: int) -> None:
    shop.house.control("stripe", "clock", advance=days * 86_400)
    shop.house.pass_time(days * 86_400)


def newest(shop: Shop, subscription: str) -> tuple[int, int, int]:
    """Return total, tax and what was due of the last invoice of a subscription."""
    made = shop.stripe.invoices.list({"subscription": subscription, "limit": 1}).data[0]
    return made.total, sum(row.amount for row in made.total_taxes or ()), made.amount_due


@pytest.mark.provider
@pytest.mark.parametrize("number", range(CASES))
def test_the_sum_shown_before_is_the_sum_of_the_invoice(house: House, number: int) -> None:
    case = drawn(number)
    shop = Shop(house)
    prices = catalogue(shop, case)
    visit, subscription = subscribed(shop, case, prices)
    wish = Wish(prices[case.new], case.quantities[1])
    shown = quotes.quote(visit, subscription, wish)

    page = Shown(shown.change.proration_date, shown.sums, "one", "Charge it.")
    changed = changes.confirm(visit, subscription, wish, page)
    days_to_wait = 0 if shown.is_now else (shown.next_at - house.now()).days + 1
    wait(shop, days_to_wait)

    assert not changed.waits
    assert newest(shop, subscription) == (shown.first.total, shown.first.tax, shown.first.due)
    item = shop.told(subscription)["items"].data[0]
    assert (item.price.id, item.quantity) == (wish.price, wish.quantity)


@pytest.mark.provider
@pytest.mark.parametrize("number", range(CASES))
def test_the_next_sum_shown_is_that_of_the_invoice_after(house: House, number: int) -> None:
    case = drawn(number)
    shop = Shop(house)
    prices = catalogue(shop, case)
    visit, subscription = subscribed(shop, case, prices)
    wish = Wish(prices[case.new], case.quantities[1])
    shown = quotes.quote(visit, subscription, wish)

    page = Shown(shown.change.proration_date, shown.sums, "one", "Charge it.")
    changes.confirm(visit, subscription, wish, page)
    wait(shop, (shown.next_at - house.now()).days + 1)
    made = shop.stripe.invoices.list({"subscription": subscription, "limit": 1}).data[0]

    assert made.total == shown.next_sum.amount
    assert abs(made.created - shown.next_at.timestamp()) < 60


def test_the_cases_reach_every_kind_of_change() -> None:
    cases = [drawn(number) for number in range(CASES)]

    assert {case.currency for case in cases} == {"eur", "usd", "jpy"}
    assert {case.mode for case in cases} == {"classic", "flexible"}
    assert {case.proration for case in cases} == {"always_invoice", "create_prorations", "none"}
    assert {case.trial_days for case in cases} == {0, 20}
    assert len({str(case.coupon) for case in cases}) == len({str(one) for one in COUPONS})
    assert len({str(case.tax) for case in cases}) == len(TAXES)
    assert {bool(case.deferred) for case in cases} == {True, False}
    assert len({(case.old, case.new) for case in cases}) > 8
