"""Paying a set of invoices with one press: charges, what stops it, one receipt for all."""

import pytest

from portal.domain.decisions import Reason
from portal.domain.errors import GatewayUnavailable, Refused
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.mirror import invoices as mirror
from portal.services import payments, presses
from portal.services.payments import Wish
from portal.services.presses import Ended, Wanted
from portal.store import actions
from portal.store import payments as rows
from tests.payer import Payer
from tests.services.test_payments import a_sale

NEEDS_BANK = "pm_card_authenticationRequired"
NO_FUNDS = "pm_card_chargeCustomerFail"


def wanted(*invoices: str, amount: int = 12100) -> list[Wanted]:
    return [Wanted(id, Money(amount, "eur")) for id in invoices]


def press(payer: Payer, *invoices: str, method: str = "", consent: str = "") -> Ended:
    wish = Wish(Money(12100 * len(invoices), "eur"), method, consent)
    return presses.press(payer.visit(), wanted(*invoices), wish)


def states(payer: Payer, ended: Ended) -> list[str]:
    with payer.house.db.write() as unit:
        return [row.state for row in rows.list_of_press(unit, ended.press)]


def receipts(payer: Payer) -> list[dict]:
    customer = payer.visit().customer.id
    found = actions.list_page(payer.house.db, payer.house.merchant.id, customer)
    return [row.details for row in found if row.verb == "paid"]


def reads(payer: Payer) -> list[str]:
    return [row["path"] for row in payer.house.requests("holded") if row["method"] == "GET"]


def test_holded_invoices_are_paid_with_one_charge_and_each_is_booked(payer: Payer) -> None:
    invoices, card = [payer.invoice(), payer.invoice("50.00"), payer.invoice()], payer.card()
    sums = [Wanted(invoices[0], Money(12100, "eur")), Wanted(invoices[1], Money(6050, "eur"))]
    sums.append(Wanted(invoices[2], Money(12100, "eur")))

    ended = presses.press(payer.visit(), sums, Wish(Money(30250, "eur"), card))
    payer.house.settle_down()

    assert ended.press == ""
    assert payer.charges() == [30250]
    assert sorted(payer.bookings()) == ["121.00", "121.00", "60.50"]
    assert [one["amount"] for one in receipts(payer)[0]["invoices"]] == [12100, 6050, 12100]
    assert len(receipts(payer)) == 1


def test_b50_a_large_set_is_read_with_one_call_and_not_with_one_for_each(payer: Payer) -> None:
    invoices, card = [payer.invoice() for _ in range(6)], payer.card()
    before = len(reads(payer))

    press(payer, *invoices, method=card)

    assert len(reads(payer)) - before == 1
    assert payer.charges() == [6 * 12100]


def test_a_set_of_both_origins_is_one_charge_for_holded_and_one_for_each_of_stripes(
    payer: Payer,
) -> None:
    of_stripe = [payer.stripe_invoice(), payer.stripe_invoice()]
    of_holded, card = [payer.invoice(), payer.invoice()], payer.card()

    ended = press(payer, of_stripe[0], *of_holded, of_stripe[1], method=card)
    payer.house.settle_down()

    assert sorted(payer.charges()) == [12100, 12100, 24200]
    assert payer.bookings() == ["121.00", "121.00"]
    assert states(payer, ended) == [PaymentState.BOOKED] * 3


def test_one_receipt_names_every_charge_of_a_press(payer: Payer) -> None:
    invoices = [payer.invoice(), payer.stripe_invoice(), payer.stripe_invoice()]
    card = payer.card()

    press(payer, *invoices, method=card)
    payer.house.settle_down()
    payer.house.pass_time(3600)
    payer.house.settle_down()

    (receipt,) = receipts(payer)
    assert receipt["amount"] == 3 * 12100
    assert [one["amount"] for one in receipt["charges"]] == [12100] * 3
    assert {one["id"] for one in receipt["invoices"]} == set(invoices)
    mails = [mail for mail in payer.house.postbox.mails if "363.00" in mail.text]
    assert len(mails) == 1


