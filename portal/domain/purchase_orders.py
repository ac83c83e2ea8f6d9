"""The customer's own reference for an invoice, usually the number of a purchase order."""

import unicodedata
from enum import StrEnum

# A custom field of a Stripe invoice takes 40 and 140 characters by its reference, and refuses more
# than 30 of each in fact (measured in 2024); the shorter one is taken by both.
LONGEST = 30


class Span(StrEnum):
    """Which invoices a reference is for: all from now on, or the next one alone."""

    ALWAYS = "always"
    NEXT = "next"


def is_writable(reference: str) -> bool:
    """Say whether a reference can stand on an invoice: short, on one line, and all of it printed.

    Letters of any script, digits, marks and blanks are; what has no shape of its own is not.
    """
    if len(reference) > LONGEST:
        return False
    return all(unicodedata.category(letter)[0] in "LMNPS" or letter == " " for letter in reference)


def wanted(always: str, once: str) -> str:
    """Return what is to stand on the next invoice; the one for it alone comes first."""
    return once or always


def with_field(
    fields: tuple[tuple[str, str], ...], name: str, value: str
) -> tuple[tuple[str, str], ...]:
    """Return custom fields with one set in its place, added at the end, or taken out if empty."""
    if value and any(known == name for known, _ in fields):
        return tuple((known, value if known == name else old) for known, old in fields)
    kept = tuple((known, old) for known, old in fields if known != name)
    return (*kept, (name, value)) if value else kept
