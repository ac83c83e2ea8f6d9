"""Paying one invoice: the choice of how, the press, and the page that leads out to Stripe."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal import i18n
from portal.context import Visit
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayUnavailable, Refused
from portal.domain.invoices import Invoice
from portal.domain.method_offers import Terms, may_pay_with, to_pay_with, to_save
from portal.domain.method_types import PaymentMethodType
from portal.domain.money import Money
from portal.domain.payment_methods import PaymentMethod
from portal.domain.presses import may_pay_part
from portal.i18n import formats, lazy_gettext
from portal.i18n import gettext as _
from portal.mirror import invoices, method_types, payment_methods
from portal.mirror.invoices import Listed
from portal.mirror.payment_methods import Wallet
from portal.services import leaving, payments
from portal.services import payment_methods as method_service
from portal.services.payments import Wish
from portal.web import method_types as kinds_in_words
from portal.web import outcomes, wording
from portal.web.customer import current_visit
from portal.web.filters import isolate, money
from portal.web.forms import BooleanField, Form, HiddenField, StringField, at_most, needed
from portal.web.policies import Who, open_to

pages = Blueprint("payments", __name__)
Answer = Response | str | tuple[str, int]

NEW = "new"


class PayForm(Form):
    """How to pay: a saved method's id or `new`, the sum shown, whether that is a part of what is
    due, and whether to keep a new method.
    """

    method = StringField(
        lazy_gettext("Payment method"),
        [needed(lazy_gettext("Please choose how to pay.")), at_most(64)],
    )
    shown = HiddenField("")
    part = HiddenField("")
    keep = BooleanField("")


@dataclass(frozen=True, slots=True)
class Choice:
    """A saved method on the page; `why_not` says why it cannot be used for this invoice."""

    method: PaymentMethod
    is_default: bool
    why_not: str = ""


@pages.get("/invoices/<id>/pay")
@open_to(Who.INVOICE)
def choose(id: str) -> Answer:
    """Show what is paid and the ways to pay it."""
    visit = current_visit()
    found = invoices.get(visit, id)
    if found.twin is not None and visit.sees_everything:
        return redirect(url_for(".choose", id=found.twin.id), 303)
    part, wrong = _part_of(visit, found.invoice, request.args.get("amount", ""))
    return _show(visit, found, PayForm(formdata=None), part=part, wrong_part=wrong)


@pages.post("/invoices/<id>/pay")
@open_to(Who.INVOICE)
def pay(id: str) -> Answer:
    """Start the payment and lead on: out to Stripe or the bank, or to how it went."""
    visit, form = current_visit(), PayForm()
    found = invoices.get(visit, id)
    if not form.accepts():
        return _show(visit, found, form), 422
    try:
        return redirect(_pressed(visit, found, form), 303)
    except Refused as refused:
        problem = wording.why(refused.decision)
        return _show(visit, invoices.get(visit, id), form, problem=problem), 409
    except GatewayUnavailable:
        problem = _("A service we need does not answer right now. You were not charged.")
        return _show(visit, invoices.get(visit, id), form, problem=problem, is_down=True), 503


def _of_operation(visit: Visit, address: Mapping[str, Any]) -> str:
    return leaving.find(visit, str(address.get("operation", ""))).invoice


@pages.get("/leave/<operation>")
@open_to(Who.INVOICE, invoice_of=_of_operation)
def leave(operation: str) -> Answer:
    """Say where the customer goes on to, and how much it is about, and lead there at once."""
    visit = current_visit()
    found = leaving.find(visit, operation)
    if found.url:
        return render_template("customer/payments/leave.html", leaving=found)
    if found.to_portal:
        return redirect(url_for("customer.subscriptions.list_all"), 303)
    if found.comes_back:
        return redirect(url_for("returns.show", token=found.return_key), 303)
    return redirect(url_for("customer.invoices.show", id=found.invoice), 303)


def _pressed(visit: Visit, found: Listed, form: PayForm) -> str:
    """Do what the button says and return where it leads."""
    method, invoice = form.text("method"), found.invoice
    is_new, is_stripes = method == NEW, _is_paid_at_stripe(found)
    if is_new and is_stripes and not visit.sees_everything:
        return _leave(leaving.to_hosted_invoice(visit, invoice.id))
    if is_new and is_stripes:
        row = method_service.add(visit, consent=consent_to_save(visit), then=invoice.id)
        return _leave(row.id)
    keeps = is_new and form.keep.data and may_keep(visit)
    consent = consent_to_keep(visit) if keeps else ""
    shown = Money(_minor(form.text("shown")), invoice.currency)
    wish = Wish(shown, "" if is_new else method, consent, is_part=bool(form.text("part")))
    pressed = payments.pay(visit, invoice.id, wish)
    if pressed.leaves:
        return _leave(pressed.operation)
    return url_for("returns.show", token=pressed.return_key)


def _is_paid_at_stripe(found: Listed) -> bool:
    """Whether Stripe collects an invoice with an intent of its own."""
    return found.invoice.origin is Origin.STRIPE or found.twin is not None


def _leave(operation: str) -> str:
    return url_for("customer.payments.leave", operation=operation)


def _minor(text: str) -> int:
    """Return the sum a page showed; nonsense is no sum any invoice has."""
    return int(text) if re.fullmatch(r"\d{1,15}", text, re.ASCII) else -1


def _part_of(visit: Visit, invoice: Invoice, text: str) -> tuple[Money | None, str]:
    """Return the part of an invoice that was typed, None for the whole, and what is wrong with it.

    A sum is read as its language writes it: 50,00 here is 50.00 there, and never five thousand.
    """
    if not text.strip() or not may_pay_part(visit.merchant.rules, [invoice]).is_allowed:
        return None, ""
    try:
        part = Money.from_decimal(formats.read_number(text, i18n.current()), invoice.currency)
    except ValueError:
        return None, _("Please enter a sum like %(sum)s.", sum=money(invoice.due_money))
    if not (0 < part.amount <= invoice.due):
        return None, _("Please enter at most %(sum)s.", sum=money(invoice.due_money))
    if not part.is_chargeable:
        return None, wording.why(Decision.of(Reason.AMOUNT_TOO_SMALL))
    return (part if part != invoice.due_money else None), ""


def _show(
    visit: Visit,
    found: Listed,
    form: PayForm,
    *,
    problem: str = "",
    is_down: bool = False,
    part: Money | None = None,
    wrong_part: str = "",
) -> str:
    invoice = found.invoice
    is_hosted = _is_paid_at_stripe(found) and not visit.sees_everything
    wallet = payment_methods.wallet(visit) if visit.sees_everything else Wallet()
    to_pay = part or invoice.due_money
    choices = choices_of(visit, wallet, to_pay, invoice.method_types)
    terms = method_types.terms(visit.db, visit.merchant)
    kinds = _kinds(invoice, to_pay, terms)
    return render_template(
        "customer/payments/choose.html",
        found=found,
        invoice=found.invoice,
        form=form,
        problem=problem,
        is_down=is_down,
        choices=choices,
        words=outcomes.of_waiting(found.waiting.method_type) if found.waiting else None,
        has_usable=any(not choice.why_not for choice in choices),
        chosen=chosen_of(choices, form.text("method") or request.args.get("method", "")),
        is_hosted=is_hosted,
        to_pay=to_pay,
        is_part=part is not None,
        takes_part=may_pay_part(visit.merchant.rules, [invoice]).is_allowed and not is_hosted,
        typed=request.args.get("amount", ""),
        wrong_part=wrong_part,
        is_saved_first=found.invoice.origin is Origin.STRIPE and visit.sees_everything,
        may_add=bool(kinds)
        and (found.invoice.origin is Origin.HOLDED or bool(visit.customer.stripe_customer)),
        offer=kinds_in_words.tell(kinds, terms),
        no_way=str(wording.of_reason(Reason.NO_METHOD_OFFERED)),
        may_keep=may_keep(visit),
        consent=consent_to_keep(visit),
        consent_to_save=consent_to_save(visit),
        why=wording.why,
        asks_merchant=wording.asks_merchant,
    )


def _kinds(invoice: Invoice, amount: Money, terms: Terms) -> tuple[PaymentMethodType, ...]:
    """Return the kinds of new methods Stripe's page offers: to pay with, or to save first."""
    if invoice.origin is Origin.STRIPE:
        return to_save(invoice.currency, terms, invoice.method_types)
    return to_pay_with(amount, terms)


