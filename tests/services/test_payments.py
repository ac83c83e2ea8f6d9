"""Paying an invoice, from the press to the booking, with everything that goes wrong between."""

import hashlib
import hmac
import json

import pytest

from portal.domain.customers import Origin
from portal.domain.decisions import Reason
from portal.domain.errors import GatewayUnavailable, NotFound, Refused
from portal.domain.invoices import InvoiceStatus
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.mirror import invoices, payment_methods
from portal.services import operations, payments
from portal.services import payment_methods as method_service
from portal.services.jobs import VERBS
from portal.services.payments import Wish
from portal.store import payments as rows
from portal.store.consents import ConsentRow
from portal.store.payments import PaymentRow
from tests.payer import DUE, Payer, move_in

NEEDS_BANK = "pm_card_authenticationRequired"
NO_FUNDS = "pm_card_chargeCustomerFail"
CONSENT = "Nuvol Studio may charge this method for later invoices."


def status_of(payer: Payer, invoice: str) -> InvoiceStatus:
    return invoices.get(payer.visit(), invoice).status


# A saved method


def test_a_holded_invoice_paid_with_a_saved_card_is_charged_and_booked_once(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()

    pressed = payer.pay(invoice, card)
    payer.house.settle_down()

    assert not pressed.leaves
    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert (payer.charges(), payer.bookings()) == ([12100], ["121.00"])
    assert status_of(payer, invoice) is InvoiceStatus.PAID


def test_a_stripe_invoice_is_paid_by_its_own_intent(payer: Payer) -> None:
    invoice, card = payer.stripe_invoice(), payer.card()

    pressed = payer.pay(invoice, card)
    payer.house.settle_down()

    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert (payer.charges(), payer.bookings()) == ([12100], [])
    assert status_of(payer, invoice) is InvoiceStatus.PAID


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_a_card_that_wants_the_bank_is_charged_after_its_page(payer: Payer, origin: str) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()
    pressed = payer.pay(invoice, payer.card(NEEDS_BANK))
    waiting = payer.state(pressed)

    back = payer.at_bank(payer.leave_url(pressed))
    seen = payer.outcome(pressed)
    payer.house.settle_down()

    assert pressed.leaves
    assert waiting is PaymentState.NEEDS_BANK
    assert back.startswith(f"{payer.house.settings.public_url}/r/{pressed.return_key}")
    assert seen.state is PaymentState.SUCCEEDED
    assert payer.charges() == [12100]
    assert payer.bookings() == (["121.00"] if origin == "holded" else [])


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_b61_a_bank_step_that_failed_is_asked_for_again(payer: Payer, origin: str) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()
    card = payer.card(NEEDS_BANK)
    first = payer.pay(invoice, card)
    payer.at_bank(payer.leave_url(first), confirms=False)
    assert payer.outcome(first).state is PaymentState.FAILED

    second = payer.pay(invoice, card)
    payer.at_bank(payer.leave_url(second))
    payer.house.settle_down()

    assert second.operation != first.operation
    assert payer.charges() == [12100]
    assert payer.outcome(second).state is PaymentState.BOOKED


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_b60_somebody_who_left_the_banks_page_goes_on_with_it(payer: Payer, origin: str) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()
    card = payer.card(NEEDS_BANK)
    first = payer.pay(invoice, card)

    again = payer.pay(invoice, card)

    assert payer.outcome(first).state is PaymentState.NEEDS_BANK
    assert again == first
    assert payer.charges() == []


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_a_declined_card_charges_nothing_and_says_why(payer: Payer, origin: str) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()

    pressed = payer.pay(invoice, payer.card(NO_FUNDS))
    payer.house.settle_down()

    outcome = payer.outcome(pressed)
    assert (outcome.state, outcome.error_code) == (PaymentState.FAILED, "generic_decline")
    assert payer.charges() == []
    assert status_of(payer, invoice) is InvoiceStatus.OVERDUE or origin == "stripe"


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_another_card_pays_what_the_first_could_not(payer: Payer, origin: str) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()
    payer.pay(invoice, payer.card(NO_FUNDS))
    payer.house.settle_down()

    pressed = payer.pay(invoice, payer.card())
    payer.house.settle_down()

    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert payer.charges() == [12100]


def test_a_debit_is_processing_until_the_bank_has_answered(payer: Payer) -> None:
    invoice, debit = payer.invoice(), payer.debit()
    pressed = payer.pay(invoice, debit)
    payer.house.settle_down()
    at_first = payer.outcome(pressed).state, status_of(payer, invoice), payer.bookings()

    payer.house.control("stripe", "clock", advance=14 * 86_400)
    payer.house.settle_down()

    assert at_first == (PaymentState.PROCESSING, InvoiceStatus.PROCESSING, [])
    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert (payer.charges(), payer.bookings()) == ([12100], ["121.00"])


def test_a_debit_that_fails_days_later_opens_the_invoice_again(payer: Payer) -> None:
    invoice, debit = payer.invoice(), payer.debit("ES9121000418450200051332")
    pressed = payer.pay(invoice, debit)
    payer.house.settle_down()
    payer.house.control("stripe", "clock", advance=14 * 86_400)
    payer.house.settle_down()

    assert payer.outcome(pressed).state is PaymentState.FAILED
    assert payer.bookings() == []
    assert invoices.get(payer.visit(), invoice).invoice.due == 12100


def test_what_stripe_is_collecting_by_itself_is_not_confirmed_a_second_time(
    payer: Payer,
) -> None:
    debit = payer.debit()
    stripe = payer.house.stripe.v1
    stripe.customers.update(
        payer.stripe_customer, {"invoice_settings": {"default_payment_method": debit}}
    )
    invoice = payer.stripe_invoice(collection_method="charge_automatically")
    stripe.invoices.pay(invoice)

    with pytest.raises(Refused) as refused:
        payer.pay(invoice, payer.card())

    assert refused.value.decision.reason is Reason.PAYMENT_UNDER_WAY
    assert status_of(payer, invoice) is InvoiceStatus.PROCESSING


# A new method


def test_a_new_card_pays_on_checkout_and_is_not_kept_unasked(payer: Payer) -> None:
    invoice = payer.invoice()
    pressed = payer.pay(invoice)

    answer = payer.at_checkout(payer.leave_url(pressed))
    seen = payer.outcome(pressed).state
    payer.house.settle_down()

    assert answer.headers["Location"].endswith(f"/r/{pressed.return_key}")
    assert seen is PaymentState.SUCCEEDED
    assert (payer.charges(), payer.bookings()) == ([12100], ["121.00"])
    assert payment_methods.list_of_customer(payer.visit()) == []


def test_a_new_card_is_kept_with_consent_and_its_words(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice(), consent=CONSENT)

    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    kept = payment_methods.list_of_customer(payer.visit())
    with payer.house.db.session() as reader:
        consents = [(row.subject, row.text) for row in reader.query(ConsentRow)]
    assert [method.last4 for method in kept] == ["4242"]
    assert consents == [(pressed.operation, CONSENT)]
    assert [CONSENT in mail.text for mail in payer.house.postbox.mails].count(True) == 1


def test_a_saved_method_has_one_receipt_whoever_tells_of_it(payer: Payer) -> None:
    row = method_service.add(payer.visit(), consent=CONSENT)
    payer.at_checkout(row.leave_url)

    method_service.returned(payer.house.at, row)
    payer.house.worker().work_once()
    payer.house.settle_down()

    assert [CONSENT in mail.text for mail in payer.house.postbox.mails] == [True]


def test_a_card_refused_on_checkout_can_be_followed_by_another_there(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice())
    url = payer.leave_url(pressed)

    payer.at_checkout(url, "4000000000000002")
    payer.house.settle_down()
    between = payer.outcome(pressed).state
    payer.at_checkout(url)
    payer.house.settle_down()

    assert between is PaymentState.AT_CHECKOUT
    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert (payer.charges(), payer.bookings()) == ([12100], ["121.00"])


def test_a_bank_step_within_checkout_leaves_the_payment_there(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice())
    url = payer.leave_url(pressed)
    bank = payer.at_checkout(url, "4000002760003184").headers["Location"]
    payer.house.settle_down()
    between = payer.outcome(pressed)

    back = payer.at_bank(bank)
    payer.house.stripe_app.test_client().get(back.split(":8001", 1)[-1])
    payer.house.settle_down()

    assert (between.state, between.leave_url) == (PaymentState.AT_CHECKOUT, url)
    assert payer.outcome(pressed).state is PaymentState.BOOKED


def test_a_checkout_page_ends_by_stripes_clock(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.house.control("stripe", "clock", advance=3 * 86_400)

    pressed = payer.pay(invoice)
    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    assert payer.charges() == [12100]


def test_an_open_checkout_page_is_met_again(payer: Payer) -> None:
    invoice = payer.invoice()
    first = payer.pay(invoice)

    assert payer.pay(invoice) == first


def test_d17_choosing_a_saved_card_ends_the_open_checkout_page(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    first = payer.pay(invoice)

    second = payer.pay(invoice, card)
    late = payer.at_checkout(payer.leave_url(first))
    payer.house.settle_down()

    assert payer.state(first) is PaymentState.CANCELED
    assert late.status_code == 410
    assert payer.charges() == [12100]
    assert payer.outcome(second).state is PaymentState.BOOKED


def test_d17_a_slip_chosen_on_checkout_ends_when_another_method_is_wished(payer: Payer) -> None:
    invoice = payer.invoice()
    slip = payer.pay(invoice)
    with payer.house.db.write() as unit:
        row = unit.get_one(PaymentRow, slip.operation)
        rows.move(row, PaymentState.NEEDS_BANK, now=payer.house.now())

    again = payer.pay(invoice)

    assert again.operation != slip.operation
    assert payer.state(slip) is PaymentState.CANCELED
    assert payer.state(again) is PaymentState.AT_CHECKOUT


def test_taking_the_consent_back_ends_the_page_that_would_keep_the_card(payer: Payer) -> None:
    invoice = payer.invoice()
    first = payer.pay(invoice, consent=CONSENT)

    second = payer.pay(invoice)

    assert second.operation != first.operation
    assert payer.state(first) is PaymentState.CANCELED


def test_a_checkout_page_that_was_paid_meanwhile_is_not_paid_again(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    first = payer.pay(invoice)
    payer.at_checkout(payer.leave_url(first))

    second = payer.pay(invoice, card)
    payer.house.settle_down()

    assert (second.operation, second.leaves) == (first.operation, False)
    assert payer.charges() == [12100]


def test_d17_a_page_left_open_ends_when_the_invoice_is_paid_in_holded(payer: Payer) -> None:
    invoice = payer.invoice()
    pressed = payer.pay(invoice)
    payer.pay_in_holded(invoice)
    payer.house.settle_down()

    late = payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    assert late.status_code == 410
    assert payer.charges() == []
    assert payer.state(pressed) is PaymentState.CANCELED


def test_d17_a_payment_of_nobody_named_ends_the_page_of_its_invoice(payer: Payer) -> None:
    invoice, house = payer.invoice(), payer.house
    first = payer.pay(invoice)
    payer.pay_in_holded(invoice)
    body = json.dumps({"id": "pay_1", "amount": "121.00"}).encode()
    signed = hmac.new(b"a-holded-secret", body, hashlib.sha256).hexdigest()
    headers = {
        "x-holded-webhook-signature": f"sha256={signed}",
        "x-holded-webhook-event": "payment.create",
        "x-holded-webhook-id": "wh_1",
        "x-holded-webhook-account-id": "acc_house",
    }

    taken = house.receive(f"ep_holded_{house.merchant.id}", body, headers)
    for _ in range(2):
        house.worker().work_once()

    assert taken == 200
    assert status_of(payer, invoice) is InvoiceStatus.PAID
    assert payer.state(first) is PaymentState.CANCELED


def test_a_page_that_expires_by_itself_frees_the_invoice(payer: Payer) -> None:
    invoice = payer.invoice()
    pressed = payer.pay(invoice)

    payer.house.control("stripe", "clock", advance=40 * 60)
    payer.house.settle_down()

    assert payer.outcome(pressed).state is PaymentState.CANCELED
    assert invoices.get(payer.visit(), invoice).status is InvoiceStatus.OVERDUE


def test_a_stripe_invoice_takes_no_new_method_by_checkout(payer: Payer) -> None:
    with pytest.raises(Refused) as refused:
        payer.pay(payer.stripe_invoice())

    assert refused.value.decision.reason is Reason.INVOICE_NOT_PAYABLE


# What changed while the page was open


def test_b54_an_old_sum_is_refused_and_the_new_one_is_known(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.pay_in_holded(invoice, "40.00")

    with pytest.raises(Refused) as refused:
        payer.pay(invoice, card)

    assert refused.value.decision.reason is Reason.AMOUNT_CHANGED
    assert invoices.get(payer.visit(), invoice).invoice.due == 8100
    assert payer.charges() == []


def test_b56_an_invoice_paid_by_hand_in_holded_is_not_charged(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.pay_in_holded(invoice)

    with pytest.raises(Refused) as refused:
        payer.pay(invoice, card)

    assert refused.value.decision.reason is Reason.NOTHING_DUE
    assert payer.charges() == []


def test_b56_an_open_checkout_page_is_not_resumed_for_a_paid_invoice(payer: Payer) -> None:
    invoice = payer.invoice()
    first = payer.pay(invoice)
    payer.pay_in_holded(invoice)

    with pytest.raises(Refused) as refused:
        payer.pay(invoice)

    assert refused.value.decision.reason is Reason.NOTHING_DUE
    assert payer.at_checkout(payer.leave_url(first)).status_code == 410


# Twice


def test_b44_a_second_press_meets_the_first_payment(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()

    first, second = payer.pay(invoice, card), payer.pay(invoice, card)
    payer.house.settle_down()

    assert second.operation == first.operation
    assert (payer.charges(), payer.bookings()) == ([12100], ["121.00"])


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_b44_a_press_whose_answer_is_overtaken_by_another_payment_charges_nothing(
    payer: Payer, origin: str
) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()
    card, house = payer.card(), payer.house
    wire = house.holded_wire if origin == "holded" else house.stripe_wire
    path = f"/api/v2/invoices/{invoice}" if origin == "holded" else f"/v1/invoices/{invoice}"

    def somebody_pays() -> None:
        payer.pay(invoice, card)
        house.settle_down()

    wire.on_the_way[f"GET {path}"] = somebody_pays
    with pytest.raises(Refused) as refused:
        payer.pay(invoice, card)
    house.settle_down()

    assert refused.value.decision.reason is Reason.NOTHING_DUE
    assert payer.charges() == [12100]
    assert status_of(payer, invoice) is InvoiceStatus.PAID


def test_a_paid_invoice_is_not_paid_again(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.pay(invoice, card)
    payer.house.settle_down()

    with pytest.raises(Refused) as refused:
        payer.pay(invoice, card)

    assert refused.value.decision.reason is Reason.NOTHING_DUE
    assert payer.charges() == [12100]


# Answers that are lost, and providers that are down


def test_b31_a_lost_answer_is_unknown_and_heals_without_a_second_charge(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.fault("stripe", "lose_answer", "/v1/payment_intents")

    pressed = payer.pay(invoice, card)
    at_first = payer.outcome(pressed).state, status_of(payer, invoice)
    again = payer.pay(invoice, card)
    payer.house.pass_time(30)
    payer.house.worker().work_once()
    payer.house.settle_down()

    assert at_first == (PaymentState.MADE, InvoiceStatus.CHECKING)
    assert (again.operation, again.leaves) == (pressed.operation, False)
    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert (payer.charges(), payer.bookings()) == ([12100], ["121.00"])


def test_b31_the_webhook_heals_a_lost_answer_at_once(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.fault("stripe", "lose_answer", "/v1/payment_intents")

    pressed = payer.pay(invoice, card)
    payer.house.settle_down()

    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert (payer.charges(), payer.bookings()) == ([12100], ["121.00"])


def test_b31_a_lost_answer_about_a_stripe_invoice_heals_by_its_webhook(payer: Payer) -> None:
    invoice, card = payer.stripe_invoice(), payer.card()
    intent = invoices.get(payer.visit(), invoice).invoice.intent
    path = f"/v1/payment_intents/{intent}/confirm"
    payer.fault("stripe", "lose_answer", path)

    pressed = payer.pay(invoice, card)
    payer.house.settle_down()

    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert payer.charges() == [12100]


def test_b31_a_lost_payment_is_found_by_its_name_when_its_key_has_run_out(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.fault("stripe", "lose_answer", "/v1/payment_intents")
    pressed = payer.pay(invoice, card)
    payer.house.pass_time(21 * 3600)

    operations.resolve(payer.house.at, VERBS, pressed.operation)

    assert (payer.charges(), payer.state(pressed)) == ([12100], PaymentState.SUCCEEDED)


@pytest.mark.parametrize("kind", ["reset", "status"])
@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_a_payment_nobody_made_within_a_day_frees_its_invoice(
    payer: Payer, origin: str, kind: str
) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()
    card, intent = payer.card(), invoices.get(payer.visit(), invoice).invoice.intent
    path = f"/v1/payment_intents/{intent}/confirm" if intent else "/v1/payment_intents"
    payer.fault("stripe", kind, path, method="POST", times=1000)
    pressed = payer.pay(invoice, card)

    payer.house.pass_time(21 * 3600)
    payer.house.settle_down()

    assert payer.outcome(pressed).state is PaymentState.FAILED
    assert payer.outcome(pressed).error_code == "too_late"
    assert invoices.get(payer.visit(), invoice).may_pay.is_allowed


def test_b56_an_invoice_paid_meanwhile_is_not_charged_by_the_worker(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.fault("stripe", "reset", "/v1/payment_intents")
    pressed = payer.pay(invoice, card)
    payer.pay_in_holded(invoice)

    for _ in range(4):
        payer.house.pass_time(60)
        payer.house.settle_down()

    assert payer.charges() == []
    assert payer.outcome(pressed).error_code == "not_wanted"


def test_b31_while_stripe_is_still_at_work_nothing_is_called_failed(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.fault("stripe", "lose_answer", "/v1/payment_intents")
    pressed = payer.pay(invoice, card)
    at_work = (f"Bearer {payer.house.stripe_key}", pressed.operation)
    in_flight = payer.house.stripe_app.extensions["stripe_sandbox"].in_flight

    in_flight.add(at_work)
    payer.house.pass_time(30)
    payer.house.worker().work_once()
    meanwhile = payer.state(pressed)
    in_flight.remove(at_work)
    payer.house.pass_time(60)
    payer.house.settle_down()

    assert meanwhile is PaymentState.MADE
    assert payer.state(pressed) is PaymentState.BOOKED
    assert payer.charges() == [12100]


def test_b31_the_refusal_of_an_earlier_try_does_not_fail_the_one_under_way(payer: Payer) -> None:
    invoice, bad, card = payer.stripe_invoice(), payer.card(NO_FUNDS), payer.card()
    first = payer.pay(invoice, bad)
    payer.house.settle_down()
    intent = invoices.get(payer.visit(), invoice).invoice.intent
    payer.fault("stripe", "reset", f"/v1/payment_intents/{intent}/confirm")
    second = payer.pay(invoice, card)

    payer.outcome(first)
    told = payer.outcome(second)
    payer.house.pass_time(30)
    payer.house.settle_down()

    assert told.state in {PaymentState.MADE, PaymentState.UNKNOWN}
    assert (payer.charges(), payer.state(second)) == ([12100], PaymentState.BOOKED)


def test_b44_what_the_bank_has_let_through_is_met_by_the_next_press(payer: Payer) -> None:
    invoice, bank, card = payer.stripe_invoice(), payer.card(NEEDS_BANK), payer.card()
    first = payer.pay(invoice, bank)
    payer.at_bank(payer.leave_url(first))

    second = payer.pay(invoice, card)
    payer.house.settle_down()

    assert second.operation == first.operation
    assert (payer.charges(), payer.state(first)) == ([12100], PaymentState.BOOKED)


def test_a_lost_checkout_page_is_opened_by_the_worker_with_the_same_key(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.fault("stripe", "lose_answer", "/v1/checkout/sessions")

    pressed = payer.pay(invoice)
    payer.house.pass_time(30)
    payer.house.settle_down()

    assert payer.outcome(pressed).state is PaymentState.AT_CHECKOUT
    assert payer.pay(invoice).leaves


def test_with_stripe_down_nothing_is_charged_and_the_invoice_stays_open(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.house.stripe_wire.is_cut = True

    with pytest.raises(GatewayUnavailable) as down:
        payer.pay(invoice, card)
    payer.house.stripe_wire.is_cut = False
    pressed = payer.pay(invoice, card)
    payer.house.settle_down()

    assert not down.value.was_sent
    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert payer.charges() == [12100]


@pytest.mark.parametrize("kind", ["status", "html", "lose_answer"])
def test_with_holded_out_of_order_nothing_is_charged(payer: Payer, kind: str) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.fault("holded", kind, "invoices")

    with pytest.raises(GatewayUnavailable) as down:
        payer.pay(invoice, card)

    assert not down.value.was_sent
    assert payer.charges() == []


# From an invoice link


# A sale that both ledgers hold


def a_sale(payer: Payer) -> tuple[str, str]:
    """Return the Stripe invoice and the Holded one that was made from it."""
    at_stripe = payer.stripe_invoice()
    return at_stripe, payer.invoice(tags=[f"stripe:{at_stripe}"])


def test_b25_a_sale_that_stripe_has_collected_is_not_paid_again(payer: Payer) -> None:
    card = payer.card()
    at_stripe, at_holded = a_sale(payer)
    payer.house.stripe.v1.invoices.pay(at_stripe, {"payment_method": card})
    payer.house.settle_down()

    with pytest.raises(Refused) as refusal:
        payer.pay(at_holded, card)

    assert refusal.value.decision.reason is Reason.PAYMENT_UNDER_WAY
    assert payer.charges() == [12100]
    assert status_of(payer, at_holded) is InvoiceStatus.PAID


def test_b25_a_sale_of_both_ledgers_is_paid_by_the_intent_of_stripes_invoice(
    payer: Payer,
) -> None:
    card = payer.card()
    at_stripe, at_holded = a_sale(payer)

    payer.pay(at_holded, card)
    payer.house.settle_down()

    assert payer.charges() == [12100]
    assert payer.house.stripe.v1.invoices.retrieve(at_stripe).status == "paid"
    assert status_of(payer, at_holded) is InvoiceStatus.PAID


def test_d9_a_payment_from_a_link_names_no_customer_to_stripe(payer: Payer) -> None:
    invoice = payer.invoice()

    pressed = payments.pay(payer.link_visit(invoice), invoice, Wish(DUE))

    sent = [
        row
        for row in payer.house.requests("stripe")
        if row["path"] == "/v1/checkout/sessions" and row["method"] == "POST"
    ]
    assert "customer" not in sent[0]["params"]
    assert "ann@example.com" not in payer.at_stripe(payer.leave_url(pressed)).text


def test_d9_a_link_offers_no_saved_method_even_to_who_knows_its_id(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()

    with pytest.raises(Refused) as refused:
        payments.pay(payer.link_visit(invoice), invoice, Wish(DUE, method=card))

    assert refused.value.decision.reason is Reason.NOT_IN_SCOPE
    assert payer.charges() == []


def test_d9_a_link_pays_its_invoice_and_no_other(payer: Payer) -> None:
    invoice, other = payer.invoice(), payer.invoice()

    with pytest.raises(NotFound):
        payments.pay(payer.link_visit(invoice), other, Wish(DUE))


def test_d9_who_holds_a_link_never_meets_the_customers_own_checkout_page(payer: Payer) -> None:
    invoice = payer.invoice()
    own = payer.pay(invoice)

    from_link = payments.pay(payer.link_visit(invoice), invoice, Wish(DUE))

    assert from_link.operation != own.operation
    assert payer.state(own) is PaymentState.CANCELED


def test_d9_who_holds_a_link_is_not_led_to_a_payment_the_customer_made(payer: Payer) -> None:
    invoice, debit = payer.invoice(), payer.debit()
    payer.pay(invoice, debit)

    with pytest.raises(Refused) as refused:
        payments.pay(payer.link_visit(invoice), invoice, Wish(DUE))

    assert refused.value.decision.reason is Reason.PAYMENT_UNDER_WAY


def test_d9_a_method_is_kept_from_a_link_only_by_consent_and_the_customer_is_told(
    payer: Payer,
) -> None:
    invoice = payer.invoice()

    pressed = payments.pay(payer.link_visit(invoice), invoice, Wish(DUE, consent=CONSENT))
    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    kept = payment_methods.list_of_customer(payer.visit())
    mailed = [mail.subject for mail in payer.house.postbox.mails]
    assert [method.last4 for method in kept] == ["4242"]
    assert len(mailed) == 2
    customers = payer.house.stripe.v1.customers.list({"limit": 10}).data
    assert len(customers) == 1


# Whose


def test_b15_somebody_elses_invoice_and_card_do_not_exist(payer: Payer) -> None:
    other = move_in(payer.house, "bob@example.com", "Bob")
    invoice, card, own = payer.invoice(), payer.card(), other.invoice()

    with pytest.raises(NotFound):
        other.pay(invoice, card)
    with pytest.raises(NotFound):
        other.pay(own, card)
    assert payer.charges() == []


def test_b53_a_credit_note_is_never_offered_for_payment(payer: Payer) -> None:
    note = payer.house.holded.post(
        "/credit-notes",
        json={
            "contact_id": payer.holded_contact,
            "date": "2026-11-02",
            "items": [{"name": "Back", "units": 1, "price": "10.00", "taxes": ["s_iva_21"]}],
        },
    ).json()["id"]
    payer.house.holded.post(f"/credit-notes/{note}/approve")
    payer.house.settle_down()

    with pytest.raises((Refused, NotFound)):
        payments.pay(payer.visit(), note, Wish(Money(1210, "eur"), payer.card()))
    assert payer.charges() == []


def test_the_origin_of_an_invoice_says_who_is_asked_for_it(payer: Payer) -> None:
    holded, stripe = payer.invoice(), payer.stripe_invoice()

    listed, _ = invoices.list_page(payer.visit())

    assert {row.invoice.id: row.invoice.origin for row in listed} == {
        holded: Origin.HOLDED,
        stripe: Origin.STRIPE,
    }
