"""API v1: faults come in v1's own envelope."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Write = Callable[..., str]


def plant(holded: httpx.Client, **fault: Any) -> None:
    holded.post("/_sandbox/faults", json=fault).raise_for_status()


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"kind": "status", "status": 404}, 400, {"status": 0, "info": "not found"}),
        ({"kind": "status"}, 503, {"status": 0, "info": "A fault was asked for."}),
        ({"kind": "http200_info"}, 200, {"status": 0, "info": "Something went wrong"}),
    ],
)
def test_a_planted_refusal_is_worded_as_v1_words_it(
    v1: httpx.Client, holded: httpx.Client, fault: dict[str, Any], status: int, body: object
) -> None:
    plant(holded, **fault)

    answer = v1.get("/documents/invoice")

    assert (answer.status_code, answer.json()) == (status, body)
    assert v1.get("/documents/invoice").json() == []


def test_a_planted_page_of_html_answers_200(v1: httpx.Client, holded: httpx.Client) -> None:
    plant(holded, kind="html")

    answer = v1.get("/documents/invoice")

    assert answer.status_code == 200
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_planted_rate_limit_says_when_to_come_back(
    v1: httpx.Client, holded: httpx.Client
) -> None:
    plant(holded, kind="rate_limit", window="month")

    answer = v1.get("/contacts")

    assert (answer.status_code, answer.json()["status"]) == (429, 0)
    assert answer.headers["X-RateLimit-Window"] == "month"
    assert int(answer.headers["Retry-After"]) > 60


def test_a_payment_can_be_booked_and_its_answer_lost(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1(approveDoc=True)
    plant(holded, kind="lose_answer", path="/pay")

    with pytest.raises(ConnectionError):
        v1.post(f"/documents/invoice/{id_}/pay", json={"date": 1_767_222_000, "amount": 121})

    assert v1.get(f"/documents/invoice/{id_}").json()["status"] == 1
