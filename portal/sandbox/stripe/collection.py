"""An invoice's life after the draft: finalized, paid, failed, retried, void, uncollectible.

What this does to a subscription hangs on the invoice's events (`subscription_status.py`).
"""

from portal.sandbox.stripe import due_dates, redemption, usage
from portal.sandbox.stripe.eligibility import REDIRECTING
from portal.sandbox.stripe.errors import ApiError, Json, card_error, invalid
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.invoicing import billed, due_and_balance, settle, subscription_of
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import due, listens
from portal.sandbox.stripe.resources import payment_intents
from portal.sandbox.stripe.resources.customers import change_balance
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.unit import Unit

HOUR = 3600
# Days between an automatic attempt and the next; setting `retry_days` replaces them.
RETRY_DAYS = (3, 5, 7)
NO_METHOD = (
    "This customer has no attached payment source or default payment method. Please consider "
    "adding a default payment method. For more information, visit https://stripe.com/docs/"
    "billing/subscriptions/payment-methods-setting#payment-method-priority."
)


def store_draft(unit: Unit, invoice: Json, *, auto_advance: bool, at: int | None = None) -> Json:
    """Keep a settled draft and say that it was created.

    An advancing one is finalized in an hour, or `at` a moment of the merchant's.
    """
    invoice["auto_advance"] = auto_advance
    if auto_advance:
        invoice["automatically_finalizes_at"] = at or unit.now + HOUR
        unit.schedule(at or unit.now + HOUR, "invoice.advance", invoice["id"])
    return unit.add(invoice, "invoice.created")


def finalize(unit: Unit, invoice: Json, *, paid_by: Json | None = None) -> Json:
    """Open a draft: number, balance, addresses, payment; one with nothing due is paid at once.

    `paid_by` is an intent that has already paid all of it (a purchase at Checkout): the customer's
    balance stays out of it. Raises the 400 for an invoice that is not a draft.
    """
    if invoice["status"] != "draft":
        raise invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    customer = unit.get("customer", invoice["customer"], "customer")
    invoice |= billed(unit, customer)
    invoice["starting_balance"] = customer["balance"]
    usage.refresh(unit, invoice)
    settle(unit, invoice)
    amount, balance = due_and_balance(invoice)
    if paid_by is not None:
        amount, balance = invoice["total"], customer["balance"]
    if invoice["number"] is None:
        invoice["number"] = _next_number(unit, customer)
    if balance != customer["balance"]:
        too_small = 0 < invoice["total"] + invoice["starting_balance"] == balance
        change_balance(
            unit,
            customer["id"],
            balance - customer["balance"],
            invoice["currency"],
            "invoice_too_small" if too_small else "applied_to_invoice",
            invoice=invoice["id"],
        )
    invoice["status"] = "open"
    invoice["status_transitions"]["finalized_at"] = unit.now
    invoice["effective_at"] = invoice["effective_at"] or unit.now
    invoice["automatically_finalizes_at"] = invoice["last_finalization_error"] = None
    invoice["ending_balance"] = balance
    invoice["amount_due"] = invoice["amount_remaining"] = amount
    if invoice["_days_until_due"] is not None:
        invoice["due_date"] = unit.now + invoice["_days_until_due"] * DAY
    address = unit.url(f"/i/{unit.account_id}/{token(unit, invoice['id'])}")
    invoice["hosted_invoice_url"], invoice["invoice_pdf"] = address, f"{address}/pdf"
    unit.save(invoice, "invoice.updated", "invoice.finalized")
    if invoice["due_date"] is not None:
        due_dates.plan_due(unit, invoice)
    _consume_discounts(unit, invoice)
    if amount == 0:
        return mark_paid(unit, invoice)
    if paid_by is None:
        _request_payment(unit, invoice)
    else:
        payment = new_payment(unit, invoice, paid_by["id"], amount, is_default=True)
        unit.put(paid_by | {"_invoice_payment": payment["id"]})
        settle_payment(unit, payment, amount)
    return unit.get("invoice", invoice["id"])


