"""Slips of vouchers (Boleto): mailed when they are made, and made anew when they ran out."""

from typing import Any
from urllib.parse import urljoin

from portal.context import MerchantContext, Visit
from portal.domain.errors import NotFound
from portal.domain.events import ObjectKind
from portal.domain.method_types import VOUCHERS
from portal.domain.money import Money
from portal.domain.payment_methods import PaymentMethod
from portal.domain.payments import Intent
from portal.mirror import customers, invoices, payment_methods
from portal.services import debits, mail, payments
from portal.services.payments import Pressed, Wish


def mail_made(at: MerchantContext, intent: str, number: str) -> None:
    """Send a customer the slip that was made, if it is still the one to be paid (job)."""
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, intent).snapshot
    if isinstance(told, Intent) and told.has_slip and told.voucher_number == number:
        _send(
            at,
            "slip",
            told,
            message_id=f"slip-{intent}-{number}"[:200],
            number=number,
            expires_at=told.voucher_expires_at,
            link=told.next_url,
        )


def mail_ran_out(at: MerchantContext, intent: str, number: str) -> None:
    """Tell a customer that a slip was not paid in time, and where a new one is made (job)."""
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, intent).snapshot
    if isinstance(told, Intent) and told.slip_ran_out:
        _send(
            at,
            "slip_ran_out",
            told,
            message_id=f"slip-ran-out-{intent}-{number}"[:200],
            number=number,
            link="",
        )


def _send(
    at: MerchantContext, name: str, intent: Intent, *, message_id: str, **values: Any
) -> None:
    about = debits.find_about(at, intent)
    card = customers.find_card(at.db, at.merchant, about.customer_id) if about else None
    if about is None or card is None or not card.address:
        return
    page = f"/{at.merchant.slug}/invoices/{about.shares[0][0]}"
    values["link"] = values["link"] or urljoin(at.settings.public_url, page)
    mail.send(
        at,
        name,
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=message_id,
        amount=Money(intent.amount, intent.currency),
        invoices=about.rows,
        **values,
    )


def method_for(visit: Visit) -> PaymentMethod | None:
    """Return the voucher method the customer has saved, whose data a new slip needs."""
    saved = payment_methods.list_of_customer(visit)
    return next((method for method in saved if method.type in VOUCHERS), None)


def renew(visit: Visit, invoice_id: str) -> Pressed:
    """Make a new slip for an invoice whose slip ran out.

    Raises as `payments.pay` does, and NotFound where no method is saved to make it with.
    """
    method = method_for(visit)
    if method is None:
        raise NotFound("a saved method that slips are made with")
    due = invoices.get(visit, invoice_id).invoice.due_money
    return payments.pay(visit, invoice_id, Wish(due, method.id))
