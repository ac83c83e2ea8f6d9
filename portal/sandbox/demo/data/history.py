"""Time while the demo's past is written: a clock that goes from then to now, and what it meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MORNING = timedelta(hours=9)


@dataclass
class History:
    """An agenda of what happened when. ``today`` is midnight UTC of the day the demo was made.

    ``on_move`` is told after each step of the clock, so that renewals run on their day.
    """

    today: datetime
    on_move: Callable[[], None] = lambda: None
    now: float = 0
    agenda: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)

    def time(self) -> float:
        """Return the moment that is being lived through, in unix seconds."""
        return self.now

    def day(self, ago: int) -> str:
        """Return the date so many days back, as ISO."""
        return (self.today - timedelta(days=ago)).date().isoformat()

    def at(self, ago: int, deed: Callable[[], None]) -> None:
        """Note a deed for the morning so many days back; deeds of one morning keep their order."""
        moment = self.today - timedelta(days=ago) + MORNING
        self.agenda.append((moment, len(self.agenda), deed))

    def live(self) -> None:
        """Live through the agenda in order, then up to today."""
        while self.agenda:
            self.agenda.sort(key=lambda each: each[:2])
            moment, _, deed = self.agenda.pop(0)
            self.move(moment.timestamp())
            deed()
        self.move(self.today.timestamp())

    def move(self, to: float) -> None:
        """Go on to a moment; one that is past already is now."""
        if to > self.now:
            self.now = to
            self.on_move()


def today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
