"""Billing details: what customers may change of their own data, and what they can only read."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from babel import Locale as BabelLocale
from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal import i18n
from portal.context import Visit
from portal.domain import tax_ids
from portal.domain.customers import Address, Profile
from portal.domain.errors import GatewayRefused, GatewayUnavailable, InvalidInput, Refused
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.services import customers, purchase_orders, sessions
from portal.web import wording
from portal.web.attempts import attempt, of_silence
from portal.web.customer import current_visit, session_here
from portal.web.forms import (
    EmailField,
    Form,
    SelectField,
    StringField,
    TelField,
    at_most,
    dialled,
    needed,
    optional,
    printable,
)
from portal.web.policies import Who, open_to

pages = Blueprint("account", __name__)

# As long as Stripe takes them; the parts of an address as long as anybody's are.
NAME, EMAIL, PHONE, TEXT, PLACE, CODE = 256, 512, 20, 200, 100, 20
PARTS = ("line1", "line2", "postal_code", "city", "state", "country")
CHOOSE = lazy_gettext("Please choose one of the list.")
Answer = Response | tuple[str, int]


def on_one_line(value: str | None) -> str:
    """Fold line breaks and runs of blanks, which none of these fields has: a filter."""
    return " ".join((value or "").split())


class DetailsForm(Form):
    """Name, address and how to be reached; what is not open to the customer is taken out of it."""

    name = StringField(
        lazy_gettext("Name or company"),
        [needed(), at_most(NAME), printable()],
        filters=[on_one_line],
    )
    email = EmailField(
        lazy_gettext("E-mail"), [needed(), at_most(EMAIL), printable()], filters=[on_one_line]
    )
    phone = TelField(
        lazy_gettext("Phone"),
        [optional(), at_most(PHONE), printable(), dialled()],
        filters=[on_one_line],
    )
    line1 = StringField(
        lazy_gettext("Street and number"),
        [optional(), at_most(TEXT), printable()],
        filters=[on_one_line],
    )
    line2 = StringField(
        lazy_gettext("Flat, floor, building"),
        [optional(), at_most(TEXT), printable()],
        filters=[on_one_line],
    )
    postal_code = StringField(
        lazy_gettext("Postal code"), [optional(), at_most(CODE), printable()], filters=[on_one_line]
    )
    city = StringField(
        lazy_gettext("Town"), [optional(), at_most(PLACE), printable()], filters=[on_one_line]
    )
    state = StringField(
        lazy_gettext("Region"), [optional(), at_most(PLACE), printable()], filters=[on_one_line]
    )
    country = SelectField(
        lazy_gettext("Country"), [optional()], default="", invalid_choice_message=CHOOSE
    )

    def keep_to(self, allowed: frozenset[str]) -> None:
        """Take the fields out that are not open to the customer: neither shown nor read."""
        parts = PARTS if "address" not in allowed else ()
        for name in (*({"name", "email", "phone"} - allowed), *parts):
            if name in self:
                delattr(self, name)


class TaxIdForm(Form):
    """A tax id to be added."""

    type = SelectField(lazy_gettext("Kind"), [needed(CHOOSE)], invalid_choice_message=CHOOSE)
    value = StringField(
        lazy_gettext("Number"),
        [needed(), at_most(tax_ids.LONGEST), printable()],
        filters=[on_one_line],
    )


@pages.get("/account")
@open_to(Who.CUSTOMER)
def show() -> str:
    """Show the billing details, as a form where they can be changed."""
    return _show(current_visit())


@pages.post("/account")
@open_to(Who.CUSTOMER)
def update() -> Answer:
    """Write what was changed."""
    visit, form = current_visit(), DetailsForm()
    allowed = _allowed(visit)
    form.keep_to(allowed)
    if "country" in form:
        form.country.choices = _countries(i18n.current().babel)
    if not form.accepts():
        return _show(visit, details=form), 422
    wanted: dict[str, str | Address] = {
        name: form.text(name) for name in ("name", "email", "phone") if name in form
    }
    if "address" in allowed:
        wanted["address"] = Address(**{part: form.text(part) for part in PARTS})
    return _do(
        lambda: customers.update(visit, wanted, proved_by_email=_proved_by_email()),
        form,
        lambda: _show(visit, details=form),
    )


@pages.post("/account/tax-ids")
@open_to(Who.CUSTOMER)
def add_tax_id() -> Answer:
    """Add a tax id."""
    visit, form = current_visit(), TaxIdForm()
    form.type.choices = _kinds(i18n.current().babel)
    if not form.accepts():
        return _show(visit, tax=form), 422
    type, value = form.text("type"), form.text("value")
    return _do(
        lambda: customers.add_tax_id(visit, type, value, proved_by_email=_proved_by_email()),
        form,
        lambda: _show(visit, tax=form),
    )


@pages.post("/account/tax-ids/<id>/remove")
@open_to(Who.CUSTOMER)
def remove_tax_id(id: str) -> Response:
    """Remove a tax id."""

    def remove() -> Response:
        customers.remove_tax_id(current_visit(), id, proved_by_email=_proved_by_email())
        flash(_("The tax ID was removed. Invoices from now on do not carry it."), "ok")
        return redirect(url_for(".show"), 303)

    return attempt(remove, back=url_for(".show"))


PROBLEMS = {
    "known": lazy_gettext("This tax ID is here already."),
    "too_many": lazy_gettext("No more than five tax IDs can be kept. Remove one first."),
    "unknown": CHOOSE,
}
# What Stripe says of a field, by its code.
BY_CODE = {
    "email_invalid": lazy_gettext("This is not an e-mail address. Please check it."),
    "tax_id_invalid": lazy_gettext("This number does not look like one of that kind. Check both."),
}


def _do(deed: Callable[[], int], form: Form, show_again: Callable[[], str]) -> Answer:
    """Write something, and show the form again beside what is wrong with it."""
    try:
        number = deed()
    except InvalidInput as problem:
        _blame(form, problem.field, str(PROBLEMS[problem.problem]))
    except GatewayRefused as refusal:
        said = BY_CODE.get(refusal.code) or wording.ERRORS["provider_refused"]
        _blame(form, refusal.param, str(said))
    except Refused as refusal:
        flash(wording.why(refusal.decision), "bad")
        return redirect(url_for(".show"), 303)
    except GatewayUnavailable as error:
        if not error.was_sent:
            form.form_errors.append(of_silence(error))
            return show_again(), 503
        flash(of_silence(error), "warn")
        return redirect(url_for(".show"), 303)
    else:
        flash(_("Saved.") if number else _("Nothing was changed."), "ok")
        return redirect(url_for(".show"), 303)
    return show_again(), 422


def _blame(form: Form, param: str, message: str) -> None:
    """Say what is wrong beside the field that a provider names (`address[country]`), else above."""
    named = param.rpartition("[")[2].rstrip("]")
    field = next((name for name in (named, param.partition("[")[0]) if name in form), "")
    if field:
        form.refuse(field, message)
    else:
        form.form_errors.append(message)


def _show(visit: Visit, details: DetailsForm | None = None, tax: TaxIdForm | None = None) -> str:
    """Draw the page; a form that was posted comes back as it was filled in."""
    at_stripe, at_holded = customers.profiles(visit)
    allowed, babel = _allowed(visit), i18n.current().babel
    posted = details or tax
    details = details or DetailsForm(formdata=None, data=_values(at_stripe))
    details.keep_to(allowed)
    if "country" in details:
        details.country.choices = _countries(babel)
    tax = tax or TaxIdForm(formdata=None)
    tax.type.choices = _kinds(babel)
    signed_in = session_here()
    return render_template(
        "customer/account/show.html",
        form=posted,
        details=details,
        tax=tax,
        profile=at_stripe,
        holded=at_holded,
        allowed=allowed,
        shut=_shut(at_stripe, allowed),
        is_email_of_sign_in="email" in customers.may_edit(visit, proved_by_email=False) - allowed,
        may_save=bool(allowed - {"tax_id"}),
        countries=dict(_countries(babel)),
        kinds=dict(_kinds(babel)),
        signed_in_as=signed_in.name if signed_in else "",
        orders=purchase_orders.of_visit(visit),
    )


def _shut(profile: Profile | None, allowed: frozenset[str]) -> frozenset[str]:
    """Return what is known and can only be read."""
    if profile is None:
        return frozenset()
    known = {name for name in ("name", "email", "phone") if getattr(profile, name)}
    known |= {name for name in ("address", "shipping") if not getattr(profile, name).is_empty}
    return frozenset(known - allowed)


def _values(profile: Profile | None) -> dict[str, str]:
    if profile is None:
        return {}
    address = {part: getattr(profile.address, part) for part in PARTS}
    return {"name": profile.name, "email": profile.email, "phone": profile.phone, **address}


def _allowed(visit: Visit) -> frozenset[str]:
    return customers.may_edit(visit, proved_by_email=_proved_by_email())


def _proved_by_email() -> bool:
    """Whether the session was entered through the address that could be changed in it (L17)."""
    signed_in = session_here()
    return signed_in is None or signed_in.entered_by != sessions.BY_SESSION_LINK


@lru_cache(maxsize=64)
def _territories(babel: str) -> dict[str, str]:
    return dict(BabelLocale.parse(babel).territories)


@lru_cache(maxsize=64)
def _countries(babel: str) -> list[tuple[str, str]]:
    """Return every country by its name in a language; regions of the world are left out."""
    named = [
        (code, name)
        for code, name in _territories(babel).items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRY
    ]
    return [("", "–"), *sorted(named, key=_by_name)]


@lru_cache(maxsize=64)
def _kinds(babel: str) -> list[tuple[str, str]]:
    """Return every kind of tax id, named by its country and what it is called there."""
    names = _territories(babel)
    told = [
        (type, f"{names.get(tax_ids.country_of(type), '')} – {tax_ids.kind_of(type)}")
        for type in tax_ids.TYPES
    ]
    return [("", "–"), *sorted(told, key=_by_name)]


def _by_name(choice: tuple[str, str]) -> str:
    """Return what a choice is sorted by: its name without case and accents."""
    parts = unicodedata.normalize("NFKD", choice[1].casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


# CLDR's codes that are no country an address can have.
NO_COUNTRY = frozenset(
    {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"}
)
