"""Money keeps its minor units, in every currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import THREE_DECIMAL, ZERO_DECIMAL, Money, exponent


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("eur", 2), ("USD", 2), ("jpy", 0), ("krw", 0), ("kwd", 3), ("isk", 2), ("ugx", 2)],
)
def test_b49_each_currency_has_stripes_number_of_decimals(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@given(
    amount=st.integers(min_value=-(10**12), max_value=10**12),
    currency=st.sampled_from(["eur", "isk", *sorted(ZERO_DECIMAL), *sorted(THREE_DECIMAL)]),
)
def test_b49_an_amount_survives_the_way_to_decimals_and_back(amount: int, currency: str) -> None:
    money = Money(amount, currency)

    assert Money.from_decimal(money.to_decimal(), currency) == money


@pytest.mark.parametrize("text", ["1.15", "19.99", "4.35", "0.07"])
def test_b51_a_decimal_sum_loses_no_cent(text: str) -> None:
    assert Money.from_decimal(Decimal(text), "eur").to_decimal() == Decimal(text)


def test_b50_a_sum_with_more_decimals_than_its_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="more decimals"):
        Money.from_decimal(Decimal("1.2345"), "kwd")


def test_a_float_is_no_amount() -> None:
    with pytest.raises(TypeError):
        Money(1.5, "eur")  # type: ignore[arg-type]


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="cannot add"):
        Money(1, "eur") + Money(1, "usd")


@pytest.mark.parametrize(
    ("money", "chargeable"),
    [(Money(50, "eur"), True), (Money(49, "eur"), False), (Money(29, "gbp"), False)],
)
def test_b53_the_least_charge_of_a_currency_is_known(money: Money, chargeable: bool) -> None:
    assert money.is_chargeable is chargeable
