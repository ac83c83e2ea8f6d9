"""Manual invoices: items, taxes, balance, states and what is refused in each."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.shapes import differences


def item(billing: Any, customer: str, amount: int, **params: Any) -> Any:
    return billing.stripe.invoice_items.create(
        {"customer": customer, "amount": amount, "currency": "usd", **params}
    )


def draft(billing: Any, customer: str, **params: Any) -> Any:
    return billing.stripe.invoices.create(
        {"customer": customer, "pending_invoice_items_behavior": "include", **params}
    )


def opened(billing: Any, amount: int = 5000, **params: Any) -> Any:
    customer = billing.customer()
    item(billing, customer.id, amount)
    return billing.stripe.invoices.finalize_invoice(draft(billing, customer.id, **params).id)


def test_items_wait_for_an_invoice_and_are_listed_until_then(billing: Any) -> None:
    customer = billing.customer()
    made = item(billing, customer.id, 1500, description="Setting up")
    pending = billing.stripe.invoice_items.list({"pending": True}).data

    invoice = draft(billing, customer.id)

    assert differences(made.to_dict(for_json=True)) == []
    assert [one.id for one in pending] == [made.id]
    assert (invoice.status, invoice.total, invoice.lines.data[0].description) == (
        "draft",
        1500,
        "Setting up",
    )
    assert billing.stripe.invoice_items.list({"pending": True}).data == []
    assert billing.stripe.invoice_items.retrieve(made.id).invoice == invoice.id


def test_an_invoice_excludes_pending_items_unless_asked(billing: Any) -> None:
    customer = billing.customer()
    item(billing, customer.id, 1500)

    assert billing.stripe.invoices.create({"customer": customer.id}).lines.data == []


def test_items_can_be_put_on_a_draft_changed_and_taken_off(billing: Any) -> None:
    customer = billing.customer()
    invoice = draft(billing, customer.id, currency="usd")
    made = item(billing, customer.id, 1000, invoice=invoice.id)
    with_item = billing.stripe.invoices.retrieve(invoice.id).total

    billing.stripe.invoice_items.update(made.id, {"amount": 700})
    changed = billing.stripe.invoices.retrieve(invoice.id).total
    billing.stripe.invoice_items.delete(made.id)

    assert (with_item, changed) == (1000, 700)
    assert billing.stripe.invoices.retrieve(invoice.id).lines.data == []


def test_a_one_off_price_is_taken_by_quantity(billing: Any) -> None:
    customer = billing.customer()
    price = billing.stripe.prices.create(
        {"currency": "usd", "unit_amount": 250, "product_data": {"name": "Hour"}}
    )

    made = billing.stripe.invoice_items.create(
        {"customer": customer.id, "pricing": {"price": price.id}, "quantity": 3}
    )

    assert (made.amount, made.description, made.pricing.price_details.price) == (
        750,
        "Hour",
        price.id,
    )


def test_numbers_follow_the_customers_prefix(billing: Any) -> None:
    customer = billing.customer(invoice_prefix="ANA2026")
    numbers = []
    for amount in (100, 200):
        item(billing, customer.id, amount)
        made = draft(billing, customer.id)
        numbers.append(billing.stripe.invoices.finalize_invoice(made.id).number)

    assert numbers == ["ANA2026-0001", "ANA2026-0002"]


def test_exclusive_tax_is_put_on_top_line_by_line(billing: Any) -> None:
    """Worked example "Exclusive tax discount example" of Stripe's tax rate page."""
    customer = billing.customer()
    rate = billing.stripe.tax_rates.create(
        {"display_name": "VAT", "percentage": 5, "inclusive": False}
    )
    coupon = billing.stripe.coupons.create({"percent_off": 10})
    item(billing, customer.id, 500)
    item(billing, customer.id, 1000)

    made = draft(
        billing, customer.id, default_tax_rates=[rate.id], discounts=[{"coupon": coupon.id}]
    )

    assert (made.subtotal, made.total_excluding_tax, made.total) == (1500, 1350, 1418)
    assert made.total_taxes[0].amount == 68


def test_inclusive_tax_is_inside_the_price(billing: Any) -> None:
    """Worked example "Inclusive tax discount example" of the same page."""
    customer = billing.customer()
    rate = billing.stripe.tax_rates.create(
        {"display_name": "VAT", "percentage": 5, "inclusive": True}
    )
    coupon = billing.stripe.coupons.create({"percent_off": 10})
    item(billing, customer.id, 500)
    item(billing, customer.id, 1000)

    made = draft(
        billing, customer.id, default_tax_rates=[rate.id], discounts=[{"coupon": coupon.id}]
    )

    assert (made.total, made.total_taxes[0].amount, made.total_excluding_tax) == (1350, 64, 1286)


