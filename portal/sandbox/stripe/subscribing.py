"""How a subscription begins: its body, its first period or trial, its first invoice."""

from portal.sandbox.stripe import beginnings, collection, pending_intervals, redemption
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.customers import usable, use_currency
from portal.sandbox.stripe.subscription_billing import Billing, compose, note_billed
from portal.sandbox.stripe.subscription_ends import no_cancellation, set_cancellation
from portal.sandbox.stripe.subscription_events import announce
from portal.sandbox.stripe.subscription_items import (
    cadence_of,
    check_together,
    chosen_price,
    is_metered,
    new_item,
)
from portal.sandbox.stripe.subscription_settings import (
    check_days,
    invoice_settings,
    payment_settings,
    set_default_method,
    trial_settings,
)
from portal.sandbox.stripe.unit import Unit, merged

EXPIRY = 23 * 3600
MOST_PER_CUSTOMER = 500
UNMODELLED = (
    "application_fee_percent",
    "billing_schedules",
    "billing_thresholds",
    "customer_account",
    "default_source",
    "on_behalf_of",
    "transfer_data",
)
ENDED = ("canceled", "incomplete_expired")


def refuse_unmodelled(params: Json) -> None:
    """Raise `sandbox_unsupported` for what is not modelled, unless it is only being unset."""
    for name in UNMODELLED:
        if params.get(name) not in (None, "", []):
            raise unsupported(name, name)
    if (params.get("automatic_tax") or {}).get("enabled"):
        raise unsupported("automatic tax", "automatic_tax[enabled]")


def begin(unit: Unit, params: Json) -> tuple[Json, Json | None]:
    """Store a new, unannounced subscription; returns it and its first invoice as a draft.

    The draft is not stored; it is None when there is nothing to say (a free first period).
    """
    refuse_unmodelled(params)
    customer = _customer(unit, params)
    subscription = _body(unit, params, customer)
    beginning = beginnings.start(unit, params, subscription)
    flexible = subscription["billing_mode"]["type"] == "flexible"
    for item in subscription["items"]["data"]:
        period = beginning.period(cadence_of(unit, item), aligned=flexible)
        item |= {"current_period_start": period.start, "current_period_end": period.end}
    subscription["billing_cycle_anchor"] = beginning.anchor
    subscription["discounts"] = redemption.redeem(
        unit,
        params.get("discounts"),
        owner={"subscription": subscription["id"]},
        customer=customer["id"],
        currency=subscription["currency"],
        existing=[],
        start=beginning.since,
    )
    beginnings.check_discounts(unit, subscription, beginning)
    set_cancellation(unit, subscription, params)
    unit.put(subscription)
    use_currency(unit, customer, subscription["currency"])
    add_invoice_items(unit, subscription, params.get("add_invoice_items", []))
    draft = compose(
        unit,
        subscription,
        _first(unit, subscription, beginning, params),
        reason="subscription_create",
    )
    return subscription, draft


def _first(
    unit: Unit, subscription: Json, beginning: beginnings.Beginning, params: Json
) -> Billing:
    """Return what the first invoice holds besides pending items."""
    unprorated = params.get("proration_behavior") == "none"
    trial = beginning.trial_end is not None
    if unprorated and beginning.anchor > unit.now and not trial:
        return Billing()
    items = billable_at_start(unit, subscription, subscription["items"]["data"])
    flexible = subscription["billing_mode"]["type"] == "flexible"
    spans = {
        item["id"]: found
        for item in subscription["items"]["data"]
        if not unprorated and (found := beginnings.spans(unit, item, beginning, flexible=flexible))
    }
    items += [
        item for item in subscription["items"]["data"] if item["id"] in spans and item not in items
    ]
    return Billing(tuple(items), spans=spans, trial=trial)


def billable_at_start(unit: Unit, subscription: Json, items: list[Json]) -> list[Json]:
    """Return the items that a period's first invoice names; flexible mode leaves usage out."""
    if subscription["billing_mode"]["type"] == "classic":
        return list(items)
    return [item for item in items if not is_metered(unit, item)]


def create(unit: Unit, params: Json, *, draft_first: bool = False) -> Json:
    """Begin a subscription, bill it and announce it.

    With `draft_first` the first invoice is a draft for an hour, as schedules have it.
    """
    subscription, draft = begin(unit, params)
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior == "pending_if_incomplete":
        raise invalid(
            "payment_behavior=pending_if_incomplete is only for updates.", param="payment_behavior"
        )
    automatic = subscription["collection_method"] == "charge_automatically" and not draft_first
    if draft is not None:
        note_billed(subscription, draft)
        subscription["latest_invoice"] = draft["id"]
        unit.put(subscription)
        collection.store_draft(unit, draft, auto_advance=not automatic)
        if automatic:
            draft = collection.finalize(unit, draft)
    schedule(unit, unit.get("subscription", subscription["id"]))
    if automatic and draft is not None and draft["status"] == "open":
        _collect_first(unit, subscription["id"], draft, behavior, params)
    else:
        _activate(unit, subscription["id"])
    return announce(unit, subscription["id"])


def _activate(unit: Unit, subscription_id: str) -> None:
    subscription = unit.get("subscription", subscription_id)
    if subscription["status"] == "incomplete":
        trialing = (subscription["trial_end"] or 0) > unit.now
        subscription["status"] = "trialing" if trialing else "active"
        unit.put(subscription)


