"""Which language is spoken, and what the pseudo-locale does to it."""

from collections.abc import Callable

import pytest
from flask import Flask, render_template_string

from portal import i18n
from portal.i18n import gettext, lazy_gettext, ngettext
from portal.i18n.pseudo import disguise


def nothing() -> str | None:
    return None


def make_app(
    locale: Callable[[], str | None] = nothing, zone: Callable[[], str | None] = nothing
) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.testing = True
    i18n.init_app(app, locale, zone)
    return app


def test_english_and_utc_are_spoken_when_nothing_is_known() -> None:
    with make_app().app_context():
        assert i18n.current().tag == "en"
        assert i18n.current_zone().key == "UTC"


def test_the_selectors_decide() -> None:
    app = make_app(lambda: "en-IE", lambda: "Europe/Madrid")

    with app.app_context():
        assert i18n.current().tag == "en-IE"
        assert i18n.current_zone().key == "Europe/Madrid"


def test_a_language_without_a_catalogue_is_not_on_offer() -> None:
    app = make_app(lambda: "ja")

    with app.app_context():
        assert i18n.current().tag == "en"
        assert "ja" not in {locale.tag for locale in i18n.available()}


def test_the_pseudo_locale_is_for_tests_alone() -> None:
    app = make_app(lambda: "en-XA")
    app.testing = False

    with app.app_context():
        assert i18n.current().tag == "en"


def test_templates_and_python_speak_the_same_language() -> None:
    app = make_app(lambda: "en-XA")

    with app.test_request_context():
        page = render_template_string("{{ _('Sign in') }}")

        assert page == gettext("Sign in") == str(lazy_gettext("Sign in")) == disguise("Sign in")


def test_a_mail_speaks_its_readers_language_and_the_page_keeps_its_own() -> None:
    app = make_app(lambda: "en")

    with app.app_context():
        with i18n.speaking("en-XA", "Asia/Tokyo"):
            inside = (gettext("Sign in"), i18n.current_zone().key)

        assert inside == (disguise("Sign in"), "Asia/Tokyo")
        assert (gettext("Sign in"), i18n.current_zone().key) == ("Sign in", "UTC")


def test_what_people_typed_is_escaped_inside_a_sentence() -> None:
    with make_app().test_request_context():
        page = render_template_string("{{ _('Hello %(name)s', name='<script>') }}")

    assert page == "Hello &lt;script&gt;"


@pytest.mark.parametrize(("count", "written"), [(1, "1 invoice"), (2, "2 invoices")])
def test_counts_choose_their_form(count: int, written: str) -> None:
    with make_app().app_context():
        assert ngettext("%(num)s invoice", "%(num)s invoices", count) == written


def test_a_disguise_keeps_placeholders_tags_and_per_cent_signs() -> None:
    written = disguise("Pay %(amount)s, <strong>now</strong>, 100%% sure")

    assert written % {"amount": "5 €"}
    assert "%(amount)s" in written
    assert "<strong>" in written
    assert len(written) >= 1.4 * len("Pay %(amount)s, <strong>now</strong>, 100%% sure")


def test_nothing_is_asked_of_an_app_that_does_not_run() -> None:
    assert i18n.current().tag == "en"
    assert gettext("Sign in") == "Sign in"
