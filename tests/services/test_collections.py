"""What the merchant asks to collect: driven by plain calls of Holded's and by what customers do.

The rows F1 to F14 are those of infinitySync, which a merchant of Holded and Stripe knows.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from portal.domain.access import LinkPurpose
from portal.domain.collections import AskedBy
from portal.domain.customers import Origin
from portal.domain.invoices import InvoiceStatus
from portal.domain.payments import PaymentState
from portal.mirror import invoices
from portal.mirror import recurrences as plans
from portal.services import backups, collections, links, payment_methods, payments, tasks
from portal.services.payments import Wish
from portal.store import payments as payment_rows
from portal.store.collections import CollectionRow
from tests.payer import DUE, SPANISH_IBAN, Payer

pytestmark = pytest.mark.provider

CONSENT = "Keep it and charge it for later invoices."
DAY = 86_400
FREE = {"name": "A present", "units": 1, "price": "0.00"}
FAILING_IBAN = "ES9121000418450200051332"
TWICE_DECLINING = "4000000000000341"  # saved, and declined whenever it is charged
DECLINING, MASTERCARD = "pm_card_chargeCustomerFail", "pm_card_mastercard"
ASKING = "4000002760003184"  # its bank asks at every charge


@dataclass
class Desk:
    """The merchant at work in Holded, with a payment method called Stripe and another."""

    payer: Payer

    def method(self, name: str) -> str:
        answer = self.payer.house.holded.post("/payment-methods", json={"name": name})
        return str(answer.raise_for_status().json()["id"])

    def invoice(self, **fields: Any) -> str:
        return self.document("/invoices", **fields)

    def proforma(self, **fields: Any) -> str:
        return self.document("/proformas", **fields)

    def document(self, path: str, *, approve: bool = True, **fields: Any) -> str:
        """Write a document of 121.00 and let the portal hear of it."""
        line = {"name": "Work", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}
        body = {
            "contact_id": self.payer.holded_contact,
            "date": "2026-11-01",
            "due_date": "2026-11-15",
            "items": [line],
            **fields,
        }
        holded = self.payer.house.holded
        id = str(holded.post(path, json=body).raise_for_status().json()["id"])
        if approve:
            holded.post(f"{path}/{id}/approve").raise_for_status()
        self.payer.house.settle_down()
        return id

    def set_contact(self, **fields: Any) -> None:
        holded, path = self.payer.house.holded, f"/contacts/{self.payer.holded_contact}"
        contact = holded.get(path).json()
        body = {"name": contact["name"], "email": contact["email"], **fields}
        holded.put(path, json=body).raise_for_status()
        self.payer.house.settle_down()


@pytest.fixture
def desk(payer: Payer) -> Desk:
    return Desk(payer)


@pytest.fixture
def stripe(desk: Desk) -> str:
    """The id of the payment method that asks for a charge, once the merchant decided so."""
    id = desk.method("Stripe")
    desk.payer.house.decide(collect_method="Stripe")
    return id


def save_card(payer: Payer, number: str = "4242424242424242") -> None:
    """Add a card on Stripe's page by a setup of nothing, agreeing to later charges."""
    row = payment_methods.add(payer.visit(), consent=CONSENT)
    answer = payer.at_checkout(row.leave_url, number)
    if "/3d-secure/" in answer.headers["Location"]:
        payer.at_bank(answer.headers["Location"])
    payer.house.settle_down()


def save_debit(payer: Payer, iban: str = SPANISH_IBAN) -> None:
    """Add a bank account in the same way."""
    row = payment_methods.add(payer.visit(), consent=CONSENT)
    payer.at_checkout(row.leave_url, type="sepa_debit", iban=iban)
    payer.house.settle_down()


def settle_debits(payer: Payer) -> None:
    """Let the banks answer."""
    payer.house.control("stripe", "clock", advance=14 * DAY)
    payer.house.settle_down()


def tries_of(payer: Payer, document: str) -> int:
    at = payer.house.at
    return len(payment_rows.tries_of(payer.house.db, at.merchant, Origin.HOLDED, [document]))


def collection(payer: Payer, document: str) -> tuple[str, str] | None:
    """Return state and reason of a document's collection."""
    with payer.house.db.session() as reader:
        row = reader.query(CollectionRow).filter_by(document=document).one_or_none()
        return None if row is None else (row.state, row.reason)


def mails(payer: Payer, to: str) -> list[str]:
    return [mail.subject for mail in payer.house.postbox.mails if mail.to == to]


