"""Stripe's invoices in Holded's items: to the cent, or not at all.

The invoices are Stripe's own, as the sandbox computes them, and what Holded makes of the items is
what its sandbox adds them up to.
"""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from portal.domain.bills import Bill, BillLine, BillTax, Payer
from portal.domain.counterparts import (
    Problem,
    ProblemCode,
    Sold,
    Words,
    find_tax,
    is_wanted,
    items_of,
    items_of_refund,
    percents_of,
)
from portal.domain.drafts import Item, SalesTax, fit, total_of
from portal.domain.invoices import InvoiceState
from portal.domain.rules import Rules
from portal.sandbox.holded.totals import totals
from portal.sandbox.stripe.discounting import Reducible, Reduction, reduce_lines
from portal.sandbox.stripe.taxation import Rate, taxes_on

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TAXES = [
    SalesTax("s_iva_21", "IVA 21%", Decimal(21)),
    SalesTax("s_iva_10", "IVA 10%", Decimal(10)),
    SalesTax("s_iva_75", "IVA 7,5%", Decimal("7.5")),
    SalesTax("s_iva_4", "IVA 4%", Decimal(4)),
    SalesTax("s_iva_0", "IVA 0%", Decimal(0)),
]
WORDS = Words(discount="Discount", line="Refund")
PERCENTS = percents_of(TAXES)


def _bill(*lines: BillLine, total: int | None = None, currency: str = "eur") -> Bill:
    return Bill(
        id="in_1",
        number="F-1",
        payer=Payer("cus_1", "Ann", "ann@example.com"),
        state=InvoiceState.PAID,
        currency=currency,
        total=sum(line.total for line in lines) if total is None else total,
        paid=0,
        lines=lines,
        finalized_at=NOW,
        paid_at=NOW,
    )


def _items(bill: Bill, named: Sequence[str] = ()) -> tuple[Item, ...]:
    found = items_of(bill, TAXES, books="eur", named=named, words=WORDS)
    assert not isinstance(found, Problem), found
    return found


def _holded_total(items: Sequence[Item]) -> int:
    """Return what Holded's sandbox adds items up to, as they arrive there."""
    lines = [
        {
            "price": f"{item.price:f}",
            "units": str(item.units),
            "discount": f"{item.discount:f}",
            "taxes": list(item.taxes),
        }
        for item in items
    ]
    return int(totals(lines, Decimal(0), PERCENTS, "eur").total * 100)


def _tax(percent: str, amount: int, *, inside: bool = False) -> BillTax:
    return BillTax(Decimal(percent), amount, inside)


def _random_bill(seed: int) -> Bill:
    """Return an invoice as Stripe would compute it: any quantities, rates, coupons, credits."""
    pick = random.Random(seed)  # noqa: S311 - an example, not a secret
    inside = pick.random() < 0.4
    rates = [
        Rate(f"txr_{percent}", Fraction(percent), inside)
        for percent in pick.sample(["21", "10", "7.5", "4", "0"], pick.randint(1, 3))
    ]
    lines: list[tuple[int, int, Rate | None]] = []
    for _ in range(pick.randint(1, 9)):
        quantity = pick.choice([0, 1, 1, 2, 3, 7, 12])
        amount = pick.randint(1, 30_000) * max(quantity, 1) + pick.choice([0, 0, 1])
        lines.append((amount, quantity, pick.choice([*rates, None])))
    if pick.random() < 0.3:
        lines.append((-pick.randint(1, lines[0][0]), 1, lines[0][2]))
    places = [Reducible(None, amount) for amount, _, _ in lines]
    coupons = [
        Reduction("di_1", percent=Fraction(pick.choice(["10", "33.33", "12.5"]))),
        Reduction("di_2", amount=pick.randint(1, 5_000)),
    ]
    reduce_lines(places, pick.sample(coupons, pick.randint(0, 2)))
    return _bill(
        *(
            BillLine(
                text=f"Line {number}",
                amount=amount,
                quantity=quantity,
                discount=amount - place.left,
                taxes=tuple(
                    BillTax(Decimal(str(float(tax.rate.percent))), tax.amount, tax.rate.inclusive)
                    for tax in taxes_on(place.left, [rate] if rate else [])
                ),
            )
            for number, ((amount, quantity, rate), place) in enumerate(
                zip(lines, places, strict=True)
            )
        )
    )


