"""What a customer asks the merchant's people, where the portal cannot do it itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.domain.decisions import Decision, Reason
from portal.domain.resolver import Action

# Characters of a question and of its answer.
LONGEST = 2_000
# Questions of one customer that wait for an answer, so that nobody can flood the merchant.
MOST_OPEN = 5


class Topic(StrEnum):
    """What a question is about: an action on a subscription, leaving it, an invoice, or other."""

    CHANGE = Action.CHANGE.value
    ENTER_CODE = Action.ENTER_CODE.value
    CANCEL = Action.CANCEL.value
    RESUME = Action.RESUME.value
    PAUSE = Action.PAUSE.value
    GO_ON = Action.GO_ON.value
    UNDO_CHANGE = Action.UNDO_CHANGE.value
    DROP_CHANGE = Action.DROP_CHANGE.value
    CHANGE_METHOD = Action.CHANGE_METHOD.value
    LEAVING = "leaving"
    INVOICE = "invoice"
    METHODS = "methods"
    DETAILS = "details"
    OTHER = "other"


# What is asked of no single thing; every other topic but INVOICE is about a subscription.
OF_NOTHING = frozenset({Topic.METHODS, Topic.DETAILS, Topic.OTHER})


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about: `subject` is the id of a subscription or invoice, else empty.

    `why` is the Reason that keeps the portal from doing it, or of LEAVING one of Stripe's reasons
    to leave; empty where there is none to tell.
    """

    topic: Topic
    subject: str = ""
    name: str = ""
    why: str = ""


class EnquiryState(StrEnum):
    """OPEN: it waits for the merchant. ANSWERED: in the portal. CLOSED: settled elsewhere."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Enquiry:
    """One question: its number is that of its receipt, `name` what the subject is called.

    `why` is as in `About`, `email` whom the answer goes to, empty where nobody can be mailed.
    """

    number: int
    customer_id: int
    topic: Topic
    subject: str
    name: str
    why: str
    message: str
    email: str
    state: EnquiryState
    answer: str
    at: datetime
    changed_at: datetime


def may_ask(waiting: int) -> Decision:
    """Say whether somebody with so many questions waiting may ask one more."""
    return Decision.of(Reason.TOO_MANY_QUESTIONS if waiting >= MOST_OPEN else None)
