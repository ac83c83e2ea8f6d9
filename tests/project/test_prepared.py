"""Reads that run through the driver give what SQLAlchemy would give, and outlive a connection."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import bindparam, column, select, table
from sqlalchemy.exc import DBAPIError

from portal.db import Database
from portal.mirror.invoices import InvoiceRow
from portal.prepared import Prepared
from portal.store.customers import CustomerRow
from portal.store.merchants import MerchantRow
from tests.factories import make_customer, make_invoice
from tests.house import House

_BY_STATE = select(
    InvoiceRow.id,
    InvoiceRow.state_at,
    InvoiceRow.issued_on,
    InvoiceRow.is_open,
    InvoiceRow.total.label("sum"),
).where(InvoiceRow.state.in_(["open", "void"]), InvoiceRow.customer_id == bindparam("customer"))
_BY_SLUG = select(MerchantRow.id, MerchantRow.slug).where(MerchantRow.slug == bindparam("slug"))


@pytest.fixture
def customer(house: House) -> int:
    id = make_customer(house.db, house.merchant)
    make_invoice(house.db, house.merchant, id)
    return id


def test_values_come_in_the_types_of_their_columns(house: House, customer: int) -> None:
    values = {"customer": customer}
    with house.db.reading_engine.connect() as connection:
        wanted = connection.execute(_BY_STATE, values).all()

    found = Prepared(_BY_STATE, house.db.reading_engine.dialect).rows(
        house.db.reading_engine, values
    )

    assert [tuple(row) for row in found] == [tuple(row) for row in wanted]
    assert isinstance(found[0].state_at, datetime)
    assert found[0].state_at.tzinfo is UTC or found[0].state_at.utcoffset() is not None
    assert isinstance(found[0].issued_on, date)
    assert found[0].is_open is True
    assert found[0]._mapping["sum"] == found[0].sum


def test_a_select_is_prepared_when_it_is_asked_again(house: House) -> None:
    answers = [house.db.row(_BY_SLUG, {"slug": "nuvol"}) for _ in range(3)]

    assert [row.slug for row in answers if row] == ["nuvol"] * 3
    assert isinstance(house.db._prepared[_BY_SLUG], Prepared)


def test_a_list_of_any_length_is_left_to_sqlalchemy(house: House, customer: int) -> None:
    query = select(CustomerRow.id).where(CustomerRow.id.in_(bindparam("ids", expanding=True)))

    found = [house.db.rows(query, {"ids": ids}) for ids in ([customer], [customer, 0], [0])]

    assert [len(rows) for rows in found] == [1, 1, 0]


@pytest.mark.parametrize("times", [1, 3], ids=["by SQLAlchemy", "by the driver"])
def test_a_connection_that_died_meanwhile_is_replaced(house: House, times: int) -> None:
    query = select(MerchantRow.slug).where(MerchantRow.slug == bindparam("slug"))
    for _ in range(times - 1):
        house.db.row(query, {"slug": "nuvol"})
    house.db.row(_BY_SLUG, {"slug": "nuvol"})
    _end_connections(house.db)

    found = house.db.row(query, {"slug": "nuvol"})

    assert found is not None


def test_several_selects_bring_their_rows_in_their_order(house: House, customer: int) -> None:
    asked = [(_BY_SLUG, {"slug": "nuvol"}), (_BY_STATE, {"customer": customer})]

    answers = [house.db.rows_of(*asked) for _ in range(3)]

    assert [[len(rows) for rows in found] for found in answers] == [[1, 1]] * 3
    assert {found[0][0].slug for found in answers} == {"nuvol"}
    assert len({found[1][0].sum for found in answers}) == 1


def test_several_selects_outlive_a_connection(house: House, customer: int) -> None:
    asked = [(_BY_SLUG, {"slug": "nuvol"}), (_BY_STATE, {"customer": customer})]
    for _ in range(2):
        house.db.rows_of(*asked)
    _end_connections(house.db)

    slugs, invoices = house.db.rows_of(*asked)

    assert (len(slugs), len(invoices)) == (1, 1)


def test_an_error_of_the_driver_is_one_of_sqlalchemy(house: House) -> None:
    query = (
        select(column("nothing"))
        .select_from(table("no_such_table"))
        .where(column("nothing") == bindparam("value"))
    )

    for _ in range(2):
        with pytest.raises(DBAPIError):
            house.db.rows(query, {"value": 1})


def _end_connections(db: Database) -> None:
    """Have the server close every connection but this one; SQLite has no server to do so."""
    if db.is_sqlite:
        return
    with db.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
