"""Credit notes: less to pay of an open invoice, money or credit back for a paid one."""

from fractions import Fraction

from portal.sandbox.stripe import collection
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.invoicing import after_discounts, decimal
from portal.sandbox.stripe.proration import rounded
from portal.sandbox.stripe.registry import renders, route
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.customers import change_balance
from portal.sandbox.stripe.taxation import Rate, taxes_on
from portal.sandbox.stripe.unit import Unit, envelope, merged

URL = "/v1/credit_notes"
LINES_SHOWN = 10


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Issues one for an open or paid invoice and moves the money it stands for."""
    note, invoice = _issue(unit, params)
    unit.put(note)
    _settle(unit, note, invoice)
    return unit.add(note, "credit_note.created")


@route("GET", URL + "/preview")
def preview(unit: Unit, params: Json) -> Json:
    """The credit note that these parameters would issue."""
    return _issue(unit, params)[0]


@route("GET", URL + "/preview/lines")
def preview_lines(unit: Unit, params: Json) -> Json:
    """The lines of the credit note that these parameters would issue."""
    wanted = {
        name: value
        for name, value in params.items()
        if name not in ("limit", "starting_after", "ending_before")
    }
    lines = _issue(unit, wanted)[0]["lines"]["data"]
    limit = params.get("limit", 10)
    return envelope(lines[:limit], f"{URL}/preview/lines", has_more=len(lines) > limit)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer`, `invoice`, `created`."""
    where: Json = {
        "customer": params.get("customer"),
        "parent": params.get("invoice"),
        "created": params.get("created"),
    }
    return unit.page("credit_note", params, URL, where)


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One credit note."""
    _ = params
    return unit.get("credit_note", id)


@route("POST", URL + "/{id}")
def update(unit: Unit, params: Json, id: str) -> Json:
    """Changes memo and metadata."""
    note = unit.get("credit_note", id)
    if "memo" in params:
        note["memo"] = params["memo"] or None
    note["metadata"] = merged(note["metadata"], params.get("metadata"))
    return unit.save(note, "credit_note.updated")


@route("GET", URL + "/{credit_note}/lines")
def list_lines(unit: Unit, params: Json, credit_note: str) -> Json:
    """The lines of a credit note, in their order."""
    note = unit.get("credit_note", credit_note)
    lines = note["lines"]["data"]
    names = [line["id"] for line in lines]
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in names:
            raise missing("credit_note_line_item", params[name], name)
    first = names.index(params["starting_after"]) + 1 if "starting_after" in params else 0
    last = names.index(params["ending_before"]) if "ending_before" in params else len(lines)
    chosen, limit = lines[first:last], params.get("limit", 10)
    return envelope(chosen[:limit], f"{URL}/{credit_note}/lines", has_more=len(chosen) > limit)


@route("POST", URL + "/{id}/void")
def void(unit: Unit, params: Json, id: str) -> Json:
    """Takes one back while its invoice is still open."""
    _ = params
    note = unit.get("credit_note", id)
    if note["status"] == "void":
        raise invalid("This credit note is already void.")
    invoice = unit.get("invoice", note["invoice"])
    if invoice["status"] != "open" or note["type"] != "pre_payment":
        raise invalid("You can only void a credit note while its invoice is open.")
    invoice["pre_payment_credit_notes_amount"] -= note["amount"]
    collection.reduce_due(unit, invoice, -note["amount"])
    note |= {"status": "void", "voided_at": unit.now}
    return unit.save(note, "credit_note.updated", "credit_note.voided")


@renders("credit_note")
def show(unit: Unit, note: Json) -> None:
    """Put tax rates in place of their ids and cut the list of lines."""
    lines = note["lines"]
    lines["has_more"] = len(lines["data"]) > LINES_SHOWN
    del lines["data"][LINES_SHOWN:]
    _ = unit


@renders("credit_note_line_item")
def show_line(unit: Unit, line: Json) -> None:
    """Put tax rates in place of their ids."""
    rates = line["tax_rates"]
    if rates and isinstance(rates[0], str):
        line["tax_rates"] = [render(unit, one) for one in tax_rates.shown(unit, rates)]


def _issue(unit: Unit, params: Json) -> tuple[Json, Json]:
    for name in ("shipping_cost", "refunds"):
        if params.get(name):
            raise unsupported(name, name)
    invoice = unit.get("invoice", params["invoice"], "invoice")
    if invoice["status"] not in ("open", "paid"):
        raise invalid(
            "You can only create credit notes for invoices that are open or paid.",
            param="invoice",
        )
    if ("amount" in params) == ("lines" in params):
        raise invalid("You must pass exactly one of amount and lines.", param="lines")
    if "amount" in params:
        lines = [_custom(unit, {"description": "Credit", "unit_amount": params["amount"]}, "")]
    else:
        lines = [
            _line(unit, invoice, entry, f"lines[{place}]")
            for place, entry in enumerate(params["lines"])
        ]
    note = _body(unit, invoice, params, lines)
    _check_amounts(note, invoice, params)
    return note, invoice


def _line(unit: Unit, invoice: Json, entry: Json, where: str) -> Json:
    if entry.get("tax_amounts"):
        raise unsupported("tax_amounts", f"{where}[tax_amounts]")
    if entry["type"] == "custom_line_item":
        return _custom(unit, entry, where)
    source = next(
        (one for one in invoice["lines"]["data"] if one["id"] == entry.get("invoice_line_item")),
        None,
    )
    if source is None:
        raise invalid(
            f"No such invoice line item: '{entry.get('invoice_line_item')}'",
            param=f"{where}[invoice_line_item]",
            code="resource_missing",
        )
    whole = source["amount"]
    if "amount" in entry:
        amount = entry["amount"]
    else:
        quantity = entry.get("quantity", source["quantity"] or 1)
        amount = rounded(Fraction(whole * quantity, source["quantity"] or 1))
    if not 0 < amount <= whole:
        raise invalid(
            "You cannot credit more than the amount of the invoice line.", param=f"{where}[amount]"
        )
    part = Fraction(amount, whole)
    discounts = [
        {"amount": rounded(taken["amount"] * part), "discount": taken["discount"]}
        for taken in source["discount_amounts"]
    ]
    taxes = [
        {
            **tax,
            "amount": rounded(tax["amount"] * part),
            "taxable_amount": rounded(tax["taxable_amount"] * part),
        }
        for tax in source["taxes"]
    ]
    return {
        **_blank(unit),
        "amount": amount,
        "description": entry.get("description", source["description"]),
        "discount_amount": sum(one["amount"] for one in discounts),
        "discount_amounts": discounts,
        "invoice_line_item": source["id"],
        "metadata": merged({}, entry.get("metadata")),
        "pretax_credit_amounts": [{**one, "type": "discount"} for one in discounts],
        "quantity": entry.get("quantity"),
        "tax_rates": [tax["tax_rate_details"]["tax_rate"] for tax in taxes],
        "taxes": taxes,
        "type": "invoice_line_item",
        "_after": rounded(after_discounts(source) * part),
    }


def _custom(unit: Unit, entry: Json, where: str) -> Json:
    each = entry.get("unit_amount_decimal", entry.get("unit_amount"))
    if each is None:
        raise invalid(
            f"Missing required param: {where}[unit_amount].",
            param=f"{where}[unit_amount]",
            code="parameter_missing",
        )
    quantity = entry.get("quantity", 1)
    amount = rounded(Fraction(str(each)) * quantity)
    if amount <= 0:
        raise invalid("The amount of a credit must be positive.", param=f"{where}[unit_amount]")
    names = tax_rates.chosen(unit, entry.get("tax_rates"), f"{where}[tax_rates]")
    rates = [
        Rate(rate["id"], Fraction(str(rate["percentage"])), bool(rate["inclusive"]))
        for rate in tax_rates.shown(unit, names)
    ]
    return {
        **_blank(unit),
        "amount": amount,
        "description": entry.get("description"),
        "metadata": merged({}, entry.get("metadata")),
        "quantity": quantity,
        "tax_rates": names,
        "taxes": [
            {
                "amount": tax.amount,
                "tax_behavior": "inclusive" if tax.rate.inclusive else "exclusive",
                "tax_rate_details": {"tax_rate": tax.rate.id},
                "taxability_reason": "not_available",
                "taxable_amount": tax.taxable,
                "type": "tax_rate_details",
            }
            for tax in taxes_on(amount, rates)
        ],
        "type": "custom_line_item",
        "unit_amount": entry.get("unit_amount"),
        "unit_amount_decimal": decimal(Fraction(str(each))),
        "_after": amount,
    }


def _blank(unit: Unit) -> Json:
    return {
        "id": unit.id("cnli"),
        "object": "credit_note_line_item",
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice_line_item": None,
        "livemode": False,
        "pretax_credit_amounts": [],
        "unit_amount": None,
        "unit_amount_decimal": None,
    }


def _body(unit: Unit, invoice: Json, params: Json, lines: list[Json]) -> Json:
    taxes: dict[str, Json] = {}
    exclusive = inclusive = 0
    for line in lines:
        for tax in line["taxes"]:
            name = tax["tax_rate_details"]["tax_rate"]
            if name in taxes:
                taxes[name]["amount"] += tax["amount"]
                taxes[name]["taxable_amount"] += tax["taxable_amount"]
            else:
                taxes[name] = dict(tax)
            if tax["tax_behavior"] == "inclusive":
                inclusive += tax["amount"]
            else:
                exclusive += tax["amount"]
    discounts: dict[str, int] = {}
    for line in lines:
        for taken in line["discount_amounts"]:
            discounts[taken["discount"]] = discounts.get(taken["discount"], 0) + taken["amount"]
    after = sum(line["_after"] for line in lines)
    total = after + exclusive
    remaining = invoice["amount_remaining"] if invoice["status"] == "open" else 0
    before = min(total, remaining)
    number = len(unit.select("credit_note", parent=invoice["id"])) + 1
    name = unit.id("cn")
    kind = "pre_payment" if before == total else "post_payment" if before == 0 else "mixed"
    return {
        "id": name,
        "object": "credit_note",
        "amount": total,
        "amount_shipping": 0,
        "created": unit.now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": sum(discounts.values()),
        "discount_amounts": [
            {"amount": amount, "discount": one} for one, amount in discounts.items()
        ],
        "effective_at": params.get("effective_at", unit.now),
        "invoice": invoice["id"],
        "lines": envelope(lines, f"{URL}/{name}/lines"),
        "livemode": False,
        "memo": params.get("memo") or None,
        "metadata": merged({}, params.get("metadata")),
        "number": f"{invoice['number']}-CN-{number:02}",
        "out_of_band_amount": params.get("out_of_band_amount"),
        "pdf": f"{invoice['hosted_invoice_url']}/credit_notes/{name}/pdf",
        "post_payment_amount": total - before,
        "pre_payment_amount": before,
        "pretax_credit_amounts": [
            {"amount": amount, "discount": one, "type": "discount"}
            for one, amount in discounts.items()
        ],
        "reason": params.get("reason"),
        "refunds": [],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": sum(line["amount"] for line in lines),
        "subtotal_excluding_tax": sum(line["amount"] for line in lines) - inclusive,
        "total": total,
        "total_excluding_tax": after - inclusive,
        "total_taxes": list(taxes.values()),
        "type": kind,
        "voided_at": None,
        "_parent": invoice["id"],
        "_credit": params.get("credit_amount", 0),
        "_refund": params.get("refund_amount", 0),
    }


def _check_amounts(note: Json, invoice: Json, params: Json) -> None:
    after = note["post_payment_amount"]
    given = sum(
        params.get(name, 0) for name in ("credit_amount", "refund_amount", "out_of_band_amount")
    )
    if given != after:
        raise invalid(
            f"The sum of credit amount, refund amount and out of band amount ({given}) must equal "
            f"the post-payment credit note amount ({after}).",
        )
    if after and invoice["status"] == "open" and not invoice["amount_paid"]:
        raise invalid(
            f"The credit note amount ({note['amount']}) is greater than what remains to be paid "
            f"of the invoice ({invoice['amount_remaining']}).",
            param="amount",
        )
    if invoice["post_payment_credit_notes_amount"] + after > invoice["amount_paid"]:
        raise invalid(
            "The credit notes of an invoice cannot exceed what was paid for it.", param="amount"
        )


def _settle(unit: Unit, note: Json, invoice: Json) -> None:
    if note["pre_payment_amount"]:
        invoice["pre_payment_credit_notes_amount"] += note["pre_payment_amount"]
        invoice = collection.reduce_due(unit, invoice, note["pre_payment_amount"])
    if note["post_payment_amount"]:
        invoice["post_payment_credit_notes_amount"] += note["post_payment_amount"]
        unit.save(invoice, "invoice.updated")
    if note["_refund"]:
        intent = collection.default_intent(unit, invoice["id"])
        if intent is None or intent["status"] != "succeeded":
            raise invalid(
                "The invoice was not paid by a charge that can be refunded.",
                param="refund_amount",
            )
        refund = unit.call(
            "POST /v1/refunds", {"payment_intent": intent["id"], "amount": note["_refund"]}
        )
        note["refunds"] = [
            {
                "amount_refunded": note["_refund"],
                "payment_record_refund": None,
                "refund": refund["id"],
                "type": "refund",
            }
        ]
    if note["_credit"]:
        credit = change_balance(
            unit,
            note["customer"],
            -note["_credit"],
            note["currency"],
            "credit_note",
            credit_note=note["id"],
            invoice=invoice["id"],
        )
        note["customer_balance_transaction"] = credit["id"]
    unit.put(note)
