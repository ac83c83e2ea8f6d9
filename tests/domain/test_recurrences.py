"""The days on which invoices are still to come."""

from datetime import date

import pytest

from portal.domain.recurrences import Recurrence

DAYS = tuple(date(2026, month, 1) for month in (9, 10, 11, 12))
PLAN = Recurrence("r1", "c1", "Hosting", "m", "eur", 12100, days=DAYS)


@pytest.mark.parametrize(
    ("today", "most", "expected"),
    [
        (date(2026, 8, 1), 3, DAYS[:3]),
        (date(2026, 10, 1), 3, DAYS[1:]),
        (date(2026, 10, 2), 1, DAYS[2:3]),
        (date(2026, 12, 2), 3, ()),
    ],
)
def test_the_next_days_begin_with_today(today, most, expected):
    assert PLAN.coming(today, most) == expected
