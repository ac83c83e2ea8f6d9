"""The receipt of a payment as it is mailed: with the link, and with itself as PDF."""

from portal.services import receipts
from tests.papers import text_of
from tests.payer import Payer


def test_a_payments_receipt_is_mailed_with_its_pdf(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.pay(invoice, payer.card())
    payer.house.settle_down()

    mail = payer.house.postbox.mails[-1]
    (attached,) = mail.attachments
    text = text_of(attached.content)
    number = attached.name.removeprefix("receipt-").removesuffix(".pdf")

    assert mail.subject == f"Receipt {number}: Payment"
    assert f"/history/{number}" in mail.text
    assert f"Receipt number\n{number}" in text
    assert "Status\nSettled" in text
    assert "€121.00" in text
    assert "•••• 4242" in text


def test_the_pdf_of_a_mail_speaks_the_language_of_the_mail(payer: Payer) -> None:
    payer.house.stripe.v1.customers.update(payer.stripe_customer, {"preferred_locales": ["es"]})
    invoice = payer.invoice()
    payer.pay(invoice, payer.card())
    payer.house.settle_down()

    (attached,) = payer.house.postbox.mails[-1].attachments

    assert "Pago" in text_of(attached.content)
    assert b"/Lang (es)" in attached.content


def test_a_receipt_mailed_twice_is_the_same_file(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.pay(invoice, payer.card())
    payer.house.settle_down()
    first = payer.house.postbox.mails[-1]
    number = int(first.attachments[0].name.removeprefix("receipt-").removesuffix(".pdf"))

    receipts.mail_receipt(payer.house.at, payer.visit().customer.id, number)

    assert payer.house.postbox.mails[-1] == first
