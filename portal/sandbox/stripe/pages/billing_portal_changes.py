"""The customer portal's pages of a change: what may be chosen, what it costs, and making it."""

from typing import Any

from flask import request

from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.documents import day
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.pages.billing_portal import price_words
from portal.sandbox.stripe.pages.billing_portal_subscriptions import ADDRESS, UPDATE, coupon_words
from portal.sandbox.stripe.pages.invoice import sums
from portal.sandbox.stripe.portal_limits import may_not_switch, may_not_update
from portal.sandbox.stripe.portal_visits import Visit, visited
from portal.sandbox.stripe.promotion_limits import may_not_redeem
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources.promotion_codes import typed

CODE = "promotion_code"


@page(ADDRESS + "/update")
@visited
def choose(visit: Visit, subscription_id: str) -> Any:
    """Shows the prices and quantities to choose from, and a field for a promotion code."""
    subscription = visit.subscription(subscription_id)
    reason = _may_not_update(visit, subscription)
    return visit.note("Change", [reason]) if reason else _choices(visit, subscription)


@page(ADDRESS + "/confirm")
@visited
def confirm(visit: Visit, subscription_id: str) -> Any:
    """Shows what a change costs, to the cent, and makes it."""
    subscription = visit.subscription(subscription_id)
    reason = _may_not_update(visit, subscription)
    if reason:
        return visit.note("Change", [reason])
    code = request.values.get(CODE, "").strip()
    answer, error = visit.unit.attempt(lambda: _confirm(visit, subscription, code))
    if error is None:
        return answer
    if error.error.get("param") == CODE:
        return _ask_again(visit, subscription, code, str(error)), error.status
    return visit.note("Change", [str(error)]), error.status


def _choices(visit: Visit, subscription: Json, code: str = "", problem: str = "") -> str:
    allowed = _allowed(visit)
    item = subscription["items"]["data"][0]
    prices = [
        (one["id"], price_words(visit.unit, one))
        for one in _offered(visit)
        if "price" in allowed
        and (one["id"] == item["price"]["id"] or not may_not_switch(visit.unit, subscription, one))
    ]
    return visit.page(
        "portal_update.html",
        "Change your subscription",
        prices=prices,
        current=item["price"]["id"],
        chosen=request.values.get("price", item["price"]["id"]),
        bounds=_bounds(visit, item["price"]["product"]) if "quantity" in allowed else None,
        quantity=request.values.get("quantity", item["quantity"]),
        takes_code=CODE in allowed,
        code=code,
        problem=problem,
        action=f"{visit.home}/subscriptions/{subscription['id']}/confirm",
    )


def _ask_again(visit: Visit, subscription: Json, code: str, problem: str) -> str:
    """The page that the refused code was typed on, which says why beside the field."""
    if _flow(visit):
        return _preview(visit, subscription, _wanted(visit, subscription), None, code, problem)
    return _choices(visit, subscription, code, problem)


def _may_not_update(visit: Visit, subscription: Json) -> str | None:
    if not visit.features["subscription_update"]["enabled"]:
        return "This is not possible here."
    return may_not_update(visit.unit, subscription)


def _allowed(visit: Visit) -> list[str]:
    found: list[str] = visit.features["subscription_update"]["default_allowed_updates"]
    return found


def _flow(visit: Visit) -> Json | None:
    """The change that the session asks to confirm, if it is for one."""
    return (visit.flow or {}).get("subscription_update_confirm")


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
    flow = _flow(visit)
    if flow:
        given = flow["items"][0]
        price_id, quantity = given["price"] or item["price"]["id"], given["quantity"]
    else:
        price_id = request.values.get("price") or item["price"]["id"]
        quantity = request.values.get("quantity", type=int)
    quantity = quantity or item["quantity"]
    allowed = _allowed(visit)
    price = visit.unit.get("price", price_id, "price")
    if price_id != item["price"]["id"]:
        reason = may_not_switch(visit.unit, subscription, price)
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


def _confirm(visit: Visit, subscription: Json, code: str) -> Any:
    item = _wanted(visit, subscription)
    promotion = _promotion(visit, subscription, item, code) if code else None
    if _is_deferred(visit, subscription, item):
        return _confirm_later(visit, subscription, item)
    if request.method != "POST":
        return _preview(visit, subscription, item, promotion)
    change = _change(visit, subscription, item) | _discounts(visit, subscription, promotion)
    visit.unit.call(UPDATE, change, subscription_exposed_id=subscription["id"])
    return visit.finish()


