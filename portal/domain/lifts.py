"""What an offer does: how many more stay of those who are shown it, and how sure that is."""

from dataclasses import dataclass
from math import sqrt

# On each side; below it an interval says nothing worth acting on.
FEWEST = 100
# The normal quantile of an interval that holds the truth 95 times in 100.
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """How many `of` some people did something."""

    count: int
    of: int

    @property
    def part(self) -> float:
        """Return it as a part of one, 0 of nobody."""
        return self.count / self.of if self.of else 0.0

    def interval(self) -> tuple[float, float]:
        """Return Wilson's interval of the part, 95 % (E. B. Wilson, JASA 22 (1927) 209-212)."""
        if not self.of:
            return 0.0, 1.0
        square = Z * Z
        middle = self.count + square / 2
        spread = Z * sqrt(self.count * (self.of - self.count) / self.of + square / 4)
        below, above = (
            (middle - spread) / (self.of + square),
            (middle + spread) / (self.of + square),
        )
        return max(below, 0.0), min(above, 1.0)


@dataclass(frozen=True, slots=True)
class Lift:
    """The difference between two parts, in parts of one, and its interval, 95 %."""

    difference: float
    low: float
    high: float


def lift(shown: Share, held_back: Share) -> Lift | None:
    """Return how many more stay with an offer than without, None for too few to say."""
    return None if min(shown.of, held_back.of) < FEWEST else difference(shown, held_back)


def difference(one: Share, other: Share) -> Lift:
    """Return by how much one part is greater than another, of nobody too.

    The interval is Newcombe's hybrid score interval, method 10 (R. G. Newcombe, Statistics in
    Medicine 17 (1998) 873-890).
    """
    (low, high), (other_low, other_high) = one.interval(), other.interval()
    found = one.part - other.part
    below = sqrt((one.part - low) ** 2 + (other_high - other.part) ** 2)
    above = sqrt((high - one.part) ** 2 + (other.part - other_low) ** 2)
    return Lift(found, found - below, found + above)
