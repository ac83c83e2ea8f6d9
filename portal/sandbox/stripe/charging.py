"""What a payment attempt comes to, and the charges, fees and refund bookings that it leaves."""

from dataclasses import dataclass
from typing import Any

from portal.sandbox.stripe import declines
from portal.sandbox.stripe.errors import Json, unsupported
from portal.sandbox.stripe.instruments import BankAccount, Card
from portal.sandbox.stripe.resources.payment_methods import instrument
from portal.sandbox.stripe.unit import Unit


@dataclass(frozen=True)
class Attempt:
    """`step`: succeeded, declined, authenticate, redirect, processing or voucher."""

    step: str
    error: Json | None = None


@dataclass(frozen=True)
class Use:
    """How a method is used: with or without its owner, before or after the bank's answer, to pay
    or (`saving`) to be kept; `requested` when the merchant asks for 3-D Secure wherever it can be.
    """

    off_session: bool = False
    authenticated: bool = False
    saving: bool = False
    requested: bool = False


def attempt(method: Json, use: Use) -> Attempt:
    """What happens when the method is used."""
    behind = instrument(method)
    if behind and behind.dispute and not use.saving:
        raise unsupported("the dispute that this test instrument opens")
    if isinstance(behind, Card):
        return _card_attempt(behind, method, use)
    if isinstance(behind, BankAccount):
        return Attempt("succeeded" if use.saving else "processing")
    if method["type"] == "boleto":
        return Attempt("succeeded" if use.saving else "voucher")
    return Attempt("succeeded" if use.authenticated else "redirect")


def _card_attempt(card: Card, method: Json, use: Use) -> Attempt:
    if not use.authenticated and _must_authenticate(card, method, use):
        if use.off_session:
            return Attempt("declined", declines.of_card("authentication_required"))
        return Attempt("authenticate")
    if card.decline and (card.refused or not use.saving):
        return Attempt("declined", declines.of_card(card.decline))
    return Attempt("succeeded")


def _must_authenticate(card: Card, method: Json, use: Use) -> bool:
    match card.authenticate:
        case "always":
            return True
        case "unless_set_up":
            return not (use.off_session and method["_set_up"])
        case "on_session":
            return not use.off_session and not use.saving
        case "if_requested":
            return use.requested and not use.off_session
    return False


def charge(unit: Unit, intent: Json, method: Json, status: str, **extra: Any) -> Json:
    """A new charge of an intent; `status` succeeded, pending or failed. Its event is the
    caller's. `extra`: error (of a failure), authenticated, mandate.
    """
    charge_id = unit.id("py" if method["type"] in ("sepa_debit", "boleto") else "ch")
    error: Json = extra.get("error") or {}
    body: Json = {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if status == "succeeded" else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": _descriptor(unit),
        "captured": status == "succeeded",
        "created": unit.account_now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": error.get("code"),
        "failure_message": error.get("message"),
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": outcome(status, error),
        "paid": status != "failed",
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(intent, method, extra),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None if status == "failed" else unit.url(f"/receipts/{charge_id}"),
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
        "_parent": intent["id"],
    }
    if status == "succeeded":
        body["balance_transaction"] = book(unit, body)["id"]
    return unit.put(body)


def outcome(status: str, error: Json) -> Json | None:
    """How the network answered."""
    if status == "failed":
        reason = error.get("decline_code") or error.get("code")
        return {
            "advice_code": error.get("advice_code"),
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "declined_by_network",
            "reason": reason,
            "seller_message": f"The bank returned the decline code `{reason}`.",
            "type": "issuer_declined",
        }
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def settle(unit: Unit, charge_id: str, error: Json | None = None) -> Json:
    """Ends a pending charge; the caller emits."""
    body = unit.get("charge", charge_id)
    body["status"] = "failed" if error else "succeeded"
    body["paid"] = not error
    body["captured"] = not error
    body["amount_captured"] = 0 if error else body["amount"]
    if error:
        body["failure_code"], body["failure_message"] = error["code"], error["message"]
        body["outcome"] = outcome("failed", error)
    else:
        body["balance_transaction"] = book(unit, body)["id"]
    return body


def book(unit: Unit, body: Json, kind: str = "charge", amount: int | None = None) -> Json:
    """The balance transaction of a charge or refund. The fee is the sandbox's own (`fee_percent`
    and `fee_fixed` of the account's settings), since Stripe's depends on a contract.
    """
    amount = body["amount"] if amount is None else amount
    fee = 0
    if amount > 0:
        percent, fixed = unit.setting("fee_percent", 1.5), unit.setting("fee_fixed", 25)
        fee = min(round(amount * percent / 100) + fixed, amount)
    detail = {
        "amount": fee,
        "application": None,
        "currency": body["currency"],
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return unit.put(
        {
            "id": unit.id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": unit.account_now + 2 * 86400,
            "balance_type": "payments",
            "created": unit.account_now,
            "currency": body["currency"],
            "description": body.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [detail] if fee else [],
            "net": amount - fee,
            "reporting_category": kind,
            "source": body["id"],
            "status": "pending",
            "type": "payment" if kind == "charge" and body["id"].startswith("py_") else kind,
        }
    )


def _descriptor(unit: Unit) -> str:
    return str(unit.account["settings"]["payments"]["statement_descriptor"])


def _details(intent: Json, method: Json, extra: Json) -> Json:
    kind = method["type"]
    if kind == "card":
        return {"type": kind, kind: _card_details(intent, method, extra)}
    if kind == "sepa_debit":
        shown = {key: one for key, one in method[kind].items() if key != "generated_from"}
        return {"type": kind, kind: shown | {"mandate": extra.get("mandate")}}
    if kind == "bizum":
        return {"type": kind, kind: {"buyer_id": None, "transaction_id": None}}
    return {"type": kind, kind: dict(method[kind])}


def _card_details(intent: Json, method: Json, extra: Json) -> Json:
    card = method["card"]
    secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
    return {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "brand": card["brand"],
        "checks": card["checks"],
        "country": card["country"],
        "electronic_commerce_indicator": None,
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": secure if extra.get("authenticated") else None,
        "transaction_link_id": None,
        "wallet": None,
    }