def to_customer(payer: Payer) -> list[str]:
    return [subject for subject in mails(payer, "ann@example.com") if "to pay" in subject]


def to_merchant(payer: Payer) -> list[str]:
    return mails(payer, "help@nuvol.example")


def tell_again(payer: Payer, document: str) -> None:
    """Have Holded deliver its webhooks once more, and tell of a change that changes nothing."""
    app = payer.house.holded_app
    for sent in app.test_client().get("/_sandbox/webhooks").get_json()["deliveries"]:
        payer.house.control("holded", "webhooks/replay", seq=sent["seq"])
    path = f"/invoices/{document}/pipeline"
    payer.house.holded.put(path, json={"pipeline_id": "p1"}).raise_for_status()
    payer.house.settle_down()


# F1 and F2: what asks for a charge


def test_f1_an_invoice_with_the_chosen_payment_method_is_charged(payer, desk, stripe):
    save_card(payer)

    invoice = desk.invoice(payment_method_id=stripe)

    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]
    assert collection(payer, invoice) == ("over", "")


def test_f1_another_payment_method_asks_for_nothing(payer, desk, stripe):
    save_card(payer)
    desk.set_contact(defaults={"payment_method": stripe})

    invoice = desk.invoice(payment_method_id=desk.method("Transfer"))

    assert payer.charges() == []
    assert collection(payer, invoice) is None


def test_f1_nothing_is_charged_unless_the_merchant_decided_so(payer, desk):
    save_card(payer)

    desk.invoice(payment_method_id=desk.method("Stripe"), tags=["stripe"])

    assert payer.charges() == []
    assert to_customer(payer) == []


def test_f1_a_tag_asks_for_a_charge_whatever_method_is_named(payer, desk):
    payer.house.decide(collect_tag="Cobrar")
    save_card(payer)

    desk.invoice(payment_method_id=desk.method("Transfer"), tags=["cobrar"])

    assert payer.charges() == [12100]


def test_f1_the_default_of_the_contact_counts_where_the_invoice_names_none(payer, desk, stripe):
    save_card(payer)
    desk.set_contact(defaults={"payment_method": stripe})

    desk.invoice()

    assert payer.charges() == [12100]


@pytest.mark.parametrize(("tags", "charged"), [(["stripe"], [12100]), (["urgent"], []), ([], [])])
def test_f2_a_proforma_asks_by_its_tag(payer, desk, tags, charged):
    payer.house.decide(collect_tag="stripe")
    save_card(payer)

    desk.proforma(tags=tags)

    assert payer.charges() == charged


def test_f2_a_proforma_asks_by_the_default_of_its_contact(payer, desk, stripe):
    save_card(payer)
    desk.set_contact(defaults={"payment_method": stripe})

    desk.proforma()

    assert payer.charges() == [12100]


def test_f2_a_proforma_is_shown_as_one_that_can_be_paid(payer, desk):
    proforma = desk.proforma()

    found = invoices.get(payer.visit(), proforma)

    assert (found.invoice.kind, found.status) == ("proforma", InvoiceStatus.OVERDUE)
    assert found.may_pay.is_allowed
    assert [row.invoice.id for row in invoices.list_page(payer.visit())[0]] == [proforma]


def test_documents_from_before_the_rule_are_left_alone(payer, desk, stripe):
    payer.house.decide(collect_since=date(2026, 11, 2))
    save_card(payer)

    desk.invoice(payment_method_id=stripe)

    assert payer.charges() == []


# F3: a saved method is charged


def test_f3_of_a_part_paid_invoice_the_rest_is_charged(payer, desk, stripe):
    save_card(payer)
    payer.house.holded_wire.is_cut = True
    invoice = desk.invoice(payment_method_id=stripe)
    payer.pay_in_holded(invoice, "21.00")
    payer.house.holded_wire.is_cut = False

    payer.house.pass_time(60)
    payer.house.settle_down()

    assert payer.charges() == [10000]
    assert sorted(payer.bookings()) == ["100.00", "21.00"]


def test_f3_a_replayed_webhook_makes_one_charge(payer, desk, stripe):
    save_card(payer)
    invoice = desk.invoice(payment_method_id=stripe)

    tell_again(payer, invoice)

    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]


@pytest.mark.parametrize("kind", ["duplicate", "reorder"])
def test_f3_webhooks_twice_or_in_another_order_make_one_charge(payer, desk, stripe, kind):
    save_card(payer)
    payer.house.control("holded", "webhooks/faults", kind=kind, times=2)

    desk.invoice(payment_method_id=stripe)

    assert payer.charges() == [12100]


