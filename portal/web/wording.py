"""What people read for each reason, error and decline: a sentence, and what they can do now."""

from dataclasses import dataclass

from portal.domain.decisions import Decision, Reason
from portal.domain.errors import PortalError
from portal.i18n import lazy_gettext, ngettext


@dataclass(frozen=True, slots=True)
class Wording:
    """Two sentences: what is the matter, and what to do next. Both are translated when shown."""

    happened: str
    advice: str

    def __str__(self) -> str:
        return f"{self.happened} {self.advice}"


ASK_MERCHANT = lazy_gettext("Ask the company that bills you; it can do this for you.")
LOAD_AGAIN = lazy_gettext("Load the page again to see how things stand.")

REASONS: dict[Reason, Wording] = {
    # about a subscription
    Reason.SEVERAL_PRODUCTS: Wording(
        lazy_gettext("This subscription holds several products, so it cannot be changed here."),
        lazy_gettext("You can cancel it, or ask the company that bills you to change it."),
    ),
    Reason.USAGE_BASED: Wording(
        lazy_gettext("This subscription is billed by use, so it cannot be changed here."),
        lazy_gettext("You can cancel it, or ask the company that bills you to change it."),
    ),
    Reason.INVOICES_SENT: Wording(
        lazy_gettext(
            "This subscription is paid by invoices sent to you, so it cannot be changed here."
        ),
        lazy_gettext("You can cancel it, or ask the company that bills you to change it."),
    ),
    Reason.METHOD_UNSUPPORTED: Wording(
        lazy_gettext("This subscription is paid with a method that plan changes do not work with."),
        lazy_gettext("Add another payment method and make it the default, then try again."),
    ),
    Reason.CHANGE_SCHEDULED: Wording(
        lazy_gettext("A change of this subscription is planned already."),
        lazy_gettext(
            "Wait until it has taken effect, or ask the company that bills you to undo it."
        ),
    ),
    Reason.SUBSCRIPTION_ENDED: Wording(
        lazy_gettext("This subscription has ended."),
        lazy_gettext("Nothing more will be charged for it. Its invoices stay here."),
    ),
    Reason.FIRST_PAYMENT_OPEN: Wording(
        lazy_gettext("The first payment of this subscription is still open."),
        lazy_gettext("Pay its first invoice; after that you can change it."),
    ),
    Reason.ALREADY_CANCELLING: Wording(
        lazy_gettext("This subscription is cancelled already and ends by itself."),
        lazy_gettext("You need do nothing. Until it ends you can take the cancellation back."),
    ),
    Reason.NOT_CANCELLING: Wording(
        lazy_gettext("This subscription is not cancelled, so there is nothing to take back."),
        lazy_gettext("It goes on as before."),
    ),
    Reason.SUBSCRIPTION_PAUSED: Wording(
        lazy_gettext("This subscription is paused."),
        lazy_gettext("Ask the company that bills you to continue it; then you can change it."),
    ),
    # about a change
    Reason.TAX_BEHAVIOR_UNSPECIFIED: Wording(
        lazy_gettext("It is not settled whether tax is included in one of the two prices."),
        ASK_MERCHANT,
    ),
    Reason.TAX_BEHAVIOR_DIFFERS: Wording(
        lazy_gettext(
            "One price includes tax and the other does not, so one cannot follow the other."
        ),
        ASK_MERCHANT,
    ),
    Reason.PRICE_NOT_OFFERED: Wording(
        lazy_gettext("This price is not offered to you."),
        lazy_gettext("Choose one of those on the page, or ask the company that bills you."),
    ),
    Reason.PRICE_ARCHIVED: Wording(
        lazy_gettext("This price is no longer sold."),
        lazy_gettext("Choose another one."),
    ),
    Reason.CURRENCY_DIFFERS: Wording(
        lazy_gettext("This price is in another currency than your subscription."),
        lazy_gettext("Choose a price in your currency, or ask the company that bills you."),
    ),
    Reason.SAME_PRICE: Wording(
        lazy_gettext("That is what you have now."),
        lazy_gettext("Choose another price or quantity."),
    ),
    Reason.QUANTITY_FIXED: Wording(
        lazy_gettext("The quantity of this plan cannot be changed here."),
        ASK_MERCHANT,
    ),
    Reason.QUANTITY_OUT_OF_BOUNDS: Wording(
        lazy_gettext("This quantity is not offered."),
        lazy_gettext("Enter one within the bounds named beside the field."),
    ),
    Reason.AMOUNT_CHANGED: Wording(
        lazy_gettext("The sum changed while you were here, so nothing was done."),
        lazy_gettext("Look at the new sum, then decide again."),
    ),
    # about a configuration
    Reason.FEATURE_DISABLED: Wording(
        lazy_gettext("The company that bills you has not opened this here."),
        ASK_MERCHANT,
    ),
    Reason.TOO_MANY_PRODUCTS: Wording(
        lazy_gettext(
            "More products are on offer than can be shown, so plans cannot be changed here."
        ),
        ASK_MERCHANT,
    ),
    Reason.PRICES_CLASH: Wording(
        lazy_gettext("Two prices on offer cannot be told apart, so plans cannot be changed here."),
        ASK_MERCHANT,
    ),
    # about a payment
    Reason.NOTHING_DUE: Wording(
        lazy_gettext("Nothing is due on this invoice."),
        lazy_gettext("You need do nothing."),
    ),
    Reason.INVOICE_VOID: Wording(
        lazy_gettext("This invoice was cancelled."),
        lazy_gettext("You need not pay it."),
    ),
    Reason.INVOICE_NOT_PAYABLE: Wording(
        lazy_gettext("This document is not one to be paid."),
        lazy_gettext("You need do nothing."),
    ),
    Reason.AMOUNT_TOO_SMALL: Wording(
        lazy_gettext("The sum is too small to be charged by itself."),
        lazy_gettext("It will be added to a later invoice, or ask the company that bills you."),
    ),
    Reason.FOREIGN_CURRENCY: Wording(
        lazy_gettext("This invoice is in a currency that cannot be paid here."),
        lazy_gettext("Its PDF says how to pay it; or ask the company that bills you."),
    ),
    Reason.PAYMENT_UNDER_WAY: Wording(
        lazy_gettext("A payment of this invoice is under way."),
        lazy_gettext("You need do nothing. This page will say how it ends."),
    ),
    Reason.OUTCOME_UNKNOWN: Wording(
        lazy_gettext("We are checking whether your last payment went through."),
        lazy_gettext("Please do not pay again; this page will say how it ended."),
    ),
    Reason.DISPUTED: Wording(
        lazy_gettext("A bank is deciding about a payment of this invoice that was disputed."),
        lazy_gettext("Nothing is to be paid until it has decided."),
    ),
    # about a payment method
    Reason.LAST_METHOD: Wording(
        lazy_gettext("This is the last payment method, and a subscription needs it."),
        lazy_gettext("Add another one first, then remove this one."),
    ),
    Reason.METHOD_IN_USE: Wording(
        lazy_gettext("A subscription is paid with this method."),
        lazy_gettext("Make another method the one it is paid with, then remove this one."),
    ),
    Reason.METHOD_NOT_FOR_DEFAULT: Wording(
        lazy_gettext("This kind of payment method cannot be the default."),
        lazy_gettext("You can still choose it when you pay an invoice."),
    ),
    # about an offer
    Reason.NO_OFFER: Wording(
        lazy_gettext("This offer no longer stands."),
        lazy_gettext("You can keep your plan as it is, or cancel it."),
    ),
    Reason.OFFER_TAKEN: Wording(
        lazy_gettext("You have taken this offer already."),
        lazy_gettext("It shows in your next invoice."),
    ),
    # about access
    Reason.NOT_IN_SCOPE: Wording(
        lazy_gettext("Your link opens one invoice only."),
        lazy_gettext("To see everything, sign in with your e-mail address."),
    ),
}