def _next_number(unit: Unit, customer: Json) -> str:
    """Return the next number, in the customer's own sequence or (a setting) the account's."""
    if unit.setting("invoice_numbering", "customer") == "account":
        count = unit.store.count(unit.account_id, "invoice_number")
        prefix = unit.setting("invoice_prefix") or scramble(unit.account_id, 8).upper()
        return f"{prefix}-{count:04}"
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}"
    customer["next_invoice_sequence"] += 1
    unit.put(customer)
    return number


def token(unit: Unit, invoice_id: str) -> str:
    """Return what the address of an invoice's page holds besides the account."""
    secret = scramble(f"{unit.account_id}:{invoice_id}:page", 24)
    return f"test_{invoice_id.removeprefix('in_')}-{secret}"


def _consume_discounts(unit: Unit, invoice: Json) -> None:
    subscription = unit.find("subscription", subscription_of(invoice) or "")
    if subscription is None:
        return
    spent = [one for one in invoice["discounts"] if redemption.consumed_once(unit, one)]
    items = subscription["items"]["data"]
    applied = {each["discount"] for each in invoice["total_discount_amounts"]}
    for item in items:
        own = [one for one in item["discounts"] if redemption.consumed_once(unit, one)]
        used = [one for one in own if one in applied]
        item["discounts"] = [one for one in item["discounts"] if one not in used]
        redemption.end_discounts(unit, used)
    gone = [one for one in spent if one in subscription["discounts"]]
    subscription["discounts"] = [one for one in subscription["discounts"] if one not in gone]
    redemption.end_discounts(unit, gone)
    keep(unit, subscription)


def _request_payment(unit: Unit, invoice: Json) -> None:
    """Make the default intent and the invoice payment that ties it to the invoice."""
    method = chosen_method(unit, invoice)
    reason = invoice["billing_reason"]
    wanted: Json = {
        "amount": invoice["amount_due"],
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": "Subscription creation"
        if reason == "subscription_create"
        else "Subscription update"
        if reason.startswith("subscription")
        else "Payment for Invoice",
    }
    if invoice["collection_method"] == "charge_automatically" and subscription_of(invoice):
        wanted["setup_future_usage"] = "off_session"
    if method and invoice["collection_method"] == "charge_automatically":
        wanted["payment_method"] = method
    intent = unit.call("POST /v1/payment_intents", wanted)
    payment = new_payment(unit, invoice, intent["id"], invoice["amount_due"], is_default=True)
    intent = unit.get("payment_intent", intent["id"])
    kinds = invoice["payment_settings"]["payment_method_types"]
    intent |= {
        "automatic_payment_methods": None,
        "payment_method_types": [
            kind
            for kind in intent["payment_method_types"]
            if kind not in REDIRECTING and (not kinds or kind in kinds)
        ],
        "_invoice": invoice["id"],
        "_invoice_payment": payment["id"],
    }
    unit.put(intent)


def new_payment(
    unit: Unit,
    invoice: Json,
    intent: str | None,
    amount: int,
    *,
    is_default: bool,
    record: str | None = None,
) -> Json:
    """Store an open InvoicePayment; the invoice is its parent."""
    payment: Json = {"type": "payment_intent", "payment_intent": intent}
    if record is not None:
        payment = {"type": "payment_record", "payment_record": record}
    return unit.put(
        {
            "id": unit.id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": amount,
            "created": unit.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": is_default,
            "livemode": False,
            "payment": payment,
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
            "_parent": invoice["id"],
        }
    )


def default_payment(unit: Unit, invoice_id: str) -> Json | None:
    """Return the invoice's default InvoicePayment, once it is finalized with something due."""
    found = unit.select("invoice_payment", parent=invoice_id)
    return next((one for one in found if one["is_default"]), None)


def default_intent(unit: Unit, invoice_id: str) -> Json | None:
    """Return the intent of the default InvoicePayment."""
    payment = default_payment(unit, invoice_id)
    return unit.find("payment_intent", payment["payment"]["payment_intent"]) if payment else None


