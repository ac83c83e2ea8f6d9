"""The words and codes of declined payments (docs.stripe.com/declines/codes)."""

from portal.sandbox.stripe.errors import ApiError, Json, card_error
from portal.sandbox.stripe.unit import Unit

GENERIC = "Your card was declined."
# Decline code: error code, message, parameter.
CARD = {
    "insufficient_funds": ("card_declined", "Your card has insufficient funds.", None),
    "expired_card": ("expired_card", "Your card has expired.", "exp_month"),
    "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect.", "cvc"),
    "processing_error": (
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
        None,
    ),
    "card_velocity_exceeded": (
        "card_declined",
        "Your card was declined for making repeated attempts too frequently or exceeding its "
        "amount limit.",
        None,
    ),
    "authentication_required": (
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
        None,
    ),
}
AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again."
)
VOUCHER_EXPIRED = "The customer did not pay the voucher before it expired."
DEBIT = {
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "generic_could_not_process": "The payment could not be processed.",
    "charge_exceeds_source_limit": "This payment exceeds the weekly volume limit of the account.",
    "charge_exceeds_weekly_limit": "This payment exceeds the weekly limit of the account.",
}
ADVICE = {"lost_card": "do_not_try_again", "stolen_card": "do_not_try_again"}


def of_card(decline_code: str) -> Json:
    """The error of a declined card, as an intent's last error holds it."""
    code, message, param = CARD.get(decline_code, ("card_declined", GENERIC, None))
    error = {
        "advice_code": ADVICE.get(decline_code, "try_again_later"),
        "code": code,
        "decline_code": decline_code,
        "message": message,
        "type": "card_error",
    }
    return error | ({"param": param} if param else {})


def of_authentication() -> Json:
    """The error of a failed 3-D Secure."""
    code = "payment_intent_authentication_failure"
    return {"code": code, "message": AUTHENTICATION_FAILED, "type": "invalid_request_error"}


def of_debit(failure: str) -> Json:
    """The error of a bank debit that came back."""
    known = failure == "insufficient_funds"
    return {
        "code": failure if known else "payment_intent_payment_attempt_failed",
        "decline_code": failure,
        "message": DEBIT[failure],
        "type": "card_error",
    }


def answer(unit: Unit, error: Json, **intent: Json) -> ApiError:
    """The 402 for a decline; `payment_intent=` or `setup_intent=` goes into the error."""
    known = dict(error)
    message, code = known.pop("message"), known.pop("code")
    known.pop("type")
    return card_error(
        message,
        code,
        decline_code=known.pop("decline_code", None),
        param=known.pop("param", None),
        **known,
        **intent,
        **(
            {"charge": intent["payment_intent"]["latest_charge"]}
            if intent.get("payment_intent", {}).get("latest_charge")
            else {}
        ),
        request_log_url=f"{unit.sandbox.base_url}/_sandbox/requests.json",
    )
