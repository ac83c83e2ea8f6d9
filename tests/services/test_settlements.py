"""Booking what was paid, once: lost answers, messengers in any order, money nobody wanted."""

import random
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import current_app

from portal.domain.customers import Origin
from portal.domain.invoices import InvoiceStatus
from portal.domain.money import Money
from portal.domain.payments import PaymentState, Share
from portal.mirror import invoices
from portal.services import operations, outcomes
from portal.services import settlements as booking
from portal.services.payments import CONFIRM, Pressed
from portal.store import payments
from portal.store.settlements import SettlementRow, SettlementState
from tests.payer import Payer

pytestmark = pytest.mark.provider

OVERPAID = "Receipt 1002: More was paid than was due"
STRIPE_DELIVERIES = "stripe_sandbox"


def settlements(payer: Payer) -> list[tuple[str, int]]:
    with payer.house.db.session() as reader:
        return [(row.state, row.amount) for row in reader.query(SettlementRow)]


def receipts(payer: Payer) -> int:
    return len([mail for mail in payer.house.postbox.mails if "121.00" in mail.text])


def wait_and_work(payer: Payer, times: int = 6) -> None:
    """Let the back-off pass and the worker try again, some times."""
    for _ in range(times):
        payer.house.pass_time(60)
        payer.house.settle_down()


def test_a_sum_of_thirty_million_is_paid_and_booked_whole(payer: Payer) -> None:
    at, visit, sum = payer.house.at, payer.visit(), 3_000_000_000
    share = Share(Origin.STRIPE, "in_big", sum)
    with at.db.write() as unit:
        payment = payments.add(
            unit, at.merchant, visit.customer.id, [share], currency="eur", now=at.now
        )
        operations.begin(
            unit, at, CONFIRM, customer_id=visit.customer.id, id=payment.id, intent="pi_big"
        )
        booking._begin(unit, at, payment, payment.shares[0])

    with at.db.session() as reader:
        paid = [(row.amount, row.shares[0].amount) for row in reader.query(payments.PaymentRow)]
    assert paid == [(sum, sum)]
    assert settlements(payer) == [(SettlementState.BOOKED, sum)]


# What the issuer answers


@pytest.mark.parametrize("kind", ["lose_answer", "half_body"])
def test_b55_a_booking_whose_answer_was_lost_stands_once(payer: Payer, kind: str) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.fault("holded", kind, "/pay", method="POST")

    payer.pay(invoice, card)
    payer.house.settle_down()
    wait_and_work(payer)

    assert payer.bookings() == ["121.00"]
    assert settlements(payer) == [(SettlementState.BOOKED, 12100)]


@pytest.mark.parametrize("kind", ["status", "html", "http200_info", "rate_limit", "reset"])
def test_b55_a_booking_that_was_not_taken_is_sent_again(payer: Payer, kind: str) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.fault("holded", kind, "/pay", method="POST")

    pressed = payer.pay(invoice, card)
    payer.house.settle_down()
    wait_and_work(payer)

    assert payer.bookings() == ["121.00"]
    assert payer.outcome(pressed).state is PaymentState.BOOKED


