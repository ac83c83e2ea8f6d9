"""Templates of pages and of mails in one process, which are made in different ways."""

import pytest
from flask import Flask
from jinja2 import UndefinedError

from portal.services import mail
from tests.browser import Browser
from tests.house import House


def compose(app: Flask, house: House, **values: object) -> None:
    with app.app_context():
        mail.compose(
            house.at, "sign_in", to="ana@forn.example", locale="en", message_id="1", **values
        )


def test_a_page_is_shown_after_a_mail_was_written(
    house: House, app: Flask, browser: Browser
) -> None:
    compose(app, house, link="https://pay.example/l/1", code="482913", expires_at=house.now())

    assert browser.get("customer.entry.login").h1 == "Sign in to your billing page"


def test_a_mail_with_a_hole_in_it_is_not_written_after_a_page_was_shown(
    house: House, app: Flask, browser: Browser
) -> None:
    browser.get("customer.entry.login")

    with pytest.raises(UndefinedError):
        compose(app, house, code="482913", expires_at=house.now())
