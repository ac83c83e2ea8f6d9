"""Invoices as they would be: the change is really made, its invoice read, and all of it undone.

So a preview equals, to the cent, the invoice that the same update then makes.
"""

from collections.abc import Callable

from portal.sandbox.stripe import changes, pausing, renewals, scheduling, subscribing
from portal.sandbox.stripe.errors import ApiError, Json, invalid, unsupported
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.invoicing import settle
from portal.sandbox.stripe.prorating import Change, credit_all
from portal.sandbox.stripe.registry import due
from portal.sandbox.stripe.subscribing import ENDED
from portal.sandbox.stripe.subscription_billing import (
    attach_item,
    compose,
    last_billing,
    pending_items,
    subscription_of_item,
)
from portal.sandbox.stripe.unit import Unit

UNMODELLED = ("customer_account", "customer_details", "on_behalf_of")
OF_SCHEDULE = ("end_behavior", "pause_schedules", "phases", "proration_behavior")
# What `subscription_details` shares with updating, and what with creating a subscription.
OF_UPDATE = (
    "billing_cycle_anchor",
    "cancel_at",
    "cancel_at_period_end",
    "default_tax_rates",
    "items",
    "metadata",
    "proration_behavior",
    "proration_date",
    "trial_end",
)
OF_CREATE = (
    "billing_mode",
    "cancel_at",
    "cancel_at_period_end",
    "default_tax_rates",
    "items",
    "metadata",
    "proration_behavior",
    "trial_end",
)


class _Undone(Exception):
    """Carries a preview out of the savepoint it was made in."""

    def __init__(self, invoice: Json) -> None:
        super().__init__()
        self.invoice = invoice


def none_upcoming(customer: str) -> ApiError:
    """Return Stripe's 404 for nothing to preview."""
    return invalid(
        f"No upcoming invoices for customer: {customer}",
        code="invoice_upcoming_none",
        status=404,
    )


def preview(unit: Unit, params: Json) -> Json:
    """Return the invoice that `create_preview` asks for; nothing is changed."""
    for name in UNMODELLED:
        if params.get(name):
            raise unsupported(name, name)
    if (params.get("automatic_tax") or {}).get("enabled"):
        raise unsupported("automatic tax", "automatic_tax[enabled]")
    if (params.get("issuer") or {"type": "self"})["type"] != "self":
        raise unsupported("another issuer", "issuer")
    return undone(unit, lambda: _composed(unit, params))


def undone(unit: Unit, make: Callable[[], Json | None], customer: str = "") -> Json:
    """Run `make`, undo whatever it did and return its invoice in the form of a preview."""
    try:
        with unit.store.savepoint():
            draft = make()
            if draft is None:
                raise none_upcoming(customer)
            shown: Json = render(unit, _as_upcoming(unit, draft))
            raise _Undone(shown)
    except _Undone as made:
        return made.invoice


def _composed(unit: Unit, params: Json) -> Json | None:
    details = params.get("subscription_details") or {}
    if params.get("schedule_details"):
        return _of_schedule(unit, params, params["schedule_details"])
    if params.get("schedule"):
        schedule = unit.get("subscription_schedule", params["schedule"], "schedule")
        params = {**params, "subscription": schedule["subscription"]}
    if "subscription" in params:
        stored = unit.get("subscription", params["subscription"], "subscription")
    elif details.get("items"):
        return _of_new(unit, params, details)
    else:
        stored = _next_of_customer(unit, params)
    if params.get("customer") not in (None, stored["customer"]):
        raise invalid(
            f"The subscription {stored['id']} does not belong to the customer "
            f"{params['customer']}.",
            param="customer",
        )
    draft = _of_subscription(unit, stored, params, details)
    if draft is None:
        raise none_upcoming(stored["customer"])
    return _with_items(unit, draft, params)


