"""Invoices: manual ones from items, and what may be done with any: finalize, pay, void, send."""

from collections.abc import Callable

from portal.sandbox.stripe import collection, due_dates, previews, redemption
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.invoicing import blank, settle, subscription_of
from portal.sandbox.stripe.periods import DAY, Period
from portal.sandbox.stripe.registry import includes, renders, route
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.customers import usable, use_currency
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.subscription_billing import take_pending
from portal.sandbox.stripe.subscription_settings import check_days
from portal.sandbox.stripe.unit import Unit, envelope, merged

URL = "/v1/invoices"
LINES_SHOWN = 10
LONGEST_WAIT = 5 * 366 * DAY
LONGEST_NUMBER = 26
UNMODELLED = (
    "account_tax_ids",
    "application_fee_amount",
    "customer_account",
    "default_source",
    "from_invoice",
    "on_behalf_of",
    "shipping_cost",
    "transfer_data",
)
AFTER_FINALIZATION = frozenset(
    {
        "auto_advance",
        "metadata",
        "days_until_due",
        "due_date",
        "default_payment_method",
        "payment_settings",
        "description",
        "footer",
    }
)


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes a draft, empty or with the customer's pending items."""
    _refuse_unmodelled(params)
    subscription = None
    if "subscription" in params:
        subscription = unit.get("subscription", params["subscription"], "subscription")
    name = params.get("customer") or (subscription or {}).get("customer")
    if name is None:
        raise invalid(
            "Missing required param: customer.", param="customer", code="parameter_missing"
        )
    customer = usable(unit, name)
    currency = check_currency(
        params.get("currency")
        or (subscription or {}).get("currency")
        or customer["currency"]
        or unit.account["default_currency"]
    )
    method = params.get("collection_method") or (subscription or {}).get(
        "collection_method", "charge_automatically"
    )
    days = params.get("days_until_due")
    if method == "send_invoice" and days is None and "due_date" not in params:
        days = (subscription or {}).get("days_until_due")
    if "due_date" not in params:
        check_days(method, days)
    invoice = blank(
        unit,
        customer,
        currency,
        reason="manual",
        method=method,
        period=Period(unit.now, unit.now),
        subscription=subscription,
        days_until_due=days,
    )
    _apply(unit, invoice, params)
    if subscription is not None or params.get("pending_invoice_items_behavior") == "include":
        take_pending(unit, invoice, subscription)
        if subscription is not None and not invoice["lines"]["data"]:
            raise invalid(
                "Nothing to invoice for subscription", code="invoice_no_subscription_line_items"
            )
    use_currency(unit, customer, currency)
    settle(unit, invoice)
    at = _finalizes_at(unit, params)
    advance = params.get("auto_advance", at is not None)
    return collection.store_draft(unit, invoice, auto_advance=advance, at=at)


