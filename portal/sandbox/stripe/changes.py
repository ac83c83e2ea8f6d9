"""Changing a subscription: new items, new periods, and what that costs from one second to the next.

`plan` works everything out on a copy; `carry_out` stores it, invoices it and collects. A preview
runs the same two inside a savepoint that is undone.
"""

import copy
from collections.abc import Callable

from portal.sandbox.stripe import collection, pending_intervals, pending_updates, redemption, usage
from portal.sandbox.stripe.beginnings import wanted_trial_end
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.periods import period_at
from portal.sandbox.stripe.prorating import Change, credit_after, prorate
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.subscribing import (
    ENDED,
    add_invoice_items,
    billable_at_start,
    refuse_unmodelled,
    schedule,
)
from portal.sandbox.stripe.subscription_billing import (
    Billing,
    compose,
    note_billed,
    outstanding,
)
from portal.sandbox.stripe.subscription_ends import set_cancellation
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.subscription_items import (
    cadence_of,
    check_together,
    chosen_price,
    is_metered,
    new_item,
    price_of,
    redeemed,
    refuse_unmodelled_of_item,
    set_quantity,
    whole_cost,
)
from portal.sandbox.stripe.subscription_settings import (
    check_days,
    invoice_settings,
    payment_settings,
    set_default_method,
    trial_settings,
)
from portal.sandbox.stripe.unit import Unit, merged

AFTER_THE_END = frozenset({"cancellation_details", "metadata"})
WHILE_INCOMPLETE = frozenset({"default_payment_method", "default_source", "metadata"})


def plan(unit: Unit, stored: Json, params: Json, *, managed: bool = False) -> Change:
    """Work out an update of a subscription; raises the 400 for what may not be.

    `managed` is for the subscription's own schedule, which alone may change its items.
    """
    refuse_unmodelled(params)
    _check_state(stored, params)
    if stored["schedule"] and not managed:
        _check_unmanaged(stored, params)
    change = Change(
        before=stored,
        after=copy.deepcopy(stored),
        behavior=params.get("proration_behavior", "create_prorations"),
        at=_proration_date(unit, stored, params),
    )
    after = change.after
    _set_fields(unit, after, params)
    after["discounts"] = redemption.redeem(
        unit,
        params.get("discounts"),
        owner={"subscription": after["id"]},
        customer=after["customer"],
        currency=after["currency"],
        existing=after["discounts"],
    )
    touched = _set_items(unit, after, params.get("items") or [])
    _set_periods(unit, change, params)
    _set_usage(unit, change)
    if change.behavior != "none" and stored["status"] not in ("trialing", "paused"):
        prorate(unit, change, touched, params)
    elif change.resets:
        for item in after["items"]["data"]:
            item["_debits"] = []
    _truncate(unit, change, params)
    set_cancellation(unit, after, params)
    if "cancellation_details" in params:
        after["cancellation_details"] |= {
            name: value or None for name, value in params["cancellation_details"].items()
        }
    return change


def _check_state(stored: Json, params: Json) -> None:
    changed = params.keys() - {"expand"}
    if stored["status"] in ENDED and not changed <= AFTER_THE_END:
        raise invalid(
            "A canceled subscription can only update its cancellation_details and metadata.",
            code="resource_missing" if stored["status"] == "canceled" else None,
        )
    if stored["status"] == "incomplete" and not changed <= WHILE_INCOMPLETE:
        raise invalid(
            "You cannot update a subscription in `incomplete` status in this way. Only the "
            "default payment method or metadata can be updated."
        )
    if stored["status"] == "paused" and {"items", "trial_end", "billing_cycle_anchor"} & changed:
        raise unsupported("changing the items of a paused subscription")


def _check_unmanaged(stored: Json, params: Json) -> None:
    changed = params.keys()
    if {"cancel_at", "cancel_at_period_end"} & changed:
        raise invalid(
            f"The subscription is managed by the subscription schedule `{stored['schedule']}`, "
            "and updating any cancelation behavior directly is not allowed. Please update the "
            "schedule instead.",
        )
    if "billing_cycle_anchor" in changed:
        raise unsupported("moving the anchor of a subscription that a schedule manages")
    if params.get("payment_behavior") == "pending_if_incomplete":
        raise unsupported("pending updates of a subscription that a schedule manages")


def _proration_date(unit: Unit, stored: Json, params: Json) -> int:
    at = params.get("proration_date")
    if at is None:
        return unit.now
    items = stored["items"]["data"]
    start = max(item["current_period_start"] for item in items)
    end = min(item["current_period_end"] for item in items)
    if not start <= at <= end:
        raise invalid(
            "Cannot specify proration date outside of current subscription period",
            param="proration_date",
        )
    return int(at)