def test_the_first_charge_that_needs_the_bank_stops_the_press_and_leaves_the_rest(
    payer: Payer,
) -> None:
    of_holded, of_stripe = payer.invoice(), payer.stripe_invoice()
    card = payer.card(NEEDS_BANK)

    ended = press(payer, of_holded, of_stripe, method=card)
    payer.at_bank(payer.leave_url(ended.last))
    payer.house.settle_down()

    assert ended.last.leaves
    assert states(payer, ended) == [PaymentState.BOOKED]
    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]
    assert [len(one["charges"]) for one in receipts(payer)] == [1]


def test_the_rest_of_a_press_is_paid_with_the_next(payer: Payer) -> None:
    of_holded, of_stripe = payer.invoice(), payer.stripe_invoice()
    card = payer.card(NEEDS_BANK)
    first = press(payer, of_holded, of_stripe, method=card)
    payer.at_bank(payer.leave_url(first.last))
    payer.house.settle_down()

    rest = press(payer, of_stripe, method=card)
    payer.at_bank(payer.leave_url(rest.last))
    payer.house.settle_down()

    assert payer.charges() == [12100, 12100]


def test_a_refusal_stops_the_press_so_that_a_bank_is_asked_once(payer: Payer) -> None:
    invoices = [payer.invoice(), payer.stripe_invoice(), payer.stripe_invoice()]

    ended = press(payer, *invoices, method=payer.card(NO_FUNDS))
    payer.house.settle_down()

    assert states(payer, ended) == [PaymentState.FAILED]
    assert payer.charges() == []
    assert receipts(payer) == []


def test_b31_an_answer_that_is_lost_stops_the_press_and_the_rest_stays_open(payer: Payer) -> None:
    invoices, card = [payer.invoice(), payer.stripe_invoice()], payer.card()
    payer.fault("stripe", "lose_answer", "/v1/payment_intents")

    ended = press(payer, *invoices, method=card)
    in_doubt = states(payer, ended)
    payer.house.pass_time(30)
    payer.house.settle_down()

    assert in_doubt == [PaymentState.MADE]
    assert states(payer, ended) == [PaymentState.BOOKED]
    assert payer.charges() == [12100]
    assert len(receipts(payer)) == 1


def test_b44_a_double_press_on_a_set_leads_to_the_same_charges(payer: Payer) -> None:
    invoices, card = [payer.invoice(), payer.invoice()], payer.card()
    wire = payer.house.stripe_wire
    seen: list[Ended] = []
    wire.on_the_way["POST /v1/payment_intents"] = lambda: seen.append(
        press(payer, *invoices, method=card)
    )

    first = press(payer, *invoices, method=card)
    payer.house.settle_down()

    assert seen[0].last.operation == first.last.operation
    assert payer.charges() == [24200]
    assert payer.bookings() == ["121.00", "121.00"]


def test_b44_a_double_press_on_both_origins_charges_each_once(payer: Payer) -> None:
    invoices = [payer.invoice(), payer.stripe_invoice(), payer.stripe_invoice()]
    card, wire = payer.card(), payer.house.stripe_wire
    seen: list[Ended] = []
    wire.on_the_way["POST /v1/payment_intents"] = lambda: seen.append(
        press(payer, *invoices, method=card)
    )

    first = press(payer, *invoices, method=card)
    payer.house.settle_down()

    assert seen[0].press == first.press
    assert payer.charges() == [12100] * 3
    assert payer.bookings() == ["121.00"]


@pytest.mark.parametrize("changed", ["paid", "part"])
def test_a_set_with_an_invoice_that_changed_meanwhile_charges_nothing(
    payer: Payer, changed: str
) -> None:
    invoices, card = [payer.invoice(), payer.invoice()], payer.card()
    payer.pay_in_holded(invoices[1], "121.00" if changed == "paid" else "21.00")

    with pytest.raises(Refused) as refused:
        press(payer, *invoices, method=card)

    reason = Reason.NOTHING_DUE if changed == "paid" else Reason.AMOUNT_CHANGED
    assert refused.value.decision.reason is reason
    assert payer.charges() == []