@pytest.mark.parametrize("start", range(0, 2000, 250))
def test_f10_any_invoice_comes_to_stripes_total_in_holded(start: int) -> None:
    bills = [_random_bill(seed) for seed in range(start, start + 250)]
    positive = [bill for bill in bills if bill.total > 0]

    sums = [(_holded_total(_items(bill)), bill.total) for bill in positive]

    assert len(positive) > 200
    assert [pair for pair in sums if pair[0] != pair[1]] == []


def test_f10_the_base_of_each_tax_is_stripes_where_sums_agree() -> None:
    line = BillLine("Seats", 3000, quantity=3, taxes=(_tax("21", 630),))

    assert _items(_bill(line)) == (Item("Seats", Decimal(10), ("s_iva_21",), 3),)


def test_f10_a_price_with_tax_inside_is_told_without_it() -> None:
    line = BillLine("Seats", 12100, quantity=1, taxes=(_tax("21", 2100, inside=True),))

    assert _items(_bill(line)) == (Item("Seats", Decimal(100), ("s_iva_21",)),)


def test_f10_a_per_cent_off_stands_on_its_item() -> None:
    line = BillLine("Seats", 10000, quantity=1, discount=1250, taxes=(_tax("21", 1838),))

    items = _items(_bill(line))

    assert [(item.price, item.discount) for item in items] == [(Decimal(100), Decimal("12.5"))]
    assert _holded_total(items) == 10588


def test_f10_a_sum_off_that_is_no_per_cent_is_an_item_of_its_own() -> None:
    line = BillLine("Seats", 9900, quantity=1, discount=500, taxes=(_tax("21", 1974),))

    items = _items(_bill(line))

    assert [(item.text, item.price) for item in items] == [
        ("Seats", Decimal(99)),
        ("Discount: Seats", Decimal(-5)),
    ]


def test_f10_a_price_that_no_six_decimals_hold_is_one_unit() -> None:
    line = BillLine("Calls", 1000, quantity=3, taxes=(_tax("21", 210),))

    assert _items(_bill(line)) == (Item("3 × Calls", Decimal(10), ("s_iva_21",)),)


def test_f10_a_credit_for_unused_time_is_a_negative_item() -> None:
    unused = BillLine("Unused time", -500, quantity=1, taxes=(_tax("21", -105),))
    rest = BillLine("Remaining time", 1500, quantity=1, taxes=(_tax("21", 315),))

    assert [item.price for item in _items(_bill(unused, rest))] == [Decimal(-5), Decimal(15)]


def test_f10_lines_without_tax_name_the_tax_of_nothing() -> None:
    assert _items(_bill(BillLine("Book", 1000)))[0].taxes == ("s_iva_0",)


def _problem(bill: Bill, taxes: Sequence[SalesTax] = TAXES) -> ProblemCode:
    found = items_of(bill, taxes, books="eur", named=(), words=WORDS)
    assert isinstance(found, Problem)
    return found.code


def test_f10_what_cannot_be_translated_is_a_problem_and_no_document() -> None:
    line = BillLine("Seats", 1000, taxes=(_tax("21", 210),))
    two = [*TAXES, SalesTax("s_iva_21b", "Other", Decimal(21))]

    assert _problem(_bill(line, currency="usd")) is ProblemCode.CURRENCY
    assert _problem(_bill(line, currency="jpy")) is ProblemCode.CURRENCY
    assert _problem(_bill(line, total=1300)) is ProblemCode.SUMS
    assert _problem(_bill(BillLine("Credit", -1000))) is ProblemCode.NEGATIVE
    assert _problem(_bill(BillLine("x", 1000, taxes=(_tax("5", 50),)))) is ProblemCode.NO_TAX
    assert _problem(_bill(line), two) is ProblemCode.SEVERAL_TAXES
    # Tax that Stripe did not take, of a rate that Holded would.
    assert _problem(_bill(BillLine("x", 1000, taxes=(_tax("21", 0),)))) is ProblemCode.SUMS


@pytest.mark.parametrize(
    ("named", "key"),
    [(("21=s_iva_21b",), "s_iva_21b"), ((" 21.0 = s_iva_21",), "s_iva_21")],
)
def test_f10_of_several_taxes_of_a_rate_the_merchants_is_taken(
    named: tuple[str, ...], key: str
) -> None:
    two = [*TAXES, SalesTax("s_iva_21b", "Other", Decimal(21))]

    found = find_tax(Decimal(21), two, named)

    assert isinstance(found, SalesTax)
    assert found.key == key


