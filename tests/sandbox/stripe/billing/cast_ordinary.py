"""Subscribers who pay: intervals, pricing models, currencies, discounts, taxes, trials, changes."""

from tests.sandbox.stripe.billing.calendar_rules import at, bills, days, moment
from tests.sandbox.stripe.billing.cast import (
    Life,
    Member,
    calls,
    coupon,
    fixed,
    metered,
    rate,
    usd,
)

FONTS = [
    {"up_to": 5, "unit_amount": 700},
    {"up_to": 10, "unit_amount": 650},
    {"up_to": "inf", "unit_amount": 600},
]


def tiered(mode: str, tiers: list[dict[str, object]]) -> dict[str, object]:
    return {"amount": None, "billing_scheme": "tiered", "tiers_mode": mode, "tiers": tiers}


def one_item(quantity: int) -> object:
    return fixed(quantity=quantity)


def to(amount: int, **params: object) -> object:
    """Change the only item to a price of another amount."""
    return lambda life: life.update(
        items=[{"id": life.item(), "price": life.billing.price(amount)}], **params
    )


def yearly(life: Life) -> None:
    life.update(items=[{"id": life.item(), "price": life.billing.price(12000, "year")}])


def cancel(**params: object) -> object:
    return lambda life: life.stripe.subscriptions.cancel(life.subscription, params)


INTERVALS = [
    Member("weekly", "2026-04-01", bills("2026-04-01", "week", 500), (usd(500, "week"),)),
    Member(
        "fortnightly",
        "2026-04-03",
        bills("2026-04-03", "week", 900, 2),
        (usd(900, "week", 2),),
        mode="flexible",
    ),
    Member("monthly classic", "2026-04-01", bills("2026-04-01", "month", 1000)),
    Member("monthly flexible", "2026-04-15", bills("2026-04-15", "month", 1000), mode="flexible"),
    Member("on the 31st", "2026-05-31", bills("2026-05-31", "month", 1000)),
    Member(
        "on the 30th", "2026-06-30", bills("2026-06-30", "month", 1000), mode="flexible"
    ),
    Member(
        "quarterly", "2026-04-10", bills("2026-04-10", "month", 3000, 3), (usd(3000, "month", 3),)
    ),
    Member(
        "half-yearly", "2026-05-05", bills("2026-05-05", "month", 6000, 6), (usd(6000, "month", 6),)
    ),
    Member("yearly", "2026-04-20", bills("2026-04-20", "year", 12000), (usd(12000, "year"),)),
    Member(
        "daily, told to end",
        "2026-05-01",
        bills("2026-05-01", "day", 100, until="2026-05-10"),
        (usd(100, "day"),),
        steps=(("2026-05-10T12:00", lambda life: life.update(cancel_at_period_end=True)),),
        path=("active", "canceled"),
        until="2026-05-11",
    ),
    Member(
        "daily, for four days",
        "2026-06-01",
        bills("2026-06-01", "day", 100, until="2026-06-04"),
        (usd(100, "day"),),
        fixed(cancel_at=moment("2026-06-05")),
        mode="flexible",
        path=("active", "canceled"),
        until="2026-06-05",
    ),
    Member(
        "a month and a year",
        "2026-04-05",
        at(at(bills("2026-04-05", "month", 1000), 0, ("2026-04-05", 13000, "paid")), 12,
           ("2027-04-05", 13000, "paid")),
        (usd(1000), usd(12000, "year")),
        mode="flexible",
    ),
]  # fmt: skip

