"""The list of invoices of both origins, one invoice, and its PDF."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.customers import Origin
from portal.domain.errors import BudgetSpent, GatewayRefused, GatewayUnavailable
from portal.domain.invoices import Invoice, InvoiceKind
from portal.domain.method_types import DEBITS
from portal.domain.money import Money
from portal.domain.payments import Intent
from portal.i18n import gettext as _
from portal.mirror import invoices, sources
from portal.mirror.invoices import Filter, Listed
from portal.services import documents, leaving, slips
from portal.services.declines import Wording
from portal.store import payments
from portal.web import downloads, errors, filters, outcomes, repeats, wording
from portal.web.attempts import attempt
from portal.web.customer import current_visit
from portal.web.policies import Who, open_to

pages = Blueprint("invoices", __name__)

PAGE = 25
LONGEST_SEARCH = 100
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
    found = invoices.look_page(visit, which, after=after, search=search, limit=PAGE)
    silent = failing(visit)

    def told() -> dict[str, Any]:
        listed, following = invoices.page_of(visit, which, found, limit=PAGE)
        return {
            "listed": listed,
            "which": which,
            "search": search,
            "after": after,
            "following": following,
            "sources": SOURCES,
            "failing": silent,
        }

    seen = (tuple(found), tuple(silent.items()))
    return repeats.render(visit, "customer/invoices/list.html", seen, told)


@pages.get("/invoices/<id>")
@open_to(Who.INVOICE)
def show(id: str) -> str:
    """Show one invoice or credit note with all that is known of it."""
    visit = current_visit()
    found = invoices.get(visit, id)
    invoice = found.invoice
    tries = payments.list_of_invoice(visit.db, visit.merchant, invoice.origin, invoice.id)
    return render_template(
        "customer/invoices/show.html",
        found=found,
        invoice=invoice,
        credit_notes=invoices.list_credit_notes(visit, id),
        tries=tries if visit.sees_everything else (),
        sums=_sums(invoice),
        told=outcomes.of_try,
        words=outcomes.of_waiting(found.waiting.method_type) if found.waiting else None,
        slip=_slip(visit, found),
        makes_slip=_makes_slip(visit, found),
        came_back=_came_back(found.collected) if visit.sees_everything else None,
        why=wording.why,
        asks_merchant=wording.asks_merchant,
        sources=SOURCES,
        failing={
            origin: when for origin, when in failing(visit).items() if origin is invoice.origin
        },
    )


@pages.post("/invoices/<id>/slip")
@open_to(Who.CUSTOMER)
def renew_slip(id: str) -> Response:
    """Make a new slip for an invoice whose slip ran out, and lead to it."""

    def renew() -> Response:
        pressed = slips.renew(current_visit(), id)
        if pressed.leaves:
            return redirect(url_for("customer.payments.leave", operation=pressed.operation), 303)
        return redirect(url_for("returns.show", token=pressed.return_key), 303)

    return attempt(renew, back=url_for(".show", id=id))


@pages.get("/invoices/<id>/pdf")
@open_to(Who.INVOICE)
def pdf(id: str) -> Response | tuple[str, int]:
    """Send the PDF byte for byte as its issuer made it, under a name of our making (B24)."""
    try:
        invoice, path = documents.get(current_visit(), id)
    except BudgetSpent as error:
        return _not_yet(id, error.until)
    except GatewayUnavailable:
        return _no_pdf(id, 503)
    except GatewayRefused:
        return _no_pdf(id, 502)
    return downloads.send_kept(path, documents.name_of(invoice), downloads.PDF)


def failing(visit: Visit) -> Mapping[Origin, datetime | None]:
    """Return the providers of this merchant that do not answer, with when they last did."""
    found = sources.list_failing(visit.db, visit.merchant, now=visit.now)
    return {
        origin: when
        for origin, when in found.items()
        if origin is Origin.STRIPE or visit.merchant.has_holded
    }


def _slip(visit: Visit, found: Listed) -> Intent | None:
    """Return the slip that waits, without the addresses that are not ones to lead to."""
    slip = found.slip if visit.sees_everything else None
    if slip is None:
        return None
    url, pdf = (
        url if leaving.is_at_home(visit.at, url) else ""
        for url in (slip.next_url, slip.voucher_pdf)
    )
    return replace(slip, next_url=url, voucher_pdf=pdf)


def _makes_slip(visit: Visit, found: Listed) -> bool | None:
    """Say of an invoice whose slip ran out whether one press makes a new one; None of others."""
    is_lost = bool(found.collected and found.collected.slip_ran_out)
    if not (is_lost and visit.sees_everything and found.may_pay.is_allowed):
        return None
    return slips.method_for(visit) is not None


def _came_back(intent: Intent | None) -> Wording | None:
    """Return what is said of a bank debit that came back, None where the last one did not."""
    if intent is None or not intent.failed_charge or intent.failed_type not in DEBITS:
        return None
    return outcomes.of_failure(intent.decline_code or intent.error_code)


def _sums(invoice: Invoice) -> Sums:
    is_reduced = invoice.kind is not InvoiceKind.CREDIT_NOTE and 0 <= invoice.due < invoice.total
    return Sums(
        subtotal=Money(invoice.total - invoice.tax, invoice.currency),
        tax=Money(invoice.tax, invoice.currency),
        reduced=invoice.due_money - invoice.total_money if is_reduced else None,
    )


def _tab(name: str) -> Filter:
    return next((tab for tab in Filter if tab == name), Filter.ALL)


def _not_yet(id: str, until: datetime) -> tuple[str, int]:
    """Say that a PDF waits for calls that are left for it, and when there will be some."""
    visit = current_visit()
    page = render_template(
        "errors/error.html",
        status=503,
        reference=errors.reference(),
        heading=_("This PDF has to wait"),
        happened=_(
            "The system that issued this invoice may only be asked so often, and payments go first."
        ),
        advice=_(
            "It can be fetched from %(moment)s on. If you need it earlier, ask %(merchant)s.",
            moment=filters.moment(until),
            merchant=filters.isolate(visit.merchant.name),
        ),
        invoice_href=url_for(".show", id=id),
    )
    return page, 503


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
