"""Invoice bodies: a blank one, its lines, and the sums over them.

`settle` is the only place where discounts, taxes and the customer's balance become amounts, for
drafts, finalized invoices and previews alike.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from portal.sandbox.stripe import redemption
from portal.sandbox.stripe.amounts import unit_amount
from portal.sandbox.stripe.discounting import Reducible, reduce_lines
from portal.sandbox.stripe.eligibility import least
from portal.sandbox.stripe.errors import Json, unsupported
from portal.sandbox.stripe.periods import DAY, Period
from portal.sandbox.stripe.taxation import Rate, taxes_on
from portal.sandbox.stripe.unit import Unit

MOST_LINES = 250


def blank(
    unit: Unit,
    customer: Json,
    currency: str,
    *,
    reason: str,
    method: str,
    period: Period,
    subscription: Json | None = None,
    days_until_due: int | None = None,
) -> Json:
    """Return a draft without lines; the caller stores it."""
    parent = None
    if subscription is not None:
        parent = {
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
                "subscription_proration_date": None,
            },
            "type": "subscription_details",
        }
    settings = (subscription or {}).get("invoice_settings") or {}
    invoice_id = unit.id("in")
    return {
        "id": invoice_id,
        "object": "invoice",
        "account_country": unit.account["country"],
        "account_name": unit.account["business_profile"]["name"],
        "account_tax_ids": settings.get("account_tax_ids"),
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": method,
        "created": unit.now,
        "currency": currency,
        "custom_fields": settings.get("custom_fields")
        or customer["invoice_settings"]["custom_fields"],
        "customer": customer["id"],
        "customer_account": None,
        **billed(unit, customer),
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": list((subscription or {}).get("default_tax_rates", [])),
        "description": settings.get("description"),
        "discounts": [],
        "due_date": unit.now + days_until_due * DAY if days_until_due is not None else None,
        "effective_at": None,
        "ending_balance": None,
        "footer": settings.get("footer") or customer["invoice_settings"]["footer"],
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/invoices/{invoice_id}/lines",
        },
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": parent,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": ((subscription or {}).get("payment_settings") or {}).get(
                "payment_method_types"
            ),
        },
        "period_end": period.end,
        "period_start": period.start,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": customer["balance"],
        "statement_descriptor": None,
        "status": "draft",
        "status_details": None,
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": 0,
        "subtotal_excluding_tax": 0,
        "test_clock": unit.clock,
        "threshold_reason": None,
        "total": 0,
        "total_discount_amounts": [],
        "total_excluding_tax": 0,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": unit.now,
        "_parent": subscription["id"] if subscription is not None else None,
        "_days_until_due": days_until_due,
    }


def billed(unit: Unit, customer: Json) -> Json:
    """Return the customer's data as an invoice holds them until it is finalized."""
    tax_ids = unit.select("tax_id", oldest_first=True, customer=customer["id"])
    return {
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [
            {"type": tax_id["type"], "value": tax_id["value"]} for tax_id in tax_ids
        ],
    }


def line(
    unit: Unit,
    invoice: Json,
    *,
    amount: int,
    description: str | None,
    period: Period,
    parent: Json,
    price: Json | None = None,
    quantity: int | None = None,
    discountable: bool = True,
    discounts: list[str] | None = None,
    metadata: Json | None = None,
    tax_rates: list[str] | None = None,
    subscription: str | None = None,
    fixed_discounts: list[tuple[str, int]] | None = None,
) -> Json:
    """Add a line to a draft and return it; `fixed_discounts` came off before (prorations)."""
    body: Json = {
        "id": unit.id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": invoice["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": discountable,
        "discounts": discounts or [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": dict(metadata or {}),
        "parent": parent,
        "period": {"end": period.end, "start": period.start},
        "pretax_credit_amounts": [],
        "pricing": pricing(price),
        "quantity": quantity,
        "quantity_decimal": None if quantity is None else str(quantity),
        "subscription": subscription,
        "subtotal": amount,
        "taxes": [],
        "_tax_rates": tax_rates or [],
        "_product": price["product"] if price else None,
        "_fixed_discounts": fixed_discounts or [],
    }
    invoice["lines"]["data"].append(body)
    return body


def pricing(price: Json | None) -> Json | None:
    """Return the `pricing` of a line or invoice item."""
    if price is None:
        return None
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": None
        if price.get("billing_scheme") == "tiered"
        else decimal(unit_amount(price)),
    }


def decimal(amount: Fraction) -> str:
    """Return a decimal string with at most 12 places, as Stripe writes them."""
    if amount.denominator == 1:
        return str(amount.numerator)
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return f"{exact:.12f}".rstrip("0").rstrip(".")


