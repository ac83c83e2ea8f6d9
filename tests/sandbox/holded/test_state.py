"""What is remembered: over restarts, on a moved clock, in the ledger of requests."""

from collections.abc import Callable
from pathlib import Path

import httpx
from flask import Flask

from portal.sandbox.holded import create_app

Connect = Callable[..., httpx.Client]


def test_what_was_answered_survives_a_restart(tmp_path: Path, connect: Connect) -> None:
    id_ = connect(to=create_app(tmp_path)).post("/api/v2/contacts", json={"name": "Una SL"})

    again = connect(to=create_app(tmp_path))

    assert again.get(f"/api/v2/contacts/{id_.json()['id']}").json()["name"] == "Una SL"
    assert [each["method"] for each in again.get("/_sandbox/requests.json").json()] == [
        "POST",
        "GET",
    ]


def test_the_clock_moves_forward_and_stays_moved(tmp_path: Path, connect: Connect) -> None:
    client = connect(to=create_app(tmp_path, real_time=lambda: 1_000_000_000))

    moved = client.post("/_sandbox/clock", json={"advance": 86_400}).json()

    assert moved["now"] == 1_000_086_400
    again = connect(to=create_app(tmp_path, real_time=lambda: 1_000_000_000))
    assert again.get("/_sandbox/clock").json() == moved
    assert again.post("/_sandbox/clock", json={"now": 5}).status_code == 400


def test_answers_are_dated_by_the_clock(connect: Connect) -> None:
    client = connect(to=create_app(real_time=lambda: 1_000_000_000))

    assert client.get("/api/v2/taxes").headers["Date"] == "Sun, 09 Sep 2001 01:46:40 GMT"


def test_documents_are_dated_by_the_clock_in_madrid(connect: Connect) -> None:
    # 2026-07-31 22:30 UTC is the first of August in Madrid.
    client = connect(to=create_app(real_time=lambda: 1_785_537_000))
    contact = client.post("/api/v2/contacts", json={"name": "Una SL"}).json()["id"]
    body = {"contact_id": contact, "items": [{"name": "Hora", "price": 1}]}

    id_ = client.post("/api/v2/invoices", json=body).json()["id"]

    assert client.get(f"/api/v2/invoices/{id_}").json()["date"] == "2026-08-01"


def test_the_same_requests_make_the_same_ids(connect: Connect) -> None:
    made = [
        connect(to=create_app(real_time=lambda: 1_785_537_000))
        .post("/api/v2/contacts", json={"name": "Una SL"})
        .json()["id"]
        for _ in range(2)
    ]

    assert made[0] == made[1]


def test_the_ledger_names_the_caller_and_no_secret(holded: httpx.Client) -> None:
    holded.get("/api/v2/invoices", params={"limit": 3}, headers={"User-Agent": "portal-web"})

    answer = holded.get("/_sandbox/requests.json")

    (seen,) = answer.json()
    assert seen.pop("time").endswith("Z")
    assert seen == {
        "seq": 1,
        "account": "acc_sandbox",
        "method": "GET",
        "path": "/api/v2/invoices",
        "query": {"limit": "3"},
        "user_agent": "portal-web",
        "status": 200,
    }
    assert "pat_sandbox" not in answer.text


def test_the_ledger_can_be_read_from_a_point_on(holded: httpx.Client) -> None:
    holded.get("/api/v2/taxes")
    holded.get("/api/v2/usage")

    rest = holded.get("/_sandbox/requests.json", params={"since": 1}).json()

    assert [each["path"] for each in rest] == ["/api/v2/usage"]


def test_a_reset_forgets_everything_but_the_first_account(
    app: Flask, holded: httpx.Client, contact: str
) -> None:
    holded.post("/_sandbox/accounts", json={"id": "b", "name": "B", "token": "pat_b"})

    assert holded.post("/_sandbox/reset").status_code == 204

    assert holded.get(f"/api/v2/contacts/{contact}").status_code == 404
    assert [each["id"] for each in holded.get("/_sandbox/accounts").json()] == ["acc_sandbox"]
