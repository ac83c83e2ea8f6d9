"""Subscription schedules: planned changes of a subscription, phase after phase."""

from portal.sandbox.stripe import clocks, scheduling, subscription_status
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.prorating import credit_all
from portal.sandbox.stripe.registry import renders, route
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.customers import usable
from portal.sandbox.stripe.schedule_phases import phase_of
from portal.sandbox.stripe.subscribing import ENDED
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/subscription_schedules"
MOST_PHASES = 10


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes one around a running subscription, or for a new one that it will start."""
    if params.get("pause_schedules"):
        raise unsupported("pause_schedules", "pause_schedules")
    if "from_subscription" in params:
        return _around(unit, params)
    if "customer" not in params:
        raise invalid(
            "Missing required param: customer.", param="customer", code="parameter_missing"
        )
    if not params.get("phases"):
        raise invalid("Missing required param: phases.", param="phases", code="parameter_missing")
    customer = usable(unit, params["customer"])
    clocks.check_subscriptions(unit, customer["id"])
    begin = params.get("start_date", "now")
    begin = unit.now if begin == "now" else begin
    mode = params.get("billing_mode") or {"type": "flexible"}
    schedule = _blank(unit, customer["id"], params)
    flexible = mode["type"] == "flexible"
    schedule["billing_mode"] = {
        "flexible": {"proration_discounts": "included"} if flexible else None,
        "type": mode["type"],
        "updated_at": unit.now if flexible else None,
    }
    schedule["phases"] = _phases(unit, params["phases"], begin, None)
    unit.add(schedule, "subscription_schedule.created")
    if begin <= unit.now:
        if schedule["phases"][0]["end_date"] <= unit.now:
            raise unsupported("a first phase that is over already", "start_date")
        return scheduling.start(unit, schedule)
    scheduling.plan_ahead(unit, schedule)
    return schedule


def _around(unit: Unit, params: Json) -> Json:
    others = params.keys() - {"from_subscription", "metadata"}
    if others:
        raise invalid(
            "When using `from_subscription`, other parameters cannot be set: "
            f"{', '.join(sorted(others))}.",
            param=min(others),
        )
    subscription = unit.get("subscription", params["from_subscription"], "from_subscription")
    if subscription["status"] in (*ENDED, "paused", "incomplete"):
        raise invalid(
            "You cannot migrate a subscription that is "
            f"{subscription['status']} to a subscription schedule.",
            param="from_subscription",
        )
    if subscription["schedule"]:
        raise invalid(
            "You cannot migrate a subscription that is already attached to a schedule: "
            f"`{subscription['schedule']}`.",
            param="from_subscription",
        )
    schedule = _blank(unit, subscription["customer"], params)
    phase = scheduling.copied(unit, subscription)
    schedule |= {
        "billing_mode": subscription["billing_mode"],
        "current_phase": {"end_date": phase["end_date"], "start_date": phase["start_date"]},
        "end_behavior": "cancel" if subscription["cancel_at"] else "release",
        "phases": [phase],
        "status": "active",
        "subscription": subscription["id"],
    }
    unit.add(schedule, "subscription_schedule.created")
    subscription["schedule"] = schedule["id"]
    keep(unit, subscription)
    scheduling.plan_ahead(unit, schedule)
    return schedule


def _blank(unit: Unit, customer: str, params: Json) -> Json:
    return {
        "id": unit.id("sub_sched"),
        "object": "subscription_schedule",
        "application": None,
        "billing_mode": None,
        "canceled_at": None,
        "completed_at": None,
        "created": unit.now,
        "current_phase": None,
        "customer": customer,
        "customer_account": None,
        "default_settings": _settings(None, params.get("default_settings")),
        "end_behavior": _end_behavior(params, "release"),
        "livemode": False,
        "metadata": merged({}, params.get("metadata")),
        "pause_schedules": [],
        "phases": [],
        "released_at": None,
        "released_subscription": None,
        "status": "not_started",
        "subscription": None,
        "test_clock": unit.clock,
    }


def _end_behavior(params: Json, default: str) -> str:
    wanted = str(params.get("end_behavior", default))
    if wanted in ("none", "renew"):
        raise unsupported(f"end_behavior={wanted}", "end_behavior")
    return wanted


def _settings(old: Json | None, given: Json | None) -> Json:
    settings = old or {
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": "automatic",
        "billing_thresholds": None,
        "collection_method": "charge_automatically",
        "default_payment_method": None,
        "description": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "days_until_due": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "on_behalf_of": None,
        "transfer_data": None,
    }
    for name, value in (given or {}).items():
        if name == "invoice_settings":
            settings[name] |= {key: one or None for key, one in value.items()}
        elif name in (
            "collection_method",
            "default_payment_method",
            "description",
            "billing_cycle_anchor",
        ):
            settings[name] = value or None
        elif value and not (name == "automatic_tax" and not value["enabled"]):
            raise unsupported(name, f"default_settings[{name}]")
    return settings


def _phases(unit: Unit, entries: list[Json], begin: int, currency: str | None) -> list[Json]:
    if len(entries) > MOST_PHASES:
        raise invalid(f"A schedule can have at most {MOST_PHASES} phases.", param="phases")
    made: list[Json] = []
    for place, entry in enumerate(entries):
        where = f"phases[{place}]"
        start = made[-1]["end_date"] if made else begin
        wanted = entry.get("start_date")
        wanted = unit.now if wanted == "now" else wanted
        if made and wanted not in (None, start):
            raise invalid(
                "Each phase must begin where the one before it ends.",
                param=f"{where}[start_date]",
            )
        made.append(phase_of(unit, entry, start, currency, where))
        currency = made[-1]["currency"]
    return made


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; `scheduled` shows those that have not started."""
    where: Json = {
        name: params.get(name)
        for name in ("canceled_at", "completed_at", "created", "customer", "released_at")
    }
    if params.get("scheduled"):
        where["status"] = "not_started"
    where["test_clock"] = clocks.listed(unit, params, "customer")
    return unit.page("subscription_schedule", params, URL, where)


