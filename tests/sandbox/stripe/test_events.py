"""Events by API: kept for thirty days, filtered, and sent again."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.receivers import Receiver, listen

DAY = 86_400


def types(found: Any) -> list[str]:
    return [one.type for one in found.data]


def refusal(call: Any) -> Any:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call()
    return caught.value


def test_events_are_kept_for_thirty_days(shop: Shop) -> None:
    shop.api.customers.create({"name": "A"})
    (old,) = shop.api.events.list().data
    shop.sandbox.advance(31 * DAY)
    shop.api.customers.create({"name": "B"})
    everything = {"created": {"gte": old.created}}

    assert len(shop.api.events.list().data) == 1
    assert len(shop.api.events.list(everything).data) == 1
    assert shop.api.events.list({"created": old.created}).data == []
    assert refusal(lambda: shop.api.events.retrieve(old.id)).code == "resource_missing"


def test_events_are_filtered_by_type(shop: Shop) -> None:
    made = shop.api.customers.create({"name": "A"})
    shop.api.customers.update(made.id, {"name": "B"})
    shop.api.products.create({"name": "Club"})
    api = shop.api.events

    assert types(api.list({"type": "customer.created"})) == ["customer.created"]
    assert types(api.list({"type": "customer.*"})) == ["customer.updated", "customer.created"]
    assert types(api.list({"type": "invoice.*"})) == []
    some = ["product.created", "customer.updated"]
    assert types(api.list({"types": some})) == some


def test_type_and_types_exclude_each_other(shop: Shop) -> None:
    both = {"type": "customer.created", "types": ["customer.created"]}

    assert refusal(lambda: shop.api.events.list(both)).param == "types"
    many = {"types": ["customer.created"] * 21}
    assert refusal(lambda: shop.api.events.list(many)).param == "types"


def test_events_are_filtered_by_moment(shop: Shop) -> None:
    shop.api.customers.create({"name": "A"})
    shop.sandbox.advance(DAY)
    shop.api.customers.create({"name": "B"})
    late, early = shop.api.events.list().data
    api = shop.api.events

    assert [one.id for one in api.list({"created": {"gt": early.created}}).data] == [late.id]
    assert [one.id for one in api.list({"created": {"lt": late.created}}).data] == [early.id]
    assert [one.id for one in api.list({"created": late.created}).data] == [late.id]


def test_an_event_names_the_request_that_caused_it(shop: Shop) -> None:
    shop.api.customers.create({"name": "A"}, {"idempotency_key": "key-1"})

    (event,) = shop.api.events.list().data

    assert event.request.id.startswith("req_")
    assert event.request.idempotency_key == "key-1"


def test_a_refund_tells_what_it_changed_of_the_charge(shop: Shop) -> None:
    paid = shop.pay("pm_card_visa")
    shop.api.refunds.create({"payment_intent": paid.id, "amount": 500})

    (event,) = shop.api.events.list({"type": "charge.refunded"}).data

    assert event.data.previous_attributes.to_dict() == {"amount_refunded": 0}


def retry(shop: Shop, event: str, **params: str) -> Any:
    return shop.call("POST", f"/v1/events/{event}/retry", data=params)


def test_resending_goes_to_the_endpoint_named(shop: Shop) -> None:
    first, _ = listen(shop, url="https://one.example"), listen(shop, url="https://two.example")
    shop.api.customers.create({"name": "A"})
    (event,) = shop.api.events.list().data
    shop.sandbox.deliver(Receiver())
    receiver = Receiver()

    answer = retry(shop, event.id, webhook_endpoint=first.id)
    shop.sandbox.deliver(receiver)

    assert (answer.status_code, answer.json()["id"]) == (200, event.id)
    assert [
        (url, one["id"]) for (url, *_), one in zip(receiver.got, receiver.events, strict=True)
    ] == [("https://one.example", event.id)]


def test_resending_as_the_command_line_does_goes_to_all(shop: Shop) -> None:
    listen(shop, url="https://one.example")
    listen(shop, "product.created", url="https://two.example")
    shop.api.customers.create({"name": "A"})
    (event,) = shop.api.events.list().data
    shop.sandbox.deliver(Receiver())
    receiver = Receiver()

    retry(shop, event.id, for_stripecli="true")
    shop.sandbox.deliver(receiver)

    assert [url for url, *_ in receiver.got] == ["https://one.example"]


def test_resending_refuses_what_it_cannot_send(shop: Shop) -> None:
    shop.api.customers.create({"name": "A"})
    other = listen(shop, "product.created")
    (event,) = shop.api.events.list().data

    errors = [
        retry(shop, "evt_none").json()["error"],
        retry(shop, event.id, webhook_endpoint="we_none").json()["error"],
        retry(shop, event.id, webhook_endpoint=other.id).json()["error"],
        retry(shop, event.id, account="acct_other").json()["error"],
        retry(shop, event.id, endpoint=other.id).json()["error"],
    ]

    assert [error["param"] for error in errors] == [
        "id", "webhook_endpoint", "webhook_endpoint", "account", "endpoint",
    ]  # fmt: skip


def test_a_platform_resends_an_event_of_a_connected_account(open_shop: Any) -> None:
    platform = open_shop()
    branch = open_shop(platform=platform.account["id"])
    endpoint = listen(platform, connect=True)
    branch.api.customers.create({"name": "B"})
    (event,) = branch.api.events.list().data
    platform.sandbox.deliver(Receiver())
    receiver = Receiver()

    account = branch.account["id"]
    retry(platform, event.id, webhook_endpoint=endpoint.id, account=account)
    platform.sandbox.deliver(receiver)

    assert [(one["id"], one["account"]) for one in receiver.events] == [(event.id, account)]
