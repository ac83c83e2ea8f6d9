"""What a quantity of a price costs, and the words an invoice line uses for it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from portal.sandbox.stripe.proration import rounded

ZERO_DECIMAL = frozenset(
    {
        *("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"),
        *("pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"),
    }
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "brl": "R$", "jpy": "¥"}


def decimals(currency: str) -> int:
    """Return how many decimals the currency's minor unit stands for."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def in_words(amount: int, currency: str) -> str:
    """Return an amount of minor units as English invoices of Stripe print it: `$32.52`."""
    places = decimals(currency)
    value = f"{Decimal(abs(amount)).scaleb(-places):,.{places}f}"
    sign = "-" if amount < 0 else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{value}" if symbol else f"{sign}{value} {currency.upper()}"


def priced_in(price: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return the price's amounts in `currency`: the price itself or its currency option.

    Raises KeyError when the price has no amounts in that currency.
    """
    if price["currency"] == currency:
        return price
    return {**price, **price["_currency_options"][currency], "currency": currency}


def unit_amount(price: dict[str, Any]) -> Fraction:
    """Return the price of one unit in minor units, decimals kept."""
    if price.get("unit_amount_decimal") is not None:
        return Fraction(str(price["unit_amount_decimal"]))
    return Fraction(price["unit_amount"] or 0)


def cost(price: dict[str, Any], quantity: int | Fraction) -> int:
    """Return what `quantity` units cost for one whole period, in minor units."""
    units = _transformed(price, quantity)
    if price.get("billing_scheme") == "tiered":
        return _tiered(price, units)
    return rounded(unit_amount(price) * units)


def _transformed(price: dict[str, Any], quantity: int | Fraction) -> int | Fraction:
    transform = price.get("transform_quantity")
    if not transform:
        return quantity
    whole, rest = divmod(quantity, int(transform["divide_by"]))
    return int(whole) + (1 if rest and transform["round"] == "up" else 0)


def _tiered(price: dict[str, Any], units: int | Fraction) -> int:
    total = Fraction(0)
    below = 0
    for tier in price["_tiers"]:
        top = tier["up_to"]
        fits = top is None or units <= top
        if price["tiers_mode"] == "volume":
            if fits:
                return rounded(_tier_unit(tier) * units + (tier.get("flat_amount") or 0))
            continue
        inside = (units if fits else top) - below
        if inside > 0 or (below == 0 and units == 0):
            total += _tier_unit(tier) * inside + (tier.get("flat_amount") or 0)
        if fits:
            break
        below = top
    return rounded(total)


def _tier_unit(tier: dict[str, Any]) -> Fraction:
    if tier.get("unit_amount_decimal") is not None:
        return Fraction(str(tier["unit_amount_decimal"]))
    return Fraction(tier.get("unit_amount") or 0)


def cadence_in_words(recurring: dict[str, Any]) -> str:
    """Return `month`, or `every 3 months`, as line descriptions say it."""
    count = recurring["interval_count"]
    return recurring["interval"] if count == 1 else f"every {count} {recurring['interval']}s"


def line_words(product: str, price: dict[str, Any], quantity: int | Fraction | None) -> str:
    """Return the description of a subscription line: `1 × Gold (at $32.52 / month)`."""
    name = f"{_count(quantity)} × {product}"
    if not price.get("recurring"):
        return product
    if price.get("billing_scheme") == "tiered":
        return name
    each = _each(unit_amount(price), price["currency"])
    return f"{name} (at {each} / {cadence_in_words(price['recurring'])})"


def _count(quantity: int | Fraction | None) -> str:
    if quantity is None:
        return "1"
    if isinstance(quantity, int) or quantity.denominator == 1:
        return str(int(quantity))
    return f"{Decimal(quantity.numerator) / Decimal(quantity.denominator):f}"


def _each(amount: Fraction, currency: str) -> str:
    if amount.denominator == 1:
        return in_words(int(amount), currency)
    places = decimals(currency)
    value = (Decimal(amount.numerator) / Decimal(amount.denominator)).scaleb(-places).normalize()
    return f"{SYMBOLS.get(currency, currency.upper() + ' ')}{value:f}"
