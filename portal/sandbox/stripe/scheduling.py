"""Subscription schedules at work: their phases, and how a subscription enters one."""

import copy

from portal.sandbox.stripe import changes, redemption, subscribing
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import Cadence, step
from portal.sandbox.stripe.registry import due, listens
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.subscription_items import (
    cadence_of,
    check_price,
    check_together,
    new_item,
)
from portal.sandbox.stripe.unit import Unit

MODELLED = frozenset(
    {
        "billing_cycle_anchor",
        "collection_method",
        "currency",
        "default_payment_method",
        "default_tax_rates",
        "description",
        "discounts",
        "duration",
        "end_date",
        "items",
        "metadata",
        "proration_behavior",
        "start_date",
    }
)
OPEN = ("not_started", "active")


def phase_of(unit: Unit, given: Json, start: int, currency: str | None, where: str) -> Json:
    """Return a phase for an entry of `phases`, beginning at `start`."""
    for name in given.keys() - MODELLED:
        if given[name] not in (None, "", [], {}):
            raise unsupported(f"{name} of a phase", f"{where}[{name}]")
    items = [
        _item(unit, entry, currency, f"{where}[items][{place}]")
        for place, entry in enumerate(given["items"])
    ]
    if not items:
        raise invalid("A phase needs at least one item.", param=f"{where}[items]")
    first = unit.get("price", items[0]["price"])
    end = _end(unit, given, start, first, where)
    if end <= start:
        raise invalid("The phase must end after it starts.", param=f"{where}[end_date]")
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "automatic_tax": None,
        "billing_cycle_anchor": given.get("billing_cycle_anchor"),
        "billing_thresholds": None,
        "collection_method": given.get("collection_method"),
        "currency": currency or first["currency"],
        "default_payment_method": given.get("default_payment_method") or None,
        "default_tax_rates": tax_rates.chosen(
            unit, given.get("default_tax_rates"), f"{where}[default_tax_rates]"
        ),
        "description": given.get("description") or None,
        "discounts": _discounts(unit, given, where),
        "end_date": end,
        "invoice_settings": None,
        "items": items,
        "metadata": dict(given.get("metadata") or {}),
        "on_behalf_of": None,
        "proration_behavior": given.get("proration_behavior", "create_prorations"),
        "start_date": start,
        "transfer_data": None,
        "trial_end": None,
    }


def _item(unit: Unit, entry: Json, currency: str | None, where: str) -> Json:
    for name in ("billing_thresholds", "discounts", "trial", "trial_offer"):
        if entry.get(name):
            raise unsupported(f"{name} of a phase's item", f"{where}[{name}]")
    if "price_data" in entry:
        price = unit.call("POST /v1/prices", entry["price_data"])
    else:
        chosen = entry.get("price") or entry.get("plan")
        if not chosen:
            raise invalid(
                f"Missing required param: {where}[price].",
                param=f"{where}[price]",
                code="parameter_missing",
            )
        price = unit.get("price", chosen, f"{where}[price]")
    check_price(unit, price, currency, f"{where}[price]")
    metered = price["recurring"]["usage_type"] == "metered"
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": dict(entry.get("metadata") or {}),
        "plan": price["id"],
        "price": price["id"],
        "quantity": None if metered else entry.get("quantity", 1),
        "tax_rates": tax_rates.chosen(unit, entry.get("tax_rates"), f"{where}[tax_rates]"),
    }


def _end(unit: Unit, given: Json, start: int, price: Json, where: str) -> int:
    if "end_date" in given and "duration" in given:
        raise invalid(
            "You may only specify one of these parameters: end_date, duration.",
            param=f"{where}[duration]",
        )
    if "end_date" in given:
        return unit.now if given["end_date"] == "now" else int(given["end_date"])
    duration = given.get("duration") or price["recurring"]
    return step(start, Cadence(duration["interval"], duration.get("interval_count", 1)), 1)


def _discounts(unit: Unit, given: Json, where: str) -> list[Json]:
    found = []
    for place, entry in enumerate(given.get("discounts") or []):
        for name, kind in (
            ("coupon", "coupon"),
            ("promotion_code", "promotion_code"),
            ("discount", "discount"),
        ):
            if name in entry:
                unit.get(kind, entry[name], f"{where}[discounts][{place}][{name}]")
        found.append({name: entry.get(name) for name in ("coupon", "discount", "promotion_code")})
    return found


def current(schedule: Json, at: int) -> Json | None:
    """Return the phase of a schedule in which `at` falls."""
    for phase in schedule["phases"]:
        if phase["start_date"] <= at < phase["end_date"]:
            return dict(phase)
    return None


def plan_ahead(unit: Unit, schedule: Json) -> None:
    """Put the next phase, or the schedule's end, on the clock."""
    unit.unschedule("schedule.phase", schedule["id"])
    if schedule["status"] not in OPEN:
        return
    moments = [phase["start_date"] for phase in schedule["phases"]]
    moments.append(schedule["phases"][-1]["end_date"])
    later = [moment for moment in moments if moment > unit.now]
    if later:
        unit.schedule(min(later), "schedule.phase", schedule["id"])


