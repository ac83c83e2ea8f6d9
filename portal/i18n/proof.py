# ruff: noqa: RUF001 - sentences end with full-width signs in some scripts
"""Whether catalogues may be shipped: `faults()` is empty, or says what is wrong, one by one."""

import re
from collections.abc import Iterator
from gettext import c2py
from pathlib import Path

from babel.messages.catalog import Catalog, Message

from portal.i18n import catalogues
from portal.i18n.catalogues import PLURALS, TRANSLATIONS
from portal.i18n.locales import LOCALES, Locale

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
TAG = re.compile(r"</?[a-z]+[^>]*>")
# What ends a sentence, with what the same is in other scripts.
ENDINGS = {".": ".。।", ":": ":：", "?": "?？؟;", "!": "!！", "…": "…"}
SHORT = 30  # messages up to this length stand on buttons, tabs and in headings of tables
LONGER_BY = 2.2
ROOM = 12
COUNTS = range(200)


def faults(folder: Path = TRANSLATIONS) -> Iterator[str]:
    """Yield everything wrong with the sources' messages and with every catalogue."""
    yield from source_faults(catalogues.extract())
    yield from catalogues.drift(folder)
    for locale in catalogues.translated(folder):
        catalogue = catalogues.read(locale, folder)
        yield from _header_faults(locale, catalogue)
        for message in catalogue:
            if message.id:
                yield from (f"{locale.tag}: {_name(message)}: {fault}"
                            for fault in message_faults(message, catalogue))  # fmt: skip


def source_faults(template: Catalog) -> Iterator[str]:
    """Yield what is wrong with the English messages themselves."""
    for message in template:
        for text in _texts(message.id):
            if fault := _typography(text):
                yield f"en: {text!r}: {fault}"
            if re.search(r"%[sd]|\{\w*\}", text):
                yield f"en: {text!r}: a placeholder without a name"


def message_faults(message: Message, catalogue: Catalog) -> Iterator[str]:
    """Yield what is wrong with one translated message."""
    ids, strings = _texts(message.id), _texts(message.string)
    if not all(strings) or not strings:
        yield "not translated"
        return
    if message.fuzzy:
        yield "fuzzy"
    if len(ids) > 1 and len(strings) != catalogue.num_plurals:
        yield f"{len(strings)} plural forms instead of {catalogue.num_plurals}"
    for form, text in enumerate(strings):
        english = ids[0] if len(ids) == 1 or _counts(catalogue, form) == {1} else ids[-1]
        may_omit = {"num"} if len(ids) > 1 and len(_counts(catalogue, form)) == 1 else set()
        yield from _text_faults(english, text, may_omit)


def _text_faults(english: str, text: str, may_omit: set[str]) -> Iterator[str]:
    wanted, given = set(PLACEHOLDER.findall(english)), set(PLACEHOLDER.findall(text))
    if given - wanted - may_omit or wanted - given - may_omit:
        yield f"placeholders {sorted(given)} instead of {sorted(wanted)} in {text!r}"
    if "%" in re.sub(r"%%", "", PLACEHOLDER.sub("", text)):
        yield f"a per cent sign that is not doubled in {text!r}"
    if sorted(TAG.findall(english)) != sorted(TAG.findall(text)):
        yield f"other tags than in English in {text!r}"
    if text.strip() != text:
        yield f"spaces around {text!r}"
    if _ending(english) != _ending(text):
        yield f"ends otherwise than in English: {text!r}"
    if fault := _typography(text):
        yield f"{fault} in {text!r}"
    if len(english) <= SHORT and len(text) > max(len(english) * LONGER_BY, len(english) + ROOM):
        yield f"too long for its place: {text!r}"


def _header_faults(locale: Locale, catalogue: Catalog) -> Iterator[str]:
    expected = PLURALS.get(locale.tag)
    if expected and catalogue.num_plurals != expected[0]:
        yield f"{locale.tag}: {catalogue.num_plurals} plural forms instead of {expected[0]}"
    if catalogue.fuzzy:
        yield f"{locale.tag}: the header is fuzzy"
    if LOCALES[locale.tag].babel != str(catalogue.locale):
        yield f"{locale.tag}: the header says {catalogue.locale}"


def _typography(text: str) -> str:
    if "..." in text:
        return "three dots instead of an ellipsis"
    if re.search(r"\w'|'\w", text):
        return "a straight apostrophe"
    if '"' in TAG.sub("", text):
        return "straight quotation marks"
    return ""


def _ending(text: str) -> str:
    last = text[-1:]
    return next((mark for mark, same in ENDINGS.items() if last and last in same), "")


def _counts(catalogue: Catalog, form: int) -> set[int]:
    """Return the counts up to 200 that a plural form is for."""
    choose = c2py(catalogue.plural_expr)
    return {count for count in COUNTS if choose(count) == form}


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(text) for text in value) if isinstance(value, (tuple, list)) else ()


def _name(message: Message) -> str:
    return repr(_texts(message.id)[0])
