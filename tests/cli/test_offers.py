"""`flask portal offer`: what is offered to those who are about to leave."""

import pytest
from click.testing import Result
from flask import Flask

from tests.house import House


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["portal", "offer", *arguments])


def coupon(house: House, id: str, **fields) -> None:
    house.stripe.v1.coupons.create({"id": id, "percent_off": 20, "duration": "once", **fields})


def test_an_offer_is_added_listed_and_removed(house: House, app: Flask) -> None:
    coupon(house, "STAY20")

    added = run(app, "add", "nuvol", "--coupon", "STAY20")
    listed = run(app, "list", "nuvol")
    removed = run(app, "remove", "nuvol", "--coupon", "STAY20")
    empty = run(app, "list", "nuvol")

    assert added.exit_code == listed.exit_code == removed.exit_code == 0
    assert "now offers STAY20" in added.output
    assert listed.output.strip().split("\t")[1:] == ["STAY20"]
    assert "offers nothing" in empty.output


@pytest.mark.parametrize(
    ("id", "words"), [("FOREVER", "lasts forever"), ("NEVER", "knows no coupon")]
)
def test_b48_what_is_no_offer_is_refused_in_one_line(
    house: House, app: Flask, id: str, words: str
) -> None:
    coupon(house, "FOREVER", duration="forever")

    result = run(app, "add", "nuvol", "--coupon", id)

    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output


def test_stripe_being_down_is_said(house: House, app: Flask) -> None:
    house.stripe_wire.is_cut = True

    result = run(app, "add", "nuvol", "--coupon", "STAY20")

    assert result.exit_code == 1
    assert "Stripe does not answer. Nothing was changed." in result.output


def test_removing_what_is_not_offered_and_a_merchant_nobody_knows_are_told(
    house: House, app: Flask
) -> None:
    missing = run(app, "remove", "nuvol", "--coupon", "NEVER")
    unknown = run(app, "list", "nobody")

    assert "does not offer" in missing.output
    assert "no merchant" in unknown.output
