"""The backup method: charged once when what is charged by itself is refused."""

import pytest

from portal.domain.errors import Refused
from portal.mirror import invoices
from portal.mirror import payment_methods as mirror
from portal.services import backups, payment_methods
from portal.store import backups as store
from portal.store.consents import ConsentRow
from tests.payer import Payer

DECLINING, MASTERCARD = "pm_card_chargeCustomerFail", "pm_card_mastercard"
AGREED = "Charge it when the first is refused."


@pytest.fixture
def refused(payer: Payer) -> Payer:
    """A customer whose default is refused, and whose merchant allows a backup."""
    payer.house.decide(backup_method=True)
    default = {"invoice_settings": {"default_payment_method": payer.card(DECLINING)}}
    payer.house.stripe.v1.customers.update(payer.stripe_customer, default)
    payer.house.settle_down()
    return payer


def billed(payer: Payer) -> str:
    """Have Stripe charge an invoice by itself and return its id."""
    invoice = payer.stripe_invoice(collection_method="charge_automatically", auto_advance=True)
    payer.house.control("stripe", "clock", advance=7200)
    payer.house.pass_time(7200)
    payer.house.settle_down()
    return invoice


def test_the_backup_pays_what_the_default_could_not(refused: Payer) -> None:
    backup = refused.card(MASTERCARD)
    backups.choose(refused.visit(), backup, consent=AGREED)

    invoice = billed(refused)

    receipts = [mail for mail in refused.house.postbox.mails if "Payment" in mail.subject]
    assert refused.charges() == [12100]
    assert invoices.get(refused.visit(), invoice).status == "paid"
    assert any("Mastercard •••• 4444" in mail.text for mail in receipts)


def test_its_consent_is_kept_in_the_words_that_were_read(refused: Payer) -> None:
    backup = refused.card(MASTERCARD)

    backups.choose(refused.visit(), backup, consent=AGREED)

    with refused.house.db.session() as reader:
        [kept] = reader.query(ConsentRow).filter_by(kind="backup_method")
    assert (kept.text, kept.subject) == (AGREED, f"backup:{backup}")


def test_a_backup_that_is_refused_too_is_not_tried_again(refused: Payer) -> None:
    backups.choose(refused.visit(), refused.card(DECLINING), consent=AGREED)
    invoice = billed(refused)

    refused.house.control("stripe", "webhooks/replay", last=30)
    refused.house.settle_down()

    tried = [row for row in refused.house.requests("stripe") if row["path"].endswith("/pay")]
    assert refused.charges() == []
    assert len(tried) == 1
    assert invoices.get(refused.visit(), invoice).may_pay.is_allowed


def test_without_a_backup_or_the_merchants_leave_nothing_is_tried(refused: Payer) -> None:
    backup = refused.card(MASTERCARD)
    backups.choose(refused.visit(), backup, consent=AGREED)
    refused.house.decide(backup_method=False)

    billed(refused)

    assert refused.charges() == []


def test_a_decline_on_the_page_of_payment_charges_no_backup(refused: Payer) -> None:
    backups.choose(refused.visit(), refused.card(MASTERCARD), consent=AGREED)
    declining = mirror.wallet(refused.visit()).default

    refused.pay(refused.stripe_invoice(), declining)
    refused.house.settle_down()

    assert refused.charges() == []


def test_the_order_of_charging_is_the_default_and_then_the_backup(refused: Payer) -> None:
    backup = refused.card(MASTERCARD)
    backups.choose(refused.visit(), backup, consent=AGREED)
    visit = refused.visit()
    default = mirror.wallet(visit).default

    order = backups.charge_order(refused.house.at, visit.customer.id, "eur")

    assert [method.id for method in order] == [default, backup]


def test_the_default_cannot_be_its_own_backup(refused: Payer) -> None:
    default = mirror.wallet(refused.visit()).default

    with pytest.raises(Refused, match="method_is_default"):
        backups.choose(refused.visit(), default, consent=AGREED)


def test_where_the_merchant_allows_none_none_is_named(payer: Payer) -> None:
    card = payer.card()

    with pytest.raises(Refused, match="feature_disabled"):
        backups.choose(payer.visit(), card, consent=AGREED)


@pytest.mark.parametrize("act", [payment_methods.remove, payment_methods.make_default])
def test_removed_or_made_the_default_a_method_is_no_backup_any_more(refused: Payer, act) -> None:
    backup = refused.card(MASTERCARD)
    backups.choose(refused.visit(), backup, consent=AGREED)

    act(refused.visit(), backup)

    assert store.find(refused.house.db, refused.visit().customer.id) == ""