def chosen_method(unit: Unit, invoice: Json) -> str | None:
    """Return the payment method that an automatic charge takes, by Stripe's order."""
    if invoice["default_payment_method"]:
        return str(invoice["default_payment_method"])
    subscription = unit.find("subscription", subscription_of(invoice) or "")
    if subscription and subscription["default_payment_method"]:
        return str(subscription["default_payment_method"])
    customer = unit.find("customer", invoice["customer"]) or {}
    found = (customer.get("invoice_settings") or {}).get("default_payment_method")
    found = found or customer.get("default_source")
    return str(found) if found else None


def attempt(
    unit: Unit,
    invoice_id: str,
    *,
    method: str | None = None,
    off_session: bool = True,
    automatic: bool = False,
) -> ApiError | None:
    """Charge an open invoice; returns the refusal, whose effects are kept, or None.

    A payment that needs the customer (3-D Secure) is a refusal, one that takes days is not.
    """
    invoice = unit.get("invoice", invoice_id)
    if automatic or invoice["attempt_count"] == 0:
        invoice["attempt_count"] += 1
    invoice["attempted"] = True
    unit.save(invoice, "invoice.updated")
    method = method or chosen_method(unit, invoice)
    intent = default_intent(unit, invoice_id)
    if method is None or intent is None:
        _payment_failed(unit, invoice_id)
        return invalid(NO_METHOD, code="resource_missing")
    try:
        unit.call(
            "POST /v1/payment_intents/{intent}/confirm",
            {"payment_method": method} | ({"off_session": True} if off_session else {}),
            intent=intent["id"],
        )
    except ApiError as refusal:
        if not refusal.keeps:
            _payment_failed(unit, invoice_id)
        elif refusal.error.get("code") == "authentication_required":
            unit.emit("invoice.payment_action_required", unit.get("invoice", invoice_id))
        return refusal
    if unit.get("payment_intent", intent["id"])["status"] == "requires_action":
        return _needs_customer(unit, intent["id"])
    return None


def _needs_customer(unit: Unit, intent_id: str) -> ApiError:
    return card_error(
        "This payment requires additional user action before it can be completed successfully. "
        "Payment can be completed using the PaymentIntent associated with this invoice.",
        "invoice_payment_intent_requires_action",
        payment_intent=unit.get("payment_intent", intent_id),
    )


@listens("payment_intent.succeeded")
def intent_succeeded(unit: Unit, intent: Json) -> None:
    """The money of an invoice's intent has come: the invoice payment is paid."""
    payment = unit.find("invoice_payment", intent.get("_invoice_payment") or "")
    if payment is None or payment["status"] != "open":
        return
    settle_payment(unit, payment, min(intent["amount_received"], payment["amount_requested"]))


def settle_payment(unit: Unit, payment: Json, amount: int) -> None:
    """Book an InvoicePayment as paid, and its invoice when nothing remains."""
    payment |= {"amount_paid": amount, "status": "paid"}
    payment["status_transitions"]["paid_at"] = unit.now
    unit.put(payment)
    unit.emit("invoice_payment.paid", payment)
    invoice = unit.get("invoice", payment["invoice"])
    if invoice["status"] == "paid":
        _note_overpaid(unit, invoice, amount)
        return
    invoice["amount_paid"] += amount
    invoice["amount_remaining"] = max(0, invoice["amount_due"] - invoice["amount_paid"])
    if payment["payment"]["type"] == "payment_record":
        invoice["amount_paid_off_stripe"] += amount
    if invoice["amount_remaining"] == 0:
        mark_paid(unit, invoice)
        return
    _sync_default(unit, invoice)
    unit.save(invoice, "invoice.updated")


def _note_overpaid(unit: Unit, invoice: Json, amount: int) -> None:
    """Credit the customer's balance with what came for an invoice that was paid already."""
    invoice["amount_paid"] += amount
    invoice["amount_overpaid"] += amount
    customer, currency = invoice["customer"], invoice["currency"]
    change_balance(unit, customer, -amount, currency, "invoice_overpaid", invoice=invoice["id"])
    unit.save(invoice, "invoice.updated", "invoice.overpaid")


