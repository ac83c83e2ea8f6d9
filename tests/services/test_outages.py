"""Providers that are away, and messengers that lose, repeat and mix up: all comes right after."""

import random

import pytest

from portal.domain.invoices import InvoiceState, InvoiceStatus
from portal.domain.payments import PaymentState
from portal.mirror import invoices
from portal.services import tasks
from portal.services.payments import Pressed
from portal.store.settlements import SettlementRow
from tests.house import House
from tests.payer import Payer
from tests.reconciling import reconcile, wait_and_work

VISA, BANK = "pm_card_visa", "pm_card_authenticationRequired"
HOUR = 3600
# Webhooks of Stripe's that a payment makes, and more.
MANY = 12


def receipts(house: House) -> int:
    return len([mail for mail in house.postbox.mails if "Receipt" in mail.subject])


def come_right(house: House) -> list[str]:
    """Let the worker recover, reconcile with repairs, work, and say what differs still."""
    wait_and_work(house)
    reconcile(house, repairs=True)
    wait_and_work(house)
    return reconcile(house)


def test_with_holded_down_for_six_hours_all_is_booked_afterwards(payer: Payer) -> None:
    house, card = payer.house, payer.card()
    bills = [payer.invoice() for _ in range(3)]
    first = payer.pay(bills[0], card)
    second = payer.pay(bills[1])
    house.holded_wire.is_cut = True
    payer.at_checkout(payer.leave_url(second))
    for _ in range(12):
        house.settle_down(rounds=2)
        house.pass_time(HOUR / 2)
    payer.pay_in_holded(bills[2])
    meanwhile = [invoices.get(payer.visit(), bill).status for bill in bills]

    house.holded_wire.is_cut = False
    left = come_right(house)

    assert meanwhile == [InvoiceStatus.PAID, InvoiceStatus.PAID, InvoiceStatus.OVERDUE]
    assert left == []
    assert sorted(payer.bookings()) == ["121.00"] * 3
    assert payer.charges() == [12100, 12100]
    assert [payer.state(one) for one in (first, second)] == [PaymentState.BOOKED] * 2
    assert invoices.get(payer.visit(), bills[2]).invoice.state is InvoiceState.PAID
    assert receipts(house) == 2
    assert tasks.list_tasks(house.db, now=house.now()) == []


def by_saved_card(payer: Payer, invoice: str, cards: dict[str, str]) -> Pressed:
    return payer.pay(invoice, cards[VISA])


def with_the_bank(payer: Payer, invoice: str, cards: dict[str, str]) -> Pressed:
    pressed = payer.pay(invoice, cards[BANK])
    payer.at_bank(payer.leave_url(pressed))
    return pressed


def at_checkout(payer: Payer, invoice: str, cards: dict[str, str]) -> Pressed:
    pressed = payer.pay(invoice)
    payer.at_checkout(payer.leave_url(pressed))
    return pressed


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("story", [by_saved_card, with_the_bank, at_checkout])
def test_b32_webhooks_lost_repeated_and_mixed_up_charge_and_book_once(
    payer: Payer, story, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    invoice, cards = payer.invoice(), {name: payer.card(name) for name in (VISA, BANK)}
    for _ in range(MANY):
        kind = chance.choice(["drop", "drop", "duplicate", "reorder"])
        payer.house.control("stripe", "webhooks/faults", kind=kind, times=chance.randint(1, 3))
    for _ in range(4):
        kind = chance.choice(["duplicate", "delay", "drop"])
        payer.house.control("holded", "webhooks/faults", kind=kind)

    pressed = story(payer, invoice, cards)
    payer.house.settle_down()
    left = come_right(payer.house)

    assert left == []
    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]
    assert payer.state(pressed) is PaymentState.BOOKED
    assert bookings(payer) == [("booked", 12100, 0)]
    assert receipts(payer.house) == 1
    assert tasks.list_tasks(payer.house.db, now=payer.house.now()) == []


def test_an_invoice_paid_in_two_ways_at_once_is_charged_and_booked_once_or_a_task(
    payer: Payer,
) -> None:
    invoice = payer.invoice()
    pressed = with_the_bank(payer, invoice, {BANK: payer.card(BANK)})
    payer.pay_in_holded(invoice)
    payer.house.control("stripe", "webhooks/faults", kind="drop", times=50)

    left = come_right(payer.house)

    assert left == ["refund_open"]
    assert payer.bookings() == ["121.00"]
    assert bookings(payer) == [("refund", 0, 12100)]
    found = tasks.list_tasks(payer.house.db, now=payer.house.now())
    assert [task.kind for task in found] == [tasks.TaskKind.REFUND]
    assert payer.state(pressed) is PaymentState.BOOKED


def bookings(payer: Payer) -> list[tuple[str, int, int]]:
    with payer.house.db.session() as reader:
        return [(row.state, row.amount, row.excess) for row in reader.query(SettlementRow)]
