"""What a Checkout session comes to: lines, discounts, taxes and shipping, now."""

from portal.sandbox.stripe import checkout_purchase, line_items, subscribing
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.unit import Unit


class _Undone(Exception):
    """Carries the first invoice out of the savepoint in which it was made."""

    def __init__(self, invoice: Json | None) -> None:
        super().__init__()
        self.invoice = invoice


def settle(unit: Unit, session: Json) -> None:
    """Work out the session's sums and those of its lines, and store the lines.

    Of a subscription it is what is due now: a trial costs nothing, a fixed billing day only the
    time until then (docs.stripe.com/payments/checkout/billing-cycle).
    """
    if session["mode"] == "setup":
        return
    lines = line_items.of(unit, session["id"])
    customer = unit.find("customer", session["customer"] or "") or {}
    data = session["_subscription_data"]
    line_items.settle(
        unit,
        lines,
        currency=session["currency"],
        discounts=session["_offered"],
        rates=data.get("default_tax_rates", ()),
        tax_exempt=customer.get("tax_exempt", "none"),
        free="trial_end" in data or "trial_period_days" in data,
    )
    if _is_anchored(unit, data):
        _prorate(unit, session, lines)
    line_items.keep(unit, lines)
    shipping = (session["shipping_cost"] or {}).get("amount_total", 0)
    session |= {
        "amount_subtotal": sum(line["amount_subtotal"] for line in lines),
        "amount_total": sum(line["amount_total"] for line in lines) + shipping,
        "total_details": line_items.total_details(lines, shipping),
    }


def _is_anchored(unit: Unit, data: Json) -> bool:
    anchor = data.get("billing_cycle_anchor", 0)
    return anchor > unit.now or "billing_cycle_anchor_config" in data


def _prorate(unit: Unit, session: Json, lines: list[Json]) -> None:
    """Take amounts from the first invoice of the subscription, which is made and undone."""
    invoice = _first_invoice(unit, session)
    due = list(invoice["lines"]["data"]) if invoice else []
    for line in lines:
        each = next((one for one in due if _price(one) == line["price"]), None)
        due = [one for one in due if one is not each]
        taken = each["discount_amounts"] if each else []
        taxes = each["taxes"] if each else []
        amount = each["amount"] if each else 0
        off = sum(one["amount"] for one in taken)
        added = sum(one["amount"] for one in taxes if one["tax_behavior"] == "exclusive")
        line |= {
            "amount_discount": off,
            "amount_subtotal": amount,
            "amount_tax": sum(one["amount"] for one in taxes),
            "amount_total": amount - off + added,
            "_discount_amounts": [
                [name, one["amount"]] for name, one in zip(session["_offered"], taken, strict=False)
            ],
            "_taxes": [
                [one["tax_rate_details"]["tax_rate"], one["amount"], one["taxable_amount"]]
                for one in taxes
            ],
        }


def _price(each: Json) -> str:
    return str(each["pricing"]["price_details"]["price"])


def _first_invoice(unit: Unit, session: Json) -> Json | None:
    try:
        with unit.store.savepoint():
            customer = session["customer"] or unit.call("POST /v1/customers", {})["id"]
            wanted = checkout_purchase.subscription_params(unit, session, customer)
            raise _Undone(subscribing.begin(unit, wanted)[1])
    except _Undone as made:
        return made.invoice
