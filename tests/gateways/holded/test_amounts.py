"""Amounts: read exactly or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways.holded.amounts import (
    Equation,
    Notation,
    Unreadable,
    is_ambiguous,
    minor_units,
    notation_of,
    read,
)

AMOUNTS = st.decimals(min_value=-999_999_999, max_value=999_999_999, places=2)


def in_spain(value: Decimal) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


@given(AMOUNTS)
def test_an_amount_with_a_dot_reads_as_it_was(value):
    assert read(f"{value:f}") == value


@given(AMOUNTS)
def test_an_amount_as_in_spain_reads_as_it_was(value):
    assert read(in_spain(value)) == value


@given(st.integers(1, 999), st.integers(0, 999))
def test_what_is_ambiguous_reads_both_ways_and_never_unasked(whole, rest):
    text = f"{whole}.{rest:03}"

    assert is_ambiguous(text)
    assert read(text, Notation.DOT) * 1000 == read(text, Notation.SPANISH)
    with pytest.raises(Unreadable):
        read(text)


@given(st.text())
def test_any_text_reads_or_is_refused(text):
    try:
        value = read(text)
    except Unreadable:
        return
    assert value.is_finite()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("121.00", "121.00"),
        ("1250.55", "1250.55"),
        ("0", "0"),
        ("-3.77", "-3.77"),
        ("1.234,56", "1234.56"),
        ("1.234.567", "1234567"),
        ("121,00", "121.00"),
        ("0.500", "0.500"),
        ("1234.567", "1234.567"),
        (Decimal("1351.79"), "1351.79"),
        (12, "12"),
        (None, "0"),
        ("", "0"),
    ],
)
def test_these_are_read(value, expected):
    assert read(value) == Decimal(expected)


@pytest.mark.parametrize(
    "value",
    [
        "1.234", "-999.999", "1,234.56", "1.23,45", "12.34.56", "1e3", "+1", " 1", "1 ", "1 234",
        "€1", "NaN", "Infinity", "١٢", "--1", ".5", "5.", "1_000", "9" * 19, "1000000000000",
        Decimal("NaN"), Decimal("1E+30"), 10**12, True, 1.5, [], {},
    ],
)  # fmt: skip
def test_these_are_refused(value):
    with pytest.raises(Unreadable):
        read(value)


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("121.00", "eur", 12100),
        ("10.005", "eur", 1001),
        ("-10.005", "eur", -1001),
        ("121.00000000000001", "eur", 12100),
        ("1200", "jpy", 1200),
        ("1.2345", "kwd", 1235),
    ],
)
def test_minor_units_are_rounded_half_up_once(value, currency, expected):
    assert minor_units(Decimal(value), currency) == expected


@pytest.mark.parametrize(
    ("subtotal", "tax", "total", "expected"),
    [
        ("100.00", "21.00", "121.00", None),
        ("1.234", "259,14", "1.493,14", Notation.SPANISH),
        ("1.234", "0.266", "1.500", Notation.DOT),
    ],
)
def test_the_sums_tell_how_a_doubtful_amount_is_meant(subtotal, tax, total, expected):
    assert notation_of([Equation((subtotal, tax), (), total)]) is expected


@pytest.mark.parametrize(
    ("subtotal", "tax", "total"),
    [("1.000", "0", "1.000"), ("1.234", "5", "9.999")],
    ids=["both fit", "neither fits"],
)
def test_sums_that_do_not_tell_are_refused(subtotal, tax, total):
    with pytest.raises(Unreadable):
        notation_of([Equation((subtotal, tax), (), total)])
