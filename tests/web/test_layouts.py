"""The frame of every page, and every component in it: sound markup, fully translated, both ways."""

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Blueprint, Flask, flash, render_template
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal import i18n
from portal.domain.invoices import InvoiceStatus
from portal.domain.merchants import Merchant
from portal.domain.method_types import CATALOGUE
from portal.domain.money import Money
from portal.domain.payment_methods import PaymentMethod
from portal.domain.subscriptions import SubscriptionStatus
from portal.web import assets, filters, navigation
from portal.web.forms import BooleanField, EmailField, Form, SelectField, StringField, needed
from portal.web.policies import Who, open_to
from tests.browser import Browser, Page
from tests.lint import text_of
from tests.project.test_lint import HEADERS

TEMPLATES = assets.STATIC.parent / "templates"
NOW = datetime(2026, 11, 21, 10, 56, tzinfo=UTC)
MERCHANT = Merchant(
    id=1, slug="nuvol", name="Nuvol Studio", country="ES", currency="eur", timezone="Europe/Madrid",
    locale="es", brand_color="#1f3a5f", stripe_account="acct_1", livemode=False,
    support_email="help@nuvol.example", return_url="https://nuvol.example/",
    privacy_url="https://nuvol.example/privacy", terms_url="https://nuvol.example/terms",
)  # fmt: skip
CARD = PaymentMethod("pm_1", "cus_1", "card", "visa", "4242", 8, 2028)
DEBIT = PaymentMethod("pm_2", "cus_1", "sepa_debit", last4="1332", bank="CaixaBank")
STATUSES = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 502, 503]

GALLERY = """
{% extends "layouts/signed_in.html" %}
{% from "components/actions.html" import bar, button, dialog, icon_link, link, twin %}
{% from "components/amount.html" import amount, price, sum, time %}
{% from "components/card.html" import card as panel, empty, steps %}
{% from "components/facts.html" import details, facts %}
{% from "components/field.html" import choice, csrf, field, problems, shut_choice, tick %}
{% from "components/method.html" import method_name, method_row %}
{% from "components/notice.html" import notice, stale %}
{% from "components/page_header.html" import page_header %}
{% from "components/refusal.html" import refusal %}
{% from "components/status.html" import chip, invoice_status, subscription_status %}
{% from "components/table.html" import pager, search, table, tabs %}
{% set title = _("Invoices") %}
{% block notices %}{{ stale("Holded", now, now) }}{% endblock %}
{% block content %}
{{ problems(form) }}
{{ page_header(title, "/nuvol/", _("Overview"), _("Invoices")) }}
{{ sum(money) }}{{ price(money, _("Total")) }}{{ amount(money) }}{{ time(day) }}
{% call panel("methods", _("Payment methods"), chip(_("Total")), link("/nuvol/", _("Pay"))) %}
<ul class="methods" role="list">
{% call method_row(card, is_default=true, note=_("Total")) %}{{ link("/x", _("Pay")) }}{% endcall %}
{{ method_row(debit, is_expired=true) }}</ul>
{% for type in types %}{{ method_name(type) }}{% endfor %}
{{ facts([(_("Total"), amount(money))], (_("Total"), amount(money))) }}
{{ details([(_("Total"), method_name(card))]) }}
{{ steps([(time(day), _("Total"))]) }}
{% endcall %}
{{ tabs(_("Invoices"), [("/x", _("Total"), true), ("/y", _("Pay"), false)]) }}
{{ search(_("Invoices"), "NVL", {"state": "open"}) }}
{% call table(_("Invoices"), [("", "tick"), (_("Total"), "amount"), ("", "act")]) %}
<tbody>{% for status in invoice_statuses %}
<tr><td>{{ invoice_status(status) }}</td></tr>{% endfor %}
{% for status in subscription_statuses %}<tr><td>{{ subscription_status(status) }}</td></tr>
{% endfor %}<tr><td>{{ subscription_status("cancelling") }}</td></tr>
</tbody>{% endcall %}
{{ pager("/newer", "/older") }}{{ icon_link("/pdf", _("Pay"), "down") }}
<form method="post" action="/nuvol/invoices">{{ csrf() }}
{{ field(form.email, _("Total"), autocomplete="email") }}{{ field(form.words) }}
{{ field(form.reason) }}{{ tick(form.keep, _("Total")) }}
<fieldset><legend>{{ _("Pay") }}</legend>{{ choice("price", "a", _("Total"), true, _("Total")) }}
{% call choice("price", "b", _("Pay")) %}{{ _("Total") }}{% endcall %}
{{ shut_choice(_("Pay"), _("Total")) }}</fieldset>
{{ button(_("Save"), "primary", "ok") }}</form>
{{ refusal(_("Pay"), _("Total"), "/x", _("Total")) }}
{{ notice(_("Pay"), _("Total"), "bad", "alert") }}
{% call empty(_("Pay"), _("Total")) %}{{ link("/x", _("Pay")) }}{% endcall %}
{% call dialog("ask", _("Pay"), "/nuvol/x", _("Pay")) %}<p>{{ _("Total") }}</p>{% endcall %}
{% call bar(_("Total")) %}{% call twin() %}{{ button(_("Pay")) }}{{ link("/x", _("Pay")) }}
{% endcall %}{% endcall %}
{% endblock %}
"""


