"""Changing a subscription: prorations in both billing modes, previews, and what payment decides."""

from typing import Any

import pytest
import stripe

DAY = 86_400


def item(subscription: Any) -> str:
    return str(subscription["items"].data[0].id)


def change(billing: Any, subscription: Any, price: str, **params: Any) -> Any:
    return billing.stripe.subscriptions.update(
        subscription.id, {"items": [{"id": item(subscription), "price": price}], **params}
    )


def test_half_a_month_up_from_ten_to_twenty_costs_five_more(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=15)

    changed = change(billing, made, billing.price(2000), proration_behavior="always_invoice")

    invoice = billing.stripe.invoices.retrieve(changed.latest_invoice)
    assert [line.amount for line in invoice.lines.data] == [-500, 1000]
    assert (invoice.total, invoice.status, invoice.billing_reason) == (
        500,
        "paid",
        "subscription_update",
    )
    assert [line.description for line in invoice.lines.data] == [
        "Unused time on Plan 1000 after 16 Apr 2026",
        "Remaining time on Plan 2000 after 16 Apr 2026",
    ]


def test_prorations_wait_for_the_renewal_unless_invoiced_at_once(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=15)

    changed = change(billing, made, billing.price(2000))
    pending = billing.stripe.invoice_items.list({"pending": True}).data
    billing.advance(days=15, seconds=3600)

    renewal = billing.invoices(made.id)[0]
    assert changed.latest_invoice == made.latest_invoice
    assert [one.amount for one in pending] == [1000, -500]
    assert [line.amount for line in renewal.lines.data] == [-500, 1000, 2000]
    assert (renewal.total, renewal.status) == (2500, "paid")


@pytest.mark.parametrize(("mode", "total"), [("classic", -334), ("flexible", 0)])
def test_a_downgrade_after_an_unprorated_upgrade_credits_by_billing_mode(
    billing: Any, mode: str, total: int
) -> None:
    """Worked example "Calculation logic with no prorations" of Stripe's proration page."""
    ten, twenty = billing.price(1000), billing.price(2000)
    made = billing.subscribe(billing.customer().id, ten, billing_mode={"type": mode})
    billing.advance(days=10)
    change(billing, made, twenty, proration_behavior="none")
    billing.advance(days=10)

    changed = change(billing, made, ten, proration_behavior="always_invoice")

    assert billing.stripe.invoices.retrieve(changed.latest_invoice).total == total


@pytest.mark.parametrize(("mode", "total"), [("classic", -250), ("flexible", -417)])
def test_removing_an_item_under_an_amount_off_credits_by_billing_mode(
    billing: Any, mode: str, total: int
) -> None:
    """Worked example "coupons applied to multiple subscription items" of the same page."""
    coupon = billing.stripe.coupons.create(
        {"amount_off": 500, "currency": "usd", "duration": "forever"}
    )
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        billing.price(2000),
        billing_mode={"type": mode},
        discounts=[{"coupon": coupon.id}],
    )
    first = billing.stripe.invoices.retrieve(made.latest_invoice)
    billing.advance(days=15)

    billing.stripe.subscription_items.delete(item(made), {"proration_behavior": "always_invoice"})

    assert [line.discount_amounts[0].amount for line in first.lines.data] == [166, 334]
    assert first.total == 2500
    assert billing.invoices(made.id)[0].total == total


def test_itemized_prorations_show_gross_amounts_and_discounts(billing: Any) -> None:
    coupon = billing.stripe.coupons.create({"percent_off": 10, "duration": "forever"})
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        billing_mode={"type": "flexible", "flexible": {"proration_discounts": "itemized"}},
        discounts=[{"coupon": coupon.id}],
    )
    billing.advance(days=15)

    changed = change(billing, made, billing.price(2000), proration_behavior="always_invoice")

    invoice = billing.stripe.invoices.retrieve(changed.latest_invoice)
    assert [line.amount for line in invoice.lines.data] == [-500, 1000]
    assert [line.discount_amounts[0].amount for line in invoice.lines.data] == [-50, 100]
    assert invoice.total == 450


