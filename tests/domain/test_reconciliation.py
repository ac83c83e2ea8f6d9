"""What differs between Stripe, Holded and us, rule by rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.customers import Origin
from portal.domain.invoices import Invoice, InvoiceKind, InvoicePart, InvoiceState
from portal.domain.money import Money
from portal.domain.payments import IntentState, PaymentState, Share
from portal.domain.reconciliation import (
    KINDS,
    Actor,
    Booking,
    Difference,
    DifferenceKind,
    Held,
    Taken,
    compare_charge,
    compare_invoice,
    compare_payment,
)

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
SUM = Money(12100, "eur")
BOOKING = Booking(
    "pay_1", "pi_1", "inv_1", "holded", SUM, 0, "e1", "bank", frozenset({"old"}), LONG_AGO,
    is_booked=True,
)  # fmt: skip
SHARES = (Share(Origin.HOLDED, "inv_1", 12100),)
HELD = Held("pay_1", PaymentState.BOOKED, SUM, "pi_1", SHARES, (BOOKING,), LONG_AGO)
TAKEN = Taken("pi_1", IntentState.SUCCEEDED, "eur", 12100, payment="pay_1")
PAID = Invoice(
    Origin.HOLDED, "inv_1", "c_1", "F1", InvoiceKind.INVOICE, InvoiceState.PAID, "eur", 12100, 0,
    paid=12100, parts=(InvoicePart("e1", SUM, treasury="bank"),),
)  # fmt: skip


def kinds(found: list[Difference]) -> list[str]:
    return [one.kind.value for one in found]


def of_payment(
    held: Held = HELD,
    taken: Taken | None = TAKEN,
    proved: PaymentState | None = PaymentState.SUCCEEDED,
    credited: int = 0,
) -> list[str]:
    return kinds(compare_payment(held, taken, proved, credited=credited, now=NOW))


def of_invoice(told: Invoice | None, *bookings: Booking, mirrored: Invoice | None = PAID) -> list:
    return kinds(compare_invoice(told, mirrored, bookings, origin=Origin.HOLDED, id="inv_1"))


def test_every_kind_is_explained_and_only_the_portal_repairs() -> None:
    named = {"payment": "p", "intent": "i", "invoice": "v", "told": "t"}

    assert set(KINDS) == set(DifferenceKind)
    assert all(kind.says.format(**named).endswith(".") for kind in KINDS.values())
    assert {kind for kind, what in KINDS.items() if what.actor is Actor.PORTAL} == {
        DifferenceKind.LOST_EVENT,
        DifferenceKind.NOT_SETTLED,
        DifferenceKind.NOT_BOOKED,
        DifferenceKind.STALE_MIRROR,
    }


def test_what_agrees_does_not_differ() -> None:
    assert of_payment() == []
    assert of_invoice(PAID, BOOKING) == []


@pytest.mark.parametrize(
    ("state", "proved", "found"),
    [
        (PaymentState.NEEDS_BANK, PaymentState.SUCCEEDED, ["lost_event"]),
        (PaymentState.AT_CHECKOUT, PaymentState.CANCELED, ["lost_event"]),
        (PaymentState.PROCESSING, PaymentState.FAILED, ["lost_event"]),
        (PaymentState.FAILED, PaymentState.SUCCEEDED, ["lost_event"]),
        (PaymentState.CANCELED, PaymentState.SUCCEEDED, ["lost_event"]),
        (PaymentState.UNKNOWN, PaymentState.SUCCEEDED, ["lost_event"]),
        (PaymentState.UNKNOWN, PaymentState.FAILED, []),
        (PaymentState.NEEDS_BANK, PaymentState.AT_CHECKOUT, []),
        (PaymentState.FAILED, PaymentState.CANCELED, []),
        (PaymentState.AT_CHECKOUT, None, []),
    ],
)
def test_what_stripe_proves_and_we_have_not_heard(
    state: PaymentState, proved: PaymentState | None, found: list[str]
) -> None:
    assert of_payment(replace(HELD, state=state, bookings=()), TAKEN, proved) == found


@pytest.mark.parametrize("proved", [None, PaymentState.FAILED, PaymentState.PROCESSING])
def test_money_that_counts_here_and_is_not_at_stripe(proved: PaymentState | None) -> None:
    assert of_payment(taken=None, proved=proved) == ["charge_missing"]


def test_what_is_under_way_does_not_differ_yet() -> None:
    waiting = replace(BOOKING, is_booked=False, is_awaited=True, changed_at=NOW)
    fresh = replace(HELD, state=PaymentState.SUCCEEDED, changed_at=NOW)

    assert of_payment(replace(fresh, bookings=())) == []
    assert of_payment(replace(fresh, bookings=(waiting,))) == []
    late = replace(waiting, changed_at=LONG_AGO)
    assert of_payment(replace(fresh, bookings=(late,))) == ["not_booked"]
    assert of_payment(replace(fresh, bookings=(), changed_at=LONG_AGO)) == ["not_settled"]


def test_a_booking_nobody_can_explain() -> None:
    riddle = replace(BOOKING, is_booked=False, is_unknown=True)
    held = replace(HELD, state=PaymentState.SUCCEEDED, bookings=(riddle,))

    assert of_payment(held) == ["booking_unknown"]


@pytest.mark.parametrize(
    ("refunded", "excess", "credited", "found"),
    [
        (0, 0, 0, []),
        (2100, 0, 0, ["refund_not_booked"]),
        (2100, 0, 2100, []),
        (2100, 0, 2000, ["refund_not_booked"]),
        (0, 2100, 0, ["refund_open"]),
        (1000, 2100, 0, ["refund_open"]),
        (2100, 2100, 0, []),
        (12100, 2100, 10000, []),
        (12100, 2100, 0, ["refund_not_booked"]),
    ],
)
def test_what_went_back_is_what_had_to_or_has_a_credit_note(
    refunded: int, excess: int, credited: int, found: list[str]
) -> None:
    held = replace(HELD, bookings=(replace(BOOKING, excess=excess),))

    assert of_payment(held, replace(TAKEN, refunded=refunded), credited=credited) == found


def test_a_refund_of_stripes_own_invoice_stands_in_stripe() -> None:
    held = replace(HELD, bookings=(replace(BOOKING, origin="stripe"),))

    assert of_payment(held, replace(TAKEN, refunded=12100)) == []


@pytest.mark.parametrize("taken", [replace(TAKEN, amount=12000), replace(TAKEN, currency="usd")])
def test_b52_another_sum_or_currency(taken: Taken) -> None:
    assert of_payment(taken=taken) == ["charge_differs"]


@pytest.mark.parametrize(
    ("taken", "is_paid", "kind"),
    [
        (TAKEN, False, DifferenceKind.CHARGE_UNKNOWN),
        (TAKEN, True, DifferenceKind.CHARGED_TWICE),
        (replace(TAKEN, refunded=12100), True, None),
        (replace(TAKEN, state=IntentState.REQUIRES_ACTION), False, None),
        (replace(TAKEN, payment=""), False, None),
    ],
)
def test_money_under_our_name_that_we_do_not_know(
    taken: Taken, is_paid: bool, kind: DifferenceKind | None
) -> None:
    found = compare_charge(taken, is_paid_otherwise=is_paid)

    assert (found.kind if found else None) is kind


def part(id: str, amount: int, treasury: str = "bank") -> InvoicePart:
    return InvoicePart(id, Money(amount, "eur"), treasury=treasury)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ((), ["entry_deleted"]),
        ((part("e1", 10000),), ["entry_differs"]),
        ((part("e1", 12100), part("old", 500)), []),
        ((part("e1", 12100), part("e2", 12100)), ["booked_twice"]),
        ((part("e1", 12100), part("e2", 500)), ["entry_unknown"]),
        ((part("e1", 12100), part("e2", 12100, "till")), []),
    ],
)
def test_the_entries_on_an_invoice_are_those_that_were_booked(
    parts: tuple[InvoicePart, ...], found: list[str]
) -> None:
    told = replace(PAID, parts=parts)

    assert of_invoice(told, BOOKING, mirrored=told) == found


def test_while_a_booking_is_sought_what_nothing_explains_may_be_it() -> None:
    told = replace(PAID, parts=(part("e1", 12100), part("e2", 500)))
    sought = replace(BOOKING, payment="pay_2", entry="", is_booked=False, is_awaited=True)

    assert of_invoice(told, BOOKING, sought, mirrored=told) == []


@pytest.mark.parametrize("told", [None, replace(PAID, state=InvoiceState.VOID)])
def test_an_invoice_that_is_gone_though_paid(told: Invoice | None) -> None:
    assert of_invoice(told, BOOKING, mirrored=told) == ["invoice_gone"]


@pytest.mark.parametrize(
    ("told", "mirrored", "found"),
    [
        (replace(PAID, due=100), PAID, ["stale_mirror"]),
        (replace(PAID, parts=()), PAID, ["stale_mirror"]),
        (PAID, None, ["stale_mirror"]),
        (None, PAID, ["stale_mirror"]),
        (None, None, []),
        (replace(PAID, description="x", hosted_url="y"), PAID, []),
        (replace(PAID, customer=""), None, []),
    ],
)
def test_our_copy_says_what_the_issuer_says(
    told: Invoice | None, mirrored: Invoice | None, found: list[str]
) -> None:
    assert of_invoice(told, mirrored=mirrored) == found
