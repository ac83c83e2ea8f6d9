"""Billing periods keep to their anchor, whatever the length of the month."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.sandbox.stripe.periods import Cadence, Period, anchor_from, period_at, step

MONTHLY = Cadence("month")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("times", "day"),
    [
        (1, "2026-02-28"),
        (2, "2026-03-31"),
        (3, "2026-04-30"),
        (25, "2028-02-29"),
        (-2, "2025-11-30"),
    ],
)
def test_a_cycle_of_the_31st_ends_on_the_last_day_of_short_months(times: int, day: str) -> None:
    assert step(at("2026-01-31"), MONTHLY, times) == at(day)


def test_a_leap_day_yearly_cycle_comes_back_to_the_29th() -> None:
    leap = at("2024-02-29T10:00:00")

    years = [step(leap, Cadence("year"), n) for n in (1, 4)]

    assert years == [at("2025-02-28T10:00:00"), at("2028-02-29T10:00:00")]


@pytest.mark.parametrize(
    ("cadence", "moment", "start", "end"),
    [
        (MONTHLY, "2026-03-15", "2026-02-28", "2026-03-31"),
        (MONTHLY, "2026-01-31", "2026-01-31", "2026-02-28"),
        (MONTHLY, "2026-01-30", "2025-12-31", "2026-01-31"),
        (Cadence("month", 3), "2026-05-01", "2026-04-30", "2026-07-31"),
        (Cadence("week", 2), "2026-02-20", "2026-02-14", "2026-02-28"),
        (Cadence("year"), "2029-01-01", "2028-01-31", "2029-01-31"),
        (Cadence("day"), "2026-02-03", "2026-02-03", "2026-02-04"),
    ],
)
def test_an_instant_falls_in_the_period_its_anchor_gives(
    cadence: Cadence, moment: str, start: str, end: str
) -> None:
    found = period_at(at("2026-01-31"), cadence, at(moment))

    assert found == Period(at(start), at(end))


@given(
    anchor=st.integers(0, 4_000_000_000),
    moment=st.integers(0, 4_000_000_000),
    interval=st.sampled_from(["day", "week", "month", "year"]),
    count=st.integers(1, 13),
)
def test_every_instant_has_exactly_one_period(
    anchor: int, moment: int, interval: str, count: int
) -> None:
    found = period_at(anchor, Cadence(interval, count), moment)

    assert found.start <= moment < found.end
    assert period_at(anchor, Cadence(interval, count), found.end).start == found.end


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"day_of_month": 31}, "2026-03-31T12:00:00"),
        ({"day_of_month": 1}, "2026-03-01T12:00:00"),
        ({"day_of_month": 15, "hour": 9, "minute": 30, "second": 0}, "2026-02-15T09:30:00"),
        ({"day_of_month": 1, "month": 7}, "2026-07-01T12:00:00"),
        ({"day_of_month": 1, "month": 1}, "2027-01-01T12:00:00"),
    ],
)
def test_an_anchor_configuration_gives_the_next_fitting_instant(
    config: dict[str, int | None], expected: str
) -> None:
    assert anchor_from(config, at("2026-02-10T12:00:00")) == at(expected)
