"""The items of a subscription, kept inside its body: their prices, periods and what they cost.

An item's private `_debits` say what was charged for which time; flexible credits come from them.
"""

from collections.abc import Iterable

from portal.sandbox.stripe import redemption
from portal.sandbox.stripe.amounts import cost, line_words, priced_in
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.periods import DAYS, MONTHS, Cadence, Period
from portal.sandbox.stripe.plans import plan_of
from portal.sandbox.stripe.proration import Debit
from portal.sandbox.stripe.registry import renders
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.unit import Unit, merged

MOST = 20
MOST_QUANTITY = 1_000_000


def price_of(unit: Unit, item: Json) -> Json:
    """Return the price of an item, archived ones too."""
    return unit.get("price", item["price"])


def cadence_of(unit: Unit, item: Json) -> Cadence:
    """Return how often an item is billed."""
    recurring = price_of(unit, item)["recurring"]
    return Cadence(recurring["interval"], recurring["interval_count"])


def period_of(item: Json) -> Period:
    """Return the item's current period."""
    return Period(item["current_period_start"], item["current_period_end"])


def is_metered(unit: Unit, item: Json) -> bool:
    """Whether the item is billed by usage, afterwards."""
    return bool(price_of(unit, item)["recurring"]["usage_type"] == "metered")


def whole_cost(unit: Unit, item: Json, currency: str) -> int:
    """Return what an item costs for one whole period, before discounts."""
    if is_metered(unit, item):
        return 0
    return cost(priced_in(price_of(unit, item), currency), item["quantity"])


def words(unit: Unit, item: Json, currency: str) -> str:
    """Return the item's line description: `1 × Gold (at $32.52 / month)`."""
    price = priced_in(price_of(unit, item), currency)
    quantity = 0 if is_metered(unit, item) else item["quantity"]
    return line_words(unit.get("product", price["product"])["name"], price, quantity)


def short_words(unit: Unit, item: Json) -> str:
    """Return how prorations name an item: the product, with its quantity unless that is one."""
    name = str(unit.get("product", price_of(unit, item)["product"])["name"])
    return name if item.get("quantity") in (None, 1) else f"{item['quantity']} × {name}"


def debits_of(item: Json) -> list[Debit]:
    """Return the charges noted for an item."""
    return [
        Debit(
            each["amount"],
            Period(each["start"], each["end"]),
            tuple((discount, amount) for discount, amount in each["discounts"]),
            (each["source"][0], each["source"][1]),
            each["live_until"],
        )
        for each in item["_debits"]
    ]


def note_debit(
    item: Json,
    amount: int,
    period: Period,
    discounts: Iterable[tuple[str, int]],
    source: tuple[str, str],
) -> None:
    """Remember a charge of an item."""
    item["_debits"].append(
        {
            "amount": amount,
            "start": period.start,
            "end": period.end,
            "discounts": [list(each) for each in discounts],
            "source": list(source),
            "live_until": period.end,
        }
    )


def cut_debits(item: Json, at: int) -> None:
    """Note that everything charged from `at` on was credited."""
    for each in item["_debits"]:
        if each["live_until"] > at:
            each["live_until"] = max(at, each["start"])


def check_price(unit: Unit, price: Json, currency: str | None, param: str) -> Json:
    """Return the price if a subscription in `currency` may have it; raises the 400."""
    if price["type"] != "recurring":
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices "
            "with `type=recurring`.",
            param=param,
        )
    usable = price["active"] and unit.get("product", price["product"])["active"]
    if not usable and not price.get("_inline"):
        raise invalid(
            "The price specified is inactive. This field only accepts active prices.", param=param
        )
    if currency and price["currency"] != currency and currency not in price["_currency_options"]:
        raise invalid(
            f"The price specified only supports `{price['currency']}`. This doesn't match the "
            f"expected currency: `{currency}`.",
            param=param,
        )
    return price


def chosen_price(unit: Unit, entry: Json, currency: str | None, param: str) -> Json | None:
    """Return the price an entry of `items` names, if it names one."""
    if "price" in entry and "price_data" in entry:
        raise invalid(
            "You may only specify one of these parameters: price, price_data.", param=param
        )
    if "price_data" in entry:
        # Inline prices are archived from the start, so that nothing else takes them
        # (docs.stripe.com/products-prices/pricing-models, "inline pricing").
        made = unit.call("POST /v1/prices", {**entry["price_data"], "active": False})
        check_price(unit, {**made, "active": True}, currency, f"{param}[price_data]")
        return made
    name = entry.get("price") or entry.get("plan")
    if name is None:
        return None
    return check_price(
        unit, unit.get("price", name, f"{param}[price]"), currency, f"{param}[price]"
    )