def test_an_exempt_customer_pays_no_tax(billing: Any) -> None:
    customer = billing.customer(tax_exempt="reverse")
    rate = billing.stripe.tax_rates.create(
        {"display_name": "VAT", "percentage": 21, "inclusive": False}
    )
    item(billing, customer.id, 10000)

    made = draft(billing, customer.id, default_tax_rates=[rate.id])

    assert (made.total, made.customer_tax_exempt) == (10000, "reverse")


def test_credit_on_the_balance_is_used_first_and_given_back_on_voiding(billing: Any) -> None:
    customer = billing.customer(balance=-2000)
    item(billing, customer.id, 5000)
    made = draft(billing, customer.id)
    open_ = billing.stripe.invoices.finalize_invoice(made.id)
    used = billing.stripe.customers.retrieve(customer.id).balance

    billing.stripe.invoices.void_invoice(made.id)

    kinds = [
        one.type for one in billing.stripe.customers.balance_transactions.list(customer.id).data
    ]
    assert (made.amount_due, open_.amount_due, open_.starting_balance, open_.ending_balance) == (
        3000,
        3000,
        -2000,
        0,
    )
    assert (used, billing.stripe.customers.retrieve(customer.id).balance) == (0, -2000)
    assert kinds == ["unapplied_from_invoice", "applied_to_invoice"]


def test_what_is_too_small_to_charge_goes_to_the_balance(billing: Any) -> None:
    paid = opened(billing, 30)

    assert (paid.status, paid.amount_due) == ("paid", 0)
    assert billing.stripe.customers.retrieve(paid.customer).balance == 30


@pytest.mark.parametrize(("currency", "amount"), [("jpy", 500), ("kwd", 15000), ("brl", 9900)])
def test_currencies_of_any_decimals_are_charged(billing: Any, currency: str, amount: int) -> None:
    customer = billing.customer()
    item(billing, customer.id, amount, currency=currency)
    made = draft(billing, customer.id, currency=currency)

    paid = billing.stripe.invoices.pay(made.id)

    assert (paid.status, paid.amount_paid, paid.currency) == ("paid", amount, currency)


def test_paying_a_draft_finalizes_it(billing: Any) -> None:
    customer = billing.customer()
    item(billing, customer.id, 5000)

    paid = billing.stripe.invoices.pay(draft(billing, customer.id).id)

    assert (paid.status, paid.number is not None) == ("paid", True)


def test_a_refused_card_is_a_402_and_the_try_is_kept(billing: Any) -> None:
    made = opened(billing)
    bad = billing.give(made.customer, "pm_card_chargeCustomerFail")

    with pytest.raises(stripe.CardError) as refused:
        billing.stripe.invoices.pay(made.id, {"payment_method": bad})

    after = billing.stripe.invoices.retrieve(made.id)
    assert refused.value.code == "card_declined"
    assert (after.status, after.attempted, after.attempt_count) == ("open", True, 1)
    assert billing.events("invoice.payment_failed")


def test_a_card_that_needs_its_holder_is_told_by_its_own_code(billing: Any) -> None:
    made = opened(billing)
    method = billing.give(made.customer, "pm_card_authenticationRequired")

    with pytest.raises(stripe.CardError) as refused:
        billing.stripe.invoices.pay(made.id, {"payment_method": method, "off_session": False})

    assert refused.value.code == "invoice_payment_intent_requires_action"
    assert billing.intent(made.id).status == "requires_action"
    assert billing.events("invoice.payment_action_required")


def test_the_default_intent_pays_by_redirect_and_cannot_be_canceled(billing: Any) -> None:
    made = opened(billing)
    method = billing.give(made.customer, "pm_card_authenticationRequired")
    intent = billing.intent(made.id)

    confirmed = billing.stripe.payment_intents.confirm(
        intent.id, {"payment_method": method, "return_url": "https://example.com/back"}
    )

    assert confirmed.next_action.type == "redirect_to_url"
    with pytest.raises(stripe.InvalidRequestError, match="Void the Invoice"):
        billing.stripe.payment_intents.cancel(intent.id)


