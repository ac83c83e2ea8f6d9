"""What an error says beside its type, code and message."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop

GENERIC = {
    "advice_code": "try_again_later",
    "code": "card_declined",
    "decline_code": "generic_decline",
    "doc_url": "https://stripe.com/docs/error-codes/card-declined",
    "message": "Your card was declined.",
    "network_decline_code": "01",
    "type": "card_error",
}


def error_of(answer: Any) -> dict[str, Any]:
    """The error hash of an answer."""
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_an_error_names_its_request_and_explains_its_code(shop: Shop) -> None:
    answer = shop.call("GET", "/v1/customers/cus_none")

    request = answer.headers["Request-Id"]
    logs = f"https://dashboard.stripe.com/{shop.account['id']}/test/workbench/logs"
    assert error_of(answer) == {
        "code": "resource_missing",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
        "message": "No such customer: 'cus_none'",
        "param": "id",
        "request_log_url": f"{logs}?object={request}",
        "type": "invalid_request_error",
    }


def test_an_error_without_a_code_has_nothing_to_explain(shop: Shop) -> None:
    error = error_of(shop.call("POST", "/v1/customers", data={"preferred_locales": "x"}))

    assert set(error) == {"message", "param", "request_log_url", "type"}


def test_a_wrong_key_is_told_nothing_of_the_account(shop: Shop) -> None:
    answer = shop.call("GET", "/v1/customers", headers={"Authorization": "Bearer sk_test_no"})

    assert set(error_of(answer)) == {"message", "type"}


def test_a_decline_carries_what_the_network_said(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.pay("pm_card_visa_chargeDeclined")

    said = caught.value.json_body["error"]
    intent = said["payment_intent"]
    charge = shop.api.charges.retrieve(intent["latest_charge"])
    assert {name: said[name] for name in GENERIC} == GENERIC
    assert {name: intent["last_payment_error"][name] for name in GENERIC} == GENERIC
    assert said["charge"] == charge.id
    assert said["payment_method"]["id"] == intent["last_payment_error"]["payment_method"]["id"]
    assert charge.outcome.network_decline_code == "01"
    assert (
        charge.outcome.seller_message
        == "The bank did not return any further details with this decline."
    )


def test_what_the_network_says_of_other_declines_is_not_invented(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.pay("pm_card_visa_chargeDeclinedInsufficientFunds")

    assert "network_decline_code" not in caught.value.json_body["error"]


def test_the_version_asked_for_is_the_version_told(shop: Shop) -> None:
    asked = {"Stripe-Version": "2026-09-30.endive"}

    assert shop.call("GET", "/v1/balance", headers=asked).headers["Stripe-Version"] == (
        "2026-09-30.endive"
    )
    assert shop.call("GET", "/v1/balance").headers["Stripe-Version"] == "2026-10-28.endive"


def test_a_decline_is_not_to_be_sent_again(shop: Shop) -> None:
    wanted = {
        "amount": "1500",
        "currency": "eur",
        "payment_method": "pm_card_visa_chargeDeclined",
        "confirm": "true",
        "return_url": "https://shop.example",
    }

    answer = shop.call(
        "POST", "/v1/payment_intents", data=wanted, headers={"Idempotency-Key": "k1"}
    )

    assert (answer.status_code, answer.headers["Stripe-Should-Retry"]) == (402, "false")
