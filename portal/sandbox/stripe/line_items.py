"""Line items of quotes, payment links and Checkout sessions, and what they come to.

Each is an object of its own, of kind `item`, whose private `_parent` names what it belongs to.
Discounts and taxes are worked out by the same functions as those of invoices, in the order in
which an invoice would hold the lines, so that a quote equals to the cent the invoice it makes.
"""

from collections.abc import Sequence
from fractions import Fraction

from portal.sandbox.stripe import redemption
from portal.sandbox.stripe.amounts import cost, priced_in
from portal.sandbox.stripe.discounting import Reducible, Reduction, reduce_lines
from portal.sandbox.stripe.errors import ApiError, Json, invalid, unsupported
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.registry import includes, renders
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.taxation import Rate, taxes_on
from portal.sandbox.stripe.unit import Unit

MOST_QUANTITY = 999_999_999


def new(unit: Unit, parent: str, entry: Json, param: str) -> Json:
    """Return a line for an entry of `line_items`, not yet stored or settled.

    The entry holds `price` or `price_data`, and may hold `quantity`, `metadata` and `tax_rates`;
    what else an entry may hold is for the caller. Raises the 400 that names what is wrong.
    """
    price = _price(unit, entry, param)
    line: Json = {
        "id": unit.id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": 0,
        "amount_tax": 0,
        "amount_total": 0,
        "created": unit.now,
        "currency": price["currency"],
        "description": unit.get("product", price["product"])["name"],
        "metadata": dict(entry.get("metadata") or {}),
        "price": price["id"],
        "quantity": 1,
        "_parent": parent,
        "_tax_rates": tax_rates.chosen(unit, entry.get("tax_rates"), f"{param}[tax_rates]"),
        "_discounts": [],
        "_chosen_amount": None,
        "_discount_amounts": [],
        "_taxes": [],
    }
    set_quantity(unit, line, entry, param)
    return line


def set_quantity(unit: Unit, line: Json, entry: Json, param: str) -> None:
    """Set the quantity that an entry names: at least one, none for a price billed by usage."""
    if is_metered(unit, line):
        if "quantity" in entry:
            raise invalid(
                "A quantity cannot be set for a price with `usage_type=metered`.",
                param=f"{param}[quantity]",
            )
        line["quantity"] = None
        return
    quantity = entry["quantity"] if "quantity" in entry else line["quantity"] or 1
    if not 1 <= quantity <= MOST_QUANTITY:
        raise invalid(
            "This value must be greater than or equal to 1.",
            param=f"{param}[quantity]",
            code="parameter_invalid_integer",
        )
    line["quantity"] = quantity


def _price(unit: Unit, entry: Json, param: str) -> Json:
    if ("price" in entry) == ("price_data" in entry):
        raise invalid(
            "You must specify either `price` or `price_data` for each line item.",
            param=f"{param}[price]",
            code="parameter_missing",
        )
    if "price_data" in entry:
        return inline_price(unit, entry["price_data"], f"{param}[price_data]")
    price = unit.get("price", entry["price"], f"{param}[price]")
    if not price["active"] or not unit.get("product", price["product"])["active"]:
        raise invalid(
            "The price specified is inactive. This field only accepts active prices.",
            param=f"{param}[price]",
        )
    return price


def inline_price(unit: Unit, data: Json, where: str) -> Json:
    """Make the price of `price_data`, and its product; neither can be used anywhere else."""
    wanted = dict(data)
    try:
        if "product_data" in wanted:
            product_data = {**wanted.pop("product_data"), "active": False}
            wanted["product"] = unit.call("POST /v1/products", product_data)["id"]
        price = unit.call("POST /v1/prices", {**wanted, "active": False})
    except ApiError as refusal:
        raise _within(refusal, where) from None
    return unit.put({**price, "_inline": True})


def _within(refusal: ApiError, where: str) -> ApiError:
    """The refusal of a parameter that stood inside another request."""
    first, bracket, rest = str(refusal.error.get("param", "")).partition("[")
    refusal.error["param"] = f"{where}[{first}]{bracket}{rest}" if first else where
    return refusal


def price_of(unit: Unit, line: Json) -> Json:
    """Return the line's price, archived ones too."""
    return unit.get("price", line["price"])


def is_recurring(unit: Unit, line: Json) -> bool:
    """Whether the line is billed again and again."""
    return bool(price_of(unit, line)["type"] == "recurring")


def is_metered(unit: Unit, line: Json) -> bool:
    """Whether the line is billed by usage, afterwards."""
    recurring = price_of(unit, line)["recurring"]
    return bool(recurring and recurring["usage_type"] == "metered")


def common_currency(unit: Unit, lines: Sequence[Json], wanted: str | None) -> str | None:
    """Return the currency that all lines can be sold in: `wanted`, else that of the first price.

    None without lines and wish; raises the 400 when a price has no amounts in it.
    """
    if not lines:
        return wanted
    currency = wanted or str(price_of(unit, lines[0])["currency"])
    for place, line in enumerate(lines):
        price = price_of(unit, line)
        if price["currency"] != currency and currency not in price["_currency_options"]:
            raise invalid(
                f"The price specified only supports `{price['currency']}`. This doesn't match the "
                f"expected currency: `{currency}`.",
                param=f"line_items[{place}][price]",
            )
    return currency


def common_interval(unit: Unit, lines: Sequence[Json]) -> tuple[str, int] | None:
    """Return interval and count of the recurring lines; None when there are none.

    Lines that are billed at different intervals are refused as not modelled.
    """
    found = {
        (price["recurring"]["interval"], price["recurring"]["interval_count"])
        for price in (price_of(unit, line) for line in lines)
        if price["recurring"]
    }
    if len(found) > 1:
        raise unsupported("line items billed at different intervals", "line_items")
    return found.pop() if found else None


