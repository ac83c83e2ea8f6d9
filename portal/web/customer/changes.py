"""Changing the price of a subscription: choose, see Stripe's own sums, confirm."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.decisions import Reason
from portal.domain.errors import GatewayUnavailable, Refused
from portal.domain.resolver import Action
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.services import changes, pending_updates, plans, quotes, schedules, subscriptions
from portal.services.actions import with_period
from portal.services.changes import Shown
from portal.services.plans import Menu, Wish
from portal.services.quotes import Quote
from portal.web import periods, sealed, wording
from portal.web.attempts import attempt, of_silence
from portal.web.customer import current_visit
from portal.web.customer.subscriptions import at_stripe_since, pages, way_to
from portal.web.filters import day, isolate, money
from portal.web.forms import (
    BooleanField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    between,
    needed,
)
from portal.web.policies import Who, open_to

PURPOSE = "change of price"
MOST_SEATS = 1_000_000


class ChooseForm(Form):
    """The price to change to, and how many of it."""

    price = RadioField(lazy_gettext("Plan"), [needed(lazy_gettext("Please choose a plan."))])
    quantity = IntegerField(lazy_gettext("Quantity"), [between(1, MOST_SEATS)])


class ConfirmForm(Form):
    """The page that is confirmed, sealed, and the tick for what is charged."""

    page = HiddenField()
    agree = BooleanField()


@pages.get("/subscriptions/<id>/change")
@open_to(Who.CUSTOMER)
def change(id: str) -> str:
    """Show what the subscription can change to."""
    visit = current_visit()
    menu = plans.menu(visit, id)
    form = ChooseForm(formdata=None, quantity=menu.quantity)
    return _show_menu(visit, id, menu, form)


@pages.post("/subscriptions/<id>/change")
@open_to(Who.CUSTOMER)
def preview(id: str) -> Response | str | tuple[str, int]:
    """Show the exact sums of the chosen change."""
    visit, form = current_visit(), ChooseForm()
    menu = plans.menu(visit, id)
    if not menu.answer.is_open:
        return _show_menu(visit, id, menu, ChooseForm(formdata=None)), 422
    form.price.choices = [(choice.price.id, "") for choice in menu.choices]
    if not menu.has_quantity:
        form.quantity.data, form.quantity.raw_data = menu.quantity, [str(menu.quantity)]
    if not form.accepts():
        return _show_menu(visit, id, menu, form), 422
    wish = Wish(form.text("price"), int(form.quantity.data))
    answer = plans.decide(visit, id, wish)
    if not answer.is_open:
        form.refuse(_to_blame(answer.decision.reason), wording.why(answer.decision))
        return _show_menu(visit, id, menu, form), 422
    try:
        return _show_quote(visit, id, wish, quotes.quote(visit, id, wish))
    except GatewayUnavailable as error:
        flash(of_silence(GatewayUnavailable(str(error), was_sent=False)), "bad")
        return _show_menu(visit, id, menu, form), 503


@pages.post("/subscriptions/<id>/change/confirm")
@open_to(Who.CUSTOMER)
def confirm_change(id: str) -> Response | tuple[str, int]:
    """Make the change at the sums that were shown, or show the new ones."""
    visit, form = current_visit(), ConfirmForm()
    page = _open(visit, id, form.text("page"))
    if page is None:
        flash(_("The page with the sums was open too long. Nothing was changed."), "bad")
        return redirect(url_for(".change", id=id), 303)
    wish, shown = page
    if shown.consent and not form.agree.data:
        form.refuse("agree", _("Please tick this box if you want to change."))
        return _show_quote(visit, id, wish, quotes.quote(visit, id, wish), form), 422
    try:
        return attempt(lambda: _confirm(visit, id, wish, shown), back=url_for(".show", id=id))
    except _SumsChanged:
        flash(str(wording.of_reason(Reason.AMOUNT_CHANGED)), "warn")
        return _show_quote(visit, id, wish, quotes.quote(visit, id, wish)), 409


@pages.post("/subscriptions/<id>/change/undo")
@open_to(Who.CUSTOMER)
def undo_change(id: str) -> Response:
    """Keep the plan: undo the change that is planned."""
    return _keep_plan(id, schedules.undo)


@pages.post("/subscriptions/<id>/change/drop")
@open_to(Who.CUSTOMER)
def drop_change(id: str) -> Response:
    """Keep the plan: drop the change that waits for its payment."""
    return _keep_plan(id, pending_updates.drop)


def _keep_plan(id: str, deed: Callable[[Visit, str], int]) -> Response:
    """Do what keeps the plan as it is, and go to its receipt."""

    def keep() -> Response:
        return redirect(url_for("customer.history.show", number=deed(current_visit(), id)), 303)

    return attempt(keep, back=url_for(".show", id=id))


class _SumsChanged(Exception):
    """Stripe now says other sums than the page did."""


def _confirm(visit: Visit, id: str, wish: Wish, shown: Shown) -> Response:
    try:
        changed = changes.confirm(visit, id, wish, shown)
    except Refused as refusal:
        if refusal.decision.reason is Reason.AMOUNT_CHANGED:
            raise _SumsChanged from refusal
        raise
    if changed.waits or not changed.receipt:
        return redirect(url_for(".show", id=id), 303)
    return redirect(url_for("customer.history.show", number=changed.receipt), 303)


def _show_menu(visit: Visit, id: str, menu: Menu, form: ChooseForm) -> str:
    # Only who is refused is led elsewhere, to the open invoice for one.
    shown = None if menu.answer.is_open else subscriptions.get_shown(visit, id)
    return render_template(
        "customer/subscriptions/change.html",
        id=id,
        open_to_you=menu,
        form=form,
        way=way_to(id, Action.CHANGE, menu.answer, shown),
        why=wording.why,
        sends_to_merchant=any(
            wording.asks_merchant(choice.answer.decision) and not choice.is_current
            for choice in menu.choices
        ),
        **at_stripe_since(visit),
    )


def _show_quote(
    visit: Visit, id: str, wish: Wish, quote: Quote, form: ConfirmForm | None = None
) -> str:
    agreement = _agreement(quote)
    shown = Shown(quote.change.proration_date, quote.sums, sealed.nonce(), agreement)
    form = form or ConfirmForm(formdata=None)
    before, after = _names(quote)
    form.page.data = _seal(visit, id, wish, shown)
    return render_template(
        "customer/subscriptions/preview.html",
        id=id,
        quote=quote,
        before=before,
        after=after,
        form=form,
        agreement=agreement,
        holds_until=visit.now + sealed.SUMS_HOLD,
    )


def _names(quote: Quote) -> tuple[str, str]:
    """Return what both plans are called, and how often each is charged if their names agree."""
    before, after = quote.before, quote.after
    names = isolate(before.name), isolate(after.name)
    periods_ = [(line.price.interval, line.price.interval_count) for line in (before, after)]
    if before.name != after.name or periods_[0] == periods_[1]:
        return names
    return with_period(names[0], *periods_[0]), with_period(names[1], *periods_[1])


def _agreement(quote: Quote) -> str:
    """Return the sentence to agree to where money is charged now, empty where none is."""
    if not quote.due_now.is_positive or quote.next_at is None:
        return ""
    return _(
        "Charge %(now)s now and %(then)s %(each)s from %(day)s, until I change or cancel.",
        now=money(quote.due_now),
        then=money(quote.next_sum),
        each=periods.each(quote.after.price),
        day=day(quote.next_at),
    )


def _to_blame(reason: Reason | None) -> str:
    about_quantity = {Reason.QUANTITY_OUT_OF_BOUNDS, Reason.QUANTITY_FIXED}
    return "quantity" if reason in about_quantity else "price"


def _seal(visit: Visit, id: str, wish: Wish, shown: Shown) -> str:
    return sealed.seal(
        visit,
        PURPOSE,
        id,
        price=wish.price,
        quantity=wish.quantity,
        at=int(shown.at.timestamp()),
        sums=list(shown.sums),
        nonce=shown.nonce,
        consent=shown.consent,
    )


def _open(visit: Visit, id: str, page: str) -> tuple[Wish, Shown] | None:
    """Return what a page showed, None if it is not ours, not this customer's, or too old."""
    told = sealed.unseal(visit, PURPOSE, id, page)
    if told is None:
        return None
    at = datetime.fromtimestamp(told["at"], UTC)
    shown = Shown(at, told["sums"], told["nonce"], told["consent"])
    return Wish(told["price"], told["quantity"]), shown
