"""A Decision says whether something is allowed and, if not, for which reasons."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something is refused; `web/wording.py` has a sentence and a next step for each."""

    # about a subscription (facts: L1-L5, L23)
    SEVERAL_PRODUCTS = "several_products"
    USAGE_BASED = "usage_based"
    INVOICES_SENT = "invoices_sent"
    METHOD_UNSUPPORTED = "method_unsupported"
    CHANGE_SCHEDULED = "change_scheduled"
    CHANGE_PLANNED_HERE = "change_planned_here"
    SUBSCRIPTION_ENDED = "subscription_ended"
    FIRST_PAYMENT_OPEN = "first_payment_open"
    ALREADY_CANCELLING = "already_cancelling"
    NOT_CANCELLING = "not_cancelling"
    NO_CHANGE_PLANNED = "no_change_planned"
    SUBSCRIPTION_PAUSED = "subscription_paused"
    PAUSED_HERE = "paused_here"
    NOT_PAUSED = "not_paused"
    # about a pause (P1)
    IN_TRIAL = "in_trial"
    PAYMENT_MISSING = "payment_missing"
    BILLED_CLASSICALLY = "billed_classically"
    # about a change (L6, L8, L10, L19-L22)
    TAX_BEHAVIOR_UNSPECIFIED = "tax_behavior_unspecified"
    TAX_BEHAVIOR_DIFFERS = "tax_behavior_differs"
    PRICE_NOT_OFFERED = "price_not_offered"
    PRICE_ARCHIVED = "price_archived"
    CURRENCY_DIFFERS = "currency_differs"
    SAME_PRICE = "same_price"
    QUANTITY_FIXED = "quantity_fixed"
    QUANTITY_OUT_OF_BOUNDS = "quantity_out_of_bounds"
    AMOUNT_CHANGED = "amount_changed"
    # about a question
    TOO_MANY_QUESTIONS = "too_many_questions"
    # about a configuration
    FEATURE_DISABLED = "feature_disabled"
    TOO_MANY_PRODUCTS = "too_many_products"
    PRICES_CLASH = "prices_clash"
    # about a payment
    NOTHING_DUE = "nothing_due"
    INVOICE_VOID = "invoice_void"
    INVOICE_NOT_PAYABLE = "invoice_not_payable"
    AMOUNT_TOO_SMALL = "amount_too_small"
    FOREIGN_CURRENCY = "foreign_currency"
    PAYMENT_UNDER_WAY = "payment_under_way"
    OUTCOME_UNKNOWN = "outcome_unknown"
    SET_TOO_LARGE = "set_too_large"
    SEVERAL_CURRENCIES = "several_currencies"
    NEEDS_SAVED_METHOD = "needs_saved_method"
    PART_NOT_ALLOWED = "part_not_allowed"
    SUMS_DIFFER = "sums_differ"
    DISPUTED = "disputed"
    # about a payment method (L16)
    LAST_METHOD = "last_method"
    METHOD_IN_USE = "method_in_use"
    METHOD_NOT_FOR_DEFAULT = "method_not_for_default"
    METHOD_IS_DEFAULT = "method_is_default"
    METHOD_PAYING = "method_paying"
    MANDATE_OVER = "mandate_over"
    METHOD_NOT_FOR_CURRENCY = "method_not_for_currency"
    METHOD_NOT_FOR_AMOUNT = "method_not_for_amount"
    METHOD_NOT_TAKEN = "method_not_taken"
    NO_METHOD_OFFERED = "no_method_offered"
    # about an offer
    NO_OFFER = "no_offer"
    OFFER_TAKEN = "offer_taken"
    # about access
    NOT_IN_SCOPE = "not_in_scope"


@dataclass(frozen=True, slots=True)
class Decision:
    """The reasons something was refused; none of them means that it is allowed."""

    reasons: tuple[Reason, ...] = ()

    @property
    def is_allowed(self) -> bool:
        """Whether no reason speaks against it."""
        return not self.reasons

    @property
    def reason(self) -> Reason | None:
        """The first reason, which is the one shown to people."""
        return self.reasons[0] if self.reasons else None

    @classmethod
    def of(cls, *found: Reason | None) -> "Decision":
        """Collect what single rules found, in their order; None means that a rule has nothing."""
        return cls(tuple(reason for reason in found if reason is not None))


ALLOWED = Decision()
