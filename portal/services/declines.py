"""What people read of a payment that a bank refused, on pages and in mails."""

from dataclasses import dataclass

from portal.i18n import lazy_gettext


@dataclass(frozen=True, slots=True)
class Wording:
    """Two sentences: what is the matter, and what to do next. Both are translated when shown."""

    happened: str
    advice: str

    def __str__(self) -> str:
        return f"{self.happened} {self.advice}"


_OTHER_METHOD = lazy_gettext("Use another payment method.")
_ASK_BANK = lazy_gettext("Ask your bank, or use another payment method.")
_AGAIN = lazy_gettext("Try again in a few minutes, or use another payment method.")
_CHECK_DATA = lazy_gettext("Check what you entered, and try again.")

_REFUSED = Wording(lazy_gettext("Your bank refused the payment. You were not charged."), _ASK_BANK)
_NO_MONEY = Wording(
    lazy_gettext("There was not enough money in the account. You were not charged."),
    lazy_gettext("Try again when there is, or use another payment method."),
)
_EXPIRED = Wording(lazy_gettext("The card has expired. You were not charged."), _OTHER_METHOD)
_WRONG_DATA = Wording(
    lazy_gettext("A number of the card was not right. You were not charged."), _CHECK_DATA
)
_NOT_SUPPORTED = Wording(
    lazy_gettext("The card does not take this kind of payment. You were not charged."),
    _OTHER_METHOD,
)
_TECHNICAL = Wording(
    lazy_gettext("The bank could not be reached or made a mistake. You were not charged."), _AGAIN
)
_TOO_OFTEN = Wording(
    lazy_gettext("The limit of the card or account was reached. You were not charged."), _ASK_BANK
)
_NEEDS_BANK = Wording(
    lazy_gettext("Your bank wants you to confirm the payment. You were not charged."),
    lazy_gettext("Pay again and confirm it on your bank’s page, or use another payment method."),
)
_NOT_CONFIRMED = Wording(
    lazy_gettext("The confirmation at your bank did not work. You were not charged."),
    lazy_gettext("Try again, or use another payment method."),
)
_TWICE = Wording(
    lazy_gettext(
        "The same sum was paid with this card a moment ago, so the bank stopped this one."
    ),
    lazy_gettext("Look at your invoices before you pay again."),
)
_ACCOUNT_CLOSED = Wording(
    lazy_gettext("The bank account cannot be debited. You were not charged."), _OTHER_METHOD
)
_NOT_ALLOWED = Wording(
    lazy_gettext("The bank was told not to allow this debit. You were not charged."), _ASK_BANK
)
_TOO_LATE = Wording(
    lazy_gettext("The time to finish the payment ran out. You were not charged."),
    lazy_gettext("Start the payment again."),
)
_TEST_CARD = Wording(
    lazy_gettext("Test cards work with test data only. You were not charged."), _OTHER_METHOD
)

# Stripe's codes of failure and the banks' words behind them. Lost, stolen and suspicious cards get
# the general sentence on purpose (docs.stripe.com/declines/codes).
DECLINES: dict[str, Wording] = {
    "authentication_required": _NEEDS_BANK,
    "authentication_not_handled": _NOT_CONFIRMED,
    "payment_intent_authentication_failure": _NOT_CONFIRMED,
    "setup_intent_authentication_failure": _NOT_CONFIRMED,
    "offline_pin_required": _NEEDS_BANK,
    "online_or_offline_pin_required": _NEEDS_BANK,
    "insufficient_funds": _NO_MONEY,
    "expired_card": _EXPIRED,
    "incorrect_cvc": _WRONG_DATA,
    "incorrect_number": _WRONG_DATA,
    "incorrect_pin": _WRONG_DATA,
    "incorrect_zip": _WRONG_DATA,
    "incorrect_address": _WRONG_DATA,
    "invalid_cvc": _WRONG_DATA,
    "invalid_number": _WRONG_DATA,
    "invalid_pin": _WRONG_DATA,
    "invalid_expiry_month": _WRONG_DATA,
    "invalid_expiry_year": _WRONG_DATA,
    "card_not_supported": _NOT_SUPPORTED,
    "currency_not_supported": _NOT_SUPPORTED,
    "transaction_not_allowed": _NOT_SUPPORTED,
    "service_not_allowed": _NOT_SUPPORTED,
    "not_permitted": _NOT_SUPPORTED,
    "card_velocity_exceeded": _TOO_OFTEN,
    "withdrawal_count_limit_exceeded": _TOO_OFTEN,
    "pin_try_exceeded": _TOO_OFTEN,
    "debit_not_authorized": _NOT_ALLOWED,
    "stop_payment_order": _NOT_ALLOWED,
    "revocation_of_authorization": _NOT_ALLOWED,
    "revocation_of_all_authorizations": _NOT_ALLOWED,
    "issuer_not_available": _TECHNICAL,
    "processing_error": _TECHNICAL,
    "reenter_transaction": _TECHNICAL,
    "try_again_later": _TECHNICAL,
    "payment_method_provider_timeout": _TECHNICAL,
    "duplicate_transaction": _TWICE,
    "account_closed": _ACCOUNT_CLOSED,
    "bank_account_restricted": _ACCOUNT_CLOSED,
    "bank_account_unusable": _ACCOUNT_CLOSED,
    "invalid_account": _ACCOUNT_CLOSED,
    "no_account": _ACCOUNT_CLOSED,
    "payment_intent_payment_attempt_expired": _TOO_LATE,
    "testmode_decline": _TEST_CARD,
    "live_mode_test_card": _TEST_CARD,
}


def of_decline(code: str, decline_code: str = "") -> Wording:
    """Return what is said of a payment that failed, by Stripe's code and the bank's word."""
    return DECLINES.get(decline_code) or DECLINES.get(code) or _REFUSED
