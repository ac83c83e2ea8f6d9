"""What a run prints: each figure as it comes, and in the end what must hold and whether it does."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

# Against bare Flask in the same run: the least share of its speed, the most of its CPU.
PAGES = {"PostgreSQL": (0.25, 3.5), "SQLite": (0.40, None)}
MOST_STATEMENTS = 5
# Against a bare view: the intake of an event, and twice that for processing it.
INTAKE, DRAIN = 1.6, 3.2
# A sandbox with a long past: calls for each second of a core, seconds to open, MB of memory.
SIMPLE = 20_000
LEAST_CALLS, LONGEST_OPENING, MOST_MEMORY = 400, 2.0, 300


@dataclass(frozen=True)
class Verdict:
    """One line of the table at the end."""

    what: str
    must: str
    found: str
    holds: bool


@dataclass
class Report:
    """Prints as it goes and remembers what must hold."""

    verdicts: list[Verdict] = field(default_factory=list)
    omissions: list[str] = field(default_factory=list)

    def begin(self, database: str, web_processes: int) -> None:
        """Name the database that is measured on."""
        busy = os.getloadavg()[0]
        self._say(f"\n── {database}, {web_processes} web × 8 threads, load average {busy:.1f}")

    def left_out(self, what: str, why: str) -> None:
        """Say that something is not measured here."""
        self.omissions.append(f"Left out: {what}: {why}.")
        self._say(self.omissions[-1])

    def page(self, database: str, title: str, size: int, statements: int, pair: Any) -> None:
        """Tell how a page compares with a bare one of its size."""
        self._say(
            f"{title}: {size:,} bytes, {statements} statements; "
            f"{pair.middle(0, 'per_second'):.0f}/s beside {pair.middle(1, 'per_second'):.0f}/s of "
            f"bare Flask and Jinja = {pair.speed:.2f}; "
            f"CPU {pair.middle(0, 'cpu'):.2f} ms beside {pair.middle(1, 'cpu'):.2f} "
            f"= {pair.cpu:.2f}×"
        )
        least, most = PAGES[database]
        self._must(f"{database}: {title}, speed", f"≥ {least:.2f}", pair.speed, pair.speed >= least)
        if most is not None:
            self._must(f"{database}: {title}, CPU", f"≤ {most:.1f}×", pair.cpu, pair.cpu <= most)
        self._must(
            f"{database}: {title}, statements",
            f"≤ {MOST_STATEMENTS}",
            statements,
            statements <= MOST_STATEMENTS,
        )

    def growth(
        self, database: str, title: str, what: str, ratio: float, *, most: float, good: float
    ) -> None:
        """Tell how much more a long past costs than a short one; `good` is what it should be."""
        verdict = "good" if ratio <= good else "not good"
        self._say(f"{title}: CPU of {what} = {ratio:.2f}, which is {verdict} (≤ {good:.2f})")
        self._must(f"{database}: {title}, {what}", f"≤ {most:.2f}", ratio, ratio <= most)

    def memory(self, database: str, sizes: list[float]) -> None:
        """Tell how big each web process is."""
        each = ", ".join(f"{size:.0f}" for size in sizes)
        self._say(f"memory of each web process (PSS): {each} MB")

    def intake(self, database: str, pair: Any) -> None:
        """Tell what taking in an event costs beside a bare view."""
        self._say(
            f"webhooks up to the 200: {pair.middle(0, 'per_second'):.0f}/s beside "
            f"{pair.middle(1, 'per_second'):.0f}/s of the bare view; CPU "
            f"{pair.middle(0, 'cpu'):.2f} ms beside {pair.middle(1, 'cpu'):.2f} = {pair.cpu:.2f}×; "
            f"p99 {median_p99(pair):.0f} ms"
        )
        self._must(
            f"{database}: webhook intake, CPU", f"≤ {INTAKE:.1f}×", pair.cpu, pair.cpu <= INTAKE
        )

    def drain(self, database: str, pair: Any, cpu: float, per_second: float) -> None:
        """Tell what processing an event costs the worker."""
        ratio = cpu / pair.middle(1, "cpu")
        self._say(
            f"the worker: {per_second:.0f} events a second, CPU {cpu:.2f} ms each = {ratio:.2f}× "
            "the bare view"
        )
        self._must(f"{database}: webhook drain, CPU", f"≤ {DRAIN:.1f}×", ratio, ratio <= DRAIN)

    def lost(self, database: str, accepted: int, count: int) -> None:
        """Tell how many accepted events are not in the mirror."""
        self._say(f"{accepted:,} events accepted, {count} of them lost")
        self._must(f"{database}: events accepted and lost", "0", count, count == 0)

    def seeded(self, name: str, invoices: int, seconds: float) -> None:
        """Begin with a sandbox, and tell what it holds."""
        busy = os.getloadavg()[0]
        self._say(f"\n── sandbox of {name.capitalize()}, load average {busy:.1f}")
        self._say(f"{invoices:,} invoices made in {seconds:.0f} s")

    def opened(self, name: str, seconds: float, cpu: float) -> None:
        """Tell how long it takes from the start of the process to the first answer."""
        self._say(f"opened after {seconds:.2f} s, {cpu:.2f} s of them CPU")
        what = f"{name.capitalize()} sandbox: opening, CPU"
        self._must(what, f"≤ {LONGEST_OPENING:.0f} s", cpu, cpu <= LONGEST_OPENING)

    def call(self, name: str, title: str, size: int, pair: Any) -> None:
        """Tell how a call compares with a constant answer of its size; a simple call answers less
        than `SIMPLE` bytes, and only those must be fast.
        """
        cpu = pair.middle(0, "cpu")
        calls = round(1000 / cpu)
        self._say(
            f"{title}: {size:,} bytes; {pair.middle(0, 'per_second'):.0f}/s beside "
            f"{pair.middle(1, 'per_second'):.0f}/s of bare Flask on the same server = "
            f"{pair.speed:.2f}; CPU {cpu:.2f} ms beside {pair.middle(1, 'cpu'):.2f} "
            f"= {pair.cpu:.2f}×; {calls} for a second of one core"
        )
        if size < SIMPLE:
            what = f"{name.capitalize()} sandbox: {title}, calls a second on one core"
            self._must(what, f"≥ {LEAST_CALLS}", calls, calls >= LEAST_CALLS)

    def weighed(self, name: str, size: float) -> None:
        """Tell how big the process is after all that."""
        self._say(f"memory (PSS): {size:.0f} MB")
        what = f"{name.capitalize()} sandbox: memory"
        self._must(what, f"≤ {MOST_MEMORY} MB", round(size), size <= MOST_MEMORY)

    def summary(self) -> None:
        """Print what must hold, and whether it does."""
        if not self.verdicts:
            return
        width = max(len(verdict.what) for verdict in self.verdicts)
        self._say("\n── what must hold")
        for verdict in self.verdicts:
            word = "holds" if verdict.holds else "DOES NOT HOLD"
            self._say(f"{verdict.what:{width}}  {verdict.must:>8}  {verdict.found:>8}  {word}")
        for omission in self.omissions:
            self._say(omission)

    def _must(self, what: str, must: str, found: float, holds: bool) -> None:
        said = f"{found:.2f}" if isinstance(found, float) else str(found)
        self.verdicts.append(Verdict(what, must, said, holds))

    def _say(self, text: str) -> None:
        print(text, flush=True)


def median_p99(pair: Any) -> float:
    """Return the middle of the rounds' 99th percentiles of latency, in milliseconds."""
    ordered = sorted(own.outcome.percentile(0.99) for own, _ in pair.rounds)
    return float(ordered[len(ordered) // 2])
