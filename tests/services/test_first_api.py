"""A merchant with a key of Holded's first API: paid, booked once, found without webhooks."""

from collections.abc import Iterator
from typing import Any

import pytest

from portal.domain.errors import GatewayRefused, Refused
from portal.domain.invoices import InvoiceStatus
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.domain.reconciliation import DifferenceKind
from portal.mirror import invoices
from portal.services import documents, presses, tasks
from portal.services.payments import Wish
from portal.services.presses import Wanted
from portal.services.tasks import TaskKind
from portal.store.settlements import SettlementRow, SettlementState
from tests.house import House
from tests.payer import Payer, move_in
from tests.reconciling import reconcile

# The same promises as with the second API, kept for this module's payer.
from tests.services.test_settlements import (  # noqa: F401
    settlements,
    test_an_equal_sum_booked_by_hand_before_is_not_taken_for_ours,
    test_b26_the_same_event_twice_has_one_effect,
    test_b29_webhook_and_return_at_one_instant_book_once,
    test_b54_of_a_payment_that_is_more_than_is_left_the_rest_is_to_be_given_back,
    test_b55_a_booking_that_was_not_taken_is_sent_again,
    test_b55_a_booking_whose_answer_was_lost_stands_once,
    test_money_for_an_invoice_that_was_paid_elsewhere_is_to_be_given_back,
    test_money_taken_is_booked_however_long_holded_refuses,
    test_with_holded_down_the_customer_has_paid_and_the_booking_follows,
    wait_and_work,
)
from tests.shared import lend

pytestmark = pytest.mark.provider


class FirstPayer(Payer):
    """A payer whose portal hears of what the merchant does in Holded when it looks."""

    def invoice(self, price: str = "100.00", *, day: str = "", **more: Any) -> str:
        """Have Holded issue an invoice of today, and the portal find it."""
        today = self.house.now().date().isoformat()
        id = super().invoice(price, day=day or today, **more)
        self.house.look_around()
        return id

    def pay_in_holded(self, invoice: str, amount: str = "121.00") -> None:
        """Have the merchant book a payment by hand, and the portal find it."""
        super().pay_in_holded(invoice, amount)
        self.house.look_around()

    def calls(self, since: int = 0) -> list[str]:
        """Return what the portal asked of Holded, by the last part of the address."""
        every = [one for one in self.house.requests("holded") if one["path"].startswith("/api/inv")]
        return [f"{one['method']} {one['path'].rpartition('/')[2]}" for one in every[since:]]


@pytest.fixture
def payer(house: House) -> Iterator[FirstPayer]:
    """A customer in both systems; the application is there for the mails of the worker."""
    house.use_first_api()
    with lend(house).app_context():
        found = move_in(house)
        yield FirstPayer(house, found.stripe_customer, found.holded_contact)


def test_a_booking_takes_three_calls_and_the_page_shows_it_at_once(payer: FirstPayer) -> None:
    invoice, card = payer.invoice(), payer.card()
    payer.pay(invoice, card)
    before = len(payer.calls())

    payer.house.settle_down()

    assert payer.calls(before) == [f"GET {invoice}", "POST pay", f"GET {invoice}"]
    assert invoices.get(payer.visit(), invoice).status is InvoiceStatus.PAID
    (booked,) = payer.house.ledger("holded")
    with payer.house.db.session() as reader:
        assert [row.entry for row in reader.query(SettlementRow)] == [booked["payment"]]


@pytest.mark.parametrize("kind", ["reset", "html", "status", "lose_answer"])
def test_b55_a_booking_that_is_known_is_not_sent_again_when_reading_it_fails(
    payer: FirstPayer, kind: str
) -> None:
    invoice, card = payer.invoice(), payer.card()
    path = f"/documents/invoice/{invoice}"
    pressed = payer.pay(invoice, card)
    payer.fault("holded", kind, path, method="GET", after=1)

    payer.house.settle_down()
    wait_and_work(payer)

    assert payer.calls().count("POST pay") == 1
    assert payer.calls().count("GET payments") == 0
    assert payer.outcome(pressed).state is PaymentState.BOOKED
    assert payer.bookings() == ["121.00"]


def test_b55_a_lost_booking_is_found_by_what_we_wrote_into_it(payer: FirstPayer) -> None:
    first, second = payer.invoice(), payer.invoice()
    Payer.pay_in_holded(payer, second)
    card = payer.card()
    payer.fault("holded", "lose_answer", "/pay", method="POST")
    payer.pay(first, card)
    payer.house.settle_down()

    wait_and_work(payer)

    ours = next(row for row in payer.house.ledger("holded") if row["invoice"] == first)
    with payer.house.db.session() as reader:
        assert [row.entry for row in reader.query(SettlementRow)] == [ours["payment"]]
    assert payer.bookings() == ["121.00", "121.00"]


