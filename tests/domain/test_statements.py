"""The arithmetic of statements, beside a calculation of its own."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.customers import Origin
from portal.domain.invoices import Invoice, InvoiceKind, InvoicePart, InvoiceState
from portal.domain.money import Money
from portal.domain.statements import (
    Dated,
    Movement,
    MovementKind,
    Period,
    Sale,
    Statement,
    before,
    draw_up,
    month_of,
    quarter_of,
    year_of,
)

QUARTER = Period(date(2026, 10, 1), date(2026, 12, 31))
DAY = date(2026, 10, 5)


def invoice(total: int = 12_100, paid: int = 0, **more: Any) -> Invoice:
    values: dict[str, Any] = {
        "origin": Origin.HOLDED,
        "id": "1",
        "customer": "c",
        "number": "F-1",
        "kind": InvoiceKind.INVOICE,
        "state": InvoiceState.OPEN if paid < total else InvoiceState.PAID,
        "currency": "eur",
        "total": total,
        "due": max(total - paid, 0),
        "paid": paid,
        "issued_on": DAY,
    }
    return Invoice(**(values | more))


def part(amount: int, day: date | None = DAY) -> InvoicePart:
    return InvoicePart("p", Money(amount, "eur"), day)


def moved(statement: Statement) -> list[tuple[str, int, int]]:
    """Return kind, amount and balance of each line of the only account."""
    (account,) = statement.accounts
    return [
        (line.movement.kind.value, line.movement.amount.amount, line.balance.amount)
        for line in account.lines
    ]


def test_an_invoice_and_its_payment_meet() -> None:
    paid = invoice(paid=12_100, parts=(part(12_100, date(2026, 11, 2)),))

    assert moved(draw_up(QUARTER, [Sale(paid)])) == [
        ("invoice", 12_100, 12_100),
        ("payment", -12_100, 0),
    ]


def test_what_was_before_the_period_is_its_opening() -> None:
    old = invoice(paid=100, issued_on=date(2026, 9, 30), parts=(part(100, QUARTER.first),))

    (account,) = draw_up(QUARTER, [Sale(old)]).accounts

    assert account.opening == Money(12_100, "eur")
    assert account.closing == Money(12_000, "eur")


def test_an_account_that_was_level_before_and_after_is_left_out() -> None:
    paid = invoice(paid=12_100, issued_on=date(2026, 1, 1), parts=(part(12_100, date(2026, 1, 2)),))

    assert draw_up(QUARTER, [Sale(paid)]).accounts == ()


@pytest.mark.parametrize("total", [500, -500])
def test_a_credit_note_takes_off_however_its_ledger_signs_it(total: int) -> None:
    note = invoice(total, kind=InvoiceKind.CREDIT_NOTE, state=InvoiceState.PAID, due=0)

    assert moved(draw_up(QUARTER, [Sale(note)])) == [("credit_note", -500, -500)]


def test_money_booked_on_a_credit_note_went_to_the_customer() -> None:
    note = invoice(
        500,
        paid=500,
        due=0,
        kind=InvoiceKind.CREDIT_NOTE,
        parts=(part(500),),
        state=InvoiceState.PAID,
    )

    assert moved(draw_up(QUARTER, [Sale(note)])) == [
        ("credit_note", -500, -500),
        ("refund", 500, 0),
    ]


@pytest.mark.parametrize("state", [InvoiceState.VOID, InvoiceState.DRAFT])
def test_what_is_no_debt_is_left_out(state: InvoiceState) -> None:
    assert draw_up(QUARTER, [Sale(invoice(state=state))]).accounts == ()


def test_a_deposit_on_a_proforma_is_the_customers_and_the_proforma_is_no_debt() -> None:
    proforma = invoice(paid=100, kind=InvoiceKind.PROFORMA, parts=(part(100),))

    assert moved(draw_up(QUARTER, [Sale(proforma)])) == [("payment", -100, -100)]


def test_a_proforma_that_became_an_invoice_is_told_by_that_invoice() -> None:
    proforma = invoice(
        paid=100, kind=InvoiceKind.PROFORMA, state=InvoiceState.INVOICED, parts=(part(100),)
    )

    assert draw_up(QUARTER, [Sale(proforma)]).accounts == ()


def test_a_sale_of_both_ledgers_counts_once() -> None:
    twin = invoice(origin=Origin.STRIPE, id="in_1", paid=12_100, paid_on=DAY)

    assert moved(draw_up(QUARTER, [Sale(invoice(), twin=twin)])) == [
        ("invoice", 12_100, 12_100),
        ("payment", -12_100, 0),
    ]


def test_a_sale_of_both_ledgers_booked_in_both_counts_once() -> None:
    booked = invoice(paid=12_100, parts=(part(12_100),))
    twin = invoice(origin=Origin.STRIPE, id="in_1", paid=12_100, paid_on=DAY)

    assert [amount for _, amount, _ in moved(draw_up(QUARTER, [Sale(booked, twin=twin)]))] == [
        12_100,
        -12_100,
    ]


def test_money_on_its_way_into_the_ledger_counts_once() -> None:
    coming = (Dated(12_100, DAY),)
    booked = invoice(paid=12_100, parts=(part(12_100),))

    before_it = moved(draw_up(QUARTER, [Sale(invoice(), coming=coming)]))

    assert before_it == moved(draw_up(QUARTER, [Sale(booked, coming=coming)]))


def test_a_payment_without_a_day_is_marked() -> None:
    (account,) = draw_up(QUARTER, [Sale(invoice(paid=12_100))]).accounts

    payment = account.lines[-1].movement
    assert (payment.day, payment.is_day_known) == (DAY, False)


def test_each_currency_has_its_own_account() -> None:
    sales = [Sale(invoice(currency=code, id=code)) for code in ("usd", "eur", "jpy")]

    assert [one.currency for one in draw_up(QUARTER, sales).accounts] == ["eur", "jpy", "usd"]


def test_foreign_documents_are_listed_and_not_added() -> None:
    inside, outside = invoice(is_foreign=True), invoice(is_foreign=True, issued_on=date(2026, 1, 1))

    statement = draw_up(QUARTER, [Sale(inside), Sale(outside)])

    assert statement.accounts == ()
    assert statement.foreign == (inside,)


def test_money_that_went_back_is_owed_again() -> None:
    paid = invoice(paid=12_100, parts=(part(12_100),))
    back = Movement(DAY, MovementKind.REFUND, Money(100, "eur"), Origin.STRIPE, "F-1")

    assert moved(draw_up(QUARTER, [Sale(paid)], [back]))[-1] == ("refund", 100, 100)


@pytest.mark.parametrize(
    ("day", "month", "quarter"),
    [
        ("2026-01-01", "2026-01-01 2026-01-31", "2026-01-01 2026-03-31"),
        ("2026-12-31", "2026-12-01 2026-12-31", "2026-10-01 2026-12-31"),
        ("2028-02-29", "2028-02-01 2028-02-29", "2028-01-01 2028-03-31"),
    ],
)
def test_months_and_quarters_are_those_of_the_calendar(day: str, month: str, quarter: str) -> None:
    on = date.fromisoformat(day)

    assert month_of(on) == Period(*map(date.fromisoformat, month.split()))
    assert quarter_of(on) == Period(*map(date.fromisoformat, quarter.split()))
    assert year_of(on) == Period(date(on.year, 1, 1), date(on.year, 12, 31))
    assert before(year_of(on)) == date(on.year - 1, 12, 31)


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
DOCUMENTS = st.lists(
    st.tuples(
        DAYS,
        st.integers(1, 10**9),
        st.sampled_from(["invoice", "credit_note", "void"]),
        st.lists(st.tuples(DAYS, st.integers(1, 10**6)), max_size=3),
        st.sampled_from(["eur", "jpy"]),
    ),
    max_size=20,
)


@given(DOCUMENTS, DAYS)
def test_every_cent_is_in_one_of_two_periods_that_meet(documents: Any, middle: date) -> None:
    sales, owed = [], {"eur": 0, "jpy": 0}
    for number, (day, total, kind, payments, currency) in enumerate(documents):
        parts = tuple(
            InvoicePart(str(at), Money(amount, currency), on)
            for at, (on, amount) in enumerate(payments)
        )
        paid = sum(amount for _, amount in payments)
        sign = {"invoice": 1, "credit_note": -1, "void": 0}[kind]
        owed[currency] += sign * (total - paid)
        state = InvoiceState.VOID if kind == "void" else InvoiceState.OPEN
        ledger = InvoiceKind.CREDIT_NOTE if kind == "credit_note" else InvoiceKind.INVOICE
        sales.append(
            Sale(invoice(total, paid, id=str(number), issued_on=day, parts=parts, state=state,
                         kind=ledger, currency=currency))
        )  # fmt: skip

    first = draw_up(Period(date(2026, 1, 1), middle), sales)
    second = draw_up(Period(middle + timedelta(days=1), date(2026, 12, 31)), sales)

    ends = {one.currency: one.closing.amount for one in first.accounts}
    begins = {one.currency: one.opening.amount for one in second.accounts}
    closes = {one.currency: one.closing.amount for one in second.accounts}
    for currency in owed:
        assert begins.get(currency, ends.get(currency, 0)) == ends.get(currency, 0)
        assert closes.get(currency, 0) == owed[currency]
