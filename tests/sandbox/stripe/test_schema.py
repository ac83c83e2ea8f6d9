"""The committed schema is that of the installed SDK, and the shape checker finds what is wrong."""

from typing import Any

import pytest
import stripe

from portal.sandbox.stripe import make_schema
from portal.sandbox.stripe.registry import ROUTES, load
from portal.sandbox.stripe.schema import schema
from tests.sandbox.stripe.shapes import differences


def test_the_committed_schema_is_made_from_the_installed_sdk() -> None:
    assert make_schema.SCHEMA.read_text() == make_schema.make_schema()


def test_the_schema_speaks_the_version_the_sdk_pins() -> None:
    assert schema()["api_version"] == stripe.api_version


def test_every_registered_route_exists_in_the_sdk() -> None:
    load()

    assert set(ROUTES) - set(schema()["routes"]) == set()


GOOD: dict[str, Any] = {
    "id": "re_1",
    "object": "refund",
    "amount": 100,
    "balance_transaction": None,
    "charge": "ch_1",
    "created": 1,
    "currency": "eur",
    "customer": None,
    "customer_account": None,
    "metadata": {"a": "b"},
    "payment_intent": "pi_1",
    "payment_method": "pm_1",
    "reason": None,
    "receipt_number": None,
    "source_transfer_reversal": None,
    "status": "succeeded",
    "transfer_reversal": None,
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"amount": "100"}, ["refund.amount: '100' is not integer"]),
        ({"amount": True}, ["refund.amount: True is not integer"]),
        ({"reason": "boredom"}, ["refund.reason: 'boredom' is not one of"]),
        ({"colour": "red"}, ["refund.colour: not a field of the SDK"]),
        ({"metadata": {"a": 1}}, ["refund.metadata[a]: 1 is not string"]),
        ({"charge": {"id": "ch_1", "object": "invoice"}}, ["refund.charge: 'invoice' is not"]),
        ({"destination_details": {"type": 7}}, ["refund.destination_details.type: 7 is not"]),
        ({"object": "refunds"}, ["refunds: unknown object 'refunds'"]),
    ],
)
def test_the_shape_checker_finds_each_planted_fault(
    change: dict[str, Any], found: list[str]
) -> None:
    says = differences(GOOD | change)

    assert len(says) == len(found)
    assert all(one.startswith(start) for one, start in zip(says, found, strict=True))


def test_the_shape_checker_misses_no_absent_field() -> None:
    without = {name: one for name, one in GOOD.items() if name != "currency"}

    assert differences(without) == ["refund.currency: missing"]


def test_the_shape_checker_looks_into_lists_and_events() -> None:
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": "x",
        "created": 1,
        "data": {"object": GOOD | {"amount": None}},
        "livemode": False,
        "pending_webhooks": 0,
        "request": None,
        "type": "refund.created",
    }

    says = differences({"object": "list", "data": [event], "has_more": False, "url": "/v1/events"})

    assert says == ["refund.amount: None is not integer"]
