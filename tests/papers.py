"""What a PDF of ours says: its pages as lines of text, each as readers of PDFs copy it."""

import re
import zlib

OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
WRITTEN = re.compile(rb"/F(\d+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj|(BT)|(Td)", re.DOTALL)
ESCAPED = {b"r": b"\r", b"n": b"\n", b"t": b"\t"}


def pages_of(pdf: bytes) -> list[list[str]]:
    """Return the lines of each page in the order they were written; a line may be in pieces."""
    objects = {int(found[1]): found[2] for found in OBJECT.finditer(pdf)}
    fonts = {
        int(name): _letters(objects[_named(objects[int(at)], b"ToUnicode")])
        for body in objects.values()
        for name, at in re.findall(rb"/F(\d+) (\d+) 0 R", body)
    }
    pages = [body for body in objects.values() if b"/Type /Page\n" in body]
    return [_lines(_stream(objects[_named(page, b"Contents")]), fonts) for page in pages]


def text_of(pdf: bytes) -> str:
    """Return all a PDF says, a line each."""
    return "\n".join(line for page in pages_of(pdf) for line in page)


def _named(body: bytes, name: bytes) -> int:
    found = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert found is not None, body[:200]
    return int(found[1])


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    assert found is not None
    return zlib.decompress(found[1]) if b"FlateDecode" in body else found[1]


def _letters(body: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", _stream(body))
    return {
        int(code, 16): bytes.fromhex(signs.decode()).decode("utf-16-be", "replace")
        for code, signs in pairs
    }


def _lines(content: bytes, fonts: dict[int, dict[int, str]]) -> list[str]:
    lines, font = [""], 0
    for name, written, begins, _ in WRITTEN.findall(content):
        if begins and lines[-1]:
            lines.append("")
        font = int(name) if name else font
        plain = re.sub(rb"\\(.)", lambda sign: ESCAPED.get(sign[1], sign[1]), written, flags=re.S)
        codes = [int.from_bytes(plain[at : at + 2]) for at in range(0, len(plain), 2)]
        lines[-1] += "".join(fonts[font].get(code, "?") for code in codes)
    return [line for line in lines if line]