def _set_fields(unit: Unit, after: Json, params: Json) -> None:
    if "metadata" in params:
        after["metadata"] = merged(after["metadata"], params["metadata"])
    if "description" in params:
        after["description"] = params["description"] or None
    if "collection_method" in params or "days_until_due" in params:
        method = str(params.get("collection_method", after["collection_method"]))
        days = params.get("days_until_due")
        if days is None and method == "send_invoice":
            days = after["days_until_due"]
        check_days(method, days)
        after |= {"collection_method": method, "days_until_due": days}
    set_default_method(unit, after, params)
    pending_intervals.set_interval(unit, after, params)
    if "default_tax_rates" in params:
        after["default_tax_rates"] = tax_rates.chosen(
            unit, params["default_tax_rates"], "default_tax_rates"
        )
    builders: dict[str, Callable[[Json | None, Json | None], Json]] = {
        "invoice_settings": invoice_settings,
        "payment_settings": payment_settings,
        "trial_settings": trial_settings,
    }
    for name, build in builders.items():
        if name in params:
            after[name] = build(after[name], params[name])
    if "pause_collection" in params:
        pause = params["pause_collection"] or None
        after["pause_collection"] = pause and {
            "behavior": pause["behavior"],
            "resumes_at": pause.get("resumes_at"),
        }
        unit.unschedule("subscription.collect_again", after["id"])
        if pause and pause.get("resumes_at"):
            unit.schedule(pause["resumes_at"], "subscription.collect_again", after["id"])


def _set_items(unit: Unit, after: Json, entries: list[Json]) -> set[str]:
    """Change the items as asked; returns the ids of those whose cost changes, gone ones too."""
    items: list[Json] = after["items"]["data"]
    touched: set[str] = set()
    for place, entry in enumerate(entries):
        where = f"items[{place}]"
        if "id" not in entry:
            if entry.get("deleted"):
                raise invalid("You must pass an id to delete an item.", param=f"{where}[id]")
            item = new_item(unit, after, entry, where)
            items.append(item)
            touched.add(item["id"])
            continue
        found = next((item for item in items if item["id"] == entry["id"]), None)
        if found is None:
            raise missing("subscription_item", entry["id"], f"{where}[id]")
        if entry.get("deleted"):
            items.remove(found)
            touched.add(found["id"])
        elif _set_item(unit, after, found, entry, where):
            touched.add(found["id"])
    if entries:
        check_together(unit, after)
    return touched


def _set_item(unit: Unit, after: Json, item: Json, entry: Json, where: str) -> bool:
    refuse_unmodelled_of_item(entry, where)
    old = (item["price"], item["quantity"])
    price = chosen_price(unit, entry, after["currency"], where)
    if price is not None and price["id"] != item["price"]:
        item["price"] = price["id"]
        set_quantity(unit, item, entry, where)
    elif "quantity" in entry:
        set_quantity(unit, item, entry, where)
    if "metadata" in entry:
        item["metadata"] = merged(item["metadata"], entry["metadata"])
    if "tax_rates" in entry:
        item["tax_rates"] = tax_rates.chosen(unit, entry["tax_rates"], f"{where}[tax_rates]")
    item["discounts"] = redeemed(unit, after, item, entry, where)
    return old != (item["price"], item["quantity"])


def _set_periods(unit: Unit, change: Change, params: Json) -> None:
    """Give new items their periods, and all items new ones if the cycle begins anew."""
    before, after = change.before, change.after
    trialing = before["status"] == "trialing"
    anchor = (params.get("billing_cycle_anchor") or {}).get("type", "unchanged")
    wish = params.get("trial_end")
    if trialing and wish == "now":
        after |= {"trial_end": unit.now, "status": "active"}
        change.resets = True
    elif wish not in (None, "now") or params.get("trial_from_plan"):
        _extend_trial(unit, change, params, trialing=trialing)
        return
    elif anchor == "now":
        if trialing:
            raise unsupported("resetting the anchor during a trial (pass trial_end=now)")
        change.resets = True
    elif not trialing and after["billing_mode"]["type"] == "classic":
        change.resets = _resets_in_classic(unit, before, after)
    if change.resets:
        after |= {"billing_cycle_anchor": unit.now, "billing_cycle_anchor_config": None}
        for item in after["items"]["data"]:
            period = period_at(unit.now, cadence_of(unit, item), unit.now)
            item |= {"current_period_start": period.start, "current_period_end": period.end}
        return
    _fit_new_items(unit, change, trialing=trialing)


