"""Statements of account as words and as CSV.

The CSV is for machines: names of columns and kinds in English, days in ISO, sums with a point and
no grouping. It begins with the mark of UTF-8, since spreadsheets take a file without it for another
encoding; `utf-8-sig` reads both. What people wrote cannot become a formula.
"""

import csv
import io
from collections.abc import Iterator

from portal import i18n
from portal.domain.customers import Origin
from portal.domain.invoices import Invoice
from portal.domain.money import Money
from portal.domain.statements import Account, Line, Movement, MovementKind, Period, Statement
from portal.i18n import formats, lazy_pgettext
from portal.i18n import gettext as _

KINDS: dict[MovementKind, str] = {
    MovementKind.INVOICE: lazy_pgettext("statement", "Invoice"),
    MovementKind.CREDIT_NOTE: lazy_pgettext("statement", "Credit note"),
    MovementKind.PAYMENT: lazy_pgettext("statement", "Payment"),
    MovementKind.REFUND: lazy_pgettext("statement", "Refund"),
}
BOM = "\ufeff"
COLUMNS = (
    "day", "day_is_known", "kind", "number", "description", "origin", "currency", "amount",
    "balance",
)  # fmt: skip
# A cell that begins so is worked out by spreadsheets (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def title_of(movement: Movement) -> str:
    """Say what moved and of which document: `Payment F260001`."""
    kind = str(KINDS[movement.kind])
    number = formats.left_to_right(movement.number, i18n.current()) if movement.number else ""
    return f"{kind} {number}".strip()


def day_of(movement: Movement) -> str:
    """Write the day of a movement; one that nobody told is marked."""
    day = formats.day(movement.day, i18n.current(), "short")
    return day if movement.is_day_known else _("%(day)s or later", day=day)


def period_of(period: Period) -> str:
    """Say from when to when a statement goes."""
    locale = i18n.current()
    return _(
        "%(first)s to %(last)s",
        first=formats.day(period.first, locale),
        last=formats.day(period.last, locale),
    )


def name_of(period: Period) -> str:
    """Return what the files of a statement are called when they are saved."""
    return f"statement-{period.first.isoformat()}-{period.last.isoformat()}"


def csv_of(statement: Statement) -> Iterator[bytes]:
    """Write a statement as CSV (RFC 4180), line by line.

    Each currency begins with an `opening` row and ends with a `closing` one; a document whose sum
    cannot be added has the kind `foreign` and no amount.
    """
    yield (BOM + _written(COLUMNS)).encode()
    for account in statement.accounts:
        yield _edge(statement.period.first.isoformat(), "opening", account.opening)
        for line in account.lines:
            yield _line(line)
        yield _edge(statement.period.last.isoformat(), "closing", account.closing)
    for invoice in statement.foreign:
        yield _foreign(invoice)


def _edge(day: str, kind: str, balance: Money) -> bytes:
    row = (day, "yes", kind, "", "", "", balance.currency, "", f"{balance.to_decimal():f}")
    return _written(row).encode()


def _line(line: Line) -> bytes:
    moved = line.movement
    return _written(
        (
            moved.day.isoformat(),
            "yes" if moved.is_day_known else "no",
            moved.kind,
            _plain(moved.number),
            _plain(moved.description),
            moved.origin,
            moved.amount.currency,
            f"{moved.amount.to_decimal():f}",
            f"{line.balance.to_decimal():f}",
        )
    ).encode()


def _foreign(invoice: Invoice) -> bytes:
    day = invoice.issued_on.isoformat() if invoice.issued_on else ""
    known = "yes" if day else "no"
    number, text = _plain(invoice.number), _plain(invoice.description)
    return _written(
        (day, known, "foreign", number, text, Origin(invoice.origin), "", "", "")
    ).encode()


def _plain(text: str) -> str:
    """Return a text on one line that no spreadsheet works out."""
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(FORMULA) else line


def _written(row: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(row)
    return buffer.getvalue()


def sums_of(account: Account) -> list[tuple[str, Money]]:
    """Return what stands above a statement's movements, in the order people read it."""
    return [
        (_("Opening balance"), account.opening),
        (_("Invoiced and given back"), account.invoiced),
        (_("Paid and credited"), account.paid),
        (_("Closing balance"), account.closing),
    ]
