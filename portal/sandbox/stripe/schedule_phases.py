"""The phases of a subscription schedule as their parameters make them."""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import Cadence, step
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.subscription_items import check_price
from portal.sandbox.stripe.unit import Unit

MODELLED = frozenset(
    {
        "add_invoice_items",
        "billing_cycle_anchor",
        "collection_method",
        "currency",
        "default_payment_method",
        "default_tax_rates",
        "description",
        "discounts",
        "duration",
        "end_date",
        "invoice_settings",
        "items",
        "metadata",
        "proration_behavior",
        "start_date",
        "trial",
        "trial_end",
    }
)


MOST_EXTRA = 20


def phase_of(unit: Unit, given: Json, start: int, currency: str | None, where: str) -> Json:
    """Return a phase for an entry of `phases`, beginning at `start`."""
    for name in given.keys() - MODELLED:
        if given[name] not in (None, "", [], {}):
            raise unsupported(f"{name} of a phase", f"{where}[{name}]")
    items = [
        _item(unit, entry, currency, f"{where}[items][{place}]")
        for place, entry in enumerate(given["items"])
    ]
    if not items:
        raise invalid("A phase needs at least one item.", param=f"{where}[items]")
    first = unit.get("price", items[0]["price"])
    end = _end(unit, given, start, first, where)
    if end <= start:
        raise invalid("The phase must end after it starts.", param=f"{where}[end_date]")
    return {
        "add_invoice_items": _extra(unit, given, where),
        "application_fee_percent": None,
        "automatic_tax": None,
        "billing_cycle_anchor": given.get("billing_cycle_anchor"),
        "billing_thresholds": None,
        "collection_method": given.get("collection_method"),
        "currency": currency or first["currency"],
        "default_payment_method": given.get("default_payment_method") or None,
        "default_tax_rates": tax_rates.chosen(
            unit, given.get("default_tax_rates"), f"{where}[default_tax_rates]"
        ),
        "description": given.get("description") or None,
        "discounts": _discounts(unit, given, where),
        "end_date": end,
        "invoice_settings": _invoice_settings(given.get("invoice_settings")),
        "items": items,
        "metadata": dict(given.get("metadata") or {}),
        "on_behalf_of": None,
        "proration_behavior": given.get("proration_behavior", "create_prorations"),
        "start_date": start,
        "transfer_data": None,
        "trial_end": _trial_end(unit, given, start, end, where),
    }


def _trial_end(unit: Unit, given: Json, start: int, end: int, where: str) -> int | None:
    wish = given.get("trial_end")
    found = unit.now if wish == "now" else wish
    if given.get("trial"):
        if found not in (None, end):
            raise invalid(
                "trial_end must match the end of the phase when trial is true.",
                param=f"{where}[trial_end]",
            )
        found = end
    if found is None or found == start:
        return None
    if not start < found <= end:
        raise invalid("trial_end must be within the phase.", param=f"{where}[trial_end]")
    if given.get("billing_cycle_anchor") == "phase_start":
        raise invalid(
            "billing_cycle_anchor cannot be phase_start if the phase specifies a trial.",
            param=f"{where}[billing_cycle_anchor]",
        )
    return int(found)


def _invoice_settings(given: Json | None) -> Json | None:
    if not given:
        return None
    if (given.get("issuer") or {"type": "self"})["type"] != "self":
        raise unsupported("another issuer", "phases[invoice_settings][issuer]")
    names = ("account_tax_ids", "custom_fields", "days_until_due", "description", "footer")
    return {name: given.get(name) or None for name in names} | {"issuer": None}


def _extra(unit: Unit, given: Json, where: str) -> list[Json]:
    entries = given.get("add_invoice_items") or []
    if len(entries) > MOST_EXTRA:
        raise invalid(f"You can add up to {MOST_EXTRA} items.", param=f"{where}[add_invoice_items]")
    made = []
    for place, entry in enumerate(entries):
        param = f"{where}[add_invoice_items][{place}]"
        if "price_data" in entry or "period" in entry:
            raise unsupported("price_data or a period of an item of a phase", param)
        price = unit.get("price", entry.get("price", ""), f"{param}[price]")
        made.append(
            {
                "discountable": entry.get("discountable"),
                "discounts": _discounts(unit, entry, param),
                "metadata": dict(entry.get("metadata") or {}),
                "period": {"end": {"type": "phase_end"}, "start": {"type": "phase_start"}},
                "price": price["id"],
                "quantity": entry.get("quantity", 1),
                "tax_rates": tax_rates.chosen(unit, entry.get("tax_rates"), f"{param}[tax_rates]"),
            }
        )
    return made


def _item(unit: Unit, entry: Json, currency: str | None, where: str) -> Json:
    for name in ("billing_thresholds", "trial", "trial_offer"):
        if entry.get(name):
            raise unsupported(f"{name} of a phase's item", f"{where}[{name}]")
    if "price_data" in entry:
        price = unit.call("POST /v1/prices", entry["price_data"])
    else:
        chosen = entry.get("price") or entry.get("plan")
        if not chosen:
            raise invalid(
                f"Missing required param: {where}[price].",
                param=f"{where}[price]",
                code="parameter_missing",
            )
        price = unit.get("price", chosen, f"{where}[price]")
    check_price(unit, price, currency, f"{where}[price]")
    metered = price["recurring"]["usage_type"] == "metered"
    return {
        "billing_thresholds": None,
        "discounts": _discounts(unit, entry, where),
        "metadata": dict(entry.get("metadata") or {}),
        "plan": price["id"],
        "price": price["id"],
        "quantity": None if metered else entry.get("quantity", 1),
        "tax_rates": tax_rates.chosen(unit, entry.get("tax_rates"), f"{where}[tax_rates]"),
    }


def _end(unit: Unit, given: Json, start: int, price: Json, where: str) -> int:
    if "end_date" in given and "duration" in given:
        raise invalid(
            "You may only specify one of these parameters: end_date, duration.",
            param=f"{where}[duration]",
        )
    if "end_date" in given:
        return unit.now if given["end_date"] == "now" else int(given["end_date"])
    duration = given.get("duration") or price["recurring"]
    return step(start, Cadence(duration["interval"], duration.get("interval_count", 1)), 1)


def _discounts(unit: Unit, given: Json, where: str) -> list[Json]:
    found = []
    for place, entry in enumerate(given.get("discounts") or []):
        for name, kind in (
            ("coupon", "coupon"),
            ("promotion_code", "promotion_code"),
            ("discount", "discount"),
        ):
            if name in entry:
                unit.get(kind, entry[name], f"{where}[discounts][{place}][{name}]")
        found.append({name: entry.get(name) for name in ("coupon", "discount", "promotion_code")})
    return found