def test_f3_a_declined_card_is_not_tried_again_by_a_replayed_webhook(payer, desk, stripe):
    save_card(payer, TWICE_DECLINING)
    invoice = desk.invoice(payment_method_id=stripe)

    tell_again(payer, invoice)

    assert len(payer.house.ledger("stripe")) == 1


@pytest.mark.parametrize(
    "what",
    [
        lambda desk, method: desk.invoice(payment_method_id=method, approve=False),
        lambda desk, method: desk.document("/credit-notes", payment_method_id=method),
        lambda desk, method: desk.invoice(payment_method_id=method, items=[FREE]),
        lambda desk, method: desk.invoice(
            payment_method_id=method, currency="usd", currency_change="1.1"
        ),
        lambda desk, method: desk.invoice(payment_method_id=method, tags=["stripe:in_other"]),
    ],
    ids=["draft", "credit note", "zero", "foreign currency", "made from a Stripe invoice"],
)
def test_f3_what_is_no_debt_in_these_books_is_not_charged(payer, desk, stripe, what):
    save_card(payer)

    document = what(desk, stripe)

    assert payer.charges() == []
    assert collection(payer, document) is None


def test_f3_a_sale_that_stripe_billed_too_is_left_to_stripe(payer, desk, stripe):
    save_card(payer)
    billed = payer.stripe_invoice()

    document = desk.invoice(payment_method_id=stripe, description=f"Receipt {billed}")

    assert payer.charges() == []
    assert invoices.get(payer.visit(), document).half is not None


def test_f3_an_invoice_cancelled_meanwhile_is_not_charged(payer, desk, stripe):
    save_card(payer)
    payer.house.holded_wire.is_cut = True
    invoice = desk.invoice(payment_method_id=stripe)
    payer.house.holded.post(f"/invoices/{invoice}/cancel").raise_for_status()
    payer.house.holded_wire.is_cut = False

    payer.house.pass_time(60)
    payer.house.settle_down()

    assert payer.charges() == []
    assert to_customer(payer) == []


def test_f3_without_recorded_consent_nothing_is_charged(payer, desk, stripe):
    payer.card()

    invoice = desk.invoice(payment_method_id=stripe)

    assert payer.charges() == []
    assert collection(payer, invoice) == ("waiting", "no_method")


def test_f3_the_charge_says_that_the_customer_is_not_there(payer, desk, stripe):
    save_card(payer)

    desk.invoice(payment_method_id=stripe)

    sent = [one for one in payer.house.requests("stripe") if one["path"] == "/v1/payment_intents"]
    assert [one["params"]["off_session"] for one in sent if one["method"] == "POST"] == ["true"]


def test_d17_beside_a_payment_under_way_nothing_starts(payer, desk):
    method, card = desk.method("Stripe"), payer.card("pm_card_authenticationRequired")
    save_card(payer)
    invoice = desk.invoice(payment_method_id=method)
    pressed = payer.pay(invoice, card)
    payer.house.decide(collect_method="Stripe")

    tell_again(payer, invoice)
    payer.at_bank(payer.leave_url(pressed))
    payer.house.settle_down()
    payer.house.pass_time(2 * 3600)
    payer.house.settle_down()

    assert payer.charges() == [12100]
    assert collection(payer, invoice) is None


def test_what_the_customer_began_and_left_is_collected_later(payer, desk):
    method = desk.method("Stripe")
    save_card(payer)
    invoice = desk.invoice(payment_method_id=method)
    pressed = payer.pay(invoice)
    payer.house.decide(collect_method="Stripe")
    tell_again(payer, invoice)
    meanwhile = payer.charges()

    payer.house.control("stripe", "clock", advance=3600)
    payer.house.settle_down()
    payer.house.pass_time(3600)
    payer.house.settle_down()

    assert meanwhile == []
    assert payer.state(pressed) is PaymentState.CANCELED
    assert payer.charges() == [12100]


# What is lost on the way


@pytest.mark.parametrize("kind", ["lose_answer", "half_body"])
def test_b29_a_charge_whose_answer_was_lost_is_made_once(payer, desk, stripe, kind):
    save_card(payer)
    payer.fault("stripe", kind, "/v1/payment_intents", method="POST")

    desk.invoice(payment_method_id=stripe)
    for _ in range(4):
        payer.house.pass_time(60)
        payments.sweep(payer.house.db, now=payer.house.now())
        payer.house.settle_down()

    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]


