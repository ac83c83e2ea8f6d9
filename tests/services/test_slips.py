"""Slips of Boleto: mailed when they are made, re-shown while they wait, and made anew."""

import pytest

from portal.domain.errors import NotFound
from portal.gateways.mail import Mail
from portal.mirror import invoices, overview
from portal.mirror.invoices import Listed
from portal.mirror.overview import Slip
from portal.services import slips
from tests.payer import Payer, settle_in_brazil


@pytest.fixture
def brazilian(payer: Payer) -> Payer:
    """A customer of a merchant in Brazil."""
    settle_in_brazil(payer.house)
    return payer


def mails(payer: Payer, start: str) -> list[Mail]:
    return [mail for mail in payer.house.postbox.mails if mail.id.startswith(start)]


def let_pass(payer: Payer, days: float) -> None:
    """Let days go by for Stripe and for the portal, and have all be told."""
    payer.house.control("stripe", "clock", advance=int(days * 86400))
    payer.house.pass_time(days * 86400)
    payer.house.settle_down()


def billed(payer: Payer, *, sent: bool = False) -> str:
    """Have Stripe make an invoice with a slip and return its id.

    One that is sent has its slip made on Stripe's page of it, one that is charged by itself has it
    made by Stripe.
    """
    method, stripe = payer.boleto(), payer.house.stripe.v1
    if not sent:
        default = {"default_payment_method": method}
        stripe.customers.update(payer.stripe_customer, {"invoice_settings": default})
        how = {"collection_method": "charge_automatically", "auto_advance": True}
        invoice = payer.stripe_invoice(currency="brl", **how)
        let_pass(payer, 0.1)
        return invoice
    invoice = payer.stripe_invoice(currency="brl")
    [paid_by] = stripe.invoice_payments.list({"invoice": invoice}).data
    confirmed = {"payment_method": method, "return_url": "https://shop.example"}
    stripe.payment_intents.confirm(str(paid_by.payment.payment_intent), confirmed)
    payer.house.settle_down()
    return invoice


def shown(payer: Payer, invoice: str) -> Listed:
    return invoices.get(payer.visit(), invoice)


def waiting(payer: Payer) -> tuple[Slip, ...]:
    return overview.holdings(overview.look(payer.visit())).slips


@pytest.mark.parametrize("sent", [False, True])
def test_e1_a_slip_is_mailed_when_it_is_made_and_shown_while_it_waits(
    brazilian: Payer, sent: bool
) -> None:
    invoice = billed(brazilian, sent=sent)

    slip = shown(brazilian, invoice).slip
    [mail] = mails(brazilian, "slip-pi")
    assert slip is not None
    assert slip.voucher_number in mail.text
    assert slip.next_url in mail.text
    assert "R$121.00" in mail.text
    assert slip.voucher_pdf.startswith("http")
    assert [one.invoice for one in waiting(brazilian)] == [invoice]


def test_e1_it_is_mailed_once_however_often_it_is_heard_of(brazilian: Payer) -> None:
    billed(brazilian)

    brazilian.house.control("stripe", "webhooks/replay", last=20)
    brazilian.house.settle_down()

    assert len(mails(brazilian, "slip-pi")) == 1


def test_e1_paid_it_is_gone(brazilian: Payer) -> None:
    invoice = billed(brazilian)
    slip = shown(brazilian, invoice).slip
    assert slip is not None

    brazilian.house.control("stripe", "clock", advance=5)
    brazilian.house.control("stripe", "payments", payment_intent=slip.id, outcome="pay")
    brazilian.house.settle_down()

    assert shown(brazilian, invoice).status == "paid"
    assert shown(brazilian, invoice).slip is None
    assert waiting(brazilian) == ()


def test_e1_one_that_ran_out_is_said_and_a_new_one_is_made_by_one_press(brazilian: Payer) -> None:
    invoice = billed(brazilian, sent=True)
    first = shown(brazilian, invoice).slip
    assert first is not None

    let_pass(brazilian, 4.5)

    assert shown(brazilian, invoice).slip is None
    collected = shown(brazilian, invoice).collected
    assert collected is not None
    assert collected.slip_ran_out
    [said] = mails(brazilian, "slip-ran-out-")
    assert first.voucher_number in said.text

    pressed = slips.renew(brazilian.visit(), invoice)
    brazilian.house.settle_down()

    second = shown(brazilian, invoice).slip
    assert pressed.leaves
    assert second is not None
    assert second.voucher_number != first.voucher_number
    assert len(mails(brazilian, "slip-pi")) == 2


def test_without_a_saved_method_there_is_none_to_make_it_with(brazilian: Payer) -> None:
    invoice = brazilian.stripe_invoice(currency="brl")

    with pytest.raises(NotFound):
        slips.renew(brazilian.visit(), invoice)
