# ruff: noqa: RUF001 - the languages write their own names, full-width signs included
"""The 51 locales as a table, and which of them a visitor's wishes lead to.

Codes in addresses, cookies and tables are BCP 47 (`pt-BR`); what Babel, gettext and Stripe's pages
call the same language stands beside it and goes nowhere else.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LONGEST_TAG = 35  # BCP 47 (RFC 5646, 4.4.1) asks software to bear this much
LONGEST_WISH = 500  # of a browser's whole list; nobody reads so many languages


@dataclass(frozen=True, slots=True)
class Locale:
    """One language as people choose it.

    `babel` names its formats, `catalogue` its folder in `translations/` (empty where the English
    of the sources serves), `stripe_portal` and `checkout` what Stripe's two kinds of pages are
    asked for.
    """

    tag: str
    name: str
    babel: str
    catalogue: str
    stripe_portal: str
    checkout: str
    is_rtl: bool = False

    @property
    def direction(self) -> str:
        """Return the value of the `dir` attribute."""
        return "rtl" if self.is_rtl else "ltr"


# Every locale with its own name for itself, in the order of the languages' chooser.
NAMES = {
    "id": "Bahasa Indonesia", "ms": "Bahasa Melayu", "ca": "Català", "cs": "Čeština",
    "da": "Dansk", "de": "Deutsch", "et": "Eesti", "en": "English",
    "en-AU": "English (Australia)", "en-CA": "English (Canada)", "en-IN": "English (India)",
    "en-IE": "English (Ireland)", "en-NZ": "English (New Zealand)",
    "en-SG": "English (Singapore)", "en-GB": "English (United Kingdom)", "es": "Español",
    "es-419": "Español (Latinoamérica)", "eu": "Euskara", "fil": "Filipino", "fr": "Français",
    "fr-CA": "Français (Canada)", "gl": "Galego", "hr": "Hrvatski", "it": "Italiano",
    "lv": "Latviešu", "lt": "Lietuvių", "hu": "Magyar", "mt": "Malti", "nl": "Nederlands",
    "nb": "Norsk bokmål", "pl": "Polski", "pt": "Português", "pt-BR": "Português (Brasil)",
    "ro": "Română", "sk": "Slovenčina", "sl": "Slovenščina", "fi": "Suomi", "sv": "Svenska",
    "vi": "Tiếng Việt", "tr": "Türkçe", "el": "Ελληνικά", "bg": "Български", "ru": "Русский",
    "he": "עברית", "ar": "العربية", "th": "ไทย", "ja": "日本語", "ko": "한국어",
    "zh": "简体中文", "zh-HK": "繁體中文（香港）", "zh-TW": "繁體中文（台灣）",
}  # fmt: skip

# Babel's `pt` is Brazilian where Stripe's is European; its Chinese needs the script.
BABEL = {"pt": "pt_PT", "zh": "zh_Hans_CN", "zh-HK": "zh_Hant_HK", "zh-TW": "zh_Hant_TW"}
# Languages Stripe does not speak: the one its readers know best, or Stripe's own guess.
NOT_AT_STRIPE = {"ca": "es", "eu": "es", "gl": "es", "ar": "auto", "he": "auto"}
# Checkout knows fewer kinds of English than the portal (stripe-python, both enums).
NOT_AT_CHECKOUT = {
    "en-AU": "en-GB", "en-CA": "en", "en-IE": "en-GB", "en-IN": "en-GB", "en-NZ": "en-GB",
    "en-SG": "en-GB",
}  # fmt: skip
RTL = frozenset({"ar", "he"})


def _locale(tag: str, name: str) -> Locale:
    babel = BABEL.get(tag, tag.replace("-", "_"))
    at_stripe = NOT_AT_STRIPE.get(tag, tag)
    return Locale(
        tag=tag,
        name=name,
        babel=babel,
        catalogue="" if tag.partition("-")[0] == "en" else babel,
        stripe_portal=at_stripe,
        checkout=NOT_AT_CHECKOUT.get(tag, at_stripe),
        is_rtl=tag in RTL,
    )


LOCALES = {tag: _locale(tag, name) for tag, name in NAMES.items()}
DEFAULT = LOCALES["en"]
# Longer words, accents and brackets, so that tests see what is cut off or was never translated.
PSEUDO = Locale("en-XA", "⟦Ƥşḗŭḓǿ⟧", "en", "", "en", "en")
# The same from right to left, with Arabic formats, as long as there is no Arabic catalogue.
PSEUDO_RTL = Locale("ar-XB", "⟦Ƥşḗŭḓǿ RTL⟧", "ar", "", "auto", "auto", is_rtl=True)
PSEUDOS = (PSEUDO, PSEUDO_RTL)

# What browsers and providers send and neither Babel nor Werkzeug leads to the right place.
ALIASES = {
    "no": "nb", "nn": "nb", "iw": "he", "in": "id", "tl": "fil",
    "zh-hans": "zh", "zh-cn": "zh", "zh-sg": "zh", "zh-my": "zh",
    "zh-hant": "zh-TW", "zh-hant-hk": "zh-HK", "zh-hant-mo": "zh-HK", "zh-mo": "zh-HK",
}  # fmt: skip
LATIN_AMERICA = frozenset({
    "ar", "bo", "cl", "co", "cr", "cu", "do", "ec", "gt", "hn", "mx", "ni", "pa", "pe", "pr", "py",
    "sv", "us", "uy", "ve",
})  # fmt: skip
BRITISH = frozenset({
    "ae", "at", "be", "bw", "ch", "cy", "de", "dk", "es", "fi", "fr", "gg", "gh", "gi", "hk", "il",
    "im", "je", "ke", "lk", "mt", "mu", "my", "ng", "nl", "pk", "se", "tz", "ug", "za", "zm", "zw",
})  # fmt: skip
# Written so differently that the other one is no help.
NO_PARENT = frozenset({"zh-TW", "zh-HK"})
SIBLINGS = {
    "zh-TW": "zh-HK",
    "zh-HK": "zh-TW",
    "es-419": "es",
    "fr-CA": "fr",
    "pt-BR": "pt",
    "pt": "pt-BR",
}


def find(tag: str, among: Iterable[Locale]) -> Locale | None:
    """Return the locale a language tag means: itself, its alias, its parent or a close sibling.

    None if none of those is among the given ones, or the tag makes no sense.
    """
    known = {locale.tag: locale for locale in among}
    for candidate in _candidates(tag):
        if candidate in known:
            return known[candidate]
    return None


def negotiate(accept_language: str, among: Iterable[Locale]) -> Locale | None:
    """Return the best of the given locales for an `Accept-Language` header, None if none fits."""
    return _best(accept_language[:LONGEST_WISH], tuple(among))


# Browsers send the same few.
@lru_cache(maxsize=512)
def _best(accept_language: str, offered: tuple[Locale, ...]) -> Locale | None:
    wishes = parse_accept_header(accept_language, LanguageAccept)
    found = (find(tag, offered) for tag, quality in wishes if quality > 0)
    return next((locale for locale in found if locale), None)


def _candidates(tag: str) -> Iterable[str]:
    """Yield canonical tags from the closest to the most distant, e.g. es-MX: es-419, es."""
    if len(tag) > LONGEST_TAG or not re.fullmatch(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*", tag):
        return
    parts = tag.replace("_", "-").lower().split("-")
    while parts:
        canonical = _canonical(parts)
        if canonical:
            yield canonical
            if canonical in SIBLINGS:
                yield SIBLINGS[canonical]
            if canonical in NO_PARENT:
                return
        parts.pop()


BY_LOWER = {tag.lower(): tag for tag in (*NAMES, *(pseudo.tag for pseudo in PSEUDOS))}


def _canonical(parts: list[str]) -> str | None:
    lower = "-".join(parts)
    if lower in BY_LOWER:
        return BY_LOWER[lower]
    if lower in ALIASES:
        return ALIASES[lower]
    language, region = parts[0], parts[-1]
    if language == "es" and region in LATIN_AMERICA:
        return "es-419"
    if language == "en" and region in BRITISH:
        return "en-GB"
    return None
