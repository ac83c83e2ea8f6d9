"""Making the invoice that a paid proforma is booked on: once, then issuing it.

Holded books no money on a proforma and has no idempotency key for making an invoice of one, so
whoever makes one looks first for an invoice that says it was made from it, also the merchant's own.
It is a draft at first, which nobody can pay; what pays the proforma is handed over to it before it
is issued, so that it is never open without its payment.
"""

from typing import Any

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.customers import Origin
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceState
from portal.gateways.snapshots import Snapshot
from portal.mirror import invoices, refresh
from portal.services import operations, settlements
from portal.services.operations import IN_FLIGHT, Verb
from portal.store import operations as operation_rows
from portal.store.operations import OperationRow, OperationState

MADE = "invoice"
# Holded's first API makes no invoice of a proforma: its merchant does, and then it is booked.
UNSUPPORTED = "unsupported"


def follow(unit: Unit, at: MerchantContext, told: Snapshot) -> None:
    """Hand over what pays a proforma to the invoice that was made from it, whoever made it."""
    if isinstance(told, Invoice) and told.made_from and told.state is not InvoiceState.VOID:
        settlements.hand_over(unit, at, told.made_from, told.id)


def convert(at: MerchantContext, payment: str, document: str) -> None:
    """Make and issue the invoice of a paid proforma, and have it booked (job).

    `document` is the proforma, or its invoice once there is one. Raises to be tried again.
    """
    if not invoices.proformas_among(at.db, at.merchant, [document]):
        _issue(at, payment, document)
    elif _made(at, payment, document):
        settlements.give_back_unless_handed_over(at, payment, document)


def _made(at: MerchantContext, payment: str, proforma: str) -> str:
    """Return the invoice of a proforma, made if it was not; empty if nothing waits for it."""
    begun = _begin(at, payment, proforma)
    if begun is None:
        return ""
    row, is_new = begun
    if is_new:
        try:
            operations.perform(at, CONVERT, row.id)
        except GatewayRefused as refusal:
            if refusal.code != UNSUPPORTED:
                raise
            settlements.leave_to_merchant(at, payment, proforma)
            return ""
    elif not row.is_answered:
        operations.resolve(at, {CONVERT.name: CONVERT}, row.id)
    with at.db.session() as reader:
        return str(reader.get_one(OperationRow, row.id).answer.get(MADE, ""))


def _begin(at: MerchantContext, payment: str, proforma: str) -> tuple[OperationRow, bool] | None:
    """Return the operation that makes the invoice, and whether it was begun just now.

    A no may pass (a locked period, a quota told with 200): then it is begun anew.
    """
    document = invoices.find_holded(at.db, at.merchant, proforma)
    with at.db.write() as unit:
        waiting = settlements.hold_waiting(unit, payment, proforma)
        if waiting is None or document is None:
            return None
        row = operation_rows.find_last(unit, waiting.customer_id, CONVERT.name, proforma)
        if row is not None and row.state != OperationState.REFUSED:
            return row, False
        row = operations.begin(
            unit,
            at,
            CONVERT,
            customer_id=waiting.customer_id,
            subject=proforma,
            proforma=proforma,
            contact=document.customer,
        )
        return row, True


def _issue(at: MerchantContext, payment: str, invoice: str) -> None:
    """Issue a draft whose proforma was paid, if it still says the same; then have it booked.

    This needs no operation: an invoice that is issued says so, and is read before each try.
    """
    told = refresh.read(at, Origin.HOLDED, ObjectKind.INVOICE, invoice)
    if isinstance(told, Invoice) and told.state is InvoiceState.DRAFT:
        proforma = invoices.find_holded(at.db, at.merchant, told.made_from)
        if proforma is None or proforma.total != told.total:
            settlements.leave_to_merchant(at, payment, invoice)
            return
        at.invoicing.approve_invoice(invoice)
    settlements.have_recorded(at, payment, invoice)


# What is asked of Holded


def _send(at: MerchantContext, told: dict[str, Any], key: str) -> str:
    with operations.only_asking():
        found = _find_made(at, told["contact"], told["proforma"])
    return found or at.invoicing.convert_proforma(told["proforma"])


def _find_made(at: MerchantContext, contact: str, proforma: str) -> str:
    """Return the invoice that says it was made from a proforma: as told, else from the list."""
    known = invoices.made_from(at.db, at.merchant, proforma)
    if known and _is_there(at, known):
        return known
    cursor, has_more = "", True
    while has_more:
        page = at.invoicing.list_page(ObjectKind.INVOICE, cursor=cursor, parent=contact)
        for one in page.snapshots:
            is_made = isinstance(one, Invoice) and one.made_from == proforma
            if is_made and isinstance(one, Invoice) and one.state is not InvoiceState.VOID:
                return one.id
        cursor, has_more = page.cursor, bool(page.cursor)
    return ""


def _is_there(at: MerchantContext, invoice: str) -> bool:
    told = refresh.read(at, Origin.HOLDED, ObjectKind.INVOICE, invoice)
    return isinstance(told, Invoice) and told.state is not InvoiceState.VOID


def _is_not_on_its_way(at: MerchantContext, row: OperationRow) -> bool:
    """Wait until what was sent cannot arrive any more; sending looks first in any case."""
    if at.now - row.created_at < IN_FLIGHT:
        raise GatewayUnavailable("what was sent may still arrive")
    return True


def _record(unit: Unit, at: MerchantContext, row: OperationRow, invoice: str) -> None:
    row.answer = {**row.answer, MADE: invoice}
    settlements.hand_over(unit, at, row.subject, invoice)


CONVERT: Verb[str] = Verb(
    "convert_proforma", _send, _record, is_wanted=_is_not_on_its_way, key_life=None
)
VERBS: tuple[Verb[Any], ...] = (CONVERT,)
