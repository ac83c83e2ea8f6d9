"""Text in any script on a PDF: each run of signs in a font that has them."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

LATIN, LATIN_BOLD = "Helvetica", "Helvetica-Bold"
ASIAN = "HeiseiKakuGo-W5"  # every reader of PDFs brings it, so that it need not be in the file
WIDE = "DejaVuSans"
# Where a font with many scripts is on common systems; without one such signs are question marks.
PLACES = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
)
FIRST_ASIAN, LAST_ASIAN = 0x2E80, 0xFFEF


def draw(canvas: Canvas, x: float, y: float, text: str, size: float, *, bold: bool) -> None:
    """Write one line of text from ``x`` on."""
    for font, run in runs(text, bold):
        canvas.setFont(font, size)
        canvas.drawString(x, y, run)
        x += pdfmetrics.stringWidth(run, font, size)


def width(text: str, size: float, *, bold: bool) -> float:
    return float(sum(pdfmetrics.stringWidth(run, font, size) for font, run in runs(text, bold)))


def runs(text: str, bold: bool) -> list[tuple[str, str]]:
    """Return the text in pieces of (font, signs)."""
    placed = [placed_sign(sign, LATIN_BOLD if bold else LATIN) for sign in text]
    return [
        (font, "".join(sign for _, sign in each))
        for font, each in groupby(placed, key=lambda pair: pair[0])
    ]


def placed_sign(sign: str, latin: str) -> tuple[str, str]:
    """Return a sign and the font that has it; one that none has becomes a question mark."""
    if encodable(sign, "cp1252"):
        return latin, sign
    wide = wide_font()
    if wide is not None and ord(sign) in wide.face.charToGlyph:
        return WIDE, sign
    if FIRST_ASIAN <= ord(sign) <= LAST_ASIAN and encodable(sign, "shift_jis"):
        return asian_font(), sign
    return latin, "?"


def encodable(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@cache
def wide_font() -> Any:
    """Return the font with many scripts, registered, or None when this system has none."""
    for place in PLACES:
        if Path(place).is_file():
            try:
                font = TTFont(WIDE, place)
            except TTFError:
                continue
            pdfmetrics.registerFont(font)
            return font
    return None


@cache
def asian_font() -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(ASIAN))
    return ASIAN
