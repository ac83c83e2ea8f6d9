"""Where a list of the first API ends, which it does not say.

Its pages are numbered from 1 on. Of 500 objects and of 100 on a page was reported, and of one
account that showed the same page under every number.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.domain.errors import GatewayUnavailable

# A page with fewer is the last: no page was ever seen that is full with so little.
SMALLEST = 25
# Page sizes are round: a repeated page of so many is full, and what comes after it cannot be read.
ROUND = 50


@dataclass(frozen=True, slots=True)
class Place:
    """The page to be read next, how full pages are, and a mark of the objects on the one before."""

    number: int = 1
    size: int = 0
    mark: str = ""

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """Read a cursor that `after` wrote; an empty one is the beginning."""
        if not cursor:
            return cls()
        number, size, mark = cursor.split(".")
        return cls(int(number), int(size), mark)

    def after(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Return the cursor of the page after this one, empty if these rows are the last."""
        size = max(self.size, len(rows))
        if len(rows) < max(self.size, SMALLEST):
            return ""
        return f"{self.number + 1}.{size}.{_mark(rows)}"

    def repeats(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Say whether these rows are those of the page before, so that the list was at its end.

        Raises GatewayUnavailable where more may exist: what is left out would look as if it did
        not.
        """
        if not rows or _mark(rows) != self.mark:
            return False
        if len(rows) % ROUND == 0:
            raise GatewayUnavailable("Holded's list goes in circles")
        return True


def _mark(rows: Sequence[Mapping[str, Any]]) -> str:
    ids = "\n".join(str(row.get("id")) for row in rows)
    return hashlib.sha256(ids.encode()).hexdigest()[:16]
