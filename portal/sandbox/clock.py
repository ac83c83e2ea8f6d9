"""The sandbox's clock: real time plus an offset that can only grow, so that time never runs
backwards.
"""

import time
from collections.abc import Callable


class Clock:
    """Unix time of one sandbox; `real_time` may be replaced in tests."""

    def __init__(self, offset: float = 0, real_time: Callable[[], float] = time.time) -> None:
        self.offset = offset
        self.real_time = real_time

    def now(self) -> int:
        """The sandbox's time in whole unix seconds."""
        return int(self.real_time() + self.offset)

    def advance(self, seconds: float) -> None:
        """Moves the clock forward; raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("The clock moves forward only.")
        self.offset += seconds