def test_f10_a_tax_that_was_named_and_is_gone_is_not_replaced() -> None:
    found = find_tax(Decimal(21), TAXES, ("21=s_gone",))

    assert isinstance(found, Problem)
    assert found.code is ProblemCode.NO_TAX


def test_f10_sums_that_rounding_does_not_explain_are_not_forced() -> None:
    items = [Item("Seats", Decimal(100), ("s_iva_21",))]

    assert fit(items, 12102, PERCENTS) is None
    assert total_of(fit(items, 12101, PERCENTS) or (), PERCENTS) == 12101


def test_f10_a_sum_that_holded_skips_is_not_made_up() -> None:
    """At 4 % base and tax round up together at 42.125: 42.12 + 1.68 and 42.13 + 1.69."""
    items = [Item("A", Decimal("20.12"), ("s_iva_4",)), Item("B", Decimal(22), ("s_iva_4",))]

    assert fit(items, 4380, PERCENTS) is not None
    assert fit(items, 4381, PERCENTS) is None
    assert fit(items, 4382, PERCENTS) is not None


@pytest.mark.parametrize(
    ("sales", "since", "state", "wanted"),
    [
        ("", date(2026, 1, 1), InvoiceState.PAID, False),
        ("paid", None, InvoiceState.PAID, False),
        ("paid", date(2026, 11, 20), InvoiceState.PAID, True),
        ("paid", date(2026, 11, 21), InvoiceState.PAID, False),
        ("paid", date(2026, 1, 1), InvoiceState.OPEN, False),
        ("finalized", date(2026, 1, 1), InvoiceState.OPEN, True),
        ("finalized", date(2026, 1, 1), InvoiceState.PAID, True),
        ("finalized", date(2026, 1, 1), InvoiceState.VOID, False),
        ("finalized", date(2026, 1, 1), InvoiceState.DRAFT, False),
    ],
)
def test_f10_only_what_the_merchant_decided_is_made(
    sales: str, since: date | None, state: InvoiceState, wanted: bool
) -> None:
    rules = Rules(invoice_stripe_sales=sales, invoice_stripe_since=since)  # type: ignore[arg-type]
    bill = Bill(**{**_fields(_bill(BillLine("x", 1000))), "state": state})

    assert is_wanted(rules, bill, NOW.date()) is wanted


def test_f10_an_invoice_of_nothing_is_no_sale() -> None:
    rules = Rules(invoice_stripe_sales="paid", invoice_stripe_since=date(2026, 1, 1))

    assert not is_wanted(rules, _bill(), NOW.date())


def _fields(bill: Bill) -> dict[str, object]:
    return {name: getattr(bill, name) for name in Bill.__dataclass_fields__}


# Refunds


def _sold(*parts: tuple[str, str]) -> list[Sold]:
    return [Sold(Decimal(net), (key,)) for net, key in parts]


def _refunded(sold: list[Sold], amount: int) -> tuple[Item, ...] | Problem:
    return items_of_refund(sold, amount, TAXES, named=(), words=WORDS)


def test_f12_a_part_of_a_sale_is_divided_by_its_taxes() -> None:
    sold = _sold(("100", "s_iva_21"), ("50", "s_iva_10"), ("24", "s_iva_0"))

    items = _refunded(sold, 10000)

    assert not isinstance(items, Problem)
    assert [(item.price, item.taxes) for item in items] == [
        (Decimal("50.00"), ("s_iva_21",)),
        (Decimal("25.00"), ("s_iva_10",)),
        (Decimal("12.00"), ("s_iva_0",)),
    ]


@pytest.mark.parametrize("seed", range(200))
def test_f12_a_credit_note_comes_to_the_refund(seed: int) -> None:
    pick = random.Random(seed)  # noqa: S311 - an example, not a secret
    keys = pick.sample(sorted(PERCENTS), pick.randint(1, 3))
    sold = _sold(*((f"{pick.randint(1, 90_000) / 100:.2f}", pick.choice(keys)) for _ in range(6)))
    whole = _holded_total([Item("x", one.net, one.taxes) for one in sold])
    amount = pick.choice([whole, pick.randint(1, whole)])

    items = _refunded(sold, amount)

    assert not isinstance(items, Problem)
    assert _holded_total(items) == amount


def test_f12_an_invoice_of_nothing_has_nothing_to_credit() -> None:
    found = _refunded(_sold(("-10", "s_iva_21")), 500)

    assert isinstance(found, Problem)
