"""Verifying a bank account by small deposits: the amounts and codes that Stripe publishes for it.

Source: docs.stripe.com/payments/ach-direct-debit/set-up-payment and acss-debit/accept-a-payment.
"""

from portal.sandbox.stripe import declines
from portal.sandbox.stripe.errors import ApiError, Json, invalid
from portal.sandbox.stripe.instruments import BankAccount
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.resources.payment_methods import instrument
from portal.sandbox.stripe.unit import Unit

VERIFIED = ((32, 45), "SM11AA")
EXCEEDED = ((10, 11), "SM33CC")
TIMED_OUT = ((40, 41), "SM44DD")
CODE = "payment_method_microdeposit_"
WORDS = {
    "failed": "Microdeposit transfers failed. Please check the account, institution and transit "
    "numbers provided.",
    "verification_attempts_exceeded": "You have exceeded the number of allowed verification "
    "attempts.",
    "verification_timeout": "Microdeposit verification timeout. The account was not verified in "
    "time.",
}
MOST_ATTEMPTS = {"us_bank_account": 10, "acss_debit": 3}
DAYS_TO_VERIFY = 10


def ask(unit: Unit, intent: Json, due_name: str, fail_name: str) -> Json:
    """The next action that waits for the deposits; schedules what ends the waiting."""
    unit.schedule(unit.account_now + DAYS_TO_VERIFY * DAY, due_name, intent["id"])
    method = unit.get("payment_method", intent["payment_method"])
    behind = instrument(method)
    arrival = unit.account_now + 2 * DAY
    if isinstance(behind, BankAccount) and behind.outcome.unsent:
        unit.schedule(arrival, fail_name, intent["id"])
    intent["_attempts"] = 0
    return {
        "type": "verify_with_microdeposits",
        "verify_with_microdeposits": {
            "arrival_date": arrival,
            "hosted_verification_url": unit.url(f"/microdeposits/{intent['id']}"),
            "microdeposit_type": "amounts" if method["type"] == "acss_debit" else "descriptor_code",
        },
    }


def waits(intent: Json) -> bool:
    """Whether the intent waits for microdeposits."""
    return bool(
        intent["status"] == "requires_action"
        and (intent["next_action"] or {}).get("type") == "verify_with_microdeposits"
    )


def verdict(intent: Json, method: Json, params: Json) -> str:
    """What the given amounts or code say: verified, verification_attempts_exceeded,
    verification_timeout, or a mismatch, counted. Raises the refusal of anything else.
    """
    amounts, code = params.get("amounts"), params.get("descriptor_code")
    if (amounts is None) == (code is None):
        message = "You must provide exactly one of: amounts, descriptor_code."
        raise invalid(message, param="amounts", code="parameter_missing")
    if amounts is not None and (len(amounts) != 2 or not all(0 < one < 100 for one in amounts)):
        message = "Exactly two amounts between 1 and 99 cents are expected."
        raise invalid(message, param="amounts", code=f"{CODE}verification_amounts_invalid")
    given = tuple(sorted(amounts)) if amounts is not None else code
    for name, known in (
        ("verified", VERIFIED),
        ("verification_attempts_exceeded", EXCEEDED),
        ("verification_timeout", TIMED_OUT),
    ):
        if given in known:
            return name
    intent["_attempts"] += 1
    if intent["_attempts"] >= MOST_ATTEMPTS[method["type"]]:
        return "verification_attempts_exceeded"
    return "mismatch"


def mismatch(params: Json) -> ApiError:
    """The refusal of wrong amounts or of a wrong code; the attempt stays counted."""
    if "amounts" in params:
        message = "The amounts provided do not match the amounts that were sent to the account."
        return declines.kept(400, message, f"{CODE}verification_amounts_mismatch", param="amounts")
    message = "The code provided does not match that of the deposit."
    code = f"{CODE}verification_descriptor_code_mismatch"
    return declines.kept(400, message, code, param="descriptor_code")


def error(name: str) -> Json:
    """The error that an intent remembers: failed, verification_attempts_exceeded or
    verification_timeout.
    """
    return {"code": f"{CODE}{name}", "message": WORDS[name], "type": "invalid_request_error"}


def not_waiting(intent: Json) -> ApiError:
    """The refusal when nothing is to be verified."""
    kind = "PaymentIntent" if intent["object"] == "payment_intent" else "SetupIntent"
    return invalid(
        f"This {kind} does not wait for microdeposits to be verified.",
        code=f"{intent['object']}_unexpected_state",
        about=intent,
    )
