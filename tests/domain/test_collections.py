"""What is collected, with which method, and when again: every case of the rule in a table."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.domain.collections import (
    FINAL,
    NO_METHOD,
    AskedBy,
    CollectionState,
    asked_by,
    may_start,
    method_to_charge,
    next_try,
)
from portal.domain.customers import Origin
from portal.domain.invoices import Invoice, InvoiceKind, InvoiceState
from portal.domain.payment_methods import PaymentMethod
from portal.domain.rules import Rules

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TODAY = date(2026, 11, 21)
INVOICE = Invoice(
    Origin.HOLDED, "i1", "c1", "F1", InvoiceKind.INVOICE, InvoiceState.OPEN, "eur", 12100, 12100,
    issued_on=date(2026, 11, 1),
)  # fmt: skip
PROFORMA = replace(INVOICE, kind=InvoiceKind.PROFORMA)
BY_METHOD, BY_TAG = Rules(collect_method="Stripe"), Rules(collect_tag="cobrar")
BOTH = Rules(collect_method="Stripe", collect_tag="cobrar")
NAMED = replace(INVOICE, pays_by="m1")
TAGGED = replace(INVOICE, tags=("urgent", " Cobrar "))


@pytest.mark.parametrize(
    ("document", "rules", "named", "default", "expected"),
    [
        # Off by default, whatever stands on the document.
        (replace(TAGGED, pays_by="m1"), Rules(), "Stripe", "Stripe", None),
        # The document's own method.
        (NAMED, BY_METHOD, "Stripe", "", AskedBy.DOCUMENT),
        (NAMED, BY_METHOD, " STRIPE ", "", AskedBy.DOCUMENT),
        (NAMED, BY_METHOD, "Transfer", "", None),
        (NAMED, BY_METHOD, "Transfer", "Stripe", None),
        (NAMED, BY_METHOD, "", "Stripe", None),
        (NAMED, BY_TAG, "Stripe", "Stripe", None),
        # The contact's, where the document names none.
        (INVOICE, BY_METHOD, "", "Stripe", AskedBy.CONTACT),
        (INVOICE, BY_METHOD, "", "Transfer", None),
        (INVOICE, BY_METHOD, "", "", None),
        (INVOICE, BY_TAG, "", "Stripe", None),
        (INVOICE, BY_TAG, "", "", None),
        # A tag, whatever the methods.
        (TAGGED, BY_TAG, "", "", AskedBy.TAG),
        (TAGGED, BOTH, "", "Stripe", AskedBy.TAG),
        (replace(TAGGED, pays_by="m1"), BOTH, "Transfer", "", AskedBy.TAG),
        (TAGGED, BY_METHOD, "", "", None),
        # Proformas.
        (PROFORMA, BY_METHOD, "", "Stripe", AskedBy.CONTACT),
        (replace(PROFORMA, tags=("cobrar",)), BY_TAG, "", "", AskedBy.TAG),
        (PROFORMA, BOTH, "", "", None),
        # What is no debt in these books.
        (replace(NAMED, state=InvoiceState.DRAFT), BOTH, "Stripe", "", None),
        (replace(NAMED, state=InvoiceState.VOID), BOTH, "Stripe", "", None),
        (replace(NAMED, state=InvoiceState.PAID, due=0), BOTH, "Stripe", "", None),
        (replace(NAMED, state=InvoiceState.INVOICED, due=0), BOTH, "Stripe", "", None),
        (replace(NAMED, due=0), BOTH, "Stripe", "", None),
        (replace(NAMED, due=1), BOTH, "Stripe", "", None),
        (replace(NAMED, is_foreign=True), BOTH, "Stripe", "", None),
        (replace(NAMED, kind=InvoiceKind.CREDIT_NOTE), BOTH, "Stripe", "", None),
        (replace(NAMED, kind=InvoiceKind.SALES_RECEIPT), BOTH, "Stripe", "", None),
        (replace(NAMED, origin=Origin.STRIPE), BOTH, "Stripe", "", None),
        (replace(TAGGED, tags=("cobrar", "stripe:in_1")), BOTH, "Stripe", "", None),
        # From before the rule.
        (NAMED, replace(BOTH, collect_since=date(2026, 11, 2)), "Stripe", "", None),
        (NAMED, replace(BOTH, collect_since=date(2026, 11, 1)), "Stripe", "", AskedBy.DOCUMENT),
        (replace(NAMED, issued_on=None), BOTH, "Stripe", "", AskedBy.DOCUMENT),
    ],
)  # fmt: skip
def test_what_asks_for_a_document(document, rules, named, default, expected):
    assert asked_by(document, rules, named=named, default=default) is expected


def card(id, **fields):
    return PaymentMethod(id, "cus_1", "card", exp_month=12, exp_year=2030, **fields)


OLD, NEW = card("old"), card("new")
EXPIRED = replace(OLD, exp_year=2025)
DEBIT = PaymentMethod("debit", "cus_1", "sepa_debit")


@pytest.mark.parametrize(
    ("methods", "agreed", "default", "first", "currency", "expected"),
    [
        ([], set(), "", "", "eur", None),
        ([OLD], set(), "old", "", "eur", None),
        ([OLD, NEW], {"old", "new"}, "old", "", "eur", OLD),
        ([OLD, NEW], {"old", "new"}, "", "", "eur", NEW),
        ([OLD, NEW], {"old", "new"}, "new", "old", "eur", OLD),
        ([OLD, NEW], {"new"}, "old", "", "eur", NEW),
        ([EXPIRED], {"old"}, "old", "old", "eur", None),
        ([DEBIT], {"debit"}, "debit", "", "eur", DEBIT),
        ([DEBIT], {"debit"}, "debit", "", "usd", None),
        ([PaymentMethod("b", "cus_1", "boleto")], {"b"}, "b", "", "brl", None),
        ([PaymentMethod("x", "cus_1", "unheard_of")], {"x"}, "x", "", "eur", None),
    ],
    ids=[
        "none", "not agreed to", "default", "latest", "just added", "only one agreed to",
        "expired", "debit", "another currency", "slip", "unknown kind",
    ],
)  # fmt: skip
def test_which_method_is_charged(methods, agreed, default, first, currency, expected):
    chosen = method_to_charge(
        methods,
        agreed,
        default=default,
        currency=currency,
        country="ES",
        today=TODAY,
        first=first,
    )

    assert chosen == expected


@pytest.mark.parametrize(
    ("reason", "tries", "retries", "days"),
    [
        ("insufficient_funds", 1, 1, 3),
        ("insufficient_funds", 2, 1, None),
        ("insufficient_funds", 2, 2, 3),
        ("insufficient_funds", 1, 0, None),
        *((reason, 1, 5, None) for reason in sorted(FINAL)),
    ],
)
def test_when_a_refused_charge_is_tried_again(reason, tries, retries, days):
    again = next_try(reason, tries, Rules(collect_retries=retries), NOW)

    assert again == (None if days is None else NOW + timedelta(days=days))


@pytest.mark.parametrize(
    ("state", "next_try_at", "has_new_method", "expected"),
    [
        (CollectionState.ASKED, None, False, True),
        (CollectionState.CHARGING, None, True, False),
        (CollectionState.OVER, NOW, True, False),
        (CollectionState.WAITING, None, False, False),
        (CollectionState.WAITING, None, True, True),
        (CollectionState.WAITING, NOW, False, True),
        (CollectionState.WAITING, NOW + timedelta(seconds=1), False, False),
    ],
)
def test_when_a_charge_may_start(state, next_try_at, has_new_method, expected):
    assert may_start(state, next_try_at, NOW, has_new_method=has_new_method) is expected


def test_who_has_no_method_is_not_tried_again():
    assert NO_METHOD in FINAL
