"""Invoices of a subscription: which lines a period, a trial and pending items give.

First invoices, renewals, changes and previews are all composed here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from portal.sandbox.stripe import redemption
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.invoicing import MOST_LINES, blank, line, settle
from portal.sandbox.stripe.periods import Period, period_at
from portal.sandbox.stripe.proration import prorated
from portal.sandbox.stripe.subscription_items import (
    cadence_of,
    is_metered,
    note_debit,
    period_of,
    price_of,
    short_words,
    whole_cost,
    words,
)
from portal.sandbox.stripe.unit import Unit


@dataclass(frozen=True, slots=True)
class Billing:
    """What goes on an invoice besides pending items.

    `items` are billed for their current periods, shorter than their interval in part; `trial`
    makes that free. `pending` takes all pending invoice items, `only` just the named ones.
    """

    items: tuple[Json, ...] = ()
    trial: bool = False
    pending: bool = True
    only: frozenset[str] | None = None


def compose(
    unit: Unit, subscription: Json, billing: Billing, *, reason: str, period: Period | None = None
) -> Json | None:
    """Return a settled draft of a subscription, not yet stored; None if it would be empty.

    Pending invoice items on it are taken: their invoice is set.
    """
    customer = unit.get("customer", subscription["customer"], "customer")
    invoice = blank(
        unit,
        customer,
        subscription["currency"],
        reason=reason,
        method=subscription["collection_method"],
        period=period or Period(unit.now, unit.now),
        subscription=subscription,
        days_until_due=subscription["days_until_due"],
    )
    invoice["discounts"] = redemption.still_valid(unit, subscription["discounts"], unit.now)
    if billing.pending or billing.only:
        take_pending(unit, invoice, subscription, billing.only if not billing.pending else None)
    for item in billing.items:
        _bill_item(unit, subscription, invoice, item, trial=billing.trial)
    del invoice["lines"]["data"][MOST_LINES:]
    if not invoice["lines"]["data"]:
        return None
    settle(unit, invoice)
    return invoice


def pending_items(unit: Unit, customer: str, currency: str, subscription: str | None) -> list[Json]:
    """Return the customer's pending invoice items in a currency, newest first, of a subscription.

    Items of no subscription go with any invoice of the customer; those of another with none.
    """
    found = unit.select("invoiceitem", parent=f"pending_{customer}", oldest_first=True)
    fitting = [
        item
        for item in found
        if item["currency"] == currency and subscription_of_item(item) in (None, subscription)
    ]
    return sorted(fitting, key=lambda item: -int(item["date"]))


def subscription_of_item(item: Json) -> str | None:
    """Return the subscription an invoice item belongs to."""
    parent = item["parent"]
    return str(parent["subscription_details"]["subscription"]) if parent else None


def take_pending(
    unit: Unit, invoice: Json, subscription: Json | None, only: frozenset[str] | None = None
) -> None:
    """Put pending items on a draft, all that fit or only the named ones."""
    name = subscription["id"] if subscription else None
    for item in pending_items(unit, invoice["customer"], invoice["currency"], name):
        if only is None or item["id"] in only:
            attach_item(unit, invoice, item)


def attach_item(unit: Unit, invoice: Json, item: Json) -> Json:
    """Make an invoice item a line of a draft; returns the line."""
    details = item["parent"]["subscription_details"] if item["parent"] else None
    credited = (item["proration_details"] or {}).get("credited_items")
    shown_credit = None
    if credited and credited["type"] == "invoice_line_items":
        shown_credit = dict(credited["invoice_line_item_details"])
    facts: Json = {
        "proration": item["proration"],
        "proration_details": {"credited_items": shown_credit},
        "subscription": details["subscription"] if details else None,
        "invoice_item": item["id"],
    }
    if details and details["subscription_item"]:
        parent: Json = {
            "invoice_item_details": None,
            "subscription_item_details": {
                **facts,
                "subscription_item": details["subscription_item"],
            },
            "type": "subscription_item_details",
        }
    else:
        parent = {
            "invoice_item_details": facts,
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    price = unit.find("price", item["_price"]) if item["_price"] else None
    body = line(
        unit,
        invoice,
        amount=item["amount"],
        description=item["description"],
        period=Period(item["period"]["start"], item["period"]["end"]),
        parent=parent,
        price=price,
        quantity=item["quantity"],
        discountable=item["discountable"],
        discounts=list(item["discounts"]),
        metadata=item["metadata"],
        tax_rates=item["tax_rates"],
        subscription=facts["subscription"],
        fixed_discounts=[(one, amount) for one, amount in item["_fixed_discounts"]],
    )
    body["pricing"] = item["pricing"]
    item |= {"invoice": invoice["id"], "_parent": invoice["id"], "_line": body["id"]}
    item["_pending"] = False
    unit.put(item)
    return body


def _bill_item(unit: Unit, subscription: Json, invoice: Json, item: Json, *, trial: bool) -> None:
    currency, period = subscription["currency"], period_of(item)
    metered = is_metered(unit, item)
    whole = 0 if trial else whole_cost(unit, item, currency)
    full = natural_period(unit, subscription, item)
    amount = whole if period.length >= full.length else share(whole, period, full)
    partial = not trial and not metered and period.length < full.length
    body = line(
        unit,
        invoice,
        amount=amount,
        description=_words(unit, subscription, item, trial=trial, partial=partial),
        period=period,
        parent={
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": partial,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        price=price_of(unit, item),
        quantity=0 if metered else item["quantity"],
        discounts=redemption.still_valid(unit, item["discounts"], unit.now),
        metadata=subscription["metadata"],
        tax_rates=item["tax_rates"],
        subscription=subscription["id"],
    )
    body["_item"] = item["id"]


def share(whole: int, period: Period, full: Period) -> int:
    """Return the part of a whole period's cost that a shorter one bears."""
    return prorated(whole, full, full.end - period.length)


