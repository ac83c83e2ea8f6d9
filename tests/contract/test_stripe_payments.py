"""What the portal relies on of Stripe's intents and Checkout."""

from typing import Any

import pytest
import stripe

BACK = "https://shop.example/back"


def intent(api: Any, method: str, **params: Any) -> Any:
    """A payment of 15.00, confirmed at once as the portal does."""
    wanted = {"amount": 1500, "currency": "eur", "payment_method": method, "confirm": True}
    return api.payment_intents.create({**wanted, "return_url": BACK, **params})


def test_a_saved_card_pays_in_one_request(api: Any, customer: Any) -> None:
    """Create with confirm, customer, method, return_url, metadata (Y5)."""
    method = customer.invoice_settings.default_payment_method

    paid = intent(api, method, customer=customer.id, metadata={"payment": "p1"})

    assert (paid.status, paid.amount_received, paid.metadata["payment"]) == (
        "succeeded",
        1500,
        "p1",
    )


def test_a_payment_needs_a_way_back(api: Any) -> None:
    """`return_url` always, even for saved cards: else a 400 (Y5)."""
    wanted = {"amount": 1500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create(wanted)

    assert refused.value.http_status == 400


def test_a_declined_card_leaves_an_intent_to_try_again(api: Any) -> None:
    """A 402 is a CardError with the intent in it (6d)."""
    with pytest.raises(stripe.CardError) as declined:
        intent(api, "pm_card_chargeDeclined")

    error = declined.value.error
    found = api.payment_intents.retrieve(error.payment_intent.id)
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    assert (error.decline_code, found.status) == ("generic_decline", "requires_payment_method")
    assert api.payment_intents.cancel(found.id).status == "canceled"


def test_a_bank_that_asks_is_reached_by_redirect(api: Any) -> None:
    """With a return_url the next action is a redirect, not a script (Y5)."""
    asked = intent(api, "pm_card_authenticationRequired")

    api.payment_intents.cancel(asked.id)

    assert asked.status == "requires_action"
    assert asked.next_action.type == "redirect_to_url"
    assert asked.next_action.redirect_to_url.url.startswith("http")


@pytest.mark.parametrize("kind", ["payment_intents", "setup_intents"])
def test_types_of_methods_are_no_longer_chosen_by_list(api: Any, kind: str) -> None:
    """`payment_method_types` is refused by its own code (N7)."""
    wanted = {"payment_method_types": ["card"]}
    amount = {"amount": 100, "currency": "eur"} if kind == "payment_intents" else {}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        getattr(api, kind).create({**amount, **wanted})

    assert refused.value.code == "payment_method_types_no_longer_supported"


def test_a_paid_intent_is_found_by_its_customer(api: Any, customer: Any) -> None:
    """The record in our books is found again by metadata on the intent (Y2)."""
    method = customer.invoice_settings.default_payment_method
    paid = intent(api, method, customer=customer.id, metadata={"payment": "p2"})

    found = api.payment_intents.list({"customer": customer.id}).data

    assert [(one.id, one.metadata["payment"]) for one in found] == [(paid.id, "p2")]


def test_checkout_for_set_up_needs_a_currency_or_types(api: Any, customer: Any) -> None:
    """`currency` is required unless types are given (Y1)."""
    wanted = {"mode": "setup", "customer": customer.id, "success_url": BACK}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.checkout.sessions.create(wanted)
    made = api.checkout.sessions.create({**wanted, "currency": "eur"})
    api.checkout.sessions.expire(made.id)

    assert refused.value.param == "currency"
    assert (made.status, made.mode, made.url.startswith("http")) == ("open", "setup", True)


def test_a_checkout_that_was_left_can_be_closed(api: Any, customer: Any) -> None:
    """A session stays payable until it expires or is expired (Y3)."""
    data = {"currency": "eur", "unit_amount": 2500, "product_data": {"name": "Invoice F1"}}
    line = {"quantity": 1, "price_data": data}
    wanted = {"mode": "payment", "customer": customer.id, "line_items": [line]}
    made = api.checkout.sessions.create({**wanted, "success_url": BACK, "metadata": {"p": "1"}})

    closed = api.checkout.sessions.expire(made.id)

    assert (made.amount_total, made.metadata["p"]) == (2500, "1")
    assert (closed.status, closed.url, closed.payment_status) == ("expired", None, "unpaid")
