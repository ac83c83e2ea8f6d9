"""The statements of every page and every event find their rows by an index, not by reading all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from portal.context import Visit
from portal.domain.customers import Origin
from portal.mirror import invoices
from portal.mirror.invoices import Filter
from portal.store import customers, inbox, outbox, payments
from tests.factories import make_customer
from tests.house import House

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LEASE = timedelta(seconds=60)

Statements = list[tuple[str, Any]]


@contextmanager
def _heard(house: House) -> Iterator[Statements]:
    """Collect the statements that run meanwhile, with their values."""
    heard: Statements = []

    def hear(_c: object, _k: object, statement: str, values: Any, _x: object, _m: bool) -> None:
        heard.append((statement, values))

    engines = (house.db.engine, house.db.reading_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    yield heard
    for engine in engines:
        event.remove(engine, "before_cursor_execute", hear)


def _plan(house: House, statement: str, values: Any) -> str:
    """Return how the database would run a statement on tables that are not as small as a test's."""
    with house.db.reading_engine.connect() as connection:
        if house.db.is_sqlite:
            statement = f"EXPLAIN QUERY PLAN {statement}"
        else:
            connection.exec_driver_sql("SET enable_seqscan = off")
            statement = f"EXPLAIN {statement}"
        # A statement that was prepared by an earlier test is given its values as a list.
        values = tuple(values) if isinstance(values, list) else values
        found = connection.exec_driver_sql(statement, values).all()
        return "\n".join(str(row[-1]) for row in found)


def _visit(house: House) -> Visit:
    make_customer(house.db, house.merchant, id="cus_1")
    return house.visit(stripe_customer="cus_1")


def _lists(house: House, which: Filter) -> None:
    invoices.list_page(_visit(house), which, after="2026-11-01_7")


def _first_page(house: House) -> None:
    house.db.rows(*invoices.asked_latest(_visit(house)))


def _claim_events(house: House) -> None:
    with house.db.write() as unit:
        inbox.claim(unit, now=NOW, lease=LEASE, limit=100)


def _claim_jobs(house: House) -> None:
    with house.db.write() as unit:
        outbox.claim(unit, now=NOW, lease=LEASE)


def _find_payers(house: House, origin: Origin) -> None:
    with house.db.write() as unit:
        customers.find_ids(unit, house.merchant, origin, ["one", "two"])


def _find_live_payment(house: House) -> None:
    with house.db.write() as unit:
        payments.find_live(unit, house.merchant, Origin.HOLDED, "one")


@pytest.mark.parametrize(
    ("act", "index"),
    [
        (lambda house: _lists(house, Filter.ALL), "ix_invoices_all"),
        (lambda house: _lists(house, Filter.PAID), "ix_invoices_all"),
        (lambda house: _lists(house, Filter.OPEN), "ix_invoices_open"),
        (_first_page, "ix_invoices_all"),
        (_claim_events, "ix_webhook_events_waiting"),
        (_claim_jobs, "ix_jobs_waiting"),
        (lambda house: _find_payers(house, Origin.STRIPE), "uq_customers_stripe"),
        (lambda house: _find_payers(house, Origin.HOLDED), "uq_customers_holded"),
        # Both find the few shares of one invoice; which of them is taken is for the database.
        (_find_live_payment, ("uq_payment_shares_live", "ix_payment_shares_invoice")),
    ],
    ids=[
        "all invoices", "paid invoices", "open invoices", "latest invoices", "events that wait",
        "jobs that wait", "payers at Stripe", "payers at Holded", "the payment of an invoice",
    ],
)  # fmt: skip
def test_a_hot_statement_is_served_by_the_index_made_for_it(
    house: House, act: Callable[[House], None], index: str | tuple[str, ...]
) -> None:
    with _heard(house) as heard:
        act(house)

    plans = [_plan(house, *one) for one in heard if one[0].lstrip().startswith("SELECT")]

    names = (index,) if isinstance(index, str) else index
    assert any(name in plan for plan in plans for name in names), plans