def natural_period(unit: Unit, subscription: Json, item: Json) -> Period:
    """Return the whole interval, aligned to the anchor, in which the item's period begins."""
    anchor, begin = subscription["billing_cycle_anchor"], item["current_period_start"]
    return period_at(anchor, cadence_of(unit, item), begin)


def _words(unit: Unit, subscription: Json, item: Json, *, trial: bool, partial: bool) -> str:
    if trial and subscription["billing_mode"]["type"] == "flexible":
        name = unit.get("product", price_of(unit, item)["product"])["name"]
        return f"Free trial for {item['quantity'] or 1} × {name}"
    if trial:
        return f"Trial period for {short_words(unit, item)}"
    if partial:
        return remaining_words(unit, item, item["current_period_start"])
    return words(unit, item, subscription["currency"])


def remaining_words(unit: Unit, item: Json, at: int) -> str:
    """Return the description of a charge for the rest of a period."""
    return f"Remaining time on {short_words(unit, item)} after {short_day(at)}"


def unused_words(unit: Unit, item: Json, at: int) -> str:
    """Return the description of a credit for the rest of a period."""
    return f"Unused time on {short_words(unit, item)} after {short_day(at)}"


def short_day(at: int) -> str:
    """Return a date as proration lines print it: `01 Sep 2020`."""
    return f"{datetime.fromtimestamp(at, UTC):%d %b %Y}"


def note_billed(subscription: Json, invoice: Json) -> None:
    """Remember on the items what an invoice charges for their periods."""
    items = {item["id"]: item for item in subscription["items"]["data"]}
    for each in invoice["lines"]["data"]:
        item = items.get(each.get("_item") or "")
        if item is None:
            continue
        period = Period(each["period"]["start"], each["period"]["end"])
        item["_debits"] = [old for old in item["_debits"] if old["live_until"] > period.start]
        taken = [(off["discount"], off["amount"]) for off in each["discount_amounts"]]
        if each["amount"]:
            note_debit(item, each["amount"], period, taken, (invoice["id"], each["id"]))
        item["billed_until"] = period.end