@route("GET", URL + "/{schedule}")
def retrieve(unit: Unit, params: Json, schedule: str) -> Json:
    """One schedule."""
    _ = params
    return unit.get("subscription_schedule", schedule)


@route("POST", URL + "/{schedule}")
def update(unit: Unit, params: Json, schedule: str) -> Json:
    """Replaces the phases from the current one on; a changed current phase is applied at once."""
    found = _open(unit, schedule, "update")
    if params.get("pause_schedules"):
        raise unsupported("pause_schedules", "pause_schedules")
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    found["default_settings"] = _settings(found["default_settings"], params.get("default_settings"))
    found["end_behavior"] = _end_behavior(params, found["end_behavior"])
    if "phases" in params:
        _replace_phases(unit, found, params)
    if found["status"] == "active":
        _follow(unit, found, params)
    unit.save(found, "subscription_schedule.updated")
    scheduling.plan_ahead(unit, found)
    return unit.get("subscription_schedule", schedule)


def _replace_phases(unit: Unit, found: Json, params: Json) -> None:
    entries = params["phases"]
    begin = (entries[0] if entries else {}).get("start_date")
    if begin is None:
        raise invalid(
            "The first phase must have a start_date.",
            param="phases[0][start_date]",
            code="parameter_missing",
        )
    begin = unit.now if begin == "now" else begin
    running = found["current_phase"]
    if running and begin != running["start_date"]:
        raise invalid(
            "The first phase must be the current one: its start_date cannot be changed.",
            param="phases[0][start_date]",
        )
    currency = found["phases"][0]["currency"]
    past = [phase for phase in found["phases"] if running and phase["end_date"] <= begin]
    found["phases"] = past + _phases(unit, entries, begin, currency)


def _follow(unit: Unit, found: Json, params: Json) -> None:
    """Bring the subscription in line with the phase that runs now."""
    phase = scheduling.current(found, unit.now)
    if phase is None:
        raise invalid("The current phase must end in the future.", param="phases[0][end_date]")
    subscription = unit.get("subscription", found["subscription"])
    begins = phase["start_date"] != (found["current_phase"] or {}).get("start_date")
    scheduling.show_phase(unit, found, subscription, phase)
    # What follows reads the schedule as it is now, and would leave no difference to tell of.
    unit.save(found, "subscription_schedule.updated")
    if begins or scheduling.differs(subscription, phase, unit.now):
        behavior = params.get("proration_behavior", "create_prorations")
        if begins:
            behavior = phase["proration_behavior"]
        scheduling.apply_now(unit, subscription, phase, behavior)
    keep(unit, subscription)


@route("POST", URL + "/{schedule}/release")
def release(unit: Unit, params: Json, schedule: str) -> Json:
    """Lets the subscription run on by itself, as it is."""
    found = _open(unit, schedule, "release")
    if found["status"] == "not_started":
        raise invalid("You cannot release a subscription schedule that has not started.")
    subscription = unit.get("subscription", found["subscription"])
    kept = params.get("preserve_cancel_date", False)
    released = scheduling.release(unit, found, subscription, keep_cancellation=kept)
    keep(unit, subscription)
    return released


@route("POST", URL + "/{schedule}/cancel")
def cancel(unit: Unit, params: Json, schedule: str) -> Json:
    """Cancels the schedule and, if it runs, its subscription, prorated and invoiced by default."""
    found = _open(unit, schedule, "cancel")
    if found["status"] == "not_started":
        found |= {"status": "canceled", "canceled_at": unit.now}
        scheduling.plan_ahead(unit, found)
        return unit.save(found, "subscription_schedule.updated", "subscription_schedule.canceled")
    stored = unit.get("subscription", found["subscription"])
    if params.get("prorate", True):
        change = credit_all(unit, stored, unit.now)
        for item in change.prorations:
            unit.add(item, "invoiceitem.created")
    ended = subscription_status.end(unit, stored, reason="cancellation_requested")
    if params.get("invoice_now", True):
        subscription_status.invoice_the_rest(unit, ended)
    return unit.get("subscription_schedule", schedule)


def _open(unit: Unit, name: str, verb: str) -> Json:
    found = unit.get("subscription_schedule", name)
    if found["status"] not in scheduling.OPEN:
        raise invalid(
            f"You cannot {verb} a subscription schedule that is currently in the "
            f"`{found['status']}` status. It must be in `not_started` or `active`."
        )
    return found


@renders("subscription_schedule")
def show(unit: Unit, schedule: Json) -> None:
    """Put tax rates in place of their ids."""
    for phase in schedule["phases"]:
        for holder, name in [
            (phase, "default_tax_rates"),
            *[(one, "tax_rates") for one in [*phase["items"], *phase["add_invoice_items"]]],
        ]:
            rates = holder[name]
            if rates and isinstance(rates[0], str):
                holder[name] = [render(unit, one) for one in tax_rates.shown(unit, rates)]
