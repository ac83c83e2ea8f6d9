"""Which questions may be asked."""

import pytest

from portal.domain.decisions import Reason
from portal.domain.enquiries import MOST_OPEN, Topic, may_ask
from portal.domain.resolver import Action
from portal.services.enquiries import TOPICS


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
