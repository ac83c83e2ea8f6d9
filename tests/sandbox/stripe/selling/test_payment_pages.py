"""Pages of Checkout that the command line's fixtures fill in."""

from typing import Any

import pytest

from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.test_checkout import session

BILLED = {"email": "stripe@example.com", "name": "Jenny Rosen"}
DAY = 86400
DECLINED = 402


def method(shop: Shop, **more: Any) -> str:
    """A card of a payer who says who they are."""
    kind = {"type": "card", "card": {"token": "tok_visa"}} if "type" not in more else {}
    return str(shop.api.payment_methods.create(kind | {"billing_details": BILLED} | more).id)


def confirm(shop: Shop, made: Any, **wanted: Any) -> Any:
    """The press of the button as a fixture sends it."""
    return shop.call("POST", f"/v1/payment_pages/{made.id}/confirm", data=wanted)


def refusal(answer: Any) -> tuple[int, str | None, str | None]:
    """Status, code and parameter of a refused request."""
    error = answer.json()["error"]
    return answer.status_code, error.get("code"), error.get("param")


def test_a_fixture_completes_a_session_as_its_page_does(shop: Shop) -> None:
    shipping = {"name": "Jenny Rosen", "address": {"line1": "510 Townsend St", "country": "US"}}
    made = session(shop, payment_intent_data={"shipping": shipping})

    answer = confirm(shop, made, payment_method=method(shop), expected_amount=2500)

    assert answer.json()["status"] == "complete"
    found = shop.api.checkout.sessions.retrieve(made.id, {"expand": ["payment_intent"]})
    assert (found.payment_status, found.customer_details.email) == ("paid", BILLED["email"])
    assert found.payment_intent.shipping.address.line1 == "510 Townsend St"
    assert shop.events()[-4:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


@pytest.mark.parametrize(
    ("iban", "event"),
    [
        ("AT611904300234573201", "checkout.session.async_payment_succeeded"),
        ("AT861904300235473202", "checkout.session.async_payment_failed"),
    ],
)
def test_a_debit_completes_the_session_and_the_money_is_told_of_later(
    shop: Shop, iban: str, event: str
) -> None:
    made = session(shop, allowed_payment_method_types=["sepa_debit"])
    debit = method(shop, type="sepa_debit", sepa_debit={"iban": iban})

    confirm(shop, made, payment_method=debit)

    assert shop.api.checkout.sessions.retrieve(made.id).payment_status == "unpaid"
    assert shop.events().count("checkout.session.completed") == 1
    assert shop.sandbox.advance(14 * DAY) == []
    assert event in shop.events()


def test_a_declined_card_leaves_the_session_open(shop: Shop) -> None:
    made = session(shop)
    bad = method(shop, card={"token": "tok_chargeDeclined"})

    assert refusal(confirm(shop, made, payment_method=bad))[:2] == (DECLINED, "card_declined")

    assert shop.api.checkout.sessions.retrieve(made.id).status == "open"


def test_a_page_is_confirmed_once(shop: Shop) -> None:
    made = session(shop)
    confirm(shop, made, payment_method=method(shop))

    again = confirm(shop, made, payment_method=method(shop))

    assert refusal(again) == (400, "checkout_succeeded_session", None)
    assert [one["status"] for one in shop.charges()] == ["succeeded"]


def test_an_expired_page_is_no_longer_there(shop: Shop) -> None:
    made = session(shop)
    shop.api.checkout.sessions.expire(made.id)

    answer = shop.call("GET", f"/v1/payment_pages/{made.id}")

    assert refusal(answer) == (400, "checkout_not_active_session", None)


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        ({"expected_amount": "1"}, (400, "checkout_amount_mismatch", "expected_amount")),
        ({"eid": "NA"}, (400, "parameter_unknown", "eid")),
        ({"payment_method": "pm_none"}, (400, "resource_missing", "payment_method")),
    ],
)
def test_a_wrong_confirmation_is_refused(shop: Shop, wanted: Any, refused: Any) -> None:
    made = session(shop)

    answer = confirm(shop, made, **{"payment_method": method(shop)} | wanted)

    assert refusal(answer) == refused
    assert shop.charges() == []


def test_what_only_a_payer_can_fill_in_is_asked_for(shop: Shop) -> None:
    made = session(shop, shipping_address_collection={"allowed_countries": ["ES"]})

    answer = confirm(shop, made, payment_method=method(shop))

    assert refusal(answer) == (400, None, "shipping_line1")


def test_a_payer_without_an_address_for_mail_is_refused(shop: Shop) -> None:
    made = session(shop)
    nameless = method(shop, billing_details={"name": "Jenny Rosen"})

    answer = confirm(shop, made, payment_method=nameless)

    assert refusal(answer) == (400, None, "payment_method")
    assert shop.charges() == []
