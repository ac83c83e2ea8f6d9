"""Stripe's own portal, for the single tasks that it can do and we cannot."""

from urllib.parse import urlsplit

import pytest

from portal.domain.configurations import PortalConfiguration
from portal.domain.decisions import Reason
from portal.domain.errors import NotFound, Refused
from portal.domain.resolver import Action
from portal.mirror import configurations
from portal.services import billing_portal
from portal.store.operations import OperationState
from tests.house import House
from tests.shop import GOOD, Shop


@pytest.fixture
def shop(house: House) -> Shop:
    """A merchant whose configuration is saved at Stripe as well."""
    shop = Shop(house)
    house.control("stripe", "accounts/acct_house", settings={"portal_saved": True})
    [default] = shop.stripe.billing_portal.configurations.list({"is_default": True}).data
    shop.stripe.billing_portal.configurations.update(
        default.id,
        {
            "features": {
                "payment_method_update": {"enabled": True},
                "subscription_cancel": {"enabled": True},
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price", "quantity", "promotion_code"],
                    "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
                    "products": [
                        {
                            "product": shop.products["Pro"],
                            "prices": [shop.prices["pro"], shop.prices["pro_year"]],
                            "adjustable_quantity": {"enabled": True, "minimum": 1},
                        }
                    ],
                },
            }
        },
    )
    house.sync()
    return shop


def subscribed(shop: Shop, **fields):
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, **fields)
    return shop.visit(customer), subscription


def current(shop: Shop) -> PortalConfiguration:
    return configurations.current(shop.house.db, shop.house.merchant)


def test_a_promotion_code_is_entered_in_stripes_portal(shop: Shop) -> None:
    visit, subscription = subscribed(shop)

    row = billing_portal.open_for(visit, Action.ENTER_CODE, subscription)

    assert row.state == OperationState.DONE
    assert urlsplit(row.leave_url).path.startswith("/p/session/")
    assert row.parameters["flow"]["type"] == "subscription_update"
    assert row.parameters["return_url"].endswith(f"/nuvol/subscriptions/{subscription}")
    assert row.parameters["configuration"] == current(shop).id


def test_a_method_can_be_added_in_stripes_portal(shop: Shop) -> None:
    visit, _ = subscribed(shop)

    row = billing_portal.open_for_method(visit)

    assert row.parameters["flow"]["type"] == "payment_method_update"
    assert row.leave_url


@pytest.mark.parametrize("action", [Action.CHANGE, Action.CANCEL])
def test_what_is_done_here_is_not_sent_there(shop: Shop, action: Action) -> None:
    visit, subscription = subscribed(shop)

    with pytest.raises(Refused):
        billing_portal.open_for(visit, action, subscription)


def test_what_stripe_refuses_as_well_is_not_sent_there(shop: Shop) -> None:
    items = [{"price": shop.prices["basic"]}, {"price": shop.prices["pro"]}]
    visit, subscription = subscribed(shop, items=items)

    with pytest.raises(Refused) as refusal:
        billing_portal.open_for(visit, Action.ENTER_CODE, subscription)

    assert refusal.value.decision.reason is Reason.SEVERAL_PRODUCTS


def test_nobody_opens_the_portal_for_somebody_elses_subscription(shop: Shop) -> None:
    _, subscription = subscribed(shop)
    stranger = shop.visit(shop.customer(GOOD, email="b@other.example"))

    with pytest.raises(NotFound):
        billing_portal.open_for(stranger, Action.ENTER_CODE, subscription)