def settle(unit: Unit, invoice: Json) -> Json:
    """Work out discounts, taxes, totals and what is due from the lines; returns the invoice."""
    lines = invoice["lines"]["data"]
    own = _take_discounts(unit, invoice, lines)
    _tax(unit, invoice, lines)
    invoice["subtotal"] = sum(each["amount"] for each in lines) - own
    exclusive = inclusive = inclusive_before = 0
    totals: dict[str, Json] = {}
    for each in lines:
        for tax in each["taxes"]:
            key = tax["tax_rate_details"]["tax_rate"]
            if key in totals:
                totals[key]["amount"] += tax["amount"]
                totals[key]["taxable_amount"] += tax["taxable_amount"]
            else:
                totals[key] = dict(tax)
            if tax["tax_behavior"] == "inclusive":
                inclusive += tax["amount"]
            else:
                exclusive += tax["amount"]
        inclusive_before += _inclusive_of_subtotal(unit, invoice, each)
    invoice["total_taxes"] = list(totals.values())
    taken = sum(each["amount"] for each in invoice["total_discount_amounts"])
    after_discounts = sum(each["amount"] for each in lines) - taken
    invoice["total"] = after_discounts + exclusive
    invoice["total_excluding_tax"] = after_discounts - inclusive
    invoice["subtotal_excluding_tax"] = invoice["subtotal"] - inclusive_before
    if invoice["status"] == "draft":
        invoice["amount_due"] = due_and_balance(invoice)[0]
        invoice["amount_remaining"] = invoice["amount_due"]
    return invoice


def due_and_balance(invoice: Json) -> tuple[int, int]:
    """Return what is due after the customer's balance, and the balance that is left then.

    Credit (negative) is used up first, debt is added, and what is too small to be charged goes
    onto the balance.
    """
    wanted = invoice["total"] + invoice["starting_balance"]
    return (0, wanted) if wanted < least(invoice["currency"]) else (wanted, 0)


def _take_discounts(unit: Unit, invoice: Json, lines: list[Json]) -> int:
    """Fill `discount_amounts`; returns what the lines' own discounts took."""
    reducible = [
        Reducible(
            each["_product"],
            each["amount"] - sum(amount for _, amount in each["_fixed_discounts"]),
            each["discountable"],
        )
        for each in lines
    ]
    currency = invoice["currency"]
    for each, place in zip(lines, reducible, strict=True):
        if each["discountable"]:
            reduce_lines([place], redemption.reductions(unit, each["discounts"], currency))
    own = sum(amount for place in reducible for _, amount in place.taken)
    reduce_lines(reducible, redemption.reductions(unit, invoice["discounts"], currency))
    sums: dict[str, int] = {}
    for each, place in zip(lines, reducible, strict=True):
        taken = [*each["_fixed_discounts"], *place.taken]
        each["discount_amounts"] = [
            {"amount": amount, "discount": discount} for discount, amount in taken
        ]
        each["pretax_credit_amounts"] = [
            {"amount": amount, "discount": discount, "type": "discount"}
            for discount, amount in taken
        ]
        for discount, amount in taken:
            sums[discount] = sums.get(discount, 0) + amount
    invoice["total_discount_amounts"] = [
        {"amount": amount, "discount": discount} for discount, amount in sums.items()
    ]
    invoice["total_pretax_credit_amounts"] = [
        {"amount": amount, "discount": discount, "type": "discount"}
        for discount, amount in sums.items()
    ]
    return own


def after_discounts(each: Json) -> int:
    """Return what is left of a settled line after its discounts."""
    return int(each["amount"]) - sum(int(off["amount"]) for off in each["discount_amounts"])


def rates_of(unit: Unit, invoice: Json, each: Json) -> list[Rate]:
    """Return the rates of a line: its own, or else the invoice's."""
    found = [
        unit.get("tax_rate", one) for one in each["_tax_rates"] or invoice["default_tax_rates"]
    ]
    return [
        Rate(rate["id"], Fraction(str(rate["percentage"])), bool(rate["inclusive"]))
        for rate in found
    ]


def _tax(unit: Unit, invoice: Json, lines: list[Json]) -> None:
    exempt = invoice["customer_tax_exempt"] in ("exempt", "reverse")
    for each in lines:
        rates = rates_of(unit, invoice, each)
        if exempt and any(rate.inclusive for rate in rates):
            raise unsupported("an inclusive tax rate for a customer who is exempt from tax")
        each["taxes"] = [
            {
                "amount": tax.amount,
                "tax_behavior": "inclusive" if tax.rate.inclusive else "exclusive",
                "tax_rate_details": {"tax_rate": tax.rate.id},
                "taxability_reason": "not_available",
                "taxable_amount": tax.taxable,
                "type": "tax_rate_details",
            }
            for tax in ([] if exempt else taxes_on(after_discounts(each), rates))
        ]


def _inclusive_of_subtotal(unit: Unit, invoice: Json, each: Json) -> int:
    if invoice["customer_tax_exempt"] in ("exempt", "reverse"):
        return 0
    taxes = taxes_on(each["amount"], rates_of(unit, invoice, each))
    return sum(tax.amount for tax in taxes if tax.rate.inclusive)


def subscription_of(invoice: Json) -> str | None:
    """Return the id of the subscription that an invoice is for."""
    found: Any = invoice["_parent"]
    return found if isinstance(found, str) else None
