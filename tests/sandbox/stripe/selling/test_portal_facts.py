"""What Stripe documents about its customer portal, each fact by its id.

C: configurations, S: sessions, L: limits, P: pausing, R: cancelling. Those of the pages' everyday
use are in `test_billing_portal*.py`.
"""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop, path_of
from tests.sandbox.stripe.selling.test_quotes import by_usage
from tests.sandbox.stripe.test_billing_portal import EVERYTHING, configure, price
from tests.sandbox.stripe.test_billing_portal_pages import MINUTE, Portal

REFUSED = stripe.InvalidRequestError
DAY = 86400
YES = {"confirm": "yes"}


@pytest.fixture
def portal(shop: Shop, customer: Any) -> Portal:
    """A customer in the portal."""
    return Portal(shop, customer)


def refusal(shop: Shop, portal: Portal, **more: Any) -> Any:
    """Why a session of these parameters is not made."""
    wanted = {"customer": portal.customer.id, "configuration": portal.configuration.id}
    with pytest.raises(REFUSED) as caught:
        shop.api.billing_portal.sessions.create(wanted | more)
    return caught.value


# Configurations


def test_c1_c4_configurations_are_made_listed_and_retired(shop: Shop) -> None:
    """C1, C4: create, list, retrieve, update; no delete; filters `active` and `is_default`."""
    made = [configure(shop) for _ in range(3)]

    shop.api.billing_portal.configurations.update(made[1].id, {"active": False})

    active = shop.api.billing_portal.configurations.list({"active": True, "is_default": False})
    assert [one.id for one in active.data] == [made[2].id, made[0].id]
    answer = shop.call("DELETE", f"/v1/billing_portal/configurations/{made[0].id}")
    assert answer.status_code == 404


def test_c3_only_features_are_required_and_update_clears(shop: Shop) -> None:
    """C2, C3, C7, C10: what create needs, what an update with an empty value unsets."""
    with pytest.raises(REFUSED) as caught:
        shop.api.billing_portal.configurations.create({"name": "A"})
    made = shop.api.billing_portal.configurations.create(
        {
            "features": {"invoice_history": {"enabled": True}},
            "name": "A",
            "metadata": {"a": "1"},
            "default_return_url": "https://shop.example",
            "business_profile": {"privacy_policy_url": "https://shop.example/p"},
        }
    )

    cleared = shop.api.billing_portal.configurations.update(
        made.id,
        {
            "name": "",
            "metadata": "",
            "default_return_url": "",
            "business_profile": {"privacy_policy_url": ""},
            "features": {"customer_update": {"allowed_updates": ""}},
        },
    )

    assert caught.value.param == "features"
    assert (cleared.name, cleared.default_return_url) == (None, None)
    assert cleared.metadata.to_dict() == {}
    assert cleared.business_profile.privacy_policy_url is None


@pytest.mark.parametrize(("length", "taken"), [(60, True), (61, False)])
def test_c7_a_headline_has_sixty_characters(shop: Shop, length: int, taken: bool) -> None:
    """C7."""
    wanted = {
        "features": {"invoice_history": {"enabled": True}},
        "business_profile": {"headline": "x" * length},
    }
    answer = shop.call(
        "POST",
        "/v1/billing_portal/configurations",
        data={
            "features[invoice_history][enabled]": "true",
            "business_profile[headline]": wanted["business_profile"]["headline"],
        },
    )

    assert (answer.status_code == 200) is taken


def test_c5_c21_the_dashboards_configuration_has_its_defaults(shop: Shop) -> None:
    """C5, C21: plans off, cancelling and its reasons on, details on without shipping and tax id."""
    shop.account["_settings"]["portal_saved"] = True
    shop.sandbox.save_account(shop.account)

    (default,) = shop.api.billing_portal.configurations.list({"is_default": True}).data

    features = default.features
    assert not features.subscription_update.enabled
    assert features.subscription_cancel.enabled
    assert features.subscription_cancel.cancellation_reason.enabled
    assert set(features.customer_update.allowed_updates) == {"name", "email", "address", "phone"}
    assert (features.payment_method_update.enabled, features.invoice_history.enabled) == (True,) * 2
    event = shop.api.events.list({"type": "billing_portal.configuration.created"}).data[0]
    assert event.data.object.is_default


