"""Holded's JSON as snapshots of the domain.

Their odd shapes end here: an object that is missing comes as `[]`, lines as `{}`, tags as "". What
is meant for the merchant alone (`notes`, a shipping address's `private_notes`) is never read.
Everything raises Unreadable rather than guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.domain.counterparts import Sold
from portal.domain.customers import Address, Origin, Profile, TaxId
from portal.domain.invoices import (
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoicePart,
    InvoiceState,
)
from portal.domain.money import Money
from portal.domain.recurrences import Recurrence
from portal.gateways.holded.amounts import (
    ZERO,
    Equation,
    Notation,
    Unreadable,
    is_ambiguous,
    minor_units,
    notation_of,
    read,
)
from portal.gateways.holded.dates import day

HUNDRED = Decimal(100)
CENT = Decimal("0.01")
# Where the days of a recurring invoice, which are read by themselves, are put beside it.
SCHEDULE = "schedule"
TO_COME = "pending"
CANCELLED = frozenset({"cancelled", "canceled"})


def profile(contact: Mapping[str, Any]) -> Profile:
    """Translate a contact.

    Sign-in mails may go to its address, its further addresses, and the people in it who are sent
    its documents anyway.
    """
    defaults = _object(contact.get("defaults"))
    shipping = next(iter(_objects(contact.get("shipping_addresses"))), {})
    return Profile(
        origin=Origin.HOLDED,
        id=_id(contact),
        name=_text(contact.get("name")) or _text(contact.get("trade_name")),
        email=_text(contact.get("email")),
        other_emails=_other_emails(contact),
        phone=_text(contact.get("phone")) or _text(contact.get("mobile")),
        address=_address(_object(contact.get("bill_address"))),
        shipping_name=_text(shipping.get("name")),
        shipping=_address(shipping),
        tax_ids=_tax_ids(contact),
        locales=_locales(_text(defaults.get("language"))),
        currency=_currency(defaults.get("currency")),
        pays_by=_text(defaults.get("payment_method")),
    )


def _other_emails(contact: Mapping[str, Any]) -> tuple[str, ...]:
    extra = [_text(value) for value in _list(contact.get("extra_emails"))]
    people = [
        _text(person.get("email"))
        for person in _objects(contact.get("contact_persons"))
        if person.get("send_documents_by_default") is True
    ]
    main = _text(contact.get("email"))
    found = (address for address in (*extra, *people) if address and address != main)
    return tuple(dict.fromkeys(found))


def _address(address: Mapping[str, Any]) -> Address:
    country = _text(address.get("country_code")).upper()
    return Address(
        line1=_text(address.get("address")),
        city=_text(address.get("city")),
        postal_code=_text(address.get("postal_code")),
        state=_text(address.get("province")),
        country=country if re.fullmatch(r"[A-Z]{2}", country) else "",
    )


def _tax_ids(contact: Mapping[str, Any]) -> tuple[TaxId, ...]:
    named = {name: _text(contact.get(name)) for name in ("code", "vat_number")}
    if named["code"] == named["vat_number"]:
        del named["vat_number"]
    return tuple(TaxId(id=name, type=name, value=value) for name, value in named.items() if value)


def _locales(language: str) -> tuple[str, ...]:
    is_tag = re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?", language)
    return (language.replace("_", "-"),) if is_tag else ()


def invoice(document: Mapping[str, Any], kind: InvoiceKind, currency: str) -> Invoice:
    """Translate an invoice or credit note; `currency` is that of the account's books.

    A document in another currency is told in the account's, because that is what Holded keeps
    amounts in; `is_foreign` says that what the customer owes is written in its PDF only. A
    credit note asks nothing of the customer, so nothing of it is due. A proforma has no payments:
    they are booked on the invoice that is made from it.
    """
    notation = _notation(document, currency)
    state, due = _state(document, kind, notation, currency)
    source = _object(document.get("from"))
    return Invoice(
        origin=Origin.HOLDED,
        id=_id(document),
        customer=_text(document.get("contact_id")),
        number=_text(document.get("document_number")),
        kind=kind,
        state=state,
        currency=currency,
        total=_minor(document, "total", notation, currency),
        due=due,
        paid=_minor(document, "payments_total", notation, currency),
        tax=_minor(document, "tax", notation, currency),
        subtotal=_minor(document, "subtotal", notation, currency),
        issued_on=day(document.get("date")),
        due_on=_due_on(document),
        description=_text(document.get("description")),
        lines=_lines(document, notation, currency),
        parts=tuple(
            InvoicePart(
                id=_text(part.get("id")),
                amount=Money(minor_units(read(part.get("amount"), notation), currency), currency),
                paid_on=day(part.get("date")),
                treasury=_text(part.get("bank_id")),
            )
            for part in _objects(document.get("payments_detail"))
        ),
        corrects=_source(source, "invoice"),
        pays_by=_text(document.get("payment_method_id")),
        made_from=_source(source, "proform"),
        recurrence=_source(source, "invoicerecurring"),
        is_foreign=_currency(document.get("currency")) not in ("", currency),
        tags=tuple(_text(tag) for tag in _list(document.get("tags")) if _text(tag)),
    )


def recurrence(body: Mapping[str, Any], currency: str) -> Recurrence:
    """Translate a recurring invoice; a list brings none of its days."""
    notation = _notation(body, currency)
    lines = _lines(body, notation, currency)
    days = [
        day(each.get("date"))
        for each in _objects(body.get(SCHEDULE))
        if _text(each.get("status")) == TO_COME
    ]
    return Recurrence(
        id=_id(body),
        customer=_text(body.get("contact_id")),
        description=_text(body.get("description")),
        rhythm=_text(body.get("periodicity")),
        currency=currency,
        total=_minor(body, "total", notation, currency),
        lines=lines,
        days=tuple(sorted(filter(None, days))),
        ends_on=day(body.get("end_date")),
        is_approved=body.get("convert_automatically") is True,
        is_foreign=_currency(body.get("currency")) not in ("", currency),
    )


def _state(
    document: Mapping[str, Any], kind: InvoiceKind, notation: Notation | None, currency: str
) -> tuple[InvoiceState, int]:
    """Return state and sum due; Holded's `status` is to be trusted on cancelled documents only."""
    if _is_draft(document):
        return InvoiceState.DRAFT, 0
    if _text(document.get("status")).lower() in CANCELLED:
        return InvoiceState.VOID, 0
    if kind is InvoiceKind.CREDIT_NOTE:
        return InvoiceState.PAID, 0
    if kind is InvoiceKind.PROFORMA:
        total = _minor(document, "total", notation, currency)
        return (InvoiceState.OPEN, total) if total > 0 else (InvoiceState.PAID, 0)
    if document.get("payments_pending") in (None, ""):
        raise Unreadable("payments_pending is missing, so nobody knows what is still to be paid")
    due = _minor(document, "payments_pending", notation, currency)
    return (InvoiceState.OPEN, due) if due > 0 else (InvoiceState.PAID, 0)