def test_with_holded_down_the_customer_has_paid_and_the_booking_follows(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    pressed = payer.pay(invoice, card)
    payer.house.holded_wire.is_cut = True
    payer.house.settle_down()
    meanwhile = payer.outcome(pressed).state, invoices.get(payer.visit(), invoice).status

    payer.house.holded_wire.is_cut = False
    wait_and_work(payer)

    assert meanwhile == (PaymentState.SUCCEEDED, InvoiceStatus.PAID)
    assert payer.bookings() == ["121.00"]
    assert receipts(payer) == 1


@pytest.mark.parametrize("kind", ["forbidden_token", "http200_info"])
def test_money_taken_is_booked_however_long_holded_refuses(payer: Payer, kind: str) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.pay(invoice, card)
    payer.fault("holded", kind, "invoices", times=10_000)

    for _ in range(30):
        payer.house.pass_time(3600)
        payer.house.settle_down()
    payer.house.holded_app.test_client().delete("/_sandbox/faults")
    payer.house.pass_time(3600)
    payer.house.settle_down()

    assert payer.bookings() == ["121.00"]


def test_an_equal_sum_booked_by_hand_before_is_not_taken_for_ours(payer: Payer) -> None:
    invoice, card = payer.invoice("300.00"), payer.card()
    payer.pay_in_holded(invoice, "121.00")
    payer.house.settle_down()
    due = invoices.get(payer.visit(), invoice).invoice.due_money
    payer.fault("holded", "lose_answer", "/pay", method="POST")

    payer.press(invoice, due, card)
    payer.house.settle_down()
    wait_and_work(payer)

    assert sorted(payer.bookings()) == ["121.00", "242.00"]


def test_money_for_an_invoice_that_was_paid_elsewhere_is_to_be_given_back(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card("pm_card_authenticationRequired")
    pressed = payer.pay(invoice, card)
    payer.at_bank(payer.leave_url(pressed))
    payer.pay_in_holded(invoice)
    payer.house.settle_down()
    wait_and_work(payer)

    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]
    assert payer.outcome(pressed).excess == Money(12100, "eur")
    assert [mail.subject for mail in payer.house.postbox.mails].count(OVERPAID) == 1


def test_b54_of_a_payment_that_is_more_than_is_left_the_rest_is_to_be_given_back(
    payer: Payer,
) -> None:
    invoice, card = payer.invoice(), payer.card("pm_card_authenticationRequired")
    pressed = payer.pay(invoice, card)
    payer.at_bank(payer.leave_url(pressed))
    payer.pay_in_holded(invoice, "40.00")
    payer.house.settle_down()
    wait_and_work(payer)

    assert payer.bookings() == ["40.00", "81.00"]
    assert payer.outcome(pressed).excess == Money(4000, "eur")
    assert invoices.get(payer.visit(), invoice).status is InvoiceStatus.PAID
    assert [mail.subject for mail in payer.house.postbox.mails].count(OVERPAID) == 1


# Who tells first


def test_b29_webhook_and_return_at_one_instant_book_once(payer: Payer) -> None:
    card = payer.card("pm_card_authenticationRequired")
    for _ in range(10):
        payer.house.postbox.mails.clear()
        before = len(payer.bookings())
        pressed = payer.pay(payer.invoice(), card)
        payer.at_bank(payer.leave_url(pressed))

        at_once(lambda key=pressed: come_back(payer, key), payer.house.settle_down)
        wait_and_work(payer, 1)

        assert len(payer.bookings()) == before + 1
        assert receipts(payer) == 1


def test_b44_many_presses_at_one_instant_make_one_payment(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()

    at_once(*[lambda: payer.pay(invoice, card)] * 6)
    wait_and_work(payer, 1)

    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]


def test_b26_the_same_event_twice_has_one_effect(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice(), payer.card())
    events = captured(payer)

    for _ in range(2):
        for event in events:
            payer.house._receive_stripe(*event)
            payer.house.worker().work_once()
    wait_and_work(payer, 2)

    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert payer.bookings() == ["121.00"]
    assert receipts(payer) == 1


def paid_at_the_second_try(payer: Payer) -> Pressed:
    """On Checkout: one card is refused, the next wants the bank, which says yes."""
    pressed = payer.pay(payer.invoice())
    url = payer.leave_url(pressed)
    payer.at_checkout(url, "4000000000000002")
    bank = payer.at_checkout(url, "4000002760003184").headers["Location"]
    payer.at_bank(bank)
    return pressed


def paid_by_debit(payer: Payer) -> Pressed:
    """On Checkout: a bank account, whose bank pays days later."""
    pressed = payer.pay(payer.invoice())
    payer.at_stripe(
        payer.leave_url(pressed),
        type="sepa_debit", iban="ES0700120345030000067890", name="Ann", email="a@example.com",
    )  # fmt: skip
    payer.house.control("stripe", "clock", advance=14 * 86_400)
    return pressed


def failed_by_debit(payer: Payer) -> Pressed:
    """On Checkout: a bank account, whose bank says no days later."""
    pressed = payer.pay(payer.invoice())
    payer.at_stripe(
        payer.leave_url(pressed),
        type="sepa_debit", iban="ES9121000418450200051332", name="Ann", email="a@example.com",
    )  # fmt: skip
    payer.house.control("stripe", "clock", advance=14 * 86_400)
    return pressed


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize(
    ("story", "end", "booked"),
    [
        (paid_at_the_second_try, PaymentState.BOOKED, ["121.00"]),
        (paid_by_debit, PaymentState.BOOKED, ["121.00"]),
        (failed_by_debit, PaymentState.FAILED, []),
    ],
)
def test_b32_events_in_any_order_and_number_end_the_same(
    payer: Payer,
    story: Callable[[Payer], Pressed],
    end: PaymentState,
    booked: list[str],
    reads: bool,
    seed: int,
) -> None:
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    pressed = story(payer)
    events = captured(payer)
    events += chance.sample(events, k=len(events) // 2)
    chance.shuffle(events)

    payer.house.stripe_wire.is_cut = not reads
    for event in events:
        payer.house._receive_stripe(*event)
        payer.house.worker().work_once()
    payer.house.stripe_wire.is_cut = False
    wait_and_work(payer)

    assert payer.state(pressed) is end
    assert payer.bookings() == booked


# How the tests do it


def captured(payer: Payer) -> list[tuple[Any, ...]]:
    """Take every event Stripe wants to tell, and tell none."""
    events: list[tuple[Any, ...]] = []

    def keep(*event: Any) -> int:
        events.append(event)
        return 200

    payer.house.stripe_app.extensions[STRIPE_DELIVERIES].deliver(keep)
    return events


def come_back(payer: Payer, pressed: Pressed) -> None:
    outcomes.read_outcome(payer.house.at, payer.operation(pressed))


def at_once(*deeds: Callable[[], Any]) -> None:
    """Do things at the same instant, each in a thread of its own; what one raises is raised."""
    barrier, raised, app = Barrier(len(deeds)), [], current_app._get_current_object()

    def run(deed: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                deed()
            except Exception as error:
                raised.append(error)

    threads = [Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