def test_c8_a_login_page_comes_and_goes(shop: Shop) -> None:
    """C8: one address for each configuration, which ends when the page is switched off."""
    made = shop.api.billing_portal.configurations.create(
        {"features": EVERYTHING, "login_page": {"enabled": True}}
    )
    opens = shop.browser.get(path_of(made.login_page.url)).status_code

    off = shop.api.billing_portal.configurations.update(made.id, {"login_page": {"enabled": False}})

    assert (opens, off.login_page.url) == (200, None)
    assert shop.browser.get(path_of(made.login_page.url)).status_code == 404


@pytest.mark.parametrize(
    ("default", "own", "shown"),
    [
        (None, None, None),
        ("https://shop.example/d", None, "https://shop.example/d"),
        ("https://shop.example/d", "https://shop.example/o", "https://shop.example/o"),
    ],
)
def test_c9_the_way_back_is_the_sessions_or_the_default(
    shop: Shop, customer: Any, default: str | None, own: str | None, shown: str | None
) -> None:
    """C9: without either there is no link to the business."""
    more = {"default_return_url": default} if default else {}
    made = shop.api.billing_portal.configurations.create({"features": EVERYTHING, **more})
    wanted = {"customer": customer.id, "configuration": made.id}
    session = shop.api.billing_portal.sessions.create(wanted | ({"return_url": own} if own else {}))

    page = shop.browser.get(path_of(session.url)).text

    assert session.return_url == shown
    assert ("Return to" in page) is bool(shown)


def test_c11_only_what_is_allowed_can_be_edited(shop: Shop, customer: Any) -> None:
    """C11: address, email, name, phone, shipping, tax_id; empty is nothing."""
    allowed = ["address", "email", "name", "phone", "shipping", "tax_id"]
    every = Portal(shop, customer, customer_update={"enabled": True, "allowed_updates": allowed})
    path = every.flow("customer_update")
    form = {"name": "Ana", "email": "a@example.com", "phone": "1", "line1": "A", "country": "ES"}
    sent = {"shipping_name": "Bea", "shipping_line1": "B", "shipping_country": "PT"}

    every.browser.post(
        path, data=form | sent | {"tax_id_type": "es_cif", "tax_id_value": "A12345678"}
    )

    found = shop.api.customers.retrieve(customer.id, {"expand": ["tax_ids"]})
    assert (found.phone, found.shipping.address.country) == ("1", "PT")
    assert [one.value for one in found.tax_ids.data] == ["A12345678"]
    shop.api.billing_portal.configurations.update(
        every.configuration.id, {"features": {"customer_update": {"allowed_updates": ""}}}
    )
    page = every.browser.get(every.flow("customer_update")).text
    assert "<input" not in page


def test_c15_create_needs_the_options_of_reasons(shop: Shop) -> None:
    """C15."""
    feature = {"enabled": True, "cancellation_reason": {"enabled": True}}

    with pytest.raises(REFUSED) as caught:
        configure(shop, subscription_cancel=feature)

    assert caught.value.param == "features[subscription_cancel][cancellation_reason][options]"


def test_c16_no_coupon_is_configured(shop: Shop) -> None:
    """C16: the API offers coupons by session only."""
    with pytest.raises(REFUSED) as caught:
        configure(shop, subscription_cancel={"enabled": True, "retention": {"coupon": "x"}})

    assert caught.value.code == "parameter_unknown"


def test_c17_c18_features_have_their_defaults(shop: Shop) -> None:
    """C17, C18."""
    made = configure(shop, subscription_pause={"enabled": True}, subscription_update=UPDATE)

    pause, update = made.features.subscription_pause, made.features.subscription_update
    assert [one.to_dict() for one in pause.duration.interval_options] == [
        {"interval": "month", "interval_count": 1}
    ]
    assert (update.proration_behavior, update.billing_cycle_anchor) == ("none", "unchanged")
    assert update.trial_update_behavior == "end_trial"
    assert update.schedule_at_period_end.conditions == []


