"""Worked examples of Stripe's own pages, to the cent."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from portal.sandbox.stripe.periods import Period
from portal.sandbox.stripe.proration import (
    Debit,
    credits_for,
    knows_history,
    prorated,
    rounded,
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def month(start: str, end: str) -> Period:
    return Period(at(start), at(end))


APRIL = month("2026-04-01", "2026-05-01")
FEBRUARY = month("2026-02-01", "2026-03-01")


def test_the_preview_of_stripes_proration_page_comes_out_to_the_cent() -> None:
    period, moment = Period(1596749288, 1599427688), 1598982148

    assert prorated(1000, period, moment) == 166
    assert prorated(3252, period, moment) == 541


def test_half_a_month_of_ten_and_twenty_is_five_and_ten() -> None:
    assert [prorated(1000, APRIL, at("2026-04-16")), prorated(2000, APRIL, at("2026-04-16"))] == [
        500,
        1000,
    ]


def test_a_third_of_a_month_of_twenty_is_6_67_and_of_ten_is_3_33() -> None:
    assert [prorated(2000, APRIL, at("2026-04-21")), prorated(1000, APRIL, at("2026-04-21"))] == [
        667,
        333,
    ]


@pytest.mark.parametrize("value", [Fraction(1, 2), Fraction(-1, 2), Fraction(-667, 100)])
def test_rounding_is_to_the_nearest_and_a_half_goes_away_from_zero(value: Fraction) -> None:
    assert rounded(value) == {Fraction(1, 2): 1, Fraction(-1, 2): -1}.get(value, -7)


def test_flexible_credit_is_of_the_debit_less_its_own_discount() -> None:
    debit = Debit(1000, FEBRUARY, (("di_a", 166),), ("in_123", "il_1"), FEBRUARY.end)

    (credit,) = credits_for([debit], at("2026-02-15"))

    assert (credit.net, credit.amount, credit.discounts) == (417, 500, (("di_a", 83),))


def test_flexible_gives_one_credit_for_each_debit_of_the_time() -> None:
    first = Debit(3000, APRIL, (), ("in_1", "il_1"), APRIL.end)
    added = Debit(1000, month("2026-04-11", "2026-05-01"), (), ("in_2", "il_2"), APRIL.end)

    found = credits_for([first, added], at("2026-04-21"))

    assert [(credit.net, credit.source) for credit in found] == [
        (1000, ("in_1", "il_1")),
        (500, ("in_2", "il_2")),
    ]


def test_time_already_credited_is_not_credited_again() -> None:
    cut = Debit(3000, APRIL, (), ("in_1", "il_1"), at("2026-04-11"))

    assert credits_for([cut], at("2026-04-21")) == []
    assert knows_history([cut], at("2026-04-21"))
    assert not knows_history([cut], at("2026-04-05"))
