"""Write docs/payment-methods.md from portal/domain/method_types.py: one line for every kind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from portal.domain.method_types import (
    CATALOGUE,
    EEA,
    EUROPE,
    LEFT_OUT,
    WIDE,
    Bounds,
    PaymentMethodType,
    Region,
)
from portal.domain.money import Money
from portal.web import method_types

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "payment-methods.md"
HEAD = """# Payment methods

Every kind of payment method a customer can pay with, where it serves and what can be done with
it. What a page offers is what fits the currency, the merchant's country and the sum, what the
merchant's account at Stripe takes, and what the merchant decided for:

```
flask portal rules <merchant> --set payment_method_types=card,sepa_debit,bizum
```

With nothing decided, every kind that fits is offered.

- **Merchants in** and **currencies**: most means that Stripe's own lists decide.
- **Kept**: by *paying* with it, on a page that only *saves* it, or not at all. Only kept methods
  pay renewals and invoices by themselves.
- **Sure after**: working days until the money is sure. Until then the invoice is being paid, not
  paid, and a second payment is refused.
- **Stripe's portal**: whether Stripe's own customer portal knows the kind. A subscription that is
  paid with any other can be cancelled and not changed.

A new kind is one row in `portal/domain/method_types.py`. Tests then ask by name for what people
call it (`portal/web/method_types.py`), its mark (`static/icons/sprite.svg`), a payment with it on
the sandbox, and this page, which `python -m scripts.payment_methods` writes anew.

"""
COLUMNS = (
    "Kind",
    "Name",
    "Currencies",
    "Merchants in",
    "One payment",
    "Kept",
    "Sure after",
    "Stripe's portal",
    "Condition",
)
BETWEEN = """
## Left out

What Stripe's Checkout names besides, and why it is not offered.

| Kind | Why |
| --- | --- |
"""
# Sets of countries that have a name.
NAMED = {WIDE: "Europe, AU, CA, HK, JP, MX, NZ, SG, US", EUROPE: "Europe", EEA: "EEA"}


def line(row: PaymentMethodType) -> str:
    """Return the line of a kind."""
    cells = [
        f"[`{row.type}`]({row.source})",
        method_types.name(row.type),
        "; ".join(_currencies(region) for region in row.regions),
        "; ".join(_countries(region) for region in row.regions),
        _bounds(row.bounds) if row.bounds else "",
        _kept(row),
        _sure_after(row),
        "yes" if row.in_portal else "",
        str(method_types.CONDITIONS[row.condition]) if row.condition else "",
    ]
    return _cells(cells)


def page() -> str:
    """Return the whole page."""
    kinds = "\n".join(line(row) for row in CATALOGUE)
    others = "\n".join(f"| `{type}` | {why} |" for type, why in sorted(LEFT_OUT.items()))
    columns = f"{_cells(COLUMNS)}\n{_cells('---' for _ in COLUMNS)}"
    return f"{HEAD}{columns}\n{kinds}\n{BETWEEN}{others}\n"


def _cells(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _currencies(region: Region) -> str:
    return ", ".join(sorted(region.currencies)).upper() or "most"


def _countries(region: Region) -> str:
    return NAMED.get(region.countries) or ", ".join(sorted(region.countries)) or "most countries"


def _bounds(bounds: Bounds) -> str:
    currency = bounds.currency.upper()
    least, most = (
        f"{Money(sum, bounds.currency).to_decimal():,} {currency}" if sum is not None else ""
        for sum in (bounds.least, bounds.most)
    )
    return " ".join(part for part in (f"from {least}" if least else "", f"to {most}") if part)


def _kept(row: PaymentMethodType) -> str:
    ways = {"paying": row.saves_by_paying, "saving": row.in_setup}
    mandate = ", with a mandate" if row.has_mandate else ""
    return " or ".join(way for way, is_open in ways.items() if is_open) + mandate or "no"


def _sure_after(row: PaymentMethodType) -> str:
    days = f"{row.delayed_days} days" if row.delayed_days > 1 else "1 day"
    if row.is_voucher:
        return f"a slip, and {days}" if row.delayed_days else "a slip"
    return days if row.delayed_days else "at once"


if __name__ == "__main__":
    PAGE.write_text(page())
