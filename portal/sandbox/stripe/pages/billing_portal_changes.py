"""The customer portal's pages of a change: what may be chosen, what it costs, and making it."""

from typing import Any

from flask import request

from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.documents import day
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.pages.billing_portal import price_words
from portal.sandbox.stripe.pages.billing_portal_subscriptions import ADDRESS, UPDATE
from portal.sandbox.stripe.portal_limits import may_not_switch, may_not_update
from portal.sandbox.stripe.portal_visits import Visit, visited
from portal.sandbox.stripe.registry import page


@page(ADDRESS + "/update")
@visited
def choose(visit: Visit, subscription_id: str) -> Any:
    """Shows the prices and quantities to choose from."""
    subscription = visit.subscription(subscription_id)
    reason = _may_not_update(visit, subscription)
    if reason:
        return visit.note("Change", [reason])
    allowed = visit.features["subscription_update"]["default_allowed_updates"]
    item = subscription["items"]["data"][0]
    prices = [
        (one["id"], price_words(visit.unit, one), one["id"] == item["price"]["id"])
        for one in _offered(visit)
        if "price" in allowed
        and (one["id"] == item["price"]["id"] or not may_not_switch(subscription, one))
    ]
    bounds = _bounds(visit, item["price"]["product"]) if "quantity" in allowed else None
    return visit.page(
        "portal_update.html",
        "Change your subscription",
        prices=prices,
        bounds=bounds,
        quantity=item["quantity"],
        action=f"{visit.home}/subscriptions/{subscription_id}/confirm",
    )


@page(ADDRESS + "/confirm")
@visited
def confirm(visit: Visit, subscription_id: str) -> Any:
    """Shows what a change costs, to the cent, and makes it."""
    subscription = visit.subscription(subscription_id)
    reason = _may_not_update(visit, subscription)
    if reason:
        return visit.note("Change", [reason])
    answer, error = visit.unit.attempt(lambda: _confirm(visit, subscription))
    return answer if error is None else (visit.note("Change", [str(error)]), error.status)


def _may_not_update(visit: Visit, subscription: Json) -> str | None:
    if not visit.features["subscription_update"]["enabled"]:
        return "This is not possible here."
    return may_not_update(visit.unit, subscription)


def _offered(visit: Visit) -> list[Json]:
    ids = [one for product in visit.configuration["_products"] for one in product["prices"]]
    return [visit.unit.get("price", one) for one in ids]


def _bounds(visit: Visit, product_id: str) -> Json | None:
    for product in visit.configuration["_products"]:
        if product["product"] == product_id and product["adjustable_quantity"]["enabled"]:
            found: Json = product["adjustable_quantity"]
            return found
    return None


def _wanted(visit: Visit, subscription: Json) -> Json:
    """The item as it shall be, from the flow or from the page before, checked."""
    item = subscription["items"]["data"][0]
    flow = (visit.flow or {}).get("subscription_update_confirm")
    if flow:
        given = flow["items"][0]
        price_id, quantity = given["price"] or item["price"]["id"], given["quantity"]
    else:
        price_id = request.values.get("price") or item["price"]["id"]
        quantity = request.values.get("quantity", type=int)
    quantity = quantity or item["quantity"]
    allowed = visit.features["subscription_update"]["default_allowed_updates"]
    price = visit.unit.get("price", price_id, "price")
    if price_id != item["price"]["id"]:
        reason = may_not_switch(subscription, price)
        if "price" not in allowed or price_id not in [one["id"] for one in _offered(visit)]:
            reason = "This price is not offered."
        if reason:
            raise invalid(reason, param="price")
    if quantity != item["quantity"]:
        bounds = _bounds(visit, price["product"])
        most = (bounds or {}).get("maximum") or quantity
        if not bounds or "quantity" not in allowed or not bounds["minimum"] <= quantity <= most:
            raise invalid("This quantity is not offered.", param="quantity")
    return {"id": item["id"], "price": price_id, "quantity": quantity}


def _confirm(visit: Visit, subscription: Json) -> Any:
    unit, feature = visit.unit, visit.features["subscription_update"]
    item = _wanted(visit, subscription)
    flow = (visit.flow or {}).get("subscription_update_confirm") or {}
    discounts = [
        {name: one for name, one in entry.items() if one} for entry in flow.get("discounts") or []
    ]
    price = unit.get("price", item["price"])
    if _is_deferred(visit, subscription, item):
        if request.method == "POST":
            _schedule(visit, subscription, item)
            return visit.finish()
        end = subscription["items"]["data"][0]["current_period_end"]
        text = [f"{item['quantity']} × {price_words(unit, price)}", f"From {day(end)}."]
        return visit.note("Confirm the change", text, [("confirm", "Confirm")])
    change: Json = {"items": [item], "proration_behavior": feature["proration_behavior"]}
    if subscription["status"] == "trialing" and feature["trial_update_behavior"] == "end_trial":
        change["trial_end"] = "now"
    elif feature["billing_cycle_anchor"] == "now":
        change["billing_cycle_anchor"] = {"type": "now"}
    if request.method == "POST":
        more: Json = {"discounts": discounts} if discounts else {}
        unit.call(UPDATE, change | more, subscription_exposed_id=subscription["id"])
        return visit.finish()
    wanted: Json = {"subscription": subscription["id"], "subscription_details": change}
    if discounts:
        wanted["discounts"] = discounts
    preview = unit.call("POST /v1/invoices/create_preview", wanted)
    due = in_words(preview["amount_due"], preview["currency"])
    text = [f"{item['quantity']} × {price_words(unit, price)}", f"The next invoice: {due}."]
    return visit.note("Confirm the change", text, [("confirm", "Confirm")])


def _is_deferred(visit: Visit, subscription: Json, item: Json) -> bool:
    conditions = visit.features["subscription_update"]["schedule_at_period_end"]["conditions"]
    old = subscription["items"]["data"][0]
    new = visit.unit.get("price", item["price"])
    if new["product"] != old["price"]["product"]:
        return False
    days = {"day": 1, "week": 7, "month": 30, "year": 365}
    shorter = (
        days[new["recurring"]["interval"]] * new["recurring"]["interval_count"]
        < days[old["price"]["recurring"]["interval"]] * old["price"]["recurring"]["interval_count"]
    )
    before = (old["price"]["unit_amount"] or 0) * old["quantity"]
    after = (new["unit_amount"] or 0) * item["quantity"]
    truths = {"shortening_interval": shorter, "decreasing_item_amount": after < before}
    return any(truths[one["type"]] for one in conditions)


def _schedule(visit: Visit, subscription: Json, item: Json) -> None:
    unit = visit.unit
    route = "POST /v1/subscription_schedules"
    schedule = unit.call(route, {"from_subscription": subscription["id"]})
    phase = schedule["phases"][0]
    old = subscription["items"]["data"][0]
    now = {"price": old["price"]["id"], "quantity": old["quantity"]}
    then = {"price": item["price"], "quantity": item["quantity"]}
    new = unit.get("price", item["price"])["recurring"]
    duration = {"interval": new["interval"], "interval_count": new["interval_count"]}
    phases = [
        {"items": [now], "start_date": phase["start_date"], "end_date": phase["end_date"]},
        {"items": [then], "duration": duration},
    ]
    unit.call(
        "POST /v1/subscription_schedules/{schedule}",
        {"phases": phases, "end_behavior": "release", "proration_behavior": "none"},
        schedule=schedule["id"],
    )