@pytest.mark.parametrize("mode", ["classic", "flexible"])
@pytest.mark.parametrize("behavior", ["always_invoice", "create_prorations", "none"])
@pytest.mark.parametrize("quantity", [1, 3])
def test_a_preview_is_the_invoice_that_follows(
    billing: Any, mode: str, behavior: str, quantity: int
) -> None:
    rate = billing.stripe.tax_rates.create(
        {"display_name": "IVA", "percentage": 21, "inclusive": False}
    )
    coupon = billing.stripe.coupons.create({"percent_off": 15, "duration": "forever"})
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1999),
        billing_mode={"type": mode},
        default_tax_rates=[rate.id],
        discounts=[{"coupon": coupon.id}],
    )
    billing.advance(days=11, seconds=12345)
    at = billing.now
    items = [{"id": item(made), "price": billing.price(4999), "quantity": quantity}]
    wanted = {"items": items, "proration_behavior": behavior, "proration_date": at}
    before = len(billing.kinds())

    preview = billing.stripe.invoices.create_preview(
        {"subscription": made.id, "subscription_details": wanted}
    )
    silent = len(billing.kinds()) == before
    billing.advance(seconds=77)
    billing.stripe.subscriptions.update(made.id, wanted)
    if behavior != "always_invoice":
        billing.advance(days=20)

    invoice = billing.invoices(made.id)[0]
    assert silent
    assert (preview.subtotal, preview.total, preview.amount_due) == (
        invoice.subtotal,
        invoice.total,
        invoice.amount_due,
    )
    assert [line.amount for line in preview.lines.data] == [
        line.amount for line in invoice.lines.data
    ]
    assert [tax.amount for tax in preview.total_taxes] == [
        tax.amount for tax in invoice.total_taxes
    ]
    assert preview.id.startswith("upcoming_in_")


def test_a_preview_of_a_new_subscription_is_its_first_invoice(billing: Any) -> None:
    customer, price = billing.customer(), billing.price(1000)

    preview = billing.stripe.invoices.create_preview(
        {"customer": customer.id, "subscription_details": {"items": [{"price": price}]}}
    )
    made = billing.subscribe(customer.id, price)

    assert preview.total == billing.stripe.invoices.retrieve(made.latest_invoice).total == 1000
    assert len(billing.stripe.subscriptions.list().data) == 1


def test_there_is_nothing_to_preview_after_a_cancellation(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.stripe.subscriptions.cancel(made.id)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.invoices.create_preview({"subscription": made.id})

    assert (refused.value.code, refused.value.http_status) == ("invoice_upcoming_none", 404)


def test_a_credit_larger_than_the_charge_goes_to_the_balance_and_pays_the_next(
    billing: Any,
) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(10000))
    billing.advance(days=15)

    changed = change(billing, made, billing.price(1000), proration_behavior="always_invoice")
    credit = billing.stripe.invoices.retrieve(changed.latest_invoice)
    balance = billing.stripe.customers.retrieve(made.customer).balance
    billing.advance(days=15, seconds=3600)

    renewal = billing.invoices(made.id)[0]
    assert (credit.total, credit.amount_due, credit.status) == (-4500, 0, "paid")
    assert balance == -4500
    assert (renewal.total, renewal.amount_due, renewal.status) == (1000, 0, "paid")
    assert billing.stripe.customers.retrieve(made.customer).balance == -3500


def test_classic_moves_the_anchor_when_the_interval_changes(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=15)

    changed = change(billing, made, billing.price(10000, "year"))

    invoice = billing.stripe.invoices.retrieve(changed.latest_invoice)
    assert changed.billing_cycle_anchor == billing.now
    assert changed["items"].data[0].current_period_end == billing.now + 365 * DAY
    assert [line.amount for line in invoice.lines.data] == [-500, 10000]
    assert invoice.total == 9500


def test_flexible_refuses_to_guess_an_interval_change_without_an_anchor(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), billing_mode={"type": "flexible"}
    )
    yearly = billing.price(10000, "year")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        change(billing, made, yearly)
    changed = change(billing, made, yearly, billing_cycle_anchor={"type": "now"})

    assert refused.value.code == "sandbox_unsupported"
    assert changed["items"].data[0].price.id == yearly


def test_ending_a_trial_with_a_change_bills_the_new_plan_at_once(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000), trial_period_days=14)
    billing.advance(days=3)

    changed = change(billing, made, billing.price(2000), trial_end="now")

    invoice = billing.stripe.invoices.retrieve(changed.latest_invoice)
    assert (changed.status, invoice.total, invoice.status) == ("active", 2000, "paid")
    assert changed.billing_cycle_anchor == billing.now