def _source(source: Mapping[str, Any], kind: str) -> str:
    """Return the document of a kind that another was made from, empty if it was none."""
    return _text(source.get("id")) if source.get("doc_type") == kind else ""


def _is_draft(document: Mapping[str, Any]) -> bool:
    if isinstance(document.get("draft"), bool):
        return bool(document["draft"])
    return not document.get("approved_at") and not _text(document.get("document_number"))


def _due_on(document: Mapping[str, Any]) -> Any:
    parts = (day(part.get("date")) for part in _objects(document.get("multiple_due_dates")))
    return day(document.get("due_date")) or min(filter(None, parts), default=None)


def _minor(document: Mapping[str, Any], name: str, notation: Notation | None, currency: str) -> int:
    return minor_units(read(document.get(name), notation), currency)


def _notation(document: Mapping[str, Any], currency: str) -> Notation | None:
    """Learn from the document's sums how its doubtful amounts are meant, None if it has none."""
    if document.get("total") in (None, ""):
        raise Unreadable("total is missing")
    get = document.get
    summed = Equation((get("subtotal"), get("tax")), (get("discount"),), get("total"))
    equations = [_less_withheld(document, summed, currency)]
    if "payments_pending" in document:
        paid_and_due = (get("payments_total"), get("payments_pending"))
        equations.append(Equation(paid_and_due, (), get("total")))
    if parts := [part.get("amount") for part in _objects(get("payments_detail"))]:
        equations.append(Equation(parts, (), get("payments_total")))
    return notation_of(equations)