def _of_schedule(unit: Unit, params: Json, details: Json) -> Json:
    """Return the next invoice of a schedule as it would be changed, or made.

    A change that is invoiced at once is shown by that invoice.
    """
    if params.get("invoice_items") or params.get("discounts") or "subscription" in params:
        raise unsupported("schedule_details together with other changes", "schedule_details")
    wanted = {name: details[name] for name in OF_SCHEDULE if name in details}
    if "schedule" in params:
        route = "POST /v1/subscription_schedules/{schedule}"
        known = unit.get("subscription_schedule", params["schedule"], "schedule")
        before = unit.find("subscription", known["subscription"] or "") or {}
        schedule = unit.call(route, wanted, schedule=known["id"])
    else:
        if "customer" not in params:
            raise unsupported("previews without a customer", "customer")
        phases = wanted.get("phases") or [{}]
        wanted["start_date"] = phases[0].get("start_date", "now")
        wanted["customer"] = params["customer"]
        wanted.pop("proration_behavior", None)
        if "billing_mode" in details:
            wanted["billing_mode"] = details["billing_mode"]
        before, schedule = {}, unit.call("POST /v1/subscription_schedules", wanted)
    if schedule["status"] == "not_started":
        at = schedule["phases"][0]["start_date"]
        schedule = scheduling.start(Unit(unit.sandbox, unit.account, at), schedule)
    stored = unit.get("subscription", schedule["subscription"])
    if stored["latest_invoice"] != before.get("latest_invoice"):
        return _as_draft(unit.get("invoice", stored["latest_invoice"]))
    draft = _of_renewal(unit, stored, recurring=False)
    if draft is None:
        raise none_upcoming(stored["customer"])
    return draft


def _of_subscription(unit: Unit, stored: Json, params: Json, details: Json) -> Json | None:
    if stored["status"] in ENDED:
        raise none_upcoming(stored["customer"])
    if details.get("cancel_now"):
        return _of_cancellation(unit, stored, details)
    if "pause" in details:
        return pausing.draft_pause(unit, stored, details["pause"])
    if details.get("resume_at"):
        return pausing.draft_resumption(unit, stored, details)
    wanted = _wanted(unit, params, details, OF_UPDATE)
    if params.get("preview_mode") == "recurring":
        wanted["proration_behavior"] = "none"
    changing = wanted.keys() - {"proration_behavior", "proration_date"}
    if changing:
        change = changes.plan(unit, stored, wanted)
        draft = changes.bill(unit, change, wanted)
        if draft is not None and params.get("preview_mode") != "recurring":
            _say_proration_date(draft, change)
            return draft
        unit.put(change.after)
        stored = unit.get("subscription", stored["id"])
        draft = _of_renewal(unit, stored, recurring=params.get("preview_mode") == "recurring")
        if draft is not None and change.prorations:
            _say_proration_date(draft, change)
        return draft
    return _of_renewal(unit, stored, recurring=params.get("preview_mode") == "recurring")


def _say_proration_date(draft: Json, change: Change) -> None:
    if change.prorations:
        details = draft["parent"]["subscription_details"]
        details["subscription_proration_date"] = change.at


def _wanted(unit: Unit, params: Json, details: Json, names: tuple[str, ...]) -> Json:
    """Return the parameters of the update or creation that a preview stands for."""
    creates = names is OF_CREATE
    anchor = details.get("billing_cycle_anchor") or {}
    if anchor.get("type") == "timestamp" and not creates:
        raise invalid(
            "The billing cycle anchor of an existing subscription can only be now or unchanged.",
            param="subscription_details[billing_cycle_anchor]",
        )
    if details.get("billing_schedules"):
        raise unsupported("billing_schedules", "subscription_details[billing_schedules]")
    wanted = {name: details[name] for name in names if name in details}
    if anchor.get("type") == "timestamp":
        wanted["billing_cycle_anchor"] = anchor.get("timestamp")
    if "start_date" in details:
        if not creates or details["start_date"] > unit.now:
            raise unsupported("this start_date", "subscription_details[start_date]")
        wanted["backdate_start_date"] = details["start_date"]
    if "discounts" in params:
        wanted["discounts"] = params["discounts"]
    return wanted


def _of_renewal(unit: Unit, stored: Json, *, recurring: bool) -> Json | None:
    """Return the invoice of the next period as it stands now."""
    if stored["status"] in (*ENDED, "paused"):
        return None
    at = min(item["current_period_end"] for item in stored["items"]["data"])
    end = stored["cancel_at"]
    later = unit.at(at)
    if end is not None and end <= at:
        waiting = pending_items(unit, stored["customer"], stored["currency"], stored["id"])
        only = frozenset(item["id"] for item in waiting if subscription_of_item(item))
        billing = last_billing(later, stored, end, pending=False, only=only)
        return compose(later, stored, billing, reason="subscription_cycle")
    scheduling.enter(later, stored, at)
    if not renewals.due_items(stored, at):
        return _as_draft(later.get("invoice", stored["latest_invoice"]))
    if recurring:
        turn = renewals.turn_over(later, stored, at)
        return compose(
            later,
            stored,
            turn.billing(pending=False),
            reason="subscription_cycle",
            period=turn.before,
        )
    return renewals.draft_renewal(later, stored, at)


