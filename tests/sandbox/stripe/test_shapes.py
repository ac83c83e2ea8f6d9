"""The shape checker itself: what it takes of deleted objects, and what it does not."""

from typing import Any

import pytest

from tests.sandbox.stripe.shapes import differences

CARD = {"id": "card_1", "object": "card", "deleted": True}
CUSTOMER = {"id": "cus_1", "object": "customer", "deleted": True}


@pytest.mark.parametrize("body", [CARD, CARD | {"currency": None}, CUSTOMER])
def test_a_deleted_object_is_recognised(body: dict[str, Any]) -> None:
    assert differences(body) == []


@pytest.mark.parametrize(
    "body",
    [
        CARD | {"last4": "4242"},
        CARD | {"deleted": False},
        CARD | {"id": "cus_1"},
        CUSTOMER | {"currency": None},
        {"id": "di_1", "object": "discount", "deleted": True},
        {"id": "re_1", "object": "refund", "deleted": True},
    ],
)
def test_what_a_deleted_object_would_not_be_is_told(body: dict[str, Any]) -> None:
    assert len(differences(body)) == 1
