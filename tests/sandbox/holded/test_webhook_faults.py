"""What a tester does to webhooks under ``/_sandbox/webhooks``."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask import Flask

from portal.sandbox.holded import webhooks

URL = "http://portal.test/hooks/holded/1"
SECRET = "whsec_demo_secret"
LATER = 1e12


class Portal:
    """The sandbox's tester and the merchant's server in one."""

    def __init__(self, app: Flask, holded: httpx.Client) -> None:
        self.state = app.extensions["holded_sandbox"]
        self.holded = holded
        self.got: list[httpx.Request] = []
        self.client = httpx.Client(transport=httpx.MockTransport(self.take))
        self.endpoint = self.control("", account="acc_sandbox", url=URL, secret=SECRET)["id"]

    def take(self, request: httpx.Request) -> httpx.Response:
        self.got.append(request)
        return httpx.Response(200 if self.is_genuine(request) else 400)

    def is_genuine(self, request: httpx.Request) -> bool:
        signed = request.headers.get("x-holded-webhook-signature")
        return signed == webhooks.signature(SECRET, request.content)

    def control(self, path: str, method: str = "POST", **body: Any) -> Any:
        answer = self.holded.request(method, f"/_sandbox/webhooks{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def name(self, *names: str) -> None:
        """Makes contacts of those names; each is one event."""
        for one in names:
            self.holded.post("/api/v2/contacts", json={"name": one}).raise_for_status()

    def received(self, now: float | None = None) -> list[str]:
        """The names that come now."""
        before = len(self.got)
        webhooks.deliver(self.state, self.client, now)
        return [
            httpx.Response(200, content=one.content).json()["name"] for one in self.got[before:]
        ]


@pytest.fixture
def portal(app: Flask, holded: httpx.Client) -> Iterator[Portal]:
    found = Portal(app, holded)
    yield found
    found.client.close()


def test_dropped_webhooks_never_come(portal: Portal) -> None:
    portal.control("/faults", kind="drop", times=2)
    portal.name("A", "B", "C")

    assert portal.received() == ["C"]
    assert portal.received(LATER) == []


def test_a_duplicate_comes_twice_under_one_id(portal: Portal) -> None:
    portal.control("/faults", kind="duplicate")
    portal.name("A", "B")

    assert portal.received() == ["A", "A", "B"]
    assert len({one.headers["x-holded-webhook-id"] for one in portal.got}) == 2


def test_reordered_webhooks_come_the_last_first(portal: Portal) -> None:
    portal.control("/faults", kind="reorder", times=3)
    portal.name("A", "B")
    early = portal.received()
    portal.name("C")

    assert (early, portal.received()) == ([], ["C", "B", "A"])


def test_what_is_held_back_comes_when_the_faults_are_cleared(portal: Portal) -> None:
    portal.control("/faults", kind="reorder", times=3)
    portal.name("A", "B")

    portal.control("/faults", "DELETE")

    assert portal.received() == ["B", "A"]
    assert portal.control("/faults", "GET") == []


def test_a_delayed_webhook_comes_later(portal: Portal) -> None:
    portal.control("/faults", kind="delay", seconds=600)
    portal.name("A", "B")

    assert portal.received() == ["B"]
    assert portal.received(LATER) == ["A"]


@pytest.mark.parametrize("kind", ["unsigned", "tampered"])
def test_a_forged_first_attempt_is_followed_by_a_good_one(portal: Portal, kind: str) -> None:
    portal.control("/faults", kind=kind)
    portal.name("A")

    assert portal.received() == ["A"]
    assert portal.received(LATER) == ["A"]
    assert portal.received(LATER) == []
    assert [portal.is_genuine(one) for one in portal.got] == [False, True]


def test_faults_choose_by_event_and_endpoint(portal: Portal) -> None:
    portal.control("/faults", kind="drop", event="invoice.create")
    portal.control("/faults", kind="drop", endpoint=portal.endpoint + 1)
    portal.name("A")

    assert portal.received() == ["A"]
    assert len(portal.control("/faults", "GET")) == 2


def test_a_refused_change_uses_up_no_fault(portal: Portal) -> None:
    portal.control("/faults", kind="drop")
    portal.holded.post("/api/v2/contacts", json={"name": ""})
    portal.name("A", "B")

    assert portal.received() == ["B"]


@pytest.mark.parametrize("named", [True, False])
def test_paused_webhooks_wait_until_resumed(portal: Portal, named: bool) -> None:
    chosen = {"endpoint": portal.endpoint} if named else {}
    portal.control("/pause", **chosen)
    portal.name("A", "B")
    held = portal.received(LATER)

    portal.control("/resume", **chosen)

    assert (held, portal.received()) == ([], ["A", "B"])


def test_the_last_events_are_replayed_in_their_order(portal: Portal) -> None:
    portal.name("A", "B", "C")
    portal.received()

    portal.control("/replay/last", event="contact.create", last=2)

    assert portal.received() == ["B", "C"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/faults", {"kind": "explode"}, 400),
        ("/faults", {"kind": "drop", "times": 0}, 400),
        ("/faults", {"kind": "drop", "colour": "red"}, 400),
        ("/faults", {"kind": "delay", "seconds": 10**9}, 400),
        ("/pause", {"endpoint": 999}, 404),
        ("/replay/last", {"last": 501}, 400),
        ("/replay/last", {"event": "invoice.create"}, 404),
    ],
)
def test_wrong_controls_are_refused(portal: Portal, path: str, body: Any, status: int) -> None:
    answer = portal.holded.post(f"/_sandbox/webhooks{path}", json=body)

    assert answer.status_code == status


def test_a_reset_forgets_faults_and_pauses(portal: Portal) -> None:
    portal.control("/faults", kind="drop")
    portal.control("/pause")

    portal.holded.post("/_sandbox/reset").raise_for_status()

    assert portal.control("/faults", "GET") == []
    assert portal.control("/resume")["paused"] == []
