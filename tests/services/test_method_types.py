"""Every kind of payment method pays an invoice, from the pressed button to the booking."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from portal.domain.decisions import Reason
from portal.domain.invoices import InvoiceStatus
from portal.domain.method_types import CATALOGUE, PaymentMethodType
from portal.domain.payments import PaymentState
from portal.mirror import invoices
from portal.mirror import method_types as kinds_of_account
from portal.services import method_types
from tests import databases
from tests.house import build
from tests.kinds import CONSENT, bill, charge_again, home_of, offered, saved, take
from tests.payer import Payer, move_in
from tests.shared import lend

pytestmark = pytest.mark.provider

every = pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.type)
Open = Callable[[PaymentMethodType], Payer]


@pytest.fixture
def open_for(database_url: str, tmp_path: Path) -> Iterator[Open]:
    """Make a customer of a merchant who takes a kind, where that kind serves."""
    with ExitStack() as stack:

        def open_one(kind: PaymentMethodType) -> Payer:
            payer = stack.enter_context(_living_in(kind, database_url, tmp_path))
            take(payer, kind.type)
            return payer

        yield open_one


@contextmanager
def _living_in(kind: PaymentMethodType, database_url: str, folder: Path) -> Iterator[Payer]:
    made = build(databases.empty(database_url), folder, home_of(kind))
    house = next(made)
    with lend(house).app_context():
        yield move_in(house)
    next(made, None)


def test_what_the_account_takes_is_read_every_hour(payer: Payer) -> None:
    house, worker = payer.house, payer.house.worker()
    method_types.sweep(house.db, now=house.now())
    house.settle_down()
    before = kinds_of_account.terms(house.db, house.merchant).turned_off
    take(payer, "klarna")

    method_types.sweep(house.db, now=house.now())
    house.settle_down()
    at_once = kinds_of_account.terms(house.db, house.merchant).turned_off
    house.pass_time(3_601)
    house.control("stripe", "clock", advance=3_601)
    done = worker.work_once()

    after = kinds_of_account.terms(house.db, house.merchant).turned_off
    assert before == at_once
    assert (before or frozenset()) - (after or frozenset()) == {"klarna"}
    assert done == 1


def test_a_key_that_may_not_read_the_settings_still_takes_payments(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.fault("stripe", "status", "/v1/payment_method_configurations", status=403)

    pressed = payer.pay(invoice)

    assert payer.state(pressed) is PaymentState.AT_CHECKOUT
    assert not kinds_of_account.terms(payer.house.db, payer.house.merchant).is_known


@every
def test_an_invoice_is_paid_with_each_kind_and_booked_once(
    open_for: Open, kind: PaymentMethodType
) -> None:
    payer = open_for(kind)
    due = bill(payer, kind.type)

    pressed = due.press(consent=CONSENT)
    page = offered(payer, pressed)
    onward = due.fill_in(pressed)
    due.agree(onward)
    due.wait(onward)

    assert kind.type in page
    assert payer.state(pressed) is PaymentState.BOOKED
    assert payer.charges() == [due.shown.amount]
    assert [Decimal(sum) for sum in payer.bookings()] == [due.shown.to_decimal()]
    assert saved(payer) == [kind.type][: int(kind.saves_by_paying)]


@pytest.mark.parametrize(
    "kind", [kind for kind in CATALOGUE if kind.saves_by_paying], ids=lambda kind: kind.type
)
def test_a_kind_that_is_kept_by_paying_is_charged_again_without_its_owner(
    open_for: Open, kind: PaymentMethodType
) -> None:
    payer = open_for(kind)
    due = bill(payer, kind.type)
    onward = due.fill_in(due.press(consent=CONSENT))
    due.agree(onward)
    due.wait(onward)

    intent = charge_again(payer, due)

    ends = {"boleto": ("requires_action", "boleto_display_details")}
    expected = ends.get(kind.type, ("processing" if kind.delayed_days else "succeeded", None))
    assert (intent.status, intent.next_action and intent.next_action.type) == expected


@pytest.mark.parametrize(
    "kind", [kind for kind in CATALOGUE if kind.has_mandate], ids=lambda kind: kind.type
)
def test_a_debit_under_way_is_not_paid_and_no_second_one_starts(
    open_for: Open, kind: PaymentMethodType
) -> None:
    payer = open_for(kind)
    due = bill(payer, kind.type)
    pressed = due.press()
    due.agree(due.fill_in(pressed))

    again = due.press()

    found = invoices.get(payer.visit(), due.invoice)
    assert payer.state(pressed) is PaymentState.PROCESSING
    assert found.status is InvoiceStatus.PROCESSING
    assert found.may_pay.reason is Reason.PAYMENT_UNDER_WAY
    assert again.operation == pressed.operation
    assert (payer.charges(), payer.bookings()) == ([], [])


@pytest.mark.parametrize(
    "kind", [kind for kind in CATALOGUE if kind.is_voucher], ids=lambda kind: kind.type
)
def test_a_slip_that_waits_is_shown_again_and_not_paid(
    open_for: Open, kind: PaymentMethodType
) -> None:
    payer = open_for(kind)
    due = bill(payer, kind.type)
    pressed = due.press()
    onward = due.fill_in(pressed)
    due.agree(onward)

    found = invoices.get(payer.visit(), due.invoice)

    assert found.status is InvoiceStatus.OVERDUE
    assert found.waiting is not None
    assert found.waiting.method_type == kind.type
    assert found.waiting.expires_at is not None
    assert payer.leave_url(pressed) == onward
    assert (payer.charges(), payer.bookings()) == ([], [])
