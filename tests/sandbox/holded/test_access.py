"""Tokens, scopes, accounts, and routes that do not exist."""

from collections.abc import Callable

import httpx
from flask import Flask

from portal.sandbox.holded.app import start_over


def test_a_request_without_a_token_is_unauthorized(connect: Callable[..., httpx.Client]) -> None:
    answer = connect(None).get("/api/v2/contacts")

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "https://api.holded.com/problems/unauthorized"


def test_an_unknown_token_is_a_403_that_names_no_scope(
    connect: Callable[..., httpx.Client],
) -> None:
    answer = connect("pat_revoked").get("/api/v2/contacts")

    assert answer.status_code == 403
    assert answer.json()["detail"] == "Access denied."


def test_a_missing_scope_is_a_403_that_names_it(
    holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    account = {
        "id": "acc_small",
        "name": "Small",
        "token": "pat_small",
        "scopes": ["sales:invoices.read"],
    }
    holded.post("/_sandbox/accounts", json=account).raise_for_status()
    small = connect("pat_small")

    assert small.get("/api/v2/invoices").status_code == 200
    answer = small.get("/api/v2/contacts")
    assert answer.status_code == 403
    assert answer.json()["detail"] == "Insufficient permissions: contacts:contacts.read required."


def test_accounts_do_not_see_each_other(
    holded: httpx.Client, connect: Callable[..., httpx.Client], contact: str
) -> None:
    holded.post("/_sandbox/accounts", json={"id": "b", "name": "B", "token": "pat_b"})
    other = connect("pat_b")

    assert other.get("/api/v2/contacts").json()["items"] == []
    assert other.get(f"/api/v2/contacts/{contact}").status_code == 404


def test_an_unknown_route_is_a_404_problem(holded: httpx.Client) -> None:
    answer = holded.get("/api/v2/unicorns")

    assert answer.status_code == 404
    assert answer.json() == {
        "type": "https://api.holded.com/problems/not-found",
        "title": "Not found",
        "status": 404,
        "detail": "Not Found",
    }


def test_what_was_never_captured_is_refused_and_not_guessed(
    holded: httpx.Client, contact: str
) -> None:
    answer = holded.get(f"/api/v2/contacts/{contact}/portal-link")

    assert answer.status_code == 501
    assert "sandbox_unsupported" in answer.json()["detail"]


def test_the_plan_of_an_account_limits_its_calls(
    app: Flask, holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    start_over(app, lambda: 1_800_000_000)
    account = {"id": "plus", "name": "Plus", "token": "pat_plus", "plan": "plus"}
    holded.post("/_sandbox/accounts", json=account).raise_for_status()
    plus = connect("pat_plus")
    answers = [plus.get("/api/v2/taxes") for _ in range(61)]

    assert {each.status_code for each in answers[:60]} == {200}
    assert answers[60].status_code == 429
    assert answers[60].headers["X-RateLimit-Window"] == "minute"
    assert answers[60].headers["Retry-After"] == "60"


def test_usage_counts_calls_by_operation(holded: httpx.Client) -> None:
    holded.get("/api/v2/contacts")
    holded.get("/api/v2/contacts")

    usage = holded.get("/api/v2/usage").json()

    assert usage["usage"] == 2
    assert usage["secondary_usages"] == {"api_contacts_contacts_list_1": 2}
