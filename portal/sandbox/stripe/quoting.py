"""What a quote comes to, and what accepting it makes: invoice, subscription or schedule."""

from portal.sandbox.stripe import collection, line_items, offers, redemption, subscribing
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.invoicing import blank
from portal.sandbox.stripe.invoicing import settle as settle_invoice
from portal.sandbox.stripe.periods import DAY, Period
from portal.sandbox.stripe.resources.customers import usable, use_currency
from portal.sandbox.stripe.subscription_billing import attach_item
from portal.sandbox.stripe.unit import Unit

MOST_DAYS = 3650


def settle(unit: Unit, quote: Json, lines: list[Json]) -> None:
    """Work out the quote's sums from its lines, which are stored settled."""
    currency = quote["currency"]
    if currency is not None:
        line_items.settle(unit, lines, currency=currency, **_terms(unit, quote))
        line_items.keep(unit, lines)
    quote |= _sums(lines)
    quote["computed"] = {
        "recurring": _recurring(unit, quote, lines),
        "upfront": _sums(_keep_upfront(unit, quote, lines)),
    }


def _terms(unit: Unit, quote: Json) -> Json:
    customer = unit.find("customer", quote["customer"] or "")
    return {
        "discounts": quote["discounts"],
        "rates": quote["default_tax_rates"],
        "tax_exempt": (customer or {}).get("tax_exempt", "none"),
    }


def _sums(lines: list[Json]) -> Json:
    return {
        "amount_subtotal": sum(line["amount_subtotal"] for line in lines),
        "amount_total": sum(line["amount_total"] for line in lines),
        "total_details": line_items.total_details(lines),
    }


def _recurring(unit: Unit, quote: Json, lines: list[Json]) -> Json | None:
    cadence = line_items.common_interval(unit, lines)
    if cadence is None:
        return None
    interval, count = cadence
    sums = _sums(recurring_lines(unit, quote))
    return {**sums, "interval": interval, "interval_count": count}


def recurring_lines(unit: Unit, quote: Json) -> list[Json]:
    """Return the lines of a period once every discount that ends is over (SDK docstring)."""
    lines = [
        line for line in line_items.of(unit, quote["id"]) if line_items.is_recurring(unit, line)
    ]
    if not lines:
        return []
    return line_items.settle(
        unit, lines, currency=quote["currency"], forever=True, **_terms(unit, quote)
    )


def upfront_lines(unit: Unit, quote: Json) -> list[Json]:
    """Return the lines of the first invoice, as they were last worked out."""
    return line_items.of(unit, f"{quote['id']} upfront")


def _keep_upfront(unit: Unit, quote: Json, lines: list[Json]) -> list[Json]:
    """Store the lines of the first invoice anew; usage is not on it in flexible billing mode."""
    for old in upfront_lines(unit, quote):
        unit.remove(old)
    data = quote["subscription_data"]
    if data["billing_mode"]["type"] == "flexible":
        lines = [line for line in lines if not line_items.is_metered(unit, line)]
    copies = [{**line, "id": unit.id("li"), "_parent": f"{quote['id']} upfront"} for line in lines]
    if copies:
        line_items.settle(
            unit,
            copies,
            currency=quote["currency"],
            free=bool(data["trial_period_days"]),
            **_terms(unit, quote),
        )
    line_items.keep(unit, copies)
    return copies


def billing_mode(given: Json) -> Json:
    """Return the `billing_mode` of a quote; raises the 400 for flexible details of classic mode."""
    if given["type"] == "classic":
        if "flexible" in given:
            raise invalid(
                "billing_mode[flexible] goes with billing_mode[type]=flexible.",
                param="subscription_data[billing_mode][flexible]",
            )
        return {"flexible": None, "type": "classic"}
    detail = (given.get("flexible") or {}).get("proration_discounts", "included")
    return {"flexible": {"proration_discounts": detail}, "type": "flexible"}


def check_terms(quote: Json) -> None:
    """Refuse to finalize a quote whose bills would have no due date, or one they cannot have."""
    days, param = quote["invoice_settings"]["days_until_due"], "invoice_settings[days_until_due]"
    if quote["collection_method"] == "send_invoice":
        if days is None:
            raise invalid(
                "If collection_method is `send_invoice`, you must pass in "
                "`invoice_settings[days_until_due]`.",
                param=param,
                code="parameter_missing",
            )
        if not 0 <= days <= MOST_DAYS:
            raise invalid(f"Invalid days_until_due: {days}", param=param)
    elif days is not None:
        raise invalid(
            "You can only set `days_until_due` if `collection_method` is `send_invoice`.",
            param=param,
        )


def number(unit: Unit, quote: Json) -> str:
    """Return the number of a quote: prefix, customer, sequence and revision.

    docs.stripe.com/quotes/overview: QT-68BB114-0002-1 is the customer's second quote, and
    QT-68BB114-0001-2 the second revision of the first.
    """
    source = quote["from_quote"]
    if source and source["is_revision"]:
        head, _, _ = unit.get("quote", source["quote"])["number"].rpartition("-")
        return f"{head}-{unit.store.count(unit.account_id, f'revision {head}') + 1}"
    customer = usable(unit, quote["customer"])
    sequence = unit.store.count(unit.account_id, f"quote {customer['id']}")
    return f"QT-{customer['invoice_prefix']}-{sequence:04}-1"