def test_a_charge_that_was_never_sent_is_sent_when_stripe_is_back(payer, desk, stripe):
    save_card(payer)
    payer.house.stripe_wire.is_cut = True
    invoice = desk.invoice(payment_method_id=stripe)
    meanwhile = collection(payer, invoice)

    payer.house.stripe_wire.is_cut = False
    payer.house.pass_time(120)
    payer.house.settle_down()

    assert meanwhile == ("asked", "")
    assert payer.charges() == [12100]
    assert to_customer(payer) == []


def test_b26_a_charge_committed_and_not_sent_is_sent_by_the_worker(payer, desk):
    invoice = desk.invoice(payment_method_id=desk.method("Stripe"))
    save_card(payer)
    payer.house.decide(collect_method="Stripe")
    read = invoices.find_holded(payer.house.db, payer.house.merchant, invoice)
    asked = collections._Read(read, frozenset(), AskedBy.DOCUMENT)
    collections._begin_once(payer.house.at, asked, "")

    payer.house.pass_time(60)
    payments.sweep(payer.house.db, now=payer.house.now())
    payer.house.settle_down()

    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]


# F4 and F7: the customer is asked


def test_f4_without_a_saved_method_the_customer_is_mailed_a_link_to_this_invoice(
    payer, desk, stripe
):
    invoice = desk.invoice(payment_method_id=stripe)

    sent = [mail for mail in payer.house.postbox.mails if "to pay" in mail.subject]
    address = collections.link_of(payer.house.at, invoice)
    link = links.find(payer.house.at, LinkPurpose.INVOICE, address.rpartition("/")[2])
    assert [mail.to for mail in sent] == ["ann@example.com"]
    assert address in sent[0].text
    assert link is not None
    assert link.scope.invoice == invoice
    assert to_merchant(payer) == []


def test_f4_the_link_pays_and_then_nothing_waits(payer, desk, stripe):
    invoice = desk.invoice(payment_method_id=stripe)

    pressed = payments.pay(payer.link_visit(invoice), invoice, Wish(DUE))
    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    assert payer.bookings() == ["121.00"]
    assert collection(payer, invoice) == ("over", "")


def test_f4_where_the_customer_has_no_address_the_merchant_gets_the_link(payer, desk, stripe):
    contact = payer.house.holded.post("/contacts", json={"name": "Silent SL", "type": "client"})
    invoice = desk.invoice(payment_method_id=stripe, contact_id=contact.json()["id"])

    (told,) = [mail for mail in payer.house.postbox.mails if mail.to == "help@nuvol.example"]

    assert "Silent SL" in told.subject
    assert collections.link_of(payer.house.at, invoice) in told.text


def test_f4_the_link_stays_the_same_until_it_is_revoked(payer, desk, stripe):
    invoice, at = desk.invoice(payment_method_id=stripe), payer.house.at
    first, second = collections.link_of(at, invoice), collections.link_of(at, invoice)

    links.revoke(at, Origin.HOLDED, invoice)

    assert first == second
    assert collections.link_of(at, invoice) != first


@pytest.mark.parametrize(
    ("number", "reason"),
    [(TWICE_DECLINING, "generic_decline"), (ASKING, "authentication_required")],
)
def test_f7_after_a_no_the_customer_is_asked_and_the_merchant_told(
    payer, desk, stripe, number, reason
):
    save_card(payer, number)

    invoice = desk.invoice(payment_method_id=stripe)

    assert collection(payer, invoice) == ("waiting", reason)
    assert (len(to_customer(payer)), len(to_merchant(payer))) == (1, 1)
    assert payer.charges() == []
    assert payer.bookings() == []
    assert invoices.get(payer.visit(), invoice).may_pay.is_allowed


@pytest.mark.parametrize(("number", "tries"), [(TWICE_DECLINING, 2), (ASKING, 1)])
def test_f7_a_decline_is_tried_once_more_after_three_days_and_the_banks_question_never(
    payer, desk, stripe, number, tries
):
    save_card(payer, number)
    invoice = desk.invoice(payment_method_id=stripe)

    for _ in range(10):
        payer.house.pass_time(DAY)
        payer.house.settle_down()

    assert tries_of(payer, invoice) == tries
    assert len(to_customer(payer)) == tries


def test_f7_the_merchant_decides_how_often_it_is_tried(payer, desk, stripe):
    payer.house.decide(collect_retries=0)
    save_card(payer, TWICE_DECLINING)
    invoice = desk.invoice(payment_method_id=stripe)

    payer.house.pass_time(4 * DAY)
    payer.house.settle_down()

    assert tries_of(payer, invoice) == 1