UPDATE = {"enabled": True, "default_allowed_updates": [], "products": []}


def test_c22_the_home_shows_product_price_and_interval(portal: Portal) -> None:
    """C22."""
    portal.shop.api.products.update(portal.silver.product, {"description": "For members"})

    page = portal.browser.get(portal.open()).text

    for words in ("Club, €9.00 / month", "For members"):
        assert words in page


# Sessions


def test_s1_sessions_are_only_made(shop: Shop, portal: Portal) -> None:
    """S1, S2, S3: nothing but create; a customer is needed; the configuration can be expanded."""
    made = shop.api.billing_portal.sessions.create(
        {
            "customer": portal.customer.id,
            "configuration": portal.configuration.id,
            "locale": "es-419",
            "expand": ["configuration"],
        }
    )

    assert made.configuration.object == "billing_portal.configuration"
    assert (made.locale, shop.events()[-1]) == ("es-419", "billing_portal.session.created")
    for method, path in (("GET", ""), ("GET", f"/{made.id}"), ("DELETE", f"/{made.id}")):
        assert shop.call(method, f"/v1/billing_portal/sessions{path}").status_code == 404
    with pytest.raises(REFUSED) as caught:
        shop.api.billing_portal.sessions.create({"configuration": portal.configuration.id})
    assert caught.value.param == "customer"


def test_s4_a_session_that_asked_for_it_is_recovered_by_mail(shop: Shop, portal: Portal) -> None:
    """S4, N5: the customer proves the address and gets a session of the same configuration."""
    after = {"type": "customer_login"}
    path = portal.open(after_expiration=after, return_url="https://shop.example/back")
    shop.sandbox.advance(6 * MINUTE)
    closed = portal.browser.get(path)

    asked = portal.browser.post(f"{path}/recover", data={"email": "ana@example.com"}).text
    code = asked.split("<strong>")[1].split("<")[0]
    other = portal.browser.post(f"{path}/recover", data={"email": "bea@example.com", "code": code})
    entered = portal.browser.post(
        f"{path}/recover", data={"email": "ana@example.com", "code": code}
    )

    assert (closed.status_code, "Send the code" in closed.text) == (410, True)
    assert "Simulation" in asked
    assert other.status_code == 400
    page = portal.browser.get(path_of(entered.location))
    assert (page.status_code, "https://shop.example/back" in page.text) == (200, True)


def test_s4_recovery_ends_at_its_deadline(shop: Shop, portal: Portal) -> None:
    """S4, N5: `customer_login.expires_at`; without `after_expiration` there is none."""
    until = shop.sandbox.clock.now() + 3600
    path = portal.open(
        after_expiration={"type": "customer_login", "customer_login": {"expires_at": until}}
    )
    without = portal.open()

    shop.sandbox.advance(3601)

    assert "Send the code" not in portal.browser.get(path).text
    assert portal.browser.get(f"{path}/recover").status_code == 410
    assert "Send the code" not in portal.browser.get(without).text


@pytest.mark.parametrize(
    ("kind", "feature"),
    [
        ("customer_update", "customer_update"),
        ("payment_method_update", "payment_method_update"),
        ("subscription_cancel", "subscription_cancel"),
        ("subscription_pause", "subscription_pause"),
        ("subscription_update", "subscription_update"),
        ("subscription_update_confirm", "subscription_update"),
    ],
)
def test_s5_s11_each_flow_needs_its_feature(
    shop: Shop, portal: Portal, kind: str, feature: str
) -> None:
    """S5, S11: six flows; each is refused when its feature is off, and hides the rest."""
    item = {"id": portal.subscription["items"].data[0].id, "quantity": 2}
    details: dict[str, Any] = {"subscription": portal.subscription.id}
    if kind == "subscription_update_confirm":
        details["items"] = [item]
    flow = {"type": kind} | ({kind: details} if kind.startswith("subscription") else {})
    opened = portal.browser.get(path_of(portal.browser.get(portal.open(flow_data=flow)).location))

    shop.api.billing_portal.configurations.update(
        portal.configuration.id, {"features": {feature: {"enabled": False}}}
    )

    assert "Back to billing" not in opened.text
    assert refusal(shop, portal, flow_data=flow).param == "flow_data[type]"


