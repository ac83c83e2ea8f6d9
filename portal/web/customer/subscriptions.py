"""A customer's subscriptions: the list, one of them, its payment method, and Stripe's portal."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.enquiries import Topic
from portal.domain.errors import NotFound
from portal.domain.payment_methods import may_be_default
from portal.domain.resolver import Action, Answer, Place
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.mirror import payment_methods
from portal.services import billing_portal, subscriptions
from portal.services.subscriptions import Shown
from portal.web import periods, wording
from portal.web.attempts import attempt
from portal.web.customer import current_visit
from portal.web.customer.invoices import SOURCES, failing
from portal.web.forms import Form, RadioField, needed
from portal.web.policies import Who, open_to

pages = Blueprint("subscriptions", __name__)
# What is put right by paying the open invoice.
OPEN_INVOICE = frozenset({Reason.FIRST_PAYMENT_OPEN, Reason.PAYMENT_MISSING})
pages.add_app_template_filter(periods.each, "each")
pages.add_app_template_filter(periods.off, "off")
pages.add_app_template_filter(periods.lasting, "lasting")


@dataclass(frozen=True, slots=True)
class Way:
    """An action as a page offers it: a way to it, or why there is none and what to do instead."""

    is_open: bool
    is_at_stripe: bool = False
    why: str = ""
    next_href: str = ""
    next_label: str = ""


class MethodForm(Form):
    """Which saved method a subscription is charged to."""

    method = RadioField(
        lazy_gettext("Payment method"), [needed(lazy_gettext("Please choose one."))]
    )


@pages.get("/subscriptions")
@open_to(Who.CUSTOMER)
def list_all() -> str:
    """Show every subscription, the ended ones below."""
    visit = current_visit()
    listed = subscriptions.list_shown(visit)
    return render_template(
        "customer/subscriptions/list.html",
        running=[one for one in listed if not one.subscription.is_ended],
        ended=[one for one in listed if one.subscription.is_ended],
        per=periods.per,
        **at_stripe_since(visit),
    )


@pages.get("/subscriptions/<id>")
@open_to(Who.CUSTOMER)
def show(id: str) -> str:
    """Show one subscription with all that can be done about it."""
    visit = current_visit()
    shown = subscriptions.get_shown(visit, id)
    return render_template(
        "customer/subscriptions/show.html",
        shown=shown,
        ways={
            action.value: way_to(id, action, answer, shown)
            for action, answer in shown.answers.items()
        },
        **at_stripe_since(visit),
    )


@pages.get("/subscriptions/<id>/method")
@open_to(Who.CUSTOMER)
def method(id: str) -> str:
    """Choose which saved method the subscription is charged to."""
    return _show_methods(current_visit(), id, MethodForm(formdata=None))


@pages.post("/subscriptions/<id>/method")
@open_to(Who.CUSTOMER)
def charge_to(id: str) -> Response | tuple[str, int]:
    """Have the subscription charged to the chosen method."""
    visit, form = current_visit(), MethodForm()
    form.method.choices = [(one.id, one.id) for one in payment_methods.wallet(visit).methods]
    if not form.accepts():
        return _show_methods(visit, id, form), 422

    def choose() -> Response:
        subscriptions.charge_to(visit, id, form.text("method"))
        return redirect(url_for(".show", id=id), 303)

    return attempt(choose, back=url_for(".method", id=id))


@pages.post("/subscriptions/<id>/at-stripe")
@open_to(Who.CUSTOMER)
def at_stripe(id: str) -> Response:
    """Open Stripe's portal for one task that is done there."""
    action = _action(request.form.get("action", ""))

    def leave() -> Response:
        row = billing_portal.open_for(current_visit(), action, id)
        return redirect(url_for("customer.payments.leave", operation=row.id), 303)

    return attempt(leave, back=url_for(".show", id=id))


def at_stripe_since(visit: Visit) -> dict[str, object]:
    """Return what a page needs to say how old it is, where Stripe does not answer."""
    silent = failing(visit)
    return {
        "failing": {Origin.STRIPE: silent[Origin.STRIPE]} if Origin.STRIPE in silent else {},
        "sources": SOURCES,
    }


def way_to(id: str, action: Action, answer: Answer, shown: Shown | None = None) -> Way:
    """Return what a page says of an action on a subscription."""
    if answer.is_open:
        return Way(is_open=True, is_at_stripe=answer.place is Place.AT_STRIPE)
    href, label = _next_step(id, action, answer, shown)
    return Way(False, why=wording.why(answer.decision), next_href=href, next_label=label)


def _next_step(id: str, action: Action, answer: Answer, shown: Shown | None) -> tuple[str, str]:
    """Return where somebody goes on who was refused: never nowhere, if there is any way."""
    if answer.decision.reason is Reason.METHOD_UNSUPPORTED:
        return url_for("customer.payment_methods.list_all"), _("Go to your payment methods")
    if answer.decision.reason in OPEN_INVOICE and shown and shown.open_invoice:
        return url_for("customer.invoices.show", id=shown.open_invoice.id), _("Go to the invoice")
    if wording.asks_merchant(answer.decision):
        return url_for("customer.enquiries.write", topic=Topic(action), of=id), _("Ask them")
    return "", ""


def _show_methods(visit: Visit, id: str, form: MethodForm) -> str:
    shown, wallet = subscriptions.get_shown(visit, id), payment_methods.wallet(visit)
    answer = shown.answers[Action.CHANGE_METHOD]
    usable: list[tuple[object, Decision]] = [
        (one, may_be_default(one, visit.today)) for one in wallet.methods
    ]
    return render_template(
        "customer/subscriptions/method.html",
        shown=shown,
        form=form,
        way=way_to(id, Action.CHANGE_METHOD, answer, shown),
        usable=[one for one, decision in usable if decision.is_allowed],
        others=[(one, wording.why(decision)) for one, decision in usable if decision.reason],
    )


def _action(name: str) -> Action:
    try:
        return Action(name)
    except ValueError:
        raise NotFound(f"action {name}") from None
