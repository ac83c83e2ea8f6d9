"""The browser of the tests does what people's browsers do, and notices what people would."""

from typing import Any

import pytest
from flask import Flask, redirect, request, session
from werkzeug.wrappers import Response

from tests.browser import Browser
from tests.project.test_lint import GOOD, HEADERS

FORM = GOOD.replace(
    "<button>Pay</button>",
    """<label for="keep">Keep</label><input type="checkbox" id="keep" name="keep" value="yes">
    <label for="how">How</label><select id="how" name="how"><option value="card">Card</option>
    <option value="sepa" selected>SEPA</option></select>
    <button name="step" value="pay">Pay now</button><button disabled>Pay later</button>""",
)


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.secret_key = "test"
    received: dict[str, Any] = {}
    app.config["RECEIVED"] = received

    @app.get("/<merchant>/form")
    def form(merchant: str) -> str:
        session["seen"] = True
        return FORM

    @app.post("/<merchant>/pay")
    def pay(merchant: str) -> Response:
        received.update(request.form.to_dict(), seen=session["seen"], referrer=request.referrer)
        return redirect("/nuvol/done")

    @app.get("/<merchant>/done")
    def done(merchant: str) -> str:
        return GOOD.replace("Invoices</h1>", "Paid</h1>")

    @app.get("/bad")
    def bad() -> str:
        return GOOD.replace("<h1>", "<h1 style='x'>")

    @app.get("/away")
    def away() -> Response:
        return redirect("https://elsewhere.example/")

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(HEADERS)
        return response

    return app


def test_a_button_sends_its_form_as_it_stands(app: Flask) -> None:
    browser = Browser(app, merchant="nuvol")
    browser.get("form")

    page = browser.press("Pay now", po="FA-1", keep="yes")

    assert page.h1 == "Paid"
    assert app.config["RECEIVED"] == {
        "csrf_token": "x", "po": "FA-1", "how": "sepa", "keep": "yes", "step": "pay",
        "seen": True, "referrer": "http://localhost/nuvol/form",
    }  # fmt: skip


def test_a_box_that_is_not_ticked_is_not_sent(app: Flask) -> None:
    browser = Browser(app, merchant="nuvol")
    browser.get("form")

    browser.press("Pay now")

    assert "keep" not in app.config["RECEIVED"]


def test_a_disabled_button_cannot_be_pressed(app: Flask) -> None:
    browser = Browser(app, merchant="nuvol")
    browser.get("form")

    with pytest.raises(AssertionError, match="no button 'Pay later'"):
        browser.press("Pay later")


def test_a_post_takes_the_token_of_the_page(app: Flask) -> None:
    browser = Browser(app, merchant="nuvol")
    browser.get("form")

    browser.post("pay", {"po": "FA-2"})

    assert app.config["RECEIVED"]["csrf_token"] == "x"


def test_a_fault_on_a_page_fails_the_test_that_opened_it(app: Flask) -> None:
    with pytest.raises(AssertionError, match="inline style on <h1>"):
        Browser(app).open("/bad")


def test_a_wrong_status_fails(app: Flask) -> None:
    with pytest.raises(AssertionError, match="answered 404, not 200"):
        Browser(app).open("/none")


def test_a_redirect_to_another_site_is_not_followed(app: Flask) -> None:
    with pytest.raises(AssertionError, match=r"sent away to https://elsewhere\.example/"):
        Browser(app).open("/away")
