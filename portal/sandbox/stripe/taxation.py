"""Tax on invoice lines by manual tax rates, inclusive and exclusive, rounded line by line.

The rules and their worked examples are those of docs.stripe.com/billing/taxes/tax-rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.sandbox.stripe.proration import rounded


@dataclass(frozen=True, slots=True)
class Rate:
    """One tax rate: percent of 100, inside the price or on top of it."""

    id: str
    percent: Fraction
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Tax:
    """What one rate takes of one line: `amount` and the `taxable` amount it is taken of."""

    rate: Rate
    amount: int
    taxable: int


def taxes_on(amount: int, rates: Sequence[Rate]) -> list[Tax]:
    """Return the taxes on a line of `amount` minor units after discounts, in the rates' order.

    Inclusive rates are worked out first, of the price without any of them; exclusive rates are
    then taken of what is left.
    """
    inside = sum((rate.percent for rate in rates if rate.inclusive), Fraction(0))
    net = Fraction(amount) / (1 + inside / 100)
    included = {rate.id: rounded(net * rate.percent / 100) for rate in rates if rate.inclusive}
    taxable = amount - sum(included.values())
    return [
        Tax(
            rate,
            included[rate.id] if rate.inclusive else rounded(taxable * rate.percent / 100),
            taxable,
        )
        for rate in rates
    ]