AMOUNTS = [
    Member("two items", "2026-04-01", bills("2026-04-01", "month", 3500), (usd(1000), usd(2500))),
    Member("seven seats", "2026-04-02", bills("2026-04-02", "month", 2100), (usd(300),),
           one_item(7)),
    Member("volume tiers", "2026-04-03", bills("2026-04-03", "month", 3900),
           (tiered("volume", FONTS),), one_item(6)),
    Member("graduated tiers", "2026-04-04", bills("2026-04-04", "month", 7950),
           (tiered("graduated", FONTS),), one_item(12), mode="flexible"),
    Member("a flat fee and more", "2026-04-06", bills("2026-04-06", "month", 1600),
           (tiered("graduated", [{"up_to": 5, "flat_amount": 1000},
                                 {"up_to": "inf", "unit_amount": 200}]),), one_item(8)),
    Member("packages, rounded up", "2026-04-07", bills("2026-04-07", "month", 4500),
           (usd(1500, transform_quantity={"divide_by": 10, "round": "up"}),), one_item(25)),
    Member("packages, rounded down", "2026-04-08", bills("2026-04-08", "month", 3000),
           (usd(1500, transform_quantity={"divide_by": 10, "round": "down"}),), one_item(25)),
    Member("parts of a cent", "2026-04-09", bills("2026-04-09", "month", 833),
           ({"amount": None, "unit_amount_decimal": "2.5"},), one_item(333)),
    Member("yen", "2026-04-11", bills("2026-04-11", "month", 500),
           (usd(500, currency="jpy"),)),
    Member("dinars", "2026-04-12", bills("2026-04-12", "month", 15000),
           (usd(15000, currency="kwd"),), mode="flexible"),
    Member("euros of a dollar price", "2026-04-13", bills("2026-04-13", "month", 950),
           (usd(1000, currency_options={"eur": {"unit_amount": 950}}),), fixed(currency="eur")),
    Member("a set-up fee", "2026-04-14",
           at(bills("2026-04-14", "month", 1000), 0, ("2026-04-14", 5900, "paid")),
           params=lambda billing: {"add_invoice_items": [{"price": billing.once(4900)}]}),
]  # fmt: skip

ANCHORS = [
    # 21 of the 30 days of April.
    Member("until the first", "2026-04-10",
           [("2026-04-10", 2100, "paid"), *bills("2026-05-01", "month", 3000)], (usd(3000),),
           fixed(billing_cycle_anchor=moment("2026-05-01"))),
    # 25 of the 30 days from 15 April.
    Member("on the 15th, by configuration", "2026-04-20",
           [("2026-04-20", 2500, "paid"), *bills("2026-05-15", "month", 3000)], (usd(3000),),
           fixed(billing_cycle_anchor_config={"day_of_month": 15}), mode="flexible"),
    Member("free until the first", "2026-04-10", bills("2026-05-01", "month", 3000), (usd(3000),),
           fixed(billing_cycle_anchor=moment("2026-05-01"), proration_behavior="none"),
           gaps=(("2026-04-10", "2026-05-01"),)),
]  # fmt: skip

REDUCED = [
    Member("three off, once", "2026-04-16",
           at(bills("2026-04-16", "month", 1000), 0, ("2026-04-16", 700, "paid")),
           params=coupon(amount_off=300, currency="usd")),
    Member("half for three months", "2026-04-17",
           [*bills("2026-04-17", "month", 500, until="2026-06-17"),
            *bills("2026-07-17", "month", 1000)],
           params=coupon(percent_off=50, duration="repeating", duration_in_months=3),
           mode="flexible"),
    Member("15 % for ever", "2026-04-18", bills("2026-04-18", "month", 850),
           params=coupon(percent_off=15, duration="forever")),
    Member("2.50 for ever", "2026-04-19", bills("2026-04-19", "month", 750),
           params=coupon(amount_off=250, currency="usd", duration="forever"), mode="flexible"),
    Member("21 % on top", "2026-04-21", bills("2026-04-21", "month", 1210),
           params=lambda billing: {"default_tax_rates": [rate(billing, 21, inclusive=False)]}),
    Member("10 % inside", "2026-04-22", bills("2026-04-22", "month", 1100), (usd(1100),),
           params=lambda billing: {"default_tax_rates": [rate(billing, 10, inclusive=True)]}),
    Member("a tenth off, then 21 % on top", "2026-04-23", bills("2026-04-23", "month", 1089),
           params=lambda billing: {
               "default_tax_rates": [rate(billing, 21, inclusive=False)],
               **coupon(percent_off=10, duration="forever")(billing)}),
    Member("reverse charge", "2026-04-24", bills("2026-04-24", "month", 1000),
           params=lambda billing: {"default_tax_rates": [rate(billing, 21, inclusive=False)]},
           customer={"tax_exempt": "reverse"}),
    Member("25.00 of credit", "2026-04-25", bills("2026-04-25", "month", 1000),
           customer={"balance": -2500}),
]  # fmt: skip

