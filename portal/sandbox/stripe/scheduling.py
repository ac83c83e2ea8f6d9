"""Subscription schedules at work: their phases, and how a subscription enters one."""

import copy

from portal.sandbox.stripe import changes, redemption, subscribing
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import due, listens
from portal.sandbox.stripe.schedule_phases import phase_of
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.subscription_items import (
    cadence_of,
    check_together,
    new_item,
    redeemed,
)
from portal.sandbox.stripe.unit import Unit, merged

OPEN = ("not_started", "active")
EXPIRING = 7 * DAY
# What a change of the subscription itself copies to its schedule
# (docs.stripe.com/billing/subscriptions/subscription-schedules, "when a schedule is attached").
SPLITTING = frozenset({"items", "discounts", "default_tax_rates", "trial_end"})
COPIED = ("collection_method", "default_payment_method")


def _wanted_extra(phase: Json) -> list[Json]:
    """Return a phase's one-off items as a subscription takes them."""
    return [
        {
            "price": one["price"],
            "quantity": one["quantity"],
            "metadata": one["metadata"],
            "tax_rates": one["tax_rates"],
            "discounts": [_named(each) for each in one["discounts"]],
            **({} if one["discountable"] is None else {"discountable": one["discountable"]}),
        }
        for one in phase["add_invoice_items"]
    ]


def current(schedule: Json, at: int) -> Json | None:
    """Return the phase of a schedule in which `at` falls."""
    for phase in schedule["phases"]:
        if phase["start_date"] <= at < phase["end_date"]:
            return dict(phase)
    return None


def plan_ahead(unit: Unit, schedule: Json) -> None:
    """Put the next phase, or the schedule's end, on the clock."""
    unit.unschedule("schedule.phase", schedule["id"])
    unit.unschedule("schedule.expiring", schedule["id"])
    if schedule["status"] not in OPEN:
        return
    notice = schedule["phases"][-1]["end_date"] - EXPIRING
    if notice > unit.now:
        unit.schedule(notice, "schedule.expiring", schedule["id"])
    moments = [phase["start_date"] for phase in schedule["phases"]]
    moments.append(schedule["phases"][-1]["end_date"])
    later = [moment for moment in moments if moment > unit.now]
    if later:
        unit.schedule(min(later), "schedule.phase", schedule["id"])


@due("schedule.expiring")
def expiring(unit: Unit, schedule_id: str) -> None:
    """Seven days before a schedule ends."""
    unit.emit("subscription_schedule.expiring", unit.get("subscription_schedule", schedule_id))


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
        "add_invoice_items": _wanted_extra(phase),
        **_collection(schedule, phase),
    }
    if phase["trial_end"]:
        wanted["trial_end"] = phase["trial_end"]
    if phase["start_date"] < unit.now:
        wanted["backdate_start_date"] = phase["start_date"]
        wanted["proration_behavior"] = phase["proration_behavior"]
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
    chosen = dict(settings["invoice_settings"])
    chosen |= {name: one for name, one in (phase["invoice_settings"] or {}).items() if one}
    found: Json = {"collection_method": method}
    days = chosen.pop("days_until_due")
    if method == "send_invoice":
        found["days_until_due"] = days
    return found | {"invoice_settings": {name: one for name, one in chosen.items() if one}}


def _entry(item: Json) -> Json:
    entry = {"price": item["price"], "metadata": item["metadata"], "tax_rates": item["tax_rates"]}
    if item["discounts"]:
        entry["discounts"] = [
            one if isinstance(one, dict) and len(one) == 1 else _named(one)
            for one in item["discounts"]
        ]
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
    if turn and not phase["trial_end"]:
        _swap(unit, subscription, phase, at)
        subscribing.add_invoice_items(unit, subscription, _wanted_extra(phase))
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
            "discounts": redeemed(
                unit,
                subscription,
                item,
                {"discounts": _entry(wanted).get("discounts", "")},
                f"phases[items][{place}]",
            ),
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
    subscription["metadata"] = merged(subscription["metadata"], phase["metadata"])
    if phase["default_tax_rates"]:
        subscription["default_tax_rates"] = list(phase["default_tax_rates"])
    for name in ("default_payment_method", "description", "collection_method"):
        if phase[name]:
            subscription[name] = phase[name]
    for name, value in (phase["invoice_settings"] or {}).items():
        if value and name == "days_until_due":
            subscription["days_until_due"] = value
        elif value:
            subscription["invoice_settings"][name] = value


