"""How a subscription begins: its body, its first period or trial, its first invoice."""

from typing import Any

from portal.sandbox.stripe import collection, redemption
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY, anchor_from, period_at
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.customers import usable, use_currency
from portal.sandbox.stripe.subscription_billing import Billing, compose, note_billed
from portal.sandbox.stripe.subscription_events import announce
from portal.sandbox.stripe.subscription_items import (
    cadence_of,
    check_together,
    chosen_price,
    is_metered,
    new_item,
)
from portal.sandbox.stripe.unit import Unit, merged

EXPIRY = 23 * 3600
LONGEST_TRIAL = 730 * DAY
MOST_PER_CUSTOMER = 500
UNMODELLED = (
    "application_fee_percent",
    "backdate_start_date",
    "billing_schedules",
    "billing_thresholds",
    "customer_account",
    "default_source",
    "on_behalf_of",
    "pending_invoice_item_interval",
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
    anchor, trial_end = _start(unit, params, subscription)
    for item in subscription["items"]["data"]:
        period = period_at(anchor, cadence_of(unit, item), unit.now)
        item["current_period_start"] = unit.now
        item["current_period_end"] = trial_end or (anchor if anchor > unit.now else period.end)
    subscription["billing_cycle_anchor"] = anchor
    subscription["discounts"] = redemption.redeem(
        unit,
        params.get("discounts"),
        owner={"subscription": subscription["id"]},
        customer=customer["id"],
        currency=subscription["currency"],
        existing=[],
    )
    set_cancellation(unit, subscription, params)
    unit.put(subscription)
    use_currency(unit, customer, subscription["currency"])
    add_invoice_items(unit, subscription, params.get("add_invoice_items", []))
    free = anchor > unit.now and not trial_end and params.get("proration_behavior") == "none"
    items = [] if free else billable_at_start(unit, subscription, subscription["items"]["data"])
    draft = compose(
        unit,
        subscription,
        Billing(tuple(items), trial=bool(trial_end)),
        reason="subscription_create",
    )
    return subscription, draft


def billable_at_start(unit: Unit, subscription: Json, items: list[Json]) -> list[Json]:
    """Return the items that a period's first invoice names; flexible mode leaves usage out."""
    if subscription["billing_mode"]["type"] == "classic":
        return items
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


def check_days(method: str, days: int | None) -> None:
    """Refuse days until due without sending, and sending without them."""
    if method == "send_invoice" and days is None:
        raise invalid(
            "If collection_method is `send_invoice`, you must pass in `days_until_due`.",
            param="days_until_due",
            code="parameter_missing",
        )
    if method == "charge_automatically" and days is not None:
        raise invalid(
            "You can only set `days_until_due` if `collection_method` is `send_invoice`.",
            param="days_until_due",
        )
    if days is not None and not 0 <= days <= 3650:
        raise invalid(f"Invalid days_until_due: {days}", param="days_until_due")


def _start(unit: Unit, params: Json, subscription: Json) -> tuple[int, int | None]:
    """Return the anchor and the end of the trial, if there is one."""
    trial_end = wanted_trial_end(unit, params, subscription)
    config = params.get("billing_cycle_anchor_config")
    anchor = params.get("billing_cycle_anchor")
    if config and anchor is not None:
        raise invalid(
            "You may only specify one of these parameters: billing_cycle_anchor, "
            "billing_cycle_anchor_config.",
            param="billing_cycle_anchor_config",
        )
    if config:
        if trial_end:
            raise invalid(
                "billing_cycle_anchor_config cannot be combined with a trial.",
                param="billing_cycle_anchor_config",
            )
        anchor = anchor_from(config, unit.now)
        subscription["billing_cycle_anchor_config"] = {
            "day_of_month": config["day_of_month"],
            "hour": config.get("hour"),
            "minute": config.get("minute"),
            "month": config.get("month"),
            "second": config.get("second"),
        }
    if anchor is not None:
        if trial_end:
            raise unsupported("a billing cycle anchor together with a trial")
        _check_anchor(unit, subscription, anchor)
    if trial_end:
        subscription |= {"trial_start": unit.now, "trial_end": trial_end}
        return trial_end, trial_end
    return (unit.now if anchor is None else anchor), None


def _check_anchor(unit: Unit, subscription: Json, anchor: int) -> None:
    if anchor < unit.now:
        raise invalid("billing_cycle_anchor must be in the future.", param="billing_cycle_anchor")
    for item in subscription["items"]["data"]:
        natural = period_at(unit.now, cadence_of(unit, item), unit.now)
        if anchor > natural.end:
            raise invalid(
                "billing_cycle_anchor cannot be later than next natural billing date "
                f"({natural.end}) for plan",
                param="billing_cycle_anchor",
            )


def wanted_trial_end(unit: Unit, params: Json, subscription: Json) -> int | None:
    """Return where a trial that the parameters ask for ends; None for no trial."""
    if params.get("trial_from_plan") and "trial_end" in params:
        raise invalid(
            "You may only specify one of these parameters: trial_end, trial_from_plan.",
            param="trial_from_plan",
        )
    end: Any = params.get("trial_end")
    if end == "now":
        return None
    if end is None and params.get("trial_period_days"):
        end = unit.now + params["trial_period_days"] * DAY
    if end is None and params.get("trial_from_plan"):
        prices = [unit.get("price", item["price"]) for item in subscription["items"]["data"]]
        days = max(price["recurring"]["trial_period_days"] or 0 for price in prices)
        end = unit.now + days * DAY if days else None
    if end is None:
        return None
    if end <= unit.now:
        raise invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end"
        )
    if end > unit.now + LONGEST_TRIAL:
        raise invalid("Trial end can be at most two years from now.", param="trial_end")
    return int(end)


