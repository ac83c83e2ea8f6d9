"""The paper of a quote as PDF."""

from portal.sandbox.stripe.amounts import cadence_in_words, in_words
from portal.sandbox.stripe.documents import AMOUNT_RIGHT, NOTICE, QUANTITY_RIGHT, VALUE, day
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.line_items import price_of
from portal.sandbox.stripe.pdf import Document
from portal.sandbox.stripe.unit import Unit

LONGEST_WORDS = 56


def document(unit: Unit, quote: Json, lines: list[Json]) -> bytes:
    """Return a finalized quote as PDF: its lines, sums, terms and the merchant's words."""
    customer = unit.find("customer", quote["customer"]) or {}
    paper = Document(f"Quote {quote['number']}")
    paper.write(NOTICE, size=8)
    paper.down(28)
    paper.write("Quote", size=20, font="bold")
    paper.down(24)
    paper.write(unit.account["business_profile"]["name"], font="bold")
    paper.down(24)
    _words(paper, quote["header"])
    facts = [
        ("Quote number", quote["number"]),
        ("Date of issue", day(quote["status_transitions"]["finalized_at"])),
        ("Valid until", day(quote["expires_at"])),
        ("Prepared for", customer.get("name") or customer.get("email") or ""),
        *_start(quote),
    ]
    for name, value in facts:
        paper.write(name)
        paper.write(value, VALUE)
        paper.down()
    paper.down()
    _words(paper, quote["description"])
    _table(unit, paper, quote, lines)
    _sums(paper, quote)
    _words(paper, quote["footer"])
    return paper.to_bytes()


def _start(quote: Json) -> list[tuple[str, str]]:
    data = quote["subscription_data"]
    found = []
    if data["effective_date"]:
        found.append(("Starts on", day(data["effective_date"])))
    if data["trial_period_days"]:
        found.append(("Free trial", f"{data['trial_period_days']} days"))
    return found


def _words(paper: Document, words: str | None) -> None:
    if words:
        paper.write(words[:95])
        paper.down(24)


def _table(unit: Unit, paper: Document, quote: Json, lines: list[Json]) -> None:
    paper.write("Description", font="bold")
    paper.write("Quantity", QUANTITY_RIGHT - 44, font="bold")
    paper.write("Amount", AMOUNT_RIGHT - 40, font="bold")
    paper.rule()
    paper.down(20)
    for line in lines:
        recurring = price_of(unit, line)["recurring"]
        often = f" / {cadence_in_words(recurring)}" if recurring else ""
        paper.write(f"{line['description']}{often}"[:LONGEST_WORDS])
        if line["quantity"] is not None:
            paper.write_right(str(line["quantity"]), QUANTITY_RIGHT)
        paper.write_right(in_words(line["amount_subtotal"], quote["currency"]), AMOUNT_RIGHT)
        paper.down()
    paper.rule()
    paper.down(20)


def _sums(paper: Document, quote: Json) -> None:
    details, recurring = quote["total_details"], quote["computed"]["recurring"]
    sums = [("Subtotal", quote["amount_subtotal"])]
    if details["amount_discount"]:
        sums.append(("Discount", -details["amount_discount"]))
    if details["amount_tax"]:
        sums.append(("Tax", details["amount_tax"]))
    sums.append(("Total", quote["amount_total"]))
    sums.append(("Due at the start", quote["computed"]["upfront"]["amount_total"]))
    if recurring:
        sums.append((f"Each {cadence_in_words(recurring)}", recurring["amount_total"]))
    for name, amount in sums:
        paper.write(name, QUANTITY_RIGHT - 120)
        paper.write_right(in_words(amount, quote["currency"]), AMOUNT_RIGHT)
        paper.down()
    paper.down()
