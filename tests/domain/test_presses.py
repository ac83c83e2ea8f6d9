"""Which charges a press makes of a set of invoices, and which sets it takes."""

import pytest

from portal.domain.customers import Origin
from portal.domain.decisions import Reason
from portal.domain.invoices import Invoice, InvoiceKind, InvoiceState
from portal.domain.money import Money
from portal.domain.payments import Share
from portal.domain.presses import MOST_INVOICES, Asked, charges_of, may_charge, may_press


def bill(
    id: str = "a", due: int = 12100, currency: str = "eur", origin: Origin = Origin.HOLDED, **more
) -> Invoice:
    facts = {"kind": InvoiceKind.INVOICE, "state": InvoiceState.OPEN, "total": due, "due": due}
    return Invoice(
        **{
            **facts,
            "origin": origin,
            "id": id,
            "customer": "c",
            "number": id,
            "currency": currency,
            **more,
        }
    )


def asked(invoice: Invoice, amount: int | None = None) -> Asked:
    return Asked(invoice, Money(invoice.due if amount is None else amount, invoice.currency))


def share(id: str, origin: Origin = Origin.HOLDED) -> Share:
    return Share(origin, id, 100)


def test_holdeds_invoices_are_one_charge_and_each_of_stripes_is_its_own() -> None:
    made = charges_of(
        [share("s1", Origin.STRIPE), share("h1"), share("s2", Origin.STRIPE), share("h2")]
    )

    assert [[one.invoice for one in shares] for shares in made] == [["h1", "h2"], ["s1"], ["s2"]]


def test_no_invoices_make_no_charge() -> None:
    assert charges_of([]) == ()


@pytest.mark.parametrize(
    ("invoices", "is_new", "reason"),
    [
        ([], False, Reason.NOTHING_DUE),
        ([bill(), bill("b", currency="usd")], False, Reason.SEVERAL_CURRENCIES),
        ([bill(str(n)) for n in range(MOST_INVOICES + 1)], False, Reason.SET_TOO_LARGE),
        ([bill(str(n)) for n in range(MOST_INVOICES)], False, None),
        ([bill(), bill("s", origin=Origin.STRIPE)], True, Reason.NEEDS_SAVED_METHOD),
        ([bill(), bill("s", origin=Origin.STRIPE)], False, None),
        ([bill(), bill("b")], True, None),
    ],
)
def test_a_set_is_of_one_currency_and_a_new_method_pays_one_charge(
    invoices: list[Invoice], is_new: bool, reason: Reason | None
) -> None:
    assert may_press(invoices, is_new=is_new).reason is reason


@pytest.mark.parametrize(
    ("shares", "allows_part", "reason"),
    [
        ([asked(bill())], False, None),
        ([asked(bill(), 12000)], False, Reason.AMOUNT_CHANGED),
        ([asked(bill(), 12000)], True, None),
        ([asked(bill(), 12200)], True, Reason.AMOUNT_CHANGED),
        ([asked(bill(), 0)], True, Reason.AMOUNT_CHANGED),
        ([asked(bill(), -5)], True, Reason.AMOUNT_CHANGED),
        ([Asked(bill(), Money(12100, "usd"))], False, Reason.AMOUNT_CHANGED),
        ([asked(bill(due=30))], False, Reason.AMOUNT_TOO_SMALL),
        ([asked(bill(due=30)), asked(bill("b", due=30))], False, None),
        ([asked(bill(), 10)], True, Reason.AMOUNT_TOO_SMALL),
        ([asked(bill()), asked(bill("b", state=InvoiceState.VOID))], False, Reason.INVOICE_VOID),
        ([asked(bill("b", is_foreign=True))], False, Reason.FOREIGN_CURRENCY),
        ([asked(bill("b", kind=InvoiceKind.CREDIT_NOTE))], False, Reason.INVOICE_NOT_PAYABLE),
        ([asked(bill("b", state=InvoiceState.PAID, due=0))], False, Reason.NOTHING_DUE),
    ],
)
def test_a_charge_pays_what_is_due_now_and_its_sum_counts_against_the_least(
    shares: list[Asked], allows_part: bool, reason: Reason | None
) -> None:
    assert may_charge(shares, allows_part=allows_part).reason is reason