# Reasons whose advice is to ask the merchant: beside them stands a way to write.
ASKING = frozenset(
    {
        Reason.SEVERAL_PRODUCTS,
        Reason.USAGE_BASED,
        Reason.INVOICES_SENT,
        Reason.CHANGE_SCHEDULED,
        Reason.SUBSCRIPTION_PAUSED,
        Reason.TAX_BEHAVIOR_UNSPECIFIED,
        Reason.TAX_BEHAVIOR_DIFFERS,
        Reason.PRICE_NOT_OFFERED,
        Reason.CURRENCY_DIFFERS,
        Reason.QUANTITY_FIXED,
        Reason.FEATURE_DISABLED,
        Reason.TOO_MANY_PRODUCTS,
        Reason.PRICES_CLASH,
        Reason.AMOUNT_TOO_SMALL,
        Reason.FOREIGN_CURRENCY,
    }
)

# By `wording` of the errors; what is said of a status alone stands in templates/errors.
ERRORS: dict[str, Wording] = {
    "unexpected": Wording(
        lazy_gettext("We do not know yet whether your last step was done."),
        lazy_gettext(
            "Look at the page it belongs to before you repeat it. The fault has been noted."
        ),
    ),
    "not_found": Wording(
        lazy_gettext("There is no such page, or it is not for this sign-in."),
        lazy_gettext("Check the address, or start again from the first page."),
    ),
    "sign_in_needed": Wording(
        lazy_gettext(
            "You are not signed in, or were signed out after a while. Nothing was changed."
        ),
        lazy_gettext("Sign in, then open the page again."),
    ),
    "refused": Wording(lazy_gettext("This is not possible right now."), LOAD_AGAIN),
    "invalid_input": Wording(
        lazy_gettext("Something that was entered cannot be used. Nothing was changed."),
        lazy_gettext("Go back and check what you entered."),
    ),
    "too_many_tries": Wording(
        lazy_gettext("There were too many tries in a short time. Nothing was changed."),
        lazy_gettext("Wait a while, then try once more."),
    ),
    "link_spent": Wording(
        lazy_gettext("It was used, it is too old, or it was withdrawn. Nothing was changed."),
        lazy_gettext("Ask for a new one."),
    ),
    "form_expired": Wording(
        lazy_gettext("This page was open too long, or in another window. Nothing was changed."),
        lazy_gettext("Go back, load the page again and repeat the step."),
    ),
    "busy": Wording(
        lazy_gettext("Too much is going on here at this moment. Nothing was changed."),
        lazy_gettext("It usually passes within seconds. Try again then."),
    ),
    "payload_too_large": Wording(
        lazy_gettext("That was more than can be taken at once. Nothing was changed."),
        lazy_gettext("Send less."),
    ),
    "forged_event": Wording(
        lazy_gettext("The signature of this message is missing or wrong."),
        lazy_gettext("Nothing was taken from it."),
    ),
    "provider_failed": Wording(
        lazy_gettext("Our payment or invoicing service answered in a way we cannot use."),
        lazy_gettext("Look at the page your last step belongs to before you repeat it."),
    ),
    "provider_unavailable": Wording(
        lazy_gettext("Our payment or invoicing service does not answer right now."),
        lazy_gettext("What is shown here stays; please try again in a few minutes."),
    ),
    "provider_refused": Wording(
        lazy_gettext("Our payment or invoicing service did not accept this. Nothing was changed."),
        lazy_gettext("Check what you entered, or ask the company that bills you."),
    ),
    "provider_misconfigured": Wording(
        lazy_gettext("The company that bills you has something to put right before this works."),
        lazy_gettext("Please tell them, with the number below. Nothing was changed."),
    ),
}

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


