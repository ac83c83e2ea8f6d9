"""Pages about subscriptions: list, one of them, change of price, its payment method."""

import pytest

from portal.domain.configurations import OfferedProduct
from portal.domain.customers import Origin
from portal.mirror import sources
from portal.services import offers
from tests.browser import Browser
from tests.house import House
from tests.offering import coupon_of
from tests.shop import DECLINING, GOOD, Shop, sign_in


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def enter(shop: Shop, browser: Browser, *methods: str, price: str = "basic", **fields):
    """Sign a new subscriber in, ten days after the beginning; return subscription and visit."""
    customer = shop.customer(*(methods or (GOOD,)))
    subscription = shop.subscribe(customer, price, **fields)
    shop.visit(customer)
    shop.house.control("stripe", "clock", advance=10 * 86_400)
    shop.house.pass_time(10 * 86_400)
    visit = shop.visit(customer)
    sign_in(browser, visit)
    return subscription, visit


def fail_next(shop: Shop, visit) -> None:
    """Make a card that declines the customer's default."""
    customer = visit.customer.stripe_customer
    bad = shop.stripe.payment_methods.attach(DECLINING, {"customer": customer}).id
    shop.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": bad}})
    shop.house.settle_down()


def test_the_list_names_what_runs_and_what_it_costs(shop: Shop, browser: Browser) -> None:
    enter(shop, browser)

    page = browser.get("customer.subscriptions.list_all")

    assert "Basic" in page.text
    assert "€9.00 a month" in page.text
    assert "Visa •••• 4242" in page.text


def test_without_a_subscription_the_list_leads_to_the_invoices(
    shop: Shop, browser: Browser
) -> None:
    sign_in(browser, shop.visit(shop.customer()))

    page = browser.get("customer.subscriptions.list_all")

    assert "No subscription is running" in page.text
    assert page.link("Go to your invoices").endswith("/invoices")


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_five_statements_however_long(shop: Shop, make_app, count: int) -> None:
    browser = Browser(make_app(statements_header=True), merchant="nuvol")
    customer = shop.customer(GOOD)
    for _ in range(count):
        shop.subscribe(customer)
    sign_in(browser, shop.visit(customer))

    page = browser.get("customer.subscriptions.list_all")

    assert int(page.headers["X-Statements"]) <= 5


@pytest.mark.parametrize(
    "endpoint",
    [
        "customer.subscriptions.show",
        "customer.subscriptions.change",
        "customer.subscriptions.cancel",
        "customer.subscriptions.method",
    ],
)
def test_pages_of_a_subscription_take_ten_statements_at_most(
    shop: Shop, make_app, endpoint: str
) -> None:
    shop.stripe.coupons.create({"id": "STAY20", "percent_off": 20, "duration": "once"})
    offers.add(shop.house.at, coupon_of("STAY20"))
    browser = Browser(make_app(statements_header=True), merchant="nuvol")
    subscription, _ = enter(shop, browser)

    page = browser.get(endpoint, id=subscription)

    assert int(page.headers["X-Statements"]) <= 10


@pytest.mark.provider
@pytest.mark.parametrize(
    "endpoint",
    [
        "customer.subscriptions.list_all",
        "customer.subscriptions.show",
        "customer.subscriptions.change",
        "customer.subscriptions.cancel",
        "customer.subscriptions.method",
        "customer.payment_methods.list_all",
        "customer.account.show",
        "customer.history.list_all",
    ],
)
def test_no_page_asks_stripe_or_holded(shop: Shop, browser: Browser, endpoint: str) -> None:
    subscription, _ = enter(shop, browser)
    before = len(shop.house.requests("stripe")), len(shop.house.requests("holded"))

    browser.get(endpoint, **({"id": subscription} if "subscriptions." in endpoint else {}))

    assert (len(shop.house.requests("stripe")), len(shop.house.requests("holded"))) == before


def test_nobody_sees_somebody_elses_subscription(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser)
    sign_in(browser, shop.visit(shop.customer(email="b@other.example")))

    browser.get("customer.subscriptions.show", id=subscription, status=404)
    browser.get("customer.subscriptions.cancel", id=subscription, status=404)


