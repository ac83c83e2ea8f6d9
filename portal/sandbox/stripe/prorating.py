"""What a change of a subscription credits and charges: invoice items from one second to the next.

Classic mode credits what items cost now, flexible mode what was really debited
(docs.stripe.com/billing/subscriptions/prorations).
"""

import copy
from dataclasses import dataclass, field
from fractions import Fraction

from portal.sandbox.stripe import redemption, usage
from portal.sandbox.stripe.discounting import Reducible, Reduction, reduce_lines
from portal.sandbox.stripe.errors import Json, unsupported
from portal.sandbox.stripe.invoicing import pricing
from portal.sandbox.stripe.periods import Period
from portal.sandbox.stripe.proration import credits_for, knows_history, rounded
from portal.sandbox.stripe.resources.invoiceitems import blank as blank_item
from portal.sandbox.stripe.subscription_billing import (
    natural_period,
    remaining_words,
    unused_words,
)
from portal.sandbox.stripe.subscription_items import (
    cut_debits,
    debits_of,
    is_metered,
    note_debit,
    period_of,
    price_of,
    whole_cost,
)
from portal.sandbox.stripe.unit import Unit


@dataclass(slots=True)
class Change:
    """A worked-out change: the subscription as it will be, and what has to be charged.

    `prorations` are invoice items not yet stored; `resets` says that all periods begin anew, and
    `trial` that they begin with a free one.
    """

    before: Json
    after: Json
    behavior: str
    at: int
    prorations: list[Json] = field(default_factory=list)
    extra: list[Json] = field(default_factory=list)
    resets: bool = False
    trial: bool = False

    @property
    def invoices_now(self) -> bool:
        """Whether an invoice is made at once."""
        charged = self.behavior == "always_invoice" and (self.prorations or self.extra)
        return self.resets or bool(charged)


def prorate(unit: Unit, change: Change, touched: set[str], params: Json) -> None:
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


def credit_all(unit: Unit, stored: Json, at: int) -> Change:
    """Work out the credits for all that is left of a subscription, as when it is canceled."""
    change = Change(before=stored, after=copy.deepcopy(stored), behavior="create_prorations", at=at)
    change.resets = True
    prorate(unit, change, set(), {})
    change.resets = False
    return change


def credit_after(unit: Unit, change: Change, at: int) -> None:
    """Credit the licensed items for the time after `at`, where the subscription is to end."""
    cut = Change(before=change.before, after=change.after, behavior=change.behavior, at=at)
    flexible = change.after["billing_mode"]["type"] == "flexible"
    items = [item for item in change.after["items"]["data"] if not is_metered(unit, item)]
    if not flexible:
        _check_classic(unit, change.after, {item["id"] for item in items})
    for item in items:
        if flexible:
            change.prorations += _flexible_credits(unit, cut, item)
        else:
            change.prorations += _classic_credit(unit, cut, item, {})
        cut_debits(item, at)
