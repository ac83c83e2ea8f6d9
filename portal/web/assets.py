"""Static files under an address that names their contents, so that browsers may keep them for good.

`/static/<build>/css/portal.css`: one hash over all files stands before the path, so relative
references between them (fonts in the stylesheet, modules in scripts) carry it too.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request
from markupsafe import Markup

from portal.web.policies import Who, open_to

SPRITE = "icons/sprite.svg"
UNKNOWN_MARK = "wallet"
STATIC = Path(__file__).parents[2] / "static"
COMPRESSIBLE = frozenset({"text/css", "text/javascript", "image/svg+xml", "text/plain"})
FOR_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent: its bytes, the same compressed where that helps, and its type."""

    body: bytes
    compressed: bytes | None
    mimetype: str


def init_app(app: Flask, folder: Path = STATIC) -> None:
    """Serve the files of a folder and give templates `asset(path)`, `icon(name)` and `mark(name)`.

    An address of another build (an open page after an update) answers with today's file and is
    not to be kept; an unknown file is 404.
    """
    files = _read(folder)
    build = _fingerprint(files)
    prefix = f"/static/{build}/"

    def asset(path: str) -> str:
        if path not in files:
            raise LookupError(f"there is no static file {path!r}")
        return prefix + path

    @open_to(Who.ANYONE)
    def serve(version: str, path: str) -> Response:
        file = files.get(path)
        if file is None:
            abort(404)
        return _answer(file, is_current=version == build)

    app.add_url_rule("/static/<version>/<path:path>", "asset", serve)
    sprite = prefix + SPRITE
    app.jinja_env.globals.update(
        asset=asset, icon=_icons(files, sprite), mark=_marks(files, sprite)
    )


def names_in_sprite(kind: str, sprite: bytes | None = None) -> frozenset[str]:
    """Return the names drawn in the sprite: kind `i` for icons, `m` for payment marks."""
    drawn = (STATIC / SPRITE).read_bytes() if sprite is None else sprite
    return frozenset(re.findall(rf'<symbol id="{kind}-([a-z0-9_]+)"', drawn.decode()))


def _icons(files: dict[str, StaticFile], sprite: str) -> Callable[..., Markup]:
    names = names_in_sprite("i", files[SPRITE].body)

    @cache
    def icon(name: str, *, flip: bool = False) -> Markup:
        """Draw an icon; `flip` is for arrows, which turn round where people read from the right."""
        if name not in names:
            raise LookupError(f"there is no icon {name!r}")
        style = "icon flip" if flip else "icon"
        return Markup(
            '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#i-{}"/></svg>'
        ).format(style, sprite, name)

    return icon


def _marks(files: dict[str, StaticFile], sprite: str) -> Callable[[str], Markup]:
    names = names_in_sprite("m", files[SPRITE].body)

    @cache
    def mark(name: str) -> Markup:
        """Draw the mark of a payment method or card brand; a wallet for one we do not know."""
        drawn = name if name in names else UNKNOWN_MARK
        return Markup(
            '<svg class="mark" aria-hidden="true" focusable="false"><use href="{}#m-{}"/></svg>'
        ).format(sprite, drawn)

    return mark


def _read(folder: Path) -> dict[str, StaticFile]:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            mimetype = _mimetype(path)
            compressed = gzip.compress(body, 9, mtime=0) if mimetype in COMPRESSIBLE else None
            files[path.relative_to(folder).as_posix()] = StaticFile(body, compressed, mimetype)
    return files


def _mimetype(path: Path) -> str:
    # The system's own table may know neither, or call a script by its old name.
    known = {".js": "text/javascript", ".woff2": "font/woff2"}
    return (
        known.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    )


def _fingerprint(files: dict[str, StaticFile]) -> str:
    digest = hashlib.sha256()
    for path, file in files.items():
        digest.update(f"{path}\0{len(file.body)}\0".encode() + file.body)
    return digest.hexdigest()[:12]


def _answer(file: StaticFile, *, is_current: bool) -> Response:
    wants_gzip = file.compressed is not None and request.accept_encodings.quality("gzip") > 0
    response = Response(file.compressed if wants_gzip else file.body, mimetype=file.mimetype)
    if file.compressed is not None:
        response.vary.add("Accept-Encoding")
    if wants_gzip:
        response.content_encoding = "gzip"
    response.headers["Cache-Control"] = FOR_A_YEAR if is_current else "no-cache"
    return response
