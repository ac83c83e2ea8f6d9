"""What two systems, credit notes, refunds and disputes make of one invoice."""

from dataclasses import replace

import pytest

from portal.domain.customers import Origin
from portal.domain.disputes import Dispute, DisputeState, together
from portal.domain.invoices import Contested, Invoice, InvoiceKind, InvoiceState, as_taking
from portal.domain.money import Money
from portal.domain.sales import Fate, Sale, after, are_one, as_seen, key_of, shared_out

STRIPE = Invoice(
    origin=Origin.STRIPE,
    id="in_1AbC",
    customer="cus_1",
    number="ABC-1",
    kind=InvoiceKind.INVOICE,
    state=InvoiceState.OPEN,
    currency="eur",
    total=12100,
    due=12100,
)
HOLDED = replace(STRIPE, origin=Origin.HOLDED, id="h1", number="F-1", tags=("stripe:in_1abc",))
NOTE = replace(
    HOLDED, id="n1", kind=InvoiceKind.CREDIT_NOTE, state=InvoiceState.PAID, due=0, tags=(),
    corrects="h1", total=-3000, open_credit=3000,
)  # fmt: skip
OPEN, LOST, NO = Contested.OPEN, Contested.LOST, Contested.NO


@pytest.mark.parametrize(
    ("invoice", "key"),
    [
        (STRIPE, "in_1abc"),
        (HOLDED, "in_1abc"),
        (replace(HOLDED, tags=(" STRIPE:in_1ABC ",)), "in_1abc"),
        (replace(HOLDED, tags=("stripe:re_1",)), ""),
        (replace(HOLDED, tags=("stripe:cn_1",)), ""),
        (replace(NOTE, tags=("stripe:cn_1",)), "cn_1"),
        (replace(HOLDED, tags=(), references=("in_1AbC",)), "in_1abc"),
        (replace(HOLDED, tags=(), references=("in_1AbC", "in_2")), ""),
        (replace(HOLDED, references=("in_2",)), "in_1abc"),
        (replace(HOLDED, tags=()), ""),
    ],
)
def test_both_halves_of_a_sale_have_one_key(invoice: Invoice, key: str) -> None:
    assert key_of(invoice) == key


@pytest.mark.parametrize(
    ("holded", "stripe", "expected"),
    [
        (HOLDED, STRIPE, True),
        (HOLDED, replace(STRIPE, total=12099), True),
        (replace(HOLDED, state=InvoiceState.DRAFT), STRIPE, False),
        (replace(HOLDED, state=InvoiceState.VOID), STRIPE, False),
        (replace(HOLDED, tags=(), references=("in_1AbC",)), STRIPE, True),
        (replace(HOLDED, tags=(), references=("in_1AbC",), total=100), STRIPE, False),
        (replace(HOLDED, tags=(), references=("in_1AbC",), currency="usd"), STRIPE, False),
        (replace(HOLDED, is_foreign=True), STRIPE, True),
        (replace(HOLDED, tags=(), references=("in_1AbC",), is_foreign=True), STRIPE, False),
    ],
)
def test_a_text_must_agree_in_its_sum_and_a_draft_hides_nothing(
    holded: Invoice, stripe: Invoice, expected: bool
) -> None:
    assert are_one(holded, stripe) is expected


@pytest.mark.parametrize(
    ("sale", "due", "paid", "credited", "state"),
    [
        (Sale(HOLDED), 12100, 0, 0, InvoiceState.OPEN),
        (Sale(HOLDED, STRIPE), 12100, 0, 0, InvoiceState.OPEN),
        (
            Sale(HOLDED, replace(STRIPE, state=InvoiceState.PAID, due=0, paid=12100)),
            0, 12100, 0, InvoiceState.PAID,
        ),
        (
            Sale(STRIPE, replace(HOLDED, state=InvoiceState.PAID, due=0, paid=12100)),
            0, 12100, 0, InvoiceState.PAID,
        ),
        (Sale(HOLDED, replace(STRIPE, due=5000, paid=7100)), 5000, 7100, 0, InvoiceState.OPEN),
        (Sale(replace(HOLDED, due=8100, paid=4000), STRIPE), 8100, 4000, 0, InvoiceState.OPEN),
        (Sale(HOLDED, replace(STRIPE, state=InvoiceState.VOID, due=0)), 12100, 0, 0,
         InvoiceState.OPEN),
        (Sale(HOLDED, None, (NOTE,)), 9100, 0, 3000, InvoiceState.OPEN),
        (Sale(HOLDED, None, (replace(NOTE, open_credit=0),)), 12100, 0, 3000, InvoiceState.OPEN),
        (Sale(HOLDED, None, (replace(NOTE, tags=("stripe:re_1",)),)), 12100, 0, 3000,
         InvoiceState.OPEN),
        # Holded has set the note against the invoice by itself.
        (Sale(replace(HOLDED, due=9100), None, (NOTE,)), 9100, 0, 3000, InvoiceState.OPEN),
        (Sale(HOLDED, None, (NOTE, NOTE, NOTE, NOTE, NOTE)), 0, 0, 15000, InvoiceState.OPEN),
        (Sale(HOLDED, replace(STRIPE, currency="usd", due=1)), 12100, 0, 0, InvoiceState.OPEN),
    ],
)  # fmt: skip
def test_what_is_paid_in_either_is_paid_and_what_is_credited_is_not_left(
    sale: Sale, due: int, paid: int, credited: int, state: InvoiceState
) -> None:
    seen = as_seen(sale)

    assert (seen.due, seen.paid, seen.credited, seen.state) == (due, paid, credited, state)