@pytest.mark.parametrize(
    "kind",
    ["subscription_cancel", "subscription_pause", "subscription_update",
     "subscription_update_confirm"],
)  # fmt: skip
def test_s7_s8_flows_of_subscriptions_name_one(shop: Shop, portal: Portal, kind: str) -> None:
    """S7, S8."""
    assert refusal(shop, portal, flow_data={"type": kind}).param == f"flow_data[{kind}]"


def confirm(portal: Portal, **more: Any) -> dict[str, Any]:
    """A flow that confirms one change."""
    item = {"id": portal.subscription["items"].data[0].id, "price": portal.gold.id}
    details = {"subscription": portal.subscription.id, "items": [item]} | more
    return {"type": "subscription_update_confirm", "subscription_update_confirm": details}


def test_s8_l14_one_item_and_a_price_of_the_configuration(shop: Shop, portal: Portal) -> None:
    """S8, L14, L19."""
    product = shop.api.products.create({"name": "Other"})
    foreign = price(shop, product.id, 100)
    item = {"id": portal.subscription["items"].data[0].id}

    two = refusal(shop, portal, flow_data=confirm(portal, items=[item, item]))
    other = refusal(shop, portal, flow_data=confirm(portal, items=[item | {"price": foreign.id}]))

    assert two.param == "flow_data[subscription_update_confirm][items]"
    assert other.param == "flow_data[subscription_update_confirm][items][0][price]"


def test_s8_a_flows_discount_is_given_with_the_change(shop: Shop, portal: Portal) -> None:
    """S8."""
    coupon = shop.api.coupons.create({"percent_off": 50, "duration": "forever"})
    home = portal.open(flow_data=confirm(portal, discounts=[{"coupon": coupon.id}]))
    path = path_of(portal.browser.get(home).location)

    portal.browser.post(path, data=YES)

    found = shop.api.subscriptions.retrieve(portal.subscription.id, {"expand": ["discounts"]})
    assert [one.source.coupon for one in found.discounts] == [coupon.id]


@pytest.mark.parametrize(
    "retention",
    [{"type": "coupon_offer"}, {"coupon_offer": {"coupon": "x"}},
     {"type": "coupon_offer", "coupon_offer": {"coupon": "none"}}],
)  # fmt: skip
def test_s9_an_offer_is_complete(shop: Shop, portal: Portal, retention: dict[str, Any]) -> None:
    """S9."""
    details = {"subscription": portal.subscription.id, "retention": retention}
    flow = {"type": "subscription_cancel", "subscription_cancel": details}

    found = refusal(shop, portal, flow_data=flow)

    assert found.param.startswith("flow_data[subscription_cancel][retention]")


@pytest.mark.parametrize(
    ("after", "ends"),
    [
        ({"type": "portal_homepage"}, ""),
        ({"type": "hosted_confirmation"}, "/done"),
        ({"type": "redirect", "redirect": {"return_url": "https://shop.example/x"}},
         "https://shop.example/x"),
    ],
)  # fmt: skip
def test_s10_a_flow_ends_as_it_says(
    shop: Shop, portal: Portal, after: dict[str, Any], ends: str
) -> None:
    """S10."""
    flow = {"type": "customer_update", "after_completion": after}
    path = path_of(portal.browser.get(portal.open(flow_data=flow)).location)

    answer = portal.browser.post(path, data={"name": "Ana", "email": "ana@example.com"})

    assert answer.location.endswith(ends)


def test_s10_words_of_the_end_have_five_hundred_characters(shop: Shop, portal: Portal) -> None:
    """S10."""
    message = {"custom_message": "x" * 501}
    after = {"type": "hosted_confirmation", "hosted_confirmation": message}
    flow = {"type": "customer_update", "after_completion": after}

    found = refusal(shop, portal, flow_data=flow)

    assert found.param == "flow_data[after_completion][hosted_confirmation][custom_message]"