def _collect_first(
    unit: Unit, subscription_id: str, draft: Json, behavior: str, params: Json
) -> None:
    unit.schedule(unit.now + EXPIRY, "subscription.expire", subscription_id)
    if behavior == "default_incomplete":
        return
    refusal = collection.attempt(unit, draft["id"], off_session=params.get("off_session", False))
    if refusal is None:
        return
    if refusal.error.get("code") == "resource_missing":
        raise refusal
    if behavior == "error_if_incomplete":
        refusal.keeps = False
        raise refusal


def _customer(unit: Unit, params: Json) -> Json:
    if "customer" not in params:
        raise invalid(
            "Missing required param: customer.", param="customer", code="parameter_missing"
        )
    customer = usable(unit, params["customer"])
    others = unit.select("subscription", customer=customer["id"])
    if sum(other["status"] not in ENDED for other in others) >= MOST_PER_CUSTOMER:
        raise invalid(
            f"Customer {customer['id']} already has the maximum {MOST_PER_CUSTOMER} current "
            "subscriptions.",
            code="customer_max_subscriptions",
        )
    return customer


def _body(unit: Unit, params: Json, customer: Json) -> Json:
    entries = params.get("items") or []
    if not entries:
        raise invalid("Missing required param: items.", param="items", code="parameter_missing")
    currency = params.get("currency") or customer["currency"]
    first = chosen_price(unit, entries[0], params.get("currency"), "items[0]")
    if first is not None and (not currency or not _sold_in(first, currency)):
        currency = first["currency"]
    if customer["currency"] not in (None, currency):
        raise invalid(
            "You cannot combine currencies on a single customer. This customer has an active "
            "subscription, subscription schedule, discount, quote, or invoice item with currency "
            f"{customer['currency']}",
        )
    method = params.get("collection_method", "charge_automatically")
    check_days(method, params.get("days_until_due"))
    subscription: Json = {
        "id": unit.id("sub"),
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": unit.now,
        "billing_cycle_anchor_config": None,
        "billing_mode": _billing_mode(unit, params),
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": no_cancellation(),
        "collection_method": method,
        "created": unit.now,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "days_until_due": params.get("days_until_due"),
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": tax_rates.chosen(
            unit, params.get("default_tax_rates"), "default_tax_rates"
        ),
        "description": params.get("description") or None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": invoice_settings(None, params.get("invoice_settings")),
        "items": {"object": "list", "data": [], "has_more": False, "url": ""},
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": merged({}, params.get("metadata")),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": payment_settings(None, params.get("payment_settings")),
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": unit.now,
        "status": "incomplete",
        "status_details": None,
        "test_clock": unit.clock,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": trial_settings(None, params.get("trial_settings")),
        "trial_start": None,
        "_new": True,
    }
    subscription["items"]["url"] = f"/v1/subscription_items?subscription={subscription['id']}"
    set_default_method(unit, subscription, params)
    pending_intervals.set_interval(unit, subscription, params)
    for place, entry in enumerate(entries):
        subscription["items"]["data"].append(new_item(unit, subscription, entry, f"items[{place}]"))
    check_together(unit, subscription)
    return subscription


def _sold_in(price: Json, currency: str) -> bool:
    return price["currency"] == currency or currency in price["_currency_options"]


def _billing_mode(unit: Unit, params: Json) -> Json:
    """Return the mode; from 2025-09-30.clover on an unnamed one is flexible."""
    wanted = params.get("billing_mode") or {"type": "flexible"}
    if wanted["type"] == "classic":
        if "flexible" in wanted:
            raise invalid(
                "billing_mode[flexible] goes with billing_mode[type]=flexible.",
                param="billing_mode[flexible]",
            )
        return {"flexible": None, "type": "classic", "updated_at": None}
    detail = (wanted.get("flexible") or {}).get("proration_discounts", "included")
    return {
        "flexible": {"proration_discounts": detail},
        "type": "flexible",
        "updated_at": unit.now,
    }


def add_invoice_items(unit: Unit, subscription: Json, entries: list[Json]) -> list[Json]:
    """Make pending invoice items of one-off prices; they go on the next invoice."""
    made = []
    for place, entry in enumerate(entries):
        where = f"add_invoice_items[{place}]"
        if "period" in entry:
            raise unsupported("a period of add_invoice_items", f"{where}[period]")
        wanted: Json = {
            "customer": subscription["customer"],
            "currency": subscription["currency"],
            "subscription": subscription["id"],
        }
        for name in ("discountable", "discounts", "metadata", "price_data", "quantity"):
            if name in entry:
                wanted[name] = entry[name]
        if entry.get("tax_rates"):
            wanted["tax_rates"] = entry["tax_rates"]
        if "price" in entry:
            wanted["pricing"] = {"price": entry["price"]}
        made.append(unit.call("POST /v1/invoiceitems", wanted))
    return made


def schedule(unit: Unit, subscription: Json) -> None:
    """Put on the clock what comes next for a subscription: renewal, end, trial notice."""
    name = subscription["id"]
    for work in (
        "subscription.renew",
        "subscription.end",
        "subscription.trial_will_end",
        "subscription.upcoming",
    ):
        unit.unschedule(work, name)
    if subscription["status"] in (*ENDED, "paused"):
        return
    next_end = min(item["current_period_end"] for item in subscription["items"]["data"])
    end = subscription["cancel_at"]
    if end is not None:
        unit.schedule(end, "subscription.end", name)
    unit.schedule(next_end, "subscription.renew", name)
    notice = unit.setting("upcoming_days", 7) * DAY
    if next_end - notice > unit.now:
        unit.schedule(next_end - notice, "subscription.upcoming", name)
    trial_end = subscription["trial_end"]
    if trial_end and trial_end > unit.now and not subscription.get("_trial_noticed"):
        unit.schedule(max(unit.now, trial_end - 3 * DAY), "subscription.trial_will_end", name)
