"""`flask portal budget`: what was called of Holded, for what, and what is left."""

from flask import Flask

from portal.domain.budget import Effect
from portal.store import budget
from tests.cli.running import run
from tests.house import House
from tests.payer import move_in


def test_calls_are_shown_by_what_they_were_for(house: House, app: Flask) -> None:
    with app.app_context():
        payer = move_in(house)
        payer.pay(payer.invoice(), payer.card())
        house.settle_down()

    shown = run(app, "budget", "nuvol").output

    assert "booking\t3\t3 for each invoice that is booked" in shown
    assert "pdf\t0\t1 for each PDF fetched" in shown
    assert "sync\t0\t1 for each 200 contacts or documents read" in shown


def test_what_is_left_is_shown_with_what_is_kept_for_whom(house: House, app: Flask) -> None:
    with house.db.write() as unit:
        budget.count(unit, house.merchant.id, "acc_house", {Effect.SYNC: 400}, now=house.now())
    house.decide(holded_calls_a_month=2000)

    shown = run(app, "budget", "nuvol").output

    assert shown.startswith("400 of 2000 calls this month (until ")
    assert "1600 left." in shown
    assert "Kept for payments: " in shown


def test_a_month_nobody_told_of_is_said_to_be_unknown(house: House, app: Flask) -> None:
    shown = run(app, "budget", "nuvol").output

    assert "How many the plan allows is not known" in shown


def test_holded_is_asked_on_demand(house: House, app: Flask) -> None:
    account = {"id": "acc_house", "name": "Nuvol", "token": "pat_house", "plan": "basic"}
    house.control("holded", "accounts", **account)

    shown = run(app, "budget", "nuvol", "--ask").output

    assert " of 2000 calls this month" in shown


def test_without_an_answer_it_says_so(house: House, app: Flask) -> None:
    house.holded_wire.is_cut = True

    told = run(app, "budget", "nuvol", "--ask")

    assert (told.exit_code, told.output) == (1, "Error: Holded cannot be reached.\n")
