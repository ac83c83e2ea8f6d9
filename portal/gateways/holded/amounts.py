"""Decimal numbers as Holded writes them: with a dot, or as Spain does ("1.234,56").

Two accounts were seen with Spanish amounts on documents while others have dots, and a parser that
takes the one for the other is wrong by a factor of a thousand. "1.234" alone is both: only the sums
of its document tell which, and where they do not, it is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from portal.domain.money import exponent

ZERO = Decimal(0)
# No bill is as large: beyond it, somebody's parser went wrong before ours.
TOO_LARGE = Decimal(10) ** 12
_DOT = re.compile(r"-?\d{1,18}(\.\d{1,40})?", re.ASCII)
_SPANISH = re.compile(r"-?([1-9]\d{0,2}(\.\d{3}){1,5}|\d{1,18})(,\d{1,40})?", re.ASCII)


class Unreadable(ValueError):
    """An answer holds something that cannot be read without guessing."""


class Notation(StrEnum):
    """How an amount that could be either is to be read."""

    DOT = "dot"
    SPANISH = "spanish"


def read(value: object, notation: Notation | None = None) -> Decimal:
    """Read a JSON number or a string; `notation` says how to take one that could be either.

    None and an empty string are zero, since Holded leaves out what is nothing. Raises Unreadable.
    """
    found = ZERO if value is None or value == "" else _read(value, notation)
    if abs(found) >= TOO_LARGE:
        raise Unreadable(f"an amount that cannot be meant: {str(value)[:40]!r}")
    return found


def _read(value: object, notation: Notation | None) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str):
        raise Unreadable(f"not an amount: {str(value)[:40]!r}")
    if is_ambiguous(value) and notation is None:
        raise Unreadable(f"an amount that can be read in two ways: {value!r}")
    if _SPANISH.fullmatch(value) and (notation is Notation.SPANISH or not _DOT.fullmatch(value)):
        return Decimal(value.replace(".", "").replace(",", "."))
    if _DOT.fullmatch(value):
        return Decimal(value)
    raise Unreadable(f"not an amount: {value[:40]!r}")


def is_ambiguous(value: object) -> bool:
    """Whether dot and Spanish readings of a value differ."""
    return (
        isinstance(value, str)
        and "." in value
        and _DOT.fullmatch(value) is not None
        and _SPANISH.fullmatch(value) is not None
    )


def minor_units(value: Decimal, currency: str) -> int:
    """Round to the currency's minor units, half up, as Holded does."""
    step = Decimal(1).scaleb(-exponent(currency))
    return int(value.quantize(step, ROUND_HALF_UP).scaleb(exponent(currency)))


@dataclass(frozen=True, slots=True)
class Equation:
    """What must add up within one document: `plus` less `minus` is `total`."""

    plus: Sequence[object]
    minus: Sequence[object]
    total: object

    @property
    def is_doubtful(self) -> bool:
        """Whether an amount in it could be read in two ways."""
        return any(is_ambiguous(value) for value in (*self.plus, *self.minus, self.total))

    def holds(self, notation: Notation) -> bool:
        """Whether it adds up when doubtful amounts are read this way."""
        plus = sum((read(value, notation) for value in self.plus), ZERO)
        minus = sum((read(value, notation) for value in self.minus), ZERO)
        return plus - minus == read(self.total, notation)


def notation_of(equations: Sequence[Equation]) -> Notation | None:
    """Return the only notation that makes every doubtful equation true, None if none is doubtful.

    Raises Unreadable where both do, or neither.
    """
    doubtful = [equation for equation in equations if equation.is_doubtful]
    if not doubtful:
        return None
    fitting = [
        notation for notation in Notation if all(equation.holds(notation) for equation in doubtful)
    ]
    if len(fitting) != 1:
        raise Unreadable("amounts that can be read in two ways, and their sums do not tell which")
    return fitting[0]
