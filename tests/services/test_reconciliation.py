"""Mismatches made from outside: found once, put right where that is safe, gone when healed."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from portal.domain.budget import Effect
from portal.domain.invoices import InvoiceState
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.domain.reconciliation import DifferenceKind
from portal.mirror import invoices
from portal.services import budget, reconciliation, tasks
from portal.store.outbox import JobRow
from tests.house import House
from tests.payer import Payer
from tests.reconciling import (
    deaf_to_holded,
    deaf_to_stripe,
    entries,
    intent_of,
    paid,
    reconcile,
    sentences,
    wait_and_work,
)

BANK = "pm_card_authenticationRequired"


def listed(house: House) -> list[str]:
    """Return the differences among what waits for a person."""
    found = tasks.list_tasks(house.db, now=house.now())
    return [task.what for task in found if task.kind is tasks.TaskKind.DIFFERENCE]


def test_where_all_agree_nothing_differs(payer: Payer) -> None:
    paid(payer)

    assert reconcile(payer.house) == []
    assert reconcile(payer.house, is_full=True) == []


# What is put right


def test_f13_a_payment_whose_webhook_was_lost_is_booked(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice(), payer.card(BANK))
    deaf_to_stripe(payer.house)
    payer.at_bank(payer.leave_url(pressed))
    payer.house.settle_down()

    found = reconcile(payer.house)
    still = payer.state(pressed)
    again = reconcile(payer.house, repairs=True)
    payer.house.settle_down()

    assert (found, again) == ([DifferenceKind.LOST_EVENT], [DifferenceKind.LOST_EVENT])
    assert still is PaymentState.NEEDS_BANK
    assert payer.bookings() == ["121.00"]
    assert reconcile(payer.house) == []


def test_f13_a_checkout_whose_webhooks_were_lost_is_booked(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice())
    deaf_to_stripe(payer.house)
    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    found = reconcile(payer.house, repairs=True)
    payer.house.settle_down()

    assert found == [DifferenceKind.LOST_EVENT]
    assert payer.state(pressed) is PaymentState.BOOKED
    assert payer.bookings() == ["121.00"]
    assert reconcile(payer.house) == []


def test_f13_a_page_that_ended_unheard_stands_in_nobodys_way(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice())
    deaf_to_stripe(payer.house)
    payer.house.control("stripe", "clock", advance=3600)

    found = reconcile(payer.house, repairs=True)

    assert found == [DifferenceKind.LOST_EVENT]
    assert payer.state(pressed) is PaymentState.CANCELED


def test_f13_a_payment_that_nobody_settles_is_settled(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice(), payer.card())
    with payer.house.db.write() as unit:
        unit.execute(delete(JobRow))
    payer.house.pass_time(3600)

    found = reconcile(payer.house, repairs=True)
    payer.house.settle_down()

    assert found == [DifferenceKind.NOT_SETTLED]
    assert payer.state(pressed) is PaymentState.BOOKED
    assert reconcile(payer.house) == []


def test_f13_a_booking_that_waits_is_made(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice(), payer.card())
    payer.house.holded_wire.is_cut = True
    payer.house.settle_down()
    with payer.house.db.write() as unit:
        unit.execute(delete(JobRow))
    payer.house.holded_wire.is_cut = False
    payer.house.pass_time(3600)

    found = reconcile(payer.house, repairs=True)
    payer.house.settle_down()

    assert found == [DifferenceKind.NOT_BOOKED]
    assert payer.state(pressed) is PaymentState.BOOKED
    assert payer.bookings() == ["121.00"]
    assert reconcile(payer.house) == []


def test_f13_an_invoice_that_changed_unheard_is_read_anew(payer: Payer) -> None:
    invoice = payer.invoice()
    deaf_to_holded(payer.house)
    payer.pay_in_holded(invoice)
    payer.house.settle_down()

    found = reconcile(payer.house, is_full=True)
    before = invoices.get(payer.visit(), invoice).invoice.state
    reconcile(payer.house, is_full=True, repairs=True)

    assert found == [DifferenceKind.STALE_MIRROR]
    assert before is InvoiceState.OPEN
    assert invoices.get(payer.visit(), invoice).invoice.state is InvoiceState.PAID
    assert reconcile(payer.house, is_full=True) == []


def test_f13_a_page_open_for_an_invoice_that_was_paid_unheard_is_ended(payer: Payer) -> None:
    invoice = payer.invoice()
    pressed = payer.pay(invoice)
    deaf_to_holded(payer.house)
    payer.pay_in_holded(invoice)

    found = reconcile(payer.house, repairs=True)
    payer.house.settle_down()

    assert found == [DifferenceKind.STALE_MIRROR]
    assert payer.state(pressed) is PaymentState.CANCELED


# What is for a person


def test_f13_money_for_a_payment_nobody_knows_is_listed(payer: Payer) -> None:
    invoice = payer.invoice()
    foreign_charge(payer, invoice)

    assert reconcile(payer.house, repairs=True) == [DifferenceKind.CHARGE_UNKNOWN]
    assert intent_of(payer) in sentences(payer.house)
    assert invoice in listed(payer.house)[0]
    assert payer.bookings() == []


def test_f13_an_invoice_charged_twice_is_listed_until_one_is_given_back(payer: Payer) -> None:
    invoice = paid(payer)
    foreign_charge(payer, invoice)

    found = reconcile(payer.house, repairs=True)
    again = reconcile(payer.house)
    payer.house.stripe.v1.refunds.create({"payment_intent": intent_of(payer)})

    assert found == again == [DifferenceKind.CHARGED_TWICE]
    assert len(listed(payer.house)) == 1
    assert reconcile(payer.house) == []
    assert listed(payer.house) == []


def test_money_that_is_not_the_portals_is_nobodys_business(payer: Payer) -> None:
    payer.house.stripe.v1.payment_intents.create(
        {"amount": 700, "currency": "eur", "customer": payer.stripe_customer,
         "payment_method": payer.card(), "confirm": True, "return_url": "https://a.example"}
    )  # fmt: skip

    assert reconcile(payer.house) == []


def test_f13_a_payment_stripe_knows_nothing_of_is_listed(payer: Payer) -> None:
    paid(payer)
    payer.house.control("stripe", "reset", keep_accounts=True)

    assert reconcile(payer.house, repairs=True) == [DifferenceKind.CHARGE_MISSING]
    assert len(listed(payer.house)) == 1


def test_b52_a_charge_of_another_sum_is_listed(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice(), payer.card(BANK))
    intent = intent_of(payer)
    payer.house.stripe.v1.payment_intents.update(intent, {"amount": 10000})
    confirmed = payer.house.stripe.v1.payment_intents.confirm(
        intent, {"payment_method": "pm_card_visa", "return_url": "https://a.example"}
    )
    payer.house.settle_down()

    assert confirmed.status == "succeeded"
    assert DifferenceKind.CHARGE_DIFFERS in reconcile(payer.house, repairs=True)
    assert "100.00 EUR and 121.00 EUR" in sentences(payer.house)
    assert pressed.operation in sentences(payer.house)


def test_b57_money_to_give_back_differs_until_it_went_back(payer: Payer) -> None:
    invoice = payer.invoice()
    pressed = payer.pay(invoice, payer.card(BANK))
    payer.at_bank(payer.leave_url(pressed))
    payer.pay_in_holded(invoice)
    payer.house.settle_down()
    wait_and_work(payer.house)

    found = reconcile(payer.house, repairs=True)
    deaf_to_stripe(payer.house)
    payer.house.stripe.v1.refunds.create({"payment_intent": intent_of(payer)})
    unheard = reconcile(payer.house, repairs=True)

    assert found == [DifferenceKind.REFUND_OPEN]
    assert unheard == [DifferenceKind.REFUND_UNHEARD]
    assert tasks.list_tasks(payer.house.db, now=payer.house.now()) == []
    assert reconcile(payer.house) == []


def test_f12_a_refund_without_a_credit_note_is_listed_until_there_is_one(payer: Payer) -> None:
    payer.house.decide(credit_refunds=False)
    invoice = paid(payer)
    refund = payer.house.stripe.v1.refunds.create(
        {"payment_intent": intent_of(payer), "amount": 2100}
    )
    payer.house.settle_down()

    found = reconcile(payer.house, repairs=True)
    said = sentences(payer.house)
    item = {"name": "Back", "units": 1, "price": "21.00", "taxes": []}
    note = {"contact_id": payer.holded_contact, "items": [item], "tags": [f"stripe:{refund.id}"]}
    payer.house.holded.post("/credit-notes", json=note).raise_for_status()
    payer.house.settle_down()

    assert found == [DifferenceKind.REFUND_NOT_BOOKED]
    assert "21.00 EUR went back" in said
    assert invoice not in payer.charges()
    assert reconcile(payer.house) == []


def test_b58_a_refund_of_long_ago_is_seen_when_it_is_made(payer: Payer) -> None:
    paid(payer)
    reconcile(payer.house)
    payer.house.pass_time(7 * 86_400)
    payer.house.control("stripe", "clock", advance=7 * 86_400)
    reconcile(payer.house)

    payer.house.stripe.v1.refunds.create({"payment_intent": intent_of(payer)})

    assert reconcile(payer.house, repairs=True) == [
        DifferenceKind.REFUND_NOT_BOOKED,
        DifferenceKind.REFUND_UNHEARD,
    ]
    assert reconcile(payer.house) == [DifferenceKind.REFUND_NOT_BOOKED]


def test_b55_a_booking_nobody_can_explain_is_said_and_listed_once(payer: Payer) -> None:
    invoice, card = payer.invoice("300.00"), payer.card()
    payer.fault("holded", "status", "/payments", method="POST")
    payer.press(invoice, Money(36300, "eur"), card)
    payer.house.settle_down()
    payer.pay_in_holded(invoice, "100.00")
    wait_and_work(payer.house)

    assert DifferenceKind.BOOKING_UNKNOWN in reconcile(payer.house, repairs=True)
    found = tasks.list_tasks(payer.house.db, now=payer.house.now())
    assert [task.kind for task in found] == [tasks.TaskKind.BOOKING]


@pytest.mark.parametrize(
    ("by_hand", "kind"),
    [
        (["121.00"], DifferenceKind.BOOKED_TWICE),
        (["100.00"], DifferenceKind.ENTRY_UNKNOWN),
    ],
)
def test_f13_an_entry_the_portal_did_not_make_is_listed(
    payer: Payer, by_hand: list[str], kind: DifferenceKind
) -> None:
    invoice = payer.invoice("200.00")
    payer.pay_in_holded(invoice, "121.00")
    payer.house.settle_down()
    payer.press(invoice, Money(12100, "eur"), payer.card())
    payer.house.settle_down()
    before = reconcile(payer.house)
    older = next(one for one in entries(payer, invoice))
    payer.house.holded.delete(f"/payments/{older['id']}").raise_for_status()
    for amount in by_hand:
        payer.pay_in_holded(invoice, amount)
    payer.house.settle_down()

    found = reconcile(payer.house, repairs=True)

    assert before == []
    assert found == [kind]
    assert by_hand[0] in listed(payer.house)[0]


def test_f13_an_entry_that_was_deleted_is_listed_and_not_booked_again(payer: Payer) -> None:
    invoice = paid(payer)
    for entry in entries(payer, invoice):
        payer.house.holded.delete(f"/payments/{entry['id']}").raise_for_status()
    payer.house.settle_down()

    found = reconcile(payer.house, repairs=True)
    wait_and_work(payer.house)

    assert found == [DifferenceKind.ENTRY_DELETED]
    assert payer.bookings() == []
    assert invoice in listed(payer.house)[0]


def test_f13_an_entry_whose_sum_was_changed_is_listed(payer: Payer) -> None:
    invoice = paid(payer)
    entry = entries(payer, invoice)[0]
    changed = {"type": "collection", "amount": "100.00", "date": entry["date"]}
    account = payer.house.merchant.holded_treasury
    answer = payer.house.holded.put(
        f"/payments/{entry['id']}", json={**changed, "bank_account_id": account}
    )
    payer.house.settle_down()

    assert answer.status_code == 200, answer.text
    assert reconcile(payer.house, repairs=True) == [DifferenceKind.ENTRY_DIFFERS]
    assert "100.00 EUR instead of 121.00 EUR" in listed(payer.house)[0]


def test_f13_an_invoice_cancelled_after_it_was_paid_is_listed(payer: Payer) -> None:
    invoice = paid(payer)
    for entry in entries(payer, invoice):
        payer.house.holded.delete(f"/payments/{entry['id']}").raise_for_status()
    payer.house.holded.post(f"/invoices/{invoice}/cancel").raise_for_status()
    payer.house.settle_down()

    assert reconcile(payer.house, repairs=True) == [DifferenceKind.INVOICE_GONE]
    assert invoice in listed(payer.house)[0]


# What it costs, and how it goes on


def test_it_costs_what_it_says_beforehand(payer: Payer) -> None:
    for _ in range(3):
        paid(payer)
    before = budget.read(payer.house.at).calls.get(Effect.RECONCILIATION, 0)
    planned = reconciliation.plan(payer.house.at, is_full=False)

    reconcile(payer.house)

    spent = budget.read(payer.house.at).calls[Effect.RECONCILIATION] - before
    assert (planned.calls, spent) == (3, 3)


def test_all_of_holded_costs_a_call_for_each_page(payer: Payer) -> None:
    for _ in range(3):
        paid(payer)
    planned = reconciliation.plan(payer.house.at, is_full=True)

    reconcile(payer.house, is_full=True)

    spent = budget.read(payer.house.at).calls[Effect.RECONCILIATION]
    assert (planned.calls, spent) == (1, 1)


def test_what_did_not_change_is_not_read_again(payer: Payer) -> None:
    paid(payer)
    reconcile(payer.house)
    payer.house.pass_time(2 * 3600)
    reconcile(payer.house)
    payer.house.pass_time(2 * 3600)

    assert reconciliation.plan(payer.house.at, is_full=False).calls == 0


def test_one_that_is_broken_off_goes_on_where_it_stopped(payer: Payer) -> None:
    for _ in range(12):
        paid(payer)
    reconciliation.begin(payer.house.at, is_full=False, repairs=False)
    for _ in range(6):
        reconciliation.step(payer.house.at)
    before = budget.read(payer.house.at).calls[Effect.RECONCILIATION]

    reconcile(payer.house)

    assert before > 0
    assert budget.read(payer.house.at).calls[Effect.RECONCILIATION] == 12


def test_what_is_kept_for_payments_is_not_spent_on_comparing(payer: Payer) -> None:
    paid(payer)
    payer.house.decide(holded_calls_a_month=1)
    before = len(payer.house.requests("holded"))

    planned = reconciliation.plan(payer.house.at, is_full=False)

    assert not planned.spending.is_allowed
    assert len(payer.house.requests("holded")) == before


# Each night


def until_night(house: House) -> None:
    """Let time pass until it is four in the merchant's morning."""
    local = house.now().astimezone(ZoneInfo(house.merchant.timezone))
    night = local.replace(hour=4, minute=0, second=0) + timedelta(days=1)
    house.pass_time((night - local).total_seconds())