def test_several_items_are_lines_and_cannot_be_changed_here(shop: Shop, browser: Browser) -> None:
    items = [{"price": shop.prices["basic"], "quantity": 2}, {"price": shop.prices["pro"]}]
    subscription, _ = enter(shop, browser, items=items)

    page = browser.get("customer.subscriptions.show", id=subscription)
    change = browser.get("customer.subscriptions.change", id=subscription)

    assert "Prices are for one unit" not in change.text
    way = f"/nuvol/questions/new?topic=change&of={subscription}"
    assert change.link("Ask them") == way
    assert "2 × €9.00" in page.text
    assert "€47.00 a month" in page.text
    assert "holds several products, so it cannot be changed here" in page.text
    assert page.link("Cancel subscription")
    assert page.link("Ask them") == way


def test_a_subscription_paid_by_invoices_says_which_one_is_overdue(
    shop: Shop, browser: Browser
) -> None:
    customer = shop.customer()
    how = {"collection_method": "send_invoice", "days_until_due": 5}
    subscription = shop.subscribe(customer, **how)
    shop.house.control("stripe", "clock", advance=8 * 86_400)
    shop.house.pass_time(8 * 86_400)
    sign_in(browser, shop.visit(customer))

    page = browser.get("customer.subscriptions.show", id=subscription)
    leaving = browser.get("customer.subscriptions.cancel", id=subscription)

    assert "Invoice overdue" in page.text
    assert "An invoice of this subscription is overdue" in page.text
    assert page.link("Pay €10.89").endswith("/pay")
    assert "Next invoice on" in page.text
    assert "An invoice of it is overdue" in leaving.text
    assert "failed" not in page.text + leaving.text


def test_a_change_shows_the_exact_sum_and_charges_it(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)

    page = browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")
    receipt = browser.press("Change and pay €16.13", agree="y")

    assert "€13.33" in page.text
    assert "€2.80" in page.text
    assert "€35.09" in page.text
    assert receipt.h1 == "Plan changed"
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["pro"]
    assert shop.house.ledger("stripe")[-1]["amount"] == 1613


def test_a_change_of_period_alone_is_told_by_the_periods(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser, price="pro")
    browser.get("customer.subscriptions.change", id=subscription)

    page = browser.press("Show the exact sum", price=shop.prices["pro_year"], quantity="1")
    name = next(name for name in page.button_names if name.startswith("Change and pay"))
    receipt = browser.press(name, agree="y")

    assert page.h1 == "From Pro, each month to Pro, each year"
    assert "Until now Pro, each month Plan Pro, each year" in receipt.text


def test_money_is_not_charged_without_the_tick(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)
    browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")

    page = browser.press("Change and pay €16.13", status=422)

    assert "Please tick this box" in page.text
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["basic"]


def test_a_change_that_charges_nothing_now_never_says_pay(shop: Shop, browser: Browser) -> None:
    shop.configure(proration_behavior="create_prorations")
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)

    page = browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")

    assert "Change to Pro" in page.button_names
    assert not any("pay" in name.lower() for name in page.button_names)
    assert "Nothing is charged" in page.text
    assert "€51.22" in page.text


def test_sums_that_changed_meanwhile_are_shown_anew_and_nothing_is_done(
    shop: Shop, browser: Browser
) -> None:
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)
    browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")
    shop.stripe.coupons.create({"id": "HALF", "percent_off": 50, "duration": "once"})
    shop.stripe.subscriptions.update(subscription, {"discounts": [{"coupon": "HALF"}]})

    page = browser.press("Change and pay €16.13", agree="y", status=409)

    assert "The sum changed while you were here" in page.text
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["basic"]
    assert "Change and pay €16.13" not in page.button_names


def test_a_page_with_sums_cannot_be_forged_or_kept(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)
    page = browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")
    form, _button = page.form_of("Change and pay")
    [sealed] = page.fields_of(form)["page"]

    forged = browser.post(
        "customer.subscriptions.confirm_change",
        {"page": sealed[:-3] + "abc", "agree": "y"},
        id=subscription,
    )
    shop.house.pass_time(31 * 60)
    late = browser.post(
        "customer.subscriptions.confirm_change", {"page": sealed, "agree": "y"}, id=subscription
    )

    assert "open too long" in forged.text
    assert "open too long" in late.text
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["basic"]


def test_refused_choices_say_why(shop: Shop, browser: Browser) -> None:
    dear = shop.stripe.prices.create(
        {
            "product": shop.products["Pro"],
            "currency": "eur",
            "unit_amount": 7900,
            "recurring": {"interval": "week"},
        }
    ).id
    shop.configure(
        products=(
            OfferedProduct(shop.products["Basic"], (shop.prices["basic"],)),
            OfferedProduct(shop.products["Pro"], (shop.prices["pro"], dear)),
        )
    )
    subscription, _ = enter(shop, browser)

    page = browser.get("customer.subscriptions.change", id=subscription)

    assert "It is not settled whether tax is included" in page.text
    assert "Your plan" in page.text


