"""Changing a subscription: new items, new periods, and what that costs from one second to the next.

`plan` works everything out on a copy; `carry_out` stores it, invoices it and collects. A preview
runs the same two inside a savepoint that is undone.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from portal.sandbox.stripe import collection, pending_updates, redemption, usage
from portal.sandbox.stripe.discounting import Reducible, Reduction, reduce_lines
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.invoicing import pricing
from portal.sandbox.stripe.periods import Period, period_at
from portal.sandbox.stripe.proration import credits_for, knows_history, rounded
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.invoiceitems import blank as blank_item
from portal.sandbox.stripe.subscribing import (
    ENDED,
    add_invoice_items,
    billable_at_start,
    check_days,
    invoice_settings,
    payment_settings,
    refuse_unmodelled,
    schedule,
    set_cancellation,
    set_default_method,
    trial_settings,
    wanted_trial_end,
)
from portal.sandbox.stripe.subscription_billing import (
    Billing,
    compose,
    natural_period,
    note_billed,
    outstanding,
    remaining_words,
    unused_words,
)
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.subscription_items import (
    cadence_of,
    check_together,
    chosen_price,
    cut_debits,
    debits_of,
    is_metered,
    new_item,
    note_debit,
    period_of,
    price_of,
    redeemed,
    set_quantity,
    whole_cost,
)
from portal.sandbox.stripe.unit import Unit, merged

AFTER_THE_END = frozenset({"cancellation_details", "metadata"})
WHILE_INCOMPLETE = frozenset({"default_payment_method", "default_source", "metadata"})


@dataclass(slots=True)
class Change:
    """A worked-out change: the subscription as it will be, and what has to be charged.

    `prorations` are invoice items not yet stored; `resets` says that all periods begin anew.
    """

    before: Json
    after: Json
    behavior: str
    at: int
    prorations: list[Json] = field(default_factory=list)
    extra: list[Json] = field(default_factory=list)
    resets: bool = False

    @property
    def invoices_now(self) -> bool:
        """Whether an invoice is made at once."""
        charged = self.behavior == "always_invoice" and (self.prorations or self.extra)
        return self.resets or bool(charged)


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
        _prorate(unit, change, touched, params)
    elif change.resets:
        for item in after["items"]["data"]:
            item["_debits"] = []
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
    if {"items", "trial_end", "billing_cycle_anchor"} & changed:
        raise unsupported("changing the items of a subscription that a schedule manages")


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
    if not trialing:
        raise unsupported("adding a trial to a subscription that is not in one", "trial_end")
    after = change.after
    end = wanted_trial_end(unit, params, after)
    after |= {"trial_end": end, "billing_cycle_anchor": end, "_trial_noticed": False}
    start = change.before["items"]["data"][0]["current_period_start"]
    for item in after["items"]["data"]:
        item |= {
            "current_period_start": item["current_period_start"] or start,
            "current_period_end": end,
        }


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


def _prorate(unit: Unit, change: Change, touched: set[str], params: Json) -> None:
    """Make the credits for what is given up and the debits for what comes instead."""
    before, after = change.before, change.after
    old = {item["id"]: item for item in before["items"]["data"]}
    new = {item["id"]: item for item in after["items"]["data"]}
    credited = list(old) if change.resets else [one for one in old if one in touched]
    debited = [] if change.resets else [one for one in new if one in touched]
    flexible = after["billing_mode"]["type"] == "flexible"
    if not flexible:
        _check_classic(unit, after, set(credited) | set(debited))
    for name in credited:
        if is_metered(unit, old[name]):
            if flexible and name not in new:
                change.prorations += usage_of(unit, before, old[name], change.at)
            continue
        if flexible:
            change.prorations += _flexible_credits(unit, change, old[name])
        else:
            change.prorations += _classic_credit(unit, change, old[name], params)
        if name in new:
            cut_debits(new[name], change.at)
    for name in debited:
        if not is_metered(unit, new[name]):
            change.prorations += _debit(unit, change, new[name], flexible=flexible)
    if change.resets:
        for item in new.values():
            item["_debits"] = []


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


def usage_of(unit: Unit, subscription: Json, item: Json, at: int) -> list[Json]:
    """Return invoice items, not yet stored, for usage of an item that nothing has billed."""
    customer = subscription["customer"]
    if not usage.is_unbilled(unit, item, customer, at):
        return []
    made = []
    for stretch in usage.stretches(item, Period(item["current_period_start"], at)):
        body = blank_item(
            unit,
            customer,
            subscription["currency"],
            subscription=subscription["id"],
            subscription_item=item["id"],
        )
        price = unit.get("price", stretch.price)
        made.append(
            body
            | usage.charge(unit, stretch, customer, subscription["currency"])
            | {
                "period": {"end": stretch.period.end, "start": stretch.period.start},
                "pricing": pricing(price),
                "tax_rates": list(item["tax_rates"]),
                "_price": price["id"],
            }
        )
    return made


def _check_classic(unit: Unit, after: Json, names: set[str]) -> None:
    """Refuse an amount off several items at once: how classic mode spreads it is not known."""
    amounts = [
        one
        for one in redemption.reductions(unit, after["discounts"], after["currency"])
        if one.amount
    ]
    if amounts and len(names) > 1:
        raise unsupported("classic prorations of several items with an amount_off discount")


def _classic_credit(unit: Unit, change: Change, item: Json, params: Json) -> list[Json]:
    """Credit what the item costs now, with the discounts in force or else the last ones used."""
    after = change.after
    names = [*item["discounts"], *after["discounts"]]
    if not names and "discounts" not in params:
        names = [name for each in item["_debits"][-1:] for name, _ in each["discounts"]]
    reductions = redemption.reductions(
        unit, redemption.still_valid(unit, names, change.at), after["currency"]
    )
    whole = _after_reductions(unit, item, after["currency"], reductions)
    period = period_of(item)
    full = natural_period(unit, change.before, item)
    at = min(max(change.at, period.start), period.end)
    amount = rounded(Fraction(whole * (period.end - at), full.length))
    if not amount:
        return []
    body = _proration(
        unit, change, item, -amount, unused_words(unit, item, at), Period(at, period.end)
    )
    sources = {tuple(each["source"]) for each in item["_debits"] if each["live_until"] > at}
    if len(sources) == 1:
        body["proration_details"]["credited_items"] = _credited(sources.pop())
    return [body]


def _after_reductions(unit: Unit, item: Json, currency: str, reductions: list[Reduction]) -> int:
    place = Reducible(price_of(unit, item)["product"], whole_cost(unit, item, currency))
    reduce_lines([place], reductions)
    return place.left


def _flexible_credits(unit: Unit, change: Change, item: Json) -> list[Json]:
    """Credit what was debited, one credit for each debit."""
    debits = debits_of(item)
    if not knows_history(debits, change.at):
        raise unsupported(
            "a credit for time before an earlier change of the same item", "proration_date"
        )
    itemized = change.after["billing_mode"]["flexible"]["proration_discounts"] == "itemized"
    made = []
    for credit in credits_for(debits, change.at):
        if not credit.amount:
            continue
        words = unused_words(unit, item, credit.period.start)
        amount = -credit.amount if itemized else -credit.net
        body = _proration(unit, change, item, amount, words, credit.period)
        body["proration_details"]["credited_items"] = _credited(credit.source)
        _note_discounts(body, [(name, -off) for name, off in credit.discounts], itemized=itemized)
        made.append(body)
    return made


def _credited(source: tuple[str, ...]) -> Json:
    if source[0] == "invoiceitem":
        return {
            "invoice_item": source[1],
            "invoice_line_item_details": None,
            "type": "invoice_item",
        }
    return {
        "invoice_item": None,
        "invoice_line_item_details": {"invoice": source[0], "invoice_line_items": [source[1]]},
        "type": "invoice_line_items",
    }


def _note_discounts(body: Json, taken: list[tuple[str, int]], *, itemized: bool) -> None:
    """Say which discounts are in a proration; itemized ones are amounts of their own."""
    body["discounts"] = [name for name, _ in taken]
    shown = taken if itemized else [(name, 0) for name, _ in taken]
    body["_fixed_discounts"] = [list(each) for each in shown]
    body["proration_details"]["discount_amounts"] = [
        {"amount": amount, "discount": name} for name, amount in shown
    ]
    body["net_amount"] = body["amount"] - sum(amount for _, amount in shown)


def _debit(unit: Unit, change: Change, item: Json, *, flexible: bool) -> list[Json]:
    """Charge the rest of the period for what the item costs from now on."""
    after = change.after
    period = period_of(item)
    full = natural_period(unit, after, item)
    at = min(max(change.at, period.start), period.end)
    part = Fraction(period.end - at, full.length)
    whole = whole_cost(unit, item, after["currency"])
    taken = _discounts_of(unit, change, item, flexible=flexible)
    net = rounded((whole - sum(off for _, off in taken)) * part)
    if not whole or period.end == at:
        return []
    itemized = flexible and after["billing_mode"]["flexible"]["proration_discounts"] == "itemized"
    shares = [(name, rounded(off * part)) for name, off in taken]
    gross = net + sum(off for _, off in shares)
    body = _proration(
        unit,
        change,
        item,
        gross if itemized else net,
        remaining_words(unit, item, at),
        Period(at, period.end),
    )
    if flexible:
        _note_discounts(body, shares, itemized=itemized)
    note_debit(item, gross, Period(at, period.end), shares, ("invoiceitem", body["id"]))
    return [body]


def _discounts_of(
    unit: Unit, change: Change, item: Json, *, flexible: bool
) -> list[tuple[str, int]]:
    """Return what discounts take off a whole period of an item.

    Classic mode takes an amount off the item alone, flexible mode its part of all items.
    """
    after = change.after
    currency = after["currency"]
    names = redemption.still_valid(unit, after["discounts"], change.at)
    shared = redemption.reductions(unit, names, currency)
    items = after["items"]["data"] if flexible else [item]
    places = {}
    for one in items:
        place = Reducible(price_of(unit, one)["product"], whole_cost(unit, one, currency))
        own = redemption.still_valid(unit, one["discounts"], change.at)
        reduce_lines([place], redemption.reductions(unit, own, currency))
        places[one["id"]] = place
    reduce_lines(list(places.values()), shared)
    return places[item["id"]].taken


def _proration(
    unit: Unit, change: Change, item: Json, amount: int, words: str, period: Period
) -> Json:
    after = change.after
    body = blank_item(
        unit,
        after["customer"],
        after["currency"],
        subscription=after["id"],
        subscription_item=item["id"],
    )
    price = price_of(unit, item)
    return body | {
        "amount": amount,
        "description": words,
        "discountable": False,
        "net_amount": amount,
        "period": {"end": period.end, "start": period.start},
        "pricing": pricing(price),
        "proration": True,
        "proration_details": {"credited_items": None, "discount_amounts": []},
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "tax_rates": list(item["tax_rates"]),
        "frozen_fields": ["discounts", "pricing", "quantity"],
        "_price": price["id"],
    }


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


def credit_all(unit: Unit, stored: Json, at: int) -> Change:
    """Work out the credits for all that is left of a subscription, as when it is canceled."""
    change = Change(before=stored, after=copy.deepcopy(stored), behavior="create_prorations", at=at)
    change.resets = True
    _prorate(unit, change, set(), {})
    change.resets = False
    return change


def update(unit: Unit, stored: Json, params: Json) -> Json:
    """Plan an update and carry it out."""
    if params.get("payment_behavior") == "pending_if_incomplete":
        pending_updates.check(unit, stored, params)
    if stored.get("_pending") and ("items" in params or "billing_cycle_anchor" in params):
        stored = pending_updates.drop(unit, stored)
    return carry_out(unit, plan(unit, stored, params), params)
