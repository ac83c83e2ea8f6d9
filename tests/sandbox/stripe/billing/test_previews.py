"""A preview is the invoice that then comes, over a grid of changes, or both are refused alike."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import stripe

DAY = 86_400
BEHAVIORS = ("none", "create_prorations", "always_invoice")
MODES: dict[str, dict[str, Any]] = {
    "classic": {"type": "classic"},
    "flexible": {"type": "flexible"},
    "itemized": {"type": "flexible", "flexible": {"proration_discounts": "itemized"}},
}
Change = Callable[[Any, Any], dict[str, Any]]


def item(subscription: Any, place: int = 0) -> str:
    return str(subscription["items"].data[place].id)


def priced(amount: int, interval: str = "month", **more: Any) -> Change:
    return lambda billing, made: {
        "items": [{"id": item(made), "price": billing.price(amount, interval), **more}]
    }


# Why some of the grid is refused: see docs/sandbox/stripe-billing.md.
DOCUMENTED = (
    "all prices on a subscription must have the same",
    "changing an item's interval in flexible billing mode",
    "classic prorations of several items with an amount_off",
)
CHANGES: dict[str, Change] = {
    "up": priced(4999),
    "down": priced(499),
    "up and more of it": priced(2999, quantity=3),
    "to a year": priced(19900, "year"),
    "to a year from now": lambda billing, made: {
        **priced(19900, "year")(billing, made),
        "billing_cycle_anchor": {"type": "now"},
    },
    "more": lambda billing, made: {"items": [{"id": item(made), "quantity": 4}]},
    "less": lambda billing, made: {"items": [{"id": item(made), "quantity": 1}]},
    "another": lambda billing, made: {"items": [{"price": billing.price(777)}]},
    "one gone": lambda billing, made: {"items": [{"id": item(made, 1), "deleted": True}]},
    "both": lambda billing, made: {
        "items": [
            {"id": item(made), "price": billing.price(2500)},
            {"id": item(made, 1), "quantity": 2},
        ]
    },
    "anchor": lambda billing, made: {"billing_cycle_anchor": {"type": "now"}},
    "trial": lambda billing, made: {"trial_end": billing.now + 10 * DAY},
    "an end": lambda billing, made: {"cancel_at": billing.now + 5 * DAY},
}


def nothing(billing: Any) -> dict[str, Any]:
    _ = billing
    return {}


def coupon(**worth: Any) -> Callable[[Any], dict[str, Any]]:
    return lambda billing: {"discounts": [{"coupon": billing.stripe.coupons.create(worth).id}]}


def tax(inclusive: bool) -> Callable[[Any], dict[str, Any]]:
    def rate(billing: Any) -> dict[str, Any]:
        wanted = {"display_name": "VAT", "percentage": 21, "inclusive": inclusive}
        return {"default_tax_rates": [billing.stripe.tax_rates.create(wanted).id]}

    return rate


REDUCTIONS = (
    nothing,
    coupon(percent_off=15, duration="forever"),
    coupon(amount_off=333, currency="usd", duration="forever"),
    coupon(percent_off=40),
)
TAXES = (nothing, tax(inclusive=False), tax(inclusive=True))
GRID = [
    pytest.param(
        change,
        behavior,
        mode,
        REDUCTIONS[number % len(REDUCTIONS)],
        TAXES[number % len(TAXES)],
        id=f"{change}-{behavior}-{mode}",
    )
    for number, (change, behavior, mode) in enumerate(itertools.product(CHANGES, BEHAVIORS, MODES))
]


def seen(invoice: Any) -> Any:
    """What the two must have in common."""
    lines = [
        (
            line.amount,
            line.description,
            line.quantity,
            line.period.start,
            line.period.end,
            [one.amount for one in line.discount_amounts],
            [(one.amount, one.taxable_amount, one.tax_behavior) for one in line.taxes],
        )
        for line in invoice.lines.data
    ]
    sums = (
        invoice.subtotal,
        invoice.subtotal_excluding_tax,
        invoice.total_excluding_tax,
        invoice.total,
        invoice.amount_due,
        [one.amount for one in invoice.total_discount_amounts],
        [one.amount for one in invoice.total_taxes],
    )
    return sums, lines


def outcome(act: Callable[[], Any]) -> tuple[Any, str]:
    """What an act answers, and why it is refused; nothing to preview is no refusal."""
    try:
        return act(), ""
    except stripe.InvalidRequestError as refused:
        return None, "" if refused.code == "invoice_upcoming_none" else str(refused.user_message)


@pytest.mark.parametrize(("change", "behavior", "mode", "reduction", "taxed"), GRID)
def test_a_preview_is_the_invoice_that_comes(
    billing: Any, change: str, behavior: str, mode: str, reduction: Any, taxed: Any
) -> None:
    made = billing.stripe.subscriptions.create(
        {
            "customer": billing.customer().id,
            "items": [
                {"price": billing.price(1999), "quantity": 2},
                {"price": billing.price(1000)},
            ],
            "billing_mode": MODES[mode],
            **reduction(billing),
            **taxed(billing),
        }
    )
    billing.advance(days=11, seconds=12_345)
    wanted = CHANGES[change](billing, made) | {"proration_behavior": behavior}
    wanted["proration_date"] = billing.now
    known = {one.id for one in billing.invoices(made.id)}

    preview, refusal = outcome(
        lambda: billing.stripe.invoices.create_preview(
            {"subscription": made.id, "subscription_details": wanted}
        )
    )
    _, refused = outcome(lambda: billing.stripe.subscriptions.update(made.id, wanted))
    billing.advance(days=0 if refusal else 20)

    new = [one for one in reversed(billing.invoices(made.id)) if one.id not in known]
    assert refusal == refused
    assert refusal == "" or any(reason in refusal for reason in DOCUMENTED)
    assert [seen(one) for one in new[:1]] == ([] if preview is None else [seen(preview)])
