"""The words and codes of declined payments (docs.stripe.com/declines/codes)."""

from typing import Any

from portal.sandbox.stripe.errors import ApiError, Json, card_error, doc_url

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
    "account_closed": "The customer's bank account has been closed.",
    "charge_exceeds_source_limit": "This payment exceeds the weekly volume limit of the account.",
    "charge_exceeds_transaction_limit": "This payment exceeds the account's transaction limit.",
    "charge_exceeds_weekly_limit": "This payment exceeds the weekly limit of the account.",
    "debit_not_authorized": "The customer has notified their bank that this payment was "
    "unauthorized or does not have their consent.",
    "generic_could_not_process": "The payment could not be processed.",
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "invalid_currency": "The customer's account does not take payments in this currency.",
    "no_account": "The customer's bank account could not be located.",
    "refer_to_customer": "The customer's bank asks to contact the customer.",
}
# Failures that are error codes of their own; the rest is told by `decline_code` alone.
OWN_CODES = frozenset(
    ["account_closed", "debit_not_authorized", "insufficient_funds", "no_account"]
)
# What the network says, where test cards were recorded.
NETWORK = {"generic_decline": "01"}
ADVICE = {"lost_card": "do_not_try_again", "stolen_card": "do_not_try_again"}


def of_card(decline_code: str) -> Json:
    """The error of a declined card, as an intent's last error holds it."""
    code, message, param = CARD.get(decline_code, ("card_declined", GENERIC, None))
    error = {
        "advice_code": ADVICE.get(decline_code, "try_again_later"),
        "code": code,
        "decline_code": decline_code,
        "doc_url": doc_url(code),
        "message": message,
        "network_decline_code": NETWORK.get(decline_code),
        "param": param,
        "type": "card_error",
    }
    return {name: one for name, one in error.items() if one is not None}


def of_authentication() -> Json:
    """The error of a failed 3-D Secure."""
    code = "payment_intent_authentication_failure"
    return {
        "code": code,
        "doc_url": doc_url(code),
        "message": AUTHENTICATION_FAILED,
        "type": "invalid_request_error",
    }


def of_debit(failure: str) -> Json:
    """The error of a bank debit that came back."""
    code = failure if failure in OWN_CODES else "payment_intent_payment_attempt_failed"
    return {
        "code": code,
        "decline_code": failure,
        "doc_url": doc_url(code),
        "message": DEBIT[failure],
        "type": "card_error",
    }


def of_radar() -> Json:
    """The error of a payment that Radar blocked before the bank was asked."""
    return of_card("fraudulent") | {"advice_code": "do_not_try_again"}


def kept(status: int, message: str, code: str, **extra: Any) -> ApiError:
    """A refusal of type invalid_request_error whose effects on the intent are kept."""
    kind = "invalid_request_error"
    return ApiError(status, {"message": message, "type": kind, "code": code} | extra, keeps=True)


def answer(error: Json, **about: Json) -> ApiError:
    """The 402 for a decline; the intent and the method that was refused go into the error."""
    known = dict(error)
    message, code = known.pop("message"), known.pop("code")
    known.pop("type")
    return card_error(
        message,
        code,
        decline_code=known.pop("decline_code", None),
        param=known.pop("param", None),
        **known,
        **about,
        **(
            {"charge": about["payment_intent"]["latest_charge"]}
            if about.get("payment_intent", {}).get("latest_charge")
            else {}
        ),
    )


def undone(error: ApiError) -> ApiError:
    """The same refusal where nothing of the request stays: a card that could not be saved."""
    error.keeps = False
    return error
