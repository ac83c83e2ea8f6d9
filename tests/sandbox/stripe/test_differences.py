"""What `previous_attributes` holds, by examples in the form of events that Stripe really sent."""

import pytest

from portal.sandbox.stripe.unit import difference

OLD_ITEM = {"id": "si_1", "object": "subscription_item", "current_period_end": 1, "quantity": 1}
NEW_ITEM = {**OLD_ITEM, "current_period_end": 2}
LIST = {"object": "list", "has_more": False, "url": "/v1/subscription_items"}


@pytest.mark.parametrize(
    ("before", "after", "previous"),
    [
        ({"name": "Ana"}, {"name": "Eva"}, {"name": "Ana"}),
        ({"name": None}, {"name": "Eva"}, {"name": None}),
        ({"a": [1, 2], "b": 1}, {"a": [1], "b": 1}, {"a": [1, 2]}),
        ({"metadata": {"x": "1", "y": "2"}}, {"metadata": {"x": "1"}}, {"metadata": {"y": "2"}}),
        ({"metadata": {}}, {"metadata": {"x": "1"}}, {"metadata": {"x": None}}),
        ({"address": {"city": "Lugo"}}, {"address": None}, {"address": {"city": "Lugo"}}),
        ({"a": {"b": {"c": 1, "d": 1}}}, {"a": {"b": {"c": 2, "d": 1}}}, {"a": {"b": {"c": 1}}}),
        (
            {"items": {**LIST, "data": [OLD_ITEM]}},
            {"items": {**LIST, "data": [NEW_ITEM]}},
            {"items": {"data": [OLD_ITEM]}},
        ),
        (
            {"plan": {"id": "personal", "object": "plan", "amount": 250, "interval": "month"}},
            {"plan": {"id": "professional", "object": "plan", "amount": 1000, "interval": "month"}},
            {"plan": {"id": "personal", "amount": 250}},
        ),
        (
            {"cancellation_details": {"comment": None, "reason": None}, "_private": 1},
            {"cancellation_details": {"comment": None, "reason": "x"}, "_private": 2},
            {"cancellation_details": {"reason": None}},
        ),
        ({"status": "active"}, {"status": "active"}, {}),
    ],
)
def test_only_what_differs_is_told(before: dict, after: dict, previous: dict) -> None:
    assert difference(before, after) == previous
