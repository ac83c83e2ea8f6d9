"""What Stripe is told of the kinds a Checkout page may offer, and what it tells of the account."""

from datetime import timedelta
from typing import Any

import pytest

from portal.domain.events import ObjectKind
from portal.domain.method_offers import MethodSettings, Terms, to_pay_with, to_save
from portal.domain.money import Money
from portal.gateways.stripe.translate import intent, method_settings
from tests.house import House

BACK = "https://shop.example/back"


def sent(house: House) -> dict[str, Any]:
    """Return the parameters of the last Checkout session that was asked for."""
    (*_, last) = [
        row
        for row in house.requests("stripe")
        if (row["method"], row["path"]) == ("POST", "/v1/checkout/sessions")
    ]
    assert last["status"] == 200, last
    return dict(last["params"])


def open_payment(house: House, currency: str, country: str, *, keeps: bool) -> dict[str, Any]:
    amount = Money(121_00, currency)
    house.at.payments.open_checkout_payment(
        key="checkout-1",
        amount=amount,
        description="Invoice F1",
        customer="",
        types=[kind.type for kind in to_pay_with(amount, Terms(country))],
        keeps_method=keeps,
        locale="en",
        return_url=BACK,
        cancel_url=BACK,
        expires_at=house.now() + timedelta(hours=1),
        metadata={},
    )
    return sent(house)


@pytest.mark.parametrize(
    ("currency", "country", "kept"),
    [
        ("eur", "ES", {"card", "link", "sepa_debit", "amazon_pay", "revolut_pay"}),
        ("usd", "ES", {"card", "link", "amazon_pay"}),
        ("gbp", "ES", {"card", "link", "amazon_pay"}),
    ],
)
def test_y3_that_a_method_be_kept_is_asked_for_by_kind_in_each_currency(
    house: House, currency: str, country: str, kept: set[str]
) -> None:
    told = open_payment(house, currency, country, keeps=True)

    asked = {
        kind
        for kind, options in told["payment_method_options"].items()
        if "setup_future_usage" in options
    }
    assert asked == kept
    assert "setup_future_usage" not in told["payment_intent_data"]
    assert "payment_method_types" not in told


@pytest.mark.parametrize(
    ("currency", "some", "none"),
    [
        ("eur", {"card", "sepa_debit", "bizum"}, {"us_bank_account", "twint"}),
        ("usd", {"card", "paypal"}, {"sepa_debit", "bizum", "us_bank_account"}),
        ("chf", {"card", "twint"}, {"sepa_debit", "bizum"}),
    ],
)
def test_a_page_is_told_which_kinds_it_may_offer_in_a_currency(
    house: House, currency: str, some: set[str], none: set[str]
) -> None:
    told = open_payment(house, currency, "ES", keeps=False)

    allowed = set(told["allowed_payment_method_types"].values())
    assert some <= allowed
    assert not none & allowed


def test_nothing_is_said_of_keeping_where_nobody_agreed_to_it(house: House) -> None:
    told = open_payment(house, "eur", "ES", keeps=False)

    assert told["payment_method_options"] == {"wechat_pay": {"client": "web"}}


def test_a_page_that_only_saves_is_told_what_can_be_kept(house: House) -> None:
    customer = house.stripe.v1.customers.create({"email": "ann@example.com"})

    house.at.payments.open_checkout_setup(
        key="setup-1",
        customer=customer.id,
        currency="eur",
        types=[kind.type for kind in to_save("eur", Terms("ES"))],
        locale="en",
        return_url=BACK,
        cancel_url=BACK,
        metadata={},
    )

    allowed = set(sent(house)["allowed_payment_method_types"].values())
    assert {"card", "link", "sepa_debit", "paypal"} <= allowed
    assert not {"bizum", "ideal", "multibanco", "boleto"} & allowed


def test_the_accounts_own_settings_say_what_it_takes(house: House) -> None:
    page = house.at.payments.list_page(ObjectKind.METHOD_SETTINGS)

    (settings,) = [one for one in page.snapshots if isinstance(one, MethodSettings)]
    assert settings.is_current
    assert {"klarna", "ideal", "boleto"} <= settings.turned_off
    assert not {"card", "sepa_debit", "bizum"} & settings.turned_off


@pytest.mark.parametrize(
    "told",
    [{"is_default": False}, {"active": False}, {"application": "ca_1"}],
    ids=["another", "inactive", "of an application"],
)
def test_settings_that_decide_nothing_here_are_not_the_current_ones(told: dict[str, Any]) -> None:
    body = {"id": "pmc_1", "is_default": True, "active": True, "application": None}

    assert method_settings(body).is_current
    assert not method_settings({**body, **told}).is_current


def test_a_kind_without_its_capability_is_off_whatever_the_merchant_prefers() -> None:
    on = {"preference": "on", "value": "on", "overridable": None}
    kind = {"available": False, "display_preference": on}
    body = {"id": "pmc_1", "is_default": True, "active": True, "bizum": kind}

    assert method_settings(body).turned_off == {"bizum"}


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("oxxo_display_details", {"hosted_voucher_url": BACK, "expires_after": 1_800_000_000}),
        ("konbini_display_details", {"hosted_voucher_url": BACK, "expires_at": 1_800_000_000}),
        ("multibanco_display_details", {"hosted_voucher_url": BACK, "expires_at": 1_800_000_000}),
        ("boleto_display_details", {"hosted_voucher_url": BACK, "expires_at": 1_800_000_000}),
    ],
)
def test_a_slip_says_where_it_is_and_until_when(action: str, shown: dict[str, Any]) -> None:
    told = intent(
        {
            "id": "pi_1",
            "status": "requires_action",
            "amount": 100,
            "currency": "mxn",
            "next_action": {"type": action, action: shown},
        }
    )

    assert told.next_url == BACK
    assert told.voucher_expires_at is not None
    assert told.voucher_expires_at.timestamp() == 1_800_000_000
