"""Whatever can be refused or go wrong has a sentence and a next step."""

import inspect

import pytest

from portal.domain import errors
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import PortalError, Refused
from portal.services import declines
from portal.web import wording

ERRORS = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, PortalError)
]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_what_is_the_matter_and_what_to_do(reason):
    said = wording.of_reason(reason)

    assert str(said.happened).endswith(".")
    assert str(said.advice).endswith(".")


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_says_what_is_the_matter_and_what_to_do(error):
    said = wording.ERRORS[error.wording]

    assert str(said.happened).endswith(".")
    assert str(said.advice).endswith(".")


def test_a_refusal_is_told_by_its_first_reason():
    refusal = Refused(Decision.of(Reason.LAST_METHOD, Reason.METHOD_IN_USE))

    assert wording.of_error(refusal) is wording.of_reason(Reason.LAST_METHOD)


@pytest.mark.parametrize("reason", Reason)
def test_whoever_is_told_to_ask_the_merchant_finds_a_way_to_write(reason):
    asks = "ask the company" in str(wording.of_reason(reason)).lower()

    assert wording.asks_merchant(Decision.of(reason)) is asks


def test_what_is_allowed_needs_no_words():
    assert wording.why(Decision()) == ""


@pytest.mark.parametrize(
    ("code", "decline", "says"),
    [
        ("card_declined", "insufficient_funds", "not enough money"),
        ("card_declined", "expired_card", "has expired"),
        ("expired_card", "", "has expired"),
        ("card_declined", "authentication_required", "wants you to confirm"),
        ("payment_intent_authentication_failure", "", "confirmation at your bank did not work"),
        ("card_declined", "stolen_card", "refused the payment"),
        ("card_declined", "fraudulent", "refused the payment"),
        ("never_heard_of", "nor_of_this", "refused the payment"),
    ],
)
def test_b73_a_decline_is_told_in_our_words(code, decline, says):
    assert says in str(declines.of_decline(code, decline))


@pytest.mark.parametrize(
    "said", set(declines.DECLINES.values()), ids=lambda said: said.happened[:30]
)
def test_who_was_declined_reads_that_nothing_was_charged(said):
    assert "not charged" in str(said.happened) or "moment ago" in str(said.happened)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(1, "1 minute."), (60, "1 minute."), (61, "2 minutes."), (900, "15 minutes."),
     (7200, "2 hours."), (86_400, "24 hours.")],
)  # fmt: skip
def test_waiting_is_told_in_round_figures(seconds, says):
    assert wording.wait_for(seconds).endswith(says)
