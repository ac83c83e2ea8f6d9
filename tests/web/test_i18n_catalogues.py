"""Catalogues follow the sources, and what is wrong with one is said before it is shipped."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from portal.i18n import catalogues, proof
from portal.i18n.catalogues import po_file
from portal.i18n.locales import LOCALES


def make_message(
    english: str | tuple[str, str], text: str | tuple[str, ...], flags: tuple[str, ...] = ()
) -> Message:
    return Message(english, text, flags=flags)


def faults_of(
    english: str | tuple[str, str], text: str | tuple[str, ...], *, locale: str = "es"
) -> list[str]:
    return list(proof.message_faults(make_message(english, text), Catalog(locale)))


def test_a_new_catalogue_holds_every_message_of_templates_and_code(tmp_path: Path) -> None:
    path = catalogues.add("ca", tmp_path)

    messages = catalogues.read(LOCALES["ca"], tmp_path)
    assert path == tmp_path / "ca/LC_MESSAGES/messages.po"
    assert messages.get("Skip to content") is not None
    assert messages.get("Due today") is not None
    assert messages.get("Open", context="invoice") is not None
    assert messages.get("Overview") is not None


def test_indonesian_and_malay_have_one_form_for_every_count(tmp_path: Path) -> None:
    catalogues.add("id", tmp_path)

    assert catalogues.read(LOCALES["id"], tmp_path).num_plurals == 1


@pytest.mark.parametrize("tag", ["en", "en-GB", "xx", "../x"])
def test_what_is_not_translated_gets_no_catalogue(tag: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a locale"):
        catalogues.add(tag, tmp_path)


def test_a_catalogue_is_begun_once(tmp_path: Path) -> None:
    catalogues.add("ca", tmp_path)

    with pytest.raises(ValueError, match="already"):
        catalogues.add("ca", tmp_path)


def test_an_update_without_news_leaves_no_diff(tmp_path: Path) -> None:
    path = catalogues.add("ca", tmp_path)
    before = path.read_bytes()

    assert catalogues.update(tmp_path) == ()
    assert path.read_bytes() == before


def test_an_update_drops_what_is_gone_and_keeps_what_was_translated(tmp_path: Path) -> None:
    path = catalogues.add("ca", tmp_path)
    text = path.read_text().replace(
        'msgid "Due today"\nmsgstr ""', 'msgid "Due today"\nmsgstr "Venç avui"', 1
    )
    path.write_text(text + '\nmsgid "Gone"\nmsgstr "Fora"\n')

    changed = catalogues.update(tmp_path)

    assert [locale.tag for locale in changed] == ["ca"]
    assert 'msgstr "Venç avui"' in path.read_text()
    assert "Fora" not in path.read_text()


def test_compiling_writes_what_gettext_reads(tmp_path: Path) -> None:
    catalogues.add("ca", tmp_path)

    compiled = catalogues.compile_all(tmp_path)

    assert [locale.tag for locale in compiled] == ["ca"]
    assert po_file(LOCALES["ca"], tmp_path).with_suffix(".mo").is_file()


def test_drift_between_sources_and_catalogue_is_found_both_ways(tmp_path: Path) -> None:
    path = catalogues.add("ca", tmp_path)
    path.write_text(path.read_text().replace('msgid "Due today"', 'msgid "Due yesterday"', 1))

    found = list(catalogues.drift(tmp_path))

    assert found == [
        "ca: not in the catalogue: |Due today",
        "ca: not in the sources: |Due yesterday",
    ]


@pytest.mark.parametrize(
    ("english", "text"),
    [
        ("Pay %(amount)s", "Pagar %(amount)s"),
        ("Really?", "¿Seguro?"),
        ("100%% safe", "100 %% seguro"),
        ("Go <strong>now</strong>", "Ve <strong>ya</strong>"),
        ("You are up to date.", "No debe nada."),
        (("%(num)s day", "%(num)s days"), ("un día", "%(num)s días")),
    ],
)
def test_a_sound_translation_passes(english: str, text: str) -> None:
    assert faults_of(english, text) == []


@pytest.mark.parametrize(
    ("english", "text", "fault"),
    [
        ("Pay", "", "not translated"),
        (("a day", "%(num)s days"), ("un día", ""), "not translated"),
        ("Pay %(amount)s", "Pagar", "placeholders"),
        ("Pay %(amount)s", "Pagar %(importe)s", "placeholders"),
        (("%(num)s day", "%(num)s days"), ("un día", "días"), "placeholders"),
        ("Half", "50 % de todo", "per cent"),
        ("Go <strong>now</strong>", "Ve <b>ya</b>", "other tags"),
        ("Paid", " Pagado", "spaces"),
        ("Paid.", "Pagado", "ends otherwise"),
        ("Wait…", "Espere...", "three dots"),
        ("Today", "L'avui", "apostrophe"),
        ("Name", 'El "nombre"', "quotation"),
        ("Pay", "Realizar el pago de todo", "too long"),
    ],
)
def test_a_faulty_translation_is_named(english: str, text: str, fault: str) -> None:
    assert any(fault in found for found in faults_of(english, text)), faults_of(english, text)


def test_a_form_for_many_counts_may_not_leave_the_count_out() -> None:
    # Croatian uses its first form for 1, 21, 31 and so on.
    found = faults_of(
        ("a day", "%(num)s days"), ("dan", "%(num)s dana", "%(num)s dana"), locale="hr"
    )

    assert any("placeholders" in each for each in found)


def test_a_language_with_two_forms_needs_both() -> None:
    assert faults_of(("%(num)s day", "%(num)s days"), ("%(num)s días",)) == [
        "1 plural forms instead of 2"
    ]


def test_a_guess_of_a_tool_is_not_a_translation() -> None:
    message = make_message("Pay", "Pagar", ("fuzzy",))

    assert list(proof.message_faults(message, Catalog("es"))) == ["fuzzy"]


def test_the_english_of_the_sources_is_set_with_care() -> None:
    assert list(proof.source_faults(catalogues.extract())) == []


@pytest.mark.parametrize("text", ["Don't", "Wait...", 'Say "yes"', "Pay %s", "Pay {amount}"])
def test_careless_english_is_named(text: str) -> None:
    template = Catalog()
    template.add(text)

    assert len(list(proof.source_faults(template))) == 1
