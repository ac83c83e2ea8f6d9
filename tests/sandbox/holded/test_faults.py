"""Faults that can be asked for, and that each happens as often as asked and then no more."""

import contextlib
from collections.abc import Callable

import httpx
import pytest

from portal.sandbox.http import AnswerLost, ConnectionReset

Write = Callable[..., str]


def ask(holded: httpx.Client, kind: str, **fields: object) -> None:
    holded.post("/_sandbox/faults", json={"kind": kind, **fields}).raise_for_status()


def test_a_lost_answer_has_happened(holded: httpx.Client, write: Write) -> None:
    id_ = write()
    ask(holded, "lose_answer", path="/payments", method="POST")

    with pytest.raises(AnswerLost):
        holded.post(f"/api/v2/invoices/{id_}/payments", json={"amount": "121.00"})

    assert holded.get(f"/api/v2/invoices/{id_}").json()["payments_pending"] == "0.00"
    seen = holded.get("/_sandbox/requests.json").json()[-2]
    assert (seen["status"], seen["fault"], seen["answered"]) == (201, "lose_answer", False)


def test_a_reset_has_not_happened(holded: httpx.Client, write: Write) -> None:
    id_ = write()
    ask(holded, "reset")

    with pytest.raises(ConnectionReset):
        holded.post(f"/api/v2/invoices/{id_}/payments")

    assert holded.get(f"/api/v2/invoices/{id_}").json()["payments_detail"] == []


def test_a_status_happens_as_often_as_asked(holded: httpx.Client) -> None:
    ask(holded, "status", status=502, times=2)

    statuses = [holded.get("/api/v2/taxes").status_code for _ in range(3)]

    assert statuses == [502, 502, 200]


def test_a_fault_waits_for_its_path_and_method(holded: httpx.Client) -> None:
    ask(holded, "status", path="/invoices", method="GET")

    assert holded.get("/api/v2/contacts").status_code == 200
    assert holded.get("/api/v2/invoices").status_code == 503


@pytest.mark.parametrize("window", ["minute", "month"])
def test_a_rate_limit_says_which_window(holded: httpx.Client, window: str) -> None:
    ask(holded, "rate_limit", window=window)

    answer = holded.get("/api/v2/invoices")

    assert answer.status_code == 429
    assert answer.headers["X-RateLimit-Window"] == window
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("forbidden_token", "Access denied."),
        ("forbidden_scope", "Insufficient permissions: sales:invoices.read required."),
    ],
)
def test_both_kinds_of_403(holded: httpx.Client, kind: str, detail: str) -> None:
    ask(holded, kind)

    assert holded.get("/api/v2/invoices").json()["detail"] == detail


def test_a_page_can_come_where_json_was_due(holded: httpx.Client) -> None:
    ask(holded, "html")

    answer = holded.get("/api/v2/invoices")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_a_failure_can_come_with_status_200(holded: httpx.Client, contact: str) -> None:
    ask(holded, "http200_info", method="POST")

    answer = holded.post("/api/v2/contacts", json={"name": "Otra SL"})

    assert (answer.status_code, answer.json()["status"]) == (200, 0)
    assert len(holded.get("/api/v2/contacts").json()["items"]) == 1


def test_amounts_can_come_in_spanish(holded: httpx.Client, write: Write) -> None:
    id_ = write(items=[{"name": "Obra", "price": 1234.5}])
    ask(holded, "spanish_amounts")

    assert holded.get(f"/api/v2/invoices/{id_}").json()["total"] == "1.234,50"


def test_currencies_can_come_in_capitals(holded: httpx.Client, write: Write) -> None:
    id_ = write()
    ask(holded, "upper_currency")

    assert holded.get(f"/api/v2/invoices/{id_}").json()["currency"] == "EUR"


def test_missing_objects_can_come_in_odd_shapes(holded: httpx.Client, write: Write) -> None:
    id_ = write()
    ask(holded, "empty_as_list")

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()

    assert (invoice["from"], invoice["tags"]) == ([], "")


