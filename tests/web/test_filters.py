"""Sums, days and moments are written as people of each place write them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template_string

from portal import i18n
from portal.domain.money import Money
from portal.i18n import formats
from portal.i18n.locales import LOCALES
from portal.web import filters

MADRID = ZoneInfo("Europe/Madrid")
NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def make_app(locale: str = "en-IE") -> Flask:
    app = Flask(__name__, static_folder=None)
    i18n.init_app(app, lambda: locale, lambda: "Europe/Madrid")
    filters.init_app(app)
    return app


def render(template: str, **values: object) -> str:
    with make_app().test_request_context():
        return render_template_string(template, **values)


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        (118096, "eur", "en-IE", "€1,180.96"),
        (118096, "eur", "es", "1.180,96\u00a0€"),
        (118096, "eur", "ca", "1.180,96\u00a0€"),
        (118096, "eur", "pt", "1\u00a0180,96\u00a0€"),
        (118096, "brl", "pt-BR", "R$\u00a01.180,96"),
        (118096, "eur", "es-419", "EUR\u00a01,180.96"),
        (-6776, "eur", "en-IE", "\u2212€67.76"),
        (-6776, "eur", "es", "\u221267,76\u00a0€"),
        (1000, "jpy", "en", "¥1,000"),
        (1500, "kwd", "en", "KWD\u00a01.500"),
        (100000, "isk", "en", "ISK\u00a01,000"),
        (100000, "mmk", "en", "MMK\u00a01,000.00"),
        (5, "usd", "en", "$0.05"),
        (0, "eur", "en", "€0.00"),
        (99999999999999999, "usd", "en", "$999,999,999,999,999.99"),
    ],
)
def test_a_sum_is_written_as_its_readers_do(
    amount: int, currency: str, locale: str, written: str
) -> None:
    assert formats.money(Money(amount, currency), LOCALES[locale]) == written


def test_a_sum_stays_in_one_piece_in_arabic_and_keeps_latin_digits() -> None:
    written = formats.money(Money(118096, "eur"), LOCALES["ar"])

    assert written.startswith("\u2068")
    assert written.endswith("\u2069")
    assert "1,180.96" in written


@pytest.mark.parametrize("locale", LOCALES.values(), ids=lambda locale: locale.tag)
def test_every_locale_writes_every_kind_of_value(locale: i18n.Locale) -> None:
    written = [
        formats.money(Money(123456, "eur"), locale),
        formats.day(date(2026, 12, 3), locale),
        formats.day(date(2026, 12, 3), locale, "short"),
        formats.moment(NEW_YEARS_EVE, locale, MADRID),
        formats.ago(NEW_YEARS_EVE, NEW_YEARS_EVE, locale),
    ]

    assert all(written)
    assert not any("'" in text or "{" in text for text in written)


@pytest.mark.parametrize(
    ("locale", "written"), [("en-IE", "3 December 2026"), ("es", "3 de diciembre de 2026")]
)
def test_a_day_is_written_in_words(locale: str, written: str) -> None:
    assert formats.day(date(2026, 12, 3), LOCALES[locale]) == written


def test_a_moment_is_told_in_the_time_zone_of_the_visit() -> None:
    assert render("{{ value|moment }}", value=NEW_YEARS_EVE) == "1 January 2027, 00:30"
    assert render("{{ value|day }}", value=NEW_YEARS_EVE) == "1 January 2027"
    assert render("{{ value|clock }}", value=NEW_YEARS_EVE) == "00:30"


@pytest.mark.parametrize(
    ("due", "written"),
    [
        (date(2026, 11, 24), "Due on 24 November 2026"),
        (date(2026, 11, 21), "Due today"),
        (date(2026, 11, 20), "Was due on 20 November 2026, 1 day ago"),
        (date(2026, 11, 4), "Was due on 4 November 2026, 17 days ago"),
    ],
)
def test_what_is_due_says_how_far_away_it_is(due: date, written: str) -> None:
    now = datetime(2026, 11, 21, 10, 56, tzinfo=UTC)

    assert render("{{ due|due(now) }}", due=due, now=now) == written


@pytest.mark.parametrize(
    ("minute", "written"),
    [(56, "1 minute ago"), (42, "14 minutes ago"), (57, "1 minute ago")],
)
def test_the_age_of_what_is_shown_is_told_in_words(minute: int, written: str) -> None:
    now = datetime(2026, 11, 21, 10, 56, 30, tzinfo=UTC)
    then = datetime(2026, 11, 21, 10, minute, tzinfo=UTC)

    assert render("{{ then|ago(now) }}", then=then, now=now) == written


def test_a_masked_number_keeps_its_order_in_arabic_and_is_left_alone_elsewhere() -> None:
    assert formats.left_to_right("•••• 4242", LOCALES["ar"]) == "\u2066•••• 4242\u2069"
    assert formats.left_to_right("•••• 4242", LOCALES["es"]) == "•••• 4242"


@pytest.mark.parametrize(
    ("locale", "written"),
    [("en", "12.5%"), ("es", "12,5\u00a0%"), ("tr", "%12,5"), ("ar", "\u206812.5%\u2069")],
)
def test_a_part_of_a_hundred_has_the_sign_where_the_locale_has_it(
    locale: str, written: str
) -> None:
    assert formats.percent(Decimal("12.5"), LOCALES[locale]) == written