@due("schedule.phase")
def go_on(unit: Unit, schedule_id: str) -> None:
    """A phase begins, or the last one ends."""
    schedule = unit.get("subscription_schedule", schedule_id)
    if schedule["status"] == "not_started":
        start(unit, schedule)
        return
    if schedule["status"] == "active":
        subscription = unit.get("subscription", schedule["subscription"])
        if enter(unit, subscription, unit.now):
            keep(unit, subscription)


def start(unit: Unit, schedule: Json) -> Json:
    """Begin a schedule's subscription with its first phase."""
    phase = schedule["phases"][0]
    wanted: Json = {
        "customer": schedule["customer"],
        "currency": phase["currency"],
        "items": [_entry(item) for item in phase["items"]],
        "metadata": phase["metadata"],
        "discounts": [_named(one) for one in phase["discounts"]],
        "billing_mode": {"type": schedule["billing_mode"]["type"]},
        "default_tax_rates": phase["default_tax_rates"],
        "description": phase["description"] or "",
        "payment_behavior": "default_incomplete",
        **_collection(schedule, phase),
    }
    method = (
        phase["default_payment_method"] or schedule["default_settings"]["default_payment_method"]
    )
    if method:
        wanted["default_payment_method"] = method
    subscription = subscribing.create(unit, wanted, draft_first=True)
    schedule |= {"status": "active", "subscription": subscription["id"]}
    subscription["schedule"] = schedule["id"]
    show_phase(unit, schedule, subscription, phase)
    unit.save(schedule, "subscription_schedule.updated")
    keep(unit, subscription)
    plan_ahead(unit, schedule)
    return schedule


def _collection(schedule: Json, phase: Json) -> Json:
    settings = schedule["default_settings"]
    method = phase["collection_method"] or settings["collection_method"]
    found = {"collection_method": method}
    if method == "send_invoice":
        found["days_until_due"] = settings["invoice_settings"]["days_until_due"]
    return found


def _entry(item: Json) -> Json:
    entry = {"price": item["price"], "metadata": item["metadata"], "tax_rates": item["tax_rates"]}
    if item["quantity"] is not None:
        entry["quantity"] = item["quantity"]
    return entry


def _named(discount: Json) -> Json:
    return {name: value for name, value in discount.items() if value is not None}


def show_phase(unit: Unit, schedule: Json, subscription: Json, phase: Json) -> None:
    """Say which phase runs; the last one of a schedule that cancels sets the end."""
    schedule["current_phase"] = {
        "end_date": phase["end_date"],
        "start_date": phase["start_date"],
    }
    last = phase["end_date"] == schedule["phases"][-1]["end_date"]
    wanted = phase["end_date"] if last and schedule["end_behavior"] == "cancel" else None
    if subscription["cancel_at"] != wanted:
        subscription["cancel_at"] = wanted
        subscription["canceled_at"] = unit.now if wanted else None
        subscribing.schedule(unit, subscription)


def enter(unit: Unit, subscription: Json, at: int) -> bool:
    """Take a subscription into the phase that begins at or before `at`; whether it changed.

    The body is changed in place and stored by the caller. A schedule that is over lets go.
    """
    schedule = unit.find("subscription_schedule", subscription["schedule"] or "")
    if schedule is None or schedule["status"] != "active":
        return False
    phase = current(schedule, at)
    if phase is None:
        if at < schedule["phases"][-1]["end_date"] or schedule["end_behavior"] == "cancel":
            return False
        release(unit, schedule, subscription)
        return True
    if phase["start_date"] == schedule["current_phase"]["start_date"]:
        return False
    show_phase(unit, schedule, subscription, phase)
    turn = all(item["current_period_end"] <= at for item in subscription["items"]["data"])
    if turn:
        _swap(unit, subscription, phase, at)
    else:
        apply_now(unit, subscription, phase, phase["proration_behavior"])
    unit.save(schedule, "subscription_schedule.updated")
    plan_ahead(unit, schedule)
    return True


def _swap(unit: Unit, subscription: Json, phase: Json, at: int) -> None:
    """Replace the items where one period ends and the next begins: nothing is prorated."""
    old = subscription["items"]["data"]
    cadences = {cadence_of(unit, item) for item in old}
    start = min(item["current_period_start"] for item in old)
    known = {item["price"]: item for item in old}
    items = []
    for place, wanted in enumerate(phase["items"]):
        item = known.pop(wanted["price"], None)
        if item is None and len(old) == 1 and len(phase["items"]) == 1:
            item = old[0]
            item["price"] = wanted["price"]
            known.clear()
        if item is None:
            item = new_item(unit, subscription, _entry(wanted), f"phases[items][{place}]")
        item |= {
            "quantity": wanted["quantity"],
            "tax_rates": list(wanted["tax_rates"]),
            "current_period_start": start,
            "current_period_end": at,
        }
        items.append(item)
    for item in known.values():
        unit.remove({"id": item["id"], "object": "subscription_item"})
    subscription["items"]["data"] = items
    check_together(unit, subscription)
    if {cadence_of(unit, item) for item in items} != cadences or (
        phase["billing_cycle_anchor"] == "phase_start"
    ):
        subscription["billing_cycle_anchor"] = at
    _set_fields(unit, subscription, phase)


