"""Which font has which signs, and texts made fit for paper."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
BASE = "latin"
OTHERS = "others"
FILES = {
    BASE: "NotoSansLatin-Regular.ttf",
    OTHERS: "NotoSans-Regular.ttf",
    "arabic": "NotoSansArabic-Regular.ttf",
    "devanagari": "NotoSansDevanagari-Regular.ttf",
    "emoji": "NotoEmoji-Regular.ttf",
    "han": "DroidSansFallbackFull.ttf",
    "hangul": "PortalHangul-Regular.ttf",
    "hebrew": "NotoSansHebrew-Regular.ttf",
    "thai": "NotoSansThai-Regular.ttf",
}
BOLD = {BASE: "NotoSansLatin-Bold.ttf", OTHERS: "NotoSans-Bold.ttf"}

# First and last sign of each block (Unicode 15, Blocks.txt) that one font has; the others have what
# is in none. Nearly every paper is in Latin letters alone: their font is small, for it is read and
# cut down for each of them.
BLOCKS = (
    (0x0000, 0x024F, BASE),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x06FF, "arabic"),
    (0x0750, 0x077F, "arabic"),
    (0x0870, 0x08FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0E00, 0x0E7F, "thai"),
    (0x1100, 0x11FF, "hangul"),
    (0x1CD0, 0x1CFF, "devanagari"),
    (0x1E00, 0x1EFF, BASE),
    (0x2000, 0x206F, BASE),
    (0x20A0, 0x20CF, BASE),
    (0x2100, 0x214F, BASE),
    (0x2190, 0x2199, BASE),
    (0x2212, 0x2212, BASE),
    (0x2600, 0x27BF, "emoji"),
    (0x2E80, 0x312F, "han"),
    (0x3130, 0x318F, "hangul"),
    (0x3190, 0x9FFF, "han"),
    (0xA8E0, 0xA8FF, "devanagari"),
    (0xAC00, 0xD7A3, "hangul"),
    (0xF900, 0xFAFF, "han"),
    (0xFB1D, 0xFB4F, "hebrew"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE30, 0xFE4F, "han"),
    (0xFE70, 0xFEFF, "arabic"),
    (0xFF00, 0xFFEF, "han"),
    (0xFFFD, 0xFFFD, BASE),
    (0x1F000, 0x1FAFF, "emoji"),
)
# Signs of these stand side by side, each with its own width; all others must be shaped.
UNSHAPED = frozenset({BASE, OTHERS, "emoji", "han", "hangul"})

ISOLATES = "\u2066\u2067\u2068\u2069"
MARKS = "\u200e\u200f"
# What may stay of the signs nobody sees; whatever overrides the order of reading may not.
KEPT = frozenset(ISOLATES + MARKS + "\u200c\u200d")
NEED_ORDER = frozenset({"R", "AL", "AN", "RLI", "FSI"})
MISSING = "\ufffd"
LONGEST = 1_000


def clean(text: str) -> str:
    """Return a text as one line without what no font has or what would turn others round.

    Control signs become blanks; overrides, embeddings, zero-width signs, variation selectors and
    halves of surrogate pairs go. No text of a paper is longer than 1,000 signs.
    """
    if text.isascii() and text.isprintable():
        return text[:LONGEST]
    kept = (_kept(sign) for sign in unicodedata.normalize("NFC", text[:LONGEST]))
    return " ".join(filter(None, "".join(kept).split(" ")))


def _kept(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in {"Cc", "Zl", "Zp", "Zs"} and sign != "\u00a0":
        return " "
    is_selector = 0xFE00 <= ord(sign) <= 0xFE0F or 0x1F3FB <= ord(sign) <= 0x1F3FF
    return "" if is_selector or (category in {"Cf", "Cs"} and sign not in KEPT) else sign


def runs(text: str) -> Iterator[tuple[str, str]]:
    """Return the pieces of a text with the face of each."""
    for face, signs in groupby(text, key=face_of):
        yield face, "".join(signs)


@lru_cache(maxsize=4_096)
def face_of(sign: str) -> str:
    """Return the face that has the block of a sign."""
    code = ord(sign)
    return next((face for first, last, face in BLOCKS if first <= code <= last), OTHERS)


def needs_shaping(text: str) -> bool:
    """Whether a text is more than one sign beside the other, from left to right."""
    return not text.isascii() and any(_is_shaped(sign) for sign in text)


@lru_cache(maxsize=4_096)
def _is_shaped(sign: str) -> bool:
    return (
        face_of(sign) not in UNSHAPED
        or unicodedata.bidirectional(sign) in NEED_ORDER
        or unicodedata.category(sign).startswith("M")
    )


def visible(text: str) -> str:
    """Take away what only rules the order of reading, from a text that needs none."""
    return text if text.isascii() else "".join(sign for sign in text if sign not in KEPT)


def is_rtl(text: str, otherwise: bool) -> bool:
    """Whether a text reads from right to left by its first letter outside isolates (UAX 9, P2)."""
    depth = 0
    for sign in text:
        direction = unicodedata.bidirectional(sign)
        if direction in {"LRI", "RLI", "FSI"}:
            depth += 1
        elif direction == "PDI":
            depth = max(depth - 1, 0)
        elif not depth and direction in {"L", "R", "AL"}:
            return direction != "L"
    return otherwise


def clusters(text: str) -> list[str]:
    """Return the pieces of a text between which a line may be broken inside a word."""
    pieces: list[str] = []
    for sign in text:
        joins = unicodedata.category(sign).startswith("M") or sign in KEPT
        if pieces and (joins or pieces[-1].endswith("\u200d")):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces
