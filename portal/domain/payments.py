"""Payments: one attempt to pay invoices through Stripe, its states and what follows each."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from portal.domain.customers import Origin
from portal.domain.invoices import UnderWay


class PaymentState(StrEnum):
    """How far a payment has come.

    MADE: committed here, not yet answered. AT_CHECKOUT: a Checkout page is open. NEEDS_BANK: the
    bank or a voucher wants the customer. PROCESSING: a delayed method is under way. UNKNOWN: the
    answer was lost. SUCCEEDED: the money is there and is being booked. The other three are over.
    """

    MADE = "made"
    AT_CHECKOUT = "at_checkout"
    NEEDS_BANK = "needs_bank"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    BOOKED = "booked"
    FAILED = "failed"
    CANCELED = "canceled"


# An invoice has at most one payment in one of these (a partial unique index holds it).
CAN_TAKE_MONEY = frozenset(
    {
        PaymentState.MADE,
        PaymentState.AT_CHECKOUT,
        PaymentState.NEEDS_BANK,
        PaymentState.PROCESSING,
        PaymentState.UNKNOWN,
        PaymentState.SUCCEEDED,
    }
)

_MAKES_OF_INVOICE = {
    PaymentState.MADE: UnderWay.CHECKING,
    PaymentState.AT_CHECKOUT: UnderWay.AT_CHECKOUT,
    PaymentState.NEEDS_BANK: UnderWay.NEEDS_BANK,
    PaymentState.PROCESSING: UnderWay.PROCESSING,
    PaymentState.UNKNOWN: UnderWay.CHECKING,
    PaymentState.SUCCEEDED: UnderWay.BOOKING,
}


def under_way(state: PaymentState | None) -> UnderWay:
    """Return what a payment in this state makes of its invoice."""
    return UnderWay.NOTHING if state is None else _MAKES_OF_INVOICE.get(state, UnderWay.NOTHING)


@dataclass(frozen=True, slots=True)
class Share:
    """What one payment gives to one invoice, in minor units of the payment's currency."""

    origin: Origin
    invoice: str
    amount: int


class IntentState(StrEnum):
    """Stripe's states of a payment intent."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    REQUIRES_CAPTURE = "requires_capture"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment intent; `payment` is the id of our Payment from its metadata, empty if not ours.

    `next_url` is where the customer must go (bank, voucher), `decline_code` the bank's word on the
    last refusal, `voucher_expires_at` the end of a voucher's life, `voucher_number` what is typed
    at a bank in place of the slip. `failed_method`, of kind `failed_type`, is what was refused
    last, and `failed_charge` the charge of it, empty where none was made. `mandate` and `debit_on`
    are those of a bank debit, where the intent was read with its charge.
    """

    id: str
    state: IntentState
    amount: int
    currency: str
    customer: str = ""
    payment: str = ""
    payment_method: str = ""
    method_type: str = ""
    next_url: str = ""
    next_action: str = ""
    error_code: str = ""
    decline_code: str = ""
    charge: str = ""
    voucher_expires_at: datetime | None = None
    voucher_number: str = ""
    voucher_pdf: str = ""
    failed_method: str = ""
    failed_type: str = ""
    failed_charge: str = ""
    mandate: str = ""
    debit_on: date | None = None
    created_at: datetime | None = None

    @property
    def has_slip(self) -> bool:
        """Whether a voucher waits to be paid at a bank or in its app."""
        return self.state is IntentState.REQUIRES_ACTION and bool(self.voucher_number)

    @property
    def slip_ran_out(self) -> bool:
        """Whether its voucher was not paid in time, and nothing was tried since."""
        is_back = self.state is IntentState.REQUIRES_PAYMENT_METHOD
        return is_back and self.error_code == "payment_intent_payment_attempt_expired"


class CheckoutMode(StrEnum):
    """What a Checkout page is for."""

    SETUP = "setup"
    PAYMENT = "payment"
    SUBSCRIPTION = "subscription"


class CheckoutState(StrEnum):
    """Stripe's states of a Checkout session."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A Checkout session; `operation` and `payment` are our ids from its metadata."""

    id: str
    mode: CheckoutMode
    state: CheckoutState
    payment_status: str = ""
    url: str = ""
    customer: str = ""
    intent: str = ""
    setup_intent: str = ""
    payment_method: str = ""
    payment: str = ""
    operation: str = ""
    expires_at: datetime | None = None
    created_at: datetime | None = None


def state_of_intent(intent: Intent) -> PaymentState:
    """Return the payment's state that an intent proves.

    An intent back at `requires_payment_method` was refused (or never tried); its error says why.
    """
    match intent.state:
        case IntentState.SUCCEEDED:
            return PaymentState.SUCCEEDED
        case IntentState.PROCESSING | IntentState.REQUIRES_CAPTURE:
            return PaymentState.PROCESSING
        case IntentState.REQUIRES_ACTION:
            return PaymentState.NEEDS_BANK
        case IntentState.CANCELED:
            return PaymentState.CANCELED
        case IntentState.REQUIRES_PAYMENT_METHOD | IntentState.REQUIRES_CONFIRMATION:
            return PaymentState.FAILED
