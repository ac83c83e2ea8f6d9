"""`flask portal rules`: what a merchant decides for its portal."""

import pytest
from click.testing import Result
from flask import Flask

from portal.domain.rules import NOTHING_DECIDED
from portal.store import merchants
from portal.store.merchants import MerchantRow
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


def test_what_is_decided_holds_from_today_on(house: House, app: Flask) -> None:
    decided = run(app, "--set", "invoice_stripe_sales=paid").output
    again = run(app, "--set", "invoice_stripe_since=2026-01-31").output
    empty = run(app, "--set", "invoice_stripe_sales=", "--set", "invoice_stripe_since=").output

    today = house.merchant.day_of(house.now()).isoformat()
    assert f"invoice_stripe_since = {today}\n" in decided
    assert "invoice_stripe_since = 2026-01-31\n" in again
    assert "invoice_stripe_since = \n" in empty
    assert merchants.get(house.db, "nuvol").rules == NOTHING_DECIDED


def test_invoices_are_not_decided_where_holded_would_refuse_them(house: House, app: Flask) -> None:
    house.control(
        "holded", "accounts", id="acc_house", token=house.holded_token, name="Nuvol",
        scopes=["contacts:contacts.read", "sales:invoices.read", "sales:invoices.write"],
    )  # fmt: skip

    result = run(app, "--set", "invoice_stripe_sales=paid")

    assert result.exit_code == 1
    assert "contacts:contacts.write" in result.output
    assert merchants.get(house.db, "nuvol").rules == NOTHING_DECIDED


def test_invoices_are_not_decided_without_holded(house: House, app: Flask) -> None:
    with house.db.write() as unit:
        unit.query(MerchantRow).one().holded_account = ""

    result = run(app, "--set", "invoice_stripe_sales=paid")

    assert result.output == "Error: nuvol has no Holded to make invoices in.\n"
