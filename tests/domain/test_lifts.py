"""Intervals of parts and of their difference, against published examples."""

import pytest

from portal.domain.lifts import Share, difference, lift


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_of_a_part(count: int, of: int, low: float, high: float) -> None:
    assert Share(count, of).interval() == (
        pytest.approx(low, abs=5e-5),
        pytest.approx(high, abs=5e-5),
    )


def test_nobody_says_nothing() -> None:
    assert Share(0, 0).interval() == (0.0, 1.0)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombes_interval_of_a_difference(
    one: Share, other: Share, low: float, high: float
) -> None:
    found = difference(one, other)

    assert found.difference == pytest.approx(one.part - other.part)
    assert (found.low, found.high) == (
        pytest.approx(low, abs=5e-5),
        pytest.approx(high, abs=5e-5),
    )


@pytest.mark.parametrize(("shown", "held_back"), [(99, 100), (100, 99), (0, 0)])
def test_under_a_hundred_a_side_is_too_few_to_say(shown: int, held_back: int) -> None:
    assert lift(Share(0, shown), Share(0, held_back)) is None


def test_a_hundred_a_side_are_enough() -> None:
    assert lift(Share(80, 100), Share(60, 100)) == difference(Share(80, 100), Share(60, 100))
