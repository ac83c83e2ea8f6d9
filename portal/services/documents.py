"""PDFs of invoices: fetched once from whoever issued them, kept, and passed on as they are.

A kept file belongs to one state of its invoice: when the invoice has changed, it is fetched anew
and the old one goes. Whatever is not a PDF is refused by the gateway and never kept.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from portal.context import Visit
from portal.domain.budget import Effect
from portal.domain.customers import Origin
from portal.domain.errors import GatewayRefused
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceKind
from portal.mirror import invoices, rows
from portal.services.budget import spending

FOLDER = "documents"
AT_HOLDED = {
    InvoiceKind.INVOICE: ObjectKind.INVOICE,
    InvoiceKind.CREDIT_NOTE: ObjectKind.CREDIT_NOTE,
    InvoiceKind.PROFORMA: ObjectKind.PROFORMA,
}


def get(visit: Visit, invoice_id: str) -> tuple[Invoice, Path]:
    """Return an invoice and where its PDF is kept, fetched if it is not.

    Raises NotFound, BudgetSpent where Holded's quota makes it wait, and the gateway errors where
    the issuer sends no PDF.
    """
    invoice = invoices.get(visit, invoice_id).invoice
    path = _place(visit, invoice)
    if not path.exists():
        with spending(Effect.PDF):
            _keep(path, _fetched(visit, invoice))
        _forget_older(path)
    return invoice, path


def _fetched(visit: Visit, invoice: Invoice) -> Iterator[bytes]:
    if invoice.origin is Origin.STRIPE:
        if not invoice.pdf_url:
            raise GatewayRefused("Stripe has no PDF of it yet", code="not_a_pdf")
        return visit.at.payments.fetch_pdf(invoice.pdf_url)
    return visit.at.invoicing.fetch_pdf(AT_HOLDED[invoice.kind], invoice.id)


def _place(visit: Visit, invoice: Invoice) -> Path:
    """Return the file of an invoice's state; ids of providers are hashed, never part of a path."""
    mode = "live" if visit.merchant.livemode else "test"
    folder = visit.at.settings.portal_data / FOLDER / str(visit.merchant.id) / mode / invoice.origin
    # Addresses may be told anew at every reading and change nothing of the document.
    told = rows.dump(replace(invoice, pdf_url="", hosted_url=""))
    return folder / f"{_hash(invoice.id)}-{_hash(told)}.pdf"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _keep(path: Path, chunks: Iterator[bytes]) -> None:
    """Write a file that is there whole or not at all, for this installation's eyes only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _forget_older(path: Path) -> None:
    of_invoice = path.name.partition("-")[0]
    for other in path.parent.glob(f"{of_invoice}-*.pdf"):
        if other != path:
            with suppress(OSError):
                other.unlink()


def name_of(invoice: Invoice) -> str:
    """Return what a PDF is called when it is saved: its number, or its id where it has none."""
    return f"{invoice.number or invoice.id}.pdf"
