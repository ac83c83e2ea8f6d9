"""Keys, bodies, headers and repetition: what every client of Stripe leans on."""

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.stripe.conftest import Shop

DAY = 86_400


def keyed(shop: Shop, key: str, path: str = "/v1/customers", **fields: Any) -> httpx.Response:
    return shop.call("POST", path, data=fields, headers={"Idempotency-Key": key})


def test_a_repeated_answer_names_the_first_request(shop: Shop) -> None:
    first, again = keyed(shop, "once", name="Ana"), keyed(shop, "once", name="Ana")

    assert again.text == first.text
    assert first.headers["Original-Request"] == first.headers["Request-Id"]
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert again.headers["Request-Id"] != first.headers["Request-Id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Idempotency-Key"] == "once"


def test_a_mismatch_is_an_idempotency_error(shop: Shop) -> None:
    keyed(shop, "once", name="Ana")

    answer = keyed(shop, "once", name="Bea")

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(shop.api.customers.list().data) == 1


def test_a_key_belongs_to_its_account(shop: Shop, open_shop: Any) -> None:
    other = open_shop(id="acct_other")

    first, second = keyed(shop, "once", name="Ana"), keyed(other, "once", name="Bea")

    assert (first.json()["name"], second.json()["name"]) == ("Ana", "Bea")


def test_a_key_holds_for_a_day_of_clock_time(shop: Shop) -> None:
    first = keyed(shop, "once", name="Ana")
    shop.sandbox.advance(DAY - 60)
    within = keyed(shop, "once", name="Ana")
    shop.sandbox.advance(120)
    after = keyed(shop, "once", name="Ana")

    assert within.json()["id"] == first.json()["id"]
    assert after.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_key_means_nothing_but_on_post(shop: Shop, customer: Any, method: str) -> None:
    path, headers = f"/v1/customers/{customer.id}", {"Idempotency-Key": "k" * 300}

    answer = shop.call(method, path, headers=headers)

    assert answer.status_code == 200
    assert "Idempotency-Key" not in answer.headers


def test_parameters_come_in_the_query_the_body_or_both(shop: Shop) -> None:
    made = shop.call("POST", "/v1/customers?name=Ana", data={"email": "ana@example.com"}).json()

    by_query = shop.call("GET", "/v1/customers", params={"email": "ana@example.com"}).json()
    by_body = shop.call("GET", "/v1/customers", data={"email": "nobody@example.com"}).json()

    assert (made["name"], made["email"]) == ("Ana", "ana@example.com")
    assert [each["id"] for each in by_query["data"]] == [made["id"]]
    assert by_body["data"] == []


def test_a_delete_may_have_a_body(shop: Shop, customer: Any) -> None:
    answer = shop.call("DELETE", f"/v1/customers/{customer.id}", data={"nonsense": "1"})

    assert answer.json()["error"]["param"] == "nonsense"
    assert shop.call("DELETE", f"/v1/customers/{customer.id}", data={}).json()["deleted"]


@pytest.mark.parametrize("name", ["expand[]", "expand[0]", "expand[7]"])
def test_lists_are_written_with_and_without_places(shop: Shop, customer: Any, name: str) -> None:
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})

    answer = shop.call("GET", f"/v1/payment_methods/{method.id}", params={name: "customer"})

    assert answer.json()["customer"]["id"] == customer.id


