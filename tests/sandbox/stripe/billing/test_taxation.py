"""The worked examples of Stripe's tax rate page."""

from fractions import Fraction

import pytest

from portal.sandbox.stripe.taxation import Rate, taxes_on

INSIDE_5 = Rate("txr_in", Fraction(5), inclusive=True)
INSIDE_10 = Rate("txr_in10", Fraction(10), inclusive=True)
ON_TOP_5 = Rate("txr_5", Fraction(5), inclusive=False)
ON_TOP_7 = Rate("txr_7", Fraction(7), inclusive=False)
ON_TOP_25 = Rate("txr_25", Fraction(25), inclusive=False)
INSIDE_25 = Rate("txr_in25", Fraction(25), inclusive=True)


@pytest.mark.parametrize(
    ("amount", "rates", "taxes"),
    [
        (500, [ON_TOP_25], [125]),
        (500, [INSIDE_25], [100]),
        (450, [ON_TOP_5], [23]),
        (900, [ON_TOP_5], [45]),
        (450, [INSIDE_5], [21]),
        (900, [INSIDE_5], [43]),
        (450, [INSIDE_5, ON_TOP_7], [21, 30]),
        (900, [INSIDE_5, ON_TOP_7], [43, 60]),
        (100000, [INSIDE_10], [9091]),
        (5000, [INSIDE_10], [455]),
        (-500, [ON_TOP_25], [-125]),
    ],
)
def test_tax_of_a_line_is_as_stripes_page_works_it_out(
    amount: int, rates: list[Rate], taxes: list[int]
) -> None:
    assert [tax.amount for tax in taxes_on(amount, rates)] == taxes


def test_the_taxable_amount_is_without_the_tax_inside_the_price() -> None:
    assert [tax.taxable for tax in taxes_on(450, [INSIDE_5, ON_TOP_7])] == [429, 429]
