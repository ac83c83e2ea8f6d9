"""The worked examples of Stripe's pages, each at its own date."""

import pytest

from tests.sandbox.stripe.billing.calendar_rules import moment
from tests.sandbox.stripe.billing.conftest import opened
from tests.sandbox.stripe.billing.worked_examples import EXAMPLES, Example


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_the_sandbox_shows_what_stripes_page_shows(example: Example) -> None:
    assert example.do(opened(at=moment(example.begins))) == example.shown