def _set_fields(unit: Unit, subscription: Json, phase: Json) -> None:
    subscription["discounts"] = redemption.redeem(
        unit,
        [_named(one) for one in phase["discounts"]] or "",
        owner={"subscription": subscription["id"]},
        customer=subscription["customer"],
        currency=subscription["currency"],
        existing=subscription["discounts"],
    )
    subscription["metadata"] |= phase["metadata"]
    if phase["default_tax_rates"]:
        subscription["default_tax_rates"] = list(phase["default_tax_rates"])
    for name in ("default_payment_method", "description", "collection_method"):
        if phase[name]:
            subscription[name] = phase[name]


def differs(subscription: Json, phase: Json) -> bool:
    """Whether a subscription's items are other than the phase says."""
    have = sorted((item["price"], item["quantity"]) for item in subscription["items"]["data"])
    wanted = sorted((item["price"], item["quantity"]) for item in phase["items"])
    return have != wanted


def apply_now(unit: Unit, subscription: Json, phase: Json, behavior: str) -> None:
    """Change a subscription to a phase in the middle of a period, prorating as it says."""
    old = {item["price"]: item for item in subscription["items"]["data"]}
    wanted = {item["price"] for item in phase["items"]}
    gone = [item for price, item in old.items() if price not in wanted]
    entries = []
    for item in phase["items"]:
        entry = _entry(item)
        if item["price"] in old:
            entry["id"] = old[item["price"]]["id"]
        elif gone:
            entry["id"] = gone.pop(0)["id"]
        entries.append(entry)
    entries += [{"id": item["id"], "deleted": True} for item in gone]
    params: Json = {"items": entries, "proration_behavior": behavior}
    if phase["billing_cycle_anchor"] == "phase_start":
        params["billing_cycle_anchor"] = {"type": "now"}
    unit.put(subscription)
    stored = unit.get("subscription", subscription["id"])
    change = changes.plan(unit, stored, params, managed=True)
    done = changes.carry_out(unit, change, params)
    subscription |= done
    _set_fields(unit, subscription, phase)


def release(
    unit: Unit, schedule: Json, subscription: Json, *, keep_cancellation: bool = False
) -> Json:
    """Let a schedule go; its subscription runs on by itself. The caller stores the latter."""
    schedule |= {
        "status": "released",
        "released_at": unit.now,
        "released_subscription": subscription["id"],
        "subscription": None,
        "current_phase": None,
    }
    subscription["schedule"] = None
    if schedule["end_behavior"] == "cancel" and not keep_cancellation:
        subscription |= {"cancel_at": None, "canceled_at": None}
        subscribing.schedule(unit, subscription)
    plan_ahead(unit, schedule)
    return unit.save(schedule, "subscription_schedule.updated", "subscription_schedule.released")


@listens("customer.subscription.deleted")
def subscription_ended(unit: Unit, subscription: Json) -> None:
    """A schedule ends with its subscription: completed at its last date, canceled before."""
    schedule = unit.find("subscription_schedule", subscription["schedule"] or "")
    if schedule is None or schedule["status"] not in OPEN:
        return
    done = unit.now >= schedule["phases"][-1]["end_date"]
    schedule |= {"current_phase": None, "status": "completed" if done else "canceled"}
    schedule["completed_at" if done else "canceled_at"] = unit.now
    plan_ahead(unit, schedule)
    word = "completed" if done else "canceled"
    unit.save(schedule, "subscription_schedule.updated", f"subscription_schedule.{word}")


def copied(unit: Unit, subscription: Json) -> Json:
    """Return the one phase that describes a running subscription until its period ends."""
    items = subscription["items"]["data"]
    start_date = min(item["current_period_start"] for item in items)
    phase = phase_of(
        unit,
        {
            "items": [_entry(item) for item in copy.deepcopy(items)],
            "end_date": max(item["current_period_end"] for item in items),
            "default_tax_rates": subscription["default_tax_rates"],
            "default_payment_method": subscription["default_payment_method"],
            "description": subscription["description"],
            "metadata": {},
        },
        start_date,
        subscription["currency"],
        "phases[0]",
    )
    phase["discounts"] = [
        {"coupon": None, "discount": one, "promotion_code": None}
        for one in subscription["discounts"]
    ]
    return phase
