"""The list of invoices of both origins, one invoice, and its PDF."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.customers import Origin
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.invoices import Invoice, InvoiceKind
from portal.domain.money import Money
from portal.domain.purchase_orders import LONGEST as LONGEST_ORDER
from portal.i18n import gettext as _
from portal.mirror import balances, invoices, sales, sources
from portal.mirror.invoices import Filter
from portal.services import documents
from portal.store import payments
from portal.web import errors, fates, outcomes, repeats, wording
from portal.web.customer import current_visit
from portal.web.policies import Who, open_to

pages = Blueprint("invoices", __name__)

PAGE = 25
LONGEST_SEARCH = 100
LONGEST_NAME = 100
SOURCES = {Origin.STRIPE: "Stripe", Origin.HOLDED: "Holded"}


@dataclass(frozen=True, slots=True)
class Sums:
    """What stands below the lines; `reduced` is what was paid or credited, as a minus."""

    subtotal: Money
    tax: Money
    reduced: Money | None


@pages.get("/invoices")
@open_to(Who.CUSTOMER)
def list_all() -> str:
    """Show one page of a tab, or of what a search found in it."""
    visit = current_visit()
    which = _tab(request.args.get("show", ""))
    search = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    after = request.args.get("after", "")
    found, sums = invoices.look_list(visit, which, after=after, search=search, limit=PAGE)
    silent = failing(visit)

    def told() -> dict[str, Any]:
        listed, following = invoices.page_of(visit, which, found, limit=PAGE)
        return {
            "listed": listed,
            "summary": balances.summary_of(sums),
            "which": which,
            "search": search,
            "after": after,
            "following": following,
            "sources": SOURCES,
            "failing": silent,
        }

    seen = (tuple(found), tuple(sums), tuple(silent.items()))
    return repeats.render(visit, "customer/invoices/list.html", seen, told)


@pages.get("/invoices/<id>")
@open_to(Who.INVOICE)
def show(id: str) -> str:
    """Show one invoice or credit note with all that is known of it."""
    visit = current_visit()
    found = invoices.get(visit, id)
    invoice = found.invoice
    other = found.half.id if found.half is not None else ""
    beside = sales.beside(visit, invoice.id, other)
    tries = [
        one
        for half in (invoice, found.half)
        if half is not None
        for one in payments.list_of_invoice(visit.db, visit.merchant, half.origin, half.id)
    ]
    return render_template(
        "customer/invoices/show.html",
        found=found,
        invoice=invoice,
        credit_notes=beside.notes,
        happened=fates.of_invoice(beside) if visit.sees_everything else (),
        takes_orders=visit.merchant.rules.purchase_orders and visit.sees_everything,
        next_order=beside.next_order,
        order_name=visit.merchant.rules.purchase_order_name,
        longest_order=LONGEST_ORDER,
        tries=tries if visit.sees_everything else (),
        sums=_sums(invoice),
        told=outcomes.of_try,
        words=outcomes.of_waiting(found.waiting.method_type) if found.waiting else None,
        why=wording.why,
        asks_merchant=wording.asks_merchant,
        sources=SOURCES,
        failing={
            origin: when for origin, when in failing(visit).items() if origin is invoice.origin
        },
    )


@pages.get("/invoices/<id>/pdf")
@open_to(Who.INVOICE)
def pdf(id: str) -> Response | tuple[str, int]:
    """Send the PDF byte for byte as its issuer made it, under a name of our making (B24)."""
    try:
        invoice, path = documents.get(current_visit(), id)
    except GatewayUnavailable:
        return _no_pdf(id, 503)
    except GatewayRefused:
        return _no_pdf(id, 502)
    answer = send_file(path, mimetype="application/pdf", conditional=False, etag=False)
    answer.headers["Content-Disposition"] = disposition(documents.name_of(invoice))
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    return answer


def failing(visit: Visit) -> Mapping[Origin, datetime | None]:
    """Return the providers of this merchant that do not answer, with when they last did."""
    found = sources.list_failing(visit.db)
    return {
        origin: when
        for origin, when in found.items()
        if origin is Origin.STRIPE or visit.merchant.has_holded
    }


def disposition(name: str) -> str:
    """Return the header that names a download, once in ASCII and once as it is (RFC 6266)."""
    whole = unicodedata.normalize("NFC", name).removesuffix(".pdf")
    clean = re.sub(r"-[- ]+", "-", re.sub(r"[^\w.\- ]+", "-", whole)).strip(" .-")
    stem = clean[: LONGEST_NAME - len(".pdf")].strip(" .-") or "document"
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().strip(" .-")
    ascii_name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip(".-") or "document"
    return (
        f'attachment; filename="{ascii_name}.pdf"; '
        f"filename*=UTF-8''{quote(f'{stem}.pdf', safe='')}"
    )


def _sums(invoice: Invoice) -> Sums:
    is_reduced = invoice.kind is not InvoiceKind.CREDIT_NOTE and 0 <= invoice.due < invoice.total
    return Sums(
        subtotal=Money(invoice.total - invoice.tax, invoice.currency),
        tax=Money(invoice.tax, invoice.currency),
        reduced=invoice.due_money - invoice.total_money if is_reduced else None,
    )


def _tab(name: str) -> Filter:
    return next((tab for tab in Filter if tab == name), Filter.ALL)


def _no_pdf(id: str, status: int) -> tuple[str, int]:
    page = render_template(
        "errors/error.html",
        status=status,
        reference=errors.reference(),
        heading=_("The PDF cannot be fetched right now"),
        happened=_("The system that issued this invoice did not send its PDF."),
        advice=_("Try again in a few minutes. Everything else about the invoice is on its page."),
        try_again_href=request.path if status == 503 else "",
        invoice_href=url_for(".show", id=id),
    )
    return page, status
