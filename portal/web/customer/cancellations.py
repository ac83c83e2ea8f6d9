"""Leaving a subscription on one page, staying with the offer beside it, and coming back."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.cancellations import (
    COMMENT_LENGTH,
    FEEDBACK,
    Leaving,
    OfferOutcome,
    Period,
    period_of,
    shuffled,
)
from portal.domain.enquiries import Topic
from portal.domain.offers import OfferKind, price_with
from portal.domain.resolver import Action
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.services import cancellations, offers
from portal.services.cancellations import REASONS
from portal.web.attempts import attempt
from portal.web.customer import current_visit
from portal.web.customer.subscriptions import at_stripe_since, pages, way_to
from portal.web.forms import (
    Form,
    SelectField,
    TextAreaField,
    at_most,
    optional,
    printable,
    trimmed,
)
from portal.web.policies import Who, open_to

# What holds from the notice to the end.
UNTIL_THEN: dict[Period, str] = {
    Period.PAID: lazy_gettext(
        "Everything works as before. You can take the cancellation back here."
    ),
    Period.TRIAL: lazy_gettext("Your trial goes on. You can take the cancellation back here."),
    Period.PAUSED: lazy_gettext("It stays paused. You can take the cancellation back here."),
    Period.OWED: lazy_gettext("What is due stays due. You can take the cancellation back here."),
}
NO_MONEY_BACK: dict[Period, str] = {
    Period.PAID: lazy_gettext("None: the period runs to its end"),
    Period.TRIAL: lazy_gettext("None: the trial costs nothing"),
    Period.PAUSED: lazy_gettext("None for the period that has begun"),
    Period.OWED: lazy_gettext("None: this period is not paid yet"),
}
# Where what is offered is looked at and decided.
WAYS: dict[OfferKind, str] = {OfferKind.CHEAPER_PLAN: ".change", OfferKind.PAUSE: ".pause"}


class LeavingForm(Form):
    """Why somebody leaves; nothing of it has to be told."""

    reason = SelectField(lazy_gettext("Reason"), [optional()])
    comment = TextAreaField(
        lazy_gettext("In your words"),
        [optional(), at_most(COMMENT_LENGTH), printable()],
        filters=[trimmed],
    )


@pages.get("/subscriptions/<id>/cancel")
@open_to(Who.CUSTOMER)
def cancel(id: str) -> str:
    """Show what ends and when, what it means in money, and both buttons."""
    return _show(id, LeavingForm(formdata=None, reason=_shown_for()))


@pages.post("/subscriptions/<id>/cancel")
@open_to(Who.CUSTOMER)
def confirm_cancel(id: str) -> Response | tuple[str, int]:
    """Cancel."""
    form = LeavingForm()
    form.reason.choices = _choices(FEEDBACK)
    if not form.accepts():
        return _show(id, form), 422
    leaving = Leaving(feedback=form.text("reason"), comment=form.text("comment"))
    visit, reason = current_visit(), _shown_for()
    return attempt(
        lambda: _receipt(cancellations.cancel(visit, id, leaving, shown_for=reason), id),
        back=url_for(".cancel", id=id),
    )


@pages.post("/subscriptions/<id>/cancel/reason")
@open_to(Who.CUSTOMER)
def tell_reason(id: str) -> str | tuple[str, int]:
    """Show the page as it is for a reason; what was written stays in its field."""
    form = LeavingForm()
    form.reason.choices = _choices(FEEDBACK)
    if not form.accepts():
        return _show(id, form), 422
    reason = form.text("reason")
    cancellations.note(current_visit(), id, OfferOutcome.SHOWN, reason)
    return _show(id, form, reason)


@pages.get("/subscriptions/<id>/cancel/reason")
@open_to(Who.CUSTOMER)
def open_reason(id: str) -> Response:
    """Show the page anew to who opens the address that a reason was sent to."""
    return redirect(url_for(".cancel", id=id), 303)


@pages.post("/subscriptions/<id>/keep")
@open_to(Who.CUSTOMER)
def keep(id: str) -> Response:
    """Keep the subscription as it is."""
    cancellations.note(current_visit(), id, OfferOutcome.KEPT, _shown_for())
    return redirect(url_for(".show", id=id), 303)


@pages.post("/subscriptions/<id>/offer")
@open_to(Who.CUSTOMER)
def take_offer(id: str) -> Response:
    """Stay with the offer, or go on to the page it leads to."""
    visit, offer = current_visit(), request.form.get("offer", 0, type=int)

    def take() -> Response:
        kind, reason = offers.get(visit, offer).kind, _shown_for()
        if kind is OfferKind.PERSON:
            # It is taken with the question that is sent.
            to = url_for(
                "customer.enquiries.write", topic=Topic.LEAVING, of=id, reason=reason or None
            )
            return redirect(to, 303)
        number = cancellations.keep_with_offer(visit, id, offer, reason)
        way = WAYS.get(kind)
        return redirect(url_for(way, id=id), 303) if way else _receipt(number, id)

    return attempt(take, back=url_for(".show", id=id))


@pages.post("/subscriptions/<id>/resume")
@open_to(Who.CUSTOMER)
def resume(id: str) -> Response:
    """Take the cancellation back."""
    return attempt(
        lambda: _receipt(cancellations.resume(current_visit(), id), id),
        back=url_for(".show", id=id),
    )


def _show(id: str, form: LeavingForm, reason: str | None = None) -> str:
    visit, reason = current_visit(), _shown_for() if reason is None else reason
    leave = cancellations.consider(visit, id, reason)
    form.reason.choices = _choices(shuffled(leave.options, f"{visit.customer.id}:{id}"))
    offer, period = leave.offer, period_of(leave.subscription)
    return render_template(
        "customer/cancellations/cancel.html",
        leave=leave,
        form=form,
        way=way_to(id, Action.CANCEL, leave.answer),
        offer=offer,
        reason=reason or None,
        period=period,
        until_then=UNTIL_THEN[period],
        no_money_back=NO_MONEY_BACK[period],
        price_with_offer=(
            price_with(offer.coupon, leave.subscription) if offer and offer.coupon else None
        ),
        **at_stripe_since(visit),
    )


def _shown_for() -> str:
    """Return the reason a page was shown for, as its forms carry it on."""
    reason = request.args.get("reason", "")
    return reason if reason in FEEDBACK else ""


def _choices(options: tuple[str, ...]) -> list[tuple[str, str]]:
    told = [(option, REASONS[option]) for option in options if option in REASONS]
    return [("", lazy_gettext("I would rather not say")), *told]


def _receipt(number: int, id: str) -> Response:
    if number:
        return redirect(url_for("customer.history.show", number=number), 303)
    flash(_("It was done already."), "ok")
    return redirect(url_for(".show", id=id), 303)