def _sync_default(unit: Unit, invoice: Json) -> None:
    payment = default_payment(unit, invoice["id"])
    intent = default_intent(unit, invoice["id"])
    if payment and payment["status"] == "open" and intent:
        payment["amount_requested"] = intent["amount"] = invoice["amount_remaining"]
        unit.put(payment)
        unit.put(intent)


def reduce_due(unit: Unit, invoice: Json, amount: int) -> Json:
    """Take `amount` off what an open invoice still asks for (a credit note before payment)."""
    invoice["amount_due"] -= amount
    invoice["amount_remaining"] -= amount
    _sync_default(unit, invoice)
    unit.save(invoice, "invoice.updated")
    if invoice["amount_remaining"] == 0:
        cancel_payment(unit, invoice["id"])
        return mark_paid(unit, invoice)
    return invoice


def mark_paid(unit: Unit, invoice: Json, *, out_of_band: bool = False) -> Json:
    """Close an invoice as paid and say so."""
    invoice |= {
        "status": "paid",
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
    }
    invoice["status_transitions"]["paid_at"] = unit.now
    if out_of_band:
        invoice["amount_paid"] = invoice["amount_due"]
        invoice["amount_paid_off_stripe"] = invoice["amount_due"]
        cancel_payment(unit, invoice["id"])
    invoice["amount_remaining"] = 0
    _forget(unit, invoice["id"])
    events = ["invoice.updated", "invoice.paid"]
    unit.save(invoice, *events, *([] if out_of_band else ["invoice.payment_succeeded"]))
    return unit.get("invoice", invoice["id"])


def _forget(unit: Unit, invoice_id: str) -> None:
    for name in (
        "invoice.advance",
        "invoice.collect",
        "invoice.overdue",
        "invoice.will_be_due",
        "invoice.deadline",
    ):
        unit.unschedule(name, invoice_id)


def cancel_payment(unit: Unit, invoice_id: str) -> None:
    """Cancel what is still open of an invoice's payments, intents included."""
    for payment in unit.select("invoice_payment", parent=invoice_id, status="open"):
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = unit.now
        unit.put(payment)
        intent = unit.find("payment_intent", payment["payment"].get("payment_intent") or "")
        if intent and payment["is_default"] and intent["status"] in payment_intents.OPEN:
            payment_intents.end(unit, intent, "void_invoice")


@listens("payment_intent.payment_failed")
def intent_failed(unit: Unit, intent: Json) -> None:
    """A charge of an invoice was refused."""
    payment = unit.find("invoice_payment", intent.get("_invoice_payment") or "")
    if payment is not None and payment["status"] == "open":
        _payment_failed(unit, payment["invoice"])


@listens("payment_intent.requires_action")
def intent_needs_action(unit: Unit, intent: Json) -> None:
    """A charge of an invoice waits for the customer."""
    payment = unit.find("invoice_payment", intent.get("_invoice_payment") or "")
    if payment is None or payment["status"] != "open":
        return
    invoice = unit.get("invoice", payment["invoice"])
    if invoice["status"] != "open":
        return
    unit.emit("invoice.payment_action_required", invoice)
    _payment_failed(unit, invoice["id"])


@listens("payment_intent.processing")
def intent_processing(unit: Unit, intent: Json) -> None:
    """A charge of an invoice takes days: no retry meanwhile."""
    payment = unit.find("invoice_payment", intent.get("_invoice_payment") or "")
    if payment is None or payment["status"] != "open":
        return
    invoice = unit.get("invoice", payment["invoice"])
    invoice |= {"attempted": True, "next_payment_attempt": None}
    invoice["attempt_count"] = invoice["attempt_count"] or 1
    unit.unschedule("invoice.collect", invoice["id"])
    unit.save(invoice, "invoice.updated")