def test_a_cursor_can_repeat_for_ever(holded: httpx.Client) -> None:
    ask(holded, "repeated_cursor", times=2)

    first, second = (holded.get("/api/v2/invoices").json() for _ in range(2))

    assert first["has_more"]
    assert first["cursor"] == second["cursor"]


def test_an_answer_can_stop_halfway(holded: httpx.Client) -> None:
    ask(holded, "half_body")

    with pytest.raises(AnswerLost):
        holded.get("/api/v2/taxes")


def test_an_unknown_fault_is_refused(holded: httpx.Client) -> None:
    assert holded.post("/_sandbox/faults", json={"kind": "gremlin"}).status_code == 400


def test_faults_can_be_called_off(holded: httpx.Client) -> None:
    ask(holded, "status", times=9)

    holded.delete("/_sandbox/faults")

    assert holded.get("/_sandbox/faults").json() == []
    assert holded.get("/api/v2/taxes").status_code == 200


WRITES: dict[str, tuple[str, dict[str, object]]] = {
    "invoices": ("/api/v2/invoices", {"items": [{"name": "Hora", "price": 1}]}),
    "approvals": ("/api/v2/invoices/{id}/approve", {}),
    "payments": ("/api/v2/invoices/{id}/payments", {"amount": "21.00"}),
}


@pytest.mark.parametrize("write_to", WRITES)
@pytest.mark.parametrize(
    ("kind", "executed"),
    [
        ("lose_answer", True),
        ("half_body", True),
        ("delay", True),
        ("status", False),
        ("rate_limit", False),
        ("html", False),
        ("http200_info", False),
        ("reset", False),
        ("timeout", False),
    ],
)
def test_every_fault_strikes_invoices_approvals_and_payments(
    holded: httpx.Client, write: Write, contact: str, write_to: str, kind: str, executed: bool
) -> None:
    id_ = write(approve=write_to != "approvals")
    route, body = WRITES[write_to]
    ask(holded, kind, path=f"POST {route}")

    with contextlib.suppress(AnswerLost):
        holded.post(route.replace("{id}", id_), json=body | contact_of(write_to, contact))

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()
    happened = {
        "invoices": len(holded.get("/api/v2/invoices").json()["items"]) == 2,
        "approvals": not invoice["draft"],
        "payments": invoice["payments_total"] == "21.00",
    }
    assert happened[write_to] is executed
    assert holded.get("/_sandbox/faults").json() == []


def contact_of(write_to: str, contact: str) -> dict[str, object]:
    return {"contact_id": contact} if write_to == "invoices" else {}


def test_a_fault_lets_as_many_pass_as_asked(holded: httpx.Client) -> None:
    ask(holded, "status", status=503, after=2)

    statuses = [holded.get("/api/v2/taxes").status_code for _ in range(4)]

    assert statuses == [200, 200, 503, 200]


def test_the_ledger_keeps_what_was_sent_but_no_secret(holded: httpx.Client) -> None:
    body = {"name": "Una SL", "iban": "ES0700120345030000067890", "email": "una@example.com"}
    holded.post("/api/v2/contacts", json=body)

    (seen,) = holded.get("/_sandbox/requests.json?method=POST&path=/contacts").json()

    assert seen["body"] == body | {"iban": "********"}


def test_the_ledger_is_read_page_by_page(holded: httpx.Client) -> None:
    for _ in range(3):
        holded.get("/api/v2/taxes")
    holded.get("/api/v2/nothing")

    def seqs(query: str) -> list[int]:
        return [each["seq"] for each in holded.get(f"/_sandbox/requests.json?{query}").json()]

    assert seqs("limit=2") == [1, 2]
    assert seqs("since=2&limit=2") == [3, 4]
    assert seqs("status=404") == [4]


def test_a_reset_can_leave_the_accounts(holded: httpx.Client, contact: str) -> None:
    holded.post("/_sandbox/accounts", json={"id": "b", "name": "B", "token": "pat_b"})

    holded.post("/_sandbox/reset", json={"keep_accounts": True}).raise_for_status()

    assert holded.get(f"/api/v2/contacts/{contact}").status_code == 404
    accounts = holded.get("/_sandbox/accounts").json()
    assert [each["id"] for each in accounts] == ["acc_sandbox", "b"]