def _finalizes_at(unit: Unit, params: Json) -> int | None:
    at = params.get("automatically_finalizes_at")
    if at is None:
        return None
    if not unit.now < at <= unit.now + LONGEST_WAIT:
        raise invalid(
            "automatically_finalizes_at must be within the next 5 years.",
            param="automatically_finalizes_at",
        )
    if params.get("auto_advance") is False:
        raise invalid(
            "automatically_finalizes_at cannot be combined with auto_advance=false.",
            param="automatically_finalizes_at",
        )
    return int(at)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters customer, subscription, status, collection method, dates."""
    where: Json = {
        "customer": params.get("customer"),
        "status": params.get("status"),
        "created": params.get("created"),
        "collection_method": params.get("collection_method"),
        "due_date": params.get("due_date"),
        "parent": params.get("subscription"),
    }
    return unit.page("invoice", params, URL, where)


@route("POST", URL + "/create_preview")
def create_preview(unit: Unit, params: Json) -> Json:
    """The invoice that a change, a cancellation or the next renewal would make."""
    return previews.preview(unit, params)


@route("GET", URL + "/{invoice}")
def retrieve(unit: Unit, params: Json, invoice: str) -> Json:
    """One invoice."""
    _ = params
    return unit.alive("invoice", invoice)


@route("POST", URL + "/{invoice}")
def update(unit: Unit, params: Json, invoice: str) -> Json:
    """Changes a draft; of a finalized one only what moves no money."""
    _refuse_unmodelled(params)
    found = unit.alive("invoice", invoice)
    if found["status"] != "draft":
        for name in params:
            if name not in AFTER_FINALIZATION:
                raise invalid(
                    "Finalized invoices can't be updated in this way",
                    param=name,
                    code="invoice_not_editable",
                )
    _apply(unit, found, params)
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    at = _finalizes_at(unit, params)
    if at is not None or params.get("auto_advance", found["auto_advance"]) != found["auto_advance"]:
        _set_advance(unit, found, params.get("auto_advance", True), at)
    if found["status"] == "draft":
        settle(unit, found)
    return unit.save(found, "invoice.updated")


def _set_advance(unit: Unit, invoice: Json, wanted: bool, moment: int | None = None) -> None:
    invoice["auto_advance"] = wanted
    unit.unschedule("invoice.advance", invoice["id"])
    unit.unschedule("invoice.collect", invoice["id"])
    invoice["automatically_finalizes_at"] = None
    invoice["next_payment_attempt"] = None
    if not wanted:
        return
    at = moment or unit.now + collection.HOUR
    if invoice["status"] == "draft":
        invoice["automatically_finalizes_at"] = at
        unit.schedule(at, "invoice.advance", invoice["id"])
    elif invoice["status"] == "open" and invoice["collection_method"] == "charge_automatically":
        invoice["next_payment_attempt"] = at
        unit.schedule(at, "invoice.collect", invoice["id"])


@route("DELETE", URL + "/{invoice}")
def delete(unit: Unit, params: Json, invoice: str) -> Json:
    """Deletes a draft made by hand; its items are pending again."""
    _ = params
    found = unit.alive("invoice", invoice)
    if found["status"] != "draft":
        raise invalid("You can only delete draft invoices.")
    if subscription_of(found) and found["billing_reason"] != "manual":
        raise invalid(
            "You cannot delete invoices that were created by a subscription. Consider voiding it."
        )
    for item in unit.select("invoiceitem", parent=found["id"]):
        item |= {"invoice": None, "_line": None, "_parent": f"pending_{item['customer']}"}
        item["_pending"] = True
        unit.put(item)
    unit.unschedule("invoice.advance", found["id"])
    return unit.remove(found, "invoice.deleted")


@route("POST", URL + "/{invoice}/finalize")
def finalize(unit: Unit, params: Json, invoice: str) -> Json:
    """Opens a draft; with `auto_advance` it is then charged an hour later, or sent."""
    found = unit.alive("invoice", invoice)
    if "auto_advance" in params:
        found["auto_advance"] = params["auto_advance"]
    unit.unschedule("invoice.advance", found["id"])
    found = collection.finalize(unit, found)
    if found["status"] == "open" and found["auto_advance"]:
        _set_advance(unit, found, wanted=True)
        unit.save(found, "invoice.updated")
    return found


@route("POST", URL + "/{invoice}/pay")
def pay(unit: Unit, params: Json, invoice: str) -> Json:
    """Charges an invoice now, off session unless told otherwise, or books it as paid elsewhere."""
    for name in ("mandate", "source", "forgive"):
        if params.get(name):
            raise unsupported(name, name)
    found = unit.alive("invoice", invoice)
    if found["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if found["status"] == "void":
        raise invalid("Voided invoices cannot be paid.")
    if found["status"] == "draft":
        unit.unschedule("invoice.advance", found["id"])
        found = collection.finalize(unit, found)
        if found["status"] == "paid":
            return found
    if params.get("paid_out_of_band"):
        return collection.mark_paid(unit, found, out_of_band=True)
    method = params.get("payment_method")
    if method is not None:
        _check_method(unit, method, found)
    refusal = collection.attempt(
        unit, found["id"], method=method, off_session=params.get("off_session", True)
    )
    if refusal is not None:
        refusal.keeps = True
        raise refusal
    return unit.get("invoice", found["id"])


def _check_method(unit: Unit, name: str, invoice: Json) -> None:
    method = unit.get("payment_method", name, "payment_method")
    if method["customer"] not in (None, invoice["customer"]):
        raise invalid(
            f"The payment method {name} does not belong to the customer {invoice['customer']}.",
            param="payment_method",
        )


def _action(name: str) -> Callable[[Callable[[Unit, Json], Json]], None]:
    """Answers `POST /v1/invoices/{invoice}/<name>` for actions without parameters."""

    def register(act: Callable[[Unit, Json], Json]) -> None:
        @route("POST", f"{URL}/{{invoice}}/{name}")
        def handler(unit: Unit, params: Json, invoice: str) -> Json:
            _ = params
            return act(unit, unit.alive("invoice", invoice))

    return register


@_action("void")
def void(unit: Unit, invoice: Json) -> Json:
    """Voids an open or uncollectible invoice."""
    return collection.void(unit, invoice)


@_action("mark_uncollectible")
def mark_uncollectible(unit: Unit, invoice: Json) -> Json:
    """Gives an open invoice up."""
    return collection.mark_uncollectible(unit, invoice)


@_action("send")
def send(unit: Unit, invoice: Json) -> Json:
    """Mails an invoice, finalizing it first."""
    if invoice["collection_method"] != "send_invoice":
        raise invalid(
            "You can only manually send an invoice if its collection method is `send_invoice`."
        )
    if invoice["status"] == "draft":
        unit.unschedule("invoice.advance", invoice["id"])
        invoice = collection.finalize(unit, invoice)
    if invoice["status"] not in ("open", "paid"):
        raise invalid(f"You cannot send an invoice that is {invoice['status']}.")
    return collection.send(unit, invoice)


@route("POST", URL + "/{invoice}/attach_payment")
def attach_payment(unit: Unit, params: Json, invoice: str) -> Json:
    """Lets an intent of the same customer and currency pay what remains of an open invoice."""
    found = unit.alive("invoice", invoice)
    if ("payment_intent" in params) == ("payment_record" in params):
        raise invalid("You must pass exactly one of payment_intent and payment_record.")
    if found["status"] not in ("open", "uncollectible"):
        raise invalid("You can only attach payments to open invoices.")
    if subscription_of(found) and found["collection_method"] == "charge_automatically":
        raise invalid(
            "Attaching payments is not supported for automatically charged subscription invoices."
        )
    if "payment_record" in params:
        return _attach_record(unit, found, params["payment_record"])
    intent = unit.get("payment_intent", params["payment_intent"], "payment_intent")
    _check_attachable(intent, found)
    payment = collection.new_payment(unit, found, intent["id"], intent["amount"], is_default=False)
    unit.put(intent | {"_invoice_payment": payment["id"]})
    if intent["status"] == "succeeded":
        collection.settle_payment(unit, payment, intent["amount_received"])
    return unit.get("invoice", found["id"])


def _attach_record(unit: Unit, invoice: Json, name: str) -> Json:
    """Count money that was taken outside Stripe, as far as its record guarantees it."""
    record = unit.get("payment_record", name, "payment_record")
    guaranteed = record["amount_guaranteed"]
    if guaranteed["currency"] != invoice["currency"]:
        raise invalid(
            "The payment record must be in the currency of the invoice.", param="payment_record"
        )
    if not guaranteed["value"]:
        raise unsupported("a payment record whose payment is not guaranteed", "payment_record")
    if guaranteed["value"] > invoice["amount_remaining"]:
        raise invalid(
            "The payment record is for more than what remains to be paid.", param="payment_record"
        )
    where: Json = {"payment.payment_record": name}
    if unit.select("invoice_payment", limit=1, **where):
        raise invalid("The payment record already pays an invoice.", param="payment_record")
    payment = collection.new_payment(
        unit, invoice, None, guaranteed["value"], is_default=False, record=name
    )
    collection.settle_payment(unit, payment, guaranteed["value"])
    return unit.get("invoice", invoice["id"])


def _check_attachable(intent: Json, invoice: Json) -> None:
    where = "payment_intent"
    if intent["customer"] != invoice["customer"]:
        raise invalid("The PaymentIntent must have the customer of the invoice.", param=where)
    if intent["currency"] != invoice["currency"]:
        raise invalid("The PaymentIntent must be in the currency of the invoice.", param=where)
    if intent["amount"] > invoice["amount_remaining"]:
        raise invalid("The PaymentIntent is for more than what remains to be paid.", param=where)
    if intent.get("_invoice_payment"):
        raise invalid("The PaymentIntent already pays an invoice.", param=where)
    if intent["status"] == "canceled":
        raise invalid("The PaymentIntent is canceled.", param=where)


@includes("invoice", "payments")
def payments(unit: Unit, invoice: Json) -> Json:
    """The payments of an invoice, the default one first."""
    found = unit.select("invoice_payment", oldest_first=True, parent=invoice["id"])
    return envelope(found, f"/v1/invoice_payments?invoice={invoice['id']}")


@includes("invoice", "confirmation_secret")
def confirmation_secret(unit: Unit, invoice: Json) -> Json | None:
    """The client secret of the default intent while it can be confirmed."""
    intent = collection.default_intent(unit, invoice["id"])
    if intent is None or intent["status"] == "canceled":
        return None
    return {"client_secret": intent["client_secret"], "type": "payment_intent"}


@renders("invoice")
def show(unit: Unit, invoice: Json) -> None:
    """Put tax rates in place of their ids and cut the list of lines."""
    rates = invoice["default_tax_rates"]
    if rates and isinstance(rates[0], str):
        invoice["default_tax_rates"] = [render(unit, rate) for rate in tax_rates.shown(unit, rates)]
    lines = invoice["lines"]
    lines["has_more"] = len(lines["data"]) > LINES_SHOWN
    del lines["data"][LINES_SHOWN:]


def _refuse_unmodelled(params: Json) -> None:
    for name in UNMODELLED:
        if params.get(name) not in (None, "", []):
            raise unsupported(name, name)
    if (params.get("automatic_tax") or {}).get("enabled"):
        raise unsupported("automatic tax", "automatic_tax[enabled]")
    if (params.get("issuer") or {"type": "self"})["type"] != "self":
        raise unsupported("another issuer", "issuer")


def _apply(unit: Unit, invoice: Json, params: Json) -> None:
    for name in ("custom_fields", "description", "footer", "statement_descriptor"):
        if name in params:
            invoice[name] = params[name] or None
    if "number" in params:
        invoice["number"] = _number(unit, invoice, params["number"])
    if "collection_method" in params:
        invoice["collection_method"] = params["collection_method"]
    if "due_date" in params:
        if invoice["collection_method"] != "send_invoice":
            raise invalid(
                "You can only set `due_date` if `collection_method` is `send_invoice`.",
                param="due_date",
            )
        if params["due_date"] <= unit.now:
            raise invalid("The due date must be in the future.", param="due_date")
        invoice |= {"due_date": params["due_date"], "_days_until_due": None}
        _follow_due_date(unit, invoice)
    elif params.get("days_until_due") is not None:
        check_days(invoice["collection_method"], params["days_until_due"])
        start = invoice["status_transitions"]["finalized_at"] or invoice["created"]
        invoice["_days_until_due"] = params["days_until_due"]
        invoice["due_date"] = start + params["days_until_due"] * DAY
        _follow_due_date(unit, invoice)
    if "effective_at" in params:
        invoice["effective_at"] = params["effective_at"] or None
    if "default_payment_method" in params:
        if params["default_payment_method"]:
            _check_method(unit, params["default_payment_method"], invoice)
        invoice["default_payment_method"] = params["default_payment_method"] or None
    if "default_tax_rates" in params:
        invoice["default_tax_rates"] = tax_rates.chosen(
            unit, params["default_tax_rates"], "default_tax_rates"
        )
    if "metadata" in params and not invoice["metadata"]:
        invoice["metadata"] = merged({}, params["metadata"])
    if "payment_settings" in params:
        wanted = params["payment_settings"]
        for name in ("payment_method_options", "default_mandate"):
            if wanted.get(name):
                raise unsupported(name, f"payment_settings[{name}]")
        if "payment_method_types" in wanted:
            types = wanted["payment_method_types"] or None
            invoice["payment_settings"]["payment_method_types"] = types
    if "rendering" in params:
        given = params["rendering"]
        invoice["rendering"] = {
            "amount_tax_display": given.get("amount_tax_display") or None,
            "pdf": given.get("pdf"),
            "template": given.get("template"),
            "template_version": given.get("template_version") or None,
        }
    if "shipping_details" in params:
        invoice["shipping_details"] = params["shipping_details"] or None
    if "discounts" in params:
        invoice["discounts"] = redemption.redeem(
            unit,
            params["discounts"],
            owner={"invoice": invoice["id"]},
            customer=invoice["customer"],
            currency=invoice["currency"],
            existing=invoice["discounts"],
        )


def _number(unit: Unit, invoice: Json, number: str) -> str | None:
    """Return a number that the merchant sets; "" lets Stripe give one."""
    if len(number) > LONGEST_NUMBER:
        raise invalid(f"Invoice numbers have at most {LONGEST_NUMBER} characters.", param="number")
    others = unit.select("invoice", number=number, limit=2) if number else []
    if any(one["id"] != invoice["id"] for one in others):
        raise invalid(f"An invoice with the number {number} already exists.", param="number")
    return number or None


def _follow_due_date(unit: Unit, invoice: Json) -> None:
    if invoice["status"] == "open":
        due_dates.plan_due(unit, invoice)
