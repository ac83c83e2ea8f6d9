"""Rounds of load, and two servers under the same load in turn."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from bench import load, processes


@dataclass(frozen=True)
class Options:
    """How long and how much: `seconds` of each round."""

    rounds: int
    seconds: float
    customers: int
    events: int
    invoices: int


@dataclass(frozen=True)
class Round:
    """What one round of load cost: answers a second, and CPU milliseconds for each."""

    per_second: float
    cpu: float
    outcome: load.Outcome


@dataclass(frozen=True)
class Pair:
    """Two servers under the same load in turn, the portal first."""

    rounds: list[tuple[Round, Round]]

    @property
    def speed(self) -> float:
        """Return the portal's answers a second as a share of the other's."""
        return median(own.per_second / other.per_second for own, other in self.rounds)

    @property
    def cpu(self) -> float:
        """Return the portal's CPU for an answer as a multiple of the other's."""
        return median(own.cpu / other.cpu for own, other in self.rounds)

    def middle(self, place: int, what: str) -> float:
        """Return the median of a figure of the portal (0) or of the other (1)."""
        return median(getattr(pair[place], what) for pair in self.rounds)


def press(
    port: int, requests: Any, roots: tuple[int, ...], *, seconds: float, connections: int = 16
) -> Round:
    """Load a server for a while and return what it cost."""
    before = processes.cpu_seconds(*roots)
    outcome = load.press(port, requests, seconds=seconds, connections=connections)
    used = processes.cpu_seconds(*roots) - before
    wrong = {status: count for status, count in outcome.statuses.items() if status != 200}
    if wrong or not outcome.answers:
        raise RuntimeError(f"answers other than 200: {wrong or 'none at all'}")
    return Round(outcome.per_second, 1000 * used / outcome.answers, outcome)