def _payment_failed(unit: Unit, invoice_id: str) -> None:
    invoice = unit.get("invoice", invoice_id)
    if invoice["status"] not in ("open", "uncollectible"):
        return
    invoice["attempted"] = True
    invoice["attempt_count"] = invoice["attempt_count"] or 1
    unit.unschedule("invoice.collect", invoice_id)
    invoice["next_payment_attempt"] = None
    pauses = unit.setting("retry_days", RETRY_DAYS)
    if invoice["auto_advance"] and invoice["attempt_count"] <= len(pauses):
        at = unit.now + pauses[invoice["attempt_count"] - 1] * DAY
        invoice["next_payment_attempt"] = at
        unit.schedule(at, "invoice.collect", invoice_id)
    unit.save(invoice, "invoice.updated")
    unit.emit("invoice.payment_failed", invoice)


def void(unit: Unit, invoice: Json) -> Json:
    """Void an open or uncollectible invoice, and give back the balance it used."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid("You can only pass in open invoices. This invoice isn't open.")
    intent = default_intent(unit, invoice["id"])
    if intent and intent["status"] == "processing":
        raise invalid("You cannot void an invoice that has a payment in processing.")
    if invoice["amount_paid"]:
        raise invalid("You cannot void an invoice that has been partially paid.")
    cancel_payment(unit, invoice["id"])
    used = invoice["ending_balance"] - invoice["starting_balance"]
    if used:
        change_balance(
            unit,
            invoice["customer"],
            -used,
            invoice["currency"],
            "unapplied_from_invoice",
            invoice=invoice["id"],
        )
    invoice |= {"status": "void", "auto_advance": False, "next_payment_attempt": None}
    invoice["status_transitions"]["voided_at"] = unit.now
    _forget(unit, invoice["id"])
    unit.save(invoice, "invoice.updated", "invoice.voided")
    return unit.get("invoice", invoice["id"])


def mark_uncollectible(unit: Unit, invoice: Json, reason: str | None = None) -> Json:
    """Give an open invoice up; it can still be paid or voided."""
    if invoice["status"] != "open":
        raise invalid("You can only mark open invoices as uncollectible.")
    invoice |= {"status": "uncollectible", "auto_advance": False, "next_payment_attempt": None}
    invoice["status_details"] = {"uncollectible": {"reason": reason}}
    invoice["status_transitions"]["marked_uncollectible_at"] = unit.now
    _forget(unit, invoice["id"])
    unit.save(invoice, "invoice.updated", "invoice.marked_uncollectible")
    return unit.get("invoice", invoice["id"])


def send(unit: Unit, invoice: Json) -> Json:
    """Say that the invoice was mailed to the customer."""
    unit.emit("invoice.sent", invoice)
    return invoice


@due("invoice.advance")
def advance(unit: Unit, invoice_id: str) -> None:
    """An hour after its creation an advancing draft is finalized, then charged or sent."""
    invoice = unit.find("invoice", invoice_id)
    if not invoice or invoice.get("deleted") or invoice["status"] != "draft":
        return
    if not invoice["auto_advance"]:
        return
    draft = invoice
    _, refusal = unit.attempt(lambda: finalize(unit, draft))
    invoice = unit.get("invoice", invoice_id)
    if refusal is not None:
        invoice["last_finalization_error"] = refusal.error
        unit.save(invoice, "invoice.updated")
        unit.emit("invoice.finalization_failed", invoice)
        return
    paused = _paused_collection(unit, invoice)
    if invoice["status"] != "open":
        return
    if paused == "void":
        void(unit, invoice)
    elif paused == "mark_uncollectible":
        mark_uncollectible(unit, invoice)
    elif invoice["collection_method"] == "send_invoice":
        send(unit, invoice)
    else:
        attempt(unit, invoice_id, automatic=True)


def _paused_collection(unit: Unit, invoice: Json) -> str | None:
    subscription = unit.find("subscription", subscription_of(invoice) or "")
    paused = subscription["pause_collection"] if subscription else None
    return str(paused["behavior"]) if paused else None


@due("invoice.collect")
def collect(unit: Unit, invoice_id: str) -> None:
    """Charge an open invoice again, or for the first time an hour after a manual finalization."""
    invoice = unit.find("invoice", invoice_id)
    if invoice and not invoice.get("deleted") and invoice["status"] == "open":
        attempt(unit, invoice_id, automatic=True)
