"""What opens a dispute and how it ends: the kinds of the test cards, evidence, time.

Sources: docs.stripe.com/testing#disputes, docs.stripe.com/disputes/responding and the SDK's
docstrings. Money moves at once: withdrawn with the fee when a chargeback opens, given back with
the fee when it is won.
"""

import datetime
from typing import NamedTuple

from portal.sandbox.stripe import balances
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.instruments import BankAccount, Card
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import due, listens
from portal.sandbox.stripe.resources import mandates
from portal.sandbox.stripe.resources.payment_methods import instrument
from portal.sandbox.stripe.unit import Unit

OPEN = ("needs_response", "warning_needs_response")
REVIEWED = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
CLOSED = ("won", "lost", "warning_closed", "prevented")
DAYS_TO_RESPOND = 9
DAYS_OF_INQUIRY = 120
FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)


class Kind(NamedTuple):
    """A kind of dispute: its `reason`, the network's code and case, what evidence may be added."""

    reason: str
    network_code: str | None
    case: str = "chargeback"
    eligible: str = ""


KINDS = {
    "fraudulent": Kind("fraudulent", "10.4"),
    "product_not_received": Kind("product_not_received", "13.1"),
    "inquiry": Kind("general", None, "inquiry"),
    "multiple": Kind("fraudulent", "10.4"),
    "compelling_evidence": Kind("fraudulent", "10.4", eligible="visa_compelling_evidence_3"),
    "visa_compliance": Kind("noncompliant", None, "compliance", "visa_compliance"),
    "mastercard_compliance": Kind("noncompliant", None, "compliance", "mastercard_compliance"),
    "debit": Kind("debit_not_authorized", None),
}
ENHANCED: dict[str, Json] = {
    "visa_compelling_evidence_3": {
        "required_actions": [
            "missing_customer_identifiers",
            "missing_disputed_transaction_description",
            "missing_merchandise_or_services",
            "missing_prior_undisputed_transaction_description",
            "missing_prior_undisputed_transactions",
        ],
        "status": "requires_action",
    },
    "visa_compliance": {"status": "requires_fee_acknowledgement"},
    "mastercard_compliance": {"status": "requires_fee_acknowledgement"},
}


@listens("charge.succeeded")
def watch(unit: Unit, charge: Json) -> None:
    """A charge of a test instrument that is disputed: the dispute opens a moment later. 3-D
    Secure protects from fraudulent ones.
    """
    method = unit.find("payment_method", charge["payment_method"] or "")
    behind = instrument(method) if method else None
    if isinstance(behind, BankAccount) and behind.outcome.dispute:
        unit.schedule(unit.account_now, "dispute.open_debit", charge["id"])
    if not isinstance(behind, Card) or not behind.dispute:
        return
    secure = charge["payment_method_details"]["card"]["three_d_secure"] or {}
    protected = secure.get("result") == "authenticated"
    if behind.dispute == "early_fraud_warning":
        unit.schedule(unit.account_now, "early_fraud_warning.open", charge["id"])
    elif not (protected and KINDS[behind.dispute].reason == "fraudulent"):
        unit.schedule(unit.account_now, f"dispute.open_{behind.dispute}", charge["id"])


def _opener(kind: str) -> None:
    def callback(unit: Unit, charge_id: str) -> None:
        charge = unit.get("charge", charge_id)
        if kind == "multiple":
            half = charge["amount"] // 2
            open_one(unit, charge, kind, half)
            open_one(unit, unit.get("charge", charge_id), kind, charge["amount"] - half)
        else:
            open_one(unit, charge, kind)

    due(f"dispute.open_{kind}", account_time=True)(callback)


for each in KINDS:
    _opener(each)


def open_one(
    unit: Unit, charge: Json, kind: str, amount: int | None = None, reason: str | None = None
) -> Json:
    """Opens a dispute on a charge; one of a debit is lost at once, since there is no appeal."""
    row = KINDS[kind]
    dispute = _new(unit, charge, row, amount, reason)
    is_inquiry = row.case == "inquiry"
    charge["disputed"] = True
    charge["_disputed_for_good"] = not is_inquiry
    unit.put(charge)
    if kind == "debit":
        dispute["status"], dispute["evidence_details"]["due_by"] = "lost", None
    unit.add(dispute, "charge.dispute.created")
    if not is_inquiry:
        _withdraw(unit, dispute)
    if kind == "debit":
        unit.emit("charge.dispute.closed", dispute)
        details = charge["payment_method_details"]
        mandates.revoke(unit, details[details["type"]].get("mandate"), "debit_not_authorized")
    elif is_inquiry:
        unit.schedule(unit.account_now + DAYS_OF_INQUIRY * DAY, "dispute.past_due", dispute["id"])
    else:
        unit.schedule(dispute["evidence_details"]["due_by"], "dispute.past_due", dispute["id"])
    return unit.get("dispute", dispute["id"])