def test_a_quantity_is_prorated_and_named(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=15)

    changed = billing.stripe.subscriptions.update(
        made.id,
        {"items": [{"id": item(made), "quantity": 4}], "proration_behavior": "always_invoice"},
    )

    invoice = billing.stripe.invoices.retrieve(changed.latest_invoice)
    assert [line.amount for line in invoice.lines.data] == [-500, 2000]
    assert invoice.lines.data[1].description.startswith("Remaining time on 4 × Plan 1000 after")


def test_a_new_price_puts_the_quantity_back_to_one(billing: Any) -> None:
    made = billing.stripe.subscriptions.create(
        {
            "customer": billing.customer().id,
            "items": [{"price": billing.price(1000), "quantity": 5}],
        }
    )

    changed = change(billing, made, billing.price(2000))

    assert changed["items"].data[0].quantity == 1


def test_a_failed_payment_of_a_change_leaves_it_and_makes_it_past_due(billing: Any) -> None:
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.give(customer.id, "pm_card_chargeCustomerFail")
    twenty = billing.price(2000)
    billing.advance(days=10)

    changed = change(billing, made, twenty, proration_behavior="always_invoice")

    assert changed.status == "past_due"
    assert changed["items"].data[0].price.id == twenty


def test_error_if_incomplete_undoes_the_change(billing: Any) -> None:
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.give(customer.id, "pm_card_chargeCustomerFail")
    twenty = billing.price(2000)
    billing.advance(days=10)

    with pytest.raises(stripe.CardError):
        change(
            billing,
            made,
            twenty,
            proration_behavior="always_invoice",
            payment_behavior="error_if_incomplete",
        )

    kept = billing.stripe.subscriptions.retrieve(made.id)
    assert kept["items"].data[0].price.id == made["items"].data[0].price.id
    assert len(billing.invoices(made.id)) == 1


@pytest.fixture
def pending(billing: Any) -> Any:
    """A subscription whose upgrade waits for the customer's authentication."""
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.give(customer.id, "pm_card_authenticationRequired")
    billing.advance(days=10)
    return change(
        billing,
        made,
        billing.price(2000),
        proration_behavior="always_invoice",
        payment_behavior="pending_if_incomplete",
    )


def test_a_pending_update_keeps_the_old_plan_and_says_what_waits(
    billing: Any, pending: Any
) -> None:
    assert pending.status == "active"
    assert pending["items"].data[0].price.unit_amount == 1000
    assert pending.pending_update.subscription_items[0].price.unit_amount == 2000
    assert pending.pending_update.expires_at == billing.now + 23 * 3600


def test_paying_a_pending_update_applies_it(billing: Any, pending: Any) -> None:
    billing.stripe.payment_intents.confirm(
        billing.intent(pending.latest_invoice).id,
        {"payment_method": "pm_card_visa", "return_url": "https://example.com"},
    )

    applied = billing.stripe.subscriptions.retrieve(pending.id)
    assert applied["items"].data[0].price.unit_amount == 2000
    assert applied.pending_update is None
    assert billing.events("customer.subscription.pending_update_applied")


def test_an_unpaid_pending_update_expires_and_its_invoice_is_void(
    billing: Any, pending: Any
) -> None:
    billing.advance(days=1)

    kept = billing.stripe.subscriptions.retrieve(pending.id)
    assert kept["items"].data[0].price.unit_amount == 1000
    assert kept.pending_update is None
    assert billing.stripe.invoices.retrieve(pending.latest_invoice).status == "void"
    assert billing.events("customer.subscription.pending_update_expired")


def test_a_pending_update_that_is_paid_at_once_is_no_pending_update(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=10)

    changed = change(
        billing,
        made,
        billing.price(2000),
        proration_behavior="always_invoice",
        payment_behavior="pending_if_incomplete",
    )

    assert changed["items"].data[0].price.unit_amount == 2000
    assert billing.events("customer.subscription.pending_update_applied") == []


