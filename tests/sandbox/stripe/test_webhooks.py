"""Webhooks: signed as Stripe signs, retried, kept over a restart, stopped with their endpoint."""

import json
from pathlib import Path
from typing import Any

import pytest
import stripe

from portal.sandbox.stripe import create_app
from tests.sandbox.stripe.conftest import Shop

URL = "https://portal.example/hooks/stripe/1"


class Receiver:
    """Stands for the merchant's server; answers `status` and keeps what came."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.got: list[tuple[str, bytes, dict[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.got.append((url, body, headers))
        return self.status

    @property
    def types(self) -> list[str]:
        """The types of the events that came."""
        return [json.loads(body)["type"] for _, body, _ in self.got]


def listen(shop: Shop, *events: str) -> Any:
    """An endpoint of the shop."""
    wanted = {"url": URL, "enabled_events": list(events) or ["*"]}
    return shop.api.webhook_endpoints.create(wanted)


def test_the_sdk_accepts_the_signature(shop: Shop) -> None:
    endpoint, receiver = listen(shop), Receiver()
    made = shop.api.customers.create({"name": "A"})

    shop.sandbox.deliver(receiver)

    url, body, headers = receiver.got[0]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint.secret)  # type: ignore[no-untyped-call]
    assert (url, event.type, event.data.object.id) == (URL, "customer.created", made.id)
    assert event.api_version == stripe.api_version


def test_the_secret_is_told_once(shop: Shop) -> None:
    endpoint = listen(shop)

    assert endpoint.secret.startswith("whsec_")
    assert "secret" not in shop.api.webhook_endpoints.retrieve(endpoint.id).to_dict()


def test_signatures_bear_real_time_while_events_bear_the_sandbox_time(shop: Shop) -> None:
    endpoint, receiver = listen(shop), Receiver()
    shop.sandbox.advance(90 * 86400)
    made = shop.api.customers.create({"name": "A"})

    shop.sandbox.deliver(receiver)

    _, body, headers = receiver.got[0]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint.secret)  # type: ignore[no-untyped-call]
    assert event.created == made.created


def test_only_wanted_events_are_sent(shop: Shop) -> None:
    listen(shop, "product.created")
    receiver = Receiver()
    shop.api.customers.create({"name": "A"})
    shop.api.products.create({"name": "Club"})

    shop.sandbox.deliver(receiver)

    assert receiver.types == ["product.created"]


def test_a_failed_delivery_is_tried_again_and_a_good_one_is_not(shop: Shop) -> None:
    listen(shop)
    shop.api.customers.create({"name": "A"})
    failing, working = Receiver(500), Receiver()

    assert shop.sandbox.deliver(failing) == 0
    assert shop.sandbox.deliver(working) == 1
    assert shop.sandbox.deliver(working) == 0

    assert len(working.got) == 1


def test_a_receiver_that_is_away_loses_nothing(shop: Shop) -> None:
    listen(shop)
    shop.api.customers.create({"name": "A"})

    def away(url: str, body: bytes, headers: dict[str, str]) -> int:
        raise ConnectionRefusedError

    shop.sandbox.deliver(away)
    receiver = Receiver()
    shop.sandbox.deliver(receiver)

    assert receiver.types == ["customer.created"]


def test_waiting_webhooks_outlive_the_process(tmp_path: Path) -> None:
    first = create_app(tmp_path)
    first.extensions["stripe_sandbox"].add_account({"secret_key": "sk_test_k"})
    headers = {"Authorization": "Bearer sk_test_k"}
    form = {"url": URL, "enabled_events[]": "*"}
    first.test_client().post("/v1/webhook_endpoints", data=form, headers=headers)
    first.test_client().post("/v1/customers", headers=headers)

    receiver = Receiver()
    create_app(tmp_path).extensions["stripe_sandbox"].deliver(receiver)

    assert receiver.types == ["customer.created"]


def test_a_deleted_or_disabled_endpoint_gets_nothing_more(shop: Shop) -> None:
    gone, off = listen(shop), listen(shop)
    shop.api.customers.create({"name": "A"})
    shop.api.webhook_endpoints.delete(gone.id)
    shop.api.webhook_endpoints.update(off.id, {"disabled": True})
    shop.api.customers.create({"name": "B"})

    receiver = Receiver()
    shop.sandbox.deliver(receiver)

    assert receiver.types == ["customer.created"]


def test_a_refused_request_sends_nothing(shop: Shop) -> None:
    listen(shop)
    with pytest.raises(stripe.InvalidRequestError):
        shop.api.customers.create({"email": "nobody"})

    receiver = Receiver()
    shop.sandbox.deliver(receiver)

    assert receiver.got == []


def test_an_endpoint_of_another_version_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.api.webhook_endpoints.create(
            {"url": URL, "enabled_events": ["*"], "api_version": "2024-06-20"}
        )

    assert caught.value.code == "sandbox_unsupported"


def test_events_are_listed_for_thirty_days(shop: Shop) -> None:
    shop.api.customers.create({"name": "A"})
    shop.sandbox.advance(31 * 86400)
    shop.api.customers.create({"name": "B"})

    assert len(shop.api.events.list().data) == 1
