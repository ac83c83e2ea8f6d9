"""A numbered receipt for every action, and the mail that goes with it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import Row

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.method_types import DEBITS
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.gateways.mail import Attachment
from portal.mirror import customers, intents, invoices, payment_methods
from portal.services import charges, declines, mail, papers
from portal.services.actions import tell
from portal.store import actions, outbox, presses
from portal.store.actions import ActionRow
from portal.store.payments import PaymentRow


def add(unit: Unit, visit: Visit, verb: str, *, subject: str = "", **details: Any) -> ActionRow:
    """Write what somebody did under the merchant's next number, and have it mailed.

    `details` is plain JSON: sums in minor units beside their currency, days and moments in ISO.
    """
    row = actions.add(
        unit,
        visit.merchant,
        visit.customer.id,
        verb,
        now=visit.at.now,
        subject=subject,
        by_email=visit.email,
        address=visit.address,
        **details,
    )
    _have_it_mailed(unit, visit.at, row)
    return row


def add_for(
    unit: Unit,
    at: MerchantContext,
    customer_id: int,
    verb: str,
    *,
    subject: str = "",
    **details: Any,
) -> ActionRow:
    """Write what a job did for a customer who is not on a page just now, and have it mailed."""
    row = actions.add(unit, at.merchant, customer_id, verb, now=at.now, subject=subject, **details)
    _have_it_mailed(unit, at, row)
    return row


def add_payment(unit: Unit, at: MerchantContext, payment: PaymentRow) -> ActionRow:
    """Write the receipt of a payment whose money has come or is on its way.

    While it is, that of a debit goes with the mail which announces the debit.
    """
    is_pending = payment.state == PaymentState.PROCESSING
    numbers = invoices.numbers(unit, at.merchant, [share.invoice for share in payment.shares])
    row = actions.add(
        unit,
        at.merchant,
        payment.customer_id,
        "paid",
        now=at.now,
        subject=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        is_pending=is_pending,
        **_method(unit, at, payment),
        invoices=_named(payment, numbers),
    )
    payment.receipt = row.number
    if not (is_pending and payment.method_type in DEBITS):
        _have_it_mailed(unit, at, row)
    return row


def is_wanting(unit: Unit, payment: PaymentRow) -> bool:
    """Whether no receipt names a payment, and that of its press will not either."""
    is_in_press = bool(payment.press) and presses.get(unit, payment.press).receipt is None
    return payment.receipt is None and not is_in_press


def tell_settled(unit: Unit, at: MerchantContext, payment: PaymentRow) -> None:
    """Have the receipt that called a payment pending mailed again, now that its money has come."""
    if payment.receipt is None:
        return
    row = actions.get(unit, at.merchant.id, payment.customer_id, payment.receipt)
    if charges.is_pending_in(row, payment.intent):
        _have_it_mailed(unit, at, row, settled=payment.id)


def add_press(
    unit: Unit, at: MerchantContext, press: str, payments: Sequence[PaymentRow]
) -> ActionRow:
    """Write the one receipt of a press: each charge of it, and what is still on its way."""
    first = payments[0]
    asked = [share.invoice for payment in payments for share in payment.shares]
    numbers = invoices.numbers(unit, at.merchant, asked)
    row = add_for(
        unit,
        at,
        first.customer_id,
        "paid",
        subject=press,
        amount=sum(payment.amount for payment in payments),
        currency=first.currency,
        **_method(unit, at, first),
        invoices=[named for payment in payments for named in _named(payment, numbers)],
        charges=[
            {
                "amount": payment.amount,
                "intent": payment.intent,
                "is_pending": payment.state == PaymentState.PROCESSING,
                "invoices": _named(payment, numbers),
            }
            for payment in payments
        ],
    )
    for payment in payments:
        payment.receipt = row.number
    return row


def _method(unit: Unit, at: MerchantContext, payment: PaymentRow) -> dict[str, str]:
    intent = intents.find(unit, at.merchant, payment.intent)
    id = payment.method or (intent.payment_method if intent else "")
    method = payment_methods.find(unit, at.merchant, payment.customer_id, id)
    return {
        "method_type": payment.method_type,
        "brand": method.brand if method else "",
        "last4": method.last4 if method else "",
    }


def _named(payment: PaymentRow, numbers: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"id": share.invoice, "number": numbers.get(share.invoice, ""), "amount": share.amount}
        for share in payment.shares
    ]


def mail_receipt(at: MerchantContext, customer: int, number: int, settled: str = "") -> None:
    """Mail a receipt to the customer's stored address, in the customer's language (job).

    `settled` is the payment that makes it come again: its money was on its way the first time.
    """
    card = customers.find_card(at.db, at.merchant, customer)
    if card is None or not card.address:
        return
    action = actions.get(at.db, at.merchant.id, customer, number)
    locale = card.language_or(at.merchant.locale)
    found = charges.list_of(at.db, at.merchant, action)
    with mail.speaking(at, locale):
        title = charges.title_of(tell(action.verb, action.details).title, found)
        stands, paper = charges.rows_of(found), papers.receipt(at, action, card.name, found)
    mail.send(
        at,
        "receipt",
        to=card.address,
        locale=locale,
        message_id="-".join(filter(None, (f"receipt-{at.merchant.id}-{number}", settled))),
        attachments=(Attachment(name_of(action), paper),),
        action=action,
        title=title,
        stands=stands,
        customer_name=card.name,
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/history/{number}"),
    )


def attachment_of(at: MerchantContext, customer: int, number: int, locale: str) -> Attachment:
    """Return a receipt as it is attached to a mail about something else."""
    action = actions.get(at.db, at.merchant.id, customer, number)
    card = customers.find_card(at.db, at.merchant, customer)
    found = charges.list_of(at.db, at.merchant, action)
    with mail.speaking(at, locale):
        return Attachment(
            name_of(action), papers.receipt(at, action, card.name if card else "", found)
        )


def name_of(action: Row[Any]) -> str:
    """Return what the PDF of a receipt is called when it is saved."""
    return f"receipt-{action.number}.pdf"


def mail_failure(at: MerchantContext, payment: str) -> None:
    """Tell somebody that a payment they thought was on its way came back (job)."""
    with at.db.session() as reader:
        row = reader.get_one(PaymentRow, payment)
        numbers = invoices.numbers(reader, at.merchant, [share.invoice for share in row.shares])
    card = customers.find_card(at.db, at.merchant, row.customer_id)
    if card is None or not card.address:
        return
    page = f"/{at.merchant.slug}/invoices/{row.shares[0].invoice}"
    mail.send(
        at,
        "payment_failed",
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=f"failure-{payment}",
        customer_name=card.name,
        amount=Money(row.amount, row.currency),
        why=declines.of_decline(row.error_code).happened,
        receipt=row.receipt,
        invoices=[
            (numbers.get(share.invoice, ""), Money(share.amount, row.currency))
            for share in row.shares
        ],
        link=urljoin(at.settings.public_url, page),
    )


def _have_it_mailed(
    unit: Unit, at: MerchantContext, row: ActionRow | Row[Any], settled: str = ""
) -> None:
    outbox.add(
        unit,
        "mail_receipt",
        f"{at.merchant.id}:{row.number}:{settled}",
        merchant_id=at.merchant.id,
        now=at.now,
        customer=row.customer_id,
        number=row.number,
        settled=settled,
    )
