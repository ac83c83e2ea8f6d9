"""Proration arithmetic, to the cent and to the second.

Stripe prorates by the second (docs.stripe.com/billing/subscriptions/prorations). Classic
billing mode credits what the item costs now; flexible mode credits what was really debited,
one credit for each debit (docs.stripe.com/billing/subscriptions/billing-mode/compare).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from portal.sandbox.stripe.periods import Period


def rounded(amount: Fraction) -> int:
    """Return the nearest whole minor unit; a half goes away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))


def prorated(amount: int, period: Period, at: int) -> int:
    """Return the part of `amount` that falls on the time of `period` from `at` on."""
    left, whole = period.share_from(at)
    return rounded(Fraction(amount * left, whole)) if whole else 0


@dataclass(frozen=True, slots=True)
class Debit:
    """What a subscription item was charged for a span of time, before and after discounts.

    `discounts` pairs discount ids with the amounts they took off; `source` says which invoice
    line or pending invoice item holds the charge; `live_until` is where a later credit cut it.
    """

    amount: int
    period: Period
    discounts: tuple[tuple[str, int], ...]
    source: tuple[str, str]
    live_until: int

    @property
    def net(self) -> int:
        """The charge less its discounts."""
        return self.amount - sum(amount for _, amount in self.discounts)


@dataclass(frozen=True, slots=True)
class Credit:
    """What is given back for one debit: positive amounts, `net` is `amount` less `discounts`."""

    amount: int
    net: int
    discounts: tuple[tuple[str, int], ...]
    period: Period
    source: tuple[str, str]


def credits_for(debits: list[Debit], at: int) -> list[Credit]:
    """Return one credit for each debit that still covers time after `at` (flexible mode)."""
    found = []
    for debit in debits:
        start = max(at, debit.period.start)
        if debit.live_until <= start:
            continue
        kept = Period(start, debit.live_until)
        net = rounded(Fraction(debit.net * kept.length, debit.period.length))
        discounts = tuple(
            (discount, rounded(Fraction(amount * kept.length, debit.period.length)))
            for discount, amount in debit.discounts
        )
        gross = net + sum(amount for _, amount in discounts)
        found.append(Credit(gross, net, discounts, kept, debit.source))
    return found


def knows_history(debits: list[Debit], at: int) -> bool:
    """Whether every debit that a credit from `at` touches is whole: none was cut after `at`.

    A proration date before an earlier credit would give time back twice; what Stripe does then
    is not written anywhere.
    """
    return all(
        debit.live_until in (debit.period.end, debit.period.start) or debit.live_until <= at
        for debit in debits
    )
