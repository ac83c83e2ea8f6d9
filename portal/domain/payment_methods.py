"""The payment methods a customer has stored, and what may be done with each."""

from dataclasses import dataclass
from datetime import date

from portal.domain.decisions import Decision, Reason
from portal.domain.method_types import BY_TYPE, PaymentMethodType
from portal.domain.subscriptions import NEEDS_METHOD, Subscription


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A stored instrument: never more of a card than brand, last four digits and expiry."""

    id: str
    customer: str
    type: str
    brand: str = ""
    last4: str = ""
    exp_month: int = 0
    exp_year: int = 0
    bank: str = ""
    email: str = ""
    mandate: str = ""
    country: str = ""
    is_detached: bool = False

    @property
    def kind(self) -> PaymentMethodType | None:
        """Return its row of the catalogue, None for a kind we do not know."""
        return BY_TYPE.get(self.type)

    def is_expired(self, today: date) -> bool:
        """Whether its last month has passed."""
        return bool(self.exp_year) and (self.exp_year, self.exp_month) < (today.year, today.month)

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
) -> Decision:
    """Say whether a method may go.

    Not the last usable one while a subscription needs one (L16), and not the one a subscription
    would be charged to: with it gone Stripe has no default, and the next charge fails although
    another method is there.
    """
    others = [
        other
        for other in methods
        if other.id != method.id and not other.is_expired(today) and other.can_charge_later
    ]
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


def may_be_default(method: PaymentMethod, today: date) -> Decision:
    """Say whether renewals may be charged to a method."""
    usable = method.can_charge_later and not method.is_expired(today)
    return Decision.of(None if usable else Reason.METHOD_NOT_FOR_DEFAULT)
