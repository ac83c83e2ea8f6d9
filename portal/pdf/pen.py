"""Writing on a page: text of any script measured, fitted, broken into lines and put in place."""

import logging
from collections.abc import Iterable

from fpdf import FPDF
from fpdf.fonts import TTFFont

from portal.pdf import faces

# fpdf2 and fontTools tell every step; what matters here is raised.
for _name in ("fpdf", "fontTools"):
    logging.getLogger(_name).setLevel(logging.ERROR)

POINT = 25.4 / 72  # millimetres
ELLIPSIS = "…"


class Pen:
    """Writes on the pages of a document; places in millimetres from the top left, sizes in points.

    `is_rtl` says how texts without any letter are read. A font is read when its first sign comes.
    """

    def __init__(self, pdf: FPDF, *, is_rtl: bool) -> None:
        self._pdf = pdf
        self._is_rtl = is_rtl
        self._widths: dict[tuple[str, bool], float] = {}

    def close(self) -> None:
        """Close the files of the fonts, which are read as they are needed."""
        for font in self._pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return how wide a clean text is."""
        if not faces.needs_shaping(text):
            text = faces.visible(text)
            return sum(self._width(sign, bold) for sign in text) * size
        self._shape(text, size, bold)
        try:
            return float(self._pdf.get_string_width(text))
        finally:
            self._pdf.set_text_shaping(False)

    def write(
        self, x: float, y: float, text: str, size: float, *, bold: bool = False, right: bool = False
    ) -> None:
        """Write one line of a clean text from `x` on, or up to it; `y` is the line it stands on."""
        text = self._covered(text)
        if right:
            x -= self.width(text, size, bold=bold)
        if faces.needs_shaping(text):
            self._write_shaped(x, y, text, size, bold)
            return
        for face, run in faces.runs(faces.visible(text)):
            self._choose(face, size, bold)
            self._pdf.text(x, y, run)
            x += self.width(run, size, bold=bold)

    def fit(self, text: str, room: float, size: float, *, bold: bool = False) -> str:
        """Return a text, cut with an ellipsis where it is wider than the room."""
        text = self._covered(faces.clean(text))
        if self.width(text, size, bold=bold) <= room:
            return text
        pieces = faces.clusters(text)
        least, most = 0, len(pieces)
        while least < most:
            middle = (least + most + 1) // 2
            tried = "".join(pieces[:middle]).rstrip() + ELLIPSIS
            is_narrow = self.width(tried, size, bold=bold) <= room
            least, most = (middle, most) if is_narrow else (least, middle - 1)
        return "".join(pieces[:least]).rstrip() + ELLIPSIS

    def wrap(
        self, text: str, room: float, size: float, *, most: int, bold: bool = False
    ) -> list[str]:
        """Break a text into at most so many lines; what does not fit ends in an ellipsis."""
        text = self._covered(faces.clean(text))
        lines: list[str] = []
        rest = text
        while rest and len(lines) < most - 1:
            line, rest = self._first_line(rest, room, size, bold)
            lines.append(line)
        return [*lines, self.fit(rest, room, size, bold=bold)] if rest or not lines else lines

    def _first_line(self, text: str, room: float, size: float, bold: bool) -> tuple[str, str]:
        pieces = list(_breakable(text))
        least, most = 0, len(pieces)
        while least < most:
            middle = (least + most + 1) // 2
            is_narrow = self.width("".join(pieces[:middle]).rstrip(), size, bold=bold) <= room
            least, most = (middle, most) if is_narrow else (least, middle - 1)
        if least == 0:
            return self._first_of_word(text, room, size, bold)
        return "".join(pieces[:least]).rstrip(), "".join(pieces[least:]).lstrip()

    def _first_of_word(self, text: str, room: float, size: float, bold: bool) -> tuple[str, str]:
        line = ""
        pieces = faces.clusters(text)
        for number, piece in enumerate(pieces):
            if number and self.width(line + piece, size, bold=bold) > room:
                return line, "".join(pieces[number:]).lstrip()
            line += piece
        return line, ""

    def _width(self, sign: str, bold: bool) -> float:
        """Return the width of a sign of size one."""
        if (sign, bold) not in self._widths:
            self._choose(faces.face_of(sign), 100, bold)
            self._widths[sign, bold] = self._pdf.get_string_width(sign) / 100
        return self._widths[sign, bold]

    def _write_shaped(self, x: float, y: float, text: str, size: float, bold: bool) -> None:
        self._shape(text, size, bold)
        # A cell puts its text on a line at half its height and 0.3 of the letters' size.
        height = size * POINT
        self._pdf.set_xy(x, y - 0.8 * height)
        self._pdf.cell(w=self._pdf.get_string_width(text), h=height, text=text)
        self._pdf.set_text_shaping(False)
        self._pdf.set_fallback_fonts([])

    def _shape(self, text: str, size: float, bold: bool) -> None:
        used = list(dict.fromkeys(face for face, _ in faces.runs(text) if face != faces.BASE))
        for face in reversed([*used, faces.BASE]):
            self._choose(face, size, bold)
        self._pdf.set_fallback_fonts([*used, faces.BASE], exact_match=False)
        way = "rtl" if faces.is_rtl(text, self._is_rtl) else "ltr"
        self._pdf.set_text_shaping(True, direction=way)

    def _choose(self, face: str, size: float, bold: bool) -> None:
        style = "B" if bold and face in faces.BOLD else ""
        if face + style not in self._pdf.fonts:
            file = faces.BOLD[face] if style else faces.FILES[face]
            self._pdf.add_font(face, style, faces.FONTS / file)
        self._pdf.set_font(face, style, size)

    def _covered(self, text: str) -> str:
        """Put a box for each sign that no font has."""
        if text.isascii():
            return text
        return "".join(sign if self._has(sign) else faces.MISSING for sign in text)

    def _has(self, sign: str) -> bool:
        if sign in faces.KEPT:
            return True
        face = faces.face_of(sign)
        self._choose(face, 10, bold=False)
        font = self._pdf.fonts[face]
        return isinstance(font, TTFFont) and ord(sign) in font.cmap


def _breakable(text: str) -> Iterable[str]:
    """Return words with the blanks behind them; signs of Han, kana and Thai stand alone."""
    word = ""
    for piece in faces.clusters(text):
        if faces.face_of(piece[0]) in {"han", "thai"}:
            if word:
                yield word
            yield piece
            word = ""
        elif piece == " ":
            yield word + piece
            word = ""
        else:
            word += piece
    if word:
        yield word
