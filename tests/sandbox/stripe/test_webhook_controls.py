"""What a tester does to webhooks under `/_sandbox/webhooks`."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import stripe

from portal.sandbox.stripe import create_app, deliveries
from portal.sandbox.stripe.deliveries import Answer
from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.receivers import Receiver, listen

ROUTES = "/_sandbox/webhooks"


def control(shop: Shop, path: str = "", method: str = "POST", **body: Any) -> Any:
    """A control route's answer; it must have been good."""
    answer = shop.transport.http.request(method, ROUTES + path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def shown(shop: Shop, **filters: str) -> Any:
    return shop.transport.http.get(ROUTES, params=filters).json()["deliveries"]


def name(shop: Shop, *names: str) -> None:
    """Makes customers of those names."""
    for one in names:
        shop.api.customers.create({"name": one})


def received(shop: Shop) -> list[str]:
    """The names that come now."""
    receiver = Receiver()
    shop.sandbox.deliver(receiver)
    return receiver.names


def test_dropped_webhooks_never_come(shop: Shop) -> None:
    listen(shop)
    control(shop, "/faults", kind="drop", times=2)
    name(shop, "A", "B", "C")

    assert received(shop) == ["C"]
    assert received(shop) == []
    assert [one["state"] for one in shown(shop)] == ["delivered", "dropped", "dropped"]
    assert {one.pending_webhooks for one in shop.api.events.list().data} == {0}


def test_a_duplicate_comes_twice(shop: Shop) -> None:
    listen(shop)
    control(shop, "/faults", kind="duplicate")
    name(shop, "A", "B")

    receiver = Receiver()
    shop.sandbox.deliver(receiver)

    assert receiver.names == ["A", "A", "B"]
    assert receiver.events[0]["id"] == receiver.events[1]["id"]


def test_reordered_webhooks_come_the_last_first(shop: Shop) -> None:
    listen(shop)
    control(shop, "/faults", kind="reorder", times=3)
    name(shop, "A", "B")
    early = received(shop)
    name(shop, "C", "D")

    assert early == []
    assert sorted(received(shop)) == ["A", "B", "C", "D"]
    rows = sorted(shown(shop), key=lambda one: one["seq"])
    assert [one["held"] for one in rows] == [False] * 4


def test_the_order_is_reversed_exactly(shop: Shop) -> None:
    listen(shop)
    control(shop, "/faults", kind="reorder", times=3)
    name(shop, "A", "B", "C")

    assert received(shop) == ["C", "B", "A"]


def test_what_is_held_back_comes_when_the_faults_are_cleared(shop: Shop) -> None:
    listen(shop)
    control(shop, "/faults", kind="reorder", times=3)
    name(shop, "A", "B")

    control(shop, "/faults", "DELETE")

    assert received(shop) == ["B", "A"]


def test_a_delayed_webhook_comes_later(shop: Shop) -> None:
    listen(shop)
    control(shop, "/faults", kind="delay", seconds=60)
    name(shop, "A", "B")
    receiver, clock = Receiver(), shop.sandbox.clock
    real = clock.real_time

    deliveries.send_due(shop.sandbox, receiver)
    early = list(receiver.names)
    clock.real_time = lambda: real() + 61
    deliveries.send_due(shop.sandbox, receiver)

    assert (early, receiver.names) == (["B"], ["B", "A"])


@pytest.mark.parametrize("kind", ["unsigned", "tampered"])
def test_a_forged_first_attempt_is_followed_by_a_good_one(shop: Shop, kind: str) -> None:
    endpoint = listen(shop)
    control(shop, "/faults", kind=kind)
    name(shop, "A")
    verdicts: list[bool] = []

    def careful(url: str, body: bytes, headers: dict[str, str]) -> int:
        try:
            signature = headers.get("Stripe-Signature", "")
            stripe.Webhook.construct_event(body, signature, endpoint.secret)  # type: ignore[no-untyped-call]
        except stripe.SignatureVerificationError:
            verdicts.append(False)
            return 400
        verdicts.append(True)
        return 200

    shop.sandbox.deliver(careful)
    shop.sandbox.deliver(careful)

    assert verdicts == [False, True]


def test_faults_choose_by_type_and_endpoint(shop: Shop) -> None:
    first = listen(shop, url="https://one.example")
    listen(shop, url="https://two.example")
    control(shop, "/faults", kind="drop", type="product.created", endpoint=first.id)
    receiver = Receiver()

    shop.api.customers.create({"name": "A"})
    shop.api.products.create({"name": "P"})
    shop.sandbox.deliver(receiver)

    came = [
        (url, one["type"]) for (url, *_), one in zip(receiver.got, receiver.events, strict=True)
    ]
    assert ("https://one.example", "product.created") not in came
    assert len(came) == 3


def test_a_refused_request_uses_up_no_fault(shop: Shop) -> None:
    listen(shop)
    control(shop, "/faults", kind="drop")
    with pytest.raises(stripe.InvalidRequestError):
        shop.api.customers.create({"name": "A", "payment_method": "pm_none"})
    name(shop, "B")

    assert received(shop) == []


def test_paused_webhooks_wait_until_resumed(shop: Shop) -> None:
    listen(shop)
    control(shop, "/pause")
    name(shop, "A", "B")
    paused = received(shop)

    control(shop, "/resume")

    assert (paused, received(shop)) == ([], ["A", "B"])


def test_one_endpoint_can_be_paused(shop: Shop) -> None:
    first = listen(shop, url="https://one.example")
    listen(shop, url="https://two.example")
    paused = control(shop, "/pause", endpoint=first.id)["paused"]
    name(shop, "A")
    receiver = Receiver()

    shop.sandbox.deliver(receiver)
    control(shop, "/resume")
    shop.sandbox.deliver(receiver)

    assert paused == [first.id]
    assert [url for url, *_ in receiver.got] == ["https://two.example", "https://one.example"]


def test_events_are_replayed_by_id_or_by_type(shop: Shop) -> None:
    listen(shop)
    name(shop, "A", "B")
    shop.api.products.create({"name": "P"})
    received(shop)
    oldest = shop.api.events.list().data[-1]

    control(shop, "/replay", event=oldest.id)
    by_id = received(shop)
    answer = control(shop, "/replay", type="customer.created", last=2)

    assert (by_id, received(shop)) == (["A"], ["A", "B"])
    assert answer["deliveries"] == 2


def test_deliveries_are_listed_with_what_was_answered(shop: Shop) -> None:
    endpoint = listen(shop)
    name(shop, "A")
    shop.api.products.create({"name": "P"})

    def answer(url: str, body: bytes, headers: dict[str, str]) -> Answer | int:
        return Answer(503, "Closed for lunch") if b"customer.created" in body else 200

    shop.sandbox.deliver(answer)

    (failed,) = shown(shop, type="customer.created")
    (good,) = shown(shop, state="delivered")
    assert (failed["state"], failed["attempts"], failed["status"]) == ("waiting", 1, 503)
    assert (failed["answer"], failed["endpoint"]) == ("Closed for lunch", endpoint.id)
    assert failed["next_at"] > good["next_at"] - 10
    assert (good["type"], good["status"]) == ("product.created", 200)


def test_stripes_own_schedule_can_be_chosen(shop: Shop) -> None:
    listen(shop)
    control(shop, "/retries", schedule="sandbox")
    name(shop, "A")
    receiver, clock = Receiver(500), shop.sandbox.clock
    real = clock.real_time
    moments = [0, 60, 300, 1000, 4000, 12000, 99999]

    for moment in moments:
        clock.real_time = lambda at=moment: real() + at
        deliveries.send_due(shop.sandbox, receiver)

    assert len(receiver.got) == 4
    (row,) = shown(shop)
    assert (row["state"], row["attempts"]) == ("failed", 4)
    assert shop.api.events.list({"delivery_success": False}).data


def test_the_live_schedule_lasts_three_days(shop: Shop) -> None:
    pauses = control(shop, "/retries", schedule="live")["pauses"]

    assert pauses == sorted(pauses)
    assert 2.5 * 86_400 < sum(pauses) <= 3 * 86_400


def test_a_rolled_secret_signs_beside_the_new_one_for_a_while(shop: Shop) -> None:
    endpoint, receiver = listen(shop), Receiver()
    new = control(shop, f"/endpoints/{endpoint.id}/roll", expires_in=3600)["secret"]
    name(shop, "A")
    shop.sandbox.deliver(receiver)
    real = shop.sandbox.clock.real_time
    shop.sandbox.clock.real_time = lambda: real() + 3601
    name(shop, "B")
    shop.sandbox.deliver(receiver)

    def accepts(at: int, secret: str) -> bool:
        _, body, headers = receiver.got[at]
        try:
            stripe.WebhookSignature.verify_header(  # type: ignore[no-untyped-call]
                body.decode(), headers["Stripe-Signature"], secret, 7200
            )
        except stripe.SignatureVerificationError:
            return False
        return True

    assert (accepts(0, endpoint.secret), accepts(0, new)) == (True, True)
    assert (accepts(1, endpoint.secret), accepts(1, new)) == (False, True)


def test_a_secret_rolled_at_once_signs_no_more(shop: Shop) -> None:
    endpoint = listen(shop)

    rolled = control(shop, f"/endpoints/{endpoint.id}/roll")

    assert rolled["signs_with"] == 1
    assert rolled["secret"] != endpoint.secret


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"kind": "explode"}),
        ("/faults", {"kind": "drop", "times": 0}),
        ("/faults", {"kind": "drop", "times": "many"}),
        ("/faults", {"kind": "drop", "colour": "red"}),
        ("/faults", {"kind": "delay", "seconds": 10**9}),
        ("/pause", {"endpoint": "we_none"}),
        ("/retries", {"schedule": "never"}),
        ("/replay", {"event": "evt_none"}),
        ("/replay", {"last": 0}),
        ("/replay", {"event": {}}),
        ("/endpoints/we_none/roll", {}),
        ("/endpoints/we_none/roll", {"expires_in": -1}),
    ],
)
def test_wrong_controls_say_what_is_wrong(shop: Shop, path: str, body: Any) -> None:
    name(shop, "A")

    answer = shop.transport.http.post(ROUTES + path, json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_a_file_of_an_earlier_version_is_opened_and_works_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "stripe.sqlite3") as earlier:
        earlier.executescript(
            """
            CREATE TABLE due (seq INTEGER PRIMARY KEY, account TEXT NOT NULL, at INTEGER NOT NULL,
                name TEXT NOT NULL, ref TEXT NOT NULL, failure TEXT) STRICT;
            CREATE TABLE deliveries (seq INTEGER PRIMARY KEY, account TEXT NOT NULL,
                endpoint TEXT NOT NULL, event TEXT NOT NULL, next_at REAL NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0) STRICT;
            INSERT INTO deliveries (account, endpoint, event, next_at) VALUES ('a', 'w', 'e', 0);
            """
        )
    earlier.close()

    app = create_app(tmp_path)

    assert app.extensions["stripe_sandbox"].deliver(Receiver()) == 0
    (row,) = app.test_client().get(ROUTES).get_json()["deliveries"]
    assert (row["state"], row["origin"]) == ("ended", "a")
