"""What prices cost and how lines name them."""

from typing import Any

import pytest

from portal.sandbox.stripe.amounts import cost, in_words, line_words, priced_in

TIERS = [
    {"up_to": 5, "unit_amount": 700, "flat_amount": None},
    {"up_to": 10, "unit_amount": 650, "flat_amount": None},
    {"up_to": None, "unit_amount": 600, "flat_amount": 100},
]


def price(**fields: Any) -> dict[str, Any]:
    plain = {
        "currency": "usd",
        "unit_amount": 3252,
        "unit_amount_decimal": "3252",
        "billing_scheme": "per_unit",
        "recurring": {"interval": "month", "interval_count": 1},
    }
    return plain | fields


def tiered(mode: str) -> dict[str, Any]:
    return price(billing_scheme="tiered", tiers_mode=mode, _tiers=TIERS, unit_amount=None)


@pytest.mark.parametrize(
    ("of", "quantity", "expected"),
    [
        (price(), 3, 9756),
        (price(unit_amount=None, unit_amount_decimal="0.5"), 3, 2),
        (price(transform_quantity={"divide_by": 10, "round": "up"}), 11, 6504),
        (price(transform_quantity={"divide_by": 10, "round": "down"}), 11, 3252),
        (tiered("graduated") | {"unit_amount_decimal": None}, 7, 3500 + 1300),
        (tiered("volume") | {"unit_amount_decimal": None}, 7, 4550),
        (tiered("graduated") | {"unit_amount_decimal": None}, 12, 3500 + 3250 + 1200 + 100),
    ],
)
def test_a_quantity_costs_what_its_price_says(
    of: dict[str, Any], quantity: int, expected: int
) -> None:
    assert cost(of, quantity) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (3252, "usd", "$32.52"),
        (-123456, "eur", "-€1,234.56"),
        (500, "jpy", "¥500"),
        (1500, "kwd", "1.500 KWD"),
    ],
)
def test_amounts_are_printed_in_the_currencys_decimals(
    amount: int, currency: str, text: str
) -> None:
    assert in_words(amount, currency) == text


def test_a_line_says_quantity_product_price_and_interval() -> None:
    quarterly = price(recurring={"interval": "month", "interval_count": 3})

    assert line_words("Gold product", price(), 1) == "1 × Gold product (at $32.52 / month)"
    assert line_words("Gold", quarterly, 2) == "2 × Gold (at $32.52 / every 3 months)"


def test_a_currency_option_replaces_the_amount() -> None:
    option = price(_currency_options={"eur": {"unit_amount": 3000, "unit_amount_decimal": "3000"}})

    assert cost(priced_in(option, "eur"), 2) == 6000
