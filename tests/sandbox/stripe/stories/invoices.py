"""Invoices from draft to paid, their lines and payments, credit notes and previews."""

from typing import Any

from tests.sandbox.stripe.stories.telling import Teller, story


def item(shop: Teller, customer: Any, amount: int = 4000, **more: Any) -> Any:
    """Something to bill next."""
    wanted = {"customer": customer.id, "amount": amount, "currency": "eur", "description": "Work"}
    return shop.api.invoice_items.create({**wanted, **more})


def draft(shop: Teller, customer: Any, **more: Any) -> Any:
    """A draft of all that waits."""
    wanted = {"customer": customer.id, "pending_invoice_items_behavior": "include"}
    return shop.api.invoices.create({**wanted, **more})


@story
def items(shop: Teller) -> None:
    """Items that wait, changed and taken back."""
    customer = shop.customer()
    rate = shop.api.tax_rates.create({"display_name": "A", "percentage": 10, "inclusive": True})
    made = item(shop, customer, tax_rates=[rate.id], metadata={"a": "b"})
    item(shop, customer)
    shop.api.invoice_items.update(made.id, {"amount": 4500, "description": "More work"})
    shop.api.invoice_items.retrieve(made.id)
    shop.api.invoice_items.list({"customer": customer.id})
    shop.api.invoice_items.delete(made.id)


@story
def drafts(shop: Teller) -> None:
    """A draft is filled, changed and thrown away."""
    customer = shop.customer()
    item(shop, customer)
    made = draft(
        shop, customer, description="For work", custom_fields=[{"name": "A", "value": "1"}]
    )
    other = item(shop, customer, 100)
    shop.api.invoices.add_lines(made.id, {"lines": [{"invoice_item": other.id}]})
    shop.api.invoices.update(made.id, {"footer": "Thanks", "metadata": {"a": "b"}})
    line = shop.api.invoices.line_items.list(made.id).data[0]
    shop.api.invoices.line_items.update(made.id, line.id, {"description": "Good work"})
    shop.api.invoices.retrieve(made.id)
    shop.api.invoices.delete(made.id)


@story
def payments(shop: Teller) -> None:
    """Invoices charged, sent, paid elsewhere, given up and voided."""
    customer = shop.customer()
    rate = shop.api.tax_rates.create({"display_name": "A", "percentage": 21, "inclusive": False})
    item(shop, customer, tax_rates=[rate.id])
    paid = draft(shop, customer)
    shop.api.invoices.finalize_invoice(paid.id)
    shop.api.invoices.pay(paid.id)
    sent = {"collection_method": "send_invoice", "days_until_due": 5}
    endings = [
        lambda one: shop.api.invoices.pay(one.id, {"paid_out_of_band": True}),
        lambda one: shop.api.invoices.mark_uncollectible(one.id),
        lambda one: shop.api.invoices.void_invoice(one.id),
    ]
    for end in endings:
        item(shop, customer)
        made = draft(shop, customer, **sent)
        shop.api.invoices.send_invoice(made.id)
        end(made)
    shop.api.invoices.retrieve(paid.id)
    shop.api.invoices.line_items.list(paid.id)
    shop.api.invoices.list({"customer": customer.id})
    found = shop.api.invoice_payments.list({"invoice": paid.id}).data[0]
    shop.api.invoice_payments.retrieve(found.id)


@story
def attached(shop: Teller) -> None:
    """An invoice is paid by an intent that was there before."""
    customer = shop.customer()
    intent = shop.pay("pm_card_visa", customer=customer.id)
    item(shop, customer)
    made = draft(shop, customer, collection_method="send_invoice", days_until_due=5)
    shop.api.invoices.finalize_invoice(made.id)
    shop.api.invoices.attach_payment(made.id, {"payment_intent": intent.id})
    shop.api.invoices.retrieve(made.id)


@story
def credit_notes(shop: Teller) -> None:
    """Credit on an open invoice and on a paid one."""
    customer = shop.customer()
    rate = shop.api.tax_rates.create({"display_name": "A", "percentage": 21, "inclusive": False})
    item(shop, customer, 10000, tax_rates=[rate.id])
    made = draft(shop, customer)
    shop.api.invoices.finalize_invoice(made.id)
    part = {"invoice": made.id, "amount": 500, "memo": "Sorry", "reason": "order_change"}
    shop.api.credit_notes.preview(part)
    shop.api.credit_notes.preview_lines.list(part)
    before = shop.api.credit_notes.create(part)
    shop.api.credit_notes.void_credit_note(before.id)
    shop.api.invoices.pay(made.id)
    line = shop.api.invoices.retrieve(made.id).lines.data[0]
    lines = [{"type": "invoice_line_item", "invoice_line_item": line.id, "amount": 1000}]
    note = shop.api.credit_notes.create(
        {"invoice": made.id, "lines": lines, "refund_amount": 1000, "credit_amount": 210}
    )
    shop.api.credit_notes.update(note.id, {"memo": "Very sorry", "metadata": {"a": "b"}})
    shop.api.credit_notes.retrieve(note.id)
    shop.api.credit_notes.line_items.list(note.id)
    shop.api.credit_notes.list({"invoice": made.id})


@story
def previews(shop: Teller) -> None:
    """What a subscription and a change of it would cost."""
    customer = shop.customer()
    made = shop.subscribe(customer)
    shop.api.invoices.create_preview({"subscription": made.id})
    change = {"items": [{"id": made["items"].data[0].id, "price": shop.price(3000).id}]}
    shop.api.invoices.create_preview({"subscription": made.id, "subscription_details": change})
    new = {"items": [{"price": shop.price(500).id, "quantity": 2}]}
    shop.api.invoices.create_preview({"customer": customer.id, "subscription_details": new})
