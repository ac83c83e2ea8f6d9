"""Webhooks: signed as Stripe signs, retried, kept over a restart, stopped with their endpoint."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from portal.sandbox.stripe import create_app
from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.receivers import URL, Receiver, listen


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


def refusal(call: Callable[[], Any]) -> Any:
    """The error that a call of the SDK ends in."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call()
    return caught.value


def test_an_endpoint_of_another_version_is_refused(shop: Shop) -> None:
    error = refusal(lambda: listen(shop, api_version="2024-06-20"))

    assert error.code == "sandbox_unsupported"


def test_an_endpoint_is_sent_events_of_the_version_it_is_pinned_to(shop: Shop) -> None:
    pinned, plain = listen(shop, api_version="2026-09-30.endive"), listen(shop)
    receiver = Receiver()
    shop.api.customers.create({"name": "A"})

    shop.sandbox.deliver(receiver)

    assert (pinned.api_version, plain.api_version) == ("2026-09-30.endive", None)
    versions = [one["api_version"] for one in receiver.events]
    assert versions == ["2026-09-30.endive", stripe.api_version]


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"enabled_events": ["customer.creatd"], "url": URL}, "enabled_events[0]"),
        ({"enabled_events": ["*"], "url": "portal.example/hooks"}, "url"),
        ({"enabled_events": ["*"], "url": "ftp://portal.example"}, "url"),
        ({"enabled_events": ["*"], "url": "https://"}, "url"),
        ({"enabled_events": ["*"], "url": "https://x:port/"}, "url"),
        ({"enabled_events": ["*"]}, "url"),
        ({"url": URL}, "enabled_events"),
    ],
)
def test_a_wrong_endpoint_is_refused(shop: Shop, wanted: Any, param: str) -> None:
    assert refusal(lambda: shop.api.webhook_endpoints.create(wanted)).param == param


def test_an_account_has_sixteen_endpoints_at_most(shop: Shop) -> None:
    made = [listen(shop) for _ in range(16)]

    error = refusal(lambda: listen(shop))
    shop.api.webhook_endpoints.delete(made[0].id)

    assert error.user_message == "You have reached the maximum of 16 test webhook endpoints."
    assert listen(shop).status == "enabled"


def test_an_endpoint_can_be_changed_and_listed(shop: Shop) -> None:
    made = listen(shop, "product.created", description="Shop", metadata={"a": "1"})

    changed = shop.api.webhook_endpoints.update(
        made.id,
        {"url": URL + "2", "enabled_events": ["price.created"], "description": "", "metadata": ""},
    )

    assert (changed.url, changed.enabled_events) == (URL + "2", ["price.created"])
    assert (changed.description, changed.metadata.to_dict()) == (None, {})
    assert [one.id for one in shop.api.webhook_endpoints.list().data] == [made.id]


def test_a_disabled_endpoint_gets_no_second_attempt_until_it_is_enabled(shop: Shop) -> None:
    endpoint, receiver = listen(shop), Receiver()
    shop.api.customers.create({"name": "A"})
    shop.sandbox.deliver(Receiver(500))

    shop.api.webhook_endpoints.update(endpoint.id, {"disabled": True})
    shop.api.webhook_endpoints.update(endpoint.id, {"disabled": False})
    shop.sandbox.deliver(Receiver(500))
    shop.api.webhook_endpoints.update(endpoint.id, {"disabled": True})
    shop.sandbox.deliver(receiver)
    shop.api.webhook_endpoints.update(endpoint.id, {"disabled": False})
    shop.sandbox.deliver(receiver)

    assert receiver.got == []


def test_pending_webhooks_count_down_as_endpoints_accept(shop: Shop) -> None:
    listen(shop, url="https://one.example")
    listen(shop, url="https://two.example")
    shop.api.customers.create({"name": "A"})

    def one_accepts(url: str, body: bytes, headers: dict[str, str]) -> int:
        return 200 if "one" in url else 500

    (event,) = shop.api.events.list().data
    shop.sandbox.deliver(one_accepts)
    half = shop.api.events.retrieve(event.id)
    failing = shop.api.events.list({"delivery_success": False}).data
    shop.sandbox.deliver(Receiver())
    done = shop.api.events.retrieve(event.id)

    assert [event.pending_webhooks, half.pending_webhooks, done.pending_webhooks] == [2, 1, 0]
    assert [one.id for one in failing] == [event.id]
    assert shop.api.events.list({"delivery_success": False}).data == []
    assert [one.id for one in shop.api.events.list({"delivery_success": True}).data] == [event.id]


def test_an_endpoint_that_is_away_holds_up_no_other(shop: Shop) -> None:
    listen(shop, url="https://away.example")
    listen(shop, url="https://here.example")
    for name in "ABC":
        shop.api.customers.create({"name": name})
    tried: list[str] = []

    def half_away(url: str, body: bytes, headers: dict[str, str]) -> int:
        tried.append(url)
        if "away" in url:
            raise TimeoutError
        return 200

    assert shop.sandbox.deliver(half_away) == 3
    assert tried.count("https://away.example") == 1
    assert shop.sandbox.deliver(Receiver()) == 3


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_only_success_counts_as_accepted(shop: Shop, status: int) -> None:
    listen(shop)
    shop.api.customers.create({"name": "A"})

    assert shop.sandbox.deliver(Receiver(status)) == 0
    assert shop.sandbox.deliver(Receiver(204)) == 1


def test_connect_endpoints_hear_of_connected_accounts_only(open_shop: Any) -> None:
    platform = open_shop()
    branch = open_shop(platform=platform.account["id"])
    listen(platform, url="https://own.example")
    listen(platform, url="https://connect.example", connect=True)
    listen(branch, url="https://branch.example")
    receiver = Receiver()

    platform.api.customers.create({"name": "A"})
    made = branch.api.customers.create({"name": "B"})
    platform.sandbox.deliver(receiver)

    came = [
        (url, event.get("account"))
        for (url, *_), event in zip(receiver.got, receiver.events, strict=True)
    ]
    assert came == [
        ("https://own.example", None),
        ("https://branch.example", None),
        ("https://connect.example", branch.account["id"]),
    ]
    assert receiver.events[2]["data"]["object"]["id"] == made.id
    assert branch.api.events.list().data[0].pending_webhooks == 0