# F5 and F6: a method for the next ones


@pytest.fixture
def backed(payer: Payer) -> Payer:
    """A customer whose default is declined, and who named a backup that is not."""
    payer.house.decide(backup_method=True, collect_retries=1)
    save_card(payer, TWICE_DECLINING)
    backups.choose(payer.visit(), payer.card(MASTERCARD), consent=CONSENT)
    return payer


def test_f7_what_was_declined_is_charged_to_the_backup(backed, desk, stripe):
    document = desk.invoice(payment_method_id=stripe)

    assert backed.charges() == [12100]
    assert tries_of(backed, document) == 2
    assert collection(backed, document) == ("over", "")
    assert [mail for mail in backed.house.postbox.mails if "pay/" in mail.text] == []


def test_f7_a_backup_that_is_declined_too_is_tried_once(backed, desk, stripe):
    backups.choose(backed.visit(), backed.card(DECLINING), consent=CONSENT)
    document = desk.invoice(payment_method_id=stripe)
    tried = tries_of(backed, document)

    for _ in range(3):
        backed.house.pass_time(3 * DAY)
        backed.house.settle_down()

    assert backed.charges() == []
    assert (tried, tries_of(backed, document)) == (2, 3)
    assert collection(backed, document) == ("waiting", "generic_decline")


def test_f7_without_the_merchants_leave_the_backup_is_left_alone(backed, desk, stripe):
    backed.house.decide(backup_method=False)

    document = desk.invoice(payment_method_id=stripe)

    assert backed.charges() == []
    assert tries_of(backed, document) == 1


def test_f5_what_waits_is_charged_once_when_a_method_is_added(payer, desk, stripe):
    waiting = [desk.invoice(payment_method_id=stripe) for _ in range(2)]

    save_card(payer)
    tell_again(payer, waiting[0])

    assert payer.charges() == [12100, 12100]
    assert payer.bookings() == ["121.00", "121.00"]
    assert {collection(payer, invoice) for invoice in waiting} == {("over", "")}


def test_f5_the_new_method_is_charged_and_not_the_declined_default(payer, desk, stripe):
    save_card(payer, TWICE_DECLINING)
    invoice = desk.invoice(payment_method_id=stripe)

    save_card(payer)

    assert payer.charges() == [12100]
    assert collection(payer, invoice) == ("over", "")


def test_f6_a_method_saved_by_paying_serves_the_next(payer, desk, stripe):
    first = desk.invoice(payment_method_id=stripe)
    pressed = payer.pay(first, consent=CONSENT)
    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    desk.invoice(payment_method_id=stripe)

    assert payer.charges() == [12100, 12100]
    assert len(to_customer(payer)) == 1


def test_f6_so_does_one_kept_from_the_link_of_an_invoice(payer, desk, stripe):
    first = desk.invoice(payment_method_id=stripe)
    pressed = payments.pay(payer.link_visit(first), first, Wish(DUE, "", CONSENT))
    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    desk.invoice(payment_method_id=stripe)

    assert payer.charges() == [12100, 12100]


# F8: booked when settled


def test_f8_a_debit_is_booked_when_it_has_settled_on_the_merchants_day(payer, desk, stripe):
    save_debit(payer)
    invoice = desk.invoice(payment_method_id=stripe)
    meanwhile = payer.bookings(), invoices.get(payer.visit(), invoice).status

    settle_debits(payer)

    (booked,) = payer.house.ledger("holded")
    merchant = payer.house.merchant
    assert meanwhile == ([], InvoiceStatus.PROCESSING)
    assert (booked["amount"], booked["treasury"]) == ("121.00", merchant.holded_treasury)
    assert booked["date"] == merchant.day_of(payer.house.now()).isoformat()


def test_f8_a_failed_debit_is_the_customers_and_books_nothing(payer, desk, stripe):
    save_debit(payer, FAILING_IBAN)
    invoice = desk.invoice(payment_method_id=stripe)

    settle_debits(payer)

    assert payer.bookings() == []
    assert collection(payer, invoice)[0] == "waiting"
    assert mails(payer, "ann@example.com")[-1] == to_customer(payer)[-1]


# F14: paid by hand


def test_f14_what_was_paid_by_hand_before_the_second_try_is_skipped(payer, desk, stripe):
    save_card(payer, TWICE_DECLINING)
    invoice = desk.invoice(payment_method_id=stripe)
    payer.pay_in_holded(invoice)

    payer.house.pass_time(4 * DAY)
    payer.house.settle_down()

    assert tries_of(payer, invoice) == 1
    assert collection(payer, invoice) == ("over", "")


