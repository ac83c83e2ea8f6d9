"""`flask portal tasks`: what waits for a person is listed, and what was given up is done again."""

from flask import Flask
from sqlalchemy import update

from portal.domain.counterparts import Problem, ProblemCode
from portal.store import counterparts
from portal.store.inbox import EventState, WebhookEventRow
from portal.store.outbox import JobRow, JobState
from tests.cli.running import run
from tests.house import House
from tests.payer import move_in


def test_there_is_nothing_to_look_after_at_first(app: Flask) -> None:
    assert run(app, "tasks").output == "Nothing waits for you.\n"


def test_money_to_give_back_is_listed_with_its_payment(house: House, app: Flask) -> None:
    with app.app_context():
        payer = move_in(house)
        invoice, card = payer.invoice(), payer.card("pm_card_authenticationRequired")
        pressed = payer.pay(invoice, card)
        payer.at_bank(payer.leave_url(pressed))
        payer.pay_in_holded(invoice, "40.00")
        house.settle_down()

    listed = run(app, "tasks").output

    assert "nuvol\trefund\t40.00 EUR of pi_" in listed
    assert invoice in listed


def test_a_job_that_was_given_up_is_listed_with_its_error(house: House, app: Flask) -> None:
    with app.app_context():
        payer = move_in(house)
        invoice, card = payer.invoice(), payer.card()
        payer.fault("stripe", "reset", "/v1/payment_intents")
        payer.pay(invoice, card)
    with house.db.write() as unit:
        unit.execute(update(JobRow).values(state=JobState.DEAD, error="ValueError: no"))

    listed = run(app, "tasks").output

    assert "resolve_operation:" in listed
    assert "ValueError: no" in listed


def test_a_document_that_cannot_be_made_is_listed_and_let_go(house: House, app: Flask) -> None:
    with house.db.write() as unit:
        row = counterparts.begin(
            unit, house.merchant, "in_1", customer_id=None, amount=100, currency="usd",
            now=house.now(),
        )  # fmt: skip
        row.note(Problem(ProblemCode.CURRENCY, "usd in books of eur"), now=house.now())

    listed = run(app, "tasks").output
    dropped = run(app, "tasks", "--let-go", "in_1").output

    assert "\tnuvol\tcounterpart\tin_1: it is in another currency" in listed
    assert "(usd in books of eur)" in listed
    assert dropped == "1 will not be made.\n"
    assert run(app, "tasks").output == "Nothing waits for you.\n"


def test_what_was_given_up_is_done_again(house: House, app: Flask) -> None:
    with app.app_context():
        payer = move_in(house)
        house.stripe.v1.customers.update(payer.stripe_customer, {"name": "Anna"})
        house.deliver()
        with house.db.write() as unit:
            given_up = {"state": EventState.DEAD, "error": "KeyError: 'name'"}
            unit.execute(
                update(WebhookEventRow)
                .where(WebhookEventRow.state == EventState.WAITING)
                .values(**given_up)
            )
        listed = run(app, "tasks").output

        again = run(app, "tasks", "--again").output
        house.settle_down()

    assert "customer.updated" in listed
    assert "KeyError" in listed
    assert again == "1 will be done again.\n"
    assert payer.visit().customer.name == "Anna"
