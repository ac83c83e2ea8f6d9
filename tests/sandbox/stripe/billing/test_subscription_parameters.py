"""Every parameter of a subscription does what it says, or is refused loudly; none is lost."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import stripe

from portal.sandbox.stripe.schema import parameters
from tests.sandbox.stripe.billing.calendar_rules import moment

DAY = 86_400
CREATE = "POST /v1/subscriptions"
UPDATE = "POST /v1/subscriptions/{subscription_exposed_id}"
Make = Callable[[Any, Any], Any]
See = Callable[[Any, Any], Any]
# A value, what is then to be seen of the subscription, and where.
Effect = tuple[Any, Any, See]


def field(*path: str) -> See:
    """Read a field, dotted into hashes."""

    def see(billing: Any, found: Any) -> Any:
        _ = billing
        for name in path:
            found = found[name]
        return found

    return see


def invoiced(billing: Any, found: Any) -> Any:
    return billing.invoices(found.id)[0].total


def item_of(name: str, place: int = 0) -> See:
    return lambda billing, found: found["items"].data[place][name]


def rate(billing: Any, found: Any) -> Any:
    _ = found
    wanted = {"display_name": "VAT", "percentage": 21, "inclusive": False}
    return [billing.stripe.tax_rates.create(wanted).id]


def coupon(billing: Any, found: Any) -> Any:
    _ = found
    worth = {"percent_off": 50, "duration": "forever"}
    return [{"coupon": billing.stripe.coupons.create(worth).id}]


def method(billing: Any, customer: str) -> str:
    return str(
        billing.stripe.payment_methods.attach("pm_card_mastercard", {"customer": customer}).id
    )


SETTINGS: Mapping[str, Effect] = {
    "cancel_at": (moment("2026-06-01"), moment("2026-06-01"), field("cancel_at")),
    "cancel_at_period_end": (True, moment("2026-05-01"), field("cancel_at")),
    "days_until_due": (7, 7, field("days_until_due")),
    "collection_method": ("send_invoice", "send_invoice", field("collection_method")),
    "description": ("A plan", "A plan", field("description")),
    "default_tax_rates": (rate, 21.0, lambda billing, found: found.default_tax_rates[0].percentage),
    "discounts": (coupon, 1, lambda billing, found: len(found.discounts)),
    "invoice_settings": ({"footer": "Thanks"}, "Thanks", field("invoice_settings", "footer")),
    "metadata": ({"a": "b"}, "b", field("metadata", "a")),
    "payment_settings": (
        {"payment_method_types": ["card"]},
        ["card"],
        field("payment_settings", "payment_method_types"),
    ),
    "pending_invoice_item_interval": (
        {"interval": "week", "interval_count": 2},
        moment("2026-04-15"),
        field("next_pending_invoice_item_invoice"),
    ),
    "trial_settings": (
        {"end_behavior": {"missing_payment_method": "pause"}},
        "pause",
        field("trial_settings", "end_behavior", "missing_payment_method"),
    ),
    "trial_end": (moment("2026-04-11"), "trialing", field("status")),
    "trial_from_plan": (True, moment("2026-04-06"), field("trial_end")),
    "default_payment_method": (
        lambda billing, customer: method(billing, customer),
        "mastercard",
        lambda billing, found: (
            billing.stripe.payment_methods.retrieve(found.default_payment_method).card.brand
        ),
    ),
    "add_invoice_items": (
        lambda billing, found: [{"price": billing.once(300)}],
        300,
        lambda billing, found: billing.stripe.invoice_items.list().data[0].amount,
    ),
    "off_session": (True, "active", field("status")),
}
OF_CREATE: Mapping[str, Effect] = SETTINGS | {
    "backdate_start_date": (moment("2026-03-01"), moment("2026-03-01"), field("start_date")),
    "billing_cycle_anchor": (
        moment("2026-04-11"),
        moment("2026-04-11"),
        item_of("current_period_end"),
    ),
    "billing_cycle_anchor_config": (
        {"day_of_month": 15},
        15,
        field("billing_cycle_anchor_config", "day_of_month"),
    ),
    "billing_mode": ({"type": "classic"}, "classic", field("billing_mode", "type")),
    "currency": ("usd", "usd", field("currency")),
    "payment_behavior": ("default_incomplete", "incomplete", field("status")),
    "proration_behavior": ("none", 1000, invoiced),
    "trial_period_days": (3, moment("2026-04-04"), field("trial_end")),
}
OF_UPDATE: Mapping[str, Effect] = SETTINGS | {
    "billing_cycle_anchor": ({"type": "now"}, moment("2026-04-01"), field("billing_cycle_anchor")),
    "cancellation_details": ({"comment": "Bye"}, "Bye", field("cancellation_details", "comment")),
    "pause_collection": ({"behavior": "void"}, "void", field("pause_collection", "behavior")),
    "payment_behavior": ("pending_if_incomplete", "active", field("status")),
    "proration_behavior": ("none", "active", field("status")),
    "proration_date": (moment("2026-04-01"), "active", field("status")),
}
REFUSED = {
    "application_fee_percent": 10,
    "automatic_tax": {"enabled": True},
    "billing_schedules": [{"bill_until": {"type": "timestamp", "timestamp": 1900000000}}],
    "billing_thresholds": {"amount_gte": 5000},
    "customer_account": "acct_1",
    "default_source": "src_1",
    "on_behalf_of": "acct_1",
    "transfer_data": {"destination": "acct_1"},
}
# Tested everywhere else: without them there is no subscription, or nothing to answer.
ALWAYS = {"customer", "expand", "items"}


@pytest.mark.parametrize(("route", "table"), [(CREATE, OF_CREATE), (UPDATE, OF_UPDATE)])
def test_the_tables_name_every_parameter(route: str, table: Mapping[str, Effect]) -> None:
    known = set(parameters(route)["object"])

    assert known <= table.keys() | REFUSED.keys() | ALWAYS
    assert table.keys() <= known


def value(effect: Effect, billing: Any, customer: str) -> Any:
    wanted = effect[0]
    return wanted(billing, customer) if callable(wanted) else wanted


def companions(name: str) -> dict[str, Any]:
    """What some parameters cannot be without."""
    if name in ("days_until_due", "collection_method"):
        return {"collection_method": "send_invoice", "days_until_due": 7}
    return {}


def tried(billing: Any) -> str:
    """A price whose plan has five days on trial."""
    return str(billing.price(1000, recurring={"interval": "month", "trial_period_days": 5}))


@pytest.mark.parametrize("name", sorted(OF_CREATE))
def test_a_parameter_of_creating_takes_effect(billing: Any, name: str) -> None:
    effect, customer = OF_CREATE[name], billing.customer().id
    wanted = companions(name) | {name: value(effect, billing, customer)}

    made = billing.stripe.subscriptions.create(
        {"customer": customer, "items": [{"price": tried(billing)}], **wanted}
    )

    assert effect[2](billing, made) == effect[1]


@pytest.mark.parametrize("name", sorted(OF_UPDATE))
def test_a_parameter_of_updating_takes_effect(billing: Any, name: str) -> None:
    effect, customer = OF_UPDATE[name], billing.customer().id
    made = billing.subscribe(customer, tried(billing))
    wanted = companions(name) | {name: value(effect, billing, customer)}

    changed = billing.stripe.subscriptions.update(made.id, wanted)

    assert effect[2](billing, changed) == effect[1]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_not_modelled_is_refused_when_creating(billing: Any, name: str) -> None:
    price, customer = billing.price(1000), billing.customer().id

    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.subscribe(customer, price, **{name: REFUSED[name]})

    assert refused.value.code == "sandbox_unsupported"


@pytest.mark.parametrize("name", sorted(set(REFUSED) - {"customer_account"}))
def test_what_is_not_modelled_is_refused_when_updating(billing: Any, name: str) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))

    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.subscriptions.update(made.id, {name: REFUSED[name]})

    assert refused.value.code == "sandbox_unsupported"


@pytest.mark.parametrize(
    "entry",
    [
        {"billing_thresholds": {"usage_gte": 10}},
        {"current_trial": {"trial_offer": "to_1"}},
    ],
)
def test_what_is_not_modelled_of_an_item_is_refused(billing: Any, entry: dict[str, Any]) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    item = {"id": made["items"].data[0].id, **entry}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.subscriptions.update(made.id, {"items": [item]})

    assert refused.value.code == "sandbox_unsupported"


OF_ITEM: Mapping[str, Effect] = {
    "quantity": (4, 4, item_of("quantity")),
    "metadata": ({"a": "b"}, "b", lambda billing, found: found["items"].data[0].metadata["a"]),
    "tax_rates": (
        rate,
        21.0,
        lambda billing, found: found["items"].data[0].tax_rates[0].percentage,
    ),
    "discounts": (coupon, 1, lambda billing, found: len(found["items"].data[0].discounts)),
    "price": (
        lambda billing, found: billing.price(700),
        700,
        lambda billing, found: found["items"].data[0].price.unit_amount,
    ),
    "plan": (
        lambda billing, found: billing.price(800),
        800,
        lambda billing, found: found["items"].data[0].price.unit_amount,
    ),
}


@pytest.mark.parametrize("name", sorted(OF_ITEM))
def test_a_parameter_of_an_item_takes_effect(billing: Any, name: str) -> None:
    effect, customer = OF_ITEM[name], billing.customer().id
    made = billing.subscribe(customer, billing.price(1000))
    item = {"id": made["items"].data[0].id, name: value(effect, billing, customer)}

    changed = billing.stripe.subscriptions.update(made.id, {"items": [item]})

    assert effect[2](billing, changed) == effect[1]


def test_a_price_made_on_the_way_is_archived(billing: Any) -> None:
    """Stripe's page on pricing models, "Inline pricing"."""
    product = billing.stripe.products.create({"name": "Basic"}).id
    data = {"currency": "usd", "product": product, "unit_amount": 500}

    made = billing.stripe.subscriptions.create(
        {
            "customer": billing.customer().id,
            "items": [{"price_data": {**data, "recurring": {"interval": "month"}}}],
        }
    )

    assert made["items"].data[0].price.active is False


