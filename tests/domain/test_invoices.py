"""What an invoice is called, and whether it can be paid."""

from dataclasses import replace
from datetime import date

import pytest

from portal.domain.customers import Origin
from portal.domain.decisions import Reason
from portal.domain.invoices import (
    Contested,
    Invoice,
    InvoiceKind,
    InvoiceState,
    InvoiceStatus,
    UnderWay,
    may_pay,
    status,
)

TODAY = date(2026, 11, 21)
OPEN = Invoice(
    origin=Origin.HOLDED,
    id="1",
    customer="c",
    number="F-1",
    kind=InvoiceKind.INVOICE,
    state=InvoiceState.OPEN,
    currency="eur",
    total=12100,
    due=12100,
    due_on=date(2026, 12, 1),
)


PAID = replace(OPEN, state=InvoiceState.PAID, due=0, paid=12100)


@pytest.mark.parametrize(
    ("invoice", "under_way", "expected"),
    [
        (OPEN, UnderWay.NOTHING, InvoiceStatus.OPEN),
        (replace(OPEN, due_on=TODAY), UnderWay.NOTHING, InvoiceStatus.DUE_TODAY),
        (replace(OPEN, due_on=date(2026, 11, 20)), UnderWay.NOTHING, InvoiceStatus.OVERDUE),
        (replace(OPEN, due_on=None), UnderWay.NOTHING, InvoiceStatus.OPEN),
        (replace(OPEN, paid=100, due=12000), UnderWay.NOTHING, InvoiceStatus.PART_PAID),
        (
            replace(OPEN, paid=100, due=12000, due_on=date(2026, 1, 1)),
            UnderWay.NOTHING,
            InvoiceStatus.OVERDUE,
        ),
        (replace(OPEN, state=InvoiceState.PAID, due=0), UnderWay.NOTHING, InvoiceStatus.PAID),
        (replace(OPEN, state=InvoiceState.VOID), UnderWay.PROCESSING, InvoiceStatus.VOID),
        (replace(OPEN, kind=InvoiceKind.CREDIT_NOTE), UnderWay.NOTHING, InvoiceStatus.CREDITED),
        (
            replace(OPEN, state=InvoiceState.UNCOLLECTIBLE),
            UnderWay.NOTHING,
            InvoiceStatus.OVERDUE,
        ),
        (OPEN, UnderWay.PROCESSING, InvoiceStatus.PROCESSING),
        (OPEN, UnderWay.CHECKING, InvoiceStatus.CHECKING),
        (OPEN, UnderWay.BOOKING, InvoiceStatus.PAID),
        (OPEN, UnderWay.AT_CHECKOUT, InvoiceStatus.OPEN),
        (replace(PAID, refunded=12100), UnderWay.NOTHING, InvoiceStatus.REFUNDED),
        (replace(PAID, refunded=100), UnderWay.NOTHING, InvoiceStatus.PART_REFUNDED),
        (replace(PAID, credited=12100), UnderWay.NOTHING, InvoiceStatus.CREDITED),
        (replace(PAID, credited=12100, refunded=12100), UnderWay.NOTHING, InvoiceStatus.REFUNDED),
        (replace(PAID, credited=12000), UnderWay.NOTHING, InvoiceStatus.PAID),
        (replace(OPEN, credited=12100, due=0), UnderWay.NOTHING, InvoiceStatus.CREDITED),
        (replace(OPEN, refunded=100), UnderWay.NOTHING, InvoiceStatus.OPEN),
        (replace(PAID, contested=Contested.OPEN), UnderWay.NOTHING, InvoiceStatus.DISPUTED),
        (replace(OPEN, contested=Contested.OPEN), UnderWay.NOTHING, InvoiceStatus.DISPUTED),
        (
            replace(PAID, contested=Contested.LOST, refunded=100),
            UnderWay.NOTHING,
            InvoiceStatus.RETURNED,
        ),
        (replace(OPEN, contested=Contested.LOST), UnderWay.NOTHING, InvoiceStatus.OPEN),
    ],
)
def test_an_invoice_has_one_word(
    invoice: Invoice, under_way: UnderWay, expected: InvoiceStatus
) -> None:
    assert status(invoice, TODAY, under_way) is expected


@pytest.mark.parametrize(
    ("invoice", "under_way", "reason"),
    [
        (OPEN, UnderWay.NOTHING, None),
        (OPEN, UnderWay.AT_CHECKOUT, None),
        (OPEN, UnderWay.NEEDS_BANK, None),
        (replace(OPEN, state=InvoiceState.UNCOLLECTIBLE), UnderWay.NOTHING, None),
        (OPEN, UnderWay.CHECKING, Reason.OUTCOME_UNKNOWN),
        (OPEN, UnderWay.PROCESSING, Reason.PAYMENT_UNDER_WAY),
        (OPEN, UnderWay.BOOKING, Reason.PAYMENT_UNDER_WAY),
        (replace(OPEN, state=InvoiceState.VOID), UnderWay.NOTHING, Reason.INVOICE_VOID),
        (replace(OPEN, state=InvoiceState.PAID, due=0), UnderWay.NOTHING, Reason.NOTHING_DUE),
        (replace(OPEN, due=0), UnderWay.NOTHING, Reason.NOTHING_DUE),
        (replace(OPEN, due=-1000), UnderWay.NOTHING, Reason.NOTHING_DUE),
        (replace(OPEN, due=1), UnderWay.NOTHING, Reason.AMOUNT_TOO_SMALL),
        (replace(OPEN, is_foreign=True), UnderWay.NOTHING, Reason.FOREIGN_CURRENCY),
        (replace(OPEN, contested=Contested.OPEN), UnderWay.NOTHING, Reason.DISPUTED),
        (replace(OPEN, contested=Contested.LOST), UnderWay.NOTHING, None),
        (
            replace(OPEN, state=InvoiceState.DRAFT),
            UnderWay.NOTHING,
            Reason.INVOICE_NOT_PAYABLE,
        ),
        (
            replace(OPEN, kind=InvoiceKind.CREDIT_NOTE),
            UnderWay.NOTHING,
            Reason.INVOICE_NOT_PAYABLE,
        ),
    ],
)
def test_b53_only_what_wants_money_can_be_paid(
    invoice: Invoice, under_way: UnderWay, reason: Reason | None
) -> None:
    assert may_pay(invoice, under_way).reason is reason


def test_a_draft_is_not_shown() -> None:
    assert not replace(OPEN, state=InvoiceState.DRAFT).is_shown
