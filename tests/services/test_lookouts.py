"""What is looked at once a day: cards that run out, and that nothing is said twice."""

from dataclasses import replace
from datetime import date

import pytest

from portal.domain.errors import Refused
from portal.gateways.mail import Mail
from portal.mirror import payment_methods as mirror
from portal.services import lookouts, payment_methods
from tests.payer import Payer
from tests.shop import Shop


def mails(payer: Payer) -> list[Mail]:
    return [mail for mail in payer.house.postbox.mails if mail.id.startswith("card-expiring-")]


def look(payer: Payer, *, days: float = 0) -> None:
    """Let time pass and have the look of the day done."""
    payer.house.pass_time(days * 86400)
    lookouts.sweep(payer.house.db, now=payer.house.now())
    payer.house.settle_down()


def expires(payer: Payer, method: str, last_month: date) -> None:
    """Have a card be told with another last month."""
    visit = payer.visit()
    told = replace(mirror.get(visit, method), exp_month=last_month.month, exp_year=last_month.year)
    with visit.db.write() as unit:
        mirror.save(unit, visit.merchant, [(told, visit.now)], now=visit.now)


@pytest.fixture
def card(payer: Payer) -> str:
    """The card of a customer whose plan is charged to it, with this month as its last."""
    shop = Shop(payer.house)
    card = payer.card()
    default = {"invoice_settings": {"default_payment_method": card}}
    payer.house.stripe.v1.customers.update(payer.stripe_customer, default)
    shop.subscribe(payer.stripe_customer)
    payer.house.settle_down()
    expires(payer, card, payer.visit().today)
    return card


def test_a_card_that_runs_out_is_told_once(payer: Payer, card: str) -> None:
    look(payer)
    look(payer)
    look(payer, days=1)

    [mail] = mails(payer)
    assert "Visa •••• 4242 expires on " in mail.subject
    assert "Your renewals are charged to it." in mail.text
    assert "/nuvol/payment-methods" in mail.text


def test_one_that_got_a_new_last_day_is_told_again_when_that_is_near(
    payer: Payer, card: str
) -> None:
    look(payer)
    new_last_day = date(payer.visit().today.year + 1, 1, 31)
    expires(payer, card, new_last_day)

    look(payer, days=(new_last_day - payer.visit().today).days - 20)

    assert len(mails(payer)) == 2


def test_one_that_nothing_is_charged_to_is_not_told(payer: Payer) -> None:
    expires(payer, payer.card(), payer.visit().today)

    look(payer)

    assert mails(payer) == []


def test_one_of_a_plan_that_ends_before_it_renews_is_not_told(payer: Payer, card: str) -> None:
    stripe = payer.house.stripe.v1
    [held] = stripe.subscriptions.list({"customer": payer.stripe_customer}).data
    payer.house.control("stripe", "clock", advance=5)
    stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})
    payer.house.settle_down()

    look(payer)

    assert mails(payer) == []


def test_a_card_that_is_good_for_long_is_not_told(payer: Payer, card: str) -> None:
    expires(payer, card, date(payer.visit().today.year + 3, 1, 1))

    look(payer)

    assert mails(payer) == []


def test_a_method_cannot_go_while_a_debit_of_it_is_under_way(payer: Payer) -> None:
    payer.card()
    method = payer.debit()
    payer.pay(payer.invoice(), method)
    payer.house.settle_down()

    with pytest.raises(Refused, match="method_paying"):
        payment_methods.remove(payer.visit(), method)


def test_nor_while_stripe_debits_it_by_itself(payer: Payer) -> None:
    payer.card()
    method = payer.debit()
    invoice = payer.stripe_invoice()
    payer.house.stripe.v1.invoices.pay(invoice, {"payment_method": method})
    payer.house.settle_down()

    with pytest.raises(Refused, match="method_paying"):
        payment_methods.remove(payer.visit(), method)


def test_when_the_debit_is_over_the_method_can_go(payer: Payer) -> None:
    payer.card()
    method = payer.debit()
    payer.pay(payer.invoice(), method)
    payer.house.settle_down()
    payer.house.control("stripe", "clock", advance=8 * 86400)
    payer.house.settle_down()

    payment_methods.remove(payer.visit(), method)

    assert [one.type for one in mirror.list_of_customer(payer.visit())] == ["card"]