def test_f14_money_for_what_was_paid_by_hand_at_the_same_time_is_a_task(payer, desk, stripe):
    save_debit(payer)
    invoice = desk.invoice(payment_method_id=stripe)
    payer.pay_in_holded(invoice)

    settle_debits(payer)

    assert payer.bookings() == ["121.00"]
    assert [task.kind for task in tasks.list_tasks(payer.house.db, now=payer.house.now())] == [
        "refund"
    ]


# F11: recurring invoices of Holded


MONTHLY = {"periodicity": "m", "convert_automatically": True, "due_days": 15}


def recurring(desk: Desk, **fields: Any) -> str:
    """Have Holded invoice 121.00 again and again, beginning tomorrow."""
    line = {"name": "Hosting", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}
    tomorrow = desk.payer.house.merchant.day_of(desk.payer.house.now()) + timedelta(days=1)
    body = {
        "contact_id": desk.payer.holded_contact,
        "date": tomorrow.isoformat(),
        "items": [line],
        **MONTHLY,
        **fields,
    }
    answer = desk.payer.house.holded.post("/recurring-invoices", json=body)
    return str(answer.raise_for_status().json()["id"])


def let_days_pass(payer: Payer, days: int) -> None:
    payer.house.control("holded", "clock", advance=days * DAY)
    payer.house.settle_down()


@pytest.mark.parametrize(("rhythm", "days"), [("m", 63), ("q", 93), ("a", 367)])
def test_f11_each_invoice_of_a_recurring_one_is_charged(payer, desk, rhythm, days):
    payer.house.decide(collect_tag="cobrar")
    save_card(payer)
    recurring(desk, periodicity=rhythm, tags=["cobrar"])

    let_days_pass(payer, 2)
    first = payer.charges()
    let_days_pass(payer, days)

    assert first == [12100]
    assert payer.charges() == [12100] * {"m": 3, "q": 2, "a": 2}[rhythm]
    assert len(payer.bookings()) == len(payer.charges())


def test_f11_a_recurring_invoice_asks_by_the_default_of_its_contact(payer, desk, stripe):
    save_card(payer)
    desk.set_contact(defaults={"payment_method": stripe})
    recurring(desk)

    let_days_pass(payer, 2)

    assert payer.charges() == [12100]


def test_f11_what_is_left_as_a_draft_is_charged_when_it_is_approved(payer, desk):
    payer.house.decide(collect_tag="cobrar")
    save_card(payer)
    recurring(desk, tags=["cobrar"], convert_automatically=False)
    let_days_pass(payer, 2)
    before = payer.charges()

    (draft,) = payer.house.holded.get("/invoices").json()["items"]
    payer.house.holded.post(f"/invoices/{draft['id']}/approve").raise_for_status()
    payer.house.settle_down()

    assert before == []
    assert payer.charges() == [12100]


def test_f11_the_days_to_come_are_known_and_follow_what_was_made(payer, desk):
    recurring(desk)
    payer.house.sync()
    (at_first,) = plans.list_of_customer(payer.visit())

    let_days_pass(payer, 2)
    (later,) = plans.list_of_customer(payer.visit())

    assert at_first.total_money == DUE
    assert at_first.lines[0].text == "Hosting"
    assert later.days[0] == at_first.days[1]


def test_f11_what_was_changed_or_deleted_is_seen_the_next_day(payer, desk):
    kept, deleted = recurring(desk), recurring(desk)
    payer.house.sync()
    payer.house.holded.put(f"/recurring-invoices/{kept}", json={"description": "New"})
    payer.house.holded.delete(f"/recurring-invoices/{deleted}").raise_for_status()

    payer.house.pass_time(DAY + 60)
    payer.house.settle_down()

    found = plans.list_of_customer(payer.visit())
    assert [(plan.id, plan.description) for plan in found] == [(kept, "New")]


def test_f11_what_did_not_change_costs_one_call_a_day(payer, desk):
    recurring(desk)
    payer.house.sync()
    before = len(payer.house.requests("holded"))

    payer.house.pass_time(DAY + 60)
    payer.house.settle_down()

    sent = payer.house.requests("holded")[before:]
    assert [one["path"] for one in sent] == ["/api/v2/recurring-invoices"]


# F9: a proforma is paid on the invoice that is made from it


@pytest.fixture
def tagged(payer: Payer) -> list[str]:
    """The tag that asks for a charge, once the merchant decided so."""
    payer.house.decide(collect_tag="cobrar")
    return ["cobrar"]


