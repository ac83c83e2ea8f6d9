"""Quotes: priced offers that become an invoice, a subscription or a schedule when accepted.

docs.stripe.com/quotes/overview says which status allows what; `quoting.py` holds the sums and what
an acceptance makes.
"""

from portal.sandbox.stripe import line_items, offers, quote_papers, quoting
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import download, due, includes, listens, route
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.customers import usable
from portal.sandbox.stripe.short_lists import page
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/quotes"
ONE = URL + "/{quote}"
LIFE = 30 * DAY
MOST_LINES = 20
MOST_FIELDS = 4
UNMODELLED = (
    "application_fee_amount",
    "application_fee_percent",
    "customer_account",
    "on_behalf_of",
    "test_clock",
    "transfer_data",
)
WORDS = ("description", "footer", "header")
# What may still change once the customer has the quote.
WHILE_OPEN = frozenset({"expires_at", "metadata"})
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
)


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes a draft, empty, filled, or as a copy of another quote."""
    _refuse_unmodelled(params)
    quote = _blank(unit)
    if "from_quote" in params:
        lines = _clone(unit, quote, params)
    else:
        lines = _apply(unit, quote, params, [])
    line_items.keep(unit, lines)
    quoting.settle(unit, quote, lines)
    unit.schedule(quote["expires_at"], "quote.expire", quote["id"])
    return unit.add(quote, "quote.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer` and `status`."""
    for name in ("customer_account", "test_clock"):
        if name in params:
            raise unsupported(name, name)
    where = {"customer": params.get("customer"), "status": params.get("status")}
    return unit.page("quote", params, URL, where)


@route("GET", ONE)
def retrieve(unit: Unit, params: Json, quote: str) -> Json:
    """One quote."""
    _ = params
    return unit.get("quote", quote, "quote")


@route("POST", ONE)
def update(unit: Unit, params: Json, quote: str) -> Json:
    """Changes a draft; of an open quote only when it expires, and its metadata."""
    _refuse_unmodelled(params)
    found = unit.get("quote", quote, "quote")
    if found["status"] == "open":
        for name in params.keys() - WHILE_OPEN:
            raise invalid(
                "You can only update the expiration date and metadata of an open quote.",
                param=name,
            )
    elif found["status"] != "draft":
        raise _wrong_status(found, "update")
    old = line_items.of(unit, found["id"])
    lines = _apply(unit, found, params, old)
    line_items.keep(unit, lines)
    for line in old:
        if line["id"] not in [one["id"] for one in lines]:
            unit.remove(line)
    if found["status"] == "draft":
        quoting.settle(unit, found, lines)
    _expire_at(unit, found)
    return unit.save(found)


@route("POST", ONE + "/finalize")
def finalize(unit: Unit, params: Json, quote: str) -> Json:
    """Opens a draft and numbers it; it needs a customer and a line."""
    found = unit.get("quote", quote, "quote")
    if found["status"] != "draft":
        raise _wrong_status(found, "finalize")
    if found["customer"] is None:
        raise invalid(
            "A quote must have a customer before it can be finalized.",
            param="customer",
            code="parameter_missing",
        )
    lines = line_items.of(unit, found["id"])
    if not lines:
        raise invalid(
            "A quote must have at least one line item before it can be finalized.",
            param="line_items",
            code="parameter_missing",
        )
    quoting.check_terms(found)
    if "expires_at" in params:
        found["expires_at"] = _future(unit, params["expires_at"])
        _expire_at(unit, found)
    quoting.settle(unit, found, lines)
    found |= {"status": "open", "number": quoting.number(unit, found)}
    found["status_transitions"]["finalized_at"] = unit.now
    return unit.save(found, "quote.finalized")


@route("POST", ONE + "/accept")
def accept(unit: Unit, params: Json, quote: str) -> Json:
    """Turns an open quote into a draft invoice, a subscription or a schedule."""
    _ = params
    found = unit.get("quote", quote, "quote")
    if found["status"] != "open":
        raise _wrong_status(found, "accept")
    usable(unit, found["customer"])
    quoting.fulfil(unit, found, line_items.of(unit, found["id"]))
    found["status"] = "accepted"
    found["status_transitions"]["accepted_at"] = unit.now
    unit.unschedule("quote.expire", found["id"])
    return unit.save(found, "quote.accepted")


@route("POST", ONE + "/cancel")
def cancel(unit: Unit, params: Json, quote: str) -> Json:
    """Withdraws a draft or an open quote."""
    _ = params
    found = unit.get("quote", quote, "quote")
    if found["status"] not in ("draft", "open"):
        raise _wrong_status(found, "cancel")
    return _cancel(unit, found)


