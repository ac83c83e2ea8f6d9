"""Drafts and how they are edited; numbers, dates and payments of invoices made by hand."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.calendar_rules import day
from tests.sandbox.stripe.shapes import differences

DAY = 86_400


@pytest.fixture
def draft(billing: Any) -> Any:
    """A draft with a line of 10.00."""
    customer = billing.customer()
    billing.stripe.invoice_items.create(
        {"customer": customer.id, "amount": 1000, "currency": "usd"}
    )
    return billing.stripe.invoices.create(
        {"customer": customer.id, "pending_invoice_items_behavior": "include"}
    )


def read(billing: Any, invoice: Any) -> Any:
    return billing.stripe.invoices.retrieve(invoice.id)


def test_lines_are_added_changed_and_taken_off(billing: Any, draft: Any) -> None:
    invoices = billing.stripe.invoices
    added = invoices.add_lines(
        draft.id,
        {
            "lines": [
                {"amount": 500, "description": "Help"},
                {"pricing": {"price": billing.once(300)}, "quantity": 2},
            ],
            "invoice_metadata": {"order": "7"},
        },
    )
    first, second, third = added.lines.data
    changed = invoices.update_lines(
        draft.id,
        {"lines": [{"id": second.id, "amount": 700}, {"id": first.id, "description": "Work"}]},
    )
    removed = invoices.remove_lines(
        draft.id,
        {
            "lines": [
                {"id": first.id, "behavior": "unassign"},
                {"id": third.id, "behavior": "delete"},
            ]
        },
    )

    assert (added.total, added.metadata["order"]) == (2100, "7")
    assert [(one.id, one.amount) for one in changed.lines.data] == [
        (first.id, 1000),
        (second.id, 700),
        (third.id, 600),
    ]
    assert changed.lines.data[0].description == "Work"
    assert (removed.total, len(removed.lines.data)) == (700, 1)
    assert [one.amount for one in billing.stripe.invoice_items.list({"pending": True}).data] == [
        1000
    ]
    assert differences(removed.to_dict(for_json=True)) == []


def test_a_changed_line_changes_its_item(billing: Any, draft: Any) -> None:
    line = draft.lines.data[0]

    billing.stripe.invoices.line_items.update(draft.id, line.id, {"amount": 1200})

    (item,) = billing.stripe.invoice_items.list({"invoice": draft.id}).data
    assert (item.amount, read(billing, draft).total) == (1200, 1200)


def test_a_subscriptions_own_line_takes_words_and_taxes_only(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer(None).id,
        billing.price(1000),
        collection_method="send_invoice",
        days_until_due=7,
    )
    (line,) = read(billing, stripe_id(made.latest_invoice)).lines.data
    rate = billing.stripe.tax_rates.create(
        {"display_name": "VAT", "percentage": 21, "inclusive": False}
    )

    changed = billing.stripe.invoices.line_items.update(
        made.latest_invoice, line.id, {"description": "April", "tax_rates": [rate.id]}
    )

    assert (changed.description, changed.taxes[0].amount) == ("April", 210)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.invoices.line_items.update(made.latest_invoice, line.id, {"amount": 1})
    assert refused.value.code == "sandbox_unsupported"


def stripe_id(name: str) -> Any:
    return stripe.Invoice.construct_from({"id": name}, key=None)


def test_lines_of_a_finalized_invoice_stay(billing: Any, draft: Any) -> None:
    line = draft.lines.data[0].id
    billing.stripe.invoices.finalize_invoice(draft.id)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.invoices.remove_lines(
            draft.id, {"lines": [{"id": line, "behavior": "delete"}]}
        )

    assert refused.value.code == "invoice_not_editable"


def test_a_draft_can_be_told_when_to_finalize(billing: Any, draft: Any) -> None:
    at = billing.now + 3 * DAY

    told = billing.stripe.invoices.update(draft.id, {"automatically_finalizes_at": at})
    billing.advance(days=2)
    before = read(billing, draft).status
    billing.advance(days=1)

    assert (told.automatically_finalizes_at, told.auto_advance) == (at, True)
    assert (before, read(billing, draft).status) == ("draft", "paid")


def test_a_draft_that_does_not_advance_stays(billing: Any, draft: Any) -> None:
    billing.stripe.invoices.update(draft.id, {"auto_advance": True})
    billing.stripe.invoices.update(draft.id, {"auto_advance": False})

    billing.advance(days=2)

    assert (read(billing, draft).status, read(billing, draft).automatically_finalizes_at) == (
        "draft",
        None,
    )


def test_a_merchants_own_number_is_kept_and_unique(billing: Any, draft: Any) -> None:
    billing.stripe.invoices.update(draft.id, {"number": "2026-A-1"})
    finalized = billing.stripe.invoices.finalize_invoice(draft.id)

    assert finalized.number == "2026-A-1"
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        billing.stripe.invoices.create({"customer": draft.customer, "number": "2026-A-1"})


def test_numbers_can_run_through_the_account(billing: Any) -> None:
    billing.settings(invoice_numbering="account", invoice_prefix="ACME")
    numbers = [
        billing.stripe.invoices.retrieve(
            billing.subscribe(billing.customer().id, billing.price(1000)).latest_invoice
        ).number
        for _ in range(2)
    ]

    assert numbers == ["ACME-0001", "ACME-0002"]


def test_a_sent_invoice_is_announced_before_it_is_due_if_set(billing: Any) -> None:
    billing.settings(will_be_due_days=3)
    billing.subscribe(
        billing.customer(None).id,
        billing.price(1000),
        collection_method="send_invoice",
        days_until_due=10,
    )

    billing.advance(days=20)

    (notice,), (overdue,) = (
        billing.events("invoice.will_be_due"),
        billing.events("invoice.overdue"),
    )
    assert (day(notice["created"]), day(overdue["created"])) == ("2026-04-08", "2026-04-11")


def test_a_payment_record_pays_as_far_as_it_is_guaranteed(billing: Any, draft: Any) -> None:
    """Facts X25: money taken outside Stripe counts as `amount_paid_off_stripe`."""
    billing.stripe.invoices.finalize_invoice(draft.id)
    record = {"id": "pr_1", "object": "payment_record", "created": billing.now}
    record["amount_guaranteed"] = {"currency": "usd", "value": 400}
    billing.sandbox.store.put(billing.account, record)

    after = billing.stripe.invoices.attach_payment(draft.id, {"payment_record": "pr_1"})

    payments = billing.stripe.invoice_payments.list(
        {"payment": {"type": "payment_record", "payment_record": "pr_1"}}
    ).data
    assert (after.status, after.amount_paid, after.amount_paid_off_stripe) == ("open", 400, 400)
    assert after.amount_remaining == 600
    assert [(one.status, one.amount_paid) for one in payments] == [("paid", 400)]


def test_what_comes_after_an_invoice_is_paid_goes_to_the_balance(billing: Any, draft: Any) -> None:
    billing.stripe.invoices.finalize_invoice(draft.id)
    intent = billing.stripe.payment_intents.create(
        {"amount": 1000, "currency": "usd", "customer": draft.customer}
    )
    billing.stripe.invoices.attach_payment(draft.id, {"payment_intent": intent.id})
    billing.stripe.invoices.pay(draft.id)

    billing.stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": "https://example.com"}
    )

    after = read(billing, draft)
    assert (after.status, after.amount_paid, after.amount_overpaid) == ("paid", 2000, 1000)
    assert billing.stripe.customers.retrieve(draft.customer).balance == -1000
    assert billing.events("invoice.overpaid")


def test_a_customer_has_no_discount_to_delete(billing: Any) -> None:
    """Facts X6: nothing can give a customer a discount in this version."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.customers.delete_discount(billing.customer().id)

    assert (refused.value.code, refused.value.http_status) == ("resource_missing", 404)
