"""The customer's own reference on invoices to come: for all of them, and for the next one alone."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayRefused, GatewayUnavailable, InvalidInput, NotFound, Refused
from portal.domain.purchase_orders import LONGEST, Span
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.services import purchase_orders
from portal.web import wording
from portal.web.attempts import of_silence
from portal.web.customer import current_visit
from portal.web.forms import Form, StringField, at_most, optional, printable, trimmed
from portal.web.policies import Who, open_to

pages = Blueprint("purchase_orders", __name__)

PROBLEMS = {
    "unwritable": lazy_gettext(
        "Letters, digits and signs in one line, please: it is printed on the invoice."
    ),
    "no_room": lazy_gettext(
        "The company that bills you prints four fields of its own already, so yours has no room."
    ),
}


class ReferenceForm(Form):
    """One reference, empty to have none."""

    reference = StringField(
        lazy_gettext("Your reference"),
        [optional(), at_most(LONGEST), printable()],
        filters=[trimmed],
    )


@pages.get("/purchase-order")
@open_to(Who.CUSTOMER)
def show() -> str:
    """Show what stands on the invoices to come, each in a form of its own."""
    return _show(current_visit())


@pages.post("/purchase-order/<span>")
@open_to(Who.CUSTOMER)
def keep(span: str) -> Response | tuple[str, int]:
    """Let a reference count from now on, or for the next invoice."""
    if span not in set(Span):
        raise NotFound(f"span {span}")
    visit, form = current_visit(), ReferenceForm()
    if not form.accepts():
        return _show(visit, form, span), 422
    try:
        purchase_orders.keep(visit, Span(span), form.text("reference"))
    except InvalidInput as problem:
        form.refuse("reference", str(PROBLEMS[problem.problem]))
        return _show(visit, form, span), 422
    except GatewayRefused:
        form.form_errors.append(str(wording.ERRORS["provider_refused"]))
        return _show(visit, form, span), 422
    except GatewayUnavailable as error:
        if not error.was_sent:
            form.form_errors.append(of_silence(error))
            return _show(visit, form, span), 503
        flash(of_silence(error), "warn")
    else:
        given = _("Saved. It is printed from your next invoice on.")
        flash(given if form.text("reference") else _("Saved. Your next invoices carry none."), "ok")
    return redirect(url_for(".show"), 303)


def _show(visit: Visit, posted: ReferenceForm | None = None, span: str = "") -> str:
    given = purchase_orders.of_visit(visit)
    if given is None:
        raise Refused(Decision.of(Reason.FEATURE_DISABLED))
    forms = {
        one: posted
        if posted is not None and one == span
        else ReferenceForm(formdata=None, data={"reference": given.get(one, "")})
        for one in Span
    }
    return render_template(
        "customer/purchase_orders/show.html",
        form=posted,
        forms=forms,
        span=span,
        longest=LONGEST,
        name=visit.merchant.rules.purchase_order_name,
    )
