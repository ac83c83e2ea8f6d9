"""Signing in and out: a mail is asked for, its link or code is used, a customer is chosen."""

import secrets

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask import session as page_session
from werkzeug.wrappers import Response

from portal import i18n
from portal.context import MerchantContext
from portal.domain.errors import InvalidInput, LinkSpent, NotFound
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext, ngettext
from portal.mirror.customers import CustomerCard
from portal.services import access, sessions
from portal.services.access import Entered, WrongCode
from portal.store.access import SignIn
from portal.web.customer import destinations, session_here
from portal.web.forms import EmailField, Form, HiddenField, RadioField, StringField, at_most, needed
from portal.web.installation import installation
from portal.web.navigation import CHOSEN_AT
from portal.web.policies import Who, open_to
from portal.web.sessions import ASK, KEY, PENDING, begin_anew, current_session, drop, read, write

pages = Blueprint("entry", __name__)
Answer = Response | str | tuple[str, int]

# Kept of Flask's own session when somebody signs in or out; all else begins anew.


class EmailForm(Form):
    """Where to send the mail."""

    email = EmailField(
        lazy_gettext("E-mail"),
        [needed(lazy_gettext("Please enter your e-mail address.")), at_most(access.LONGEST_EMAIL)],
    )
    to = HiddenField()


class CodeForm(Form):
    """The code of the mail; spaces and dashes are taken as people type them."""

    code = StringField(
        lazy_gettext("6-digit code"),
        [needed(lazy_gettext("Please enter the code of the mail.")), at_most(64)],
    )


class ChooseForm(Form):
    """Which of the customers behind one address to be."""

    customer = RadioField(
        lazy_gettext("Company or person"),
        [needed(lazy_gettext("Please choose one."))],
        coerce=int,
    )


@pages.get("/login")
@open_to(Who.ANYONE)
def login() -> Answer:
    """Ask for an address, or for the code of the mail that is on its way."""
    signed_in = session_here()
    if signed_in is not None and signed_in.scope.is_everything:
        return redirect(destinations.href(request.args.get("to", ""), g.slug), 303)
    asked = access.find_asked(_at(), read(ASK))
    if asked is not None and asked.is_alive(_at().now) and "new" not in request.args:
        return _show_code(CodeForm(formdata=None), asked)
    form = EmailForm(formdata=None, to=destinations.known(request.args.get("to")))
    form.email.data = asked.email if asked is not None and not asked.by_link else ""
    return _show_email(form)


@pages.post("/login")
@open_to(Who.ANYONE)
def send() -> Answer:
    """Take the address and send the mail, or take the code and sign in."""
    return _take_code() if "code" in request.form else _take_email()


@pages.get("/login/confirm")
@open_to(Who.ANYONE)
def confirm() -> Answer:
    """Show the button behind a mailed link, to the browser that asked; nothing is used up yet."""
    at, signed_in = _at(), session_here()
    sign_in = access.find_by_token(at, read(PENDING))
    if sign_in is None:
        return redirect(url_for(".login"), 303)
    if not sign_in.is_alive(at.now):
        if signed_in is not None and signed_in.email == sign_in.email:
            return redirect(destinations.href(sign_in.to, g.slug), 303)
        return _show_link("spent", sign_in), 410
    return _show_link("confirm" if access.is_asked_by(sign_in, read(ASK)) else "elsewhere", sign_in)


@pages.post("/login/confirm")
@open_to(Who.ANYONE)
def enter() -> Answer:
    """Sign in by the link: only here, only once, only in the browser that asked."""
    at, token = _at(), read(PENDING)
    try:
        entered = access.redeem_link(
            at, token, ask_key=read(ASK), address=_address(), replaces=current_session()
        )
    except NotFound:
        return redirect(url_for(".confirm"), 303)
    except LinkSpent:
        return redirect(url_for(".confirm" if token else ".login"), 303)
    return _go_in(entered)


@pages.post("/login/here")
@open_to(Who.ANYONE)
def send_here() -> Answer:
    """Send a new mail to the address a link was mailed to, to be used in this browser."""
    ask_key = _ask_key()
    try:
        access.ask_by_link(
            _at(), read(PENDING), ask_key=ask_key, locale=i18n.current().tag, address=_address()
        )
    except LinkSpent:
        return redirect(url_for(".login", new=""), 303)
    return _go_to_code(ask_key)


@pages.post("/login/again")
@open_to(Who.ANYONE)
def send_again() -> Answer:
    """Send the mail this browser asked for once more, wherever that goes."""
    ask_key = read(ASK)
    try:
        access.ask_again(_at(), ask_key=ask_key, locale=i18n.current().tag, address=_address())
    except LinkSpent:
        return redirect(url_for(".login", new=""), 303)
    return _go_to_code(ask_key)


@pages.get("/choose")
@open_to(Who.SIGNED_IN)
def choose() -> Answer:
    """Show the customers behind the address, once it is proved."""
    form = _choose_form()
    if not form.customer.choices:
        return redirect(destinations.href("", g.slug), 303)
    return _show_choices(form)


@pages.post("/choose")
@open_to(Who.SIGNED_IN)
def choose_one() -> Answer:
    """Go on as one of them."""
    form, signed_in = _choose_form(), session_here()
    if signed_in is None or not form.accepts():
        return _show_choices(form), 422
    key = sessions.choose(_at(), signed_in, form.customer.data)
    # Pages then know without asking that there is somebody to change to.
    page_session[CHOSEN_AT] = g.slug if len(form.customer.choices) > 1 else ""
    response = redirect(destinations.href(page_session.pop("to", ""), g.slug), 303)
    write(response, KEY, key)
    return response