def test_an_invoice_under_way_in_another_payment_refuses_the_set(payer: Payer) -> None:
    invoices = [payer.invoice(), payer.invoice()]
    debit, card = payer.debit(), payer.card()
    payer.pay(invoices[0], debit)

    with pytest.raises(Refused) as refused:
        press(payer, *invoices, method=card)

    assert refused.value.decision.reason is Reason.PAYMENT_UNDER_WAY
    assert payer.charges() == []


def test_b60_a_payment_left_at_the_bank_ends_before_its_invoice_is_paid_in_a_set(
    payer: Payer,
) -> None:
    invoices = [payer.invoice(), payer.invoice()]
    left = payer.pay(invoices[0], payer.card(NEEDS_BANK))
    card = payer.card()

    press(payer, *invoices, method=card)
    payer.house.settle_down()

    assert payer.state(left) is PaymentState.CANCELED
    assert payer.charges() == [24200]


def test_a_new_method_pays_a_set_of_holded_invoices_on_one_page(payer: Payer) -> None:
    invoices = [payer.invoice(), payer.invoice()]

    ended = press(payer, *invoices)
    payer.at_checkout(payer.leave_url(ended.last))
    payer.house.settle_down()

    assert payer.charges() == [24200]
    assert payer.bookings() == ["121.00", "121.00"]


def test_a_new_method_does_not_pay_a_set_with_a_stripe_invoice(payer: Payer) -> None:
    with pytest.raises(Refused) as refused:
        press(payer, payer.invoice(), payer.stripe_invoice())

    assert refused.value.decision.reason is Reason.NEEDS_SAVED_METHOD


def test_a_set_is_not_for_the_holder_of_a_link(payer: Payer) -> None:
    invoices = [payer.invoice(), payer.invoice()]
    visit = payer.link_visit(invoices[0])

    with pytest.raises(Refused) as refused:
        presses.press(visit, wanted(*invoices), Wish(Money(24200, "eur")))

    assert refused.value.decision.reason is Reason.NOT_IN_SCOPE


def test_nothing_is_charged_while_a_provider_does_not_answer(payer: Payer) -> None:
    invoices, card = [payer.invoice(), payer.invoice()], payer.card()
    payer.house.holded_wire.is_cut = True

    with pytest.raises(GatewayUnavailable) as unavailable:
        press(payer, *invoices, method=card)

    assert not unavailable.value.was_sent
    assert payer.charges() == []


def test_small_invoices_are_paid_together(payer: Payer) -> None:
    invoices, card = [payer.invoice("0.20"), payer.invoice("0.30")], payer.card()
    sums = [Wanted(invoices[0], Money(24, "eur")), Wanted(invoices[1], Money(36, "eur"))]

    presses.press(payer.visit(), sums, Wish(Money(60, "eur"), card))
    payer.house.settle_down()

    assert payer.charges() == [60]
    assert sorted(payer.bookings()) == ["0.24", "0.36"]


