"""Controls of payments for tests and judges, in plain JSON: open and decide disputes, revoke
mandates, answer for the payer.

    POST /_sandbox/disputes   {"charge", "kind"?, "amount"?, "reason"?} or {"dispute", "outcome"}
    POST /_sandbox/mandates   {"mandate"}
    POST /_sandbox/payments   {"payment_intent" or "setup_intent", "outcome"}
    POST /_sandbox/refunds    {"refund"}
"""

import json
from typing import Any

from flask import Response, request

from portal.sandbox.stripe import disputes, paying, vouchers
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import mandates, refunds, setup_intents
from portal.sandbox.stripe.sandbox import Sandbox


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, indent=2), status, content_type="application/json")


def _wanted(*names: str) -> Json:
    wanted = request.get_json(silent=True, force=True)
    if not isinstance(wanted, dict):
        raise invalid("a JSON object is expected")
    given = [name for name in names if isinstance(wanted.get(name), str)]
    if len(given) != 1:
        raise invalid(f"exactly one of these is expected: {', '.join(names)}")
    return wanted


@page("/_sandbox/disputes")
def change_disputes(sandbox: Sandbox) -> Any:
    """Opens a dispute on a charge, or ends one: `outcome` won, lost or escalated."""
    if request.method == "GET":
        return _json({"kinds": sorted(disputes.KINDS)})
    wanted = _wanted("charge", "dispute")
    if "charge" in wanted:
        unit = sandbox.unit_for(wanted["charge"])
        charge = unit.get("charge", wanted["charge"], "charge")
        kind, amount = wanted.get("kind", "fraudulent"), wanted.get("amount", charge["amount"])
        if kind not in disputes.KINDS or kind in ("multiple",):
            raise invalid(f"kind must be one of: {', '.join(sorted(disputes.KINDS))}")
        if not isinstance(amount, int) or not 1 <= amount <= charge["amount"]:
            raise invalid(f"amount must be between 1 and {charge['amount']}")
        if not charge["captured"]:
            raise invalid("only a captured charge can be disputed")
        found = disputes.open_one(unit, charge, kind, amount, wanted.get("reason"))
        return _json(unit.shown(found))
    unit = sandbox.unit_for(wanted["dispute"])
    ends = {"won": disputes.win, "lost": disputes.lose, "escalated": disputes.escalate}
    if wanted.get("outcome") not in ends:
        raise invalid("outcome must be won, lost or escalated")
    ends[wanted["outcome"]](unit, wanted["dispute"])
    return _json(unit.shown(unit.get("dispute", wanted["dispute"])))


@page("/_sandbox/mandates")
def revoke_mandate(sandbox: Sandbox) -> Any:
    """The payer takes a mandate back at the bank."""
    wanted = _wanted("mandate")
    unit = sandbox.unit_for(wanted["mandate"])
    found = mandates.revoke(unit, wanted["mandate"], "debit_not_authorized")
    return _json(unit.shown(found) if found else {})


@page("/_sandbox/payments")
def answer_for_payer(sandbox: Sandbox) -> Any:
    """What a payer would do on a page: `outcome` complete or fail of a redirect, pay of a slip."""
    wanted = _wanted("payment_intent", "setup_intent")
    outcome = wanted.get("outcome")
    if outcome not in ("complete", "fail", "pay"):
        raise invalid("outcome must be complete, fail or pay")
    if "setup_intent" in wanted:
        unit = sandbox.unit_for(wanted["setup_intent"])
        passed = outcome == "complete"
        return _json(
            unit.shown(setup_intents.authenticate(unit, wanted["setup_intent"], passed=passed))
        )
    unit = sandbox.unit_for(wanted["payment_intent"])
    intent = unit.get("payment_intent", wanted["payment_intent"])
    if outcome == "pay" and vouchers.is_waiting(intent):
        return _json(unit.shown(paying.pay_voucher(unit, intent["id"])))
    passed = outcome == "complete"
    return _json(unit.shown(paying.authenticate(unit, intent["id"], passed=passed)))


@page("/_sandbox/refunds")
def answer_refund(sandbox: Sandbox) -> Any:
    """The payer names an account for a refund that waits for one."""
    wanted = _wanted("refund")
    unit = sandbox.unit_for(wanted["refund"])
    return _json(unit.shown(refunds.answer(unit, wanted["refund"])))
