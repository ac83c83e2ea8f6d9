"""What an operator sees of what the merchant asked to collect."""

from tests.cli.running import run
from tests.payer import move_in


def test_what_waits_is_listed_with_the_link_that_pays_it(app, house):
    payer = move_in(house)
    house.decide(collect_tag="cobrar")
    with app.app_context():
        invoice = payer.invoice(tags=["cobrar"])

    result = run(app, "collections", "list", "nuvol")

    number, due, name, state, link = result.output.strip().split("\t")
    opened = app.test_client().get(link, base_url="http://127.0.0.1:8000")
    assert (due, name, state) == ("121.00 EUR", "Ann", "waiting: no_method")
    assert number == house.holded.get(f"/invoices/{invoice}").json()["document_number"]
    assert opened.status_code == 200


def test_where_nothing_waits_that_is_said(app):
    assert run(app, "collections", "list", "nuvol").output == "Nothing waits to be collected.\n"


def test_what_is_collected_is_a_rule_of_the_merchant(app, house):
    run(app, "rules", "nuvol", "--set", "collect_since=2026-11-01", "--set", "collect_retries=2")

    shown = run(app, "rules", "nuvol").output

    assert "collect_since = 2026-11-01\n" in shown
    assert "collect_retries = 2\n" in shown
