"""What a payment attempt comes to, and the charges that it leaves."""

from dataclasses import dataclass
from typing import Any

from portal.sandbox.stripe import balances, declines, method_details
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.instruments import BankAccount, Card
from portal.sandbox.stripe.method_types import TYPES
from portal.sandbox.stripe.resources.payment_methods import instrument
from portal.sandbox.stripe.unit import Unit

RISKS = {"normal": 20, "elevated": 70, "highest": 95}
UNEXPLAINED = "The bank did not return any further details with this decline."
BLOCKED = "Stripe blocked this payment as too risky."


@dataclass(frozen=True)
class Attempt:
    """`step`: succeeded, declined, authenticate, redirect, processing, verify or voucher."""

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


def attempt(unit: Unit, method: Json, use: Use) -> Attempt:
    """What happens when the method is used."""
    behind = instrument(method)
    if isinstance(behind, Card):
        return _card_attempt(unit, behind, method, use)
    if isinstance(behind, BankAccount):
        if not method.get("_verified", True):
            return Attempt("verify")
        return Attempt("succeeded" if use.saving else "processing")
    if TYPES[method["type"]].flow == "voucher":
        return Attempt("succeeded" if use.saving else "voucher")
    done = use.authenticated or (use.off_session and method["_set_up"])
    return Attempt("succeeded" if done else "redirect")


def _card_attempt(unit: Unit, card: Card, method: Json, use: Use) -> Attempt:
    if not use.authenticated and _must_authenticate(card, method, use):
        if use.off_session:
            return Attempt("declined", declines.of_card("authentication_required"))
        return Attempt("authenticate")
    if is_blocked(unit, card) and (card.blocked or not use.saving):
        return Attempt("declined", declines.of_radar())
    if card.decline and (card.refused or not use.saving):
        return Attempt("declined", declines.of_card(card.decline))
    return Attempt("succeeded")


def is_blocked(unit: Unit, card: Card) -> bool:
    """Whether Radar stops it: always, or by the rule on the highest risk, which the setting
    `radar_blocks_highest` turns off.
    """
    rule = bool(unit.setting("radar_blocks_highest", True))
    return card.blocked or (card.risk == "highest" and rule)


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
    """A new charge of an intent (or of what stands for one); `status` succeeded, authorized,
    pending or failed. Its event is the caller's. `extra`: error (of a failure), authenticated,
    requested, mandate, incremental, voucher, debit_on.
    """
    card = instrument(method)
    card = card if isinstance(card, Card) else None
    charge_id = unit.id("ch" if method["type"] == "card" else "py")
    error: Json = extra.get("error") or {}
    is_captured = status == "succeeded"
    if card:
        secure = method_details.secure_result(
            card,
            challenged=bool(extra.get("authenticated")),
            requested=bool(extra.get("requested")),
        )
        extra["secure"] = secure
    if status == "authorized":
        extra["capture_before"] = method_details.capture_before(method["type"], unit.account_now)
    body: Json = {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if is_captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": _descriptor(unit, intent),
        "captured": is_captured,
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
        "outcome": outcome(status, error, card, method["type"]),
        "paid": status != "failed",
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": method_details.of_charge(intent["amount"], method, card, extra),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None if status == "failed" else unit.url(f"/receipts/{charge_id}"),
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent.get("statement_descriptor"),
        "statement_descriptor_suffix": intent.get("statement_descriptor_suffix"),
        "status": "succeeded" if status == "authorized" else status,
        "transfer_data": None,
        "transfer_group": intent.get("transfer_group"),
        "_parent": intent["id"],
        "_released": 0,
        "_disputed_for_good": False,
    }
    if is_captured:
        body["balance_transaction"] = book(unit, body)
    return unit.put(body)


def book(unit: Unit, body: Json) -> str:
    """The id of the booking of a captured charge."""
    method = unit.get("payment_method", body["payment_method"])
    card = instrument(method)
    at_once = isinstance(card, Card) and card.bypass
    return str(balances.book_charge(unit, body, at_once=at_once)["id"])


def outcome(status: str, error: Json, card: Card | None, kind: str) -> Json | None:
    """How Radar and the network answered; `advice_code` is said of declines only."""
    risk = card.risk if card else "normal"
    found: Json = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": risk if kind == "card" else "not_assessed",
        "risk_score": RISKS[risk] if kind == "card" else None,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if risk == "elevated":
        found["reason"] = "elevated_risk_level"
    if status != "failed":
        return found
    if risk == "highest" and error.get("decline_code") == "fraudulent":
        return found | {
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "seller_message": BLOCKED,
            "type": "blocked",
        }
    reason = error.get("decline_code") or error.get("code")
    said = f"The bank returned the decline code `{reason}`."
    return found | {
        "advice_code": error.get("advice_code"),
        "network_decline_code": error.get("network_decline_code"),
        "network_status": "declined_by_network",
        "reason": reason,
        "seller_message": UNEXPLAINED if reason == "generic_decline" else said,
        "type": "issuer_declined",
    }


def settle(unit: Unit, charge_id: str, error: Json | None = None) -> Json:
    """Ends a pending charge; the caller emits."""
    body = unit.get("charge", charge_id)
    body["status"] = "failed" if error else "succeeded"
    body["paid"] = not error
    body["captured"] = not error
    body["amount_captured"] = 0 if error else body["amount"]
    if error:
        kind = body["payment_method_details"]["type"]
        body["failure_code"], body["failure_message"] = error["code"], error["message"]
        body["outcome"] = outcome("failed", error, None, kind)
    else:
        body["balance_transaction"] = book(unit, body)
    return body


def capture(unit: Unit, body: Json, amount: int) -> Json:
    """Takes `amount` of an authorized charge and releases the rest; the caller emits."""
    body["captured"], body["amount_captured"] = True, amount
    body["_released"] = body["amount"] - amount
    body["amount_refunded"] = body["_released"]
    body["balance_transaction"] = book(unit, body)
    return body


def release(body: Json) -> Json:
    """Gives an authorized charge up, whole; the caller stores and emits."""
    body["amount_refunded"] = body["_released"] = body["amount"]
    body["refunded"] = True
    return body


def _descriptor(unit: Unit, intent: Json) -> str:
    own = str(unit.account["settings"]["payments"]["statement_descriptor"])
    suffix = intent.get("statement_descriptor_suffix")
    return str(intent.get("statement_descriptor") or (f"{own}* {suffix}"[:22] if suffix else own))