def _extend_trial(unit: Unit, change: Change, params: Json, *, trialing: bool) -> None:
    after = change.after
    end = wanted_trial_end(unit, params, after)
    if end is None:
        return
    if not trialing:
        _begin_trial(unit, change, end)
        return
    after |= {"trial_end": end, "billing_cycle_anchor": end, "_trial_noticed": False}
    start = change.before["items"]["data"][0]["current_period_start"]
    for item in after["items"]["data"]:
        item |= {
            "current_period_start": item["current_period_start"] or start,
            "current_period_end": end,
        }


def _begin_trial(unit: Unit, change: Change, end: int) -> None:
    """Put a running subscription on trial: the anchor moves to its end, an invoice of nothing is
    made at once (docs.stripe.com/billing/subscriptions/billing-cycle, "using a trial period").
    """
    after = change.after
    if after["status"] not in ("active", "past_due"):
        raise unsupported(f"a trial for a subscription that is {after['status']}", "trial_end")
    first = after["trial_start"]
    if first is None or after["billing_mode"]["type"] == "flexible":
        first = unit.now
    after |= {
        "status": "trialing",
        "trial_start": first,
        "trial_end": end,
        "billing_cycle_anchor": end,
        "billing_cycle_anchor_config": None,
        "_trial_noticed": False,
        "_keeps_anchor": False,
    }
    for item in after["items"]["data"]:
        item |= {"current_period_start": unit.now, "current_period_end": end}
    change.resets = change.trial = True


def _truncate(unit: Unit, change: Change, params: Json) -> None:
    """End the running period where the subscription is to be canceled inside it.

    The time after that is credited unless prorations are off; classic mode moves the anchor.
    """
    after = change.after
    at = params.get("cancel_at")
    touches = {"cancel_at", "cancel_at_period_end"} & params.keys()
    if after.get("_truncated") and (touches or change.resets):
        raise unsupported("moving an end that was put inside the period", "cancel_at")
    if not isinstance(at, int) or at <= unit.now or change.behavior == "none":
        return
    items = after["items"]["data"]
    if at >= min(item["current_period_end"] for item in items):
        return
    if change.resets or change.prorations or after["status"] != "active":
        raise unsupported("a cancel_at inside the period together with other changes", "cancel_at")
    credit_after(unit, change, at)
    for item in items:
        item["current_period_end"] = at
    if after["billing_mode"]["type"] == "classic":
        after["billing_cycle_anchor"] = at
    after["_truncated"] = True


def _resets_in_classic(unit: Unit, before: Json, after: Json) -> bool:
    """Whether the interval changes, or what was free begins to cost."""
    old, new = before["items"]["data"], after["items"]["data"]
    if {cadence_of(unit, item) for item in old} != {cadence_of(unit, item) for item in new}:
        return True
    return _is_free(unit, before) and not _is_free(unit, after)


def _is_free(unit: Unit, subscription: Json) -> bool:
    currency = subscription["currency"]
    return all(
        whole_cost(unit, {**item, "quantity": 1}, currency) == 0 and not is_metered(unit, item)
        for item in subscription["items"]["data"]
    )


def _fit_new_items(unit: Unit, change: Change, *, trialing: bool) -> None:
    old = {item["id"]: item for item in change.before["items"]["data"]}
    for item in change.after["items"]["data"]:
        known = old.get(item["id"])
        if known and cadence_of(unit, known) == cadence_of(unit, item):
            continue
        if known:
            if trialing:
                continue
            raise unsupported(
                "changing an item's interval in flexible billing mode without "
                "billing_cycle_anchor[type]=now",
                "items",
            )
        fellow = change.before["items"]["data"][0]
        same = [one for one in old.values() if cadence_of(unit, one) == cadence_of(unit, item)]
        if trialing or same:
            model = same[0] if same else fellow
            item |= {
                "current_period_start": model["current_period_start"],
                "current_period_end": model["current_period_end"],
            }
            continue
        anchor = change.after["billing_cycle_anchor"]
        period = period_at(anchor, cadence_of(unit, item), unit.now)
        item |= {"current_period_start": unit.now, "current_period_end": period.end}


def _set_usage(unit: Unit, change: Change) -> None:
    """Begin counting usage anew where a metered item changes its price or its period.

    docs.stripe.com/billing/subscriptions/billing-mode: flexible mode bills usage at the price it
    was reported at, classic mode forgets what was reported before the change.
    """
    if change.resets:
        return
    old = {item["id"]: item for item in change.before["items"]["data"]}
    for item in change.after["items"]["data"]:
        known = old.get(item["id"])
        if known is None or known["price"] == item["price"]:
            continue
        flexible = change.after["billing_mode"]["type"] == "flexible"
        if not flexible or not is_metered(unit, known):
            usage.start_over(item, unit.now)
            continue
        tiered = "tiered" in (price_of(unit, one)["billing_scheme"] for one in (known, item))
        if tiered or not is_metered(unit, item):
            if usage.is_unbilled(unit, known, change.before["customer"], unit.now):
                raise unsupported("changing a tiered or licensed price in the middle of usage")
            usage.start_over(item, unit.now)
        else:
            usage.change_price(item, known["price"], unit.now)