def invoices_of(payer: Payer) -> list[dict[str, Any]]:
    """Return the invoices that stand in Holded."""
    return list(payer.house.holded.get("/invoices").json()["items"])


def wait_and_work(payer: Payer, times: int = 6) -> None:
    for _ in range(times):
        payer.house.pass_time(60)
        payments.sweep(payer.house.db, now=payer.house.now())
        payer.house.settle_down()


def test_f9_a_paid_proforma_becomes_one_issued_invoice_with_its_payment(payer, desk, tagged):
    save_card(payer)

    proforma = desk.proforma(tags=tagged)

    (invoice,) = invoices_of(payer)
    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]
    assert (invoice["from"]["id"], invoice["draft"]) == (proforma, False)
    assert (invoice["payments_pending"], invoice["status"]) == ("0.00", "completed")
    assert collection(payer, proforma) == ("over", "")
    assert to_customer(payer) == []


def test_f9_a_proforma_paid_by_its_customer_does_as_well(payer, desk):
    proforma = desk.proforma()

    pressed = payer.pay(proforma)
    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    (invoice,) = invoices_of(payer)
    assert payer.state(pressed) is PaymentState.BOOKED
    assert (invoice["from"]["id"], invoice["payments_pending"]) == (proforma, "0.00")


def test_f9_a_proforma_that_was_converted_can_be_paid_no_more(payer, desk, tagged):
    save_card(payer)
    proforma = desk.proforma(tags=tagged)

    found = invoices.get(payer.visit(), proforma)
    listed = invoices.list_page(payer.visit())[0]

    assert found.status is InvoiceStatus.INVOICED
    assert not found.may_pay.is_allowed
    assert [row.invoice.kind for row in listed] == ["invoice"]
    assert [row.status for row in listed] == [InvoiceStatus.PAID]


def test_f9_holdeds_next_word_on_the_proforma_does_not_open_it_again(payer, desk, tagged):
    save_card(payer)
    proforma = desk.proforma(tags=tagged)

    path = f"/proformas/{proforma}/pipeline"
    payer.house.holded.put(path, json={"pipeline_id": "p1"}).raise_for_status()
    payer.house.settle_down()
    payer.house.sync()

    assert invoices.get(payer.visit(), proforma).status is InvoiceStatus.INVOICED
    assert payer.charges() == [12100]


@pytest.mark.parametrize("kind", ["lose_answer", "half_body", "reset", "status", "http200_info"])
@pytest.mark.parametrize("path", ["/documents/convert", "/invoices/{id}/approve"])
def test_f9_whatever_becomes_of_an_answer_one_invoice_is_made(payer, desk, tagged, kind, path):
    save_card(payer)
    payer.fault("holded", kind, path, method="POST")

    desk.proforma(tags=tagged)
    wait_and_work(payer)

    assert len(invoices_of(payer)) == 1
    assert payer.bookings() == ["121.00"]
    assert payer.charges() == [12100]


def test_f9_without_the_webhooks_of_the_invoice_it_is_all_the_same(payer, desk, tagged):
    save_card(payer)
    payer.house.holded_wire.is_cut = True
    desk.proforma(tags=tagged)
    payer.house.control("holded", "webhooks/faults", kind="drop", times=50)
    payer.house.holded_wire.is_cut = False
    payer.fault("holded", "lose_answer", "/documents/convert", method="POST")

    wait_and_work(payer)

    assert len(invoices_of(payer)) == 1
    assert payer.bookings() == ["121.00"]


def convert_by_hand(payer: Payer, proforma: str, *, draft: bool) -> str:
    source = {"source_type": "proform", "source_id": proforma}
    body = {**source, "target_type": "invoice", "draft": draft}
    answer = payer.house.holded.post("/documents/convert", json=body)
    return str(answer.raise_for_status().json()["id"])


@pytest.mark.parametrize("draft", [True, False])
def test_f9_the_invoice_the_merchant_made_meanwhile_is_taken(payer, desk, tagged, draft):
    save_debit(payer)
    proforma = desk.proforma(tags=tagged)
    made = convert_by_hand(payer, proforma, draft=draft)
    payer.house.settle_down()

    settle_debits(payer)

    assert payer.charges() == [12100]
    assert [row["id"] for row in invoices_of(payer)] == [made]
    assert payer.bookings() == ["121.00"]


