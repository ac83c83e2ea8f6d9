"""Leaving on one page, the offer beside it, the receipt, and coming back."""

import re

import pytest

from portal.domain.offers import OfferKind
from portal.services import offers
from portal.services.offers import Terms
from tests.browser import Browser, Page
from tests.house import House
from tests.lint import text_of
from tests.offering import coupon_of
from tests.shop import DECLINING, GOOD, Shop, sign_in


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def enter(shop: Shop, browser: Browser, **fields) -> str:
    """Sign a new subscriber in and return the subscription."""
    customer = shop.customer(GOOD, **fields)
    subscription = shop.subscribe(customer)
    sign_in(browser, shop.visit(customer))
    return subscription


def enter_trial(shop: Shop, browser: Browser) -> str:
    """Sign somebody in who tries for a week."""
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, trial_period_days=7)
    sign_in(browser, shop.visit(customer))
    return subscription


def stay(shop: Shop, **conditions) -> None:
    """Offer 20 % for three months to those who leave."""
    shop.stripe.coupons.create(
        {"id": "STAY20", "percent_off": 20, "duration": "repeating", "duration_in_months": 3}
    )
    offers.add(shop.house.at, coupon_of("STAY20", **conditions))


def twins(page: Page) -> list[tuple[str, str]]:
    """Return the names and styles of the two buttons at the foot of the page."""
    twin = next(one for one in page.tree.iter("div") if one.get("class") == "twin")
    return [(text_of(one), one.get("class", "")) for one in twin if one.tag in {"a", "button"}]


def options(page: Page) -> list[str]:
    reason = next(one for one in page.tree.iter("select") if one.get("name") == "reason")
    return [option.get("value", "") for option in reason.iter("option")]


def test_one_page_says_what_ends_when_and_what_it_means_in_money(
    shop: Shop, browser: Browser
) -> None:
    subscription = enter(shop, browser)

    page = browser.get("customer.subscriptions.cancel", id=subscription)

    assert page.h1 == "Cancel Basic"
    assert "the end of the period you have paid for" in page.text
    assert "You can take the cancellation back here" in page.text
    assert "None: the period runs to its end" in page.text


@pytest.mark.parametrize(
    ("how", "sentences"),
    [
        (
            {"trial_period_days": 14},
            (
                "with its trial, and is never charged",
                "Your trial goes on.",
                "the trial costs nothing",
            ),
        ),
        (
            {"collection_method": "send_invoice", "days_until_due": 5},
            ("the end of a period that is not paid yet", "What is due stays due.", "not paid yet"),
        ),
    ],
)
def test_a_period_nobody_has_paid_for_is_not_called_paid(
    shop: Shop, browser: Browser, how: dict[str, object], sentences: tuple[str, ...]
) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, **how)
    shop.house.control("stripe", "clock", advance=8 * 86_400)
    shop.house.pass_time(8 * 86_400)
    sign_in(browser, shop.visit(customer))

    page = browser.get("customer.subscriptions.cancel", id=subscription)

    assert [sentence for sentence in sentences if sentence not in page.text] == []
    assert "the period you have paid for" not in page.text
    assert "Everything works as before" not in page.text


def test_cancel_and_keep_weigh_the_same_and_nothing_is_ticked_for_people(
    shop: Shop, browser: Browser
) -> None:
    subscription = enter(shop, browser)

    page = browser.get("customer.subscriptions.cancel", id=subscription)

    (cancel, one_style), (keep, other_style) = twins(page)
    assert (cancel, keep) == ("Cancel subscription", "Keep my plan")
    assert one_style == other_style == "btn tall"
    assert "checked" not in page.html
    assert options(page)[0] == ""


def test_one_press_is_enough_and_leads_to_a_numbered_receipt(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)

    page = browser.press("Cancel subscription")

    assert page.h1 == "Subscription cancelled"
    assert re.search(r"Receipt number 100\d", page.text)
    assert "ana@fornaurora.example" in page.text
    assert "Nothing more is charged for it" in page.text
    assert shop.told(subscription).cancel_at is not None


def test_reason_and_words_reach_stripe(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)

    browser.press("Cancel subscription", reason="too_expensive", comment="Pressupost retallat")

    told = shop.told(subscription).cancellation_details
    assert (told.feedback, told.comment) == ("too_expensive", "Pressupost retallat")


def test_reasons_stand_in_an_order_of_their_own_with_another_one_last(
    shop: Shop, browser: Browser
) -> None:
    subscription = enter(shop, browser)

    first = options(browser.get("customer.subscriptions.cancel", id=subscription))
    again = options(browser.get("customer.subscriptions.cancel", id=subscription))

    assert first == again
    assert first[-1] == "other"
    assert len(first) == 9