def test_an_element_written_without_places_takes_its_fields_together(shop: Shop) -> None:
    form = (
        "mode=payment&success_url=https://shop.example"
        "&line_items[][price_data][currency]=eur&line_items[][price_data][unit_amount]=900"
        "&line_items[][price_data][product_data][name]=Club&line_items[][quantity]=2"
        "&line_items[][price_data][currency]=eur&line_items[][price_data][unit_amount]=100"
        "&line_items[][price_data][product_data][name]=Bag&line_items[][quantity]=1"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    made = shop.call("POST", "/v1/checkout/sessions", content=form, headers=headers).json()

    assert made["amount_total"] == 1900


def test_an_empty_text_unsets_a_list(shop: Shop, customer: Any) -> None:
    path = f"/v1/customers/{customer.id}"
    shop.call("POST", path, data={"invoice_settings[custom_fields][0][name]": "PO",
                                  "invoice_settings[custom_fields][0][value]": "7"})  # fmt: skip

    emptied = shop.call("POST", path, data={"invoice_settings[custom_fields]": ""})

    assert emptied.json()["invoice_settings"]["custom_fields"] is None


def test_expanding_in_circles_ends_after_four_levels(shop: Shop, customer: Any) -> None:
    price = shop.api.prices.create(
        {"currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"},
         "product_data": {"name": "Club"}}
    )  # fmt: skip
    subscription = shop.api.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price.id}],
         "collection_method": "send_invoice", "days_until_due": 30}
    )  # fmt: skip
    round_trip = "latest_invoice.parent.subscription_details.subscription"
    path = f"/v1/subscriptions/{subscription.id}"

    within = shop.call("GET", path, params={"expand[]": round_trip})
    beyond = shop.call("GET", path, params={"expand[]": f"{round_trip}.latest_invoice"})

    details = within.json()["latest_invoice"]["parent"]["subscription_details"]
    assert details["subscription"]["id"] == subscription.id
    assert (beyond.status_code, beyond.json()["error"]["param"]) == (400, "expand")


def test_every_answer_can_be_told_from_the_next(shop: Shop) -> None:
    answers = [shop.call("GET", "/v1/customers") for _ in range(20)]

    assert len({answer.headers["Request-Id"] for answer in answers}) == 20
    assert {answer.headers["Stripe-Version"] for answer in answers} == {"2026-10-28.endive"}


def test_the_ledger_pages_and_filters(shop: Shop, customer: Any) -> None:
    for name in ("Bea", "Caro"):
        shop.call("POST", "/v1/customers", data={"name": name})
    shop.call("GET", "/v1/customers/cus_nobody")

    def listed(query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = shop.transport.http.get(
            f"/_sandbox/requests.json?{query}"
        ).json()
        return found

    first = listed("limit=2")

    assert len(first) == 2
    assert listed(f"since={first[-1]['seq']}&limit=1")[0]["params"] == {"name": "Caro"}
    assert len(listed("method=POST&path=/v1/customers")) == 3
    assert [each["method"] for each in listed("path=GET /v1/customers/{customer}")] == ["GET"]
    assert [each["path"] for each in listed("status=404")] == ["/v1/customers/cus_nobody"]


def test_the_ledger_keeps_no_secret_wherever_it_stands(shop: Shop) -> None:
    secrets = {
        "card[number]": "4000 0025 0000 3155",
        "card[cvc]": "987",
        "sepa_debit[iban]": "ES0700120345030000067890",
        "metadata[note]": "paid with 4242-4242-4242-4242 and sk_test_abcdefgh1234",
        "metadata[ES0700120345030000067890]": "x",
        "client_secret": "pi_1_secret_abcdefgh",
        "source": "tok_visa",
        "metadata[sent_at]": "1795656910123",
    }

    shop.call("POST", "/v1/payment_methods", data=secrets)

    entry = shop.transport.http.get("/_sandbox/requests.json").json()[-1]
    kept = json.dumps(entry)
    hidden = ["0025", "987", "ES07", "4242", "abcdefgh", "tok_visa"]
    assert [each for each in hidden if each in kept] == []
    assert entry["params"]["metadata"]["sent_at"] == "1795656910123"


def test_an_empty_key_is_none(shop: Shop) -> None:
    first, second = keyed(shop, "", name="Ana"), keyed(shop, "", name="Ana")

    assert first.json()["id"] != second.json()["id"]
    assert "Idempotency-Key" not in first.headers
