"""Paying several invoices with one press: the choice of how, and what became of its charges."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayUnavailable, Refused
from portal.domain.method_types import to_pay_with
from portal.domain.money import Money
from portal.domain.payments import PaymentState, Share
from portal.domain.presses import MOST_INVOICES, charges_of, may_press
from portal.i18n import gettext as _
from portal.mirror import invoices, method_types, payment_methods
from portal.mirror.invoices import Listed
from portal.services import presses
from portal.services.payments import Wish
from portal.services.presses import GOES_ON, Wanted
from portal.store import payments as payment_rows
from portal.store import presses as rows
from portal.store.payments import PaymentRow
from portal.web import method_types as kinds_in_words
from portal.web import outcomes, wording
from portal.web.customer import current_visit
from portal.web.customer.payments import (
    NEW,
    PayForm,
    choices_of,
    chosen_of,
    consent_to_keep,
    may_keep,
)
from portal.web.policies import Who, open_to

pages = Blueprint("presses", __name__)
Answer = Response | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the bank statement: its sum, and the numbers of the invoices it pays."""

    amount: Money
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A charge that was tried: how it stands in words, and where to go on with it."""

    charge: Charge
    state: PaymentState
    told: str
    go_on: str


@pages.get("/invoices/pay")
@open_to(Who.CUSTOMER)
def choose() -> Answer:
    """Show which invoices are paid, in how many charges, and the ways to pay."""
    visit, ids = current_visit(), request.args.getlist("invoice")
    found = invoices.list_some(visit, ids[: MOST_INVOICES + 1])
    if not found:
        return redirect(url_for("customer.invoices.list_all", show="open"), 303)
    if len(found) == 1:
        return redirect(url_for("customer.payments.choose", id=found[0].invoice.id), 303)
    return _show(visit, found, PayForm(formdata=None))


@pages.post("/invoices/pay")
@open_to(Who.CUSTOMER)
def press() -> Answer:
    """Pay the invoices, and lead on: out to Stripe or the bank, or to how it went."""
    visit, form = current_visit(), PayForm()
    wanted = _wanted(request.form.getlist("share"))
    found = invoices.list_some(visit, [id for id, _amount in wanted])
    if not form.accepts():
        return _show(visit, found, form), 422
    try:
        return redirect(_pressed(visit, found, dict(wanted), form), 303)
    except Refused as refused:
        return _show_again(visit, wanted, form, wording.why(refused.decision)), 409
    except GatewayUnavailable:
        problem = _("A service we need does not answer right now. You were not charged.")
        return _show_again(visit, wanted, form, problem, is_down=True), 503


@pages.get("/payments/<id>")
@open_to(Who.CUSTOMER)
def show(id: str) -> Answer:
    """Show each charge of a press and how it stands, and offer what is left."""
    visit = current_visit()
    with visit.db.session() as reader:
        row = rows.get_of(reader, visit.merchant, visit.customer.id, id)
        made = payment_rows.list_of_press(reader, id)
    found = invoices.list_some(visit, list(row.shown.values()))
    by_shown = {one.invoice.id: one.invoice.number or one.invoice.id for one in found}
    numbers = {id: by_shown.get(shown, "") for id, shown in row.shown.items()}
    done = {row.shown.get(share.invoice) for one in made if _stands(one) for share in one.shares}
    left = [one for one in found if one.may_pay.is_allowed and one.invoice.id not in done]
    tried = [_made(payment, numbers) for payment in made]
    return render_template(
        "customer/presses/show.html",
        press=row,
        tried=tried,
        went=[one for one in tried if one.state in GOES_ON],
        waits=any(one.state in {PaymentState.MADE, PaymentState.UNKNOWN} for one in tried)
        or (bool(tried) and row.receipt is None),
        state=f"{row.receipt}{''.join(one.state for one in tried)}",
        left=left,
        left_sum=_sum(left, row.currency),
        pay_href=url_for(".choose", invoice=[one.invoice.id for one in left]),
        receipt_href=url_for("customer.history.show", number=row.receipt) if row.receipt else "",
    )


def _pressed(visit: Visit, found: Sequence[Listed], shown: dict[str, int], form: PayForm) -> str:
    """Do what the button says and return where it leads."""
    currencies = {one.invoice.currency for one in found}
    if len(found) != len(shown):
        raise Refused(Decision.of(Reason.AMOUNT_CHANGED))
    if len(currencies) != 1:
        raise Refused(Decision.of(Reason.SEVERAL_CURRENCIES))
    currency, method = currencies.pop(), form.text("method")
    wanted = [Wanted(id, Money(amount, currency)) for id, amount in shown.items()]
    keeps = method == NEW and form.keep.data and may_keep(visit)
    wish = Wish(
        Money(sum(shown.values()), currency),
        "" if method == NEW else method,
        consent_to_keep(visit) if keeps else "",
    )
    ended = presses.press(visit, wanted, wish)
    if ended.last.leaves:
        return url_for("customer.payments.leave", operation=ended.last.operation)
    if ended.press:
        return url_for(".show", id=ended.press)
    return url_for("returns.show", token=ended.last.return_key)


def _wanted(told: Sequence[str]) -> list[tuple[str, int]]:
    """Return the invoices of a form with the sums it showed; nonsense is left out."""
    found = [re.fullmatch(r"([^:]{1,80}):(\d{1,15})", text, re.ASCII) for text in told]
    pairs = {match[1]: int(match[2]) for match in found if match}
    return list(pairs.items())[: MOST_INVOICES + 1]


def _show_again(
    visit: Visit,
    wanted: Sequence[tuple[str, int]],
    form: PayForm,
    problem: str,
    is_down: bool = False,
) -> str:
    """Show the page as things stand now, and why nothing was charged."""
    found = invoices.list_some(visit, [id for id, _amount in wanted])
    return _show(visit, found, form, problem=problem, is_down=is_down)


def _show(
    visit: Visit,
    found: Sequence[Listed],
    form: PayForm,
    *,
    problem: str = "",
    is_down: bool = False,
) -> str:
    payable = [one for one in found if one.may_pay.is_allowed or _is_only_small(one)]
    asked = [one.twin or one.invoice for one in payable]
    currencies = list(dict.fromkeys(invoice.currency for invoice in asked))
    with_saved = may_press(asked)
    takes_new = may_press(asked, is_new=True).is_allowed
    charges = charges_of([Share(i.origin, i.id, i.due) for i in asked])
    largest = max((sum(share.amount for share in shares) for shares in charges), default=0)
    amount = Money(largest, currencies[0] if currencies else visit.merchant.currency)
    terms = method_types.terms(visit.db, visit.merchant)
    kinds = to_pay_with(amount, terms) if takes_new else ()
    choices = choices_of(visit, payment_methods.wallet(visit), amount)
    numbers = {i.id: one.invoice.number or i.id for i, one in zip(asked, payable, strict=True)}
    has_usable = any(not choice.why_not for choice in choices)
    return render_template(
        "customer/presses/choose.html",
        form=form,
        problem=problem,
        is_down=is_down,
        payable=payable,
        others=[one for one in found if one not in payable],
        why_not=wording.why(with_saved) if asked and not with_saved.is_allowed else "",
        by_currency=[
            (
                _sum([one for one in payable if one.invoice.currency == code], code),
                url_for(
                    ".choose", invoice=[o.invoice.id for o in payable if o.invoice.currency == code]
                ),
            )
            for code in currencies
        ],
        total=_sum(payable, currencies[0]) if currencies else None,
        charges=[_charge(shares, numbers, currencies[0]) for shares in charges],
        choices=choices,
        chosen=chosen_of(choices, form.text("method")),
        can_pay=has_usable or bool(kinds),
        is_saved_first=not takes_new,
        may_add=bool(kinds),
        offer=kinds_in_words.tell(kinds, terms),
        may_keep=may_keep(visit),
        consent=consent_to_keep(visit),
        why=wording.why,
    )


def _is_only_small(one: Listed) -> bool:
    """Whether only its sum is too small, which a set of them is not."""
    return one.may_pay.reasons == (Reason.AMOUNT_TOO_SMALL,)


def _sum(found: Sequence[Listed], currency: str) -> Money:
    return Money(sum(one.invoice.due for one in found), currency)


def _charge(shares: Sequence[Share], numbers: dict[str, str], currency: str) -> Charge:
    return Charge(
        Money(sum(share.amount for share in shares), currency),
        tuple(numbers.get(share.invoice, share.invoice) for share in shares),
    )


def _made(payment: PaymentRow, numbers: dict[str, str]) -> Made:
    charge = Charge(
        Money(payment.amount, payment.currency),
        tuple(numbers.get(share.invoice, "") for share in payment.shares),
    )
    waits = payment.state == PaymentState.NEEDS_BANK
    return Made(
        charge=charge,
        state=PaymentState(payment.state),
        told=outcomes.of_try(payment),
        go_on=url_for("customer.payments.leave", operation=payment.id) if waits else "",
    )


def _stands(payment: PaymentRow) -> bool:
    """Whether a charge has taken money for its invoices, or still can."""
    return payment.can_take_money or payment.state in GOES_ON
