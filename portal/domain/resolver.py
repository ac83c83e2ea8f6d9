"""Where each action on a subscription is done: here, at Stripe, by the merchant, or not at all.

Stripe's own portal is a fallback for single actions, and only where its rules would accept what we
cannot do; where a rule of Stripe's refuses, sending people there would be a dead end.
"""

from dataclasses import dataclass
from enum import StrEnum

from portal.domain import limits
from portal.domain.catalogue import Price, Product
from portal.domain.configurations import PortalConfiguration
from portal.domain.decisions import ALLOWED, Decision, Reason
from portal.domain.limits import Standing


class Action(StrEnum):
    """What a customer may want of a subscription."""

    CHANGE = "change"
    ENTER_CODE = "enter_code"
    CANCEL = "cancel"
    RESUME = "resume"
    PAUSE = "pause"
    GO_ON = "go_on"
    UNDO_CHANGE = "undo_change"
    DROP_CHANGE = "drop_change"
    CHANGE_METHOD = "change_method"


class Place(StrEnum):
    """HERE: we do it. AT_STRIPE: Stripe's portal does. ASK_MERCHANT: people do. NO: nobody can."""

    HERE = "here"
    AT_STRIPE = "at_stripe"
    ASK_MERCHANT = "ask_merchant"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Answer:
    """Where an action is done, and the reasons where it is not."""

    place: Place
    decision: Decision = ALLOWED

    @property
    def is_open(self) -> bool:
        """Whether the customer can do it, here or at Stripe."""
        return self.decision.is_allowed


# Where an action goes that no rule refuses. Promotion codes are looked up at Stripe.
PLACES: dict[Action, Place] = {
    Action.CHANGE: Place.HERE,
    Action.ENTER_CODE: Place.AT_STRIPE,
    Action.CANCEL: Place.HERE,
    Action.RESUME: Place.HERE,
    Action.PAUSE: Place.HERE,
    Action.GO_ON: Place.HERE,
    Action.UNDO_CHANGE: Place.HERE,
    Action.DROP_CHANGE: Place.HERE,
    Action.CHANGE_METHOD: Place.HERE,
}
# What nobody can do, whoever is asked: the state forbids it, or the customer is to do something
# else first. Every other reason is a matter for the merchant.
NOBODY = frozenset(
    {
        Reason.SUBSCRIPTION_ENDED,
        Reason.FIRST_PAYMENT_OPEN,
        Reason.ALREADY_CANCELLING,
        Reason.NOT_CANCELLING,
        Reason.NO_CHANGE_PLANNED,
        Reason.CHANGE_PLANNED_HERE,
        Reason.PAUSED_HERE,
        Reason.NOT_PAUSED,
        Reason.IN_TRIAL,
        Reason.PAYMENT_MISSING,
        Reason.METHOD_UNSUPPORTED,
        Reason.SAME_PRICE,
        Reason.QUANTITY_OUT_OF_BOUNDS,
        Reason.PRICE_ARCHIVED,
    }
)


def resolve(action: Action, standing: Standing, configuration: PortalConfiguration) -> Answer:
    """Say where an action on a subscription is done."""
    match action:
        case Action.CHANGE:
            decision = limits.may_change(standing, configuration)
        case Action.ENTER_CODE:
            decision = limits.may_enter_code(standing, configuration)
        case Action.CANCEL:
            decision = limits.may_cancel(standing, configuration)
        case Action.RESUME:
            decision = limits.may_resume(standing)
        case Action.PAUSE:
            decision = limits.may_pause(standing)
        case Action.GO_ON:
            decision = limits.may_go_on(standing)
        case Action.UNDO_CHANGE:
            decision = limits.may_undo_change(standing)
        case Action.DROP_CHANGE:
            decision = limits.may_drop_change(standing)
        case Action.CHANGE_METHOD:
            decision = limits.may_change_method(standing, configuration)
    return _answer(PLACES[action], decision)


def resolve_switch(
    standing: Standing,
    configuration: PortalConfiguration,
    *,
    new: Price,
    product: Product | None,
    quantity: int,
) -> Answer:
    """Say where a change to one price and quantity is done."""
    decision = limits.may_switch(
        standing, configuration, new=new, product=product, quantity=quantity
    )
    return _answer(Place.HERE, decision)


def _answer(place: Place, decision: Decision) -> Answer:
    if decision.is_allowed:
        return Answer(place)
    is_up_to_nobody = decision.reason in NOBODY
    return Answer(Place.NO if is_up_to_nobody else Place.ASK_MERCHANT, decision)
