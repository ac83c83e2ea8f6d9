"""How a payment stands, in words: on the page people come back to, and beside its invoice."""

from dataclasses import dataclass
from typing import Any

from portal.domain.method_types import BY_TYPE, VOUCHERS
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext, ngettext
from portal.services.declines import Wording, of_decline
from portal.services.outcomes import Outcome
from portal.web.filters import money


@dataclass(frozen=True, slots=True)
class Waits:
    """What is said of a payment that waits for its customer.

    `go_on` is the label of the way to it, `again` what paying once more does to it.
    """

    title: str
    happened: str
    advice: str
    go_on: str
    again: str
    sign: str


AT_BANK = Waits(
    lazy_gettext("A payment waits for your bank"),
    lazy_gettext("Your bank wants you to confirm the payment. You were not charged yet."),
    lazy_gettext("Go on to your bank’s page and confirm it there."),
    lazy_gettext("Confirm at your bank"),
    lazy_gettext(
        "If you pay below with another method, this payment ends; you are never charged twice."
    ),
    "bank",
)
SLIP = Waits(
    lazy_gettext("A slip waits to be paid"),
    lazy_gettext("The slip is made and not paid yet. The invoice is paid when the slip is."),
    lazy_gettext("Open the slip, pay it at a bank or in its app, and keep it until then."),
    lazy_gettext("Show the slip"),
    lazy_gettext(
        "If you have paid the slip already, do not pay again: it takes some days until we know. "
        "If you pay below with another method, the slip is no longer good."
    ),
    "clock",
)

# Refusals that are no bank's: the request never left us, or Stripe did not take it.
NOT_THE_BANK: dict[str, Wording] = {
    "not_sent": Wording(
        lazy_gettext("The payment service could not be reached. You were not charged."),
        lazy_gettext("Please try again in a few minutes."),
    ),
    "provider_misconfigured": Wording(
        lazy_gettext(
            "The company that bills you has something to put right before this works. "
            "You were not charged."
        ),
        lazy_gettext("Please tell them, or try again later."),
    ),
    "not_wanted": Wording(
        lazy_gettext(
            "The invoice was paid or changed meanwhile, so this payment was not made. "
            "You were not charged."
        ),
        lazy_gettext("Look at the invoice to see whether anything is left to pay."),
    ),
    "too_late": Wording(
        lazy_gettext("The payment service did not answer in time. You were not charged."),
        lazy_gettext("Please start the payment again."),
    ),
}
NOT_ACCEPTED = Wording(
    lazy_gettext("The payment service did not accept the payment. You were not charged."),
    lazy_gettext("Use another payment method, or ask the company that bills you."),
)
OF_REQUESTS = frozenset(
    {
        "invalid_request_error",
        "payment_intent_unexpected_state",
        "payment_intent_incompatible_payment_method",
        "payment_method_unactivated",
        "provider_refused",
        "resource_missing",
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """An outcome in words: a title, what happened, what now; `tone` and `sign` draw its seal.

    `waits` says that the page should look again by itself.
    """

    title: str
    happened: str
    advice: str
    tone: str
    sign: str
    waits: bool = False


def tell(outcome: Outcome) -> Told:
    """Say how a payment stands to somebody who comes back from it."""
    match outcome.state:
        case PaymentState.BOOKED | PaymentState.SUCCEEDED:
            return _paid(outcome)
        case PaymentState.PROCESSING:
            return _processing(outcome)
        case PaymentState.NEEDS_BANK:
            return _needs_you(outcome)
        case PaymentState.AT_CHECKOUT:
            return Told(
                _("Not paid yet"),
                _("The payment was begun and is not finished. You were not charged."),
                _("Go on with it, or pay in another way from the page of the invoice."),
                "",
                "clock",
                waits=True,
            )
        case PaymentState.MADE | PaymentState.UNKNOWN:
            return Told(
                _("We are checking your payment"),
                _("We do not know yet whether it went through."),
                _("Please do not pay again. This page says how it ended as soon as we know."),
                "",
                "clock",
                waits=True,
            )
        case PaymentState.CANCELED:
            return Told(
                _("Not paid"),
                _("This payment was ended. You were not charged."),
                _("You can pay from the page of the invoice."),
                "",
                "minus",
            )
        case PaymentState.FAILED:
            said = of_failure(outcome.error_code)
            return Told(_("Not paid"), str(said.happened), str(said.advice), "bad", "alert")


def of_waiting(method_type: str) -> Waits:
    """Return what is said of a payment that waits for its customer, by the kind of its method."""
    return SLIP if method_type in VOUCHERS else AT_BANK


def of_failure(code: str) -> Wording:
    """Return what is said of a payment that failed, by the code kept with it."""
    if code in NOT_THE_BANK:
        return NOT_THE_BANK[code]
    return NOT_ACCEPTED if code in OF_REQUESTS else of_decline(code)


def of_try(row: Any) -> str:
    """Say in one sentence what became of a try to pay an invoice (a row of the payments)."""
    state, amount = PaymentState(row.state), money(Money(row.amount, row.currency))
    if state is PaymentState.FAILED:
        return str(of_failure(row.error_code).happened)
    sentences = {
        PaymentState.BOOKED: _("%(amount)s was paid here.", amount=amount),
        PaymentState.SUCCEEDED: _("%(amount)s was paid here.", amount=amount),
        PaymentState.PROCESSING: _("%(amount)s is on its way.", amount=amount),
        PaymentState.NEEDS_BANK: (
            _("A slip of %(amount)s waits to be paid.", amount=amount)
            if row.method_type in VOUCHERS
            else _("%(amount)s waits for your bank’s confirmation.", amount=amount)
        ),
        PaymentState.AT_CHECKOUT: _("A payment of %(amount)s was begun here.", amount=amount),
        PaymentState.CANCELED: _(
            "A payment of %(amount)s was ended. You were not charged.", amount=amount
        ),
    }
    checking = _("A payment of %(amount)s is being checked.", amount=amount)
    return sentences.get(state, checking)


def _paid(outcome: Outcome) -> Told:
    is_booked = outcome.state is PaymentState.BOOKED
    if outcome.excess.is_positive:
        return Told(
            _("Paid"),
            _("Your payment has arrived, and the invoice was paid in another way meanwhile."),
            _(
                "%(amount)s was not needed. The company that bills you gives it back.",
                amount=money(outcome.excess),
            ),
            "warn",
            "ok",
        )
    return Told(
        _("Paid"),
        _("Your payment has arrived."),
        _("You need do nothing more.")
        if is_booked
        else _("It is being entered for the invoice now. You need do nothing more."),
        "ok",
        "ok",
        waits=not is_booked,
    )


def _processing(outcome: Outcome) -> Told:
    kind = BY_TYPE.get(outcome.method_type)
    days = kind.delayed_days if kind is not None else 0
    when = (
        ngettext(
            "It counts when your bank has confirmed it, in about %(num)s working day.",
            "It counts when your bank has confirmed it, in about %(num)s working days.",
            days,
        )
        if days
        else _("It counts when your bank has confirmed it.")
    )
    return Told(
        _("Your payment is on its way"),
        when,
        _("Please do not pay again."),
        "",
        "clock",
        waits=True,
    )


def _needs_you(outcome: Outcome) -> Told:
    words = of_waiting(outcome.method_type)
    return Told(
        _("One step is left"), str(words.happened), str(words.advice), "", words.sign, waits=True
    )
