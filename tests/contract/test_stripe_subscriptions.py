"""What the portal relies on of Stripe's subscriptions, previews and invoices."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

CLASSIC, FLEXIBLE = {"type": "classic"}, {"type": "flexible"}
Make = Callable[..., Any]


def test_periods_are_those_of_the_items(subscribe: Make, price: Make) -> None:
    """`current_period_end` sits on items (X1)."""
    made = subscribe(price(1000).id)

    item = made["items"].data[0]
    assert "current_period_end" not in made
    assert item.current_period_end > item.current_period_start


@pytest.mark.parametrize(
    ("mode", "flagged"), [(CLASSIC, True), (FLEXIBLE, False)], ids=["classic", "flexible"]
)
def test_a_cancellation_at_the_end_is_recorded_by_billing_mode(
    api: Any, subscribe: Make, price: Make, mode: dict[str, str], flagged: bool
) -> None:
    """Classic sets the flag, flexible only the date; both can be undone (R7, R8)."""
    made = subscribe(price(1000).id, billing_mode=mode)
    end = made["items"].data[0].current_period_end
    how = {"cancel_at_period_end": True} if flagged else {"cancel_at": "min_period_end"}
    undo = {"cancel_at_period_end": False} if flagged else {"cancel_at": ""}

    leaving = api.subscriptions.update(made.id, how)
    staying = api.subscriptions.update(made.id, undo)

    assert (leaving.cancel_at_period_end, leaving.cancel_at) == (flagged, end)
    assert (staying.cancel_at_period_end, staying.cancel_at) == (False, None)


def test_the_reason_of_a_cancellation_is_kept(api: Any, subscribe: Make, price: Make) -> None:
    """`feedback` and `comment` are ours, `reason` is Stripe's (R2, R3)."""
    made = subscribe(price(1000).id)

    details = {"feedback": "unused", "comment": "Too far"}
    ended = api.subscriptions.cancel(made.id, {"cancellation_details": details})

    kept = ended.cancellation_details
    assert (ended.status, kept.feedback, kept.comment) == ("canceled", "unused", "Too far")
    assert kept.reason == "cancellation_requested"


def test_ended_subscriptions_are_listed_when_asked_for(
    api: Any, customer: Any, subscribe: Make, price: Make
) -> None:
    """The default hides cancelled ones; `status=all` shows them (X28)."""
    made = subscribe(price(1000).id)
    api.subscriptions.cancel(made.id)

    shown = api.subscriptions.list({"customer": customer.id}).data
    everything = api.subscriptions.list({"customer": customer.id, "status": "all"}).data

    assert (shown, [one.id for one in everything]) == ([], [made.id])


def test_an_anchor_is_no_longer_a_word(api: Any, subscribe: Make, price: Make) -> None:
    """`billing_cycle_anchor` takes an object on update (N8)."""
    made = subscribe(price(1000).id)

    with pytest.raises(stripe.InvalidRequestError):
        api.subscriptions.update(made.id, {"billing_cycle_anchor": "now"})


def test_discounts_are_replaced_and_cleared(
    api: Any, subscribe: Make, price: Make, keep: Any
) -> None:
    """Setting `discounts` replaces the list, "" clears it (R12)."""
    coupons = [api.coupons.create({"percent_off": 10, "duration": "forever"}) for _ in range(2)]
    for one in coupons:
        keep(one, lambda name=one.id: api.coupons.delete(name))
    made = subscribe(price(1000).id, discounts=[{"coupon": coupons[0].id}])

    wanted = {"discounts": [{"coupon": coupons[1].id}], "expand": ["discounts"]}
    replaced = api.subscriptions.update(made.id, wanted)
    cleared = api.subscriptions.update(made.id, {"discounts": ""})

    assert [one.source.coupon for one in replaced.discounts] == [coupons[1].id]
    assert cleared.discounts == []


def test_a_classic_subscription_is_not_paused(api: Any, subscribe: Make, price: Make) -> None:
    """Pausing is refused for classic billing (P1)."""
    made = subscribe(price(1000).id, billing_mode=CLASSIC)

    with pytest.raises(stripe.InvalidRequestError):
        api.subscriptions.pause(made.id, {"type": "subscription"})


def test_a_preview_is_what_then_comes(api: Any, subscribe: Make, price: Make) -> None:
    """The same `proration_date` and parameters give the same invoice (X22, X8)."""
    made = subscribe(price(1000).id, billing_mode=FLEXIBLE)
    change = {
        "items": [{"id": made["items"].data[0].id, "price": price(3000).id}],
        "proration_behavior": "always_invoice",
        "proration_date": int(time.time()),
    }

    preview = api.invoices.create_preview({"subscription": made.id, "subscription_details": change})
    changed = api.subscriptions.update(made.id, change)

    invoice = api.invoices.retrieve(changed.latest_invoice)
    assert (invoice.total, invoice.status) == (preview.total, "paid")
    assert [one.amount for one in invoice.lines.data] == [one.amount for one in preview.lines.data]


def test_an_invoice_names_what_it_bills_and_how_it_was_paid(
    api: Any, subscribe: Make, price: Make
) -> None:
    """The subscription is in `parent`, payments are read by themselves (X2, X4, X26)."""
    made = subscribe(price(1000).id)

    invoice = api.invoices.retrieve(made.latest_invoice)
    (payment,) = api.invoice_payments.list({"invoice": invoice.id}).data

    assert invoice.parent.subscription_details.subscription == made.id
    assert (invoice.status, payment.status, payment.amount_paid) == ("paid", "paid", 1000)
    assert payment.payment.type == "payment_intent"
    assert invoice.hosted_invoice_url.startswith("http")


def test_a_draft_has_no_pages_yet(api: Any, customer: Any, keep: Any) -> None:
    """`hosted_invoice_url` and `invoice_pdf` are null until an invoice is finalized (X26)."""
    made = api.invoices.create({"customer": customer.id, "auto_advance": False})
    keep(made, lambda: api.invoices.delete(made.id))

    assert (made.status, made.hosted_invoice_url, made.invoice_pdf) == ("draft", None, None)
