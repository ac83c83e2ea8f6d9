"""The payment methods a customer has stored, and what may be done with each."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.domain.decisions import Decision, Reason
from portal.domain.mandates import Mandate
from portal.domain.method_types import BY_TYPE, PaymentMethodType
from portal.domain.rules import Rules
from portal.domain.subscriptions import NEEDS_METHOD, Subscription

# How long before its last day a card is said to run out.
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Failure:
    """A bank debit that came back: `code` is Stripe's word on why, `at` when it was told."""

    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A stored instrument: never more of a card than brand, last four digits and expiry.

    `mandate` is what a bank debit stands on, None where none is known, and `failure` says that its
    last debit came back.
    """

    id: str
    customer: str
    type: str
    brand: str = ""
    last4: str = ""
    exp_month: int = 0
    exp_year: int = 0
    bank: str = ""
    email: str = ""
    country: str = ""
    is_detached: bool = False
    mandate: Mandate | None = None
    failure: Failure | None = None

    @property
    def kind(self) -> PaymentMethodType | None:
        """Return its row of the catalogue, None for a kind we do not know."""
        return BY_TYPE.get(self.type)

    def is_expired(self, today: date) -> bool:
        """Whether its last month has passed."""
        return bool(self.exp_year) and (self.exp_year, self.exp_month) < (today.year, today.month)

    @property
    def last_day(self) -> date | None:
        """Return the last day of a card's last month, None for what does not expire."""
        if not self.exp_year:
            return None
        return date(self.exp_year, self.exp_month, monthrange(self.exp_year, self.exp_month)[1])

    def is_expiring(self, today: date) -> bool:
        """Whether its last day is near and not past."""
        return self.last_day is not None and timedelta() <= self.last_day - today <= SOON

    @property
    def is_revoked(self) -> bool:
        """Whether its mandate is over, so that its bank lets no more debits through."""
        return self.mandate is not None and self.mandate.is_over

    def is_usable(self, today: date) -> bool:
        """Whether it can be charged by itself from today on."""
        return self.can_charge_later and not self.is_expired(today) and not self.is_revoked

    @property
    def can_charge_later(self) -> bool:
        """Whether it may be the default for charges made by themselves."""
        return self.kind is not None and self.kind.is_reusable and not self.kind.is_voucher


def effective_method(subscription: Subscription, default_payment_method: str) -> str:
    """Return the id of the method a subscription would charge, empty if it has none.

    The order is Stripe's: the subscription's own method, its source, then the customer's default.
    """
    return (
        subscription.default_payment_method or subscription.default_source or default_payment_method
    )


def subscriptions_using(
    method: PaymentMethod, subscriptions: tuple[Subscription, ...], default_payment_method: str
) -> tuple[Subscription, ...]:
    """Return the running subscriptions that would charge this method."""
    return tuple(
        subscription
        for subscription in subscriptions
        if subscription.status in NEEDS_METHOD
        and effective_method(subscription, default_payment_method) == method.id
    )


def may_remove(
    method: PaymentMethod,
    methods: tuple[PaymentMethod, ...],
    subscriptions: tuple[Subscription, ...],
    today: date,
    default_payment_method: str = "",
    *,
    is_paying: bool = False,
) -> Decision:
    """Say whether a method may go.

    Not the last usable one while a subscription needs one (L16), and not the one a subscription
    would be charged to: with it gone Stripe has no default, and the next charge fails although
    another method is there. Nor one that a payment under way is charged to (`is_paying`): the
    payment would go on, and nobody could say any more with what.
    """
    if is_paying:
        return Decision.of(Reason.METHOD_PAYING)
    others = [other for other in methods if other.id != method.id and other.is_usable(today)]
    charged = [
        subscription
        for subscription in subscriptions
        if subscription.status in NEEDS_METHOD
        and subscription.collection_method == "charge_automatically"
    ]
    if charged and not others:
        return Decision.of(Reason.LAST_METHOD)
    using = subscriptions_using(method, tuple(charged), default_payment_method)
    return Decision.of(Reason.METHOD_IN_USE if using else None)


def may_be_backup(
    method: PaymentMethod, default_payment_method: str, rules: Rules, today: date
) -> Decision:
    """Say whether a method may be the one that is charged when the default is refused."""
    if not rules.backup_method:
        return Decision.of(Reason.FEATURE_DISABLED)
    if method.id == default_payment_method:
        return Decision.of(Reason.METHOD_IS_DEFAULT)
    return may_be_default(method, today)


def may_be_default(method: PaymentMethod, today: date) -> Decision:
    """Say whether renewals may be charged to a method."""
    if method.is_revoked:
        return Decision.of(Reason.MANDATE_OVER)
    return Decision.of(None if method.is_usable(today) else Reason.METHOD_NOT_FOR_DEFAULT)
