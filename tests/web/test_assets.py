"""Static files are kept by browsers for good, and only while their address names their contents."""

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

from portal.web import assets

SPRITE = (
    '<svg xmlns="http://www.w3.org/2000/svg"><symbol id="i-home"/><symbol id="m-wallet"/></svg>'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "icons").mkdir()
    (tmp_path / "css/portal.css").write_text("body { margin: 0 }")
    (tmp_path / "icons/sprite.svg").write_text(SPRITE)
    return tmp_path


def make_app(folder: Path) -> Flask:
    app = Flask(__name__, static_folder=None)
    assets.init_app(app, folder)
    return app


def address(app: Flask, path: str) -> str:
    asset = app.jinja_env.globals["asset"]
    return asset(path)


def test_a_file_may_be_kept_for_a_year(folder: Path) -> None:
    app = make_app(folder)

    response = app.test_client().get(address(app, "css/portal.css"))

    assert response.text == "body { margin: 0 }"
    assert response.content_type == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_change_of_any_file_changes_the_addresses(folder: Path) -> None:
    before = address(make_app(folder), "css/portal.css")
    (folder / "icons/more.svg").write_text("<svg/>")

    after = address(make_app(folder), "css/portal.css")

    assert before != after


def test_an_address_of_an_older_build_answers_and_is_not_kept(folder: Path) -> None:
    client = make_app(folder).test_client()

    response = client.get("/static/0123456789ab/css/portal.css")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["css/none.css", "../secret", "%2e%2e/secret", "css/"])
def test_what_is_not_a_static_file_is_not_found(folder: Path, path: str) -> None:
    (folder.parent / "secret").write_text("secret")
    client = make_app(folder).test_client()

    response = client.get(f"/static/0123456789ab/{path}")

    assert response.status_code == 404


def test_text_is_sent_compressed_to_those_who_read_it(folder: Path) -> None:
    app = make_app(folder)
    headers = {"Accept-Encoding": "gzip"}

    response = app.test_client().get(address(app, "css/portal.css"), headers=headers)

    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(response.data) == b"body { margin: 0 }"


def test_a_name_that_does_not_exist_fails_where_it_is_written(folder: Path) -> None:
    app = make_app(folder)

    with pytest.raises(LookupError, match=r"portal\.js"):
        address(app, "js/portal.js")
    with pytest.raises(LookupError, match="bell"):
        app.jinja_env.globals["icon"]("bell")


def test_a_payment_method_we_do_not_know_has_a_mark_all_the_same(folder: Path) -> None:
    app = make_app(folder)

    assert "#m-wallet" in app.jinja_env.globals["mark"]("shells")


def test_the_pages_stay_light() -> None:
    scripts = [gzip.compress(path.read_bytes()) for path in (assets.STATIC / "js").glob("*.js")]
    sheet = gzip.compress((assets.STATIC / "css/portal.css").read_bytes())

    assert sum(map(len, scripts)) < 10_000
    assert len(sheet) < 8_000


def test_the_stylesheet_knows_no_left_or_right() -> None:
    sheet = (assets.STATIC / "css/portal.css").read_text()
    sides = r"(?<![-\w])(?:(?:margin|padding|border|inset)-)?(?:left|right)\s*[:;]"

    assert re.findall(sides, sheet) == []


def test_no_file_needs_the_policy_to_be_opened() -> None:
    texts = [
        path.read_text()
        for path in assets.STATIC.rglob("*")
        if path.suffix in {".css", ".svg", ".js"}
    ]

    assert not [
        text for text in texts if re.search(r"""\sstyle=|<style|<script|eval\(|innerHTML""", text)
    ]
    assert not [text for text in texts if re.search(r"""url\(["']?https?:|@import""", text)]
