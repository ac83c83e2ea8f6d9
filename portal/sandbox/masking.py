"""Secrets taken out of what the ledgers keep: card and account numbers, keys, client secrets."""

import re
from typing import Any

MASK = "********"
NAMES = frozenset(
    [
        "account_number",
        "api_key",
        "authorization",
        "client_secret",
        "cvc",
        "iban",
        "number",
        "password",
        "pin",
        "routing_number",
        "secret",
        "secret_key",
        "source",
        "swift",
        "tax_id",
        "token",
    ]
)
# Wherever they stand: keys of Stripe's and Holded's, client secrets, IBANs.
VALUES = re.compile(
    r"\b(?:sk|rk|whsec|pat)_[A-Za-z0-9_]{8,}"
    r"|_secret_[A-Za-z0-9]{8,}"
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
)
CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def masked(value: Any, name: str = "") -> Any:
    """A copy of parameters with every secret replaced, by its name or by what it looks like."""
    if name in NAMES and value is not None:
        return MASK
    if isinstance(value, dict):
        return {_text(key): masked(one, key.lower()) for key, one in value.items()}
    if isinstance(value, list):
        return [masked(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    return CARD.sub(_card, VALUES.sub(MASK, value))


def _card(found: re.Match[str]) -> str:
    """Digits stay unless their check digit makes them a card's number (Luhn, ISO/IEC 7812-1)."""
    digits = [int(letter) for letter in found[0] if letter.isdigit()][::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return found[0] if (sum(digits[::2]) + sum(doubled)) % 10 else MASK
