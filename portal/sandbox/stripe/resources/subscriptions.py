"""Subscriptions: create, change, pause, resume, cancel, list."""

from portal.sandbox.stripe import (
    changes,
    clocks,
    pausing,
    redemption,
    renewals,
    scheduling,
    subscribing,
    subscription_status,
)
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.prorating import credit_all
from portal.sandbox.stripe.registry import listens, renders, route
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.subscription_items import price_of
from portal.sandbox.stripe.unit import Unit

URL = "/v1/subscriptions"
ONE = URL + "/{subscription_exposed_id}"
OF = URL + "/{subscription}"
ENDED = subscribing.ENDED
_ = renewals


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Starts one; what the first invoice does to it hangs on `payment_behavior`."""
    clocks.check_subscriptions(unit, params.get("customer", ""))
    return subscribing.create(unit, params)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; canceled ones only when asked for (`status=all`, `canceled` or `ended`)."""
    for name in ("automatic_tax", "customer_account"):
        if name in params:
            raise unsupported(name, name)
    where: Json = {
        "customer": params.get("customer"),
        "collection_method": params.get("collection_method"),
        "created": params.get("created"),
        "test_clock": clocks.listed(unit, params, "customer"),
    }
    for name in ("current_period_start", "current_period_end"):
        if name in params:
            where[f"items.data[0].{name}"] = params[name]
    status = params.get("status")
    if status == "ended":
        where["status"] = list(ENDED)
    elif status is None:
        where["status"] = [
            "active",
            "incomplete",
            "past_due",
            "paused",
            "trialing",
            "unpaid",
            "incomplete_expired",
        ]
    elif status != "all":
        where["status"] = status
    wanted = params.get("price") or params.get("plan")
    if wanted is not None:
        unit.get("price", wanted, "price")
        where["id"] = [
            one["id"]
            for one in unit.select("subscription", customer=params.get("customer"))
            if any(price_of(unit, item)["id"] == wanted for item in one["items"]["data"])
        ]
        if not where["id"]:
            where["id"] = ""
    return unit.page("subscription", params, URL, where)


@route("GET", ONE)
def retrieve(unit: Unit, params: Json, subscription_exposed_id: str) -> Json:
    """One subscription."""
    _ = params
    return unit.get("subscription", subscription_exposed_id)


@route("POST", ONE)
def update(unit: Unit, params: Json, subscription_exposed_id: str) -> Json:
    """Changes items, dates and settings, prorating and invoicing as asked."""
    stored = unit.get("subscription", subscription_exposed_id)
    changed = changes.update(unit, stored, params)
    scheduling.note_direct_change(unit, changed, params)
    return changed


@route("DELETE", ONE)
def cancel(unit: Unit, params: Json, subscription_exposed_id: str) -> Json:
    """Ends one now, crediting unused time and invoicing what is open if asked."""
    stored = unit.get("subscription", subscription_exposed_id)
    if stored["status"] in ENDED:
        raise missing("subscription", subscription_exposed_id)
    details = params.get("cancellation_details") or {}
    stored["cancellation_details"] |= {name: value or None for name, value in details.items()}
    if params.get("prorate"):
        change = credit_all(unit, stored, unit.now)
        for item in change.prorations:
            unit.add(item, "invoiceitem.created")
    ended = subscription_status.end(unit, stored, reason="cancellation_requested")
    if not params.get("invoice_now"):
        return ended
    return subscription_status.invoice_the_rest(unit, ended)


@route("DELETE", ONE + "/discount")
def delete_discount(unit: Unit, params: Json, subscription_exposed_id: str) -> Json:
    """Takes the discounts from a subscription."""
    _ = params
    stored = unit.get("subscription", subscription_exposed_id)
    if not stored["discounts"]:
        raise invalid("No active discount for subscription", code="resource_missing", status=404)
    last = unit.get("discount", stored["discounts"][-1])
    redemption.end_discounts(unit, stored["discounts"])
    stored["discounts"] = []
    keep(unit, stored)
    return {name: value for name, value in last.items() if name != "end"} | {"deleted": True}


@route("POST", OF + "/pause")
def pause(unit: Unit, params: Json, subscription: str) -> Json:
    """Pauses one now."""
    return pausing.pause(unit, unit.get("subscription", subscription), params)


@route("POST", OF + "/resume")
def resume(unit: Unit, params: Json, subscription: str) -> Json:
    """Resumes a paused one."""
    return pausing.resume(unit, unit.get("subscription", subscription), params)


@route("POST", OF + "/migrate")
def migrate(unit: Unit, params: Json, subscription: str) -> Json:
    """Moves one from classic to flexible billing mode; there is no way back."""
    stored = unit.get("subscription", subscription)
    detail = (params["billing_mode"].get("flexible") or {}).get("proration_discounts")
    old = (stored["billing_mode"]["flexible"] or {}).get("proration_discounts")
    if old == "itemized" and detail == "included":
        raise invalid(
            "You can't migrate a subscription from itemized to included proration discounts.",
            param="billing_mode[flexible][proration_discounts]",
        )
    stored["billing_mode"] = {
        "flexible": {"proration_discounts": detail or old or "included"},
        "type": "flexible",
        "updated_at": unit.now,
    }
    return keep(unit, stored)


@listens("customer.deleted")
def customer_deleted(unit: Unit, customer: Json) -> None:
    """A deleted customer's subscriptions end at once."""
    for stored in unit.select("subscription", customer=customer["id"]):
        if stored["status"] not in ENDED:
            subscription_status.end(unit, stored, reason="cancellation_requested")


@listens("payment_method.detached")
def method_detached(unit: Unit, method: Json) -> None:
    """A removed payment method is the default of nothing any more."""
    for stored in unit.select("subscription", default_payment_method=method["id"]):
        stored["default_payment_method"] = None
        keep(unit, stored)


@renders("subscription")
def show(unit: Unit, subscription: Json) -> None:
    """Put tax rates in place of their ids."""
    rates = subscription["default_tax_rates"]
    if rates and isinstance(rates[0], str):
        subscription["default_tax_rates"] = [
            render(unit, rate) for rate in tax_rates.shown(unit, rates)
        ]
