"""The books: what approved documents and payments mean in double entry.

Nothing is stored: the entries follow from the documents and payments there are. Their account
numbers are those of the Spanish chart of accounts; the provider's own choice of numbers beyond the
contact's was not captured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from portal.sandbox.holded import dates, taxes, totals
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.amounts import ZERO, rounded
from portal.sandbox.holded.kinds import FISCAL

CUSTOMERS, SALES, TAX, WITHHELD = 43_000_000, 70_000_000, 47_700_000, 47_300_000
TREASURIES = {"bank": 57_200_000, "gateway": 57_200_000, "card": 52_700_000, "cash": 57_000_000}
NAMES = {
    CUSTOMERS: "Clientes",
    SALES: "Ventas de mercaderías",
    TAX: "Hacienda Pública, IVA repercutido",
    WITHHELD: "Hacienda Pública, retenciones y pagos a cuenta",
    57_200_000: "Bancos e instituciones de crédito",
    52_700_000: "Tarjetas",
    57_000_000: "Caja",
}
# On these the customer owes; the others turn the sides round.
CHARGES = ("invoice", "salesreceipt")


@dataclass(frozen=True)
class Posting:
    """One line of an entry: a debit when ``amount`` is positive, else a credit."""

    account: int
    amount: Decimal


@dataclass(frozen=True)
class Entry:
    """What one document or payment means in the books. ``day`` is ISO; ``source`` is its id."""

    source: str
    moment: str
    day: str
    type: str
    description: str
    postings: tuple[Posting, ...]
    tags: tuple[str, ...] = ()


def entries() -> list[Entry]:
    """Return all entries of the account, in the order in which they came about."""
    found = [*of_documents(), *of_payments()]
    return sorted(found, key=lambda each: (each.moment, each.source))


def of_documents() -> Iterator[Entry]:
    rates = taxes.rates()
    for kind in FISCAL:
        for document in state().each(account().id, kind):
            if document["draft"]:
                continue
            sign = 1 if kind in CHARGES else -1
            postings = tuple(each for each in postings_of(document, rates, sign) if each.amount)
            number = document["document_number"] or ""
            tags = tuple(document["tags"])
            day, moment = document["accounting_date"], document["approved_at"]
            yield Entry(document["id"], moment, day, kind, number, postings, tags)
            if document["_cancelled"]:
                undone = tuple(Posting(each.account, -each.amount) for each in postings)
                text = f"{number} anulada"
                yield Entry(document["id"] + "x", moment, day, kind, text, undone, tags)


def postings_of(
    document: dict[str, Any], rates: dict[str, Decimal], sign: int
) -> Iterator[Posting]:
    """Yield the lines of a document; what rounding leaves goes to the first sales account."""
    currency = account().currency
    discount = Decimal(document["_discount"])
    by_tax = totals.by_tax(document["lines"], discount, rates)
    levied = [rounded(tax, currency) for _, tax in by_tax.values()]
    tax = sum((each for each in levied if each > 0), ZERO)
    withheld = -sum((each for each in levied if each < 0), ZERO)
    total = Decimal(document["total"])
    yield Posting(customer_account(document["contact_id"]), sign * total)
    left = total - tax + withheld
    sales: dict[int, Decimal] = {}
    for line in document["lines"]:
        number = int(sales_account(line))
        sales[number] = sales.get(number, ZERO) + totals.net(line) * (1 - discount / 100)
    first, *others = sales or {SALES: ZERO}
    for number in others:
        share = rounded(sales[number], currency)
        left -= share
        yield Posting(number, -sign * share)
    yield Posting(first, -sign * left)
    yield Posting(TAX, -sign * tax)
    yield Posting(WITHHELD, sign * withheld)


def of_payments() -> Iterator[Entry]:
    banks = {each["id"]: each for each in state().each(account().id, "treasury")}
    for payment in state().each(account().id, "payment"):
        comes_in = payment["type"] == "collection"
        amount = Decimal(payment["amount"]) * (1 if comes_in else -1)
        bank = banks.get(payment["banking_account_id"], {"type": "bank"})
        moment = moment_of(payment["id"])
        postings = (
            Posting(TREASURIES[bank["type"]], amount),
            Posting(customer_account(payment["contact_id"]), -amount),
        )
        kind = "collect" if comes_in else "payment"
        text = payment["description"] or ""
        yield Entry(payment["id"], moment, payment["date"], kind, text, postings)


def moment_of(id_: str) -> str:
    """Return when an object was made, which its id begins with, as documents write moments."""
    return dates.moment(datetime.fromtimestamp(int(id_[:8], 16), UTC))


def sales_account(line: dict[str, Any]) -> str:
    """Return the number a line's sale is booked on."""
    number = str(line["account"] or "")
    return number if number.isascii() and number.isdigit() and len(number) <= 12 else str(SALES)


def customer_account(contact_id: str | None) -> int:
    contact = state().find(account().id, "contact", contact_id or "")
    return int(contact["client_record"]["num"]) if contact else CUSTOMERS


def line_id(entry: Entry, line: int) -> str:
    """Return an id for a line of an entry, for cursors: the provider's lines have none to see."""
    return hashlib.sha256(f"{entry.source}:{line}".encode()).hexdigest()[:24]