def choices_of(
    visit: Visit, wallet: Wallet, amount: Money, limited_to: tuple[str, ...] = ()
) -> list[Choice]:
    """Return the saved methods, the default first; those that do not fit say why.

    `limited_to` are the kinds an invoice of Stripe takes, empty where it takes every kind.
    """
    made = [
        Choice(method, method.id == wallet.default, _why_not(visit, method, amount, limited_to))
        for method in wallet.methods
    ]
    return sorted(made, key=lambda choice: (bool(choice.why_not), not choice.is_default))


def _why_not(
    visit: Visit, method: PaymentMethod, amount: Money, limited_to: tuple[str, ...]
) -> str:
    if method.is_expired(visit.today):
        return _("It has expired.")
    if method.is_revoked:
        return str(wording.of_reason(Reason.MANDATE_OVER).happened)
    may = may_pay_with(
        method.kind,
        amount,
        visit.merchant.country,
        visit.merchant.rules.payment_method_types,
        limited_to,
    )
    return str(wording.of_reason(may.reason).happened) if may.reason else ""


def chosen_of(choices: list[Choice], wished: str) -> str:
    """Return what is ticked at first: what was wished for, else the first that can be used."""
    usable = [choice.method.id for choice in choices if not choice.why_not]
    if wished in {*usable, NEW}:
        return wished
    return usable[0] if usable else NEW


def may_keep(visit: Visit) -> bool:
    """Whether there is anybody at Stripe for whom a method could be kept, and can be named (D9)."""
    return bool(visit.customer.stripe_customer and visit.customer_name)


def consent_to_keep(visit: Visit) -> str:
    """Return the sentence to agree to for keeping a method after paying; from a link it names whom
    the method will pay for (D9)."""
    merchant, customer = isolate(visit.merchant.name), isolate(visit.customer_name)
    if visit.sees_everything:
        return _(
            "Keep this method. %(merchant)s may then charge it for invoices and renewals when they "
            "fall due, until I remove it here.",
            merchant=merchant,
        )
    return _(
        "Keep this method. %(merchant)s may then charge it for later invoices and renewals of "
        "%(customer)s when they fall due, until %(customer)s removes it.",
        merchant=merchant,
        customer=customer,
    )


def consent_to_save(visit: Visit) -> str:
    """Return the sentence agreed to by saving a method before paying with it."""
    return _(
        "By going on you let %(merchant)s keep the method and charge it for invoices and renewals "
        "when they fall due, until you remove it here.",
        merchant=isolate(visit.merchant.name),
    )