def test_s11_what_is_cancelled_is_not_cancelled_again(shop: Shop, portal: Portal) -> None:
    """S11."""
    shop.api.subscriptions.update(portal.subscription.id, {"cancel_at_period_end": True})
    flow = {
        "type": "subscription_cancel",
        "subscription_cancel": {"subscription": portal.subscription.id},
    }

    assert "already set to be canceled" in str(refusal(shop, portal, flow_data=flow))


@pytest.mark.parametrize(("tag", "taken"), [("auto", True), ("en-AU", True), ("ca", False)])
def test_s12_locales_are_those_of_the_page(
    shop: Shop, portal: Portal, tag: str, taken: bool
) -> None:
    """S12, A1, A4."""
    answer = shop.call(
        "POST",
        "/v1/billing_portal/sessions",
        data={
            "customer": portal.customer.id,
            "configuration": portal.configuration.id,
            "locale": tag,
        },
    )

    assert (answer.status_code == 200) is taken


def test_s13_on_behalf_of_is_not_modelled(shop: Shop, portal: Portal) -> None:
    """S13."""
    assert refusal(shop, portal, on_behalf_of="acct_1").code == "sandbox_unsupported"


# Limits


def cancel_only(portal: Portal) -> str:
    """Why the subscription cannot be changed, having seen that it can be cancelled."""
    home = portal.browser.get(portal.open()).text
    address = f"/subscriptions/{portal.subscription.id}"
    assert f"{address}/update" not in home
    assert f"{address}/cancel" in home
    path = f"{portal.open()}{address}/update"
    return str(portal.browser.get(path).text)


def test_l1_several_products_can_only_be_cancelled(shop: Shop, portal: Portal) -> None:
    """L1."""
    shop.api.subscription_items.create(
        {"subscription": portal.subscription.id, "price": portal.gold.id}
    )

    assert "several products" in cancel_only(portal)


def test_l2_usage_can_only_be_cancelled(shop: Shop, portal: Portal) -> None:
    """L2."""
    portal.subscription = shop.api.subscriptions.create(
        {"customer": portal.customer.id, "items": [{"price": by_usage(shop)}]}
    )

    assert "billed by usage" in cancel_only(portal)


def test_l3_sent_invoices_can_only_be_cancelled(shop: Shop, portal: Portal) -> None:
    """L3."""
    shop.api.subscriptions.update(
        portal.subscription.id, {"collection_method": "send_invoice", "days_until_due": 7}
    )

    assert "sent invoices" in cancel_only(portal)


def test_l4_an_unsupported_method_can_only_be_cancelled(shop: Shop, portal: Portal) -> None:
    """L4, L7: the method that counts is unsupported; payment methods are shown all the same."""
    sandbox, name = shop.sandbox, portal.method
    with sandbox.store.transaction():
        unit = sandbox.unit_for(name)
        unit.put(unit.get("payment_method", name) | {"type": "klarna"})

    assert "paid by this method" in cancel_only(portal)
    assert "Payment methods" in portal.browser.get(portal.open()).text


def test_l5_what_is_scheduled_takes_nothing_more(shop: Shop, portal: Portal) -> None:
    """L5: neither a change nor a cancellation while a phase lies ahead."""
    schedule = shop.api.subscription_schedules.create({"from_subscription": portal.subscription.id})
    phase = schedule.phases[0]
    now = {"items": [{"price": portal.silver.id}], "start_date": phase.start_date}
    later = {"items": [{"price": portal.gold.id}], "duration": {"interval": "month"}}
    shop.api.subscription_schedules.update(
        schedule.id, {"phases": [now | {"end_date": phase.end_date}, later]}
    )

    home = portal.browser.get(portal.open()).text

    assert "/update" not in home
    assert "/cancel" not in home


@pytest.mark.parametrize(
    ("behavior", "offered"), [("exclusive", True), ("inclusive", False), ("unspecified", False)]
)
def test_l6_tax_behaviour_must_be_the_same_and_specified(
    shop: Shop, portal: Portal, behavior: str, offered: bool
) -> None:
    """L6."""
    product = shop.api.products.create({"name": "Platinum"})
    wanted = {"product": product.id, "currency": "eur", "unit_amount": 2900}
    other = shop.api.prices.create(
        wanted | {"recurring": {"interval": "month"}, "tax_behavior": behavior}
    )
    offer(portal, other)

    page = portal.browser.get(portal.flow("subscription_update")).text

    assert (other.id in page) is offered


