"""Drafts for Holded, and what Holded adds their items up to.

Holded keeps the prices of items without tax, adds them up unrounded, rounds the sum, and rounds
each tax once on the sum of its items. Stripe rounds every tax of every line. `fit` finds items that
come to Stripe's sum all the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import combinations

ZERO, HUNDRED, CENT = Decimal(0), Decimal(100), Decimal("0.01")
# The smallest part of a price that is sent: six decimals.
GRAIN = Decimal("0.000001")

Percents = Mapping[str, Decimal]
Taxes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SalesTax:
    """One of Holded's taxes on sales: `key` is what items name it by, `percent` of 100."""

    key: str
    name: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a document: `price` of one unit in units of the currency, without tax.

    `discount` is in per cent, `taxes` are Holded's keys, and never empty: an item without them
    would get those its contact has by default.
    """

    text: str
    price: Decimal
    taxes: Taxes
    units: int = 1
    discount: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Return what the item comes to without tax, unrounded."""
        return self.price * self.units * (1 - self.discount / HUNDRED)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that is to be made: frozen before it is sent, so that a repeat is the same one.

    `tag` is what it is found by, `series` the numbering series, empty for the account's own.
    """

    contact: str
    day: date
    due_on: date | None
    description: str
    tag: str
    items: tuple[Item, ...]
    series: str = ""


def total_of(items: Sequence[Item], percents: Percents) -> int:
    """Return what Holded adds items up to, in cents."""
    return _total(_bases(items), percents)


def fit(items: Sequence[Item], target: int, percents: Percents) -> tuple[Item, ...] | None:
    """Return items that come to `target` cents, None where more than rounding keeps them from it.

    Items are left as they are if they do already. Otherwise the largest of some taxes is moved by
    what rounding may explain: at most a cent for each item.
    """
    if total_of(items, percents) == target:
        return tuple(items)
    bases = _bases(items)
    short = target - _total(bases, percents)
    if abs(short) > len(items):
        return None
    offers = {key: set(_moves(base, key, short, percents)) for key, base in bases.items()}
    for moves in _chosen(offers):
        moved = {key: base + moves.get(key, ZERO) for key, base in bases.items()}
        if _total(moved, percents) == target:
            found = _moved(items, moves)
            return found if total_of(found, percents) == target else None
    return None


def _chosen(offers: Mapping[Taxes, set[Decimal]]) -> Iterator[dict[Taxes, Decimal]]:
    """Choose moves of one base, the smallest first, and then of two."""
    alone = [(key, move) for key, moves in offers.items() for move in moves if move]
    for key, move in sorted(alone, key=lambda one: abs(one[1])):
        yield {key: move}
    pairs = [(one, two) for one, two in combinations(alone, 2) if one[0] != two[0]]
    for one, two in sorted(pairs, key=lambda pair: abs(pair[0][1]) + abs(pair[1][1])):
        yield dict((one, two))


def _bases(items: Sequence[Item]) -> dict[Taxes, Decimal]:
    bases: dict[Taxes, Decimal] = {}
    for item in items:
        bases[item.taxes] = bases.get(item.taxes, ZERO) + item.net
    return bases


def _total(bases: Mapping[Taxes, Decimal], percents: Percents) -> int:
    by_tax: dict[str, Decimal] = {}
    for taxes, base in bases.items():
        for key in taxes:
            by_tax[key] = by_tax.get(key, ZERO) + base
    taxed = (_cents(base * percents[key] / HUNDRED) for key, base in by_tax.items())
    return _cents(sum(bases.values(), ZERO)) + sum(taxed)


def _cents(value: Decimal) -> int:
    return int(value.quantize(CENT, ROUND_HALF_UP).scaleb(2))


def _moves(base: Decimal, taxes: Taxes, short: int, percents: Percents) -> Iterator[Decimal]:
    """Offer ways to move a base: by whole cents, and to where its tax comes to a cent more or less.

    Between the bases at which a tax changes by a cent there may be sums that no whole cent hits.
    """
    rate = sum((percents[key] for key in taxes), ZERO) / HUNDRED
    near = int((short / (1 + rate)).to_integral_value(ROUND_HALF_UP)) if rate > -1 else short
    for cents in sorted({0, near - 1, near, near + 1}):
        move = cents * CENT
        yield move
        for key in taxes:
            if percents[key]:
                yield from _to_edges(base, move, percents[key] / HUNDRED)


def _to_edges(base: Decimal, move: Decimal, rate: Decimal) -> Iterator[Decimal]:
    half = CENT / 2
    tax = _cents((base + move) * rate) * CENT
    for edge in (tax - half, tax + half):
        at = edge / rate - base
        low, high = (at.quantize(GRAIN, how) for how in (ROUND_FLOOR, ROUND_CEILING))
        yield from {low - GRAIN, low, high, high + GRAIN}


def _moved(items: Sequence[Item], moves: Mapping[Taxes, Decimal]) -> tuple[Item, ...]:
    """Move the largest item of some taxes, which becomes one unit of its whole price."""
    left = {taxes: move for taxes, move in moves.items() if move}
    largest = {
        taxes: max((item for item in items if item.taxes == taxes), key=lambda item: abs(item.net))
        for taxes in left
    }
    moved: list[Item] = []
    for item in items:
        move = left.get(item.taxes)
        if move is not None and item is largest[item.taxes]:
            del left[item.taxes]
            item = _as_one(item, item.net + move)
        moved.append(item)
    return tuple(moved)


def _as_one(item: Item, net: Decimal) -> Item:
    text = item.text if item.units == 1 else f"{item.units} × {item.text}"
    return replace(item, text=text, price=net.quantize(GRAIN), units=1, discount=ZERO)
