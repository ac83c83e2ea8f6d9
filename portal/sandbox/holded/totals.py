"""What a document's lines add up to: line discounts, document discount, taxes, withholding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.sandbox.holded.amounts import ZERO, rounded

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Totals:
    """Amounts of a document; ``total = subtotal - discount + tax - withheld``."""

    subtotal: Decimal
    discount: Decimal
    tax: Decimal
    withheld: Decimal

    @property
    def total(self) -> Decimal:
        return self.subtotal - self.discount + self.tax - self.withheld


def net(line: Mapping[str, Any]) -> Decimal:
    """Return a line's price for all its units, after its own discount and before tax."""
    price, units = Decimal(line["price"]), Decimal(line["units"])
    return price * units * (1 - Decimal(line["discount"]) / HUNDRED)


def by_tax(
    lines: Iterable[Mapping[str, Any]], discount: Decimal, rates: Mapping[str, Decimal]
) -> dict[str, tuple[Decimal, Decimal]]:
    """Return (base, tax) of each tax key, unrounded; withholdings are negative."""
    bases: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        for key in line["taxes"]:
            bases[key] += net(line) * (1 - discount / HUNDRED)
    return {key: (base, base * rates[key] / HUNDRED) for key, base in bases.items()}


def totals(
    lines: Iterable[Mapping[str, Any]],
    discount: Decimal,
    rates: Mapping[str, Decimal],
    currency: str,
) -> Totals:
    """Add up the lines; ``discount`` is a percentage, ``rates`` maps tax keys to percentages.

    Each tax is rounded once, on the sum of its lines.
    """
    lines = list(lines)
    subtotal = rounded(sum((net(line) for line in lines), ZERO), currency)
    taxes = [rounded(tax, currency) for _, tax in by_tax(lines, discount, rates).values()]
    return Totals(
        subtotal=subtotal,
        discount=rounded(subtotal * discount / HUNDRED, currency),
        tax=sum((each for each in taxes if each > 0), ZERO),
        withheld=-sum((each for each in taxes if each < 0), ZERO),
    )
