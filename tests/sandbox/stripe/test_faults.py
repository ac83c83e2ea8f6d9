"""What can be made to go wrong, for which requests, how often, and whether they were executed."""

from typing import Any

import httpx
import pytest
import stripe

from portal.sandbox.http import AnswerLost, ConnectionReset, NeverAnswered
from tests.sandbox.stripe.conftest import Shop


def plant(shop: Shop, kind: str, **fields: Any) -> None:
    """Ask for a fault."""
    shop.transport.http.post("/_sandbox/faults", json={"kind": kind, **fields}).raise_for_status()


def create(shop: Shop) -> httpx.Response:
    return shop.call("POST", "/v1/customers", data={"name": "Ana"})


def customers(shop: Shop) -> int:
    return len(shop.api.customers.list().data)


@pytest.mark.parametrize("kind", ["lose_answer", "half_body"])
def test_what_is_lost_on_the_way_was_executed(shop: Shop, kind: str) -> None:
    plant(shop, kind, path="/v1/customers", method="POST")

    with pytest.raises(AnswerLost):
        create(shop)

    assert customers(shop) == 1
    assert shop.transport.http.get("/_sandbox/requests.json").json()[-2]["fault"] == kind


@pytest.mark.parametrize(("kind", "lost"), [("reset", ConnectionReset), ("timeout", NeverAnswered)])
def test_what_is_lost_before_was_not(shop: Shop, kind: str, lost: type[Exception]) -> None:
    plant(shop, kind, path="/v1/customers", method="POST")

    with pytest.raises(lost):
        create(shop)

    assert customers(shop) == 0


def test_a_page_can_come_where_json_was_due_with_any_status(shop: Shop) -> None:
    plant(shop, "html", status=502)

    answer = create(shop)

    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert customers(shop) == 0


def test_a_fault_lets_as_many_pass_as_asked(shop: Shop) -> None:
    plant(shop, "status", status=503, after=2, times=2, method="POST")

    statuses = [create(shop).status_code for _ in range(5)]

    assert statuses == [200, 200, 503, 503, 200]


def test_a_fault_that_waits_does_not_hide_the_next(shop: Shop) -> None:
    plant(shop, "status", status=503, after=1)
    plant(shop, "status", status=500)

    statuses = [create(shop).status_code for _ in range(3)]

    assert statuses == [500, 503, 200]


def test_a_route_chooses_itself_and_nothing_below_it(shop: Shop, customer: Any) -> None:
    plant(shop, "status", path="GET /v1/customers/{customer}")

    above = shop.call("GET", "/v1/customers")
    below = shop.call("GET", f"/v1/customers/{customer.id}/tax_ids")
    other = shop.call("POST", f"/v1/customers/{customer.id}")
    itself = shop.call("GET", f"/v1/customers/{customer.id}")

    assert [each.status_code for each in (above, below, other, itself)] == [200, 200, 200, 500]


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"status": 400}, stripe.InvalidRequestError, None),
        ({"status": 401}, stripe.AuthenticationError, None),
        ({"status": 402}, stripe.CardError, "card_declined"),
        ({"status": 402, "code": "expired_card"}, stripe.CardError, "expired_card"),
        ({"status": 403}, stripe.PermissionError, None),
        (
            {"status": 404, "code": "resource_missing"},
            stripe.InvalidRequestError,
            "resource_missing",
        ),
        ({"status": 409}, stripe.APIError, "idempotency_key_in_use"),
        ({"status": 429}, stripe.RateLimitError, "rate_limit"),
        ({"status": 429, "code": "lock_timeout"}, stripe.RateLimitError, "lock_timeout"),
        ({"status": 500}, stripe.APIError, None),
        ({"status": 503}, stripe.APIError, None),
    ],
)
def test_statuses_come_as_the_sdk_knows_them(
    shop: Shop, fields: dict[str, Any], kind: type[stripe.StripeError], code: str | None
) -> None:
    plant(shop, "status", method="POST", **fields)

    with pytest.raises(kind) as caught:
        shop.api.customers.create({"name": "Ana"})

    assert caught.value.http_status == fields["status"]
    assert caught.value.json_body["error"].get("code") == code
    assert customers(shop) == 0


def test_a_rate_limit_names_its_reason_and_a_lock_may_be_retried(shop: Shop) -> None:
    plant(shop, "status", status=429)
    plant(shop, "status", status=429, code="lock_timeout")

    limited, locked = create(shop), create(shop)

    assert limited.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert "Stripe-Should-Retry" not in limited.headers
    assert locked.headers["Stripe-Should-Retry"] == "true"
    assert "Stripe-Rate-Limited-Reason" not in locked.headers


def test_a_fault_stays_listed_until_it_is_used_up_or_called_off(shop: Shop) -> None:
    plant(shop, "status", times=2, path="/v1/customers", method="POST")
    create(shop)

    left = shop.transport.http.get("/_sandbox/faults").json()["faults"]
    shop.transport.http.delete("/_sandbox/faults")

    assert [(each["kind"], each["times"]) for each in left] == [("status", 1)]
    assert create(shop).status_code == 200


def test_a_reset_empties_everything(shop: Shop, customer: Any) -> None:
    shop.sandbox.advance(86_400)
    plant(shop, "status", path="/nowhere")

    answer = shop.transport.http.post("/_sandbox/reset")

    assert answer.status_code == 204
    assert shop.transport.http.get("/_sandbox/accounts").json() == []
    assert shop.transport.http.get("/_sandbox/faults").json() == {"faults": []}
    assert shop.transport.http.get("/_sandbox/requests.json").json() == []
    assert shop.transport.http.get("/_sandbox/clock").json()["offset"] == 0


def test_a_reset_can_leave_the_accounts(shop: Shop, customer: Any) -> None:
    body = {"keep_accounts": True}

    shop.transport.http.post("/_sandbox/reset", json=body).raise_for_status()

    assert shop.call("GET", f"/v1/customers/{customer.id}").status_code == 404
    assert shop.events() == []
    other = shop.transport.http.post("/_sandbox/accounts", json={}).json()
    assert other["id"] != shop.account["id"]


def test_the_first_account_is_there_after_a_reset_too(shop: Shop) -> None:
    shop.sandbox.open_first({"id": "acct_first", "secret_key": "sk_test_first"})

    shop.transport.http.post("/_sandbox/reset").raise_for_status()

    (account,) = shop.transport.http.get("/_sandbox/accounts").json()
    answer = shop.transport.http.get("/v1/account", auth=("sk_test_first", ""))
    assert (account["id"], answer.json()["id"]) == ("acct_first", "acct_first")