def _new(unit: Unit, charge: Json, row: Kind, amount: int | None, reason: str | None) -> Json:
    details = charge["payment_method_details"]
    card = details.get("card")
    return {
        "id": unit.id("du"),
        "object": "dispute",
        "amount": charge["amount"] if amount is None else amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": unit.account_now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [row.eligible] if row.eligible else [],
        "evidence": dict.fromkeys((*TEXTS, *FILES)) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": _due_by(unit.account_now),
            "enhanced_eligibility": {row.eligible: dict(ENHANCED[row.eligible])}
            if row.eligible
            else {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": row.case == "inquiry",
        "livemode": False,
        "metadata": {},
        "network_reason_code": row.network_code,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": card
        and {
            "card": {
                "brand": card["brand"],
                "case_type": row.case,
                "network": card["network"],
                "network_reason_code": row.network_code,
            },
            "type": "card",
        },
        "reason": reason or row.reason,
        "status": "warning_needs_response" if row.case == "inquiry" else "needs_response",
        "_parent": charge["id"],
    }


def _due_by(now: int) -> int:
    day = datetime.datetime.fromtimestamp(now + DAYS_TO_RESPOND * DAY, datetime.UTC)
    return int(day.replace(hour=23, minute=59, second=59).timestamp())


def _withdraw(unit: Unit, dispute: Json) -> None:
    booked = balances.book_dispute(unit, dispute)
    dispute["balance_transactions"].append(booked)
    unit.put(dispute)
    unit.emit("charge.dispute.funds_withdrawn", dispute)


def submit(unit: Unit, dispute: Json) -> None:
    """Hands the evidence to the bank, which answers a moment later if its text is one of the
    published ones; the caller saves.
    """
    details = dispute["evidence_details"]
    details["submission_count"] += 1
    details["submission_method"] = "manual"
    dispute["status"] = REVIEWED[dispute["status"]]
    dispute["is_charge_refundable"] = False
    text = (dispute["evidence"]["uncategorized_text"] or "").strip()
    if text in ("winning_evidence", "losing_evidence", "escalate_inquiry_evidence"):
        unit.schedule(unit.account_now, f"dispute.{text}", dispute["id"])


@due("dispute.winning_evidence", account_time=True)
def win(unit: Unit, dispute_id: str) -> None:
    """The bank agrees: the money and the fee come back. An inquiry is closed."""
    dispute = unit.get("dispute", dispute_id)
    if dispute["status"] in CLOSED:
        return
    if dispute["status"].startswith("warning"):
        close(unit, dispute, "warning_closed")
        return
    close(unit, dispute, "won")
    dispute["balance_transactions"].append(balances.book_won_dispute(unit, dispute))
    unit.put(dispute)
    unit.emit("charge.dispute.funds_reinstated", dispute)
    charge = unit.get("charge", dispute["charge"])
    charge["_disputed_for_good"] = False
    unit.put(charge)


@due("dispute.losing_evidence", account_time=True)
def lose(unit: Unit, dispute_id: str) -> None:
    """The bank does not agree. An inquiry is closed without becoming more."""
    dispute = unit.get("dispute", dispute_id)
    if dispute["status"] not in CLOSED:
        warning = dispute["status"].startswith("warning")
        close(unit, dispute, "warning_closed" if warning else "lost")


@due("dispute.escalate_inquiry_evidence", account_time=True)
def escalate(unit: Unit, dispute_id: str) -> None:
    """An inquiry becomes a chargeback."""
    dispute = unit.get("dispute", dispute_id)
    if dispute["status"] != "warning_under_review":
        return
    dispute["status"], dispute["is_charge_refundable"] = "needs_response", False
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute["evidence_details"]["due_by"] = _due_by(unit.account_now)
    dispute["evidence_details"]["submission_count"] = 0
    unit.unschedule("dispute.past_due", dispute_id)
    unit.schedule(dispute["evidence_details"]["due_by"], "dispute.past_due", dispute_id)
    charge = unit.get("charge", dispute["charge"])
    charge["_disputed_for_good"] = True
    unit.put(charge)
    unit.save(dispute, "charge.dispute.updated")
    _withdraw(unit, dispute)


@due("dispute.past_due", account_time=True)
def expire(unit: Unit, dispute_id: str) -> None:
    """Nobody answered in time: lost, or an inquiry that ends."""
    dispute = unit.get("dispute", dispute_id)
    if dispute["status"] == "needs_response":
        dispute["evidence_details"]["past_due"] = True
        close(unit, dispute, "lost")
    elif dispute["status"].startswith("warning"):
        close(unit, dispute, "warning_closed")


def close(unit: Unit, dispute: Json, status: str) -> Json:
    """Ends a dispute and says so."""
    dispute["status"] = status
    dispute["is_charge_refundable"] = status in ("won", "warning_closed")
    unit.unschedule("dispute.past_due", dispute["id"])
    return unit.save(dispute, "charge.dispute.closed")


@listens("charge.refunded")
def end_inquiry(unit: Unit, charge: Json) -> None:
    """A full refund ends an inquiry."""
    if not charge["disputed"] or not charge["refunded"]:
        return
    for dispute in unit.select("dispute", parent=charge["id"]):
        if dispute["status"].startswith("warning") and dispute["status"] != "warning_closed":
            close(unit, dispute, "warning_closed")
