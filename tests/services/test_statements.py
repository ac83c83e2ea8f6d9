"""Statements over what both sandboxes hold, beside what their own ledgers say."""

import csv
import io
from typing import Any

import pytest

from portal.db import counted_statements
from portal.domain.money import Money
from portal.domain.statements import Period, Statement, year_of
from portal.mirror import statements as drawn
from portal.services import statements
from portal.store.settlements import SettlementRow, SettlementState
from tests.payer import Payer, move_in


def draw(payer: Payer) -> Statement:
    visit = payer.visit()
    return drawn.read(visit, year_of(visit.today))


def moved(statement: Statement) -> list[tuple[str, str, int]]:
    (account,) = statement.accounts
    return sorted(
        (line.movement.number, line.movement.kind.value, line.movement.amount.amount)
        for line in account.lines
    )


def closing(statement: Statement) -> int:
    return sum(account.closing.amount for account in statement.accounts)


def number(payer: Payer, invoice: str) -> str:
    return str(payer.house.holded.get(f"/invoices/{invoice}").json()["document_number"])


def table(statement: Statement) -> list[dict[str, str]]:
    text = b"".join(statements.csv_of(statement)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_open_invoices_of_both_ledgers_add_up_to_what_is_owed(payer: Payer) -> None:
    payer.invoice()
    payer.stripe_invoice(5_000)

    assert closing(draw(payer)) == 17_100


def test_a_payment_made_here_counts_once(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.pay(invoice, payer.card())
    payer.house.settle_down()

    of = number(payer, invoice)
    assert moved(draw(payer)) == [(of, "invoice", 12_100), (of, "payment", -12_100)]


def test_money_taken_and_not_booked_yet_is_not_owed(payer: Payer) -> None:
    invoice = payer.invoice()
    card = payer.card()
    payer.fault("holded", "status", "/payments", times=50)
    payer.pay(invoice, card)
    payer.house.settle_down()

    with payer.house.db.session() as reader:
        (booking,) = reader.query(SettlementRow).all()
    assert booking.state != SettlementState.BOOKED
    assert closing(draw(payer)) == 0


def test_a_stripe_invoice_is_paid_on_its_day(payer: Payer) -> None:
    invoice = payer.stripe_invoice()
    payer.pay(invoice, payer.card())
    payer.house.settle_down()

    (account,) = draw(payer).accounts
    assert [line.movement.is_day_known for line in account.lines] == [True, True]
    assert account.closing == Money(0, "eur")


def test_a_sale_in_both_ledgers_counts_once(payer: Payer) -> None:
    stripe_invoice = payer.stripe_invoice()
    payer.invoice(tags=[f"stripe:{stripe_invoice}"])
    owed = closing(draw(payer))
    payer.pay(stripe_invoice, payer.card())
    payer.house.settle_down()

    assert owed == 12_100
    assert closing(draw(payer)) == 0


def test_a_credit_note_of_stripe_takes_off_what_it_corrects(payer: Payer) -> None:
    invoice = payer.stripe_invoice()
    payer.house.stripe.v1.credit_notes.create({"invoice": invoice, "amount": 2_100})
    payer.house.settle_down()

    statement = draw(payer)

    assert closing(statement) == 10_000
    assert [kind for _, kind, _ in moved(statement)].count("credit_note") == 1


def test_a_refund_is_told_with_the_invoice_it_was_paid_for(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.pay(invoice, payer.card())
    payer.house.settle_down()
    intent = _intent(payer, invoice)
    payer.house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 100})
    payer.house.settle_down()

    assert (number(payer, invoice), "refund", 100) in moved(draw(payer))


def _intent(payer: Payer, invoice: str) -> str:
    with payer.house.db.session() as reader:
        rows = reader.query(SettlementRow).filter_by(invoice=invoice).all()
    return rows[0].intent


def test_a_payment_booked_by_hand_is_told(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.pay_in_holded(invoice, "21.00")
    payer.house.settle_down()

    statement = draw(payer)

    assert closing(statement) == 10_000
    assert (number(payer, invoice), "payment", -2_100) in moved(statement)


def test_foreign_documents_are_listed_without_a_sum(payer: Payer) -> None:
    invoice = payer.invoice(currency="usd", currency_change="1.1")

    statement = draw(payer)

    assert closing(statement) == 0
    assert [one.id for one in statement.foreign] == [invoice]
    assert [row["amount"] for row in table(statement) if row["kind"] == "foreign"] == [""]


def test_the_statement_agrees_with_both_ledgers_to_the_cent(payer: Payer) -> None:
    card = payer.card()
    paid, part_paid = payer.invoice("123.45"), payer.invoice("10.01")
    payer.invoice("99.99")
    payer.press(paid, Money(14_937, "eur"), card)
    payer.house.settle_down()
    payer.pay_in_holded(part_paid, "5.00")
    payer.stripe_invoice(777)
    payer.house.settle_down()

    pending = _pending(payer)
    left = payer.house.stripe.v1.invoices.list({"customer": payer.stripe_customer}).data

    assert closing(draw(payer)) == pending + sum(one.amount_remaining for one in left)


def _pending(payer: Payer) -> int:
    """Return what Holded itself says is pending, in cents."""
    found = payer.house.holded.get("/invoices").json()["items"]
    return sum(round(float(one["payments_pending"]) * 100) for one in found)


def test_the_csv_says_the_same_for_machines(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.pay_in_holded(invoice, "21.00")
    payer.house.settle_down()

    rows = table(draw(payer))

    assert [row["kind"] for row in rows] == ["opening", "invoice", "payment", "closing"]
    assert [row["amount"] for row in rows] == ["", "121.00", "-21.00", ""]
    assert [row["balance"] for row in rows] == ["0.00", "121.00", "100.00", "100.00"]
    assert rows[1]["day"] == "2026-11-01"


def test_the_csv_is_marked_as_utf_8(payer: Payer) -> None:
    assert b"".join(statements.csv_of(draw(payer))).startswith(b"\xef\xbb\xbfday,")


@pytest.mark.provider
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\uff1d1", "\r=1"])
def test_what_people_wrote_is_no_formula(payer: Payer, text: str) -> None:
    payer.invoice(description=text)

    (row,) = [row for row in table(draw(payer)) if row["kind"] == "invoice"]

    assert row["description"].startswith("'")


def test_a_statement_takes_as_many_sql_statements_for_many_as_for_one(payer: Payer) -> None:
    visit = payer.visit()
    period = year_of(visit.today)
    payer.invoice()
    one = _counted(visit, period)
    for _ in range(3):
        payer.invoice()

    assert _counted(visit, period) == one == 3


def _counted(visit: Any, period: Period) -> int:
    with counted_statements() as counter:
        drawn.read(visit, period)
    return counter[0]


def test_somebody_elses_invoices_are_not_in_it(payer: Payer) -> None:
    payer.invoice()
    other = move_in(payer.house, "bob@example.com", "Bob")

    assert draw(other).accounts == ()
