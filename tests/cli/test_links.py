"""Links an operator makes by the command line."""

import pytest
from flask import Flask

from tests.cli.running import run
from tests.factories import make_customer, make_invoice
from tests.house import House


@pytest.fixture
def customer(house: House) -> int:
    return make_customer(house.db, house.merchant, email="ana@forn.example", id="cus_ana")


def open_link(app: Flask, link: str) -> int:
    return app.test_client().get(link.strip(), base_url="http://127.0.0.1:8000").status_code


def test_a_link_to_an_invoice_by_its_id(app, house, customer):
    invoice = make_invoice(house.db, house.merchant, customer)

    result = run(app, "link", "nuvol", invoice)

    assert result.output.startswith("http://127.0.0.1:8000/i/")
    assert open_link(app, result.output) == 200


def test_links_to_an_invoice_are_revoked(app, house, customer):
    invoice = make_invoice(house.db, house.merchant, customer, number="NVL-7")
    made = [run(app, "link", "nuvol", invoice).output for _ in range(2)]

    result = run(app, "link", "nuvol", "NVL-7", "--revoke")
    again = run(app, "link", "nuvol", invoice)

    assert result.output == "Links to NVL-7 that open nothing from now on: 2.\n"
    assert [open_link(app, link) for link in made] == [410, 410]
    assert open_link(app, again.output) == 200


@pytest.mark.parametrize("by", [("--email", "ANA@forn.example"), ("--customer", "cus_ana")])
def test_a_link_to_a_session_by_address_or_customer(app, customer, by):
    result = run(app, "session", "nuvol", *by)

    assert result.output.startswith("http://127.0.0.1:8000/p/session/")
    assert open_link(app, result.output) == 200


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("link", "nuvol", "in_none"), "has no invoice 'in_none'"),
        (("link", "nobody", "in_none"), "There is no merchant 'nobody'"),
        (("session", "nuvol", "--email", "nobody@else.example"), "has no customer"),
        (("session", "nuvol"), "Name the customer by"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(app, customer, arguments, says):
    result = run(app, *arguments)

    assert result.exit_code != 0
    assert says in result.output.splitlines()[-1]