def test_b55_a_payment_nobody_can_explain_is_a_task_and_nothing_is_sent_again(
    payer: FirstPayer,
) -> None:
    invoice, card = payer.invoice("300.00"), payer.card()
    payer.fault("holded", "status", "/pay", method="POST")
    payer.press(invoice, Money(36300, "eur"), card)
    payer.house.settle_down()
    Payer.pay_in_holded(payer, invoice)

    wait_and_work(payer)

    assert payer.bookings() == ["121.00"]
    assert settlements(payer) == [(SettlementState.UNKNOWN, 36300)]
    assert [task.kind for task in tasks.list_tasks(payer.house.db, now=payer.house.now())] == [
        TaskKind.BOOKING
    ]


def test_b55_equal_sums_of_one_charge_are_booked_once_on_each_invoice(payer: FirstPayer) -> None:
    ids, card = [payer.invoice() for _ in range(3)], payer.card()
    payer.fault("holded", "lose_answer", "/pay", method="POST", times=2)
    wanted = [Wanted(id, Money(12100, "eur")) for id in ids]

    presses.press(payer.visit(), wanted, Wish(Money(36300, "eur"), card))
    payer.house.settle_down()
    wait_and_work(payer)

    assert payer.charges() == [36300]
    assert payer.bookings() == ["121.00"] * 3
    assert {invoices.get(payer.visit(), id).status for id in ids} == {InvoiceStatus.PAID}


@pytest.mark.parametrize(
    ("kind", "state"),
    [("lose_answer", SettlementState.UNKNOWN), ("status", SettlementState.BOOKED)],
)
def test_b55_a_booking_in_doubt_is_not_sent_twice_after_a_change_to_the_second_api(
    payer: FirstPayer, kind: str, state: SettlementState
) -> None:
    invoice, card = payer.invoice("300.00"), payer.card()
    payer.pay_in_holded(invoice, "121.00")
    due = invoices.get(payer.visit(), invoice).invoice.due_money
    payer.fault("holded", kind, "/pay", method="POST")
    payer.fault("holded", "status", "/v1/payments", times=1_000)
    payer.press(invoice, due, card)
    payer.house.settle_down()

    payer.house.use_token(payer.house.holded_token)
    wait_and_work(payer)

    assert sorted(payer.bookings()) == ["121.00", "242.00"]
    assert settlements(payer) == [(state, 24200)]


def test_b56_an_invoice_paid_by_hand_since_the_last_look_is_not_charged(payer: FirstPayer) -> None:
    invoice, card = payer.invoice(), payer.card()
    Payer.pay_in_holded(payer, invoice)

    with pytest.raises(Refused):
        payer.pay(invoice, card)

    assert payer.charges() == []


def test_a_pdf_is_passed_on_byte_for_byte(payer: FirstPayer) -> None:
    invoice = payer.invoice()
    original = payer.house.holded.get(f"/invoices/{invoice}/pdf").content

    _, path = documents.get(payer.visit(), invoice)

    assert path.read_bytes() == original


def test_b25_a_page_in_place_of_a_pdf_is_never_kept(payer: FirstPayer) -> None:
    invoice = payer.invoice()
    payer.fault("holded", "html", "/pdf")

    with pytest.raises(GatewayRefused) as refusal:
        documents.get(payer.visit(), invoice)

    assert refusal.value.code == "not_a_pdf"
    assert list((payer.house.settings.portal_data / documents.FOLDER).rglob("*.*")) == []


def test_f9_a_paid_proforma_waits_for_the_invoice_that_only_the_merchant_can_make(
    payer: FirstPayer,
) -> None:
    item = {"name": "Work", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}
    today = payer.house.now().date().isoformat()
    body = {"contact_id": payer.holded_contact, "date": today, "items": [item]}
    proforma = payer.house.holded.post("/proformas", json=body).raise_for_status().json()["id"]
    payer.house.holded.post(f"/proformas/{proforma}/approve").raise_for_status()
    payer.house.sync()
    pressed = payer.pay(proforma, payer.card())
    payer.house.settle_down()
    waiting = [task.kind for task in tasks.list_tasks(payer.house.db, now=payer.house.now())]

    source = {"source_type": "proform", "source_id": proforma, "draft": False}
    converted = {**source, "target_type": "invoice"}
    payer.house.holded.post("/documents/convert", json=converted).raise_for_status()
    payer.house.look_around()

    assert waiting == [TaskKind.BOOKING]
    assert payer.charges() == [12100]
    assert payer.bookings() == ["121.00"]
    assert payer.state(pressed) is PaymentState.BOOKED


@pytest.mark.parametrize("is_full", [False, True])
def test_f13_what_was_booked_is_no_difference(payer: FirstPayer, is_full: bool) -> None:
    payer.pay(payer.invoice(), payer.card())
    payer.house.settle_down()

    assert reconcile(payer.house, is_full=is_full) == []


def test_f13_a_booking_that_the_merchant_took_back_is_told(payer: FirstPayer) -> None:
    invoice = payer.invoice()
    payer.pay(invoice, payer.card())
    payer.house.settle_down()
    (booked,) = payer.house.ledger("holded")
    payer.house.holded.delete(f"/payments/{booked['payment']}").raise_for_status()

    assert DifferenceKind.ENTRY_DELETED in reconcile(payer.house)
    assert payer.bookings() == []
