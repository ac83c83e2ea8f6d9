"""The first page: what needs doing, what is due, what runs, and how much reading it takes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.catalogue import Coupon, Price, Product
from portal.domain.customers import Origin
from portal.domain.invoices import InvoiceState
from portal.domain.payment_methods import PaymentMethod
from portal.domain.subscriptions import Discount, Subscription, SubscriptionItem, SubscriptionStatus
from portal.gateways.snapshots import Seen
from portal.mirror import refresh
from tests.browser import Browser
from tests.factories import make_customer, make_invoice, make_session
from tests.house import House
from tests.payer import Payer
from tests.web.signing_in import carry

MOST_STATEMENTS = 4
NEXT_MONTH = datetime(2026, 12, 12, 9, 0, tzinfo=UTC)
PRICE = Price("price_1", "prod_1", "eur", 2900, "month")


@pytest.fixture
def ann(house: House, browser: Browser) -> int:
    """The id of a customer who is signed in."""
    id = make_customer(house.db, house.merchant, id="cus_ann", email="ann@example.com", name="Ann")
    carry(browser, make_session(house.at, id, email="ann@example.com"))
    return id


def tell(house: House, *snapshots) -> None:
    """Have Stripe tell of objects."""
    now = house.now()
    with house.db.write() as unit:
        seen = [Seen(snapshot, now) for snapshot in snapshots]
        refresh.save(unit, house.merchant, Origin.STRIPE, seen, now=now)


def subscription(id: str = "sub_1", **more) -> Subscription:
    values = {
        "customer": "cus_ann",
        "status": SubscriptionStatus.ACTIVE,
        "currency": "eur",
        "items": (SubscriptionItem(f"si_{id}", PRICE, 8, period_end=NEXT_MONTH),),
        "default_payment_method": "pm_1",
        "latest_invoice": "in_latest",
        "created_at": NEXT_MONTH,
        **more,
    }
    return Subscription(id, **values)


def plan(house: House, **more) -> None:
    """Give Ann the Team plan, charged to a Visa card."""
    card = PaymentMethod("pm_1", "cus_ann", "card", "visa", "4242", 8, 2034)
    tell(house, Product("prod_1", "Team plan"), card, subscription(**more))


def test_a_plan_says_what_it_costs_when_and_with_what(
    house: House, browser: Browser, ann: int
) -> None:
    plan(house)

    page = browser.get("customer.overview.show")

    assert "Team plan Active €232.00 a month" in page.text
    assert "Quantity 8 Next charge on Dec 12, 2026 Paid with Visa •••• 4242" in page.text
    assert page.link("Manage subscription Team plan") == "/nuvol/subscriptions/sub_1"


def test_a_plan_told_to_end_says_when_and_leads_to_where_it_can_be_taken_back(
    house: House, browser: Browser, ann: int
) -> None:
    plan(house, cancel_at_period_end=True)

    page = browser.get("customer.overview.show")

    assert "Team plan ends on December 12, 2026" in page.text
    assert "Ends on Dec 12, 2026" in page.text
    assert "Next charge" not in page.text


def test_a_discount_stands_beside_the_price_it_is_taken_off(
    house: House, browser: Browser, ann: int
) -> None:
    ends = datetime(2027, 2, 28, 9, 0, tzinfo=UTC)
    tell(house, Coupon("STAY20", "", "repeating", percent_off=2000, duration_in_months=3))
    plan(house, discounts=(Discount("di_1", "STAY20", ends),))

    page = browser.get("customer.overview.show")
    listed = browser.get("customer.subscriptions.list_all")

    assert "€232.00 a month 20% off until Feb 28, 2027" in page.text
    assert "With the discount €185.60 a month" in page.text
    assert "With the discount €185.60 a month" in listed.text


def test_a_discount_that_ends_before_the_next_charge_promises_no_sum(
    house: House, browser: Browser, ann: int
) -> None:
    ends = NEXT_MONTH - timedelta(days=1)
    tell(house, Coupon("STAY20", "", "repeating", percent_off=2000, duration_in_months=3))
    plan(house, discounts=(Discount("di_1", "STAY20", ends),))

    page = browser.get("customer.overview.show")

    assert "20% off until Dec 11, 2026" in page.text
    assert "With the discount" not in page.text


def test_a_charge_that_failed_leads_to_its_invoice(
    house: House, browser: Browser, ann: int
) -> None:
    plan(house, status=SubscriptionStatus.PAST_DUE)

    page = browser.get("customer.overview.show")

    assert "The payment for Team plan did not go through" in page.text
    assert page.link("Look at the invoice") == "/nuvol/invoices/in_latest"


def test_a_plan_paid_by_invoices_never_speaks_of_charges(
    house: House, browser: Browser, ann: int
) -> None:
    plan(house, status=SubscriptionStatus.PAST_DUE, collection_method="send_invoice")

    page = browser.get("customer.overview.show")

    assert "An invoice of Team plan is overdue" in page.text
    assert page.link("Look at the invoice") == "/nuvol/invoices/in_latest"
    assert "Team plan Invoice overdue" in page.text
    assert "Next invoice on Dec 12, 2026" in page.text
    assert "did not go through" not in page.text


def test_an_ended_plan_is_not_among_those_that_run(
    house: House, browser: Browser, ann: int
) -> None:
    plan(house, status=SubscriptionStatus.CANCELED)

    page = browser.get("customer.overview.show")

    assert "No active subscription. Your invoices stay here." in page.text
    assert page.link("Earlier subscriptions") == "/nuvol/subscriptions"


def test_renewals_are_spoken_of_only_where_something_is_charged(
    house: House, browser: Browser, ann: int
) -> None:
    tell(house, Product("prod_1", "Team plan"), subscription(default_payment_method=""))
    charged = browser.get("customer.overview.show").text
    tell(house, subscription(default_payment_method="", collection_method="send_invoice"))

    invoiced = browser.get("customer.overview.show").text

    assert "Add one so that renewals do not fail." in charged
    assert "Add one so that renewals do not fail." not in invoiced


def test_who_is_in_holded_only_is_not_asked_for_a_method(house: House, browser: Browser) -> None:
    contact = house.holded.post(
        "/contacts", json={"name": "Cara SL", "email": "cara@example.com", "type": "client"}
    ).json()["id"]
    with browser.app.app_context():
        house.settle_down()
    customer = house.visit(holded_contact=contact).customer
    carry(browser, make_session(house.at, customer.id))

    page = browser.get("customer.overview.show")

    assert "Add payment method" not in page.link_names


def test_one_open_invoice_can_be_paid_from_here(house: House, browser: Browser, ann: int) -> None:
    id = make_invoice(house.db, house.merchant, ann)

    page = browser.get("customer.overview.show")

    assert page.link("Pay €121.00") == f"/nuvol/invoices/{id}/pay"


def test_several_open_invoices_are_summed_and_chosen_from(
    house: House, browser: Browser, ann: int
) -> None:
    make_invoice(house.db, house.merchant, ann)
    make_invoice(house.db, house.merchant, ann, total=5000)
    make_invoice(house.db, house.merchant, ann, state=InvoiceState.PAID)

    page = browser.get("customer.overview.show")

    assert "€171.00 2 open invoices" in page.text
    assert page.link("Show open invoices") == "/nuvol/invoices?show=open"


def test_what_is_overdue_stands_at_the_top(signed_in: Payer, browser: Browser) -> None:
    signed_in.invoice(day="2025-01-01", due_date="2025-01-31")

    page = browser.get("customer.overview.show")

    assert "1 invoice is overdue" in page.text
    assert "the oldest was due on January 31, 2025" in page.text


def test_a_payment_at_the_bank_stands_at_the_top(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        pressed = signed_in.pay(invoice, signed_in.card("pm_card_authenticationRequired"))

    page = browser.get("customer.overview.show")

    assert "A payment waits for your bank" in page.text
    assert page.link("Confirm at your bank") == f"/nuvol/leave/{pressed.operation}"


def test_a_slip_that_waits_stands_at_the_top(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        pressed = signed_in.slip(invoice)

    page = browser.get("customer.overview.show")

    assert "A slip waits to be paid" in page.text
    assert page.link("Show the slip") == f"/nuvol/leave/{pressed.operation}"
    assert "your bank" not in page.text


def test_what_is_on_its_way_is_not_due_any_more(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        signed_in.pay(invoice, signed_in.debit())

    page = browser.get("customer.overview.show")

    assert "€121.00 is on its way." in page.text
    assert "Pay €121.00" not in page.link_names


def test_nobody_owes_anything_at_first(house: House, browser: Browser, ann: int) -> None:
    page = browser.get("customer.overview.show")

    assert "Nothing is due. You are up to date." in page.text
    assert "No method yet. Add one, and paying takes one press." in page.text
    assert "Earlier subscriptions" not in page.link_names
    assert "No invoices yet." in page.text


def test_the_last_three_invoices_are_shown(house: House, browser: Browser, ann: int) -> None:
    for _ in range(5):
        make_invoice(house.db, house.merchant, ann)

    page = browser.get("customer.overview.show")

    assert len([row for row in page.tree.iter("th") if row.get("scope") == "row"]) == 3


def test_the_default_method_comes_first(house: House, browser: Browser, signed_in: Payer) -> None:
    with browser.app.app_context():
        signed_in.card("pm_card_mastercard")
        default = signed_in.card()
        signed_in.house.stripe.v1.customers.update(
            signed_in.stripe_customer, {"invoice_settings": {"default_payment_method": default}}
        )
        signed_in.house.settle_down()

    text = browser.get("customer.overview.show").text

    assert text.index("Visa •••• 4242 Default") < text.index("Mastercard •••• 4444")


def test_b64_a_customer_deleted_at_stripe_still_has_a_calm_page(
    signed_in: Payer, browser: Browser
) -> None:
    signed_in.house.stripe.v1.customers.delete(signed_in.stripe_customer)
    with browser.app.app_context():
        signed_in.house.settle_down()

    assert browser.get("customer.overview.show").status == 200


def test_b18_names_from_the_providers_are_inert(house: House, browser: Browser, ann: int) -> None:
    bad = "<script>alert(1)</script>"
    tell(house, Product("prod_1", bad))
    tell(house, subscription())
    make_invoice(house.db, house.merchant, ann, description=bad)

    page = browser.get("customer.overview.show")

    assert bad not in page.html
    assert bad in page.text


def test_the_first_page_takes_four_statements_however_much_there_is(
    house: House, statements: Callable[[str], int], ann: int
) -> None:
    tell(house, Coupon("STAY20", "", "once", percent_off=2000))
    plan(house, discounts=(Discount("di_1", "STAY20"),))
    for _ in range(4):
        make_invoice(house.db, house.merchant, ann)
    few = statements("/nuvol/")
    for number in range(400):
        make_invoice(house.db, house.merchant, ann)
        tell(house, subscription(f"sub_{number + 2}"))

    assert (few, statements("/nuvol/")) == (MOST_STATEMENTS, MOST_STATEMENTS)


def test_no_page_of_invoices_asks_a_provider(
    signed_in: Payer, browser: Browser, house: House
) -> None:
    invoice = signed_in.invoice()
    before = len(house.requests("stripe")), len(house.requests("holded"))

    for path in ("/", "/invoices", f"/invoices/{invoice}", f"/invoices/{invoice}/pay"):
        browser.open(f"/nuvol{path}")

    assert (len(house.requests("stripe")), len(house.requests("holded"))) == before


@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_every_word_of_the_first_page_is_translated(
    house: House, browser: Browser, ann: int, locale: str
) -> None:
    plan(house, status=SubscriptionStatus.PAST_DUE, cancel_at_period_end=True)
    make_invoice(house.db, house.merchant, ann, description="Fonts")

    assert browser.open(f"/nuvol/?locale={locale}").tree.get("lang") == locale


def test_a_plan_that_began_earlier_comes_later(house: House, browser: Browser, ann: int) -> None:
    tell(house, Product("prod_1", "Old"), Product("prod_2", "New"))
    newer = Price("price_2", "prod_2", "eur", 100, "year")
    tell(
        house,
        subscription("sub_1", created_at=NEXT_MONTH - timedelta(days=900)),
        subscription("sub_2", items=(SubscriptionItem("si_2", newer, 1),)),
    )

    text = browser.get("customer.overview.show").text

    assert text.index("New") < text.index("Old Active")
