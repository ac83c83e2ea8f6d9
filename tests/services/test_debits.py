"""Bank debits: told before each, and what follows when one comes back."""

from datetime import timedelta

import pytest

from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.gateways.mail import Mail
from portal.mirror import invoices
from portal.mirror import payment_methods as mirror
from portal.services import lookouts
from tests.house import House
from tests.payer import Payer
from tests.shop import Shop

BROKE_IBAN = "ES1700120345000002222227"
DAYS = 86400


def mails(house: House, start: str) -> list[Mail]:
    return [mail for mail in house.postbox.mails if mail.id.startswith(start)]


def let_pass(house: House, days: float) -> None:
    """Let days go by for Stripe and for the portal, and have all be told."""
    house.control("stripe", "clock", advance=int(days * DAYS))
    house.pass_time(days * DAYS)
    house.settle_down()


def billed_by_stripe(payer: Payer, method: str) -> str:
    """Have Stripe charge an invoice to a method by itself and return its id."""
    payer.house.stripe.v1.customers.update(
        payer.stripe_customer, {"invoice_settings": {"default_payment_method": method}}
    )
    id = payer.stripe_invoice(collection_method="charge_automatically", auto_advance=True)
    let_pass(payer.house, 0.1)
    return id


def test_a_debit_begun_here_is_told_with_sum_day_creditor_and_reference(payer: Payer) -> None:
    method = payer.debit()
    invoice = payer.invoice()

    payer.pay(invoice, method)
    payer.house.settle_down()

    [mail] = mails(payer.house, "debit-")
    mandate = mirror.get(payer.visit(), method).mandate
    assert mandate is not None
    assert mail.subject == "€121.00 will be debited from your account"
    assert mandate.reference in mail.text
    assert "Creditor: Nuvol Studio" in mail.text
    assert "Day of the debit: " in mail.text
    assert "In the next working days" not in mail.text
    assert f"/nuvol/invoices/{invoice}" in mail.text


def test_it_is_told_once_however_often_the_debit_is_heard_of(payer: Payer) -> None:
    method = payer.debit()
    pressed = payer.pay(payer.invoice(), method)

    for _ in range(3):
        payer.house.pass_time(5)
        payer.outcome(pressed)
        payer.house.settle_down()
    payer.house.control("stripe", "webhooks/replay", last=20)
    payer.house.settle_down()

    assert len(mails(payer.house, "debit-")) == 1


def test_a_debit_that_stripe_begins_by_itself_is_told_too(payer: Payer) -> None:
    method = payer.debit()

    invoice = billed_by_stripe(payer, method)

    [mail] = mails(payer.house, "debit-")
    assert "€121.00" in mail.text
    assert f"/nuvol/invoices/{invoice}" in mail.text


def test_paying_by_card_announces_no_debit(payer: Payer) -> None:
    payer.pay(payer.invoice(), payer.card())
    payer.house.settle_down()

    assert mails(payer.house, "debit-") == []


def test_b61_a_pending_debit_is_never_paid(payer: Payer) -> None:
    invoice = payer.invoice()

    pressed = payer.pay(invoice, payer.debit())
    payer.house.settle_down()

    assert payer.state(pressed) is PaymentState.PROCESSING
    assert payer.bookings() == []
    assert invoices.get(payer.visit(), invoice).status == "processing"


def test_a_debit_that_came_back_marks_its_account_and_says_why(payer: Payer) -> None:
    method = payer.debit(BROKE_IBAN)
    pressed = payer.pay(payer.invoice(), method)

    let_pass(payer.house, 8)

    failure = mirror.get(payer.visit(), method).failure
    [mail] = mails(payer.house, "failure-")
    assert payer.state(pressed) is PaymentState.FAILED
    assert failure is not None
    assert failure.code == "insufficient_funds"
    assert "There was not enough money in the account. You were not charged." in mail.text


def test_one_that_stripe_made_by_itself_and_came_back_is_told_once(payer: Payer) -> None:
    method = payer.debit(BROKE_IBAN)
    invoice = billed_by_stripe(payer, method)

    for _ in range(6):
        let_pass(payer.house, 1)

    [mail] = mails(payer.house, "failure-")
    assert "There was not enough money" in mail.text
    assert f"/nuvol/invoices/{invoice}" in mail.text
    assert "€121.00" in mail.text
    assert mirror.get(payer.visit(), method).failure is not None


def test_the_mark_goes_when_a_later_debit_arrives(payer: Payer) -> None:
    method = payer.debit(BROKE_IBAN)
    payer.pay(payer.invoice(), method)
    let_pass(payer.house, 8)
    card = payer.card()
    payer.pay(payer.invoice(), card)
    payer.house.settle_down()

    assert mirror.get(payer.visit(), method).failure is not None
    assert mirror.get(payer.visit(), card).failure is None


@pytest.fixture
def subscriber(payer: Payer) -> Payer:
    """A customer whose monthly plan is charged to a bank account."""
    shop = Shop(payer.house)
    method = payer.debit()
    payer.house.stripe.v1.customers.update(
        payer.stripe_customer, {"invoice_settings": {"default_payment_method": method}}
    )
    shop.subscribe(payer.stripe_customer)
    payer.house.settle_down()
    let_pass(payer.house, 8)
    payer.house.postbox.mails.clear()
    return payer


def test_a_renewal_is_told_as_long_beforehand_as_was_agreed(subscriber: Payer) -> None:
    subscriber.house.decide(prenotification_days=5)
    [held] = subscriber.house.stripe.v1.subscriptions.list(
        {"customer": subscriber.stripe_customer}
    ).data
    renews = held["items"].data[0].current_period_end
    now = subscriber.house.stripe_app.extensions["stripe_sandbox"].clock.now()

    let_pass(subscriber.house, (renews - now) / DAYS - 5.5)
    lookouts.sweep(subscriber.house.db, now=subscriber.house.now())
    subscriber.house.settle_down()

    [mail] = mails(subscriber.house, "debit-")
    assert "€10.89" in mail.text
    assert f"/nuvol/subscriptions/{held.id}" in mail.text


def test_the_renewal_that_was_told_is_not_told_again_when_it_is_made(subscriber: Payer) -> None:
    for _ in range(27):
        let_pass(subscriber.house, 1)
        lookouts.sweep(subscriber.house.db, now=subscriber.house.now())
        subscriber.house.settle_down()

    told = mails(subscriber.house, "debit-")

    assert len(told) == 1
    assert Money(1089, "eur").amount == 1089
    assert "Mandate reference" in told[0].text
    assert subscriber.house.ahead > timedelta(days=30)