def settle(
    unit: Unit,
    lines: Sequence[Json],
    *,
    currency: str,
    discounts: Sequence[str] = (),
    rates: Sequence[str] = (),
    tax_exempt: str = "none",
    free: bool = False,
    forever: bool = False,
) -> list[Json]:
    """Work out amounts, discounts and taxes of lines, in place; returns the lines.

    `discounts` are of all lines, `rates` of lines without rates of their own. `free` makes what
    recurs cost nothing (a trial); `forever` leaves out discounts that end.
    """
    ordered = sorted(lines, key=lambda line: is_recurring(unit, line))
    places = []
    for line in ordered:
        recurs = is_recurring(unit, line)
        amount = 0 if recurs and free else whole_cost(unit, line, currency)
        place = Reducible(price_of(unit, line)["product"], amount)
        reduce_lines([place], _reductions(unit, line["_discounts"], currency, forever=forever))
        places.append(place)
    reduce_lines(places, _reductions(unit, discounts, currency, forever=forever))
    for line, place in zip(ordered, places, strict=True):
        _note(unit, line, place, currency, rates, tax_exempt)
    return list(lines)


def whole_cost(unit: Unit, line: Json, currency: str) -> int:
    """Return what a line costs before discounts, in minor units; zero for usage."""
    if is_metered(unit, line):
        return 0
    price = priced_in(price_of(unit, line), currency)
    if price["custom_unit_amount"]:
        return int(line["_chosen_amount"] or price["custom_unit_amount"]["preset"] or 0)
    return cost(price, line["quantity"])


def _reductions(
    unit: Unit, discounts: Sequence[str], currency: str, *, forever: bool
) -> list[Reduction]:
    chosen = [
        one
        for one in discounts
        if not forever or unit.get("discount", one)["_coupon"]["duration"] == "forever"
    ]
    return redemption.reductions(unit, chosen, currency)


def _note(
    unit: Unit, line: Json, place: Reducible, currency: str, rates: Sequence[str], exempt: str
) -> None:
    found = [unit.get("tax_rate", one) for one in line["_tax_rates"] or rates]
    named = [
        Rate(one["id"], Fraction(str(one["percentage"])), bool(one["inclusive"])) for one in found
    ]
    if exempt != "none" and any(rate.inclusive for rate in named):
        raise unsupported("an inclusive tax rate for a customer who is exempt from tax")
    taxes = [] if exempt != "none" else taxes_on(place.left, named)
    added = sum(tax.amount for tax in taxes if not tax.rate.inclusive)
    line |= {
        "amount_discount": place.amount - place.left,
        "amount_subtotal": place.amount,
        "amount_tax": sum(tax.amount for tax in taxes),
        "amount_total": place.left + added,
        "currency": currency,
        "_discount_amounts": [[name, amount] for name, amount in place.taken],
        "_taxes": [[tax.rate.id, tax.amount, tax.taxable] for tax in taxes],
    }


def total_details(lines: Sequence[Json], shipping: int = 0, shipping_tax: int = 0) -> Json:
    """Return the `total_details` of settled lines."""
    return {
        "amount_discount": sum(line["amount_discount"] for line in lines),
        "amount_shipping": shipping,
        "amount_tax": sum(line["amount_tax"] for line in lines) + shipping_tax,
    }


def breakdown(unit: Unit, lines: Sequence[Json]) -> Json:
    """Return discounts and taxes of settled lines, added up by discount and by rate."""
    discounts: dict[str, int] = {}
    taxes: dict[str, list[int]] = {}
    for line in lines:
        for name, amount in line["_discount_amounts"]:
            discounts[name] = discounts.get(name, 0) + amount
        for name, amount, taxable in line["_taxes"]:
            known = taxes.setdefault(name, [0, 0])
            known[0] += amount
            known[1] += taxable
    return {
        "discounts": [_discount(unit, name, amount) for name, amount in discounts.items()],
        "taxes": [_tax(unit, name, amount, taxable) for name, (amount, taxable) in taxes.items()],
    }


def _discount(unit: Unit, name: str, amount: int) -> Json:
    return {"amount": amount, "discount": render(unit, unit.get("discount", name))}


def _tax(unit: Unit, name: str, amount: int, taxable: int) -> Json:
    return {
        "amount": amount,
        "rate": render(unit, unit.get("tax_rate", name)),
        "taxability_reason": None,
        "taxable_amount": taxable,
    }


def keep(unit: Unit, lines: Sequence[Json]) -> None:
    """Store lines; they are listed in the order in which they were first stored."""
    for line in lines:
        unit.put(line)


def of(unit: Unit, parent: str) -> list[Json]:
    """Return the stored lines of a quote, link or session, in their order."""
    return unit.select("item", parent=parent, oldest_first=True)


@renders("item")
def show(unit: Unit, line: Json) -> None:
    """Put the price in place of its id."""
    line.pop("created", None)
    if isinstance(line["price"], str):
        line["price"] = render(unit, unit.get("price", line["price"]))


@includes("item", "discounts")
def discounts_of(unit: Unit, line: Json) -> list[Json]:
    """What each discount took off a line."""
    stored = unit.get("item", line["id"])
    return [_discount(unit, name, amount) for name, amount in stored["_discount_amounts"]]


@includes("item", "taxes")
def taxes_of(unit: Unit, line: Json) -> list[Json]:
    """The taxes on a line."""
    stored = unit.get("item", line["id"])
    return [_tax(unit, name, amount, taxable) for name, amount, taxable in stored["_taxes"]]
