"""Stripe's invoices line by line, with what each tax rate and each discount took."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from portal.domain.bills import Bill, BillLine, BillTax, Payer
from portal.domain.customers import TaxId
from portal.domain.invoices import InvoiceState
from portal.gateways.stripe.translate import address, moment, ref, text

Json = Mapping[str, Any]


def rates(body: Json) -> list[str]:
    """Return the ids of the tax rates that an invoice's lines name, each once."""
    named = (_rate(tax) for line in body["lines"]["data"] for tax in line.get("taxes") or ())
    return list(dict.fromkeys(rate for rate in named if rate))


def bill(body: Json, told: Mapping[str, Json]) -> Bill:
    """Translate an invoice; `told` are its tax rates by id.

    A tax without a rate that names its per cent (Stripe's own computation may leave it out where
    nothing is owed) counts as one of 0 %, which fits only if it took nothing.
    """
    transitions = body.get("status_transitions") or {}
    parent = (body.get("parent") or {}).get("subscription_details") or {}
    payments = (body.get("payments") or {}).get("data", ())
    collected = int(body.get("amount_paid") or 0) - int(body.get("amount_paid_off_stripe") or 0)
    return Bill(
        id=body["id"],
        number=text(body.get("number")),
        payer=_payer(body),
        state=InvoiceState(body["status"]),
        currency=body["currency"],
        total=int(body["total"]),
        paid=max(collected, 0),
        lines=tuple(_line(line, told) for line in body["lines"]["data"]),
        finalized_at=moment(transitions.get("finalized_at") or body.get("effective_at")),
        paid_at=moment(transitions.get("paid_at")),
        due_at=moment(body.get("due_date")),
        description=text(body.get("description")),
        subscription=ref(parent.get("subscription")),
        intents=tuple(
            intent
            for row in payments
            if (intent := ref((row.get("payment") or {}).get("payment_intent")))
        ),
    )


def _payer(body: Json) -> Payer:
    return Payer(
        id=ref(body.get("customer")),
        name=text(body.get("customer_name")),
        email=text(body.get("customer_email")),
        phone=text(body.get("customer_phone")),
        address=address(body.get("customer_address")),
        tax_ids=tuple(
            TaxId(id="", type=row["type"], value=text(row.get("value")))
            for row in body.get("customer_tax_ids") or ()
        ),
    )


def _line(body: Json, told: Mapping[str, Json]) -> BillLine:
    return BillLine(
        text=text(body.get("description")),
        amount=int(body["amount"]),
        quantity=int(body.get("quantity") or 0),
        discount=sum(int(off["amount"]) for off in body.get("discount_amounts") or ()),
        taxes=tuple(_tax(tax, told) for tax in body.get("taxes") or ()),
    )


def _tax(body: Json, told: Mapping[str, Json]) -> BillTax:
    rate = told.get(_rate(body), {})
    percent = rate.get("effective_percentage")
    percent = rate.get("percentage") if percent is None else percent
    return BillTax(
        percent=Decimal(str(percent or 0)),
        amount=int(body["amount"]),
        is_inclusive=body.get("tax_behavior") == "inclusive",
    )


def _rate(tax: Json) -> str:
    return ref((tax.get("tax_rate_details") or {}).get("tax_rate"))
