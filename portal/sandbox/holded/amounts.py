"""Decimal numbers as Holded reads and writes them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portal.sandbox.holded.problems import bad_request

ZERO = Decimal(0)
LIMIT = Decimal(10) ** 12
MOST_DECIMALS = 30
WITHOUT_CENTS = frozenset({"jpy", "krw", "clp", "vnd", "xof", "xaf", "pyg"})


def number(value: Any, name: str) -> Decimal:
    """Read a JSON number or a dot-decimal string."""
    if isinstance(value, bool):
        raise bad_request(f"{name} must be a number")
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,13}(\.[0-9]{1,10})?", value):
        raise bad_request(f'Invalid decimal: "{value[:40]}". Expected a string such as "100.00"')
    if not isinstance(value, (int, str, Decimal)):
        raise bad_request(f"{name} must be a number")
    read = Decimal(value)
    exponent = read.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -MOST_DECIMALS or read.copy_abs() >= LIMIT:
        raise bad_request(f"{name} is out of range")
    return read


def rounded(value: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's cents."""
    step = Decimal(1) if currency.lower() in WITHOUT_CENTS else Decimal("0.01")
    return value.quantize(step, ROUND_HALF_UP)


def text(value: Decimal) -> str:
    """Write an amount: a dot, and at least two decimals."""
    if value.as_tuple().exponent not in (0, -1, -2):
        value = value.normalize()
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -2:
        value = value.quantize(Decimal("0.01"))
    return f"{value:f}"


def plain(value: Decimal) -> str:
    """Write a quantity or a percentage without idle zeros."""
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
