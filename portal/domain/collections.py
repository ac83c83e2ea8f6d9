"""A document of Holded's that the merchant asked us to collect: by a method, a tag or a contact.

The behaviour is that of infinitySync (holded.poropo.es/integraciones/holded-stripe): the merchant
chooses a payment method on an invoice, and a saved method of the customer is charged by itself.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.domain.customers import Origin
from portal.domain.invoices import Invoice, InvoiceKind, may_pay
from portal.domain.payment_methods import PaymentMethod, may_be_default
from portal.domain.payments import PaymentState
from portal.domain.rules import Rules
from portal.domain.sales import key_of

RETRY_AFTER = timedelta(days=3)
NO_METHOD = "no_method"
AUTHENTICATION = "authentication_required"
# A charge that was never made, or not any more: whether it is wanted is asked anew.
NEVER_MADE = frozenset({"not_sent", "not_wanted", "too_late"})
# What only the customer can do.
NEEDS_CUSTOMER = frozenset(
    {
        AUTHENTICATION,
        "authentication_not_handled",
        "payment_intent_authentication_failure",
        PaymentState.NEEDS_BANK,
    }
)
# With these a later try with the same method is pointless or forbidden by the card networks
# (docs.stripe.com/declines/codes).
FINAL = NEEDS_CUSTOMER | frozenset(
    {
        NO_METHOD,
        "expired_card",
        "incorrect_number",
        "invalid_account",
        "lost_card",
        "payment_intent_mandate_invalid",
        "pickup_card",
        "resource_missing",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "stop_payment_order",
    }
)


class AskedBy(StrEnum):
    """What says that a document is to be collected."""

    TAG = "tag"
    DOCUMENT = "document"
    CONTACT = "contact"


class CollectionState(StrEnum):
    """ASKED: to be charged. CHARGING: a payment is under way. WAITING: the customer must act, or
    the day of another try is to come. OVER: nothing is left to collect, or not by us.
    """

    ASKED = "asked"
    CHARGING = "charging"
    WAITING = "waiting"
    OVER = "over"


def may_be_asked(document: Invoice, rules: Rules) -> bool:
    """Say whether the merchant may have asked for a document, whatever the names of methods are.

    Not for one that names an invoice of Stripe's, which collects that sale, nor for one from before
    the rule.
    """
    is_collectable = (
        document.origin is Origin.HOLDED
        and document.kind in {InvoiceKind.INVOICE, InvoiceKind.PROFORMA}
        and may_pay(document).is_allowed
        and not key_of(document)
    )
    is_old = document.issued_on is not None and document.issued_on < rules.collect_since
    return is_collectable and rules.collects and not is_old


def asked_by(
    document: Invoice, rules: Rules, *, named: str = "", default: str = ""
) -> AskedBy | None:
    """Return what asks for a document to be collected, None if nothing does.

    `named` is the name of the payment method on the document, `default` that of its contact. A
    document that names another method is not collected, whatever its contact has. Proformas
    name none in Holded.
    """
    if not may_be_asked(document, rules):
        return None
    if rules.collect_tag and _plain(rules.collect_tag) in map(_plain, document.tags):
        return AskedBy.TAG
    if document.pays_by:
        return AskedBy.DOCUMENT if _is_chosen(named, rules) else None
    return AskedBy.CONTACT if _is_chosen(default, rules) else None


def method_to_charge(
    methods: Sequence[PaymentMethod],
    agreed: Collection[str],
    *,
    default: str,
    currency: str,
    country: str,
    today: date,
    first: str = "",
) -> PaymentMethod | None:
    """Return the method to charge without its owner, None if there is none.

    Only one that its owner agreed to have charged (`agreed`), that can be charged later and takes
    the currency: the one just added (`first`), else the default, else the latest.
    """
    usable = [
        method
        for method in methods
        if method.id in agreed
        and may_be_default(method, today).is_allowed
        and method.kind is not None
        and method.kind.fits(currency, country)
    ]
    wanted = {first: 2, default: 1}
    return max(
        enumerate(usable), key=lambda each: (wanted.get(each[1].id, 0), each[0]), default=(0, None)
    )[1]


def next_try(reason: str, tries: int, rules: Rules, now: datetime) -> datetime | None:
    """Return when a refused charge is tried again, None if it is not.

    Three days later, as often as the merchant's rules say (once, unless it decided otherwise), and
    never where only the customer can help.
    """
    if reason in FINAL or tries > rules.collect_retries:
        return None
    return now + RETRY_AFTER


def may_start(
    state: CollectionState, next_try_at: datetime | None, now: datetime, *, has_new_method: bool
) -> bool:
    """Say whether a charge may be started: the first, one whose day has come, or a new method's."""
    match state:
        case CollectionState.ASKED:
            return True
        case CollectionState.WAITING:
            return has_new_method or (next_try_at is not None and next_try_at <= now)
        case CollectionState.CHARGING | CollectionState.OVER:
            return False


def _is_chosen(name: str, rules: Rules) -> bool:
    return bool(rules.collect_method) and _plain(name) == _plain(rules.collect_method)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
