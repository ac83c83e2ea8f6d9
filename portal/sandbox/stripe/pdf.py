"""A small writer of PDF: text in Helvetica and Courier, rules, as many A4 pages as needed.

The same input gives the same bytes, and the text is not compressed, so that a test can read it.
Signs outside Latin-1 and its Windows companions come out as a question mark.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WIDTH, HEIGHT = 595, 842
MARGIN = 56
FONTS = {"plain": "Helvetica", "bold": "Helvetica-Bold", "figures": "Courier"}
COURIER = 0.6


def _escaped(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    return raw.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


@dataclass(slots=True)
class Document:
    """A document under way; `y` is where the next line goes, in points from the bottom."""

    title: str
    y: int = HEIGHT - MARGIN
    pages: list[list[bytes]] = field(default_factory=lambda: [[]])

    def write(self, text: str, x: int = MARGIN, size: int = 10, font: str = "plain") -> None:
        """Put `text` at `x` on the current line."""
        name = list(FONTS).index(font) + 1
        head = f"BT /F{name} {size} Tf {x} {self.y} Td (".encode()
        self.pages[-1].append(head + _escaped(text) + b") Tj ET")

    def write_right(self, text: str, right: int = WIDTH - MARGIN, size: int = 10) -> None:
        """Put figures so that they end at `right` on the current line."""
        width = round(len(text) * COURIER * size)
        self.write(text, right - width, size, "figures")

    def rule(self) -> None:
        """Draw a thin line across, a little under the current line."""
        y = self.y - 5
        self.pages[-1].append(f"0.5 w {MARGIN} {y} m {WIDTH - MARGIN} {y} l S".encode())

    def down(self, points: int = 16) -> None:
        """Go to the next line, on a new page when this one is full."""
        self.y -= points
        if self.y < MARGIN:
            self.pages.append([])
            self.y = HEIGHT - MARGIN

    def to_bytes(self) -> bytes:
        """Return the finished file."""
        fonts = range(3, 3 + len(FONTS))
        first_page = fonts.stop
        kids = " ".join(f"{first_page + 2 * n} 0 R" for n in range(len(self.pages)))
        names = " ".join(f"/F{n + 1} {number} 0 R" for n, number in enumerate(fonts))
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {len(self.pages)} >>".encode(),
            *(
                f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} "
                "/Encoding /WinAnsiEncoding >>".encode()
                for font in FONTS.values()
            ),
        ]
        for number, page in enumerate(self.pages):
            contents = first_page + 2 * number + 1
            stream = b"\n".join(page)
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] "
                f"/Resources << /Font << {names} >> >> /Contents {contents} 0 R >>".encode()
            )
            objects.append(
                f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream"
            )
        objects.append(b"<< /Title (" + _escaped(self.title) + b") >>")
        return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n"
        f"startxref\n{start}\n%%EOF\n"
    ).encode()
    return bytes(out)
