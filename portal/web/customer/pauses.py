"""Pausing a subscription and going on: choose, see days and sums, confirm."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.decisions import Reason
from portal.domain.errors import GatewayRefused, GatewayUnavailable, Refused
from portal.domain.money import Money
from portal.domain.pauses import lengths
from portal.domain.resolver import Action
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext, ngettext
from portal.services import pauses, subscriptions
from portal.services.pauses import Agreed
from portal.web import sealed, wording
from portal.web.attempts import attempt, of_silence
from portal.web.customer import current_visit
from portal.web.customer.subscriptions import at_stripe_since, pages, way_to
from portal.web.forms import Form, HiddenField, RadioField, needed
from portal.web.policies import Who, open_to

PURPOSE = "pause"


class MonthsForm(Form):
    """How long somebody pauses."""

    months = RadioField(
        lazy_gettext("How long"), [needed(lazy_gettext("Please choose one."))], coerce=str
    )


class AgreeForm(Form):
    """The page that is confirmed, sealed."""

    page = HiddenField()


@pages.get("/subscriptions/<id>/pause")
@open_to(Who.CUSTOMER)
def pause(id: str) -> str:
    """Show how long the subscription can be paused."""
    return _show_lengths(current_visit(), id, MonthsForm(formdata=None))


@pages.post("/subscriptions/<id>/pause")
@open_to(Who.CUSTOMER)
def look_at_pause(id: str) -> Response | str | tuple[str, int]:
    """Show what a pause means in days and money."""
    visit, form = current_visit(), MonthsForm()
    form.months.choices = _choices(visit)
    if not form.accepts():
        return _show_lengths(visit, id, form), 422
    return _shown_or_back(visit, id, lambda: _show_pause(visit, id, int(form.text("months"))))


@pages.post("/subscriptions/<id>/pause/confirm")
@open_to(Who.CUSTOMER)
def confirm_pause(id: str) -> Response | str | tuple[str, int]:
    """Pause for the sums that were shown, or show the new ones."""
    visit = current_visit()
    told = sealed.unseal(visit, PURPOSE, id, AgreeForm().text("page"))
    if told is None:
        return _too_old(url_for(".pause", id=id))
    months = int(told["months"])

    def deed() -> Response:
        number = pauses.pause(visit, id, months, _agreed(told))
        return redirect(url_for("customer.history.show", number=number), 303)

    return _confirmed(id, deed, lambda: _show_pause(visit, id, months))


@pages.post("/subscriptions/<id>/go-on")
@open_to(Who.CUSTOMER)
def look_at_going_on(id: str) -> Response | str | tuple[str, int]:
    """Show what ending the pause now charges."""
    visit = current_visit()
    return _shown_or_back(visit, id, lambda: _show_going_on(visit, id))


@pages.post("/subscriptions/<id>/go-on/confirm")
@open_to(Who.CUSTOMER)
def confirm_going_on(id: str) -> Response | str | tuple[str, int]:
    """End the pause for the sum that was shown, or show the new one."""
    visit = current_visit()
    told = sealed.unseal(visit, PURPOSE, id, AgreeForm().text("page"))
    if told is None:
        return _too_old(url_for(".show", id=id))

    def deed() -> Response:
        went_on = pauses.go_on(visit, id, _agreed(told))
        if went_on.invoice:
            flash(_("One step is left: pay this invoice, and your subscription goes on."), "warn")
            return redirect(url_for("customer.invoices.show", id=went_on.invoice), 303)
        return redirect(url_for("customer.history.show", number=went_on.receipt), 303)

    return _confirmed(id, deed, lambda: _show_going_on(visit, id))


def _show_lengths(visit: Visit, id: str, form: MonthsForm) -> str:
    shown = subscriptions.get_shown(visit, id)
    form.months.choices = _choices(visit)
    return render_template(
        "customer/pauses/choose.html",
        shown=shown,
        form=form,
        way=way_to(id, Action.PAUSE, shown.answers[Action.PAUSE], shown),
        **at_stripe_since(visit),
    )


def _show_pause(visit: Visit, id: str, months: int) -> str:
    found = pauses.consider(visit, id, months)
    page = sealed.seal(
        visit,
        PURPOSE,
        id,
        months=months,
        at=int(found.at.timestamp()),
        sum=found.credit.amount,
        nonce=sealed.nonce(),
    )
    return render_template(
        "customer/pauses/pause.html",
        shown=subscriptions.get_shown(visit, id),
        found=found,
        form=AgreeForm(formdata=None, page=page),
        holds_until=visit.now + sealed.SUMS_HOLD,
    )


def _show_going_on(visit: Visit, id: str) -> str:
    first = pauses.quote_going_on(visit, id)
    used = min(-first.starting_balance, first.total)
    page = sealed.seal(
        visit, PURPOSE, id, at=int(visit.now.timestamp()), sum=first.due, nonce=sealed.nonce()
    )
    return render_template(
        "customer/pauses/go_on.html",
        shown=subscriptions.get_shown(visit, id),
        first=first,
        due=Money(first.due, first.currency),
        total=Money(first.total, first.currency),
        balance=Money(-used, first.currency) if used > 0 else None,
        form=AgreeForm(formdata=None, page=page),
        holds_until=visit.now + sealed.SUMS_HOLD,
    )


def _shown_or_back(visit: Visit, id: str, show: Callable[[], str]) -> Response | str:
    """Show sums, or go back to the subscription and say why there are none."""
    try:
        return show()
    except Refused as refusal:
        flash(str(wording.of_error(refusal)), "bad")
    except GatewayUnavailable as error:
        flash(of_silence(error), "bad")
    except GatewayRefused as refusal:
        flash(str(wording.of_error(refusal)), "bad")
    return redirect(url_for(".show", id=id), 303)


def _confirmed(
    id: str, deed: Callable[[], Response], show: Callable[[], str]
) -> Response | tuple[str, int]:
    """Do what was confirmed; where the sums are others by now, show them."""

    def unless_changed() -> Response:
        try:
            return deed()
        except Refused as refusal:
            if refusal.decision.reason is Reason.AMOUNT_CHANGED:
                raise _SumsChanged from refusal
            raise

    try:
        return attempt(unless_changed, back=url_for(".show", id=id))
    except _SumsChanged:
        flash(str(wording.of_reason(Reason.AMOUNT_CHANGED)), "warn")
        return show(), 409


class _SumsChanged(Exception):
    """Stripe now says other sums than the page did."""


def _too_old(back: str) -> Response:
    flash(_("The page with the sums was open too long. Nothing was changed."), "bad")
    return redirect(back, 303)


def _agreed(told: Mapping[str, Any]) -> Agreed:
    return Agreed(datetime.fromtimestamp(told["at"], UTC), int(told["sum"]), str(told["nonce"]))


def _choices(visit: Visit) -> list[tuple[str, str]]:
    return [
        (str(months), ngettext("%(num)s month", "%(num)s months", months))
        for months in lengths(visit.merchant.rules.pause_months)
    ]