def offer(portal: Portal, *prices: Any) -> None:
    """The configuration lets customers switch to these prices."""
    products = [{"product": one.product, "prices": [one.id]} for one in (portal.silver, *prices)]
    portal.shop.api.billing_portal.configurations.update(
        portal.configuration.id, {"features": {"subscription_update": {"products": products}}}
    )


@pytest.mark.parametrize(
    ("behavior", "status"), [("end_trial", "active"), ("continue_trial", "trialing")]
)
def test_l9_a_change_ends_a_trial_unless_told_otherwise(
    shop: Shop, customer: Any, behavior: str, status: str
) -> None:
    """L9, C18."""
    portal = Portal(shop, customer)
    shop.api.subscriptions.cancel(portal.subscription.id)
    portal.subscription = shop.api.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": portal.silver.id}],
            "trial_period_days": 10,
        }
    )
    shop.api.billing_portal.configurations.update(
        portal.configuration.id,
        {"features": {"subscription_update": {"trial_update_behavior": behavior}}},
    )
    path = portal.flow("subscription_update").replace("/update", f"/confirm?price={portal.gold.id}")

    portal.browser.post(path, data=YES)

    assert portal.retrieve()["items"].data[0].price.id == portal.gold.id
    assert portal.retrieve().status == status


def test_l11_no_page_is_shown_in_a_frame(portal: Portal) -> None:
    """L11."""
    answer = portal.browser.get(portal.open())

    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_l12_a_change_of_product_is_never_deferred(shop: Shop, portal: Portal) -> None:
    """C20, L12: conditions hold within one product only."""
    product = shop.api.products.create({"name": "Bronze"})
    cheaper = price(shop, product.id, 100)
    offer(portal, cheaper)
    conditions = [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}]
    shop.api.billing_portal.configurations.update(
        portal.configuration.id,
        {
            "features": {
                "subscription_update": {"schedule_at_period_end": {"conditions": conditions}}
            }
        },
    )
    path = portal.flow("subscription_update").replace("/update", f"/confirm?price={cheaper.id}")

    portal.browser.post(path, data=YES)

    assert portal.retrieve()["items"].data[0].price.id == cheaper.id


def test_l17_the_address_that_signed_in_stays(shop: Shop, portal: Portal) -> None:
    """L17, G1 to G5: e-mail and code; unknown addresses look the same; the address stays."""
    login = shop.api.billing_portal.configurations.update(
        portal.configuration.id, {"login_page": {"enabled": True}}
    ).login_page.url
    prefilled = portal.browser.get(f"{path_of(login)}?prefilled_email=ana%40example.com").text
    asked = portal.browser.post(path_of(login), data={"email": "ana@example.com"}).text
    unknown = portal.browser.post(path_of(login), data={"email": "no@example.com"}).text
    code = asked.split("<strong>")[1].split("<")[0]

    entered = portal.browser.post(path_of(login), data={"email": "ana@example.com", "code": code})
    home = path_of(entered.location)
    form = portal.browser.get(f"{home}/details").text

    assert 'value="ana@example.com"' in prefilled
    assert asked.replace("ana@", "").replace(code, "") == unknown.replace("no@", "").replace(
        unknown.split("<strong>")[1].split("<")[0], ""
    )
    assert 'name="name"' in form
    assert 'name="email"' not in form


def test_l17_a_code_is_for_one_address_and_ten_minutes(shop: Shop, portal: Portal) -> None:
    """G2, G4."""
    login = shop.api.billing_portal.configurations.update(
        portal.configuration.id, {"login_page": {"enabled": True}}
    ).login_page.url
    asked = portal.browser.post(path_of(login), data={"email": "ana@example.com"}).text
    code = asked.split("<strong>")[1].split("<")[0]
    wrong = portal.browser.post(path_of(login), data={"email": "no@example.com", "code": code})

    shop.sandbox.advance(21 * MINUTE)

    late = portal.browser.post(path_of(login), data={"email": "ana@example.com", "code": code})
    assert (wrong.status_code, late.status_code) == (400, 400)