def of_reason(reason: Reason) -> Wording:
    """Return what is said of a reason."""
    return REASONS[reason]


def why(decision: Decision) -> str:
    """Say why something is refused and what to do instead, in one line; empty if it is allowed."""
    return str(REASONS[decision.reason]) if decision.reason else ""


def asks_merchant(decision: Decision) -> bool:
    """Whether what is said of a refusal sends people to the merchant."""
    return decision.reason in ASKING


def of_error(error: PortalError) -> Wording:
    """Return what is said of an error; a refusal is told by its first reason."""
    decision = getattr(error, "decision", None)
    if isinstance(decision, Decision) and decision.reason:
        return REASONS[decision.reason]
    return ERRORS[error.wording]


def of_decline(code: str, decline_code: str = "") -> Wording:
    """Return what is said of a payment that failed, by Stripe's code and the bank's word."""
    return DECLINES.get(decline_code) or DECLINES.get(code) or _REFUSED


def wait_for(seconds: int) -> str:
    """Say how long to wait before the next try."""
    minutes = -(-seconds // 60)
    if minutes <= 90:
        return ngettext("Try again in %(num)s minute.", "Try again in %(num)s minutes.", minutes)
    return ngettext("Try again in %(num)s hour.", "Try again in %(num)s hours.", -(-minutes // 60))
