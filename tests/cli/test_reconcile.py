"""`flask portal reconcile`: what it says, what it puts right, and how it ends."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.cli.running import run
from tests.house import House
from tests.payer import Payer, move_in
from tests.reconciling import deaf_to_stripe, entries, paid

BANK = "pm_card_authenticationRequired"


@pytest.fixture
def payer(house: House, app: Flask) -> Iterator[Payer]:
    with app.app_context():
        yield move_in(house)


def unheard(payer: Payer) -> None:
    """Have an invoice paid without the portal hearing of it."""
    pressed = payer.pay(payer.invoice(), payer.card(BANK))
    deaf_to_stripe(payer.house)
    payer.at_bank(payer.leave_url(pressed))
    payer.house.settle_down()


def delete_entry(payer: Payer, invoice: str) -> None:
    for entry in entries(payer, invoice):
        payer.house.holded.delete(f"/payments/{entry['id']}").raise_for_status()
    payer.house.settle_down()


def test_where_all_agree_it_ends_with_0(payer: Payer, app: Flask) -> None:
    paid(payer)

    told = run(app, "reconcile", "nuvol")

    assert told.exit_code == 0, told.output
    assert "with about 1 calls to Holded of " in told.output
    assert told.output.endswith("nuvol: nothing differs.\n")


def test_what_is_safe_is_put_right_on_demand(payer: Payer, app: Flask) -> None:
    unheard(payer)

    seen, repaired = run(app, "reconcile", "nuvol"), run(app, "reconcile", "nuvol", "--repair")
    payer.house.settle_down()
    after = run(app, "reconcile", "nuvol")

    assert (seen.exit_code, repaired.exit_code, after.exit_code) == (1, 1, 0)
    assert "(--repair puts it right)" in seen.output
    assert "(being put right)" in repaired.output
    assert payer.bookings() == ["121.00"]


def test_what_is_not_safe_is_listed_among_the_tasks_until_it_is_healed(
    payer: Payer, app: Flask
) -> None:
    invoice = paid(payer)
    delete_entry(payer, invoice)

    told = [run(app, "reconcile", "nuvol", "--repair") for _ in range(2)]
    listed = run(app, "tasks").output
    payer.pay_in_holded(invoice)
    payer.house.settle_down()

    assert [one.exit_code for one in told] == [1, 1]
    assert told[1].output.count("entry_deleted") == 1
    assert "(for the merchant)" in told[0].output
    assert listed.count("\tdifference\t") == 1
    assert invoice in listed


def test_programs_read_a_line_of_json_for_each_difference(payer: Payer, app: Flask) -> None:
    invoice = paid(payer)
    delete_entry(payer, invoice)

    told = run(app, "reconcile", "--json")

    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert [(one["merchant"], one["kind"], one["is_safe"]) for one in found] == [
        ("nuvol", "entry_deleted", False)
    ]
    assert found[0]["invoice"] == invoice


def test_one_that_is_broken_off_ends_with_2_and_is_gone_on_with(payer: Payer, app: Flask) -> None:
    invoice = paid(payer)
    delete_entry(payer, invoice)
    payer.house.holded_wire.is_cut = True
    broken = run(app, "reconcile", "nuvol")
    payer.house.holded_wire.is_cut = False

    again = run(app, "reconcile", "nuvol")

    assert broken.exit_code == 2
    assert "The same command goes on from here." in broken.output
    assert again.exit_code == 1
    assert "entry_deleted" in again.output


def test_with_too_few_calls_left_it_says_so_and_asks_nobody(payer: Payer, app: Flask) -> None:
    paid(payer)
    payer.house.decide(holded_calls_a_month=1)
    before = len(payer.house.requests("holded")), len(payer.house.requests("stripe"))

    told = run(app, "reconcile", "nuvol")

    assert told.exit_code == 2
    assert "is kept for payments, until 20" in told.output
    assert (len(payer.house.requests("holded")), len(payer.house.requests("stripe"))) == before


def test_a_merchant_nobody_knows_is_said_so(app: Flask) -> None:
    told = run(app, "reconcile", "nobody")

    assert told.output == "Error: There is no merchant 'nobody'.\n"