@route("GET", ONE + "/line_items")
def list_line_items(unit: Unit, params: Json, quote: str) -> Json:
    """What is offered."""
    found = unit.get("quote", quote, "quote")
    return page(line_items.of(unit, found["id"]), params, f"{URL}/{quote}/line_items")


@route("GET", ONE + "/computed_upfront_line_items")
def list_upfront(unit: Unit, params: Json, quote: str) -> Json:
    """What the first invoice will hold."""
    found = unit.get("quote", quote, "quote")
    url = f"{URL}/{quote}/computed_upfront_line_items"
    return page(quoting.upfront_lines(unit, found), params, url)


@download("GET", ONE + "/pdf", "application/pdf")
def pdf(unit: Unit, params: Json, quote: str) -> bytes:
    """The paper of a finalized quote."""
    _ = params
    found = unit.get("quote", quote, "quote")
    if found["number"] is None:
        raise invalid("You can only download the PDF of a quote that has been finalized.")
    return quote_papers.document(unit, found, line_items.of(unit, found["id"]))


@due("quote.expire")
def expire(unit: Unit, quote_id: str) -> None:
    """Its time is up."""
    found = unit.get("quote", quote_id)
    if found["status"] in ("draft", "open"):
        _cancel(unit, found)


@listens("customer.deleted")
def customer_deleted(unit: Unit, customer: Json) -> None:
    """Nobody is left to accept the quotes of a deleted customer."""
    for found in unit.select("quote", customer=customer["id"], status=["draft", "open"]):
        _cancel(unit, found)


@includes("quote", "line_items")
def shown_lines(unit: Unit, quote: Json) -> Json:
    """The lines, when asked for."""
    url = f"{URL}/{quote['id']}/line_items"
    return page(line_items.of(unit, quote["id"]), {}, url)


@includes("quote", "computed.upfront.line_items")
def shown_upfront(unit: Unit, quote: Json) -> Json:
    """The lines of the first invoice, when asked for."""
    url = f"{URL}/{quote['id']}/computed_upfront_line_items"
    lines = quoting.upfront_lines(unit, unit.get("quote", quote["id"]))
    return page(lines, {}, url)


@includes("quote", "total_details.breakdown")
def shown_breakdown(unit: Unit, quote: Json) -> Json:
    """Discounts and taxes of the whole, when asked for."""
    return line_items.breakdown(unit, line_items.of(unit, quote["id"]))


@includes("quote", "computed.upfront.total_details.breakdown")
def shown_upfront_breakdown(unit: Unit, quote: Json) -> Json:
    """Discounts and taxes of the first invoice, when asked for."""
    lines = quoting.upfront_lines(unit, unit.get("quote", quote["id"]))
    return line_items.breakdown(unit, lines)


@includes("quote", "computed.recurring.total_details.breakdown")
def shown_recurring_breakdown(unit: Unit, quote: Json) -> Json:
    """Discounts and taxes of each period, when asked for."""
    lines = quoting.recurring_lines(unit, unit.get("quote", quote["id"]))
    return line_items.breakdown(unit, lines)


def _blank(unit: Unit) -> Json:
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
        "test_clock": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "transfer_data": None,
    }


def _clone(unit: Unit, quote: Json, params: Json) -> list[Json]:
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
        quote["expires_at"] = _future(unit, params["expires_at"])
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


def _apply(unit: Unit, quote: Json, params: Json, old: list[Json]) -> list[Json]:
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
        quote["expires_at"] = _future(unit, params["expires_at"])
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


def _future(unit: Unit, at: int) -> int:
    if at <= unit.now:
        raise invalid("`expires_at` must be in the future.", param="expires_at")
    return at


def _expire_at(unit: Unit, quote: Json) -> None:
    unit.unschedule("quote.expire", quote["id"])
    unit.schedule(quote["expires_at"], "quote.expire", quote["id"])


def _cancel(unit: Unit, quote: Json) -> Json:
    quote["status"] = "canceled"
    quote["status_transitions"]["canceled_at"] = unit.now
    unit.unschedule("quote.expire", quote["id"])
    return unit.save(quote, "quote.canceled")


def _wrong_status(quote: Json, verb: str) -> Exception:
    return invalid(f"You cannot {verb} a quote that has a status of {quote['status']}.")


def _refuse_unmodelled(params: Json) -> None:
    for name in UNMODELLED:
        if params.get(name) not in (None, ""):
            raise unsupported(name, name)
    if (params.get("automatic_tax") or {}).get("enabled"):
        raise unsupported("automatic tax", "automatic_tax[enabled]")
    if (params.get("automatic_tax") or {}).get("liability"):
        raise unsupported("tax liability", "automatic_tax[liability]")
