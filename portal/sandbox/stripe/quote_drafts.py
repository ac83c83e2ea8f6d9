"""Filling in a quote while it is a draft: from parameters, or from another quote."""

from portal.sandbox.stripe import line_items, offers, quoting
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.customers import usable
from portal.sandbox.stripe.unit import Unit, merged

LIFE = 30 * DAY
MOST_LINES = 20
MOST_FIELDS = 4
WORDS = ("description", "footer", "header")
# What a copy takes over from the quote it is made of.
CLONED = (
    "collection_method",
    "currency",
    "customer",
    "default_tax_rates",
    "description",
    "footer",
    "header",
    "invoice_settings",
    "metadata",
    "subscription_data",
    "test_clock",
)


def blank(unit: Unit) -> Json:
    """Return an empty draft, not stored."""
    return {
        "id": unit.id("qt"),
        "object": "quote",
        "amount_subtotal": 0,
        "amount_total": 0,
        "application": None,
        "application_fee_amount": None,
        "application_fee_percent": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "collection_method": "charge_automatically",
        "computed": {},
        "created": unit.now,
        "currency": None,
        "customer": None,
        "customer_account": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "expires_at": unit.now + LIFE,
        "footer": None,
        "from_quote": None,
        "header": None,
        "invoice": None,
        "invoice_settings": {
            "custom_fields": None,
            "days_until_due": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "livemode": False,
        "metadata": {},
        "number": None,
        "on_behalf_of": None,
        "status": "draft",
        "status_transitions": {"accepted_at": None, "canceled_at": None, "finalized_at": None},
        "subscription": None,
        "subscription_data": {
            "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
            "description": None,
            "effective_date": None,
            "metadata": {},
            "trial_period_days": None,
        },
        "subscription_schedule": None,
        "test_clock": unit.clock,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "transfer_data": None,
    }


def clone(unit: Unit, quote: Json, params: Json) -> list[Json]:
    """Make a draft like the quote that `from_quote` names; returns its lines, not stored."""
    for name in params.keys() - {"from_quote", "expires_at"}:
        raise invalid(
            "When using `from_quote`, only `expires_at` can be specified besides it.", param=name
        )
    wanted = params["from_quote"]
    source = unit.get("quote", wanted["quote"], "from_quote[quote]")
    is_revision = wanted.get("is_revision", False)
    allowed = ("open",) if is_revision else ("draft", "open", "accepted")
    if source["status"] not in allowed:
        verb = "revised" if is_revision else "cloned"
        raise invalid(
            f"A quote with a status of {source['status']} cannot be {verb}.",
            param="from_quote[quote]",
        )
    quote |= {name: source[name] for name in CLONED}
    quote["from_quote"] = {"is_revision": is_revision, "quote": source["id"]}
    if "expires_at" in params:
        quote["expires_at"] = future(unit, params["expires_at"])
    quote["discounts"] = _discounts(
        unit, quote, {"discounts": offers.entries(unit, source["discounts"])}, []
    )
    lines = []
    for place, old in enumerate(line_items.of(unit, source["id"])):
        line = {**old, "id": unit.id("li"), "created": unit.now, "_parent": quote["id"]}
        entries = {"discounts": offers.entries(unit, old["_discounts"])}
        line["_discounts"] = _discounts(unit, quote, entries, [], f"line_items[{place}][discounts]")
        lines.append(line)
    return lines


def apply(unit: Unit, quote: Json, params: Json, old: list[Json]) -> list[Json]:
    """Take over what a request says; returns the lines as they are to be."""
    for name in WORDS:
        if name in params:
            quote[name] = params[name] or None
    quote["collection_method"] = params.get("collection_method", quote["collection_method"])
    quote["metadata"] = merged(quote["metadata"], params.get("metadata"))
    if "customer" in params:
        _set_customer(unit, quote, params["customer"])
    if "default_tax_rates" in params:
        quote["default_tax_rates"] = tax_rates.chosen(
            unit, params["default_tax_rates"], "default_tax_rates"
        )
    if "expires_at" in params:
        quote["expires_at"] = future(unit, params["expires_at"])
    _set_invoice_settings(quote, params.get("invoice_settings") or {})
    _set_subscription_data(quote, params.get("subscription_data") or {})
    lines = _lines(unit, quote, params["line_items"], old) if "line_items" in params else old
    quote["currency"] = line_items.common_currency(unit, lines, None)
    line_items.common_interval(unit, lines)
    for place, entry in enumerate(params.get("line_items", [])):
        lines[place]["_discounts"] = _discounts(
            unit, quote, entry, lines[place]["_discounts"], f"line_items[{place}][discounts]"
        )
    quote["discounts"] = _discounts(unit, quote, params, quote["discounts"])
    return lines


def _set_customer(unit: Unit, quote: Json, customer: str) -> None:
    found = usable(unit, customer)
    if quote["customer"] not in (None, found["id"]):
        raise invalid("The customer of a quote cannot be changed.", param="customer")
    if quote["test_clock"] != found["test_clock"]:
        raise invalid("The customer must live on the test clock of the quote.", param="customer")
    quote["customer"] = found["id"]


def _set_invoice_settings(quote: Json, given: Json) -> None:
    if (given.get("issuer") or {"type": "self"})["type"] != "self":
        raise unsupported("another issuer", "invoice_settings[issuer]")
    settings = dict(quote["invoice_settings"])
    for name in ("custom_fields", "description", "footer"):
        if name in given:
            settings[name] = given[name] or None
    if len(settings["custom_fields"] or []) > MOST_FIELDS:
        raise invalid(
            f"You can set up to {MOST_FIELDS} custom fields.",
            param="invoice_settings[custom_fields]",
        )
    settings["days_until_due"] = given.get("days_until_due", settings["days_until_due"])
    quote["invoice_settings"] = settings


def _set_subscription_data(quote: Json, given: Json) -> None:
    """Take over `subscription_data`; its metadata replaces what was there (SDK docstring)."""
    data = dict(quote["subscription_data"])
    for name in ("description", "effective_date", "trial_period_days"):
        if name in given:
            data[name] = given[name] or None
    if data["effective_date"] == "current_period_end":
        raise unsupported("effective_date=current_period_end", "subscription_data[effective_date]")
    if (data["trial_period_days"] or 1) < 1:
        raise invalid(
            "Invalid integer: must be at least 1", param="subscription_data[trial_period_days]"
        )
    if "metadata" in given:
        data["metadata"] = merged({}, given["metadata"])
    if "billing_mode" in given:
        data["billing_mode"] = quoting.billing_mode(given["billing_mode"])
    quote["subscription_data"] = data


def _lines(unit: Unit, quote: Json, entries: list[Json], old: list[Json]) -> list[Json]:
    if len(entries) > MOST_LINES:
        raise invalid(f"A quote can have at most {MOST_LINES} line items.", param="line_items")
    known = {line["id"]: line for line in old}
    made = []
    for place, entry in enumerate(entries):
        where = f"line_items[{place}]"
        if "id" not in entry:
            line = line_items.new(unit, quote["id"], entry, where)
        elif entry["id"] in known:
            line = _changed(unit, known[entry["id"]], entry, where)
        else:
            raise invalid(
                f"No such line item: '{entry['id']}'", param=f"{where}[id]", code="resource_missing"
            )
        if line_items.price_of(unit, line)["custom_unit_amount"]:
            raise invalid(
                "Prices whose amount the customer chooses cannot be quoted.",
                param=f"{where}[price]",
            )
        made.append(line)
    return made


def _changed(unit: Unit, line: Json, entry: Json, where: str) -> Json:
    if "price" in entry or "price_data" in entry:
        fresh = line_items.new(unit, line["_parent"], entry, where)
        line |= {name: fresh[name] for name in ("price", "description", "currency", "quantity")}
    line_items.set_quantity(unit, line, entry, where)
    if "tax_rates" in entry:
        line["_tax_rates"] = tax_rates.chosen(unit, entry["tax_rates"], f"{where}[tax_rates]")
    return line


def _discounts(
    unit: Unit, quote: Json, given: Json, existing: list[str], param: str = "discounts"
) -> list[str]:
    if given.get("discounts") and quote["currency"] is None:
        raise invalid("Discounts need a line item whose currency they are for.", param=param)
    return offers.offered(
        unit,
        given.get("discounts"),
        owner={},
        customer=quote["customer"],
        currency=quote["currency"] or "",
        existing=existing,
        param=param,
    )


def future(unit: Unit, at: int) -> int:
    """Return the time of an expiry, if it lies ahead."""
    if at <= unit.now:
        raise invalid("`expires_at` must be in the future.", param="expires_at")
    return at