def test_a_document_in_another_currency_has_the_sums_of_its_receipt() -> None:
    dollars = replace(STRIPE, currency="usd", total=13000, due=13000)

    seen = as_seen(Sale(replace(HOLDED, is_foreign=True), dollars))

    assert (seen.id, seen.total, seen.due, seen.currency) == ("h1", 13000, 13000, "usd")
    assert not seen.is_foreign


@pytest.mark.parametrize(
    ("fates", "expected"),
    [
        ([], (0, NO)),
        ([Fate(None, 3000)], (3000, NO)),
        ([Fate(12100, 12100)], (12100, NO)),
        # A second payment by accident, given back: the good one stays.
        ([Fate(12100), Fate(12100, 12100)], (0, NO)),
        ([Fate(12100), Fate(12100, 3000)], (0, NO)),
        ([Fate(5000), Fate(7100, 7100)], (7100, NO)),
        ([Fate(12100, 0, OPEN)], (0, OPEN)),
        ([Fate(12100, 0, LOST)], (0, LOST)),
        # Paid once more after the bank took the first payment back.
        ([Fate(12100, 0, LOST), Fate(12100)], (0, NO)),
        ([Fate(5000, 0, LOST), Fate(7100)], (0, LOST)),
    ],
)
def test_what_became_of_the_money_of_an_invoice(
    fates: list[Fate], expected: tuple[int, Contested]
) -> None:
    assert after(12100, fates) == expected


@pytest.mark.parametrize(
    ("back", "given", "expected"),
    [
        (300, {"a": 100, "b": 200}, {"a": 100, "b": 200}),
        (999, {"a": 100, "b": 200}, {"a": 100, "b": 200}),
        (200, {"a": 100, "b": 200}, {"a": 0, "b": 200}),
        (100, {"a": 100, "b": 100}, {"a": 50, "b": 50}),
        (101, {"a": 100, "b": 200}, {"a": 34, "b": 67}),
        (0, {"a": 100}, {"a": 0}),
        (0, {"a": 0}, {"a": 0}),
    ],
)
def test_a_refund_of_several_invoices_is_shared_out(
    back: int, given: dict[str, int], expected: dict[str, int]
) -> None:
    assert shared_out(back, given) == expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], NO),
        ([DisputeState.NEEDS_RESPONSE], OPEN),
        ([DisputeState.UNDER_REVIEW], OPEN),
        ([DisputeState.WARNING_NEEDS_RESPONSE], OPEN),
        ([DisputeState.WARNING_CLOSED], NO),
        ([DisputeState.WON], NO),
        ([DisputeState.PREVENTED], NO),
        ([DisputeState.LOST, DisputeState.WON], LOST),
        ([DisputeState.LOST, DisputeState.UNDER_REVIEW], OPEN),
    ],
)
def test_disputes_about_one_payment_are_told_together(
    states: list[DisputeState], expected: Contested
) -> None:
    found = [Dispute("du_1", "ch_1", "pi_1", 100, "eur", state) for state in states]

    assert together(found) is expected


def test_a_credit_note_takes_whichever_way_its_origin_writes_it() -> None:
    as_holded = replace(NOTE, total=3000, tax=521, subtotal=2479)

    taking = as_taking(as_holded)

    assert (taking.total, taking.tax, taking.subtotal) == (-3000, -521, -2479)
    assert as_taking(taking) == taking
    assert taking.total_money == Money(-3000, "eur")
