"""Invoices of a subscription: which lines a period, a trial and pending items give.

First invoices, renewals, changes and previews are all composed here.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from portal.sandbox.stripe import redemption, usage
from portal.sandbox.stripe.amounts import priced_in
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.invoicing import MOST_LINES, blank, decimal, line, settle
from portal.sandbox.stripe.periods import Period, intervals_in, period_at
from portal.sandbox.stripe.proration import prorated, rounded
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

    `items` are billed for their current periods, shorter than their interval in part, or for the
    `spans` named for them (a backdated start); `trial` makes that free. Metered ones are billed
    for the span in `ended`, if they have one there, and free if that was a trial (`after_trial`).
    `pending` takes all pending invoice items, `only` just the named ones.
    """

    items: tuple[Json, ...] = ()
    spans: dict[str, tuple[Period, ...]] = field(default_factory=dict)
    ended: dict[str, Period] = field(default_factory=dict)
    trial: bool = False
    after_trial: bool = False
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
        over = [billing.ended[item["id"]]] if item["id"] in billing.ended else []
        spans = billing.spans.get(item["id"]) or (period_of(item),)
        if item["id"] in billing.spans and is_metered(unit, item):
            over, spans = list(billing.spans[item["id"]]), ()
        for span in over:
            _bill_usage(unit, subscription, invoice, item, span, after_trial=billing.after_trial)
        for span in () if over else spans:
            _bill_item(unit, subscription, invoice, item, span, trial=billing.trial)
    if billing.spans and len(invoice["lines"]["data"]) > MOST_LINES:
        raise invalid(
            f"The first invoice would have more than {MOST_LINES} line items.",
            param="backdate_start_date",
        )
    del invoice["lines"]["data"][MOST_LINES:]
    if not invoice["lines"]["data"]:
        return None
    settle(unit, invoice)
    return invoice


def outstanding(unit: Unit, subscription: Json, at: int) -> dict[str, Period]:
    """Return the spans of metered items, up to `at`, whose usage no invoice has billed."""
    if (subscription["trial_end"] or 0) >= at:
        return {}
    return {
        item["id"]: Period(item["current_period_start"], at)
        for item in subscription["items"]["data"]
        if usage.is_unbilled(unit, item, subscription["customer"], at)
    }


def last_billing(
    unit: Unit, subscription: Json, at: int, *, pending: bool, only: frozenset[str] | None = None
) -> Billing:
    """Return what the last invoice of a subscription that ends at `at` holds."""
    ended = outstanding(unit, subscription, at)
    items = [item for item in subscription["items"]["data"] if item["id"] in ended]
    return Billing(tuple(items), ended=ended, pending=pending, only=only)


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


def _bill_usage(
    unit: Unit, subscription: Json, invoice: Json, item: Json, span: Period, *, after_trial: bool
) -> None:
    """Add what a metered item was used in the span that ended, one line for each price."""
    flexible = subscription["billing_mode"]["type"] == "flexible"
    for stretch in usage.stretches(item, span):
        price = unit.get("price", stretch.price)
        body = line(
            unit,
            invoice,
            amount=0,
            description=None,
            period=stretch.period,
            parent=_of_item(subscription, item, partial=False),
            price=priced_in(price, subscription["currency"]),
            quantity=0,
            discounts=redemption.still_valid(unit, item["discounts"], unit.now),
            metadata=subscription["metadata"],
            tax_rates=item["tax_rates"],
            subscription=subscription["id"],
        )
        if after_trial:
            count = usage.quantity(unit, stretch, invoice["customer"])
            name = unit.get("product", price["product"])["name"]
            shown = f"{decimal(count)} × {name}"
            body |= {
                "description": f"Free trial for {shown}" if flexible else f"{shown} (Free trial)",
                "quantity": int(count),
                "quantity_decimal": decimal(count),
            }
        else:
            body["_usage"] = stretch.price
        body["_item"] = item["id"]
    usage.refresh(unit, invoice)


def _of_item(subscription: Json, item: Json, *, partial: bool) -> Json:
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": partial,
            "proration_details": {"credited_items": None},
            "subscription": subscription["id"],
            "subscription_item": item["id"],
        },
        "type": "subscription_item_details",
    }


def _bill_item(
    unit: Unit, subscription: Json, invoice: Json, item: Json, period: Period, *, trial: bool
) -> None:
    currency = subscription["currency"]
    metered = is_metered(unit, item)
    whole = 0 if trial else whole_cost(unit, item, currency)
    full = period_at(subscription["billing_cycle_anchor"], cadence_of(unit, item), period.start)
    backdated = subscription["billing_mode"]["type"] == "classic" and period.start < unit.now
    if backdated and not trial:
        # One charge for all the time, in intervals imagined to begin with it.
        amount = rounded(whole * intervals_in(period, cadence_of(unit, item)))
    else:
        amount = whole if period.length >= full.length else share(whole, period, full)
    partial = not trial and not metered and (backdated or period.length < full.length)
    body = line(
        unit,
        invoice,
        amount=amount,
        description=_words(unit, subscription, item, period, trial=trial, partial=partial),
        period=period,
        parent=_of_item(subscription, item, partial=partial),
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


def _words(
    unit: Unit, subscription: Json, item: Json, period: Period, *, trial: bool, partial: bool
) -> str:
    if trial and subscription["billing_mode"]["type"] == "flexible":
        name = unit.get("product", price_of(unit, item)["product"])["name"]
        return f"Free trial for {item['quantity'] or 1} × {name}"
    if trial:
        return f"Trial period for {short_words(unit, item)}"
    if partial:
        return remaining_words(unit, item, period.start)
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
        if each["amount"] and not each.get("_usage"):
            note_debit(item, each["amount"], period, taken, (invoice["id"], each["id"]))
        item["billed_until"] = period.end
