"""Payment links: what they ask for, where they lead, and when they stop."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop, path_of
from tests.sandbox.stripe.selling.test_quotes import monthly, one_off
from tests.sandbox.stripe.test_checkout import FILLED

REFUSED = stripe.InvalidRequestError
UNMODELLED = "sandbox_unsupported"


def link(shop: Shop, *prices: str, **more: Any) -> Any:
    """A link that sells one of each price."""
    lines = [{"price": price, "quantity": 1} for price in prices]
    return shop.api.payment_links.create({"line_items": lines} | more)


def follow(shop: Shop, made: Any, query: str = "") -> str:
    """The path of the Checkout page that a visit leads to."""
    answer = shop.browser.get(path_of(made.url) + query)
    assert answer.status_code == 303
    return path_of(answer.location)


def newest(shop: Shop, made: Any) -> Any:
    """The session of the last visit."""
    return shop.api.checkout.sessions.list({"payment_link": made.id}).data[0]


def test_each_visit_opens_a_session_of_its_own(shop: Shop) -> None:
    made = link(shop, one_off(shop), metadata={"campaign": "spring"})

    first, second = follow(shop, made), follow(shop, made)
    shop.browser.post(first, data=FILLED)

    sessions = shop.api.checkout.sessions.list({"payment_link": made.id}).data
    assert first != second
    assert sorted(one.status for one in sessions) == ["complete", "open"]
    assert {one.metadata["campaign"] for one in sessions} == {"spring"}
    assert [one["amount"] for one in shop.charges()] == [2000]


def test_thanks_are_said_or_the_payer_goes_on(shop: Shop) -> None:
    words = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Enjoy!"}}
    onward = {"type": "redirect", "redirect": {"url": "https://shop.example/{CHECKOUT_SESSION_ID}"}}
    thanks = link(shop, one_off(shop), after_completion=words)
    on = link(shop, one_off(shop), after_completion=onward)

    page = shop.browser.post(follow(shop, thanks), data=FILLED)
    sent = shop.browser.post(follow(shop, on), data=FILLED)

    assert (page.status_code, "Enjoy!" in page.text) == (200, True)
    assert sent.location == f"https://shop.example/{newest(shop, on).id}"


def test_recurring_prices_start_a_trial(shop: Shop) -> None:
    made = link(
        shop,
        monthly(shop),
        subscription_data={"trial_period_days": 7, "metadata": {"from": "link"}},
    )

    shop.browser.post(follow(shop, made), data=FILLED)

    subscription = shop.api.subscriptions.retrieve(newest(shop, made).subscription)
    assert (subscription.status, subscription.metadata["from"]) == ("trialing", "link")
    assert made.subscription_data.trial_period_days == 7


def test_the_payer_chooses_amount_and_quantity(shop: Shop) -> None:
    gift = shop.api.prices.create(
        {
            "currency": "eur",
            "custom_unit_amount": {"enabled": True, "minimum": 500},
            "product_data": {"name": "Gift"},
        }
    )
    chosen = link(shop, gift.id, submit_type="donate")
    counted = shop.api.payment_links.create(
        {
            "line_items": [
                {
                    "price": one_off(shop),
                    "quantity": 1,
                    "adjustable_quantity": {"enabled": True, "maximum": 3},
                }
            ]
        }
    )

    shop.browser.post(follow(shop, chosen), data=FILLED | {"amount": "7.50"})
    path = follow(shop, counted)
    item = shop.api.checkout.sessions.line_items.list(newest(shop, counted).id).data[0]
    shop.browser.post(path, data=FILLED | {f"quantity_{item.id}": "3"})

    assert [one["amount"] for one in shop.charges()] == [750, 6000]


def test_the_limit_closes_it(shop: Shop) -> None:
    made = link(
        shop,
        one_off(shop),
        restrictions={"completed_sessions": {"limit": 1}},
        inactive_message="Sold out",
    )
    path, waiting = follow(shop, made), follow(shop, made)

    shop.browser.post(path, data=FILLED)

    found = shop.api.payment_links.retrieve(made.id)
    assert (found.active, found.restrictions.completed_sessions.count) == (False, 1)
    page = shop.browser.get(path_of(made.url))
    assert (page.status_code, "Sold out" in page.text) == (410, True)
    assert shop.browser.post(waiting, data=FILLED).status_code == 410
    assert shop.events()[-2:] == ["payment_link.updated", "charge.updated"]
    with pytest.raises(REFUSED, match="limit"):
        shop.api.payment_links.update(made.id, {"active": True})


def test_it_is_switched_off_and_on(shop: Shop) -> None:
    made = link(shop, one_off(shop))
    shop.api.payment_links.update(made.id, {"active": False})
    closed = shop.browser.get(path_of(made.url)).status_code

    shop.api.payment_links.update(made.id, {"active": True})

    assert closed == 410
    assert follow(shop, made)


def test_an_unknown_address_leads_nowhere(shop: Shop) -> None:
    assert shop.browser.get("/b/test_nothing").status_code == 404


def test_the_address_names_the_payer(shop: Shop) -> None:
    made = link(shop, one_off(shop))

    follow(shop, made, "?client_reference_id=order_7&prefilled_email=ana%40example.com")

    session = newest(shop, made)
    assert (session.client_reference_id, session.customer_email) == ("order_7", "ana@example.com")


def test_types_of_payment_methods_are_still_written_here(shop: Shop) -> None:
    made = link(shop, one_off(shop), payment_method_types=["klarna", "card"])

    follow(shop, made)

    assert newest(shop, made).payment_method_types == ["card", "klarna"]


def test_what_is_collected_is_handed_on(shop: Shop) -> None:
    field = {"key": "size", "label": {"type": "custom", "custom": "Size"}, "type": "text"}
    made = link(
        shop,
        one_off(shop),
        custom_fields=[field],
        phone_number_collection={"enabled": True},
        tax_id_collection={"enabled": True},
        customer_creation="always",
        allow_promotion_codes=True,
        name_collection={"individual": {"enabled": True, "optional": True}},
        payment_intent_data={"description": "From a link", "metadata": {"a": "1"}},
        invoice_creation={"enabled": True},
    )

    form = {"field_size": "L", "phone": "+34600000000"}
    shop.browser.post(follow(shop, made), data=FILLED | form)

    session = newest(shop, made)
    intent = shop.api.payment_intents.retrieve(session.payment_intent)
    assert session.custom_fields[0].text.value == "L"
    assert (intent.description, intent.metadata["a"]) == ("From a link", "1")
    assert session.customer
    assert session.invoice


def test_sending_costs_are_part_of_it(shop: Shop) -> None:
    amount = {"amount": 450, "currency": "eur"}
    rate = shop.api.shipping_rates.create({"display_name": "Post", "fixed_amount": amount})
    made = link(
        shop,
        one_off(shop),
        shipping_options=[{"shipping_rate": rate.id}],
        shipping_address_collection={"allowed_countries": ["ES"]},
    )

    follow(shop, made)

    assert made.shipping_options[0].shipping_amount == 450
    assert newest(shop, made).amount_total == 2450


def test_changes_hold_for_the_next_visit(shop: Shop) -> None:
    made = link(shop, one_off(shop), submit_type="book", custom_text={"submit": {"message": "A"}})
    item = shop.api.payment_links.line_items.list(made.id).data[0]

    changed = shop.api.payment_links.update(
        made.id,
        {
            "line_items": [{"id": item.id, "quantity": 4}],
            "custom_text": {"submit": {"message": "B"}},
            "inactive_message": "",
        },
    )
    follow(shop, made)

    assert (changed.submit_type, changed.custom_text.submit.message) == ("book", "B")
    assert newest(shop, made).amount_total == 8000


def test_links_are_listed_with_their_lines(shop: Shop) -> None:
    made = [link(shop, one_off(shop)) for _ in range(2)]
    shop.api.payment_links.update(made[0].id, {"active": False})

    listed = shop.api.payment_links.list({"active": True, "expand": ["data.line_items"]}).data

    assert [(one.id, one.line_items.data[0].amount_total) for one in listed] == [(made[1].id, 2000)]
    assert shop.events()[-1] == "payment_link.updated"


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"line_items": []}, "line_items", "parameter_missing"),
        ({"optional_items": [{"price": "price_1", "quantity": 1}]}, "optional_items", UNMODELLED),
        ({"transfer_data": {"destination": "acct_1"}}, "transfer_data", UNMODELLED),
        ({"on_behalf_of": "acct_1"}, "on_behalf_of", UNMODELLED),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax[enabled]", UNMODELLED),
        ({"subscription_data": {"trial_period_days": 3}}, "subscription_data", None),
        ({"after_completion": {"type": "redirect"}}, "after_completion[redirect]",
         "parameter_missing"),
        ({"restrictions": {"completed_sessions": {"limit": 0}}},
         "restrictions[completed_sessions][limit]", None),
        ({"payment_method_types": ["grabpay"]}, "payment_method_types", UNMODELLED),
        ({"inactive_message": "x" * 501}, "inactive_message", None),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(
    shop: Shop, more: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(REFUSED) as caught:
        link(shop, one_off(shop), **more)

    assert (caught.value.param, caught.value.code) == (param, code)


def test_tiered_prices_are_not_sold_by_link(shop: Shop) -> None:
    tiers = [{"up_to": 5, "unit_amount": 100}, {"up_to": "inf", "unit_amount": 50}]
    wanted = {
        "currency": "eur",
        "billing_scheme": "tiered",
        "tiers": tiers,
        "tiers_mode": "volume",
        "recurring": {"interval": "month"},
        "product_data": {"name": "Seats"},
    }

    with pytest.raises(REFUSED, match="standard prices"):
        link(shop, shop.api.prices.create(wanted).id)
