"""What the portal relies on of Holded's contacts, lists, errors and quota."""

from typing import Any

import httpx
import pytest

from tests.contract.conftest import Keep


@pytest.fixture
def contact(holded: httpx.Client, keep: Keep, unique: str) -> dict[str, Any]:
    """A contact with a name and an address of its own."""
    body = {"name": unique, "email": f"{unique}@example.com"}
    answer = holded.post("/contacts", json=body)
    assert answer.status_code == 201
    made: dict[str, Any] = {**body, "id": answer.json()["id"]}
    keep(made, lambda: holded.delete(f"/contacts/{made['id']}"))
    return made


def test_a_contact_is_read_as_it_was_written(holded: httpx.Client, contact: dict[str, Any]) -> None:
    """snake_case bodies, objects by id (section 0)."""
    found = holded.get(f"/contacts/{contact['id']}").json()

    assert {name: found[name] for name in contact} == contact


def test_a_filter_nobody_knows_is_ignored(holded: httpx.Client, contact: dict[str, Any]) -> None:
    """Unknown query parameters are ignored, so every answer is compared again (2.2)."""
    plain = holded.get("/contacts", params={"limit": 1}).json()

    filtered = holded.get("/contacts", params={"limit": 1, "no_such_filter": "x"}).json()

    assert [one["id"] for one in filtered["items"]] == [one["id"] for one in plain["items"]]


def test_lists_go_on_by_cursor(holded: httpx.Client, keep: Keep, unique: str) -> None:
    """`{items, cursor, has_more}` (1.2)."""
    for number in range(2):
        made = holded.post("/contacts", json={"name": f"{unique} {number}"}).json()["id"]
        keep(made, lambda name=made: holded.delete(f"/contacts/{name}"))

    first = holded.get("/contacts", params={"limit": 1}).json()
    second = holded.get("/contacts", params={"limit": 1, "cursor": first["cursor"]}).json()

    assert (len(first["items"]), first["has_more"]) == (1, True)
    assert first["items"][0]["id"] != second["items"][0]["id"]


def test_what_is_missing_is_a_problem(holded: httpx.Client) -> None:
    """RFC 7807 with a slug of Holded's (1.3)."""
    answer = holded.get("/contacts/5aa6bd8a2f0e8a00ab000000")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["type"].endswith("/problems/not-found")


def test_a_wrong_token_is_refused(holded: httpx.Client) -> None:
    """No token opens nothing (1.1)."""
    answer = holded.get("/contacts", headers={"Authorization": "Bearer pat_nobody"})

    assert answer.status_code in (401, 403)


def test_the_quota_can_be_read(holded: httpx.Client) -> None:
    """`GET /usage` says what is used of how much (1.4)."""
    found = holded.get("/usage").json()

    assert found["limit"] >= found["usage"] >= 0
    assert len(found["period"]) == len("2026-11")