def differs(subscription: Json, phase: Json, now: int) -> bool:
    """Whether a subscription's items or trial are other than the phase says."""
    have = sorted((item["price"], item["quantity"]) for item in subscription["items"]["data"])
    wanted = sorted((item["price"], item["quantity"]) for item in phase["items"])
    trial = subscription["trial_end"] if subscription["status"] == "trialing" else None
    planned = phase["trial_end"] if (phase["trial_end"] or 0) > now else None
    return have != wanted or trial != planned


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
    if phase["add_invoice_items"]:
        params["add_invoice_items"] = _wanted_extra(phase)
    if phase["trial_end"] != subscription["trial_end"] and (phase["trial_end"] or 0) > unit.now:
        params["trial_end"] = phase["trial_end"]
    elif subscription["status"] == "trialing" and not phase["trial_end"]:
        params["trial_end"] = "now"
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
    delinquent = subscription["cancellation_details"]["reason"] == "payment_failed"
    schedule |= {"current_phase": None, "status": "completed" if done else "canceled"}
    schedule["completed_at" if done else "canceled_at"] = unit.now
    plan_ahead(unit, schedule)
    word = "completed" if done else "aborted" if delinquent else "canceled"
    unit.save(schedule, "subscription_schedule.updated", f"subscription_schedule.{word}")


def note_direct_change(unit: Unit, subscription: Json, params: Json) -> None:
    """Bring the schedule of a subscription that was changed by itself up to date.

    The running phase splits where items, discounts, taxes or a trial changed; later phases stay,
    and overwrite the change when they begin.
    """
    schedule = unit.find("subscription_schedule", subscription["schedule"] or "")
    if schedule is None or schedule["status"] != "active":
        return
    settings = schedule["default_settings"]
    settings |= {name: subscription[name] for name in COPIED if name in params}
    running = current(schedule, unit.now)
    if running is not None and SPLITTING & params.keys():
        place = schedule["phases"].index(running)
        now = copied(unit, subscription) | {
            "start_date": unit.now,
            "end_date": running["end_date"],
            **{
                name: running[name]
                for name in (
                    "billing_cycle_anchor",
                    "description",
                    "metadata",
                    "proration_behavior",
                )
            },
        }
        if now["trial_end"]:
            now["trial_end"] = min(now["trial_end"], now["end_date"])
        if running["start_date"] == unit.now:
            schedule["phases"][place] = now
        else:
            schedule["phases"][place : place + 1] = [running | {"end_date": unit.now}, now]
        schedule["current_phase"] = {"end_date": now["end_date"], "start_date": unit.now}
        plan_ahead(unit, schedule)
    unit.save(schedule, "subscription_schedule.updated")


def copied(unit: Unit, subscription: Json) -> Json:
    """Return the one phase that describes a running subscription until its period ends."""
    items = subscription["items"]["data"]
    start_date = min(item["current_period_start"] for item in items)
    phase = phase_of(
        unit,
        {
            "items": [
                _entry(item | {"discounts": [{"discount": one} for one in item["discounts"]]})
                for item in copy.deepcopy(items)
            ],
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
    if subscription["status"] == "trialing":
        phase["trial_end"] = subscription["trial_end"]
    phase["discounts"] = [
        {"coupon": None, "discount": one, "promotion_code": None}
        for one in subscription["discounts"]
    ]
    return phase
