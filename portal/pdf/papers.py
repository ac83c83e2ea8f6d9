"""A paper: the merchant's head, facts, tables over as many pages as they take, numbered feet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from fpdf import FPDF

from portal import i18n
from portal.domain.brand import Brand
from portal.i18n import gettext as _
from portal.pdf import faces
from portal.pdf.pen import POINT, Pen

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 18.0
INNER = WIDTH - 2 * MARGIN
BAND = 3.0
TOP, BOTTOM = 20.0, HEIGHT - 20.0
TERM = 52.0
TEXT, SMALL, TITLE, SECTION = 9.5, 8.0, 18.0, 12.0
GAP = 2.0
DARK, GREY, RULE = "#16181d", "#5b6270", "#d5d9e0"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, its part of the width, and whether it holds sums.

    Sums stand at the end of their line and are never cut, but written smaller where they are long;
    texts take up to `lines` lines.
    """

    heading: str
    part: float
    is_sum: bool = False
    lines: int = 2


class Paper:
    """One document in the language spoken now, open within `with`; equal calls give equal bytes.

    `made_at` is the moment it says it was made. Pages are kept packed in memory, about 4 kB each.
    """

    def __init__(self, title: str, *, merchant: str, brand: Brand, made_at: datetime) -> None:
        self._locale = i18n.current()
        self._is_rtl = self._locale.is_rtl
        self._merchant, self._brand = merchant, brand
        self._pdf = FPDF(unit="mm", format="A4")
        self._pdf.set_auto_page_break(False)
        self._pdf.c_margin = 0
        self._pdf.str_alias_nb_pages = ""
        self._pdf.set_creation_date(made_at)
        self._pdf.set_title(faces.visible(faces.clean(title)))
        self._pdf.set_author(faces.visible(faces.clean(merchant)))
        self._pdf.set_lang(self._locale.tag)
        self._pdf.viewer_preferences = None
        self._pen = Pen(self._pdf, is_rtl=self._is_rtl)
        self._y = TOP
        self._start_page()
        self._head(title)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pen.close()

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Write terms with their values, one below the other; rows without a value are left out."""
        for term, value in rows:
            if not value:
                continue
            terms = self._pen.wrap(term, TERM - 4, TEXT, most=3)
            values = self._pen.wrap(value, INNER - TERM, TEXT, most=12)
            self._need(_height(max(len(terms), len(values)), TEXT))
            self._lines(terms, 0, TEXT, color=GREY)
            self._lines(values, TERM, TEXT)
            self._y += _height(max(len(terms), len(values)), TEXT) + GAP
        self._y += GAP

    def section(self, title: str) -> None:
        """Write a heading of what comes next, never alone at the foot of a page."""
        lines = self._pen.wrap(title, INNER, SECTION, most=2, bold=True)
        self._need(_height(len(lines), SECTION) + 20)
        self._y += GAP
        self._lines(lines, 0, SECTION, bold=True)
        self._y += _height(len(lines), SECTION) + GAP

    def note(self, text: str) -> None:
        """Write a paragraph in small letters, nothing for an empty one."""
        if not text:
            return
        lines = self._pen.wrap(text, INNER, SMALL, most=20)
        self._need(_height(len(lines), SMALL))
        self._lines(lines, 0, SMALL, color=GREY)
        self._y += _height(len(lines), SMALL) + GAP

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[str]],
        *,
        sums: Iterable[Sequence[str]] = (),
    ) -> None:
        """Write rows under headings that come again on each page, then rows of sums in bold."""
        self._need(24)
        self._headings(columns)
        for row in rows:
            self._row(columns, row)
        for row in sums:
            self._row(columns, row, bold=True)
        self._y += 2 * GAP

    def output(self) -> bytes:
        """Number the pages and return the file."""
        count = self._pdf.pages_count
        for number in range(1, count + 1):
            self._pdf.page = number
            self._foot(number, count)
        return bytes(self._pdf.output())

    def _head(self, title: str) -> None:
        name = self._pen.fit(self._merchant, INNER, SECTION, bold=True)
        self._put(0, self._y + SECTION * POINT, name, SECTION, color=self._brand.ink, bold=True)
        self._y += _height(1, SECTION) + 4
        lines = self._pen.wrap(title, INNER, TITLE, most=3, bold=True)
        self._lines(lines, 0, TITLE, bold=True)
        self._y += _height(len(lines), TITLE) + 4

    def _foot(self, number: int, count: int) -> None:
        text = _("Page %(number)s of %(count)s", number=number, count=count)
        self._put(INNER, HEIGHT - 10, text, SMALL, color=GREY, at_end=True)
        name = self._pen.fit(self._merchant, INNER - 50, SMALL)
        self._put(0, HEIGHT - 10, name, SMALL, color=GREY)

    def _headings(self, columns: Sequence[Column]) -> None:
        wrapped = [
            self._pen.wrap(column.heading, self._room(column), SMALL, most=2, bold=True)
            for column in columns
        ]
        self._cells(columns, wrapped, SMALL, bold=True, color=GREY)
        self._rule(DARK)

    def _row(self, columns: Sequence[Column], row: Sequence[str], *, bold: bool = False) -> None:
        wrapped = [
            [faces.clean(text)]
            if column.is_sum
            else self._pen.wrap(text, self._room(column), TEXT, most=column.lines, bold=bold)
            for column, text in zip(columns, row, strict=True)
        ]
        if self._y + _height(max(map(len, wrapped)), TEXT) + GAP > BOTTOM:
            self._start_page()
            self._headings(columns)
        self._cells(columns, wrapped, TEXT, bold=bold)
        self._rule(RULE)

    def _cells(
        self,
        columns: Sequence[Column],
        cells: Sequence[Sequence[str]],
        size: float,
        *,
        bold: bool = False,
        color: str = DARK,
    ) -> None:
        at = 0.0
        for column, lines in zip(columns, cells, strict=True):
            width = column.part * INNER
            if column.is_sum:
                self._lines(lines, at + width, size, bold=bold, color=color, room=width - GAP)
            else:
                self._lines(lines, at, size, bold=bold, color=color)
            at += width
        self._y += _height(max(map(len, cells)), size) + GAP

    def _room(self, column: Column) -> float:
        return column.part * INNER - 2 * GAP

    def _lines(
        self,
        lines: Sequence[str],
        at: float,
        size: float,
        *,
        bold: bool = False,
        color: str = DARK,
        room: float = 0,
    ) -> None:
        """Write lines from `at` on; with a room, up to `at` and smaller where they need more."""
        for number, line in enumerate(lines):
            small = size
            if room and (width := self._pen.width(line, size, bold=bold)) > room:
                small = size * room / width
            y = self._y + (number * 1.35 + 1) * size * POINT
            self._put(at, y, line, small, color=color, bold=bold, at_end=bool(room))

    def _put(
        self,
        at: float,
        y: float,
        text: str,
        size: float,
        *,
        color: str,
        bold: bool = False,
        at_end: bool = False,
    ) -> None:
        """Write one line, `at` counted from where reading starts."""
        self._pdf.set_text_color(color)
        x = WIDTH - MARGIN - at if self._is_rtl else MARGIN + at
        self._pen.write(x, y, text, size, bold=bold, right=at_end != self._is_rtl)

    def _rule(self, color: str) -> None:
        self._pdf.set_draw_color(color)
        self._pdf.set_line_width(0.2)
        self._pdf.line(MARGIN, self._y - GAP / 2, WIDTH - MARGIN, self._y - GAP / 2)

    def _need(self, height: float) -> None:
        if self._y + height > BOTTOM:
            self._start_page()

    def _start_page(self) -> None:
        self._pdf.add_page()
        self._pdf.set_fill_color(self._brand.color)
        self._pdf.rect(0, 0, WIDTH, BAND, style="F")
        self._y = TOP


def _height(lines: int, size: float) -> float:
    return lines * size * 1.35 * POINT