def test_payments_can_be_expanded_on_the_invoice(billing: Any) -> None:
    made = opened(billing)

    shown = billing.stripe.invoices.retrieve(
        made.id, {"expand": ["payments", "confirmation_secret", "customer"]}
    )

    payment = shown.payments.data[0]
    assert (payment.is_default, payment.status, payment.amount_requested) == (True, "open", 5000)
    assert shown.confirmation_secret.client_secret == billing.intent(made.id).client_secret
    assert shown.customer.email == "ana@example.com"
    assert differences(shown.to_dict(for_json=True)) == []


def test_an_attached_payment_pays_a_part(billing: Any) -> None:
    made = opened(billing)
    intent = billing.stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "customer": made.customer,
            "payment_method": billing.give(made.customer, "pm_card_visa"),
            "confirm": True,
            "return_url": "https://example.com",
        }
    )

    billing.stripe.invoices.attach_payment(made.id, {"payment_intent": intent.id})

    after = billing.stripe.invoices.retrieve(made.id)
    payments = billing.stripe.invoice_payments.list({"invoice": made.id}).data
    assert (after.status, after.amount_paid, after.amount_remaining) == ("open", 2000, 3000)
    assert sorted((one.is_default, one.status, one.amount_requested) for one in payments) == [
        (False, "paid", 2000),
        (True, "open", 3000),
    ]
    assert billing.stripe.invoices.pay(made.id).status == "paid"


def test_an_attached_payment_must_fit(billing: Any) -> None:
    made = opened(billing)
    wanted = {"amount": 9000, "currency": "usd", "customer": made.customer}
    intent = billing.stripe.payment_intents.create(wanted)

    with pytest.raises(stripe.InvalidRequestError, match="more than what remains"):
        billing.stripe.invoices.attach_payment(made.id, {"payment_intent": intent.id})


def test_payments_are_found_by_their_intent(billing: Any) -> None:
    made = opened(billing)
    intent = billing.intent(made.id).id

    found = billing.stripe.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": intent}}
    ).data

    assert [one.invoice for one in found] == [made.id]


def test_a_void_invoice_stays_void(billing: Any) -> None:
    made = opened(billing)
    voided = billing.stripe.invoices.void_invoice(made.id)

    assert (voided.status, billing.intent(made.id).status) == ("void", "canceled")
    for act in ("pay", "void_invoice", "finalize_invoice", "mark_uncollectible"):
        with pytest.raises(stripe.InvalidRequestError):
            getattr(billing.stripe.invoices, act)(made.id)


def test_an_uncollectible_invoice_can_still_be_paid(billing: Any) -> None:
    made = opened(billing)
    given_up = billing.stripe.invoices.mark_uncollectible(made.id)

    assert given_up.status == "uncollectible"
    assert billing.stripe.invoices.pay(made.id).status == "paid"


@pytest.mark.parametrize(
    ("state", "act", "words"),
    [
        ("paid", "pay", "already paid"),
        ("paid", "void_invoice", "isn't open"),
        ("open", "finalize_invoice", "already finalized"),
        ("open", "delete", "only delete draft"),
        ("draft", "void_invoice", "isn't open"),
        ("draft", "mark_uncollectible", "only mark open"),
        ("open", "send_invoice", "collection method"),
    ],
)
def test_each_state_refuses_what_it_must(billing: Any, state: str, act: str, words: str) -> None:
    customer = billing.customer()
    item(billing, customer.id, 5000)
    made = draft(billing, customer.id)
    if state != "draft":
        billing.stripe.invoices.finalize_invoice(made.id)
    if state == "paid":
        billing.stripe.invoices.pay(made.id)

    with pytest.raises(stripe.InvalidRequestError, match=words):
        getattr(billing.stripe.invoices, act)(made.id)


def test_a_finalized_invoice_takes_metadata_and_no_lines(billing: Any) -> None:
    made = opened(billing)

    kept = billing.stripe.invoices.update(made.id, {"metadata": {"order": "7"}})

    assert kept.metadata["order"] == "7"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.invoices.update(made.id, {"discounts": ""})
    assert refused.value.code == "invoice_not_editable"


def test_a_deleted_draft_gives_its_items_back(billing: Any) -> None:
    customer = billing.customer()
    item(billing, customer.id, 5000)
    made = draft(billing, customer.id)

    gone = billing.stripe.invoices.delete(made.id)

    assert gone.deleted is True
    assert len(billing.stripe.invoice_items.list({"pending": True}).data) == 1