def through_the_night(house: House, times: int = 12) -> int:
    """Have the worker tick and work for some seconds, and return how often it asked Stripe."""
    before = len(house.requests("stripe"))
    for _ in range(times):
        reconciliation.schedule(house.db, now=house.now())
        house.worker().work_once()
        house.pass_time(2)
    return len(house.requests("stripe")) - before


def test_f13_each_night_compares_and_puts_right_once(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice(), payer.card(BANK))
    deaf_to_stripe(payer.house)
    payer.at_bank(payer.leave_url(pressed))
    payer.house.settle_down()
    by_day = through_the_night(payer.house) if is_day(payer.house) else 0
    until_night(payer.house)

    first = through_the_night(payer.house)
    again = through_the_night(payer.house)

    assert (by_day, again) == (0, 0)
    assert first > 0
    assert payer.state(pressed) is PaymentState.BOOKED
    assert payer.bookings() == ["121.00"]


def test_a_night_in_which_holded_is_down_goes_on_later(payer: Payer) -> None:
    paid(payer)
    for entry in entries(payer, last_invoice(payer)):
        payer.house.holded.delete(f"/payments/{entry['id']}").raise_for_status()
    payer.house.settle_down()
    until_night(payer.house)
    payer.house.holded_wire.is_cut = True
    through_the_night(payer.house)
    meanwhile = listed(payer.house)
    payer.house.holded_wire.is_cut = False

    payer.house.pass_time(3600)
    through_the_night(payer.house)

    assert meanwhile == []
    assert len(listed(payer.house)) == 1


def is_day(house: House) -> bool:
    local = house.now().astimezone(ZoneInfo(house.merchant.timezone))
    return local.hour not in reconciliation.QUIET


def last_invoice(payer: Payer) -> str:
    return str(payer.house.ledger("holded")[-1]["invoice"])


def foreign_charge(payer: Payer, invoice: str) -> None:
    """Charge an invoice as a portal would whose database was put back to an older one."""
    named = {"payment": "0" * 24, "invoice": f"holded:{invoice}"}
    payer.house.stripe.v1.payment_intents.create(
        {"amount": 12100, "currency": "eur", "customer": payer.stripe_customer,
         "payment_method": payer.card(), "confirm": True, "return_url": "https://a.example",
         "metadata": named}
    )  # fmt: skip
    payer.house.settle_down()
