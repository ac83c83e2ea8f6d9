"""Mandates of bank debits: found, worded in full, mailed once, and over when the bank says so."""

from typing import Any

import pytest
from sqlalchemy import delete

from portal import i18n
from portal.domain.errors import NotFound, Refused
from portal.domain.events import ObjectKind
from portal.domain.mandates import Mandate, MandateStatus
from portal.domain.method_types import DEBITS
from portal.gateways.mail import Mail
from portal.mirror import payment_methods as mirror
from portal.mirror.mandates import MandateRow
from portal.services import mandates, payment_methods
from tests.payer import Payer


def mails(payer: Payer, start: str) -> list[Mail]:
    return [mail for mail in payer.house.postbox.mails if mail.id.startswith(start)]


def held(payer: Payer, method: str) -> Mandate:
    found = mirror.get(payer.visit(), method).mandate
    assert found is not None
    return found


def revoke(payer: Payer, mandate: str) -> None:
    """Have the payer take a mandate back at the bank, a second after it was given."""
    payer.house.control("stripe", "clock", advance=5)
    payer.house.control("stripe", "mandates", mandate=mandate)
    payer.house.settle_down()


def test_l23_a_saved_bank_account_has_its_mandate(payer: Payer) -> None:
    method = payer.debit()

    mandate = held(payer, method)

    assert mandate.type == "sepa_debit"
    assert mandate.status is MandateStatus.ACTIVE
    assert len(mandate.reference) > 5
    assert mandate.accepted_at is not None
    assert mandate.url.startswith("http")
    assert not mandate.is_single_use


def test_l23_a_copy_is_mailed_once_in_the_customers_language(payer: Payer) -> None:
    customers = payer.house.stripe.v1.customers
    customers.update(payer.stripe_customer, {"preferred_locales": ["es"]})

    method = payer.debit()
    payer.house.sync()
    payer.house.settle_down()

    [mail] = mails(payer, "mandate-")
    assert mail.to == "ann@example.com"
    assert mail.locale == "es"
    assert held(payer, method).reference in mail.text
    assert "Nuvol Studio" in mail.text
    [paper] = mail.attachments
    assert paper.name == f"mandate-{held(payer, method).reference}.pdf"
    assert paper.content.startswith(b"%PDF-")


def test_a_mandate_nobody_told_of_is_found_by_the_back_fill(payer: Payer) -> None:
    method = payer.debit()
    told = held(payer, method)
    with payer.house.db.write() as unit:
        unit.execute(delete(MandateRow))

    payer.house.sync()
    payer.house.settle_down()

    assert held(payer, method) == told
    assert len(mails(payer, "mandate-")) == 1


def test_a_mandate_given_with_a_payment_is_found_from_its_charge(payer: Payer) -> None:
    method = payer.house.stripe.v1.payment_methods.create(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": "ES0700120345030000067890"},
            "billing_details": {"name": "Ann", "email": "ann@example.com"},
        }
    ).id
    online = {"ip_address": "127.0.0.1", "user_agent": "tests"}
    payer.house.stripe.v1.payment_intents.create(
        {
            "customer": payer.stripe_customer,
            "amount": 500,
            "currency": "eur",
            "payment_method": method,
            "allowed_payment_method_types": ["sepa_debit"],
            "setup_future_usage": "off_session",
            "confirm": True,
            "mandate_data": {"customer_acceptance": {"type": "online", "online": online}},
        }
    )

    payer.house.settle_down()

    assert held(payer, method).method == method
    assert len(mails(payer, "mandate-")) == 1


def test_one_that_was_given_long_before_it_is_met_is_not_mailed_again(payer: Payer) -> None:
    payer.house.pass_time(30 * 86400)

    payer.debit()

    assert mails(payer, "mandate-") == []


def test_a_mandate_that_ended_marks_its_account_unusable(payer: Payer) -> None:
    payer.card()
    method = payer.debit()

    revoke(payer, held(payer, method).id)

    assert held(payer, method).is_over
    assert mirror.get(payer.visit(), method).is_revoked
    with pytest.raises(Refused, match="mandate_over"):
        payment_methods.make_default(payer.visit(), method)


def test_a_refused_mandate_is_over_and_its_copy_is_not_sent_twice(payer: Payer) -> None:
    method = payer.debit()
    revoke(payer, held(payer, method).id)
    payer.house.at.payments.fetch(ObjectKind.MANDATE, held(payer, method).id)
    payer.house.settle_down()

    assert len(mails(payer, "mandate-")) == 1


def test_sepa_tells_its_creditor_only_where_stripe_knows_the_identifier(payer: Payer) -> None:
    method = payer.debit()

    assert held(payer, method).creditor_id == ""
    assert held(payer, method).creditor == ""


def test_a_card_has_no_mandate_to_read(payer: Payer) -> None:
    card = payer.card()

    with pytest.raises(NotFound):
        mandates.get(payer.visit(), card)


@pytest.mark.provider
@pytest.mark.parametrize("kind", sorted(DEBITS))
def test_every_kind_of_debit_has_words_of_its_own(payer: Payer, kind: str) -> None:
    given: Any = Mandate("mandate_1", "pm_1", kind, MandateStatus.ACTIVE)

    with i18n.speaking("en"):
        told = mandates.words(given, payer.house.merchant)

    assert "Nuvol Studio" in told.paragraphs[0]
    assert "recurring" in told.paragraphs[-2]
    assert "2 days before" in told.paragraphs[-1]
    assert not any("%(" in sentence for sentence in told.paragraphs)


def test_the_agreed_time_is_the_merchants(payer: Payer) -> None:
    payer.house.decide(prenotification_days=14)

    given = Mandate("mandate_1", "pm_1", "sepa_debit", MandateStatus.ACTIVE)

    with i18n.speaking("en"):
        told = mandates.words(given, payer.house.merchant)

    assert "14 days before" in told.paragraphs[-1]


def test_an_account_whose_mandate_has_ended_pays_nothing(payer: Payer) -> None:
    invoice, method = payer.invoice(), payer.debit()
    revoke(payer, held(payer, method).id)

    with pytest.raises(Refused, match="mandate_over"):
        payer.pay(invoice, method)

    assert payer.charges() == []
