"""What a customer used of a metered price, and the lines that bill it after the period.

docs.stripe.com/billing/subscriptions/usage-based: usage is billed in arrears by a meter's formula;
a negative sum counts as nothing. A line keeps `_usage` (meter, span), so that events reported in
the hour before its invoice is finalized still count.
"""

from dataclasses import dataclass
from fractions import Fraction

from portal.sandbox.stripe.amounts import cost, line_words, priced_in
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.invoicing import decimal
from portal.sandbox.stripe.periods import DAY, Period
from portal.sandbox.stripe.subscription_items import is_metered
from portal.sandbox.stripe.unit import Unit

WINDOWS = {"hour": 3600, "day": DAY}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span in which an item had one price."""

    price: str
    period: Period


def events_in(unit: Unit, meter: Json, customer: str, period: Period) -> list[Json]:
    """Return the events that count in a period, in the order of their times.

    Of events that a meter takes pre-aggregated, the last received of each window counts.
    """
    found = [
        event
        for event in unit.select(
            "billing.meter_event",
            oldest_first=True,
            parent=f"{meter['id']}:{customer}",
            timestamp={"gte": period.start, "lt": period.end},
        )
        if not event["_canceled"]
    ]
    window = WINDOWS.get(meter["event_time_window"] or "")
    if window:
        found = list({event["timestamp"] // window: event for event in found}.values())
    return sorted(found, key=lambda event: int(event["timestamp"]))


def used(unit: Unit, meter: Json, customer: str, period: Period) -> Fraction:
    """Return the quantity that a period's events come to."""
    events = events_in(unit, meter, customer, period)
    values = [Fraction(event["_value"]) for event in events]
    match meter["default_aggregation"]["formula"]:
        case "count":
            return Fraction(len(events))
        case "last":
            return values[-1] if values else Fraction(0)
    return sum(values, Fraction(0))


def stretches(item: Json, period: Period) -> list[Stretch]:
    """Return what of a period is to be billed, by price.

    Flexible mode bills usage at the price in force when it was reported; classic mode only what
    was reported since the last change (docs.stripe.com/billing/subscriptions/billing-mode).
    """
    earlier = [
        Stretch(each["price"], Period(each["start"], each["end"]))
        for each in item.get("_stretches", [])
    ]
    since = max(period.start, item.get("_usage_from") or period.start)
    return [*earlier, Stretch(item["price"], Period(min(since, period.end), period.end))]


def quantity(unit: Unit, stretch: Stretch, customer: str) -> Fraction:
    """Return the billable usage of a stretch, never below nothing."""
    meter = unit.get("billing.meter", unit.get("price", stretch.price)["recurring"]["meter"])
    return max(Fraction(0), used(unit, meter, customer, stretch.period))


def charge(unit: Unit, stretch: Stretch, customer: str, currency: str) -> Json:
    """Return amount, words and quantities of a line for a stretch."""
    count = quantity(unit, stretch, customer)
    price = priced_in(unit.get("price", stretch.price), currency)
    name = unit.get("product", price["product"])["name"]
    return {
        "amount": cost(price, count),
        "description": line_words(name, price, count),
        "quantity": int(count),
        "quantity_decimal": decimal(count),
    }


def refresh(unit: Unit, invoice: Json) -> None:
    """Count again what the usage lines of a draft stand for."""
    for line in invoice["lines"]["data"]:
        if line.get("_usage"):
            stretch = Stretch(
                line["_usage"], Period(line["period"]["start"], line["period"]["end"])
            )
            line |= charge(unit, stretch, invoice["customer"], invoice["currency"])
            line["subtotal"] = line["amount"]


def change_price(item: Json, old_price: str, at: int) -> None:
    """Remember what was used at the old price of a metered item."""
    start = max(item["current_period_start"], item.get("_usage_from") or 0)
    if start < at:
        item.setdefault("_stretches", []).append({"price": old_price, "start": start, "end": at})
    item["_usage_from"] = at


def start_over(item: Json, at: int) -> None:
    """Count from `at` on: what was used before is billed, or free."""
    item |= {"_stretches": [], "_usage_from": at}


def is_unbilled(unit: Unit, item: Json, customer: str, at: int) -> bool:
    """Whether a metered item has usage in its period that no invoice has billed."""
    if not is_metered(unit, item):
        return False
    period = Period(item["current_period_start"], at)
    return any(quantity(unit, one, customer) for one in stretches(item, period))
