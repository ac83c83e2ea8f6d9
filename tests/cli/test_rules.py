"""`flask portal rules`: what a merchant decides for its portal."""

import pytest
from click.testing import Result
from flask import Flask

from portal.domain.rules import NOTHING_DECIDED
from portal.store import merchants
from tests.house import House


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["portal", "rules", "nuvol", *arguments])


def test_a_rule_that_is_set_is_shown_and_kept(house: House, app: Flask) -> None:
    before = run(app)
    changed = run(app, "--set", "part_payment=yes")
    after = run(app)

    assert "part_payment = False" in before.output
    assert "part_payment = True" in changed.output
    assert changed.output == after.output
    assert merchants.get(house.db, "nuvol").rules.part_payment


def test_kinds_of_payment_methods_are_decided_as_a_list(house: House, app: Flask) -> None:
    run(app, "--set", "payment_method_types=card, bizum")
    several = merchants.get(house.db, "nuvol").rules.payment_method_types
    run(app, "--set", "payment_method_types=")

    assert several == ("card", "bizum")
    assert merchants.get(house.db, "nuvol").rules.payment_method_types == ()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("card,bitcoin", "there is no 'bitcoin'; the kinds are acss_debit, affirm"),
        ("card,boleto", "boleto does not serve merchants in ES"),
    ],
)
def test_kinds_that_the_merchant_cannot_take_are_refused_by_name(
    house: House, app: Flask, wrong: str, says: str
) -> None:
    result = run(app, "--set", f"payment_method_types={wrong}")

    assert result.exit_code != 0
    assert says in result.output
    assert merchants.get(house.db, "nuvol").rules == NOTHING_DECIDED


@pytest.mark.parametrize("wrong", ["part_payment", "no_such_rule=1", "part_payment=perhaps"])
def test_what_cannot_be_decided_is_refused_in_one_line(
    house: House, app: Flask, wrong: str
) -> None:
    result = run(app, "--set", wrong)

    assert result.exit_code != 0
    assert len(result.output.strip().splitlines()) == 1
    assert merchants.get(house.db, "nuvol").rules == NOTHING_DECIDED
