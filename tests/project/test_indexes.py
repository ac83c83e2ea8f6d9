"""The statements of every page and every event find their rows by an index, not by reading all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from portal.context import Visit
from portal.domain.customers import Origin
from portal.mirror import invoices
from portal.mirror.invoices import Filter
from portal.store import customers, inbox, outbox, payments
from tests.factories import make_customer
from tests.house import House
from tests.plans import heard, plan

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LEASE = timedelta(seconds=60)


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
    with heard(house) as statements:
        act(house)

    plans = [plan(house, *one) for one in statements if one[0].lstrip().startswith("SELECT")]

    names = (index,) if isinstance(index, str) else index
    assert any(name in plan for plan in plans for name in names), plans
