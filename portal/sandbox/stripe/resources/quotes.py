"""Quotes: priced offers that become an invoice, a subscription or a schedule when accepted.

docs.stripe.com/quotes/overview says which status allows what; `quote_drafts.py` fills a draft
in, `quoting.py` holds the sums and what an acceptance makes.
"""

from portal.sandbox.stripe import clocks, line_items, quote_drafts, quote_papers, quoting
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import download, due, includes, listens, route
from portal.sandbox.stripe.resources.customers import usable
from portal.sandbox.stripe.short_lists import page
from portal.sandbox.stripe.unit import Unit

URL = "/v1/quotes"
ONE = URL + "/{quote}"
UNMODELLED = (
    "application_fee_amount",
    "application_fee_percent",
    "customer_account",
    "on_behalf_of",
    "transfer_data",
)
# What may still change once the customer has the quote.
WHILE_OPEN = frozenset({"expires_at", "metadata"})


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes a draft, empty, filled, or as a copy of another quote."""
    _refuse_unmodelled(params)
    if "test_clock" in params:
        unit.get(clocks.KIND, params["test_clock"], "test_clock")
    quote = quote_drafts.blank(unit)
    if "from_quote" in params:
        lines = quote_drafts.clone(unit, quote, params)
    else:
        lines = quote_drafts.apply(unit, quote, params, [])
    line_items.keep(unit, lines)
    quoting.settle(unit, quote, lines)
    unit.schedule(quote["expires_at"], "quote.expire", quote["id"])
    return unit.add(quote, "quote.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer` and `status`."""
    if "customer_account" in params:
        raise unsupported("customer_account", "customer_account")
    where: Json = {"customer": params.get("customer"), "status": params.get("status")}
    where["test_clock"] = clocks.listed(unit, params, "customer")
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
    lines = quote_drafts.apply(unit, found, params, old)
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
        found["expires_at"] = quote_drafts.future(unit, params["expires_at"])
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
