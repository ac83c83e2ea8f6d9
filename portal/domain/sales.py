"""A sale: what two systems, credit notes, refunds and disputes make of one invoice.

Its customer sees it once. Where Holded invoiced what Stripe billed, Holded's document is the
invoice (the *factura*) and Stripe's is its receipt: two fiscal invoices of one sale there must not
be (facts/holded.md 6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from portal.domain.customers import Origin
from portal.domain.invoices import Contested, Invoice, InvoiceState

TAG = "stripe:"
# How Stripe's ids of what can be one sale with a document of Holded's begin.
PREFIXES = {False: "in_", True: "cn_"}


@dataclass(frozen=True, slots=True)
class Sale:
    """An invoice as its origin tells it, and what else is known of it.

    `other` is the half that the other system holds, `notes` the issued credit notes that correct
    it, `refunded` what went back to whoever paid, in minor units.
    """

    invoice: Invoice
    other: Invoice | None = None
    notes: tuple[Invoice, ...] = ()
    refunded: int = 0
    contested: Contested = Contested.NO


def key_of(invoice: Invoice) -> str:
    """Return the name under which both halves of a sale are found, empty if it has none.

    It is the id of Stripe's half in lower case, because Holded may fold the case of tags. A tag
    decides over what is written in texts; of texts that name several, none is meant.
    """
    if invoice.origin is Origin.STRIPE:
        return invoice.id.lower()
    tagged = _tagged(invoice)
    if tagged:
        return tagged
    named = {one.lower() for one in invoice.references if one.startswith(_prefix(invoice))}
    return named.pop() if len(named) == 1 else ""


def _tagged(invoice: Invoice) -> str:
    wanted = TAG + _prefix(invoice)
    tags = (tag.strip().lower() for tag in invoice.tags)
    return next((tag for tag in tags if tag.startswith(wanted)), "")[len(TAG) :]


def _prefix(invoice: Invoice) -> str:
    return PREFIXES[invoice.is_note]


def are_one(holded: Invoice, stripe: Invoice) -> bool:
    """Say whether a document of Holded's and one of Stripe's with one key are one sale.

    One that is a draft or cancelled invoices nothing, so Stripe's stands by itself. A tag is
    written for this; an id in a text may be there for another reason, so the sums must agree.
    """
    if holded.state in {InvoiceState.DRAFT, InvoiceState.VOID} or holded.is_note != stripe.is_note:
        return False
    is_same_sum = (abs(holded.total), holded.currency) == (abs(stripe.total), stripe.currency)
    return bool(_tagged(holded)) or (is_same_sum and not holded.is_foreign)


def as_seen(sale: Sale) -> Invoice:
    """Return the invoice as its customer sees it: what is left of it, and what became of it."""
    told = sale.invoice
    if told.is_foreign and sale.other is not None and not sale.other.is_foreign:
        told = with_sums_of(told, sale.other)
    seen = replace(
        told,
        due=_left(told, sale.notes),
        credited=max(told.credited, -sum(note.total for note in sale.notes)),
        refunded=sale.refunded,
        contested=sale.contested,
    )
    return seen if sale.other is None else _with_other(seen, sale.other)


def with_sums_of(foreign: Invoice, stripe: Invoice) -> Invoice:
    """Return a document in another currency with the sums that Stripe's half tells for it."""
    return replace(
        foreign,
        currency=stripe.currency,
        total=stripe.total,
        due=stripe.due,
        paid=stripe.paid,
        tax=stripe.tax,
        subtotal=stripe.subtotal,
        lines=stripe.lines,
        is_foreign=False,
    )


def _left(told: Invoice, notes: tuple[Invoice, ...]) -> int:
    """Return what is left to pay after the credit notes nobody has set against the invoice yet.

    Holded leaves an invoice as it is when it is corrected, until somebody offsets the two. Where
    its sums say that something other than payments has lowered the rest, that is counted.
    """
    counted = max(told.total - told.paid - told.due, 0)
    open_credit = sum(note.open_credit for note in notes if not _is_of_refund(note))
    uncounted = max(open_credit - counted, 0)
    return max(told.due - uncounted, 0)


def _is_of_refund(note: Invoice) -> bool:
    """Whether a credit note was written for a refund at Stripe: its money is back already."""
    return any(tag.strip().lower().startswith(f"{TAG}re_") for tag in note.tags)


def _with_other(seen: Invoice, other: Invoice) -> Invoice:
    """Join both halves: what is paid in one is paid, and what is left is what neither has got."""
    joined = seen
    if seen.currency == other.currency and not (seen.is_foreign or other.is_foreign):
        due = min(seen.due, other.due) if other.is_open else seen.due
        paid, credited = max(seen.paid, other.paid), max(seen.credited, other.credited)
        joined = replace(seen, due=due, paid=paid, credited=credited)
    is_paid = InvoiceState.PAID in {seen.state, other.state}
    is_over = seen.state in {InvoiceState.DRAFT, InvoiceState.VOID}
    return replace(joined, state=InvoiceState.PAID, due=0) if is_paid and not is_over else joined


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one payment of an invoice, in minor units.

    `given` is what of it stands for the invoice (None where nobody says), `back` what went back of
    that.
    """

    given: int | None
    back: int = 0
    contested: Contested = Contested.NO


def after(total: int, fates: Sequence[Fate]) -> tuple[int, Contested]:
    """Return what went back of an invoice's money, and how the disputes about it stand.

    Money that a second payment has brought since, or had brought by accident, stands for the
    invoice: what happened to the other one is then no matter of the invoice any more.
    """
    stands = sum(
        (total if fate.given is None else fate.given) - fate.back
        for fate in fates
        if fate.contested is not Contested.LOST
    )
    missing = max(total - stands, 0)
    back = sum(fate.back for fate in fates if fate.contested is not Contested.LOST)
    if any(fate.contested is Contested.OPEN for fate in fates):
        return min(back, missing), Contested.OPEN
    is_lost = any(fate.contested is Contested.LOST for fate in fates) and missing > 0
    return min(back, missing), Contested.LOST if is_lost else Contested.NO


def shared_out(back: int, given: Mapping[str, int]) -> dict[str, int]:
    """Return what of a refund of one payment belongs to each of its invoices, by id.

    Stripe does not say. A sum that is exactly one invoice's share is that one's; otherwise each
    gets back as it was given to, the smallest units from the first on.
    """
    whole = sum(given.values())
    if back >= whole:
        return dict(given)
    exact = [id for id, share in given.items() if share == back]
    if len(exact) == 1:
        return {id: back if id == exact[0] else 0 for id in given}
    parts = {id: back * share // whole for id, share in given.items()}
    for id in list(given)[: back - sum(parts.values())]:
        parts[id] += 1
    return parts