def test_only_the_merchants_reasons_are_asked_or_none(shop: Shop, browser: Browser) -> None:
    shop.configure(cancellation_options=("unused", "other"))
    subscription = enter(shop, browser)
    few = browser.get("customer.subscriptions.cancel", id=subscription)
    shop.configure(cancellation_reason=False)

    none = browser.get("customer.subscriptions.cancel", id=subscription)

    assert options(few) == ["", "unused", "other"]
    assert not any(one.get("name") == "reason" for one in none.tree.iter("select"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"comment": "x" * 501}, "At most 500 characters"),
        ({"comment": "a\u202eb"}, "characters in it that cannot be shown"),
        ({"reason": "because"}, "choose one of these"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field_and_changes_nothing(
    shop: Shop, browser: Browser, fields: dict[str, str], sentence: str
) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)

    page = browser.press("Cancel subscription", status=422, **fields)

    assert sentence in page.text
    assert shop.told(subscription).cancel_at is None


def test_b45_pressing_twice_shows_the_same_receipt(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)
    first = browser.press("Cancel subscription")
    browser.get("customer.subscriptions.show", id=subscription)

    second = browser.post("customer.subscriptions.confirm_cancel", id=subscription)

    assert first.url == second.url
    assert second.h1 == "Subscription cancelled"


def test_a_cancellation_is_taken_back_from_its_receipt(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)
    browser.press("Cancel subscription")

    page = browser.press("Take the cancellation back")
    old = browser.get("customer.history.show", number=1001)

    assert page.h1 == "Cancellation taken back"
    assert shop.told(subscription).cancel_at is None
    assert "Take the cancellation back" not in old.button_names


def test_a_subscription_that_ends_says_so_and_can_be_kept(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)
    browser.press("Cancel subscription")

    page = browser.get("customer.subscriptions.show", id=subscription)
    refused = browser.get("customer.subscriptions.cancel", id=subscription)

    assert "Ending" in page.text
    assert "Keep the subscription" in page.button_names
    assert "is cancelled already" in refused.text
    assert "Cancel subscription" not in refused.button_names


def test_the_offer_stands_beside_and_is_taken_with_one_press(shop: Shop, browser: Browser) -> None:
    stay(shop)
    subscription = enter(shop, browser)
    page = browser.get("customer.subscriptions.cancel", id=subscription)

    receipt = browser.press("Stay with 20% off")
    later = browser.get("customer.subscriptions.cancel", id=subscription)

    assert "€7.20 a month" in page.text
    assert "Cancel subscription" in page.button_names
    assert receipt.h1 == "Offer accepted"
    assert "20%" in receipt.text
    assert len(shop.told(subscription).discounts) == 1
    assert not any("Stay with" in name for name in later.button_names)


def test_b47_pressing_the_offer_again_takes_it_once(shop: Shop, browser: Browser) -> None:
    stay(shop)
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)
    form, button = browser.page.form_of("Stay with 20% off")
    offer = {"offer": button.get("value")}
    first = browser.press("Stay with 20% off")
    browser.get("customer.subscriptions.show", id=subscription)

    again = browser.post("customer.subscriptions.take_offer", offer, id=subscription)
    shop.house.pass_time(600)
    late = browser.post("customer.subscriptions.take_offer", offer, id=subscription)

    assert form is not None
    assert first.url == again.url
    assert "You have taken this offer already" in late.text
    assert shop.stripe.coupons.retrieve("STAY20").times_redeemed == 1


@pytest.mark.parametrize("offer", ["", "999", "x", "-1", "9" * 30])
def test_an_offer_nobody_made_changes_nothing(shop: Shop, browser: Browser, offer: str) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.show", id=subscription)

    page = browser.post("customer.subscriptions.take_offer", {"offer": offer}, id=subscription)

    assert "This offer no longer stands" in page.text
    assert not shop.told(subscription).discounts


def test_german_customers_see_no_offer(shop: Shop, browser: Browser) -> None:
    stay(shop)
    subscription = enter(shop, browser, address={"country": "DE", "city": "Köln"})

    page = browser.get("customer.subscriptions.cancel", id=subscription)

    assert "stay for less" not in page.text
    assert "Cancel subscription" in page.button_names


def test_a_failed_payment_is_named_and_does_not_stand_in_the_way(
    shop: Shop, browser: Browser
) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    bad = shop.stripe.payment_methods.attach(DECLINING, {"customer": customer}).id
    shop.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": bad}})
    shop.house.control("stripe", "clock", advance=32 * 86_400)
    shop.house.pass_time(32 * 86_400)
    sign_in(browser, shop.visit(customer))

    page = browser.get("customer.subscriptions.cancel", id=subscription)
    receipt = browser.press("Cancel subscription")

    assert "Its last payment failed" in page.text
    assert "€10.89 in 1 invoice" in page.text
    assert receipt.h1 == "Subscription cancelled"
    assert "Still to pay" in receipt.text


def test_ending_at_once_is_said_before_and_after(shop: Shop, browser: Browser) -> None:
    shop.configure(cancel_mode="immediately", cancel_proration="create_prorations")
    subscription = enter(shop, browser)

    page = browser.get("customer.subscriptions.cancel", id=subscription)
    receipt = browser.press("Cancel subscription")

    assert "It ends at once" in page.text
    assert "The time you do not use is credited" in page.text
    assert receipt.h1 == "Subscription ended at once"
    assert "Take the cancellation back" not in receipt.button_names


