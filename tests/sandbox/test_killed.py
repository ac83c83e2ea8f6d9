"""A sandbox that is killed in the middle of requests comes back with what it answered."""

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.sandbox.stripe.test_served import free_port, until

pytestmark = pytest.mark.loopback
CLIENTS = 4
ENOUGH = 40


@contextmanager
def process(name: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A sandbox as a process of its own, and a client of it; killed at the end."""
    port = free_port()
    command = [sys.executable, "-m", "portal.sandbox", name, "--port", str(port)]
    running = subprocess.Popen([*command, "--data", str(folder)])
    headers = {"Authorization": "Bearer pat_killed"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            until(lambda: answers(client))
            yield running, client
    finally:
        running.kill()
        running.wait()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/_sandbox/clock").is_success
    except httpx.TransportError:
        return False


def asked_until_killed(
    running: subprocess.Popen[bytes], ask: Callable[[int], str], answered: dict[int, str]
) -> set[int]:
    """Ask from several clients at once, kill the process after some answers; return the numbers
    that were asked and not answered.
    """
    numbers, asked = itertools.count(), set()

    def work() -> None:
        while True:
            number = next(numbers)
            asked.add(number)
            try:
                answered[number] = ask(number)
            except httpx.TransportError:
                return

    threads = [Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 30
    while len(answered) < ENOUGH and time.monotonic() < end:
        time.sleep(0.001)
    running.kill()
    for thread in threads:
        thread.join()
    return asked - answered.keys()


def test_stripe_keeps_what_it_answered_and_repeats_the_rest(tmp_path: Path) -> None:
    def create(client: httpx.Client, number: int) -> str:
        headers = {"Idempotency-Key": f"key-{number}"}
        answer = client.post("/v1/customers", data={"name": str(number)}, headers=headers)
        return str(answer.raise_for_status().json()["id"])

    answered: dict[int, str] = {}
    with process("stripe", tmp_path) as (running, client):
        client.post("/_sandbox/accounts", json={"secret_key": "pat_killed"}).raise_for_status()
        open_ones = asked_until_killed(running, lambda number: create(client, number), answered)

    with process("stripe", tmp_path) as (_, client):
        kept = all_of(client, "/v1/customers")
        created = all_of(client, "/v1/events")
        for number in sorted(open_ones):
            answered[number] = create(client, number)
        repeated = {number: create(client, number) for number in answered}
        after = all_of(client, "/v1/customers")

    assert {answered[number] for number in answered.keys() - open_ones} <= set(kept)
    assert len(kept) <= len(answered)
    assert len(created) == len(kept)
    assert repeated == answered
    assert sorted(after) == sorted(answered.values())


def all_of(client: httpx.Client, path: str) -> list[str]:
    """The ids of a whole list of Stripe's."""
    found: list[str] = []
    while True:
        after = {"starting_after": found[-1]} if found else {}
        page = client.get(path, params={"limit": "100", **after}).raise_for_status().json()
        found += [each["id"] for each in page["data"]]
        if not page["has_more"]:
            return found


def test_holded_keeps_what_it_answered_and_nothing_half_done(tmp_path: Path) -> None:
    def create(client: httpx.Client, number: int) -> str:
        body = {"amount": "1.00", "date": "2026-11-01", "type": "collection",
                "bank_account_id": bank, "description": str(number)}  # fmt: skip
        return str(client.post("/api/v2/payments", json=body).raise_for_status().json()["id"])

    answered: dict[int, str] = {}
    with process("holded", tmp_path) as (running, client):
        account = {"id": "killed", "name": "Killed", "token": "pat_killed"}
        client.post("/_sandbox/accounts", json=account).raise_for_status()
        made = client.post("/api/v2/treasury/accounts", json={"name": "Bank", "type": "bank"})
        bank = made.raise_for_status().json()["id"]
        open_ones = asked_until_killed(running, lambda number: create(client, number), answered)

    with process("holded", tmp_path) as (_, client):
        listed = payments_of(client)
        (treasury,) = client.get("/api/v2/treasury/accounts").json()["items"]

    assert set(answered.values()) <= {each["id"] for each in listed}
    assert {int(each["description"]) for each in listed} <= answered.keys() | open_ones
    assert float(treasury["balance"]) == len(listed)


def payments_of(client: httpx.Client) -> list[dict[str, str]]:
    """All movements of money in Holded."""
    found: list[dict[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/api/v2/payments", params={"limit": "200", **cursor}).json()
        found += page["items"]
        if not page["has_more"]:
            return found
        cursor = {"cursor": page["cursor"]}