class Wish(Form):
    """A form with one field of each kind."""

    email = EmailField(i18n.lazy_gettext("E-mail"), validators=[needed()])
    words = StringField(i18n.lazy_gettext("Total"))
    reason = SelectField(
        i18n.lazy_gettext("Total"), choices=[SelectChoice("", i18n.lazy_gettext("Pay"))]
    )
    keep = BooleanField(i18n.lazy_gettext("Total"))


def make_visit(*, merchant: Merchant = MERCHANT, sees_everything: bool = True) -> SimpleNamespace:
    customer = SimpleNamespace(name="Forn Aurora, S.L.", email="admin@fornaurora.example")
    return SimpleNamespace(
        merchant=merchant,
        customer=customer,
        customer_name=customer.name,
        sees_everything=sees_everything,
        session=7,
        now=NOW,
        email="admin@fornaurora.example",
    )


def make_app(locale: str = "en", **visit: Any) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.testing, app.secret_key = True, "test"
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(TEMPLATES), DictLoader({"gallery.html": GALLERY})]
    )
    app.jinja_env.globals["brand_href"] = lambda merchant: f"/brand/{merchant.slug}-1.css"
    i18n.init_app(app, lambda: locale, lambda: "Europe/Madrid")
    assets.init_app(app)
    filters.init_app(app)
    navigation.init_app(app)
    CSRFProtect(app)
    customer = Blueprint("customer", __name__, url_prefix="/<merchant>")

    @open_to(Who.ANYONE)
    def show(merchant: str) -> str | tuple[str, int]:
        form = Wish()
        is_refused = form.is_submitted() and not form.accepts()
        page = render_template(
            "gallery.html", visit=make_visit(**visit), form=form, money=Money(118096, "eur"),
            day=date(2026, 12, 3), now=NOW, card=CARD, debit=DEBIT, types=CATALOGUE,
            invoice_statuses=InvoiceStatus, subscription_statuses=SubscriptionStatus,
        )  # fmt: skip
        return (page, 422) if is_refused else page

    def flashing(merchant: str) -> str | tuple[str, int]:
        flash(i18n.gettext("Pay"), "ok")
        return show(merchant)

    entries = {entry.endpoint for entry in (*navigation.MENU, *navigation.FOOT)}
    parts: dict[str, Blueprint] = {}
    for endpoint in {*entries, navigation.SIGN_OUT, navigation.LANGUAGE}:
        _, noun, name = endpoint.split(".")
        part = parts.setdefault(noun, Blueprint(noun, __name__))
        part.add_url_rule(f"/{noun}", name, flashing if noun == "account" else show,
                          methods=["GET", "POST"])  # fmt: skip
    for part in parts.values():
        customer.register_blueprint(part)
    app.register_blueprint(customer)

    @app.get("/error/<int:status>")
    def fail(status: int) -> str:
        return render_template("errors/error.html", status=status, reference="7K2M-0311",
                               merchant=MERCHANT)  # fmt: skip

    @app.get("/nobody/<int:status>")
    def fail_for_nobody(status: int) -> str:
        return render_template("errors/error.html", status=status, reference="7K2M-0311")

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(HEADERS)
        return response

    return app