def bill(unit: Unit, change: Change, params: Json) -> Json | None:
    """Store the prorations and return the immediate invoice, if there is one, not yet stored."""
    for item in change.prorations:
        unit.add(item, "invoiceitem.created")
    change.extra = add_invoice_items(unit, change.after, params.get("add_invoice_items", []))
    if not change.invoices_now:
        return None
    after = change.after
    flexible = after["billing_mode"]["type"] == "flexible"
    only = frozenset(item["id"] for item in [*change.prorations, *change.extra])
    items = billable_at_start(unit, after, after["items"]["data"]) if change.resets else []
    ended = outstanding(unit, change.before, unit.now) if change.resets else {}
    if ended:
        kept = {item["id"] for item in after["items"]["data"]}
        used = {item["id"]: item for item in change.before["items"]["data"] if item["id"] in kept}
        items = [item for item in items if item["id"] not in ended]
        items += [used[name] for name in ended if name in used]
    draft = compose(
        unit,
        after,
        Billing(
            tuple(items),
            ended=ended,
            trial=change.trial,
            pending=flexible or (change.resets and change.behavior != "always_invoice"),
            only=only,
        ),
        reason="subscription_update",
    )
    if change.resets:
        for item in after["items"]["data"]:
            usage.start_over(item, unit.now)
    if draft is not None:
        note_billed(after, draft)
        after["latest_invoice"] = draft["id"]
    return draft


def carry_out(unit: Unit, change: Change, params: Json) -> Json:
    """Store a change, make its invoice and collect it as `payment_behavior` says."""
    behavior = params.get("payment_behavior", "allow_incomplete")
    name = change.after["id"]
    draft = bill(unit, change, params)
    if behavior == "pending_if_incomplete" and draft is not None:
        return _carry_out_if_paid(unit, change, draft, params)
    schedule(unit, change.after)
    keep(unit, change.after)
    _forget_items(unit, change)
    if draft is None:
        return unit.get("subscription", name)
    collection.store_draft(unit, draft, auto_advance=False)
    draft = collection.finalize(unit, draft)
    if draft["status"] != "open":
        return unit.get("subscription", name)
    if change.after["collection_method"] == "send_invoice":
        collection.send(unit, draft)
    elif behavior == "default_incomplete":
        subscription = unit.get("subscription", name)
        subscription["status"] = "past_due"
        keep(unit, subscription)
    else:
        refusal = collection.attempt(
            unit, draft["id"], off_session=params.get("off_session", False)
        )
        if refusal is not None and behavior == "error_if_incomplete":
            refusal.keeps = False
            raise refusal
    return unit.get("subscription", name)


def _carry_out_if_paid(unit: Unit, change: Change, draft: Json, params: Json) -> Json:
    before, after = change.before, change.after
    changes = {
        field: value
        for field, value in after.items()
        if value != before.get(field) and field != "latest_invoice"
    }
    subscription = unit.get("subscription", before["id"])
    subscription["latest_invoice"] = draft["id"]
    pending_updates.hold(subscription, draft["id"], changes)
    keep(unit, subscription)
    collection.store_draft(unit, draft, auto_advance=False)
    draft = collection.finalize(unit, draft)
    if draft["status"] == "open":
        refusal = collection.attempt(
            unit, draft["id"], off_session=params.get("off_session", False)
        )
        if refusal is not None:
            return pending_updates.show(unit, unit.get("subscription", before["id"]), params)
    _forget_items(unit, change)
    return unit.get("subscription", before["id"])


def _forget_items(unit: Unit, change: Change) -> None:
    kept = {item["id"] for item in change.after["items"]["data"]}
    for item in change.before["items"]["data"]:
        if item["id"] not in kept:
            unit.remove({"id": item["id"], "object": "subscription_item"})


def update(unit: Unit, stored: Json, params: Json) -> Json:
    """Plan an update and carry it out."""
    if params.get("payment_behavior") == "pending_if_incomplete":
        pending_updates.check(unit, stored, params)
    if stored.get("_pending") and ("items" in params or "billing_cycle_anchor" in params):
        stored = pending_updates.drop(unit, stored)
    return carry_out(unit, plan(unit, stored, params), params)