def fulfil(unit: Unit, quote: Json, lines: list[Json]) -> None:
    """Make what an accepted quote promises and name it on the quote.

    Without recurring prices it is a draft invoice that does not advance by itself; with them a
    subscription whose first invoice is a draft for an hour, or, for a later day, a schedule.
    """
    recurring = [line for line in lines if line_items.is_recurring(unit, line)]
    effective = quote["subscription_data"]["effective_date"]
    if not recurring:
        quote["invoice"] = _make_invoice(unit, quote, lines)["id"]
    elif effective and effective > unit.now:
        quote["subscription_schedule"] = _make_schedule(unit, quote, lines, effective)["id"]
    else:
        wanted = _subscription(unit, quote, lines)
        quote["subscription"] = subscribing.create(unit, wanted, draft_first=True)["id"]


def _make_invoice(unit: Unit, quote: Json, lines: list[Json]) -> Json:
    customer, settings = usable(unit, quote["customer"]), quote["invoice_settings"]
    invoice = blank(
        unit,
        customer,
        quote["currency"],
        reason="quote_accept",
        method=quote["collection_method"],
        period=Period(unit.now, unit.now),
        days_until_due=settings["days_until_due"],
    )
    invoice |= {
        "custom_fields": settings["custom_fields"],
        "default_tax_rates": list(quote["default_tax_rates"]),
        "description": settings["description"],
        "footer": settings["footer"] or invoice["footer"],
        "parent": {
            "quote_details": {"quote": quote["id"]},
            "subscription_details": None,
            "type": "quote_details",
        },
    }
    invoice["discounts"] = redemption.redeem(
        unit,
        offers.entries(unit, quote["discounts"]),
        owner={"invoice": invoice["id"]},
        customer=customer["id"],
        currency=quote["currency"],
        existing=[],
    )
    for line in lines:
        wanted = {"customer": customer["id"], "currency": quote["currency"]}
        item = unit.call("POST /v1/invoiceitems", wanted | _one_off(unit, line))
        attach_item(unit, invoice, item)
    use_currency(unit, customer, quote["currency"])
    settle_invoice(unit, invoice)
    return collection.store_draft(unit, invoice, auto_advance=False)


def _one_off(unit: Unit, line: Json) -> Json:
    wanted = {"pricing": {"price": line["price"]}, "quantity": line["quantity"]}
    return wanted | _own(unit, line)


def _own(unit: Unit, line: Json) -> Json:
    """The tax rates and discounts of a line itself."""
    found: Json = {}
    if line["_tax_rates"]:
        found["tax_rates"] = line["_tax_rates"]
    if line["_discounts"]:
        found["discounts"] = offers.entries(unit, line["_discounts"])
    return found


def _items(unit: Unit, lines: list[Json]) -> Json:
    """The `items` and `add_invoice_items` that stand for the lines."""
    found: Json = {"items": [], "add_invoice_items": []}
    for line in lines:
        recurs = line_items.is_recurring(unit, line)
        entry = {"price": line["price"], **_own(unit, line)}
        if line["quantity"] is not None:
            entry["quantity"] = line["quantity"]
        found["items" if recurs else "add_invoice_items"].append(entry)
    return found


def _subscription(unit: Unit, quote: Json, lines: list[Json]) -> Json:
    data, settings = quote["subscription_data"], quote["invoice_settings"]
    mode = {name: one for name, one in data["billing_mode"].items() if one is not None}
    wanted: Json = {
        "customer": quote["customer"],
        "currency": quote["currency"],
        "collection_method": quote["collection_method"],
        "billing_mode": mode,
        "default_tax_rates": quote["default_tax_rates"],
        "discounts": offers.entries(unit, quote["discounts"]),
        "metadata": data["metadata"],
        "invoice_settings": {
            name: settings[name] for name in ("custom_fields", "description", "footer")
        },
        **_items(unit, lines),
    }
    if data["description"]:
        wanted["description"] = data["description"]
    if settings["days_until_due"] is not None:
        wanted["days_until_due"] = settings["days_until_due"]
    if data["trial_period_days"]:
        wanted["trial_period_days"] = data["trial_period_days"]
    return wanted


def _make_schedule(unit: Unit, quote: Json, lines: list[Json], start: int) -> Json:
    data, settings = quote["subscription_data"], quote["invoice_settings"]
    phase: Json = {
        **_items(unit, lines),
        "default_tax_rates": quote["default_tax_rates"],
        "discounts": offers.entries(unit, quote["discounts"]),
        "metadata": data["metadata"],
    }
    if data["description"]:
        phase["description"] = data["description"]
    if data["trial_period_days"]:
        phase["trial_end"] = start + data["trial_period_days"] * DAY
    defaults: Json = {
        "collection_method": quote["collection_method"],
        "invoice_settings": {
            name: settings[name]
            for name in ("custom_fields", "days_until_due", "description", "footer")
            if settings[name] is not None
        },
    }
    wanted = {
        "customer": quote["customer"],
        "start_date": start,
        "end_behavior": "release",
        "default_settings": defaults,
        "phases": [phase],
        "billing_mode": {"type": data["billing_mode"]["type"]},
    }
    return unit.call("POST /v1/subscription_schedules", wanted)