@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        ("", "enter a whole number"),
        ("0", "enter a number"),
        ("99", "not offered"),
        ("x" * 90, "enter a whole number"),
    ],
)
def test_a_quantity_that_cannot_be_had_is_said_beside_the_field(
    shop: Shop, browser: Browser, quantity: str, sentence: str
) -> None:
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)

    page = browser.press(
        "Show the exact sum", price=shop.prices["pro"], quantity=quantity, status=422
    )

    assert sentence in page.text


def test_a_price_that_is_not_on_the_page_is_refused(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)

    page = browser.press("Show the exact sum", price="price_nobody", quantity="1", status=422)

    assert "There is a problem" in page.text


def test_what_the_bank_refuses_leads_to_the_open_invoice(shop: Shop, browser: Browser) -> None:
    subscription, visit = enter(shop, browser)
    fail_next(shop, visit)
    browser.get("customer.subscriptions.change", id=subscription)
    browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")

    page = browser.press("Change and pay €16.13", agree="y")

    assert page.h1 == "Basic"
    assert "your old plan stays" in page.text
    assert page.link("Pay €16.13").endswith("/pay")


def test_a_trial_that_ends_with_the_change_is_said(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser, trial_period_days=30)
    shown = browser.get("customer.subscriptions.show", id=subscription)
    browser.get("customer.subscriptions.change", id=subscription)

    page = browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")

    assert "Trial until" in shown.text
    assert "Your trial ends with this change" in page.text
    assert "Change and pay €35.09" in page.button_names


def test_stripe_being_down_is_said_and_nothing_is_charged(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)
    shop.house.stripe_wire.is_cut = True

    page = browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1", status=503)

    assert "does not answer right now. Nothing was changed" in page.text


@pytest.mark.parametrize("page", ["list_all", "show", "change", "cancel"])
def test_pages_stay_open_and_say_how_old_they_are_while_stripe_is_down(
    shop: Shop, browser: Browser, page: str
) -> None:
    subscription, _ = enter(shop, browser)
    with shop.house.db.write() as unit:
        sources.answered(unit, Origin.STRIPE, now=shop.house.now())
        sources.failed(unit, Origin.STRIPE, now=shop.house.now())
    shop.house.stripe_wire.is_cut = True

    values = {} if page == "list_all" else {"id": subscription}
    seen = browser.get(f"customer.subscriptions.{page}", **values)

    assert "Stripe has not answered since" in seen.text
    assert "Basic" in seen.text


def test_an_answer_that_was_lost_is_called_unknown(shop: Shop, browser: Browser) -> None:
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)
    browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")
    shop.house.stripe_app.test_client().post(
        "/_sandbox/faults",
        json={"kind": "lose_answer", "path": f"/v1/subscriptions/{subscription}"},
    )

    page = browser.press("Change and pay €16.13", agree="y")
    shop.house.pass_time(120)
    shop.house.settle_down()
    later = browser.get("customer.subscriptions.show", id=subscription)

    assert "We are checking whether" in page.text
    assert "fail" not in page.text.lower()
    assert later.h1 == "Pro"
    charges = [charge["amount"] for charge in shop.house.ledger("stripe")]
    assert charges.count(1613) == 1


def test_the_method_of_one_subscription_is_chosen(shop: Shop, browser: Browser) -> None:
    subscription, visit = enter(shop, browser, GOOD, "pm_card_mastercard")
    page = browser.get("customer.subscriptions.method", id=subscription)
    other = next(
        method.id
        for method in shop.stripe.customers.payment_methods.list(
            visit.customer.stripe_customer
        ).data
        if method.card.brand == "mastercard"
    )

    page = browser.press("Charge this subscription to it", method=other)

    assert page.h1 == "Basic"
    assert "Mastercard •••• 4444" in page.text


def test_a_promotion_code_is_entered_at_stripe(shop: Shop, browser: Browser) -> None:
    shop.configure(subscription_updates=frozenset({"price", "promotion_code"}))
    subscription, _ = enter(shop, browser)

    page = browser.get("customer.subscriptions.show", id=subscription)

    assert "Enter a promotion code at Stripe" in page.button_names


