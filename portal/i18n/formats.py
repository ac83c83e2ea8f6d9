"""How sums, days and moments are written in a locale; each result is remembered.

Babel prints, our own table of minor units decides the decimals (Babel disagrees with Stripe for ten
currencies). A page shows the same few values again and again, and formatting is slow: hence caches.
"""

import re
from collections.abc import Sequence
from copy import copy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import babel
from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    format_timedelta,
    get_datetime_format,
)
from babel.lists import format_list
from babel.numbers import NumberFormatError, NumberPattern, format_decimal, parse_decimal

from portal.domain.money import KEPT_IN_HUNDREDTHS, Money, exponent
from portal.i18n.locales import Locale

Style = Literal["short", "long"]

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
LEFT_TO_RIGHT, ISOLATE, END_OF_ISOLATE = "\u2066", "\u2068", "\u2069"
# Where the currency's sign is its code, Babel puts nothing between letter and digit.
LETTER_MEETS_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")

# What stands between the digits of numbers, in whichever language.
SIGNS_OF_NUMBERS = ".,'’- \u066b\u066c\u00a0\u202f"


def money(value: Money, locale: Locale) -> str:
    """Write a sum with its currency as people of the locale do, isolated in right-to-left text."""
    return _money(value.amount, value.currency, locale)


@lru_cache(maxsize=16_384)
def _money(amount: int, currency: str, locale: Locale) -> str:
    value = Decimal(amount).scaleb(-exponent(currency))
    digits = _decimals(amount, currency)
    text = _currency_pattern(locale.babel, digits).apply(
        value, _babel(locale.babel), currency=currency.upper(), currency_digits=False
    )
    return isolate(LETTER_MEETS_DIGIT.sub(NO_BREAK_SPACE, text).replace("-", MINUS), locale)


def _decimals(amount: int, currency: str) -> int:
    # Stripe counts these in hundredths, which must be zero: nobody writes them.
    if currency in KEPT_IN_HUNDREDTHS and amount % 100 == 0:
        return 0
    return exponent(currency)


@lru_cache(maxsize=256)
def _currency_pattern(code: str, digits: int) -> NumberPattern:
    pattern: NumberPattern = copy(_babel(code).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


@lru_cache(maxsize=1_024)
def number(value: int | Decimal, locale: Locale) -> str:
    """Write a number with the locale's separators."""
    return format_decimal(value, locale=_babel(locale.babel)).replace("-", MINUS)


def read_number(text: str, locale: Locale) -> Decimal:
    """Read a number as its language writes it; raises ValueError where it could mean another.

    `1.500` is one and a half in English only, and `50.00` no number at all in Spanish.
    """
    if not all(sign.isdecimal() or sign in SIGNS_OF_NUMBERS for sign in text):
        raise ValueError("not a number")
    try:
        return parse_decimal(text.strip(), locale=_babel(locale.babel), strict=True)
    except NumberFormatError as wrong:
        raise ValueError(f"not a number in {locale.tag}") from wrong


@lru_cache(maxsize=1_024)
def percent(value: Decimal, locale: Locale) -> str:
    """Write a part of a hundred with the locale's sign: 12.5 as `12.5%`."""
    shown = _babel(locale.babel)
    text = shown.percent_formats[None].apply(value / 100, shown, decimal_quantization=False)
    return isolate(text.replace("-", MINUS), locale)


@lru_cache(maxsize=4_096)
def day(value: date, locale: Locale, style: Style = "long") -> str:
    """Write a day: `3 December 2026`, or `3 Dec 2026` in the short style of tables."""
    return format_date(value, "long" if style == "long" else "medium", locale=_babel(locale.babel))


@lru_cache(maxsize=256)
def quarter(value: date, locale: Locale) -> str:
    """Write the quarter of a day: `Q4 2026`."""
    return format_skeleton("yQQQ", value, locale=_babel(locale.babel))


@lru_cache(maxsize=256)
def month(value: date, locale: Locale) -> str:
    """Write the month of a day in numbers: `12/2026`."""
    return format_skeleton("yM", value, locale=_babel(locale.babel))


@lru_cache(maxsize=256)
def year(value: date, locale: Locale) -> str:
    """Write the year of a day."""
    return format_skeleton("y", value, locale=_babel(locale.babel))


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day a moment falls on for people who live in a time zone."""
    return moment.astimezone(zone).date()


def clock(value: datetime, locale: Locale, zone: ZoneInfo) -> str:
    """Write the time of day of a moment: `10:42`."""
    # The minute is all that shows, so the cache need not know the rest.
    return _clock(value.astimezone(UTC).replace(second=0, microsecond=0), locale, zone)


@lru_cache(maxsize=4_096)
def _clock(value: datetime, locale: Locale, zone: ZoneInfo) -> str:
    return format_time(value.astimezone(zone), "short", tzinfo=zone, locale=_babel(locale.babel))


def moment(value: datetime, locale: Locale, zone: ZoneInfo, style: Style = "long") -> str:
    """Write a day and the time of day: `21 November 2026, 10:05`."""
    pattern = get_datetime_format("long" if style == "long" else "medium", locale=locale.babel)
    written_day = day(local_day(value, zone), locale, style)
    return str(pattern).replace("{0}", clock(value, locale, zone)).replace("{1}", written_day)


def ago(value: datetime, now: datetime, locale: Locale) -> str:
    """Write how long ago a moment was, in its largest unit: `14 minutes ago`."""
    seconds = max(int((now - value).total_seconds()), 0)
    return _ago(_rounded(seconds), locale)


def _rounded(seconds: int) -> int:
    unit = next((unit for unit in (86_400, 3_600, 60) if seconds >= unit), 60)
    return max(seconds // unit, 1) * unit


@lru_cache(maxsize=1_024)
def _ago(seconds: int, locale: Locale) -> str:
    past = timedelta(seconds=-seconds)
    # The threshold keeps 50 minutes from becoming an hour.
    return format_timedelta(past, add_direction=True, threshold=1, locale=_babel(locale.babel))


def isolate(text: str, locale: Locale) -> str:
    """Keep a name, number or sum in one piece within right-to-left text; others need no help."""
    return f"{ISOLATE}{text}{END_OF_ISOLATE}" if locale.is_rtl else text


def left_to_right(text: str, locale: Locale) -> str:
    """Keep a masked number (`•••• 4242`), an expiry or an address in its own order."""
    return f"{LEFT_TO_RIGHT}{text}{END_OF_ISOLATE}" if locale.is_rtl else text


def alternatives(words: Sequence[str], locale: Locale) -> str:
    """Write words as a list to choose from: `a, b or c`."""
    return format_list(
        [isolate(word, locale) for word in words], style="or", locale=_babel(locale.babel)
    )


@lru_cache(maxsize=64)
def _babel(code: str) -> babel.Locale:
    return babel.Locale.parse(code)