def test_g3_the_newest_customer_with_a_subscription_signs_in(shop: Shop, portal: Portal) -> None:
    """G3."""
    shop.api.customers.create({"email": "ana@example.com"})
    login = shop.api.billing_portal.configurations.update(
        portal.configuration.id, {"login_page": {"enabled": True}}
    ).login_page.url
    asked = portal.browser.post(path_of(login), data={"email": "ANA@example.com"}).text
    code = asked.split("<strong>")[1].split("<")[0]

    entered = portal.browser.post(path_of(login), data={"email": "ANA@example.com", "code": code})

    assert "Club" in portal.browser.get(path_of(entered.location)).text


@pytest.mark.parametrize(
    ("query", "taken"), [("quantity=5", True), ("quantity=6", False), ("quantity=1", True)]
)
def test_l20_quantities_keep_their_bounds(portal: Portal, query: str, taken: bool) -> None:
    """L20, C19."""
    path = portal.flow("subscription_update").replace("/update", f"/confirm?{query}")

    answer = portal.browser.post(path, data=YES)

    assert (answer.status_code == 303) is taken


def test_l21_l22_other_currencies_and_archived_prices_are_not_offered(
    shop: Shop, portal: Portal
) -> None:
    """L21, L22: the price or its product is archived, or has no amount in the currency."""
    products = [shop.api.products.create({"name": name}).id for name in "ABC"]
    archived, gone, foreign = (price(shop, one, 100) for one in products)
    dollars = shop.api.prices.create(
        {
            "product": products[2],
            "currency": "usd",
            "unit_amount": 100,
            "recurring": {"interval": "year"},
            "tax_behavior": "exclusive",
        }
    )
    offer(portal, archived, gone, dollars)
    shop.api.prices.update(archived.id, {"active": False})
    shop.api.products.update(products[1], {"active": False})

    page = portal.browser.get(portal.flow("subscription_update")).text

    assert portal.silver.id in page
    for one in (archived, gone, foreign, dollars):
        assert one.id not in page


def test_l23_ended_subscriptions_have_no_flow(shop: Shop, portal: Portal) -> None:
    """L23."""
    shop.api.subscriptions.cancel(portal.subscription.id)
    flow = {
        "type": "subscription_cancel",
        "subscription_cancel": {"subscription": portal.subscription.id},
    }

    found = refusal(shop, portal, flow_data=flow)

    assert found.param == "flow_data[subscription_cancel][subscription]"


# Pausing


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"collection_method": "send_invoice", "days_until_due": 7}, "sent invoices"),
        ({"billing_mode": {"type": "classic"}}, "cannot be paused"),
        ({"trial_period_days": 5}, "trialing"),
    ],
)
def test_p1_l18_what_cannot_be_paused(
    shop: Shop, portal: Portal, more: dict[str, Any], words: str
) -> None:
    """P1, L18."""
    portal.subscription = shop.api.subscriptions.create(
        {"customer": portal.customer.id, "items": [{"price": portal.silver.id}]} | more
    )

    page = portal.browser.post(portal.flow("subscription_pause"), data=YES)

    assert words in page.text
    assert portal.retrieve().status != "paused"


def test_c17_a_pause_lasts_as_long_as_was_chosen(shop: Shop, customer: Any) -> None:
    """C17."""
    options = [{"interval": "week"}, {"interval": "month", "interval_count": 2}]
    duration = {"type": "interval_options", "interval_options": options}
    portal = Portal(shop, customer, subscription_pause={"enabled": True, "duration": duration})
    path = portal.flow("subscription_pause")
    page = portal.browser.get(path).text

    portal.browser.post(path, data={"duration": "0"})
    paused = portal.retrieve().status
    shop.sandbox.advance(7 * DAY + 1)

    assert "2 months" in page
    assert (paused, portal.retrieve().status) == ("paused", "active")


