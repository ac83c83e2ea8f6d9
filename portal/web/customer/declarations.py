"""Ending a contract, and withdrawing from one, without signing in: as some laws have it."""

import secrets
from datetime import date

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import i18n
from portal.context import MerchantContext
from portal.domain.customers import is_possible_email
from portal.domain.declarations import (
    LONGEST_CONTRACT,
    LONGEST_NAME,
    LONGEST_REASON,
    Lane,
)
from portal.domain.errors import NotFound
from portal.i18n import gettext as _
from portal.services import declarations
from portal.services.declarations import Told
from portal.services.lanes import WORDS, Words
from portal.web import downloads
from portal.web.forms import (
    DateField,
    EmailField,
    Form,
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
    at_most,
    needed,
    optional,
    printable,
    trimmed,
)
from portal.web.installation import installation
from portal.web.policies import Who, open_to

pages = Blueprint("declarations", __name__)

ORDINARY, FOR_CAUSE = "ordinary", "for_cause"


class DeclarationForm(Form):
    """What a law lets be asked for, and no more."""

    nonce = HiddenField()
    kind = RadioField("", [optional()])
    reason = TextAreaField(
        "", [optional(), at_most(LONGEST_REASON), printable()], filters=[trimmed]
    )
    name = StringField("", [needed(), at_most(LONGEST_NAME), printable()], filters=[trimmed])
    contract = StringField(
        "", [needed(), at_most(LONGEST_CONTRACT), printable()], filters=[trimmed]
    )
    ends_on = DateField("", [optional()])
    email = EmailField("", [needed(), at_most(254), printable()], filters=[trimmed])

    def told(self) -> Told:
        """Return what was entered."""
        is_for_cause = self.kind.data == FOR_CAUSE
        day: date | None = self.ends_on.data
        return Told(
            name=self.text("name"),
            email=self.text("email"),
            contract=self.text("contract"),
            is_for_cause=is_for_cause,
            reason=self.text("reason") if is_for_cause else "",
            ends_on=day,
        )


@pages.get("/declare/<lane>")
@open_to(Who.ANYONE)
def write(lane: str) -> str:
    """Show the form of a lane."""
    form = DeclarationForm(formdata=None, kind=ORDINARY, nonce=secrets.token_urlsafe(16))
    return _show(_lane(lane), form)


@pages.post("/declare/<lane>")
@open_to(Who.ANYONE)
def send(lane: str) -> ResponseReturnValue:
    """Receive a declaration, or show it once more where the law has it confirmed."""
    found, form = _lane(lane), DeclarationForm()
    if not _is_whole(found, form):
        return _show(found, form), 422
    if found.has_recap and "confirm" not in request.form:
        if "back" in request.form:
            return _show(found, form)
        return render_template(
            "customer/declarations/recap.html",
            lane=found,
            words=WORDS[found],
            form=form,
            ends_on=declarations.day_of(found, form.ends_on.data),
        )
    token = declarations.receive(
        _at(),
        found,
        form.told(),
        nonce=form.text("nonce"),
        locale=i18n.current().tag,
        address=request.remote_addr or "",
    )
    return redirect(url_for(".show", token=token), 303)


@pages.get("/declared/<token>")
@open_to(Who.ANYONE)
def show(token: str) -> str:
    """Show the receipt of a declaration."""
    found = declarations.get(_at(), token)
    return render_template(
        "customer/declarations/show.html",
        declaration=found,
        words=WORDS[found.lane],
        rows=declarations.rows_of(_at(), found),
    )


@pages.get("/declared/<token>/pdf")
@open_to(Who.ANYONE)
def pdf(token: str) -> ResponseReturnValue:
    """Send the receipt of a declaration as PDF."""
    found = declarations.get(_at(), token)
    name = f"{found.lane}-{found.received_at:%Y-%m-%d}.pdf"
    return downloads.send(declarations.paper(_at(), found), name, downloads.PDF)


def _show(lane: Lane, form: DeclarationForm) -> str:
    words = _speak(form, lane)
    return render_template("customer/declarations/write.html", lane=lane, words=words, form=form)


def _speak(form: DeclarationForm, lane: Lane) -> Words:
    """Let a form say what its lane says, and return the words."""
    words = WORDS[lane]
    for name in ("kind", "reason", "name", "contract", "ends_on", "email"):
        form[name].label.text = getattr(words, name)
    form.kind.choices = [(ORDINARY, words.ordinary), (FOR_CAUSE, words.for_cause)]
    return words


def _is_whole(lane: Lane, form: DeclarationForm) -> bool:
    """Check what was entered; ending for cause says which, and a receipt can be mailed."""
    _speak(form, lane)
    if not form.accepts():
        return False
    if form.kind.data == FOR_CAUSE and not form.text("reason"):
        form.refuse("reason", _("Please say why."))
    if not is_possible_email(form.text("email")):
        form.refuse("email", _("This is no e-mail address. One looks like name@example.com."))
    return not form.errors


def _lane(name: str) -> Lane:
    """Return a lane that the merchant has; raises NotFound."""
    if name not in g.merchant.rules.lanes:
        raise NotFound(f"lane {name}")
    return Lane(name)


def _at() -> MerchantContext:
    return installation().at(g.merchant)
