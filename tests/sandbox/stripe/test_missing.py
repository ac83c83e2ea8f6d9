"""What is missing: 404 where the path names it, 400 where a parameter does, as recorded answers of
Stripe show (a Checkout session for an unknown customer, a payment with an unknown method).
"""

from typing import Any

import pytest

from tests.sandbox.stripe.conftest import Shop


@pytest.mark.parametrize(
    ("method", "path", "form", "param"),
    [
        ("GET", "/v1/customers/cus_none", {}, "id"),
        ("GET", "/v1/customers/cus_none/tax_ids", {}, "customer"),
        ("GET", "/v1/subscriptions/sub_none", {}, "id"),
        ("DELETE", "/v1/subscriptions/sub_none", {}, "id"),
        ("POST", "/v1/invoices/in_none/pay", {}, "id"),
        ("GET", "/v1/payment_intents/pi_none", {}, "intent"),
        ("GET", "/v1/checkout/sessions/cs_test_none", {}, "session"),
    ],
)
def test_a_path_to_nothing_is_404(
    shop: Shop, method: str, path: str, form: dict[str, Any], param: str
) -> None:
    answer = shop.call(method, path, data=form)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (404, "resource_missing", param)


@pytest.mark.parametrize(
    ("path", "form", "param"),
    [
        ("/v1/subscriptions", {"customer": "cus_none", "items[0][price]": "price_1"}, "customer"),
        ("/v1/invoices", {"customer": "cus_none"}, "customer"),
        (
            "/v1/payment_intents",
            {"amount": 500, "currency": "eur", "customer": "cus_none"},
            "customer",
        ),
        (
            "/v1/checkout/sessions",
            {
                "mode": "payment",
                "success_url": "https://shop.example",
                "line_items[0][price]": "price_none",
                "line_items[0][quantity]": 1,
            },
            "line_items[0][price]",
        ),
        ("/v1/payment_methods/pm_card_visa/attach", {"customer": "cus_none"}, "customer"),
        ("/v1/billing_portal/sessions", {"customer": "cus_none"}, "customer"),
    ],
)
def test_a_parameter_that_names_nothing_is_400(
    shop: Shop, path: str, form: dict[str, Any], param: str
) -> None:
    answer = shop.call("POST", path, data=form)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "resource_missing", param)


def test_a_cursor_that_names_nothing_is_400(shop: Shop) -> None:
    answer = shop.call("GET", "/v1/customers", params={"starting_after": "cus_none"})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "starting_after")
