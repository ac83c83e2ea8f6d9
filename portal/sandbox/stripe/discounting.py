"""How discounts come off invoice lines: in order, percent or amount, products they apply to.

An amount is spread over the lines in proportion, rounded down, and the last line takes what is
left: 5.00 off lines of 10.00 and 20.00 is 1.66 and 3.34 (worked example of
docs.stripe.com/billing/subscriptions/prorations).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from portal.sandbox.stripe.proration import rounded


@dataclass(frozen=True, slots=True)
class Reduction:
    """One discount: `percent` or `amount` (minor units), limited to `products` unless None."""

    discount: str
    percent: Fraction | None = None
    amount: int | None = None
    products: frozenset[str] | None = None

    def fits(self, product: str | None) -> bool:
        """Whether a line of `product` may be reduced."""
        return self.products is None or product in self.products


@dataclass(slots=True)
class Reducible:
    """A line while discounts are taken off: its product, its amount, what came off so far."""

    product: str | None
    amount: int
    discountable: bool = True
    taken: list[tuple[str, int]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """The amount less all that was taken."""
        return self.amount - sum(amount for _, amount in self.taken)


def reduce_lines(lines: Sequence[Reducible], reductions: Sequence[Reduction]) -> None:
    """Take `reductions` off `lines`, one after the other; a line never goes below zero."""
    for reduction in reductions:
        eligible = [
            line
            for line in lines
            if line.discountable and line.left > 0 and reduction.fits(line.product)
        ]
        if reduction.percent is not None:
            for line in eligible:
                off = rounded(line.left * reduction.percent / 100)
                line.taken.append((reduction.discount, min(off, line.left)))
        else:
            _spread(eligible, reduction)


def _spread(lines: list[Reducible], reduction: Reduction) -> None:
    whole = sum(line.left for line in lines)
    budget = min(reduction.amount or 0, whole)
    rest = budget
    for place, line in enumerate(lines):
        last = place == len(lines) - 1
        off = rest if last else budget * line.left // whole
        rest -= off
        line.taken.append((reduction.discount, off))
