"""Webhooks become the mirror's state, whatever their order and however often they come."""

import json
import random
from datetime import timedelta

import pytest

from portal.domain.errors import ForgedEvent
from portal.sandbox.stripe.deliveries import signature
from portal.services import inbox
from portal.store.inbox import WebhookEventRow
from tests.house import House


def _states(house: House) -> list[str]:
    with house.db.session() as reader:
        return [row.state for row in reader.query(WebhookEventRow).all()]


def _tell_of_a_customer(house: House) -> str:
    customer = house.stripe.v1.customers.create({"email": "ann@example.com", "name": "Ann"})
    house.stripe.v1.customers.update(customer.id, {"name": "Anna"})
    house.stripe.v1.customers.update(customer.id, {"name": "Annabel"})
    return str(customer.id)


def _collect(house: House) -> list[tuple[str, bytes, dict[str, str]]]:
    """Take what Stripe has to tell without letting it in."""
    taken: list[tuple[str, bytes, dict[str, str]]] = []

    def keep(url: str, body: bytes, headers: dict[str, str]) -> int:
        taken.append((url.rsplit("/", 1)[-1], body, headers))
        return 200

    house.stripe_app.extensions["stripe_sandbox"].deliver(keep)
    return taken


@pytest.mark.parametrize("seed", range(6))
def test_b32_events_in_any_order_with_repeats_end_in_stripes_state(house: House, seed: int) -> None:
    customer = _tell_of_a_customer(house)
    events = _collect(house) * 2
    random.Random(seed).shuffle(events)  # noqa: S311 - an order, not a secret

    for event in events:
        house.receive(*event)
        house.worker().work_once()

    assert house.visit(stripe_customer=customer).customer.name == "Annabel"


def test_b33_events_of_one_second_are_settled_by_reading_the_object(house: House) -> None:
    customer = _tell_of_a_customer(house)
    for event in reversed(_collect(house)):
        house.receive(*event)

    house.worker().work_once()

    assert house.visit(stripe_customer=customer).customer.name == "Annabel"


def test_a_repeated_event_is_taken_once(house: House) -> None:
    house.stripe.v1.customers.create({"email": "ann@example.com"})
    event = _collect(house)[0]

    answers = [house.receive(*event) for _ in range(5)]

    assert answers == [200] * 5
    assert len(_states(house)) == 1


def test_b38_an_event_without_a_good_signature_leaves_nothing(house: House) -> None:
    house.stripe.v1.customers.create({"email": "ann@example.com"})
    endpoint, body, headers = _collect(house)[0]
    genuine = headers["Stripe-Signature"]

    forged = ["", "t=1", "v1=00", genuine.replace("v1", "v0"), genuine[:-1] + "x"]
    answers = [house.receive(endpoint, body, {"Stripe-Signature": one}) for one in forged]

    assert answers == [400] * len(forged)
    assert _states(house) == []


def test_b39_an_event_signed_too_long_ago_or_ahead_is_refused(house: House) -> None:
    house.stripe.v1.customers.create({"email": "ann@example.com"})
    endpoint, body, headers = _collect(house)[0]
    found = inbox.find_endpoint(house.db, house.keyring, endpoint)

    with pytest.raises(ForgedEvent):
        inbox.receive(house.db, found, body, headers, now=house.now() - timedelta(hours=1))
    assert _states(house) == []


def test_b36_an_event_of_another_account_is_quarantined(house: House) -> None:
    house.stripe.v1.customers.create({"email": "ann@example.com"})
    endpoint, body, _ = _collect(house)[0]
    foreign = json.dumps({**json.loads(body), "account": "acct_else"}).encode()
    secret = inbox.find_endpoint(house.db, house.keyring, endpoint).secrets[0]
    signed = signature(secret, foreign, int(house.now().timestamp()))

    house.receive(endpoint, foreign, {"Stripe-Signature": signed})
    house.worker().work_once()

    assert _states(house) == ["quarantined"]


def test_b41_an_event_is_processed_long_after_its_signature_would_be_too_old(
    house: House,
) -> None:
    customer = _tell_of_a_customer(house)
    house.deliver()
    house.pass_time(7200)

    house.worker().work_once()

    assert house.visit(stripe_customer=customer).customer.name == "Annabel"


def test_an_event_waits_while_its_provider_is_away_and_is_read_when_it_is_back(
    house: House,
) -> None:
    contact = house.holded.post("/contacts", json={"name": "Ann SL", "type": "client"}).json()
    house.deliver()
    house.holded_wire.is_cut = True
    house.worker().work_once()

    house.holded_wire.is_cut = False
    house.pass_time(10)
    house.worker().work_once()

    assert house.visit(holded_contact=contact["id"]).customer.name == "Ann SL"