def save_portal(shop: Shop) -> None:
    """Let the merchant save the settings of Stripe's portal, as its Dashboard does."""
    shop.house.control("stripe", "accounts/acct_house", settings={"portal_saved": True})
    [default] = shop.stripe.billing_portal.configurations.list({"is_default": True}).data
    product = {"product": shop.products["Basic"], "prices": [shop.prices["basic"]]}
    update = {
        "enabled": True,
        "default_allowed_updates": ["price", "promotion_code"],
        "products": [product],
    }
    shop.stripe.billing_portal.configurations.update(
        default.id, {"features": {"subscription_update": update}}
    )
    shop.configure(id=default.id, subscription_updates=frozenset({"price", "promotion_code"}))


def test_the_way_to_stripes_portal_names_the_task_and_leads_back(
    house: House, browser: Browser
) -> None:
    shop = Shop(house)
    save_portal(shop)
    subscription, _ = enter(shop, browser)
    browser.get("customer.subscriptions.show", id=subscription)

    page = browser.press("Enter a promotion code at Stripe")
    shop.house.pass_time(6 * 60)
    late = browser.open(page.url)

    assert "Stripe does this one task for us" in page.text
    assert "/p/session/" in page.link("Go on")
    assert "invoice" not in " ".join(page.link_names[-4:]).lower()
    assert late.h1 == "Subscriptions"


def deferring(shop: Shop, browser: Browser, **fields):
    """Sign in somebody with three seats of Pro, where fewer begin with the next period."""
    shop.configure(schedule_conditions=frozenset({"decreasing_item_amount"}))
    items = [{"price": shop.prices["pro"], "quantity": 3}]
    return enter(shop, browser, items=items, **fields)


def test_a_change_is_planned_and_undone_on_the_pages(shop: Shop, browser: Browser) -> None:
    subscription, _ = deferring(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)
    preview = browser.press("Show the exact sum", price=shop.prices["pro"], quantity="2")

    receipt = browser.press("Plan the change")
    planned = browser.get("customer.subscriptions.show", id=subscription)
    undone = browser.press("Undo the planned change")
    after = browser.get("customer.subscriptions.show", id=subscription)

    assert "Nothing is charged" in preview.text
    assert "The new plan begins: €70.18" in preview.text
    assert "pay" not in " ".join(preview.button_names).lower()
    assert "Plan change planned" in receipt.text
    assert "Planned change" in planned.text
    assert "Undo the planned change first" in planned.text
    assert "Quantity until now" in receipt.text
    assert "Planned change undone" in undone.text
    assert "Undo the planned change" not in after.button_names
    assert shop.told(subscription).schedule is None


def test_cancelling_says_that_the_planned_change_is_dropped(shop: Shop, browser: Browser) -> None:
    subscription, _ = deferring(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)
    browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")
    browser.press("Plan the change")

    page = browser.get("customer.subscriptions.cancel", id=subscription)
    browser.press("Cancel subscription")

    assert "The change you planned is dropped." in page.text
    assert shop.told(subscription).schedule is None
    assert shop.told(subscription).cancel_at is not None


def test_undoing_what_has_begun_is_said_in_a_sentence(shop: Shop, browser: Browser) -> None:
    subscription, _ = deferring(shop, browser)
    browser.get("customer.subscriptions.change", id=subscription)
    browser.press("Show the exact sum", price=shop.prices["pro"], quantity="2")
    browser.press("Plan the change")
    browser.get("customer.subscriptions.show", id=subscription)
    shop.house.control("stripe", "clock", advance=30 * 86_400)

    page = browser.press("Undo the planned change")

    assert "No change is planned, so there is nothing to undo." in page.text
    assert shop.told(subscription)["items"].data[0].quantity == 2


def test_a_change_that_waits_is_shown_with_its_end_and_dropped(
    shop: Shop, browser: Browser
) -> None:
    subscription, visit = enter(shop, browser)
    fail_next(shop, visit)
    browser.get("customer.subscriptions.change", id=subscription)
    browser.press("Show the exact sum", price=shop.prices["pro"], quantity="1")

    page = browser.press("Change and pay €16.13", agree="y")
    receipt = browser.press("Drop the change")
    after = browser.get("customer.subscriptions.show", id=subscription)

    assert "Pay the open invoice by " in page.text
    assert "Waiting change dropped" in receipt.text
    assert "waits for its payment" not in after.text
    assert shop.told(subscription).pending_update is None