def new_item(unit: Unit, subscription: Json, entry: Json, param: str) -> Json:
    """Return an item for an entry of `items`, without its period, and index it by id."""
    refuse_unmodelled_of_item(entry, param)
    price = chosen_price(unit, entry, subscription["currency"], param)
    if price is None:
        raise invalid(
            f"Missing required param: {param}[price].",
            param=f"{param}[price]",
            code="parameter_missing",
        )
    item: Json = {
        "id": unit.id("si"),
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": unit.now,
        "current_period_end": 0,
        "current_period_start": 0,
        "current_trial": None,
        "discounts": [],
        "metadata": merged({}, entry.get("metadata")),
        "price": price["id"],
        "quantity": None,
        "subscription": subscription["id"],
        "tax_rates": tax_rates.chosen(unit, entry.get("tax_rates"), f"{param}[tax_rates]"),
        "_debits": [],
        "_usage_from": None if subscription.get("_new") else unit.now,
    }
    set_quantity(unit, item, entry, param)
    item["discounts"] = redeemed(unit, subscription, item, entry, param)
    index(unit, item)
    return item


def refuse_unmodelled_of_item(entry: Json, param: str) -> None:
    """Raise `sandbox_unsupported` for what is not modelled, unless it is only being unset."""
    for name in ("billing_thresholds", "current_trial"):
        if entry.get(name):
            raise unsupported(f"{name} of an item", f"{param}[{name}]")


def redeemed(unit: Unit, subscription: Json, item: Json, entry: Json, param: str) -> list[str]:
    """Return the item's discounts after an entry of `items`."""
    return redemption.redeem(
        unit,
        entry.get("discounts"),
        owner={"subscription": subscription["id"], "subscription_item": item["id"]},
        customer=subscription["customer"],
        currency=subscription["currency"],
        existing=item["discounts"],
        param=f"{param}[discounts]",
    )


def set_quantity(unit: Unit, item: Json, entry: Json, param: str) -> None:
    """Set an item's quantity from an entry: one if none is given, none for metered prices."""
    if is_metered(unit, item):
        if "quantity" in entry:
            raise invalid(
                "A quantity cannot be set for a price with `usage_type=metered`.",
                param=f"{param}[quantity]",
            )
        item["quantity"] = None
        return
    quantity = entry.get("quantity", 1)
    if not 0 <= quantity <= MOST_QUANTITY:
        raise invalid(
            f"Invalid non-negative integer: {quantity}",
            param=f"{param}[quantity]",
            code="parameter_invalid_integer",
        )
    item["quantity"] = quantity


def index(unit: Unit, item: Json) -> None:
    """Make the item findable by its id; its body stays in the subscription."""
    unit.put(
        {
            "id": item["id"],
            "object": "subscription_item",
            "created": item["created"],
            "_parent": item["subscription"],
        }
    )


def check_together(unit: Unit, subscription: Json) -> None:
    """Refuse items that do not go together: too many, a price twice, intervals mixed."""
    items = subscription["items"]["data"]
    if not items:
        raise invalid(
            "A subscription must have at least one active plan. In order to cancel "
            "a subscription, please use the cancel endpoint.",
            param="items",
        )
    if len(items) > MOST:
        raise invalid(f"A subscription can have at most {MOST} items.", param="items")
    prices = [item["price"] for item in items]
    if len(set(prices)) < len(prices):
        raise invalid("Cannot add multiple subscription items with the same plan.", param="items")
    cadences = {cadence_of(unit, item) for item in items}
    if len(cadences) > 1 and subscription["billing_mode"]["type"] == "classic":
        raise invalid(
            "Currently, all prices on a subscription must have the same `recurring.interval` and "
            "`recurring.interval_count`. If you meant to update an existing subscription item "
            "instead of creating a new one, make sure to include the subscription item ID.",
            param="items",
        )
    if not are_multiples(cadences):
        raise invalid(
            "The recurring intervals of all prices on a subscription must be multiples of the "
            "shortest one.",
            param="items",
        )


def are_multiples(cadences: Iterable[Cadence]) -> bool:
    """Whether each interval is a multiple of the shortest one.

    Weeks are days, years are months; a single day goes with everything
    (docs.stripe.com/billing/subscriptions/mixed-interval, "interval alignment").
    """
    days = {DAYS[one.interval] * one.count for one in cadences if one.interval in DAYS}
    months = {MONTHS[one.interval] * one.count for one in cadences if one.interval in MONTHS}
    if days and months and min(days) != 1:
        return False
    return all(one % min(same) == 0 for same in (days, months) if same for one in same)


@renders("subscription_item")
def show_item(unit: Unit, item: Json) -> None:
    """Put the price, its plan and the tax rates in place of their ids."""
    if not isinstance(item.get("price"), str):
        return
    price = render(unit, unit.get("price", item["price"]))
    item["price"], item["plan"] = price, plan_of(price)
    item["tax_rates"] = tax_rates.shown(unit, item["tax_rates"])
