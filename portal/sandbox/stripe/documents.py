"""The papers of an invoice as PDF: invoice, receipt and credit note."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.pdf import MARGIN, Document

NOTICE = "Simulation of Stripe, test data only"
VALUE = 200
AMOUNT_RIGHT = 539
QUANTITY_RIGHT = 400


def day(moment: int) -> str:
    """Return a date in English words: `3 February 2026`."""
    return f"{datetime.fromtimestamp(moment, UTC):%d %B %Y}".lstrip("0")


def invoice_document(invoice: dict[str, Any], rates: dict[str, str]) -> bytes:
    """Return the invoice as PDF; `rates` names each tax rate id: `IVA 21%`."""
    paid = [("Amount paid", invoice["amount_paid"])] if invoice["amount_paid"] else []
    return _paper("Invoice", invoice, rates, [*paid, ("Amount due", invoice["amount_remaining"])])


def receipt_document(invoice: dict[str, Any], rates: dict[str, str]) -> bytes:
    """Return the receipt of a paid invoice as PDF."""
    return _paper("Receipt", invoice, rates, [("Amount paid", invoice["amount_paid"])])


def _paper(
    kind: str, invoice: dict[str, Any], rates: dict[str, str], last: list[tuple[str, int]]
) -> bytes:
    paper = _opened(kind, invoice["number"] or "draft", invoice["account_name"])
    dated = invoice["status_transitions"]["paid_at"] if kind == "Receipt" else None
    _facts(
        paper,
        [
            ("Invoice number", invoice["number"] or "draft"),
            *([("Receipt number", number)] if (number := invoice["receipt_number"]) else []),
            *([("Date paid", day(dated))] if dated else []),
            ("Date of issue", day(invoice["effective_at"] or invoice["created"])),
            *([("Date due", day(invoice["due_date"]))] if invoice["due_date"] else []),
            ("Bill to", invoice["customer_name"] or invoice["customer_email"] or ""),
            *[("", line) for line in _address(invoice["customer_address"])],
            *[("Tax ID", tax_id["value"]) for tax_id in invoice["customer_tax_ids"] or []],
        ],
    )
    currency = invoice["currency"]
    _table(
        paper,
        [
            (line["description"] or "", line["quantity"], in_words(line["amount"], currency))
            for line in invoice["lines"]["data"]
        ],
    )
    _sums(
        paper,
        [
            ("Subtotal", invoice["subtotal"]),
            *[("Discount", -each["amount"]) for each in invoice["total_discount_amounts"] or []],
            *[
                (rates.get(tax["tax_rate_details"]["tax_rate"], "Tax"), tax["amount"])
                for tax in invoice["total_taxes"] or []
            ],
            ("Total", invoice["total"]),
            *_balance(invoice),
            *last,
        ],
        currency,
    )
    if invoice["customer_tax_exempt"] == "reverse":
        paper.write("Reverse charge")
        paper.down()
    for text in (invoice["description"], invoice["footer"]):
        if text:
            paper.write(text[:95])
            paper.down()
    return paper.to_bytes()


def credit_note_document(
    note: dict[str, Any], invoice: dict[str, Any], rates: dict[str, str]
) -> bytes:
    """Return a credit note as PDF."""
    paper = _opened("Credit note", note["number"], invoice["account_name"])
    _facts(
        paper,
        [
            ("Credit note number", note["number"]),
            ("Invoice number", invoice["number"]),
            ("Date of issue", day(note["effective_at"] or note["created"])),
            ("Bill to", invoice["customer_name"] or invoice["customer_email"] or ""),
        ],
    )
    currency = note["currency"]
    _table(
        paper,
        [
            (line["description"] or "", line["quantity"], in_words(line["amount"], currency))
            for line in note["lines"]["data"]
        ],
    )
    _sums(
        paper,
        [
            ("Subtotal", note["subtotal"]),
            *[
                (rates.get(tax["tax_rate_details"]["tax_rate"], "Tax"), tax["amount"])
                for tax in note["total_taxes"] or []
            ],
            ("Total credited", note["total"]),
        ],
        currency,
    )
    return paper.to_bytes()


def _opened(kind: str, number: str, seller: str | None) -> Document:
    paper = Document(f"{kind} {number}")
    paper.write(NOTICE, size=8)
    paper.down(28)
    paper.write(kind, size=20, font="bold")
    paper.down(24)
    paper.write(seller or "", font="bold")
    paper.down(24)
    return paper


def _facts(paper: Document, facts: list[tuple[str, str]]) -> None:
    for name, value in facts:
        paper.write(name)
        paper.write(value, VALUE)
        paper.down()
    paper.down()


def _table(paper: Document, rows: list[tuple[str, int | None, str]]) -> None:
    paper.write("Description", font="bold")
    paper.write("Quantity", QUANTITY_RIGHT - 44, font="bold")
    paper.write("Amount", AMOUNT_RIGHT - 40, font="bold")
    paper.rule()
    paper.down(20)
    for words, quantity, amount in rows:
        paper.write(words[:56])
        if quantity is not None:
            paper.write_right(str(quantity), QUANTITY_RIGHT)
        paper.write_right(amount, AMOUNT_RIGHT)
        paper.down()
        if len(words) > 56:
            paper.write(words[56:130], MARGIN, 8)
            paper.down()
    paper.rule()
    paper.down(20)


def _sums(paper: Document, sums: list[tuple[str, int]], currency: str) -> None:
    for name, amount in sums:
        paper.write(name, QUANTITY_RIGHT - 120)
        paper.write_right(in_words(amount, currency), AMOUNT_RIGHT)
        paper.down()
    paper.down()


def _balance(invoice: dict[str, Any]) -> list[tuple[str, int]]:
    applied = (invoice["ending_balance"] or 0) - invoice["starting_balance"]
    return (
        [("Applied balance", -applied)] if applied and invoice["ending_balance"] is not None else []
    )


def _address(address: dict[str, Any] | None) -> list[str]:
    if not address:
        return []
    town = " ".join(filter(None, [address.get("postal_code"), address.get("city")]))
    parts = (
        address.get("line1"),
        address.get("line2"),
        town,
        address.get("state"),
        address.get("country"),
    )
    return [part for part in parts if part]
