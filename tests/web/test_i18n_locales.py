"""People get the language they asked for, or the closest one they can read."""

import pytest
from babel import Locale as BabelLocale

from portal import i18n
from portal.i18n.locales import LOCALES, find, negotiate

ALL = tuple(LOCALES.values())
FIRST = tuple(LOCALES[tag] for tag in ("en", "en-GB", "es", "ca"))


def tag_of(locale: i18n.Locale | None) -> str | None:
    return locale.tag if locale else None


def test_stripes_46_and_the_five_it_lacks_are_there() -> None:
    stripes = (
        "bg cs da de el en en-AU en-CA en-GB en-IE en-IN en-NZ en-SG es es-419 et fi fil fr fr-CA"
        " hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW"
    )

    assert set(LOCALES) == {*stripes.split(), "ca", "eu", "gl", "ar", "he"}


@pytest.mark.parametrize("locale", ALL, ids=lambda locale: locale.tag)
def test_babel_knows_the_formats_and_the_direction_of_every_locale(locale: i18n.Locale) -> None:
    babel = BabelLocale.parse(locale.babel)

    assert babel.text_direction == locale.direction
    assert babel.get_language_name()


@pytest.mark.parametrize(
    ("tag", "portal", "checkout"),
    [
        ("es", "es", "es"),
        ("ca", "es", "es"),
        ("ar", "auto", "auto"),
        ("en-IE", "en-IE", "en-GB"),
        ("en-CA", "en-CA", "en"),
        ("pt", "pt", "pt"),
    ],
)
def test_stripes_pages_are_asked_for_a_language_they_speak(
    tag: str, portal: str, checkout: str
) -> None:
    assert LOCALES[tag].stripe_portal == portal
    assert LOCALES[tag].checkout == checkout


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("es-MX", "es-419"),
        ("es-ES", "es"),
        ("ES_es", "es"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-HK", "zh-HK"),
        ("zh-MO", "zh-HK"),
        ("zh-Hans-CN", "zh"),
        ("zh-CN", "zh"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("iw", "he"),
        ("in", "id"),
        ("tl", "fil"),
        ("en-ZA", "en-GB"),
        ("en-US", "en"),
        ("pt-AO", "pt"),
        ("pt_BR", "pt-BR"),
        ("fr-BE", "fr"),
        ("fr-CA", "fr-CA"),
        ("ca-ES-valencia", "ca"),
        ("xx", None),
        ("", None),
        ("*", None),
        ("../../etc/passwd", None),
        ("e" * 5_000, None),
        ("es\n", None),
    ],
)
def test_a_tag_leads_to_the_locale_it_means(asked: str, given: str | None) -> None:
    assert tag_of(find(asked, ALL)) == given


@pytest.mark.parametrize(("asked", "given"), [("es-MX", "es"), ("pt-BR", None), ("zh-TW", None)])
def test_a_locale_that_is_not_on_offer_gives_way_to_its_parent(
    asked: str, given: str | None
) -> None:
    assert tag_of(find(asked, FIRST)) == given


def test_traditional_chinese_is_never_answered_in_simplified() -> None:
    without_traditional = tuple(locale for locale in ALL if locale.tag not in {"zh-TW", "zh-HK"})

    assert find("zh-Hant", without_traditional) is None


@pytest.mark.parametrize(
    ("header", "given"),
    [
        ("ca,es;q=0.8,en;q=0.5", "ca"),
        ("eu,es;q=0.8,en;q=0.5", "es"),
        ("en;q=0.5,es-MX;q=0.9", "es"),
        ("es;q=0,en", "en"),
        ("ja,ko;q=0.7", None),
        ("", None),
        (";;;q=,,\x00", None),
    ],
)
def test_the_first_wish_we_can_meet_wins(header: str, given: str | None) -> None:
    assert tag_of(negotiate(header, FIRST)) == given
