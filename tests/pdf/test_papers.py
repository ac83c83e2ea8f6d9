"""Papers: the same bytes each time, every script readable, long tables over several pages."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime

import pytest
from flask import Flask
from fpdf import FPDF

from portal import i18n
from portal.domain.brand import brand_of
from portal.pdf import faces
from portal.pdf.papers import Column, Paper
from portal.pdf.pen import Pen
from tests.papers import pages_of, text_of

MADE_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
COLUMNS = [Column("Day", 0.2), Column("What", 0.5), Column("Sum", 0.3, is_sum=True)]
Draw = Callable[..., Paper]


@pytest.fixture
def draw() -> Iterator[Draw]:
    """Begin papers in English, or in what the test speaks."""
    app, papers = Flask(__name__), ExitStack()
    app.config["PSEUDO_LOCALES"] = True
    i18n.init_app(app, lambda: None, lambda: None)

    def begun(title: str = "Receipt 1042", merchant: str = "Nuvol") -> Paper:
        paper = Paper(title, merchant=merchant, brand=brand_of("#1f5fbf"), made_at=MADE_AT)
        return papers.enter_context(paper)

    with app.app_context(), papers:
        yield begun


@pytest.fixture
def pen() -> Iterator[Pen]:
    pdf = FPDF(unit="mm")
    pdf.add_page()
    with closing(Pen(pdf, is_rtl=False)) as opened:
        yield opened


def whole(paper: Paper) -> bytes:
    paper.facts([("Customer", "株式会社ヌヴォル محمد"), ("Amount", "€12.00")])
    paper.table(COLUMNS, [("3 Dec 2026", "Invoice F-1", "€12.00")] * 3)
    return paper.output()


def test_the_same_paper_has_the_same_bytes(draw: Draw) -> None:
    assert whole(draw()) == whole(draw())


def test_a_paper_names_itself_and_its_language(draw: Draw) -> None:
    with i18n.speaking("en-GB", "UTC"):
        pdf = whole(draw("Receipt 7"))

    assert b"/Lang (en-GB)" in pdf
    assert b"/Title (Receipt 7)" in pdf
    assert b"/CreationDate (D:20261121090000Z" in pdf


def test_headings_come_again_on_every_page(draw: Draw) -> None:
    paper = draw()
    paper.table(COLUMNS, [("3 Dec 2026", f"Invoice F-{n}", "€12.00") for n in range(100)])

    pages = pages_of(paper.output())

    assert len(pages) == 3
    assert [page.count("What") for page in pages] == [1, 1, 1]
    assert [page[-2] for page in pages] == ["Page 1 of 3", "Page 2 of 3", "Page 3 of 3"]


def test_every_row_of_a_long_table_is_on_some_page(draw: Draw) -> None:
    paper = draw()
    paper.table(COLUMNS, [("3 Dec 2026", f"Invoice F-{n}", "€12.00") for n in range(100)])

    lines = [line for page in pages_of(paper.output()) for line in page]

    assert [line for line in lines if line.startswith("Invoice")] == [
        f"Invoice F-{n}" for n in range(100)
    ]


def test_a_sum_is_never_cut(draw: Draw) -> None:
    paper = draw()
    paper.table(COLUMNS, [("3 Dec 2026", "Invoice", "€" + "123,456," * 20 + "789.00")])

    assert "€" + "123,456," * 20 + "789.00" in text_of(paper.output())


@pytest.mark.parametrize(
    "name",
    ["株式会社日本語テスト", "김철수", "สมชาย", "Nguyễn Thị Ánh Đào", "Ωμέγα", "Жуков", "😀"],
)
def test_a_name_can_be_copied_from_a_paper(draw: Draw, name: str) -> None:
    paper = draw()
    paper.facts([("Customer", name)])

    assert name in pages_of(paper.output())[0]


def test_no_script_of_the_portal_lacks_a_sign(draw: Draw) -> None:
    paper = draw()
    paper.facts([(locale.tag, locale.name) for locale in i18n.LOCALES.values()])

    assert faces.MISSING not in text_of(paper.output())


def test_hebrew_reads_from_the_right_with_its_numbers_whole(draw: Draw) -> None:
    paper = draw()
    paper.facts([("Customer", "יוסף 42")])

    assert "42 ףסוי" in pages_of(paper.output())[0]


def test_arabic_letters_are_joined(pen: Pen) -> None:
    assert pen.width("ببب", 10) < 2.5 * pen.width("ب", 10)


def test_a_page_of_a_right_to_left_language_begins_at_the_right(draw: Draw) -> None:
    with i18n.speaking("ar-XB", "UTC"):
        mirrored = whole(draw())
    with i18n.speaking("en", "UTC"):
        plain = whole(draw())

    assert mirrored != plain
    assert "Customer" in pages_of(mirrored)[0]


def test_b74_a_long_name_keeps_to_its_room(draw: Draw) -> None:
    paper = draw("T" * 10_000, merchant="M" * 10_000)
    paper.facts([("Customer", "x" * 10_000), ("Customer", "م" * 10_000)])
    paper.table(COLUMNS, [("3 Dec 2026", "ab " * 4_000, "€12.00")])

    pages = pages_of(paper.output())

    assert len(pages) == 1
    assert max(map(len, pages[0])) < 200


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("evil\u202egnp.exe\u202c", "evilgnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \ud800 half", "lone half"),
        ("two\nlines\r\n\x00", "two lines"),
        ("{nb} of {nb}", "{nb} of {nb}"),
        ("Café ❤\ufe0f 👍🏽", "Café ❤ 👍"),
        ("\U000103a0", faces.MISSING),
    ],
)
def test_b74_what_a_name_may_hide_changes_nothing_around_it(
    draw: Draw, name: str, shown: str
) -> None:
    paper = draw()
    paper.facts([("Customer", name)])

    lines = pages_of(paper.output())[0]

    after = lines[lines.index("Customer") + 1 : -2]
    assert "".join(after) == shown


def test_a_long_table_needs_no_more_memory_than_its_pages(draw: Draw) -> None:
    rows = (("3 Dec 2026", f"Invoice F-{n}", "€12.00") for n in range(2_000))
    draw().output()
    tracemalloc.start()
    paper = draw()
    begun, _ = tracemalloc.get_traced_memory()
    paper.table(COLUMNS, rows)
    ended, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert ended - begun < 3_000_000