@pytest.mark.parametrize("locale", ["en", "en-XA", "ar-XB"])
def test_every_component_is_sound_and_translated(locale: str) -> None:
    page = Browser(make_app(locale)).open("/nuvol/account")

    assert page.tree.get("lang") == locale
    assert page.tree.get("dir") == ("rtl" if locale == "ar-XB" else "ltr")


@pytest.mark.parametrize("locale", ["en", "en-XA"])
@pytest.mark.parametrize("status", STATUSES)
def test_every_error_has_its_page(status: int, locale: str) -> None:
    page = Browser(make_app(locale)).open(f"/error/{status}")

    assert "7K2M-0311" in page.text
    assert page.link("Nuvol Studio") == "mailto:help@nuvol.example"


def test_an_error_without_a_merchant_has_its_page_too() -> None:
    page = Browser(make_app()).open("/nobody/404")

    assert page.h1 == "This page does not exist"


def test_the_menu_marks_where_one_is() -> None:
    page = Browser(make_app()).open("/nuvol/invoices")

    current = [link for link in page.tree.iter("a") if link.get("aria-current") == "page"]
    assert [link.get("href") for link in current] == ["/nuvol/invoices"]


def test_the_holder_of_an_invoice_link_sees_no_menu() -> None:
    page = Browser(make_app(sees_everything=False)).open("/nuvol/invoices")

    assert "Subscriptions" not in page.link_names
    assert "History" not in page.link_names


def test_the_ribbon_says_that_no_money_moves_and_only_then() -> None:
    test_page = Browser(make_app()).open("/nuvol/invoices")
    real_page = Browser(make_app(merchant=replace(MERCHANT, livemode=True))).open("/nuvol/invoices")

    assert "no real money moves" in test_page.text
    assert "no real money moves" not in real_page.text


def test_a_wrong_field_is_named_at_the_top_beside_it_and_in_the_title() -> None:
    browser = Browser(make_app())
    browser.open("/nuvol/invoices")

    page = browser.press("Save", status=422)

    field = next(field for field in page.tree.iter("input") if field.get("id") == "email")
    assert page.title == "Error: Invoices – Nuvol Studio"
    assert page.link("Please fill this in.") == "#email"
    assert field.get("aria-invalid") == "true"
    assert field.get("aria-describedby") == "email-hint email-wrong"


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', None), ("", None)]
)
def test_the_chosen_colours_are_there_from_the_first_byte(cookie: str, theme: str | None) -> None:
    browser = Browser(make_app())
    browser.client.set_cookie("theme", cookie)

    page = browser.open("/nuvol/invoices")

    assert page.tree.get("data-theme") == theme


def test_choosing_a_language_keeps_what_one_searched_for() -> None:
    page = Browser(make_app(sees_everything=False)).open("/nuvol/invoices?q=NVL&locale=en")

    form, _ = page.form_of("Change language")
    assert form.get("method") == "get"
    assert page.fields_of(form) == {"q": ["NVL"], "locale": ["en"]}


def test_a_customers_choice_of_a_language_is_posted() -> None:
    page = Browser(make_app()).open("/nuvol/invoices?q=NVL")

    form, _ = page.form_of("Change language")
    fields = page.fields_of(form)
    assert (form.get("method"), form.get("action")) == ("post", "/nuvol/languages")
    assert (fields["back"], fields["locale"]) == (["/nuvol/invoices?q=NVL"], ["en"])


def test_the_notice_of_the_last_action_is_shown_once() -> None:
    browser = Browser(make_app())

    assert _notices(browser.open("/nuvol/account")) == ["Pay"]
    assert _notices(browser.open("/nuvol/invoices")) == []


def _notices(page: Page) -> list[str]:
    return [text_of(part) for part in page.tree.iter("div") if part.get("class") == "note ok"]


@pytest.mark.parametrize("method", [row.type for row in CATALOGUE])
def test_every_payment_method_has_a_mark(method: str) -> None:
    assert method in assets.names_in_sprite("m")
