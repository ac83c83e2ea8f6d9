"""The shape checker finds every fault planted in what the stories were answered."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from portal.sandbox.stripe.schema import left_out
from tests.sandbox.stripe.make_presence import LEFT_OUT, PRESENCE, make_left_out
from tests.sandbox.stripe.planting import ABSENT, faults, planted
from tests.sandbox.stripe.shapes import differences
from tests.sandbox.stripe.stories import telling

Json = Any
# Kinds with much inside, and some that hang together in unusual ways.
KINDS = [
    "account",
    "balance_transaction",
    "billing.meter",
    "billing.meter_event",
    "billing.meter_event_summary",
    "billing_portal.configuration",
    "billing_portal.session",
    "charge",
    "checkout.session",
    "coupon",
    "credit_note",
    "customer",
    "entitlements.feature",
    "event",
    "invoice",
    "invoice_payment",
    "invoice_rendering_template",
    "invoiceitem",
    "item",
    "mandate",
    "payment_intent",
    "payment_link",
    "payment_method",
    "price",
    "product",
    "product_feature",
    "promotion_code",
    "quote",
    "refund",
    "setup_intent",
    "shipping_rate",
    "subscription",
    "subscription_item",
    "subscription_schedule",
    "tax_id",
    "tax_rate",
    "test_helpers.test_clock",
    "webhook_endpoint",
]


def objects(body: Json) -> Iterator[Json]:
    """Every object that can be read by itself in an answer."""
    if body.get("object") in ("list", "search_result"):
        yield from body["data"]
    elif "object" in body:
        yield body


@cache
def richest() -> dict[str, Json]:
    """Kind -> the answer of that kind with most in it; expanded only where refunds are read, which
    has charges, intents, customers and more inside.
    """
    found: dict[str, Json] = {}
    for story in telling.load():
        for call in telling.tell(story).calls:
            for body in objects(call.body):
                kind, known = body["object"], found.get(body["object"])
                fits = "deleted" not in body and (not call.expanded or kind == "refund")
                if fits and len(json.dumps(body)) > len(json.dumps(known)):
                    found[kind] = body
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_planted_fault_is_found(kind: str) -> None:
    good = richest()[kind]

    missed = [said for said, bad in faults(good) if not differences(bad)]

    assert differences(good) == []
    assert missed == []


def test_planting_tries_much() -> None:
    tried = {kind: sum(1 for _ in faults(richest()[kind])) for kind in KINDS}

    assert min(tried.values()) > 40
    assert sum(tried.values()) > 5000


@pytest.mark.parametrize("kind", ["charge", "refund", "subscription"])
def test_a_null_that_is_always_sent_is_missed(kind: str) -> None:
    good = richest()[kind]
    nulls = [name for name, value in good.items() if value is None]

    found = [differences(planted(good, (name,), ABSENT)) for name in nulls]

    assert found == [[f"{kind}.{name}: missing"] for name in nulls]


def test_a_null_is_found_where_stripe_leaves_out() -> None:
    good = richest()["invoice"]

    says = differences(good | {"status_details": None})

    assert says == ["invoice.status_details: left out rather than null"]


def test_the_fields_left_out_are_those_of_the_committed_declarations() -> None:
    assert LEFT_OUT.read_text() == make_left_out(PRESENCE.read_text())
    assert "threshold_reason" in left_out()["invoice"][""]