def test_f9_the_invoice_of_a_proforma_on_its_way_is_not_charged_again(payer, desk, tagged):
    save_debit(payer)
    proforma = desk.proforma(tags=tagged)
    made = convert_by_hand(payer, proforma, draft=False)
    payer.house.settle_down()
    payer.house.pass_time(2 * 3600)
    payer.house.settle_down()

    found = invoices.get(payer.visit(), made)

    assert len(payer.house.ledger("stripe")) == 1
    assert found.status is InvoiceStatus.PROCESSING
    assert not found.may_pay.is_allowed


def test_f9_a_draft_that_says_something_else_by_now_is_left_to_the_merchant(payer, desk, tagged):
    save_debit(payer)
    proforma = desk.proforma(tags=tagged)
    made = convert_by_hand(payer, proforma, draft=True)
    line = {"name": "More work", "units": 1, "price": "300.00", "taxes": ["s_iva_21"]}
    payer.house.holded.put(f"/invoices/{made}", json={"items": [line]}).raise_for_status()
    payer.house.settle_down()

    settle_debits(payer)

    assert payer.bookings() == []
    assert invoices_of(payer)[0]["draft"]
    assert [task.kind for task in tasks.list_tasks(payer.house.db, now=payer.house.now())] == [
        "booking"
    ]


def test_f9_money_for_a_proforma_whose_invoice_was_paid_otherwise_goes_back(payer, desk):
    proforma, debit = desk.proforma(), payer.debit()
    pressed = payer.pay(proforma, debit)
    made = convert_by_hand(payer, proforma, draft=False)
    payer.pay_in_holded(made)
    payer.house.settle_down()

    settle_debits(payer)

    assert payer.bookings() == ["121.00"]
    assert payer.outcome(pressed).excess == DUE


def test_f9_a_proforma_that_was_deleted_leaves_the_money_to_give_back(payer, desk):
    proforma, debit = desk.proforma(), payer.debit()
    pressed = payer.pay(proforma, debit)
    payer.house.holded.delete(f"/proformas/{proforma}").raise_for_status()
    payer.house.settle_down()

    settle_debits(payer)

    assert invoices_of(payer) == []
    assert payer.outcome(pressed).excess == DUE


# A customer that only Holded knows


def only_at_holded(payer: Payer, email: str = "new@example.com") -> Payer:
    """Have the merchant add a contact that Stripe has never heard of."""
    body = {"name": "Newcomer SL", "email": email, "type": "client"}
    contact = payer.house.holded.post("/contacts", json=body).raise_for_status().json()["id"]
    payer.house.settle_down()
    return Payer(payer.house, "", str(contact))


def customers_of(payer: Payer, email: str) -> list[Any]:
    return list(payer.house.stripe.v1.customers.list({"email": email}).data)


def test_f6_a_newcomer_keeps_a_method_by_paying_and_is_charged_the_next_time(payer, desk, stripe):
    newcomer = only_at_holded(payer)
    first = desk.invoice(payment_method_id=stripe, contact_id=newcomer.holded_contact)
    visit = payer.house.visit(holded_contact=newcomer.holded_contact)
    pressed = payments.pay(visit, first, Wish(DUE, "", CONSENT))
    payer.at_checkout(payer.leave_url(pressed))
    payer.house.settle_down()

    desk.invoice(payment_method_id=stripe, contact_id=newcomer.holded_contact)

    (made,) = customers_of(payer, "new@example.com")
    assert made.metadata["holded_contact_id"] == newcomer.holded_contact
    assert payer.charges() == [12100, 12100]


@pytest.mark.parametrize("kind", ["lose_answer", "half_body", "reset"])
def test_b29_one_customer_is_made_whatever_becomes_of_the_answer(payer, desk, stripe, kind):
    newcomer = only_at_holded(payer)
    payer.fault("stripe", kind, "/v1/customers", method="POST")

    desk.invoice(payment_method_id=stripe, contact_id=newcomer.holded_contact)
    wait_and_work(payer)

    assert len(customers_of(payer, "new@example.com")) == 1
    assert payer.house.visit(holded_contact=newcomer.holded_contact).customer.stripe_customer


def test_e3_none_is_made_where_stripe_has_one_of_the_same_address(payer, desk, stripe):
    payer.house.stripe.v1.customers.create({"email": "new@example.com", "name": "Maybe the same"})
    newcomer = only_at_holded(payer)

    invoice = desk.invoice(payment_method_id=stripe, contact_id=newcomer.holded_contact)

    assert len(customers_of(payer, "new@example.com")) == 1
    assert collection(payer, invoice) == ("waiting", "no_method")
