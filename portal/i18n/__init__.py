"""The languages of the portal: the typed front to gettext, and which locale is spoken now.

Flask-Babel ships no types; this package is the one place that knows it. Templates have `_`,
`ngettext` and `pgettext`; Python has the functions below, whose names Babel's extraction knows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import flask_babel
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_app_context
from flask_babel.speaklater import LazyString
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from portal.i18n.locales import DEFAULT, LOCALES, PSEUDOS, Locale, find, negotiate
from portal.i18n.pseudo import PseudoTranslations

__all__ = [
    "DEFAULT", "LOCALES", "PSEUDOS", "TRANSLATIONS", "Locale", "available", "current",
    "current_zone", "find", "gettext", "init_app", "lazy_gettext", "lazy_pgettext", "negotiate",
    "ngettext", "npgettext", "pgettext", "speaking",
]  # fmt: skip

TRANSLATIONS = Path(__file__).parents[2] / "translations"
DOMAIN = "messages"
UTC_NAME = "UTC"


@dataclass(frozen=True, slots=True)
class Speech:
    """The language spoken in a context: its locale, and its messages (the sources' for English)."""

    locale: Locale
    messages: NullTranslations


class Catalogues(flask_babel.Domain):  # type: ignore[misc]  # Flask-Babel ships no types
    """Flask-Babel's domain, taking catalogues by our own table of locales."""

    def get_translations(self) -> NullTranslations:
        """Return the messages of the language spoken now."""
        return _speech().messages


def init_app(
    app: Flask,
    locale_selector: Callable[[], str | None],
    timezone_selector: Callable[[], str | None],
) -> None:
    """Speak in an app the language a selector names (BCP 47), and tell time in its zone (IANA).

    Either may answer None: then it is English, and UTC. Catalogues are read now, not at the first
    visit. The pseudo-locales are on offer in tests, in debug mode, and where the configuration
    says PSEUDO_LOCALES.
    """
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    app.extensions["portal_selectors"] = (locale_selector, timezone_selector)
    babel = flask_babel.Babel(
        app,
        locale_selector=lambda: current().babel,
        timezone_selector=lambda: current_zone().key,
    )
    babel.domain_instance = Catalogues(str(TRANSLATIONS), DOMAIN)
    app.jinja_env.globals.update(TEMPLATE_FUNCTIONS)
    for locale in available():
        _catalogue(locale.tag)


def available() -> tuple[Locale, ...]:
    """Return the locales people may choose: English, and every one whose catalogue is compiled."""
    return (*_compiled(), *PSEUDOS) if _offers_pseudo() else _compiled()


def current() -> Locale:
    """Return the locale spoken now: what `speaking` set, else what the selector names."""
    return _speech().locale


def current_zone() -> ZoneInfo:
    """Return the time zone days and moments are told in now."""
    if not has_app_context():
        return ZoneInfo(UTC_NAME)
    if "portal_zone" not in g:
        _, select = current_app.extensions["portal_selectors"]
        g.portal_zone = ZoneInfo(select() or UTC_NAME)
    return cast(ZoneInfo, g.portal_zone)


@contextmanager
def speaking(tag: str, zone: str | None = None) -> Iterator[Locale]:
    """Speak a language for a while, as mails do; an unknown tag means English."""
    locale = find(tag, available()) or DEFAULT
    before = {name: g.get(name) for name in ("portal_speech", "portal_zone")}
    g.portal_speech = Speech(locale, _catalogue(locale.tag))
    if zone is not None:
        g.portal_zone = ZoneInfo(zone)
    try:
        with flask_babel.force_locale(locale.babel):
            yield locale
    finally:
        for name, value in before.items():
            if value is None:
                g.pop(name, None)
            else:
                setattr(g, name, value)


def gettext(message: str, **variables: object) -> str:
    """Return a sentence in the language spoken now, its named placeholders filled.

    A per cent sign of the sentence itself is doubled, here as in templates.
    """
    return _filled(_speech().messages.gettext(message), variables)


def ngettext(one: str, many: str, num: int, **variables: object) -> str:
    """Return the form of a sentence for a count, which it may name as `%(num)s`."""
    return _filled(_speech().messages.ngettext(one, many, num), {"num": num, **variables})


def pgettext(context: str, message: str, **variables: object) -> str:
    """Return a word or sentence whose meaning depends on where it stands."""
    return _filled(str(_speech().messages.pgettext(context, message)), variables)


def npgettext(context: str, one: str, many: str, num: int, **variables: object) -> str:
    """Return the form for a count of a sentence whose meaning depends on where it stands."""
    text = str(_speech().messages.npgettext(context, one, many, num))
    return _filled(text, {"num": num, **variables})


def lazy_gettext(message: str, **variables: object) -> str:
    """Return a sentence that is translated when it is shown: for labels of forms and tables."""
    return cast(str, LazyString(gettext, message, **variables))


def lazy_pgettext(context: str, message: str, **variables: object) -> str:
    """Return a word that is translated when it is shown, with the context it stands in."""
    return cast(str, LazyString(pgettext, context, message, **variables))


def _filled(text: str, variables: dict[str, object]) -> str:
    return text % variables


def _for_templates(speak: Callable[..., str]) -> Callable[..., str]:
    @pass_eval_context
    def speak_in_template(context: EvalContext, *words: Any, **variables: object) -> str:
        # What is filled in is escaped; the sentence itself may hold tags.
        if not context.autoescape:
            return speak(*words, **variables)
        return Markup(speak(*words, **{name: escape(value) for name, value in variables.items()}))  # noqa: S704

    return speak_in_template


# Flask-Babel's own way through three proxies costs more than the rest of a page.
TEMPLATE_FUNCTIONS = {
    "_": _for_templates(gettext),
    "gettext": _for_templates(gettext),
    "ngettext": _for_templates(ngettext),
    "pgettext": _for_templates(pgettext),
    "npgettext": _for_templates(npgettext),
}


def _speech() -> Speech:
    try:
        known: Speech | None = g.get("portal_speech")
    except RuntimeError:
        return Speech(DEFAULT, _catalogue(DEFAULT.tag))
    if known is None:
        select, _ = current_app.extensions["portal_selectors"]
        locale = find(select() or "", available()) or DEFAULT
        known = g.portal_speech = Speech(locale, _catalogue(locale.tag))
    return known


def _offers_pseudo() -> bool:
    if not has_app_context():
        return False
    wanted: bool = current_app.config.get("PSEUDO_LOCALES", False)
    return wanted or current_app.testing or current_app.debug


@cache
def _compiled() -> tuple[Locale, ...]:
    return tuple(
        locale
        for locale in LOCALES.values()
        if not locale.catalogue or _compiled_file(locale).is_file()
    )


def _compiled_file(locale: Locale) -> Path:
    return TRANSLATIONS / locale.catalogue / "LC_MESSAGES" / f"{DOMAIN}.mo"


@cache
def _catalogue(tag: str) -> NullTranslations:
    if tag in {pseudo.tag for pseudo in PSEUDOS}:
        return PseudoTranslations()
    locale = LOCALES[tag]
    if not locale.catalogue:
        return Translations()
    with _compiled_file(locale).open("rb") as file:
        return Translations(file)
