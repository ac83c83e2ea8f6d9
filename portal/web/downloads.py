"""Files sent to browsers: named by us, kept in their place, remembered by nobody in between."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from flask import Response, send_file
from werkzeug.wrappers import Response as Answer

LONGEST_NAME = 100
PDF, CSV, ZIP = "application/pdf", "text/csv", "application/zip"
ENDINGS = {PDF: ".pdf", CSV: ".csv", ZIP: ".zip"}
# What is sent may be looked at, but runs nothing and is part of no other page.
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def send(content: bytes | Iterable[bytes], name: str, kind: str) -> Answer:
    """Send what was made just now, piece by piece where it comes in pieces."""
    return _kept_in_place(Response(content, mimetype=kind), name, kind)


def send_kept(path: Path, name: str, kind: str) -> Answer:
    """Send a kept file as it is."""
    answer = send_file(path, mimetype=kind, conditional=False, etag=False)
    return _kept_in_place(answer, name, kind)


def _kept_in_place(answer: Answer, name: str, kind: str) -> Answer:
    answer.headers["Content-Disposition"] = disposition(name, ENDINGS[kind])
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def disposition(name: str, ending: str = ".pdf") -> str:
    """Return the header that names a download, once in ASCII and once as it is (RFC 6266)."""
    whole = unicodedata.normalize("NFC", name).removesuffix(ending)
    clean = re.sub(r"-[- ]+", "-", re.sub(r"[^\w.\- ]+", "-", whole)).strip(" .-")
    stem = clean[: LONGEST_NAME - len(ending)].strip(" .-") or "document"
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().strip(" .-")
    ascii_name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip(".-") or "document"
    return (
        f'attachment; filename="{ascii_name}{ending}"; '
        f"filename*=UTF-8''{quote(f'{stem}{ending}', safe='')}"
    )