@dataclass(frozen=True, slots=True)
class _Withheld(Equation):
    """The sums of a document of which a part is withheld (Spain's retention), in per cent."""

    rate: Decimal = ZERO
    currency: str = "eur"

    def holds(self, notation: Notation) -> bool:
        subtotal, tax = (read(value, notation) for value in self.plus)
        base = subtotal - sum((read(value, notation) for value in self.minus), ZERO)
        expected = base + tax - base * self.rate / HUNDRED
        total = read(self.total, notation)
        return minor_units(expected, self.currency) == minor_units(total, self.currency)


def _less_withheld(document: Mapping[str, Any], summed: Equation, currency: str) -> Equation:
    """Take off what is withheld; lines of several rates cannot be checked this way and fail."""
    rates = {read(line.get("retention"), Notation.DOT) for line in _objects(document.get("lines"))}
    if len(rates) != 1 or rates == {ZERO}:
        return summed
    return _Withheld(summed.plus, summed.minus, summed.total, rates.pop(), currency)


def _lines(
    document: Mapping[str, Any], notation: Notation | None, currency: str
) -> tuple[InvoiceLine, ...]:
    """Translate the lines; where a doubtful number is in them, they must add up to the subtotal.

    If they do not, none is shown: the PDF has them.
    """
    lines = _objects(document.get("lines"))
    try:
        found = _line_notation(document, notation)
    except Unreadable:
        return ()
    return tuple(_line(line, found, currency) for line in lines)


def sold(document: Mapping[str, Any], currency: str) -> tuple[Sold, ...]:
    """Translate the items of an invoice into what each comes to, its part of a discount off."""
    notation = _notation(document, currency)
    of_lines = _line_notation(document, notation)
    subtotal = read(document.get("subtotal"), notation)
    discount = read(document.get("discount"), notation)
    left = 1 - discount / subtotal if subtotal else Decimal(1)
    return tuple(
        Sold(
            net=_net(line, of_lines) * left,
            taxes=tuple(_text(key) for key in _list(line.get("taxes")) if _text(key)),
            percent=read(line.get("tax"), Notation.DOT),
        )
        for line in _objects(document.get("lines"))
    )


def _line_notation(document: Mapping[str, Any], notation: Notation | None) -> Notation | None:
    """Learn how the numbers of lines are meant, None if none is doubtful; raises Unreadable."""
    lines = _objects(document.get("lines"))
    numbers = [line.get(name) for line in lines for name in ("price", "units", "discount")]
    if not any(is_ambiguous(value) for value in numbers):
        return None
    subtotal, rounding = read(document.get("subtotal"), notation), CENT * len(lines)
    fitting = [
        candidate
        for candidate in Notation
        if abs(sum((_net(line, candidate) for line in lines), ZERO) - subtotal) < rounding
    ]
    if len(fitting) != 1:
        raise Unreadable("the lines do not add up to the subtotal")
    return fitting[0]


def _line(line: Mapping[str, Any], notation: Notation | None, currency: str) -> InvoiceLine:
    return InvoiceLine(
        text=_text(line.get("name")) or _text(line.get("description")),
        amount=Money(minor_units(_net(line, notation), currency), currency),
        quantity=_plain(read(line.get("units"), notation)),
        tax_note=_tax_note(line),
    )


def _net(line: Mapping[str, Any], notation: Notation | None) -> Decimal:
    discount = read(line.get("discount"), notation)
    gross = read(line.get("price"), notation) * read(line.get("units"), notation)
    return gross * (1 - discount / HUNDRED)


def _tax_note(line: Mapping[str, Any]) -> str:
    """Return the taxes of a line in per cent: `21%`, or `21% −15%` with a part withheld."""
    tax = read(line.get("tax"), Notation.DOT)
    withheld = read(line.get("retention"), Notation.DOT)
    notes = [f"{_plain(tax)}%"] if tax else []
    return " ".join([*notes, f"−{_plain(withheld)}%"] if withheld else notes)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _id(thing: Mapping[str, Any]) -> str:
    found = thing.get("id")
    if not isinstance(found, str) or not found:
        raise Unreadable("an object without an id")
    return found


def _currency(value: object) -> str:
    code = _text(value).lower()
    return code if re.fullmatch(r"[a-z]{3}", code) else ""


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in _list(value) if isinstance(each, dict)]