def test_c17_a_pause_may_have_no_end(shop: Shop, customer: Any) -> None:
    """C17."""
    feature = {"enabled": True, "duration": {"type": "indefinite"}}
    portal = Portal(shop, customer, subscription_pause=feature)

    portal.browser.post(portal.flow("subscription_pause"), data=YES)
    shop.sandbox.advance(100 * DAY)

    assert portal.retrieve().status == "paused"


# Cancelling


def test_r4_the_merchants_own_reasons_are_offered(shop: Shop, customer: Any) -> None:
    """R1 to R4, C15: own options that are in use, then Stripe's."""
    made = [shop.api.billing.feedback_options.create({"description": one}) for one in "AB"]
    shop.api.billing.feedback_options.deactivate(made[1].id)
    reason = {
        "enabled": True,
        "options": ["unused", "other"],
        "feedback_options": [one.id for one in made],
    }
    feature = {"enabled": True, "cancellation_reason": reason}
    portal = Portal(shop, customer, subscription_cancel=feature)
    path = portal.flow("subscription_cancel")
    page = portal.browser.post(path, data=YES).text

    portal.browser.post(path, data={"reason": made[0].id})

    details = portal.retrieve().cancellation_details
    assert (made[0].id in page, made[1].id in page, "too_expensive" in page) == (True, False, False)
    assert (details.feedback_option, details.reason) == (made[0].id, "cancellation_requested")


def test_r5_nothing_is_noted_of_one_that_goes_on(portal: Portal) -> None:
    """R5: the reason is asked after cancelling."""
    portal.browser.post(portal.flow("subscription_cancel"), data={"reason": "unused"})

    assert portal.retrieve().cancellation_details.feedback is None


@pytest.mark.parametrize(("mode", "at_end"), [("classic", True), ("flexible", False)])
def test_r7_the_billing_mode_says_how_the_end_is_recorded(
    shop: Shop, portal: Portal, mode: str, at_end: bool
) -> None:
    """R7."""
    portal.subscription = shop.api.subscriptions.create(
        {
            "customer": portal.customer.id,
            "items": [{"price": portal.silver.id}],
            "billing_mode": {"type": mode},
        }
    )

    portal.browser.post(portal.flow("subscription_cancel"), data=YES)

    found = portal.retrieve()
    assert found.cancel_at_period_end is at_end
    assert found.cancel_at == found["items"].data[0].current_period_end


@pytest.mark.parametrize(("behavior", "credited"), [("create_prorations", True), ("none", False)])
def test_c14_l13_r10_an_end_at_once_is_credited_as_configured(
    shop: Shop, customer: Any, behavior: str, credited: bool
) -> None:
    """C14, L13, R10."""
    reason = {"enabled": True, "options": ["unused"]}
    feature = {
        "enabled": True,
        "mode": "immediately",
        "proration_behavior": behavior,
        "cancellation_reason": reason,
    }
    portal = Portal(shop, customer, subscription_cancel=feature)
    path = portal.flow("subscription_cancel")
    shop.sandbox.advance(10 * DAY)
    path = portal.flow("subscription_cancel")

    portal.browser.post(path, data=YES)
    portal.browser.post(path, data={"reason": "unused"})

    found = portal.retrieve()
    assert (found.status, found.cancellation_details.feedback) == ("canceled", "unused")
    assert (shop.api.customers.retrieve(customer.id).balance < 0) is credited


def test_r11_an_offer_comes_to_the_discounts_that_are_there(shop: Shop, portal: Portal) -> None:
    """R11, R12: nothing is taken away, and the cancellation is not made."""
    old, new = (
        shop.api.coupons.create({"percent_off": percent, "duration": "forever"})
        for percent in (5, 20)
    )
    shop.api.subscriptions.update(portal.subscription.id, {"discounts": [{"coupon": old.id}]})
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": new.id}}
    path = portal.flow("subscription_cancel", retention=retention)

    portal.browser.post(path, data={"accept": "yes"})

    found = shop.api.subscriptions.retrieve(portal.subscription.id, {"expand": ["discounts"]})
    assert [one.source.coupon for one in found.discounts] == [old.id, new.id]
    assert found.cancel_at is None
