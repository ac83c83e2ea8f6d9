"""The mails about documents that could not be charged by themselves: to customer and merchant."""

from typing import Any

from portal.context import MerchantContext
from portal.domain.collections import NEEDS_CUSTOMER, NO_METHOD, CollectionState
from portal.domain.invoices import Invoice
from portal.mirror import customers, invoices
from portal.services import collections, mail
from portal.store import collections as rows
from portal.store.collections import CollectionRow


def mail_customer(at: MerchantContext, document: str) -> None:
    """Mail the customer a link to a document that waits to be paid, and why it does (job)."""
    found = _find(at, document)
    if found is None:
        return
    row, invoice = found
    card = customers.find_card(at.db, at.merchant, row.customer_id)
    if card is None or not card.address:
        return
    mail.send(
        at,
        "collection",
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=_message_id("collection", row),
        **_told(at, row, invoice),
    )


def mail_merchant(at: MerchantContext, document: str) -> None:
    """Tell the merchant that a document could not be charged, with the link to give out (job)."""
    found = _find(at, document)
    if found is None or not at.merchant.support_email:
        return
    row, invoice = found
    card = customers.find_card(at.db, at.merchant, row.customer_id)
    mail.send(
        at,
        "uncollected",
        to=at.merchant.support_email,
        locale=at.merchant.locale,
        message_id=_message_id("uncollected", row),
        customer_name=card.name if card else "",
        customer_address=card.address if card else "",
        code=row.reason,
        **_told(at, row, invoice),
    )


def _find(at: MerchantContext, document: str) -> tuple[CollectionRow, Invoice] | None:
    """Return what still waits for its customer."""
    with at.db.session() as reader:
        row = rows.find(reader, at.merchant, document)
    invoice = invoices.find_holded(at.db, at.merchant, document)
    if row is None or row.state != CollectionState.WAITING:
        return None
    return (row, invoice) if invoice is not None and invoice.is_open else None


def _told(at: MerchantContext, row: CollectionRow, invoice: Invoice) -> dict[str, Any]:
    return {
        "number": invoice.number or invoice.id,
        "kind": invoice.kind,
        "amount": invoice.due_money,
        "due_on": invoice.due_on,
        "reason": _reason(row.reason),
        "next_try": at.merchant.day_of(row.next_try_at) if row.next_try_at else None,
        "link": collections.link_of(at, row.document),
    }


def _reason(code: str) -> str:
    """Return which sentence says why: no_method, bank or declined."""
    if code == NO_METHOD:
        return NO_METHOD
    return "bank" if code in NEEDS_CUSTOMER else "declined"


def _message_id(name: str, row: CollectionRow) -> str:
    return f"{name}-{row.id}-{row.tries}-{row.reason}"