@pages.get("/logout")
@open_to(Who.SIGNED_IN)
def sign_out_choice() -> Answer:
    """Ask whether to sign out here or everywhere."""
    return render_template(
        "customer/entry/sign_out.html", signed_in=session_here(), has_choice=len(_cards()) > 1
    )


@pages.post("/logout")
@open_to(Who.ANYONE)
def sign_out() -> Answer:
    """End this session; ending one that has ended is the same."""
    signed_in = session_here()
    if signed_in is not None:
        sessions.end(_at(), signed_in)
    return _go_out(_("You are signed out."))


@pages.post("/logout/everywhere")
@open_to(Who.SIGNED_IN)
def sign_out_everywhere() -> Answer:
    """End every session of this customer; the holder of an invoice link ends only their own."""
    signed_in = session_here()
    if signed_in is None or not signed_in.scope.is_everything:
        return sign_out()
    count = sessions.end_everywhere(_at(), signed_in)
    return _go_out(
        ngettext(
            "You are signed out. %(num)s session was ended.",
            "You are signed out everywhere. %(num)s sessions were ended.",
            count,
        )
    )


def _take_email() -> Answer:
    form, ask_key = EmailForm(), _ask_key()
    if not form.accepts():
        return _show_email(form), 422
    try:
        access.ask(
            _at(),
            form.text("email"),
            ask_key=ask_key,
            locale=i18n.current().tag,
            to=destinations.known(form.text("to")),
            address=_address(),
        )
    except InvalidInput:
        form.refuse("email", _("This is no e-mail address. One looks like name@example.com."))
        return _show_email(form), 422
    return _go_to_code(ask_key)


def _take_code() -> Answer:
    form, at = CodeForm(), _at()
    asked = access.find_asked(at, read(ASK))
    if asked is None or not asked.is_alive(at.now):
        return _start_over(_("This code is no longer good. Send a new mail."))
    if not form.accepts():
        return _show_code(form, asked), 422
    try:
        entered = access.redeem_code(
            at,
            form.text("code"),
            ask_key=read(ASK),
            address=_address(),
            replaces=current_session(),
        )
    except LinkSpent:
        return _start_over(_("This code is no longer good. Send a new mail."))
    except WrongCode as wrong:
        return _wrong_code(form, asked, wrong.tries_left)
    return _go_in(entered)


def _wrong_code(form: CodeForm, asked: SignIn, tries_left: int) -> Answer:
    if not tries_left:
        return _start_over(
            _("The code did not match five times, so link and code have ended. Send a new mail.")
        )
    form.refuse(
        "code",
        ngettext(
            "The code does not match. You have %(num)s more try.",
            "The code does not match. You have %(num)s more tries.",
            tries_left,
        ),
    )
    return _show_code(form, asked), 422


def _show_email(form: EmailForm) -> str:
    return render_template("customer/entry/login.html", form=form, elsewhere=_signed_in_elsewhere())


def _show_code(form: CodeForm, asked: SignIn) -> str:
    email = masked(asked.email) if asked.by_link else asked.email
    return render_template("customer/entry/code.html", form=form, asked=asked, email=email)


def _show_link(page: str, sign_in: SignIn) -> str:
    return render_template(
        f"customer/entry/{page}.html",
        sign_in=sign_in,
        masked=masked(sign_in.email),
        signed_in=_somebody_else(sign_in),
    )


def _show_choices(form: ChooseForm) -> str:
    return render_template("customer/entry/choose.html", form=form, cards=_cards())


def _choose_form() -> ChooseForm:
    form = ChooseForm()
    form.customer.choices = [(card.id, card.name) for card in _cards()]
    return form


def _cards() -> list[CustomerCard]:
    """Return the customers behind the address that was proved."""
    signed_in = session_here()
    return sessions.list_choices(installation().db, signed_in) if signed_in else []


def _go_in(entered: Entered) -> Response:
    begin_anew()
    if entered.has_to_choose:
        page_session["to"] = entered.to
        response = redirect(url_for(".choose"), 303)
    else:
        response = redirect(destinations.href(entered.to, g.slug), 303)
    write(response, KEY, entered.key)
    drop(response, ASK, PENDING)
    return response


def _go_out(said: str) -> Response:
    begin_anew()
    flash(said, "ok")
    response = redirect(url_for(".login"), 303)
    drop(response, KEY, ASK, PENDING)
    # Not "cookies": that would take those of the merchant's whole domain with it.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _go_to_code(ask_key: str) -> Response:
    response = redirect(url_for(".login"), 303)
    write(response, ASK, ask_key)
    drop(response, PENDING)
    return response


def _start_over(said: str) -> Response:
    flash(said, "bad")
    return redirect(url_for(".login", new=""), 303)


def _ask_key() -> str:
    """Return the secret of this browser, or a new one for a browser that has none."""
    return read(ASK) or secrets.token_urlsafe(32)


def _at() -> MerchantContext:
    return installation().at(g.merchant)


def _address() -> str:
    return request.remote_addr or ""


def _signed_in_elsewhere() -> sessions.PortalSession | None:
    """Return who is signed in with another merchant: signing in here ends that."""
    signed_in = current_session()
    return signed_in if signed_in is not None and session_here() is None else None


def _somebody_else(sign_in: SignIn) -> sessions.PortalSession | None:
    """Return who is signed in already, if it is not the person the mail went to."""
    signed_in = current_session()
    if signed_in is None or not signed_in.scope.is_everything:
        return None
    is_same = session_here() is not None and signed_in.email == sign_in.email
    return None if is_same else signed_in


def masked(email: str) -> str:
    """Show an address so that its owner knows it and nobody else learns it."""
    local, _at_sign, host = email.rpartition("@")
    return f"{local[:1]}••••@{host}"
