"""A process that is killed at any point of a payment leaves nothing that does not come right."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal.mirror import invoices
from portal.services import payments
from portal.store import operations
from portal.store.actions import ActionRow
from portal.store.outbox import JobRow
from tests.dying import Doomed, doomed
from tests.house import House
from tests.payer import Payer
from tests.reconciling import reconcile

pytestmark = pytest.mark.loopback
# Longer than leases, and than what was sent may be on its way.
LONGEST = timedelta(minutes=10)


@pytest.fixture
def killer(payer: Payer, tmp_path: Path) -> Iterator[Doomed]:
    with doomed(payer, tmp_path) as found:
        yield found


def recover(payer: Payer, invoice: str, card: str) -> None:
    """Have a fresh worker look after everything; whoever still sees the button presses it."""
    house = payer.house
    house.settle_down()
    while house.ahead < LONGEST and not is_at_rest(house):
        house.pass_time(130)
        payments.sweep(house.db, now=house.now())
        house.settle_down()
    house.ahead = timedelta()
    if invoices.get(payer.visit(), invoice).may_pay.is_allowed:
        payer.pay(invoice, card)
        house.settle_down()


def is_at_rest(house: House) -> bool:
    """Say whether nothing is waiting: no job, and no operation for its answer."""
    with house.db.session() as reader:
        waits = reader.query(JobRow).count()
        return not waits and not operations.list_unanswered(reader, before=house.now())


def story_of(payer: Payer, invoice: str, before: int) -> tuple[list[int], list[str], int]:
    """Return what Stripe charged since, what Holded booked on the invoice, and its receipts."""
    booked = [row["amount"] for row in payer.house.ledger("holded") if row["invoice"] == invoice]
    with payer.house.db.session() as reader:
        paid = [row.details for row in reader.query(ActionRow).filter_by(verb="paid")]
    receipts = [one for one in paid if invoice in [each["id"] for each in one["invoices"]]]
    return payer.charges()[before:], booked, len(receipts)


RIGHT = ([12100], ["121.00"], 1)


def wrongs(
    payer: Payer, card: str, points: list[str], kill: Callable[[str, int], list[str]]
) -> list[tuple[int, str, object]]:
    """Kill a story at each of its points and return those after which something was not right."""
    found: list[tuple[int, str, object]] = []
    for number in range(len(points)):
        invoice, before = payer.invoice(), len(payer.charges())
        met = kill(invoice, number)
        recover(payer, invoice, card)
        told = story_of(payer, invoice, before)
        if told != RIGHT or len(met) != number + 1:
            found.append((number, met[-1], told))
    return found


def test_killed_at_any_point_of_pressing_pay_an_invoice_is_charged_and_booked_once(
    payer: Payer, killer: Doomed
) -> None:
    card, first = payer.card(), payer.invoice()
    points = killer.do("press", invoice=first, card=card)
    recover(payer, first, card)

    found = wrongs(
        payer,
        card,
        points,
        lambda invoice, number: killer.do("press", die_at=number, invoice=invoice, card=card),
    )

    assert "after POST /v1/payment_intents" in points
    assert points.count("before commit") == points.count("after commit") > 3
    assert found == []
    assert reconcile(payer.house) == []


def test_killed_at_any_point_of_booking_an_invoice_is_booked_once_with_one_receipt(
    payer: Payer, killer: Doomed
) -> None:
    card, first = payer.card(), payer.invoice()
    payer.pay(first, card)
    points = killer.do("work")
    recover(payer, first, card)

    def kill(invoice: str, number: int) -> list[str]:
        payer.pay(invoice, card)
        return killer.do("work", die_at=number)

    found = wrongs(payer, card, points, kill)

    assert any(point.startswith("after POST /api/v2/invoices/") for point in points)
    assert found == []
    assert reconcile(payer.house) == []
