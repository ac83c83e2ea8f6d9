"""What Stripe knows when the demo begins: every state of a subscription, invoice and method."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from portal.sandbox import stripe
from portal.sandbox.demo import places, seeding
from portal.sandbox.demo.seeding import Seed

Json = dict[str, Any]
Listed = Callable[..., list[Json]]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Seed, httpx.Client]]:
    """The demo's beginning, and a client of its Stripe sandbox after it."""
    found = places.read({"PORTAL_DATA": str(tmp_path_factory.mktemp("demo"))})
    seed = seeding.make(found)
    app = stripe.create_app(found.data / "stripe", base_url=found.stripe)
    with httpx.Client(transport=httpx.WSGITransport(app), base_url=found.stripe) as client:
        yield seed, client


@pytest.fixture
def listed(begun: tuple[Seed, httpx.Client]) -> Listed:
    """Return a reader of lists: ``listed("nuvol", "invoices", customer="Forn Ventura SL")``."""
    seed, client = begun

    def listed(slug: str, path: str, customer: str = "", **query: str) -> list[Json]:
        (merchant,) = [each for each in seed["merchants"] if each["slug"] == slug]
        known = {each["name"]: each.get("stripe_customer", "") for each in merchant["customers"]}
        asked = {"limit": "100"} | query | ({"customer": known[customer]} if customer else {})
        headers = {"Authorization": f"Bearer {merchant['stripe_secret_key']}"}
        answer = client.get(f"/v1/{path}", params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["data"]
        return found

    return listed


def subscription(listed: Listed, slug: str, customer: str) -> Json:
    (found,) = listed(slug, "subscriptions", customer, status="all")
    return found


@pytest.mark.parametrize(
    ("slug", "customer", "status"),
    [
        ("nuvol", "Forn Ventura SL", "active"),
        ("nuvol", "Taller Brunet SCP", "trialing"),
        ("nuvol", "Llibreria Onada", "past_due"),
        ("nuvol", "Gelats Polars SL", "active"),
        ("sunbeam", "Dana Whitfield", "canceled"),
        ("sunbeam", "Pine Street Clinic", "active"),
        ("rubra", "Empório Açaí Ltda", "active"),
    ],
)
def test_subscriptions_are_in_every_state(
    listed: Listed, slug: str, customer: str, status: str
) -> None:
    assert subscription(listed, slug, customer)["status"] == status


def test_one_subscription_ends_with_its_period(listed: Listed) -> None:
    assert subscription(listed, "nuvol", "Gelats Polars SL")["cancel_at_period_end"] is True


def test_one_subscription_has_a_change_scheduled(listed: Listed) -> None:
    found = subscription(listed, "nuvol", "Clínica Dental Arrels")
    (schedule,) = listed("nuvol", "subscription_schedules", "Clínica Dental Arrels")

    assert found["schedule"] == schedule["id"]
    assert len(schedule["phases"]) == 2


def test_one_subscription_is_paused(listed: Listed) -> None:
    assert subscription(listed, "sunbeam", "Maple Yard Co")["pause_collection"] is not None


def test_one_subscription_has_two_items(listed: Listed) -> None:
    items = subscription(listed, "nuvol", "Distribucions Vallès SA")["items"]["data"]

    assert sorted(each["quantity"] for each in items) == [1, 6]


def test_one_subscription_is_billed_by_use(listed: Listed) -> None:
    (item,) = subscription(listed, "sunbeam", "Harbor Bakery LLC")["items"]["data"]

    assert item["price"]["recurring"]["usage_type"] == "metered"


def test_one_subscription_has_its_invoices_sent(listed: Listed) -> None:
    assert (
        subscription(listed, "sunbeam", "Pine Street Clinic")["collection_method"] == "send_invoice"
    )


def test_invoices_are_open_paid_and_void(listed: Listed) -> None:
    statuses = {each["status"] for each in listed("sunbeam", "invoices", "Harbor Bakery LLC")}

    assert statuses == {"open", "paid", "void"}


@pytest.mark.parametrize(
    ("customer", "types"),
    [
        ("Forn Ventura SL", ["card", "card"]),
        ("Taller Brunet SCP", ["card"]),
        ("Clínica Dental Arrels", ["sepa_debit"]),
        ("Restaurant Nou", []),
    ],
)
def test_customers_have_different_methods(listed: Listed, customer: str, types: list[str]) -> None:
    assert [each["type"] for each in listed("nuvol", "payment_methods", customer)] == types


def test_linked_customers_name_their_contact(
    begun: tuple[Seed, httpx.Client], listed: Listed
) -> None:
    contacts = {
        each["stripe_customer"]: each["holded_contact"]
        for each in begun[0]["merchants"][0]["customers"]
    }

    found = {each["id"]: each["metadata"] for each in listed("nuvol", "customers")}

    assert found == {
        customer: {"holded_contact_id": contact} for customer, contact in contacts.items()
    }


def test_one_price_says_nothing_of_tax(listed: Listed) -> None:
    behaviors = [each["tax_behavior"] for each in listed("nuvol", "prices")]

    assert behaviors.count("unspecified") == 1
    assert set(behaviors) == {"exclusive", "unspecified"}


def test_there_is_a_coupon_for_who_wants_to_leave(listed: Listed) -> None:
    (coupon,) = [each for each in listed("nuvol", "coupons") if each["id"] == "STAY20"]

    assert (coupon["percent_off"], coupon["duration_in_months"]) == (20, 3)


@pytest.mark.parametrize(
    ("slug", "customer"), [("nuvol", "Forn Ventura SL"), ("rubra", "Livraria do Cais")]
)
def test_a_promotion_code_that_is_told_takes_a_tenth_off(
    begun: tuple[Seed, httpx.Client], listed: Listed, slug: str, customer: str
) -> None:
    (merchant,) = [each for each in begun[0]["merchants"] if each["slug"] == slug]
    (about,) = [each["about"] for each in merchant["customers"] if each["name"] == customer]
    (code,) = listed(slug, "promotion_codes", active="true", code="HOLA10")

    answer = (
        begun[1]
        .post(
            "/v1/invoices/create_preview",
            data={
                "subscription": subscription(listed, slug, customer)["id"],
                "discounts[0][promotion_code]": code["id"],
            },
            headers={"Authorization": f"Bearer {merchant['stripe_secret_key']}"},
        )
        .json()
    )

    (discount,) = answer["total_discount_amounts"]
    assert discount["amount"] == answer["subtotal"] // 10
    assert "promotion code HOLA10" in about


@pytest.mark.parametrize("slug", ["nuvol", "sunbeam", "rubra"])
def test_stripes_own_portal_is_configured(listed: Listed, slug: str) -> None:
    (configuration,) = listed(slug, "billing_portal/configurations", is_default="true")

    features = configuration["features"]
    assert features["subscription_cancel"]["mode"] == "at_period_end"
    assert features["subscription_update"]["enabled"] is True


def test_one_merchant_has_terms_and_a_privacy_notice(listed: Listed) -> None:
    (configuration,) = listed("nuvol", "billing_portal/configurations", is_default="true")

    assert configuration["business_profile"] == {
        "headline": "Nuvol Studio",
        "privacy_policy_url": "https://nuvol.example/privacidad",
        "terms_of_service_url": "https://nuvol.example/condiciones",
    }


def test_one_plans_quantity_can_change_from_one_to_ten(listed: Listed) -> None:
    (item,) = subscription(listed, "rubra", "Livraria do Cais")["items"]["data"]
    path = "data.features.subscription_update.products"
    (configuration,) = listed("rubra", "billing_portal/configurations", **{"expand[]": path})

    bounds = {
        each["product"]: each["adjustable_quantity"]
        for each in configuration["features"]["subscription_update"]["products"]
    }

    assert item["quantity"] == 2
    assert bounds[item["price"]["product"]] == {"enabled": True, "minimum": 1, "maximum": 10}


def test_the_same_day_begins_the_same_way(begun: tuple[Seed, httpx.Client], tmp_path: Any) -> None:
    again = seeding.make(places.read({"PORTAL_DATA": str(tmp_path)}))

    assert again == begun[0]