def no_cancellation() -> Json:
    """Return the details of a subscription that nobody canceled."""
    return {"comment": None, "feedback": None, "feedback_option": None, "reason": None}


def set_cancellation(unit: Unit, subscription: Json, params: Json) -> None:
    """Note when a subscription is to end, from `cancel_at` and `cancel_at_period_end`.

    The end itself is kept as work on the clock by `schedule`.
    """
    ends = [item["current_period_end"] for item in subscription["items"]["data"]]
    at = params.get("cancel_at")
    if params.get("cancel_at_period_end") and at not in (None, ""):
        raise invalid(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            param="cancel_at",
        )
    if params.get("cancel_at_period_end"):
        if len(set(ends)) > 1:
            raise invalid(
                "cancel_at_period_end cannot be used when the items' periods end at different "
                "times. Use cancel_at with min_period_end or max_period_end.",
                param="cancel_at_period_end",
            )
        _cancel_later(unit, subscription, max(ends), at_period_end=True)
    elif at not in (None, ""):
        named = {"min_period_end": min(ends), "max_period_end": max(ends)}
        moment = named.get(at, max(ends)) if isinstance(at, str) else at
        _check_cancel_at(unit, moment, ends, params)
        _cancel_later(unit, subscription, moment, at_period_end=False)
    elif at == "" or params.get("cancel_at_period_end") is False:
        keep_running(subscription)


def keep_running(subscription: Json) -> None:
    """Take back a scheduled cancellation."""
    if subscription["cancel_at"] is not None:
        subscription["cancellation_details"] = no_cancellation()
        subscription["canceled_at"] = None
    subscription |= {"cancel_at": None, "cancel_at_period_end": False}


def _check_cancel_at(unit: Unit, at: int, ends: list[int], params: Json) -> None:
    if at <= unit.now:
        raise invalid("cancel_at must be a timestamp in the future.", param="cancel_at")
    behavior = params.get("proration_behavior", "create_prorations")
    if at < max(ends) and at not in ends and behavior != "none":
        raise unsupported(
            "a cancel_at inside the current period with prorations (pass proration_behavior=none)",
            "cancel_at",
        )


def _cancel_later(unit: Unit, subscription: Json, at: int, *, at_period_end: bool) -> None:
    subscription |= {
        "cancel_at": at,
        "cancel_at_period_end": at_period_end,
        "canceled_at": unit.now,
    }
    subscription["cancellation_details"]["reason"] = "cancellation_requested"


def set_default_method(unit: Unit, subscription: Json, params: Json) -> None:
    """Take over `default_payment_method`; it must be one of the customer's."""
    if "default_payment_method" not in params:
        return
    name = params["default_payment_method"]
    if not name:
        subscription["default_payment_method"] = None
        return
    method = unit.get("payment_method", name, "default_payment_method")
    if method["customer"] != subscription["customer"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {name}. The payment method "
            "must be attached to the customer.",
            param="default_payment_method",
            code="resource_missing",
        )
    subscription["default_payment_method"] = name


def invoice_settings(old: Json | None, given: Json | None) -> Json:
    """Return the `invoice_settings` after a request."""
    settings = old or {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": {"type": "self"},
    }
    for name, value in (given or {}).items():
        if name == "issuer" and value["type"] != "self":
            raise unsupported("another issuer", "invoice_settings[issuer]")
        settings[name] = value or None
    return settings


def payment_settings(old: Json | None, given: Json | None) -> Json:
    """Return the `payment_settings` after a request."""
    settings = old or {
        "payment_method_options": None,
        "payment_method_types": None,
        "save_default_payment_method": "off",
    }
    if (given or {}).get("payment_method_options"):
        raise unsupported(
            "payment_settings.payment_method_options", "payment_settings[payment_method_options]"
        )
    for name, value in (given or {}).items():
        settings[name] = value or None
    return settings


def trial_settings(old: Json | None, given: Json | None) -> Json:
    """Return the `trial_settings` after a request."""
    behavior = {"billing_cycle_anchor": None, "missing_payment_method": "create_invoice"}
    if old:
        behavior = dict(old["end_behavior"])
    behavior |= (given or {}).get("end_behavior", {})
    return {"end_behavior": behavior}


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