def test_a_pending_update_may_hold_items_only(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))

    with pytest.raises(stripe.InvalidRequestError, match="metadata"):
        billing.stripe.subscriptions.update(
            made.id, {"payment_behavior": "pending_if_incomplete", "metadata": {"a": "b"}}
        )


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"items": [{"id": "si_none", "quantity": 2}]}, "No such subscription_item"),
        ({"items": [{"price": "price_none"}]}, "No such price"),
        ({"proration_date": 1}, "outside of current subscription period"),
        ({"days_until_due": 5}, "days_until_due"),
        ({"billing_cycle_anchor": "now"}, "Invalid object"),
        ({"trial_end": 1}, "in the future"),
    ],
)
def test_what_may_not_be_is_refused(billing: Any, params: dict[str, Any], words: str) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))

    with pytest.raises(stripe.InvalidRequestError, match=words):
        billing.stripe.subscriptions.update(made.id, params)


def test_a_canceled_subscription_takes_metadata_and_nothing_else(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.stripe.subscriptions.cancel(made.id)

    kept = billing.stripe.subscriptions.update(made.id, {"metadata": {"why": "moved"}})

    assert kept.metadata["why"] == "moved"
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription can only update"):
        billing.stripe.subscriptions.update(made.id, {"cancel_at_period_end": False})


def test_a_cancellation_can_be_previewed_to_the_cent(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(1999), billing_mode={"type": "flexible"}
    )
    billing.advance(days=7, seconds=4321)

    preview = billing.stripe.invoices.create_preview(
        {"subscription": made.id, "subscription_details": {"cancel_now": True}}
    )
    ended = billing.stripe.subscriptions.cancel(made.id, {"prorate": True, "invoice_now": True})

    assert preview.total == billing.stripe.invoices.retrieve(ended.latest_invoice).total < 0


def test_ending_a_trial_can_be_previewed(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000), trial_period_days=14)

    preview = billing.stripe.invoices.create_preview(
        {"subscription": made.id, "subscription_details": {"trial_end": "now"}}
    )

    assert preview.total == 1000
    assert billing.stripe.subscriptions.retrieve(made.id).status == "trialing"


def test_a_recurring_preview_leaves_prorations_out(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=10)
    items = [{"id": item(made), "price": billing.price(2000)}]

    preview = billing.stripe.invoices.create_preview(
        {
            "subscription": made.id,
            "preview_mode": "recurring",
            "subscription_details": {"items": items},
        }
    )

    assert [line.amount for line in preview.lines.data] == [2000]


def test_the_customers_next_invoice_can_be_previewed(billing: Any) -> None:
    customer = billing.customer()
    billing.subscribe(customer.id, billing.price(10000, "year"))
    billing.subscribe(customer.id, billing.price(1000))

    preview = billing.stripe.invoices.create_preview({"customer": customer.id})

    assert (preview.total, preview.billing_reason, preview.status) == (1000, "upcoming", "draft")


def test_a_longer_trial_moves_the_anchor(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000), trial_period_days=7)
    later = billing.now + 20 * DAY

    changed = billing.stripe.subscriptions.update(made.id, {"trial_end": later})
    billing.advance(days=10)

    assert (changed.trial_end, changed.billing_cycle_anchor) == (later, later)
    assert billing.stripe.subscriptions.retrieve(made.id).status == "trialing"


def test_the_anchor_can_be_reset_to_now(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(3000), billing_mode={"type": "flexible"}
    )
    billing.advance(days=10)

    changed = billing.stripe.subscriptions.update(
        made.id, {"billing_cycle_anchor": {"type": "now"}}
    )

    invoice = billing.stripe.invoices.retrieve(changed.latest_invoice)
    assert [line.amount for line in invoice.lines.data] == [-2000, 3000]
    assert changed["items"].data[0].current_period_start == billing.now