def _preview(
    visit: Visit,
    subscription: Json,
    item: Json,
    promotion: Json | None,
    code: str = "",
    problem: str = "",
) -> str:
    flow = _flow(visit)
    change = _change(visit, subscription, item)
    wanted: Json = {"subscription": subscription["id"], "subscription_details": change}
    wanted |= _discounts(visit, subscription, promotion)
    invoice = visit.unit.call("POST /v1/invoices/create_preview", wanted)
    due = in_words(invoice["amount_due"], invoice["currency"])
    return visit.page(
        "portal_confirm.html",
        "Confirm the change",
        text=[
            _item_words(visit, item),
            *_promotion_words(visit, promotion),
            f"The next invoice: {due}.",
        ],
        sums=sums(visit.unit, invoice),
        takes_code=flow is not None and CODE in _allowed(visit) and not flow["discounts"],
        code=promotion["code"] if promotion else code,
        problem=problem,
    )


def _confirm_later(visit: Visit, subscription: Json, item: Json) -> Any:
    if request.method == "POST":
        _schedule(visit, subscription, item)
        return visit.finish()
    end = subscription["items"]["data"][0]["current_period_end"]
    text = [_item_words(visit, item), f"From {day(end)}."]
    return visit.note("Confirm the change", text, [("confirm", "Confirm")])


def _change(visit: Visit, subscription: Json, item: Json) -> Json:
    """The update without its discounts; a code alone leaves trial and billing dates as they are."""
    feature = visit.features["subscription_update"]
    change: Json = {"proration_behavior": feature["proration_behavior"]}
    old = subscription["items"]["data"][0]
    if (item["price"], item["quantity"]) == (old["price"]["id"], old["quantity"]):
        return change
    change["items"] = [item]
    if subscription["status"] == "trialing" and feature["trial_update_behavior"] == "end_trial":
        change["trial_end"] = "now"
    elif feature["billing_cycle_anchor"] == "now":
        change["billing_cycle_anchor"] = {"type": "now"}
    return change


def _promotion(visit: Visit, subscription: Json, item: Json, code: str) -> Json:
    """The promotion code that was typed; raises the refusal that is shown beside its field."""
    promotion = typed(visit.unit, code)
    if CODE not in _allowed(visit) or (_flow(visit) or {}).get("discounts"):
        reason: str | None = "No code can be entered here."
    elif promotion is None:
        reason = "This code does not exist. Check how it is written."
    elif _is_deferred(visit, subscription, item):
        reason = "This change waits for the end of the period. Enter the code by itself first."
    else:
        reason = may_not_redeem(visit.unit, promotion, subscription, item)
    if promotion is None or reason:
        raise invalid(str(reason), param=CODE)
    return promotion


def _promotion_words(visit: Visit, promotion: Json | None) -> list[str]:
    if promotion is None:
        return []
    coupon = visit.unit.get("coupon", promotion["promotion"]["coupon"])
    return [f"Promotion code {promotion['code']}: {coupon_words(coupon)}."]


def _discounts(visit: Visit, subscription: Json, promotion: Json | None) -> Json:
    """The parameter of what is new: a typed code comes to the others, a flow's own replaces them.

    Stripe does not say what its portal does with the discounts that are there: none is taken away.
    """
    if promotion:
        kept = [{"discount": one} for one in subscription["discounts"]]
        return {"discounts": [*kept, {CODE: promotion["id"]}]}
    given = (_flow(visit) or {}).get("discounts") or []
    discounts = [{name: one for name, one in entry.items() if one} for entry in given]
    return {"discounts": discounts} if discounts else {}


def _item_words(visit: Visit, item: Json) -> str:
    return f"{item['quantity']} × {price_words(visit.unit, visit.unit.get('price', item['price']))}"


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
    trial = {"trial_end": phase["trial_end"]} if phase["trial_end"] else {}
    dates = {"start_date": phase["start_date"], "end_date": phase["end_date"]}
    phases = [
        {"items": [now], **dates, **trial},
        {"items": [then], "duration": duration},
    ]
    unit.call(
        "POST /v1/subscription_schedules/{schedule}",
        {"phases": phases, "end_behavior": "release", "proration_behavior": "none"},
        schedule=schedule["id"],
    )