def test_delayed_money_is_named_as_pending_and_mailed_again_when_it_comes(payer: Payer) -> None:
    invoices, debit = [payer.invoice(), payer.stripe_invoice()], payer.debit()

    press(payer, *invoices, method=debit)
    payer.house.settle_down()
    (at_first,) = receipts(payer)
    payer.house.control("stripe", "clock", advance=10 * 86400)
    payer.house.settle_down()

    assert [one["is_pending"] for one in at_first["charges"]] == [True, True]
    assert receipts(payer) == [at_first]
    subjects = [mail.subject for mail in payer.house.postbox.mails if "eceipt" in mail.subject]
    assert [subject.partition(": ")[2] for subject in subjects] == [
        "Payment on its way",
        "Payment",
        "Payment",
    ]
    assert payer.charges() == [12100, 12100]
    assert payer.bookings() == ["121.00"]


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_a_part_is_paid_only_where_the_merchant_allows_it(payer: Payer, origin: str) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()
    card, part = payer.card(), 5000
    wish = Wish(Money(part, "eur"), card, is_part=True)

    with pytest.raises(Refused) as refused:
        payments.pay(payer.visit(), invoice, wish)
    payer.house.decide(part_payment=True)
    pressed = payments.pay(payer.visit(), invoice, wish)
    payer.house.settle_down()

    assert refused.value.decision.reason is Reason.PART_NOT_ALLOWED
    assert payer.charges() == [5000]
    assert payer.bookings() == (["50.00"] if origin == "holded" else [])
    assert payer.state(pressed) is PaymentState.BOOKED
    assert mirror.get(payer.visit(), invoice).invoice.due == 12100 - part


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_the_rest_is_paid_after_a_part(payer: Payer, origin: str) -> None:
    invoice = payer.invoice() if origin == "holded" else payer.stripe_invoice()
    card = payer.card()
    payer.house.decide(part_payment=True)
    payments.pay(payer.visit(), invoice, Wish(Money(5000, "eur"), card, is_part=True))
    payer.house.settle_down()

    payments.pay(payer.visit(), invoice, Wish(Money(7100, "eur"), card))
    payer.house.settle_down()

    assert payer.charges() == [5000, 7100]
    assert mirror.get(payer.visit(), invoice).invoice.due == 0


def test_b26_a_part_whose_stripe_invoice_was_paid_meanwhile_goes_back(payer: Payer) -> None:
    invoice, card = payer.stripe_invoice(), payer.card(NEEDS_BANK)
    payer.house.decide(part_payment=True)
    pressed = payments.pay(payer.visit(), invoice, Wish(Money(5000, "eur"), card, is_part=True))
    payer.at_bank(payer.leave_url(pressed))
    payer.house.stripe.v1.invoices.pay(invoice, {"paid_out_of_band": True})
    payer.house.settle_down()

    assert payer.charges() == [5000]
    assert payer.outcome(pressed).excess == Money(5000, "eur")


def test_b29_an_attachment_whose_answer_is_lost_counts_once(payer: Payer) -> None:
    invoice, card = payer.stripe_invoice(), payer.card()
    payer.house.decide(part_payment=True)
    payer.fault("stripe", "lose_answer", f"/v1/invoices/{invoice}/attach_payment")

    pressed = payments.pay(payer.visit(), invoice, Wish(Money(5000, "eur"), card, is_part=True))
    payer.house.settle_down()
    payer.house.pass_time(30)
    payer.house.settle_down()

    assert payer.state(pressed) is PaymentState.BOOKED
    assert mirror.get(payer.visit(), invoice).invoice.due == 7100


def test_a_full_press_ends_a_part_that_was_left_at_the_bank(payer: Payer) -> None:
    invoice = payer.stripe_invoice()
    payer.house.decide(part_payment=True)
    part = Wish(Money(5000, "eur"), payer.card(NEEDS_BANK), is_part=True)
    left = payments.pay(payer.visit(), invoice, part)
    bank = payer.leave_url(left)

    payer.pay(invoice, payer.card())
    payer.house.settle_down()
    payer.at_bank(bank)
    payer.house.settle_down()

    assert payer.charges() == [12100]
    assert payer.state(left) is PaymentState.CANCELED


def test_b25_a_sale_paid_in_part_at_holded_is_never_charged_whole(payer: Payer) -> None:
    card = payer.card()
    _at_stripe, at_holded = a_sale(payer)
    payer.pay_in_holded(at_holded, "21.00")
    payer.house.sync()
    found = mirror.get(payer.visit(), at_holded)

    with pytest.raises(Refused) as refused:
        payments.pay(payer.visit(), at_holded, Wish(Money(10000, "eur"), card))

    assert found.invoice.due == 10000
    assert found.may_pay.reason is Reason.SUMS_DIFFER
    assert refused.value.decision.reason is Reason.SUMS_DIFFER
    assert payer.charges() == []