def test_a_notice_given_while_stripe_is_down_is_receipted(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)
    shop.house.stripe_wire.is_cut = True

    page = browser.press("Cancel subscription")
    shown = browser.get("customer.subscriptions.show", id=subscription)

    assert page.h1 == "Cancellation received"
    assert "it counts from this moment" in page.text
    assert "Your cancellation was received (receipt 1001)" in shown.text
    assert shown.link("See the receipt") == "/nuvol/history/1001"
    assert "Cancel subscription" not in shown.link_names
    assert "We are checking" not in shown.text


def test_what_the_merchant_keeps_to_itself_says_whom_to_ask(shop: Shop, browser: Browser) -> None:
    shop.configure(subscription_cancel=False)
    subscription = enter(shop, browser)

    page = browser.get("customer.subscriptions.cancel", id=subscription)

    assert "has not opened this here" in page.text
    assert page.link("Ask them").endswith(f"/questions/new?topic=cancel&of={subscription}")


@pytest.mark.provider
@pytest.mark.parametrize("language", ["en-XA", "ar-XB"])
@pytest.mark.parametrize(
    "endpoint",
    [
        "customer.subscriptions.list_all",
        "customer.subscriptions.show",
        "customer.subscriptions.change",
        "customer.subscriptions.cancel",
        "customer.subscriptions.method",
        "customer.history.show",
        "customer.history.list_all",
    ],
)
def test_every_word_is_translated_in_either_direction(
    shop: Shop, browser: Browser, endpoint: str, language: str
) -> None:
    stay(shop)
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)
    browser.press("Cancel subscription", comment="Adeu")
    browser.press("Take the cancellation back")
    names = {"customer.history.show": {"number": 1001}, "customer.history.list_all": {}}
    values = names.get(endpoint, {"id": subscription} if "list_all" not in endpoint else {})

    page = browser.get(endpoint, locale=language, **values)

    assert page.tree.get("lang") == language


@pytest.mark.provider
@pytest.mark.parametrize("language", ["en-XA", "ar-XB"])
def test_every_word_of_a_preview_is_translated(shop: Shop, browser: Browser, language: str) -> None:
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription, locale=language)
    form = next(one for one in browser.page.tree.iter("form") if one.get("class") == "split")
    button = text_of(next(form.iter("button")))

    page = browser.press(button, price=shop.prices["pro"], quantity="1")

    assert page.tree.get("lang") == language
    assert "35" in page.text


def test_telling_the_reason_shows_its_offer_beside_the_cancel_button(
    shop: Shop, browser: Browser
) -> None:
    stay(shop, reasons=("too_expensive",))
    subscription = enter(shop, browser, address={"country": "US", "state": "CA"})
    silent = browser.get("customer.subscriptions.cancel", id=subscription)

    page = browser.press(
        "See if something else fits", reason="too_expensive", comment="Too much for me"
    )

    again = browser.open(f"{silent.url}/reason")

    assert "Stay with 20% off" not in silent.button_names
    assert {"Cancel subscription", "Keep my plan"} <= set(again.button_names)
    assert {"Stay with 20% off", "Cancel subscription", "Keep my plan"} <= set(page.button_names)
    assert "Too much for me" in page.html


def test_a_reason_no_offer_is_for_says_so_and_leaves_both_buttons(
    shop: Shop, browser: Browser
) -> None:
    stay(shop, reasons=("too_expensive",))
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)

    page = browser.press("See if something else fits", reason="unused")
    receipt = browser.press("Cancel subscription")

    assert "Nothing else fits" in page.text
    assert receipt.h1 == "Subscription cancelled"
    assert shop.told(subscription).cancellation_details.feedback == "unused"


def test_keeping_leads_back_to_the_subscription(shop: Shop, browser: Browser) -> None:
    stay(shop)
    subscription = enter(shop, browser)
    browser.get("customer.subscriptions.cancel", id=subscription)

    page = browser.press("Keep my plan")

    assert page.url.endswith(f"/subscriptions/{subscription}")
    assert shop.told(subscription).cancel_at is None


def test_a_cheaper_plan_leads_to_the_page_of_its_exact_sums(shop: Shop, browser: Browser) -> None:
    offers.add(shop.house.at, Terms(OfferKind.CHEAPER_PLAN, price=shop.prices["basic"]))
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, "pro")
    sign_in(browser, shop.visit(customer))
    page = browser.get("customer.subscriptions.cancel", id=subscription)

    changes = browser.press("Look at the cheaper plan")

    assert "€9.00 a month" in page.text
    assert changes.url.endswith(f"/subscriptions/{subscription}/change")
    assert shop.told(subscription).items.data[0].price.id == shop.prices["pro"]


def test_a_trial_is_made_longer_with_one_press(shop: Shop, browser: Browser) -> None:
    offers.add(shop.house.at, Terms(OfferKind.LONGER_TRIAL, days=14))
    subscription = enter_trial(shop, browser)
    page = browser.get("customer.subscriptions.cancel", id=subscription)

    receipt = browser.press("Go on trying")

    assert "for 14 more days" in page.text
    assert "Trial until" in receipt.text
