"""Lines of an invoice: reading them, and changing them while it is a draft.

A line that stands for an invoice item is changed through that item, as the SDK's description of
the route says; of a subscription's own lines only words, metadata, tax rates and discounts change.
"""

from portal.sandbox.stripe import redemption
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.invoicing import settle
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.subscription_billing import attach_item
from portal.sandbox.stripe.unit import Unit, envelope, merged

URL = "/v1/invoices"
OF_ITEM = (
    "amount",
    "description",
    "discountable",
    "discounts",
    "metadata",
    "period",
    "price_data",
    "pricing",
    "quantity",
    "tax_rates",
)
OF_SUBSCRIPTION_LINE = ("description", "discountable", "discounts", "metadata", "tax_rates")


@route("GET", URL + "/{invoice}/lines")
def list_lines(unit: Unit, params: Json, invoice: str) -> Json:
    """All lines of an invoice, in their order."""
    found = unit.alive("invoice", invoice)
    lines = found["lines"]["data"]
    names = [each["id"] for each in lines]
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid(f"Invalid integer: {limit}; must be between 1 and 100", param="limit")
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in names:
            raise missing("line_item", params[name], name)
    first = names.index(params["starting_after"]) + 1 if "starting_after" in params else 0
    last = names.index(params["ending_before"]) if "ending_before" in params else len(lines)
    chosen = lines[first:last]
    kept = chosen[-limit:] if "ending_before" in params else chosen[:limit]
    return envelope(kept, f"{URL}/{invoice}/lines", has_more=len(chosen) > limit)


@route("POST", URL + "/{invoice}/lines/{line_item_id}")
def update_line(unit: Unit, params: Json, invoice: str, line_item_id: str) -> Json:
    """Changes one line of a draft."""
    found = _draft(unit, invoice)
    _change(unit, found, line_item_id, params, "line_item_id")
    changed = unit.get("invoice", invoice)
    return dict(_line(changed, line_item_id, "line_item_id"))


@route("POST", URL + "/{invoice}/update_lines")
def update_lines(unit: Unit, params: Json, invoice: str) -> Json:
    """Changes several lines of a draft."""
    found = _draft(unit, invoice)
    for place, entry in enumerate(params["lines"]):
        wanted = {name: value for name, value in entry.items() if name != "id"}
        _change(unit, found, entry["id"], wanted, f"lines[{place}][id]")
        found = unit.get("invoice", invoice)
    return _with_metadata(unit, found, params)


@route("POST", URL + "/{invoice}/add_lines")
def add_lines(unit: Unit, params: Json, invoice: str) -> Json:
    """Puts pending invoice items, or new ones, on a draft."""
    found = _draft(unit, invoice)
    for place, entry in enumerate(params["lines"]):
        where = f"lines[{place}]"
        if "invoice_item" in entry:
            item = unit.get("invoiceitem", entry["invoice_item"], f"{where}[invoice_item]")
            if item["invoice"]:
                raise invalid("The invoice item is already on an invoice.", param=where)
            if len(entry) > 1:
                raise unsupported("changing an invoice item while it is added", where)
            attach_item(unit, found, item)
            unit.save(settle(unit, found), "invoice.updated")
        else:
            owner = {"customer": found["customer"], "currency": found["currency"]}
            wanted = _item_params(entry, where) | owner | {"invoice": invoice}
            unit.call("POST /v1/invoiceitems", wanted)
        found = unit.get("invoice", invoice)
    return _with_metadata(unit, found, params)


@route("POST", URL + "/{invoice}/remove_lines")
def remove_lines(unit: Unit, params: Json, invoice: str) -> Json:
    """Takes lines off a draft: their invoice items are deleted, or pending again."""
    found = _draft(unit, invoice)
    for place, entry in enumerate(params["lines"]):
        where = f"lines[{place}][id]"
        line = _line(found, entry["id"], where)
        name = _item_of(line)
        if name is None:
            raise unsupported("removing a subscription's own line", where)
        if entry["behavior"] == "delete":
            unit.call("DELETE /v1/invoiceitems/{invoiceitem}", invoiceitem=name)
        else:
            item = unit.get("invoiceitem", name)
            item |= {"invoice": None, "_line": None, "_parent": f"pending_{item['customer']}"}
            unit.put(item | {"_pending": True})
            found["lines"]["data"].remove(line)
            unit.save(settle(unit, found), "invoice.updated")
        found = unit.get("invoice", invoice)
    return _with_metadata(unit, found, params)


def _draft(unit: Unit, invoice: str) -> Json:
    found = unit.alive("invoice", invoice)
    if found["status"] != "draft":
        raise invalid(
            "You cannot edit the lines of a finalized invoice.", code="invoice_not_editable"
        )
    return found


def _line(invoice: Json, name: str, param: str) -> Json:
    found = next((one for one in invoice["lines"]["data"] if one["id"] == name), None)
    if found is None:
        raise missing("line_item", name, param)
    return dict(found)


def _item_of(line: Json) -> str | None:
    """Return the invoice item that a line stands for."""
    details = line["parent"]["invoice_item_details"] or line["parent"]["subscription_item_details"]
    return str(details["invoice_item"]) if details["invoice_item"] else None


def _item_params(entry: Json, where: str) -> Json:
    for name in entry.keys() - {*OF_ITEM}:
        raise unsupported(f"{name} of an invoice line", f"{where}[{name}]")
    return {name: entry[name] for name in OF_ITEM if name in entry}


def _change(unit: Unit, invoice: Json, name: str, wanted: Json, param: str) -> None:
    line = _line(invoice, name, param)
    item = _item_of(line)
    if item is not None:
        params = _item_params(wanted, param)
        unit.call("POST /v1/invoiceitems/{invoiceitem}", params, invoiceitem=item)
        return
    for other in wanted.keys() - {*OF_SUBSCRIPTION_LINE}:
        raise unsupported(f"{other} of a subscription's own line", other)
    stored = next(one for one in invoice["lines"]["data"] if one["id"] == name)
    for field in ("description", "discountable"):
        if field in wanted:
            stored[field] = wanted[field]
    if "metadata" in wanted:
        stored["metadata"] = merged(stored["metadata"], wanted["metadata"])
    if "tax_rates" in wanted:
        stored["_tax_rates"] = tax_rates.chosen(unit, wanted["tax_rates"], "tax_rates")
    if "discounts" in wanted:
        stored["discounts"] = redemption.redeem(
            unit,
            wanted["discounts"],
            owner={"invoice": invoice["id"]},
            customer=invoice["customer"],
            currency=invoice["currency"],
            existing=stored["discounts"],
        )
    unit.save(settle(unit, invoice), "invoice.updated")


def _with_metadata(unit: Unit, invoice: Json, params: Json) -> Json:
    if "invoice_metadata" in params:
        invoice["metadata"] = merged(invoice["metadata"], params["invoice_metadata"])
        return unit.save(invoice, "invoice.updated")
    return invoice
