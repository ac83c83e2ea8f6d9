"""A merchant's colours come from an address that may be kept until the colour changes."""

from dataclasses import replace

import pytest
from flask import Flask

from portal.domain.errors import NotFound
from portal.web import brand
from portal.web.installation import Installation
from tests.house import House


@pytest.fixture
def app(house: House) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.extensions["portal"] = Installation(
        settings=house.settings, db=house.db, keyring=house.keyring, gateways=house.gateways,
        clock=house.now,
    )  # fmt: skip
    app.register_blueprint(brand.pages)
    app.register_error_handler(NotFound, lambda _error: ("not found", 404))
    return app


def test_the_stylesheet_holds_the_colours_and_may_be_kept(app: Flask, house: House) -> None:
    response = app.test_client().get(brand.brand_href(house.merchant))

    assert f"--brand: {house.merchant.brand_color};" in response.text
    assert response.mimetype == "text/css"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_address_of_an_older_colour_is_not_kept(app: Flask) -> None:
    response = app.test_client().get("/brand/nuvol-0123456789ab.css")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


def test_a_new_colour_has_a_new_address(house: House) -> None:
    other = replace(house.merchant, brand_color="#ffd400")

    assert brand.brand_href(other) != brand.brand_href(house.merchant)


@pytest.mark.parametrize("name", ["nobody-0123456789ab", "nuvol", "-", "nuvol%00-1", "n" * 3_000])
def test_a_merchant_nobody_knows_has_no_colours(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/brand/{name}.css").status_code == 404
