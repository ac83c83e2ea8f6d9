"""A ledger of 200 documents over both systems: no double, none lost, every word and sum right."""

from collections.abc import Iterator

import pytest

from portal.context import Visit
from portal.mirror import balances, invoices
from portal.mirror.disputes import DisputeRow
from portal.mirror.invoices import Filter, InvoiceRow, Listed
from portal.mirror.refunds import RefundRow
from tests import ledger
from tests.house import House
from tests.ledger import LATER, Book
from tests.payer import Payer, move_in


@pytest.fixture
def books(house: House, payer: Payer) -> Iterator[list[Book]]:
    """Ann's book in euros, and those of three others in other currencies."""
    payers = {
        "eur": payer,
        **{
            code: move_in(house, f"{code}@example.com", code.upper())
            for code in ("usd", "jpy", "kwd")
        },
    }
    made = ledger.make(house, payers, seed=20261126)
    house.pass_time(LATER * 86_400)
    return made


def every(visit: Visit, which: Filter) -> list[Listed]:
    """Return all of a tab, page by page."""
    found, after = invoices.list_page(visit, which, limit=25)
    while after:
        more, after = invoices.list_page(visit, which, after=after, limit=25)
        found += more
    return found


def shown(book: Book, which: Filter = Filter.ALL) -> list[tuple[object, ...]]:
    """Return what a customer sees of each document; sums of a foreign one are not told."""
    return sorted(
        (
            one.invoice.id,
            str(one.status),
            one.invoice.is_foreign,
            *(
                ()
                if one.invoice.is_foreign
                else (
                    one.invoice.currency,
                    one.invoice.total,
                    one.invoice.due,
                    one.invoice.credited,
                    one.invoice.refunded,
                )
            ),
        )
        for one in every(book.payer.visit(), which)
    )


def expected(book: Book) -> list[tuple[object, ...]]:
    """Return the same, by what was done."""
    return sorted(
        (
            row.id,
            row.word,
            row.is_foreign,
            *(
                ()
                if row.is_foreign
                else (row.currency, row.total, row.due, row.credited, row.refunded)
            ),
        )
        for row in book.rows.values()
    )


def differences(book: Book, seen: list[tuple[object, ...]]) -> dict[str, list[object]]:
    """Return what differs, by its id: what is shown, then what was expected."""
    found: dict[str, list[object]] = {}
    for told in (seen, expected(book)):
        for id, *rest in sorted(set(told) - (set(seen) & set(expected(book))), key=str):
            found.setdefault(str(id), []).append(rest)
    return found


def sums(book: Book) -> dict[str, tuple[int, int, int, int]]:
    """Return what is open by currency: due, how many, how many overdue, on its way."""
    found = balances.summary_of(balances.look(book.payer.visit())).balances
    return {
        one.due.currency: (one.due.amount, one.count, one.overdue, one.on_its_way.amount)
        for one in found
    }


def expected_sums(book: Book) -> dict[str, tuple[int, int, int, int]]:
    """Return the same, by what was done: what is under way is not due."""
    owed = [
        row
        for row in book.rows.values()
        if row.due > 0 and not row.is_note and not row.is_foreign and row.word != "disputed"
    ]
    today = book.payer.visit().today
    found = {}
    for code in {row.currency for row in owed}:
        due = [row for row in owed if row.currency == code and row.id not in book.on_its_way]
        found[code] = (
            sum(row.due for row in due),
            len(due),
            sum(1 for row in due if row.due_on is not None and row.due_on < today),
            sum(row.due for row in owed if row.currency == code and row.id in book.on_its_way),
        )
    return found


def test_no_document_is_doubled_or_lost_and_every_word_and_sum_is_right(
    house: House, books: list[Book]
) -> None:
    by_events = [shown(book) for book in books]
    sums_by_events = [sums(book) for book in books]
    with house.db.write() as unit:
        for table in (InvoiceRow, RefundRow, DisputeRow):
            unit.execute(table.__table__.delete())
    house.sync()

    assert sum(book.made for book in books) >= 200
    assert [differences(book, seen) for book, seen in zip(books, by_events, strict=True)] == [
        {}
    ] * 4
    assert [len(seen) for seen in by_events] == [len(book.rows) for book in books]
    assert sums_by_events == [expected_sums(book) for book in books]
    assert [shown(book) for book in books] == by_events
    assert [sums(book) for book in books] == sums_by_events
    assert [_credit(book) for book in books] == [book.credit for book in books]
    assert [_open_ids(book) for book in books] == [_expected_open(book) for book in books]
    assert [_paid_ids(book) for book in books] == [_expected_paid(book) for book in books]


def _credit(book: Book) -> int:
    found = balances.summary_of(balances.look(book.payer.visit())).credit
    return found.amount if found is not None else 0


def _open_ids(book: Book) -> list[str]:
    listed = every(book.payer.visit(), Filter.OPEN)
    days = [one.invoice.due_on for one in listed]
    assert days == sorted(days)
    return sorted(one.invoice.id for one in listed)


def _expected_open(book: Book) -> list[str]:
    return sorted(row.id for row in book.rows.values() if row.due > 0 and row.word != "disputed")


def _paid_ids(book: Book) -> list[str]:
    return sorted(one.invoice.id for one in every(book.payer.visit(), Filter.PAID))


def _expected_paid(book: Book) -> list[str]:
    return sorted(
        row.id
        for row in book.rows.values()
        if row.due == 0 and not row.is_note and row.word != "void"
    )