def test_an_item_with_its_own_price_is_added_and_one_off_charges_go_along(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    product = made["items"].data[0].price.product
    setup = billing.stripe.prices.create(
        {"currency": "usd", "unit_amount": 700, "product_data": {"name": "Set-up"}}
    )
    billing.advance(days=15)

    changed = billing.stripe.subscriptions.update(
        made.id,
        {
            "items": [
                {
                    "price_data": {
                        "currency": "usd",
                        "product": product,
                        "unit_amount": 400,
                        "recurring": {"interval": "month"},
                    }
                }
            ],
            "add_invoice_items": [{"price": setup.id}],
            "proration_behavior": "always_invoice",
        },
    )

    invoice = billing.stripe.invoices.retrieve(changed.latest_invoice)
    assert sorted(line.amount for line in invoice.lines.data) == [200, 700]
    assert len(changed["items"].data) == 2


def test_free_plans_begin_a_new_cycle_when_they_start_to_cost(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(0))
    billing.advance(days=12)

    changed = change(billing, made, billing.price(1000))

    assert changed.billing_cycle_anchor == billing.now
    assert billing.stripe.invoices.retrieve(changed.latest_invoice).amount_paid == 1000


def test_a_change_back_and_forth_credits_each_second_once(billing: Any) -> None:
    ten, twenty = billing.price(1000), billing.price(2000)
    made = billing.subscribe(billing.customer().id, ten, billing_mode={"type": "flexible"})
    totals = []
    for price in (twenty, ten, twenty):
        billing.advance(days=6)
        changed = change(billing, made, price, proration_behavior="always_invoice")
        totals.append(billing.stripe.invoices.retrieve(changed.latest_invoice).total)

    # 24, 18 and 12 of 30 days at a difference of 10.00 a month.
    assert totals == [800, -600, 400]


def test_a_date_before_an_earlier_change_is_refused_in_flexible_mode(billing: Any) -> None:
    ten, twenty = billing.price(1000), billing.price(2000)
    made = billing.subscribe(billing.customer().id, ten, billing_mode={"type": "flexible"})
    billing.advance(days=10)
    change(billing, made, twenty)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        change(billing, made, ten, proration_date=billing.now - 5 * DAY)

    assert refused.value.code == "sandbox_unsupported"


def test_migrating_to_flexible_keeps_what_was_charged(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    moved = billing.stripe.subscriptions.migrate(made.id, {"billing_mode": {"type": "flexible"}})
    billing.advance(days=15)

    changed = change(billing, made, billing.price(2000), proration_behavior="always_invoice")

    assert moved.billing_mode.type == "flexible"
    assert billing.stripe.invoices.retrieve(changed.latest_invoice).total == 500


def test_items_can_be_worked_on_by_themselves(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    items = billing.stripe.subscription_items

    added = items.create({"subscription": made.id, "price": billing.price(500)})
    more = items.update(added.id, {"quantity": 3})
    gone = items.delete(added.id)

    assert (added.quantity, more.quantity, gone.deleted) == (1, 3, True)
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription_item"):
        items.retrieve(added.id)
    assert len(items.list({"subscription": made.id}).data) == 1
    with pytest.raises(stripe.InvalidRequestError, match="at least one active plan"):
        items.delete(item(made))


def test_lists_hide_canceled_subscriptions_unless_asked(billing: Any) -> None:
    customer, price = billing.customer(), billing.price(1000)
    kept = billing.subscribe(customer.id, price)
    ended = billing.subscribe(customer.id, billing.price(2000))
    billing.stripe.subscriptions.cancel(ended.id)
    listed = billing.stripe.subscriptions.list

    assert [one.id for one in listed({"customer": customer.id}).data] == [kept.id]
    assert len(listed({"status": "all"}).data) == 2
    assert [one.id for one in listed({"status": "ended"}).data] == [ended.id]
    assert [one.id for one in listed({"price": price}).data] == [kept.id]
    assert listed({"status": "past_due"}).data == []


def test_a_removed_payment_method_is_no_default_any_more(billing: Any) -> None:
    customer = billing.customer()
    method = billing.stripe.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})
    made = billing.subscribe(customer.id, billing.price(1000), default_payment_method=method.id)

    billing.stripe.payment_methods.detach(method.id)

    assert billing.stripe.subscriptions.retrieve(made.id).default_payment_method is None


def test_the_method_of_the_first_payment_can_become_the_default(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        payment_behavior="default_incomplete",
        payment_settings={"save_default_payment_method": "on_subscription"},
    )

    confirmed = billing.stripe.payment_intents.confirm(
        billing.intent(made.latest_invoice).id,
        {"payment_method": "pm_card_mastercard", "return_url": "https://example.com"},
    )

    kept = billing.stripe.subscriptions.retrieve(made.id)
    assert kept.default_payment_method == confirmed.payment_method


def test_deleting_the_customer_ends_the_subscription(billing: Any) -> None:
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))

    billing.stripe.customers.delete(customer.id)

    assert billing.stripe.subscriptions.retrieve(made.id).status == "canceled"