TRIALS = [
    Member("two weeks on trial", "2026-04-01",
           [("2026-04-01", 0, "paid"), *bills("2026-04-15", "month", 1000)],
           params=fixed(trial_period_days=14), path=("trialing", "active")),
    Member("a trial cut short", "2026-04-01",
           [("2026-04-01", 0, "paid"),
            *bills("2026-04-08", "month", 1000, until="2027-05-31")],
           params=fixed(trial_end=moment("2026-05-01")), mode="flexible",
           steps=(("2026-04-08T12:00", lambda life: life.update(trial_end="now")),),
           path=("trialing", "active"),
           # The free time that was cut off stays on its invoice: it is billed twice.
           gaps=(("2026-05-01", "2026-04-08T12:00"),)),
]  # fmt: skip

# What is used in a month is billed on the first of the next one.
USED = [
    Member("calls, afterwards", "2026-04-01", bills("2026-05-01", "month", 400), (metered,),
           mode="flexible", until="2027-06-01",
           steps=tuple((f"{one[:8]}05", calls(100)) for one in days("2026-04-01", "month")[:-1])),
]  # fmt: skip

LATER_AND_EARLIER = [
    # A week on trial, the rest of April (22 of 30 days), then whole months.
    Member("a trial before an anchor", "2026-04-02",
           [("2026-04-02", 0, "paid"), ("2026-04-09", 2200, "paid"),
            *bills("2026-05-01", "month", 3000)], (usd(3000),),
           fixed(trial_period_days=7, billing_cycle_anchor=moment("2026-05-01")),
           path=("trialing", "active")),
    Member("backdated by two months and a half", "2026-02-15",
           [("2026-05-01", 3000, "paid"), *bills("2026-05-15", "month", 1000)],
           params=fixed(backdate_start_date=moment("2026-02-15")), mode="flexible",
           comes="2026-05-01"),
]  # fmt: skip

# 16 May at noon is the middle of the 31 days of May.
MIDDLE = "2026-05-16T12:00"
CHANGES = [
    Member("up, invoiced at once", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2026-05-01"), ("2026-05-16", 500, "paid"),
            *bills("2026-06-01", "month", 2000)],
           steps=((MIDDLE, to(2000, proration_behavior="always_invoice")),)),
    Member("up, with the renewal", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2026-05-01"), ("2026-06-01", 2500, "paid"),
            *bills("2026-07-01", "month", 2000)],
           steps=((MIDDLE, to(2000)),), mode="flexible"),
    Member("down, invoiced at once", "2026-04-01",
           [*bills("2026-04-01", "month", 2000, until="2026-05-01"), ("2026-05-16", -500, "paid"),
            *bills("2026-06-01", "month", 1000)], (usd(2000),),
           steps=((MIDDLE, to(1000, proration_behavior="always_invoice")),), mode="flexible"),
    Member("up, unprorated", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2026-05-01"),
            *bills("2026-06-01", "month", 2000)],
           steps=((MIDDLE, to(2000, proration_behavior="none")),)),
    Member("from months to years", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2026-05-01"),
            ("2026-05-16", 11500, "paid"), ("2027-05-16", 12000, "paid")],
           steps=((MIDDLE, yearly),)),
    Member("the anchor moved", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2026-05-01"), ("2026-05-16", 500, "paid"),
            *bills("2026-06-16", "month", 1000)],
           steps=((MIDDLE, lambda life: life.update(billing_cycle_anchor={"type": "now"})),),
           mode="flexible"),
    Member("ends with its period", "2026-04-01", bills("2026-04-01", "month", 1000,
           until="2026-05-01"), mode="flexible", path=("active", "canceled"), until="2026-06-01",
           steps=((MIDDLE, lambda life: life.update(cancel_at="max_period_end")),)),
    Member("ends now, credited", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2026-05-01"),
            ("2026-05-16", -500, "paid")], path=("active", "canceled"), until=MIDDLE,
           steps=((MIDDLE, cancel(prorate=True, invoice_now=True)),)),
    Member("ends now, uncredited", "2026-04-01",
           bills("2026-04-01", "month", 1000, until="2026-05-01"), path=("active", "canceled"),
           steps=((MIDDLE, cancel()),), until="2026-06-01"),
]  # fmt: skip

ORDINARY = [*INTERVALS, *AMOUNTS, *ANCHORS, *REDUCED, *TRIALS, *USED, *LATER_AND_EARLIER, *CHANGES]
