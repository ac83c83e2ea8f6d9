"""Catalogues of messages: collected from the sources, kept in step with them, compiled, checked.

`translations/<catalogue>/LC_MESSAGES/messages.po` is what translators edit and what is committed;
`.mo` files are made from it. What is extracted from where stands in pyproject.toml, for `pybabel`
and for this module.
"""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from portal.i18n.locales import LOCALES, Locale

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "translations"
PROJECT = "Billing portal"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
COMMENT_TAGS = ("Translators:",)
# Babel's table lacks these, and would give them the two forms of English.
PLURALS = {"id": (1, "0"), "ms": (1, "0")}


@cache
def extract(root: Path = ROOT) -> Catalog:
    """Collect every message of the sources; a template that cannot be parsed raises.

    The sources are read once in a process.
    """
    template = Catalog(project=PROJECT, charset="utf-8", fuzzy=False)
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(row["pattern"], row["method"]) for row in settings]
    options = {row["pattern"]: _options(row) for row in settings if row["method"] == "jinja2"}
    for found in extract_from_dir(
        root, methods, options, keywords=KEYWORDS, comment_tags=COMMENT_TAGS
    ):
        name, _, message, comments, context = found
        template.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return template


def translated(folder: Path = TRANSLATIONS) -> tuple[Locale, ...]:
    """Return the locales that have a catalogue, in the order of the chooser."""
    return tuple(
        locale
        for locale in LOCALES.values()
        if locale.catalogue and po_file(locale, folder).is_file()
    )


def po_file(locale: Locale, folder: Path = TRANSLATIONS) -> Path:
    """Return where the catalogue of a locale is kept."""
    return folder / locale.catalogue / "LC_MESSAGES" / "messages.po"


def read(locale: Locale, folder: Path = TRANSLATIONS) -> Catalog:
    """Read the catalogue of a locale."""
    with po_file(locale, folder).open("rb") as file:
        return read_po(file, locale=locale.babel)


def add(tag: str, folder: Path = TRANSLATIONS) -> Path:
    """Begin the catalogue of a locale and return its file.

    Raises ValueError for a locale that is not in the table, needs no catalogue, or has one.
    """
    locale = LOCALES.get(tag)
    if locale is None or not locale.catalogue:
        raise ValueError(f"not a locale that is translated: {tag!r}")
    path = po_file(locale, folder)
    if path.exists():
        raise ValueError(f"{tag} has a catalogue already: {path}")
    catalogue = Catalog(locale.babel, project=PROJECT, charset="utf-8", fuzzy=False)
    _set_plurals(catalogue, locale)
    catalogue.update(extract(), no_fuzzy_matching=True)
    _write(catalogue, path)
    return path


def update(folder: Path = TRANSLATIONS) -> tuple[Locale, ...]:
    """Bring every catalogue in step with the sources and return those that were not.

    New messages come empty, old ones go; nothing is guessed.
    """
    template = extract()
    changed = []
    for locale in translated(folder):
        catalogue = read(locale, folder)
        before = _messages(catalogue)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        if _messages(catalogue) != before:
            _write(catalogue, po_file(locale, folder))
            changed.append(locale)
    return tuple(changed)


def compile_all(folder: Path = TRANSLATIONS) -> tuple[Locale, ...]:
    """Compile every catalogue for the portal to read, and return their locales."""
    for locale in translated(folder):
        target = po_file(locale, folder).with_suffix(".mo")
        unfinished = target.with_suffix(".mo.new")
        with unfinished.open("wb") as file:
            write_mo(file, read(locale, folder))
        # Renamed at the end, so that a portal that starts now reads the old one or the new one.
        unfinished.replace(target)
    return translated(folder)


def drift(folder: Path = TRANSLATIONS) -> Iterator[str]:
    """Yield what the sources say and a catalogue does not know, and the other way round."""
    wanted = _keys(extract())
    for locale in translated(folder):
        known = _keys(read(locale, folder))
        yield from (f"{locale.tag}: not in the catalogue: {key}" for key in sorted(wanted - known))
        yield from (f"{locale.tag}: not in the sources: {key}" for key in sorted(known - wanted))


def _options(row: dict[str, object]) -> dict[str, str]:
    # Jinja reads options as the words of an .ini file; a broken template must not be passed over.
    given = {name: str(value).lower() for name, value in row.items()}
    return {**given, "silent": "false"}


def _set_plurals(catalogue: Catalog, locale: Locale) -> None:
    if locale.tag in PLURALS:
        count, rule = PLURALS[locale.tag]
        catalogue.mime_headers = [("Plural-Forms", f"nplurals={count}; plural={rule};")]


def _keys(catalogue: Catalog) -> set[str]:
    return {f"{m.context or ''}|{m.id}" for m in catalogue if m.id}


def _messages(catalogue: Catalog) -> list[tuple[object, ...]]:
    return [
        (m.id, m.string, m.context, [name for name, _ in m.locations], m.auto_comments)
        for m in catalogue
        if m.id
    ]


def _write(catalogue: Catalog, path: Path) -> None:
    catalogue.revision_date = datetime.now(UTC)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