def test_an_advancing_draft_is_finalized_and_charged_in_an_hour(billing: Any) -> None:
    customer = billing.customer()
    item(billing, customer.id, 5000)
    made = draft(billing, customer.id, auto_advance=True)

    billing.advance(seconds=3600)

    assert made.automatically_finalizes_at == billing.now
    assert billing.stripe.invoices.retrieve(made.id).status == "paid"


def test_sending_finalizes_and_says_so(billing: Any) -> None:
    customer = billing.customer(None)
    item(billing, customer.id, 5000)
    made = draft(billing, customer.id, collection_method="send_invoice", days_until_due=10)

    sent = billing.stripe.invoices.send_invoice(made.id)

    assert sent.status == "open"
    assert billing.events("invoice.sent")


def test_an_overdue_invoice_is_announced_once(billing: Any) -> None:
    customer = billing.customer(None)
    item(billing, customer.id, 5000)
    made = draft(billing, customer.id, collection_method="send_invoice", days_until_due=10)
    billing.stripe.invoices.finalize_invoice(made.id)

    billing.advance(days=30)

    assert len(billing.events("invoice.overdue")) == 1


def test_lists_filter_and_page(billing: Any) -> None:
    first, second = opened(billing), opened(billing)
    billing.stripe.invoices.pay(second.id)

    listed = billing.stripe.invoices.list
    assert [one.id for one in listed({"status": "open"}).data] == [first.id]
    assert [one.id for one in listed({"customer": second.customer}).data] == [second.id]
    page = listed({"limit": 1})
    assert ([one.id for one in page.data], page.has_more) == ([second.id], True)
    assert [one.id for one in page.auto_paging_iter()] == [second.id, first.id]


def test_long_invoices_show_ten_lines_and_list_all(billing: Any) -> None:
    customer = billing.customer()
    for amount in range(100, 1300, 100):
        item(billing, customer.id, amount)
    made = draft(billing, customer.id)

    lines = billing.stripe.invoices.line_items.list(made.id, {"limit": 5})

    assert (len(made.lines.data), made.lines.has_more) == (10, True)
    assert len(list(lines.auto_paging_iter())) == 12
    assert made.total == sum(range(100, 1300, 100))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"customer": "cus_none"}, "No such customer"),
        ({"days_until_due": 5}, "days_until_due"),
        ({"collection_method": "send_invoice"}, "days_until_due"),
        ({"automatic_tax": {"enabled": True}}, "not modelled"),
        ({"colour": "blue"}, "unknown parameter"),
        ({"default_tax_rates": ["txr_none"]}, "No such tax"),
    ],
)
def test_wrong_parameters_are_refused(billing: Any, params: dict[str, Any], words: str) -> None:
    customer = billing.customer()

    with pytest.raises(stripe.InvalidRequestError, match=words):
        billing.stripe.invoices.create({"customer": customer.id} | params)


def test_tax_rates_keep_their_percentage(billing: Any) -> None:
    rate = billing.stripe.tax_rates.create(
        {"display_name": "IVA", "percentage": 21, "inclusive": False, "country": "ES"}
    )

    changed = billing.stripe.tax_rates.update(rate.id, {"active": False, "display_name": "IVA ES"})

    assert differences(changed.to_dict(for_json=True)) == []
    assert (changed.active, changed.display_name, changed.percentage) == (False, "IVA ES", 21)
    assert billing.stripe.tax_rates.list({"active": True}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="archived"):
        billing.stripe.invoices.create(
            {"customer": billing.customer().id, "default_tax_rates": [rate.id]}
        )


def test_an_invoice_that_cannot_be_finalized_says_why_and_stays_a_draft(billing: Any) -> None:
    customer = billing.customer()
    made = draft(billing, customer.id, auto_advance=True)
    item = {"customer": customer.id, "invoice": made.id, "amount": 100_000_000, "currency": "eur"}
    added = billing.stripe.invoice_items.create(item)

    billing.advance(seconds=7200)

    found = billing.stripe.invoices.retrieve(made.id)
    assert (found.status, found.last_finalization_error.code) == ("draft", "amount_too_large")
    failed = billing.stripe.events.list({"type": "invoice.finalization_failed"}).data
    assert [event.data.object.id for event in failed] == [made.id]

    billing.stripe.invoice_items.delete(added.id)
    billing.stripe.invoice_items.create({**item, "amount": 500})
    opened = billing.stripe.invoices.finalize_invoice(made.id)
    assert (opened.status, opened.last_finalization_error) == ("open", None)