def _as_draft(invoice: Json) -> Json:
    """Give back the state before it was finalized to an invoice that a phase made by beginning."""
    unset = ("effective_at", "ending_balance", "hosted_invoice_url", "invoice_pdf", "number")
    invoice |= dict.fromkeys(unset) | {"attempted": False, "attempt_count": 0, "status": "draft"}
    invoice["status_transitions"] = dict.fromkeys(invoice["status_transitions"])
    return invoice


def _of_cancellation(unit: Unit, stored: Json, details: Json) -> Json | None:
    behavior = details.get("proration_behavior", "create_prorations")
    at = details.get("proration_date", unit.now)
    change = credit_all(unit, stored, at) if behavior != "none" else None
    for item in change.prorations if change else []:
        unit.put(item)
    waiting = pending_items(unit, stored["customer"], stored["currency"], stored["id"])
    only = frozenset(item["id"] for item in waiting if subscription_of_item(item))
    billing = last_billing(unit, stored, unit.now, pending=False, only=only)
    return compose(unit, stored, billing, reason="subscription_update")


def _of_new(unit: Unit, params: Json, details: Json) -> Json | None:
    if "customer" not in params:
        raise unsupported("previews without a customer", "customer")
    wanted = _wanted(unit, params, details, OF_CREATE) | {"customer": params["customer"]}
    if "currency" in params:
        wanted["currency"] = params["currency"]
    subscription, draft = subscribing.begin(unit, wanted)
    _ = subscription
    return _with_items(unit, draft, params) if draft is not None else None


def _next_of_customer(unit: Unit, params: Json) -> Json:
    if "customer" not in params:
        raise invalid(
            "You must pass customer, subscription or schedule.",
            param="customer",
            code="parameter_missing",
        )
    customer = unit.get("customer", params["customer"], "customer")
    running = [
        one
        for one in unit.select("subscription", customer=customer["id"])
        if one["status"] not in (*ENDED, "paused", "incomplete")
    ]
    if not running:
        raise none_upcoming(customer["id"])
    return min(
        running,
        key=lambda one: min(item["current_period_end"] for item in one["items"]["data"]),
    )


def _with_items(unit: Unit, draft: Json, params: Json) -> Json:
    """Add the preview's own invoice items and discounts."""
    for place, entry in enumerate(params.get("invoice_items") or []):
        if "invoiceitem" in entry or "period" in entry:
            raise unsupported("changing existing items", f"invoice_items[{place}]")
        wanted = {
            name: value for name, value in entry.items() if name not in ("price", "tax_rates")
        }
        if entry.get("tax_rates"):
            wanted["tax_rates"] = entry["tax_rates"]
        if "price" in entry:
            wanted["pricing"] = {"price": entry["price"]}
        wanted |= {"customer": draft["customer"], "currency": draft["currency"]}
        attach_item(unit, draft, unit.call("POST /v1/invoiceitems", wanted))
    if params.get("discounts") == "":
        draft["discounts"] = []
    return settle(unit, draft)


def _as_upcoming(unit: Unit, draft: Json) -> Json:
    """Give a draft the marks of a preview."""
    name = f"upcoming_{draft['id']}"
    customer = unit.get("customer", draft["customer"])
    draft["id"] = name
    draft["billing_reason"] = "upcoming"
    draft["starting_balance"] = customer["balance"]
    settle(unit, draft)
    draft["ending_balance"] = draft["total"] + draft["starting_balance"] - draft["amount_due"]
    draft["lines"]["url"] = f"/v1/invoices/{name}/lines"
    for line in draft["lines"]["data"]:
        line["id"] = line["id"].replace("il_", "il_tmp_", 1)
        line["invoice"] = name
    if draft["collection_method"] == "charge_automatically":
        draft["next_payment_attempt"] = draft["period_end"] + 3600
    return draft


@due("subscription.upcoming")
def upcoming(unit: Unit, subscription_id: str) -> None:
    """Some days before a renewal: what it will bill."""
    stored = unit.get("subscription", subscription_id)
    if stored["status"] in (*ENDED, "paused", "incomplete"):
        return
    try:
        invoice = undone(
            unit, lambda: _of_renewal(unit, stored, recurring=False), stored["customer"]
        )
    except ApiError as nothing:
        if nothing.error.get("code") == "invoice_upcoming_none":
            return
        raise
    unit.emit("invoice.upcoming", {name: invoice[name] for name in invoice if name != "id"})