def test_pending_items_are_invoiced_at_their_own_interval(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(12000, "year"),
        pending_invoice_item_interval={"interval": "week"},
    )
    billing.stripe.invoice_items.create(
        {
            "customer": made.customer,
            "subscription": made.id,
            "amount": 700,
            "currency": "usd",
        }
    )

    billing.advance(days=15)

    found = billing.invoices(made.id)
    assert [(one.total, one.status, one.billing_reason) for one in found] == [
        (700, "paid", "automatic_pending_invoice_item_invoice"),
        (12000, "paid", "subscription_create"),
    ]
    assert billing.stripe.subscriptions.retrieve(
        made.id
    ).next_pending_invoice_item_invoice == moment("2026-04-22")


def test_setting_nothing_ends_the_interval_of_pending_items(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        pending_invoice_item_interval={"interval": "week"},
    )

    ended = billing.stripe.subscriptions.update(made.id, {"pending_invoice_item_interval": ""})

    assert (ended.pending_invoice_item_interval, ended.next_pending_invoice_item_invoice) == (
        None,
        None,
    )


def test_tiers_take_no_packages(billing: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="tiers"):
        billing.price(
            None,
            billing_scheme="tiered",
            tiers_mode="volume",
            tiers=[{"up_to": "inf", "unit_amount": 5}],
            transform_quantity={"divide_by": 2, "round": "up"},
        )
