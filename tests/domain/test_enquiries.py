"""Which questions may be asked."""

import pytest

from portal.domain.cancellations import FEEDBACK
from portal.domain.decisions import Reason
from portal.domain.enquiries import MOST_OPEN, Topic, may_ask
from portal.domain.resolver import Action
from portal.services.actions import TOPICS
from portal.services.enquiries import WHY
from portal.web.wording import ASKING

# Of a single choice, of a part and of new methods: what is asked is about the whole.
OF_A_PART = {
    Reason.TAX_BEHAVIOR_UNSPECIFIED,
    Reason.TAX_BEHAVIOR_DIFFERS,
    Reason.PRICE_NOT_OFFERED,
    Reason.CURRENCY_DIFFERS,
    Reason.QUANTITY_FIXED,
    Reason.PART_NOT_ALLOWED,
    Reason.NO_METHOD_OFFERED,
}


@pytest.mark.parametrize(
    ("waiting", "reason"),
    [(0, None), (MOST_OPEN - 1, None), (MOST_OPEN, Reason.TOO_MANY_QUESTIONS)],
)
def test_nobody_has_more_questions_waiting_than_people_can_answer(
    waiting: int, reason: Reason | None
) -> None:
    assert may_ask(waiting).reason is reason


@pytest.mark.parametrize("action", Action)
def test_every_action_can_be_asked_for(action: Action) -> None:
    assert Topic(action) in TOPICS


def test_every_reason_to_ask_is_told_to_who_is_asked() -> None:
    assert set(WHY) == (ASKING - OF_A_PART) | set(FEEDBACK)
