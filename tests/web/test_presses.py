"""Ticking several invoices, paying them with one press, and what is told of each charge."""

from collections.abc import Callable

from tests.browser import Browser, Page
from tests.factories import make_session
from tests.payer import Payer
from tests.web.signing_in import carry

NEEDS_BANK = "pm_card_authenticationRequired"
NO_FUNDS = "pm_card_chargeCustomerFail"


def settle(payer: Payer, browser: Browser) -> None:
    with browser.app.app_context():
        payer.house.settle_down()


def save(payer: Payer, browser: Browser, name: str = "pm_card_visa") -> str:
    with browser.app.app_context():
        return payer.card(name)


def dollars(payer: Payer) -> str:
    stripe = payer.house.stripe.v1
    how = {"collection_method": "send_invoice", "days_until_due": 14, "currency": "usd"}
    invoice = stripe.invoices.create({"customer": payer.stripe_customer, **how})
    item = {"customer": payer.stripe_customer, "invoice": invoice.id, "amount": 900}
    stripe.invoice_items.create({**item, "currency": "usd"})
    stripe.invoices.finalize_invoice(invoice.id)
    payer.house.settle_down()
    return str(invoice.id)


def boxes(page: Page) -> list[str | None]:
    return [box.get("value") for box in page.tree.iter("input") if box.get("name") == "invoice"]


def test_open_invoices_have_boxes_to_tick_and_one_button_for_all(
    signed_in: Payer, browser: Browser
) -> None:
    invoices = [signed_in.invoice(), signed_in.stripe_invoice()]

    page = browser.get("customer.invoices.list_all", show="open")
    chosen = browser.press("Pay the ticked invoices")

    assert sorted(map(str, boxes(page))) == sorted(invoices)
    assert chosen.h1 == "Pay 2 invoices"
    assert "Your bank statement will show 2 charges" in chosen.text
    assert "Pay €242.00" not in chosen.button_names


def test_one_open_invoice_has_no_box(signed_in: Payer, browser: Browser) -> None:
    signed_in.invoice()

    page = browser.get("customer.invoices.list_all", show="open")

    assert boxes(page) == []


def test_a_set_is_paid_with_one_press_and_each_charge_is_told(
    signed_in: Payer, browser: Browser
) -> None:
    invoices = [signed_in.invoice(), signed_in.invoice(), signed_in.stripe_invoice()]
    save(signed_in, browser)

    browser.get("customer.presses.choose", invoice=invoices)
    page = browser.press("Pay €363.00")
    settle(signed_in, browser)

    assert page.url.startswith("/nuvol/payments/")
    assert page.h1 == "All paid or on their way"
    assert "€242.00 was paid here." in page.text
    assert sorted(signed_in.charges()) == [12100, 24200]
    assert signed_in.bookings() == ["121.00", "121.00"]


def test_the_page_says_before_the_press_how_many_charges_there_will_be(
    signed_in: Payer, browser: Browser
) -> None:
    only_holded = [signed_in.invoice(), signed_in.invoice()]
    of_stripe = [signed_in.stripe_invoice(), signed_in.stripe_invoice()]
    save(signed_in, browser)

    one = browser.get("customer.presses.choose", invoice=only_holded)
    three = browser.get("customer.presses.choose", invoice=only_holded + of_stripe)

    assert "Your bank statement will show 1 charge" in one.text
    assert "Your bank statement will show 3 charges" in three.text


def test_a_card_that_wants_the_bank_leads_there_and_the_rest_is_offered_afterwards(
    signed_in: Payer, browser: Browser
) -> None:
    invoices = [signed_in.invoice(), signed_in.stripe_invoice()]
    save(signed_in, browser, NEEDS_BANK)
    browser.get("customer.presses.choose", invoice=invoices)

    away = browser.press("Pay €242.00")
    back = signed_in.at_bank(away.link("Go on"))
    told = browser.open(back.removeprefix(signed_in.house.settings.public_url).split("?")[0])
    settle(signed_in, browser)
    page = browser.follow("See all charges and the rest")
    rest = browser.follow("Pay the rest, €121.00")

    assert away.url.startswith("/nuvol/leave/")
    assert told.h1 == "Paid"
    assert "1 invoice is left" in page.text
    assert "Nothing was charged for these." in page.text
    assert rest.url == f"/nuvol/invoices/{invoices[1]}/pay"
    assert signed_in.charges() == [12100]


def test_a_refused_card_leaves_every_invoice_open_and_says_why(
    signed_in: Payer, browser: Browser
) -> None:
    invoices = [signed_in.invoice(), signed_in.stripe_invoice()]
    save(signed_in, browser, NO_FUNDS)
    browser.get("customer.presses.choose", invoice=invoices)

    page = browser.press("Pay €242.00")

    assert "2 invoices are left" in page.text
    assert "Pay the rest, €242.00" in page.link_names
    assert signed_in.charges() == []


def test_invoices_of_two_currencies_are_offered_one_currency_at_a_time(
    signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        invoices = [signed_in.invoice(), signed_in.stripe_invoice(), dollars(signed_in)]
    save(signed_in, browser)

    page = browser.get("customer.presses.choose", invoice=invoices)
    euros = browser.follow("Pay €242.00")

    assert "These invoices are in several currencies." in page.text
    assert "Pay $9.00" in page.link_names
    assert euros.h1 == "Pay 2 invoices"


def test_a_new_method_pays_a_set_of_one_charge_on_stripes_page(
    signed_in: Payer, browser: Browser
) -> None:
    invoices = [signed_in.invoice(), signed_in.invoice()]
    browser.get("customer.presses.choose", invoice=invoices)

    away = browser.press("Pay €242.00", method="new")
    signed_in.at_checkout(away.link("Go on"))
    settle(signed_in, browser)

    assert signed_in.charges() == [24200]
    assert signed_in.bookings() == ["121.00", "121.00"]


def test_a_stripe_invoice_in_a_set_asks_for_a_saved_method_first(
    signed_in: Payer, browser: Browser
) -> None:
    invoices = [signed_in.invoice(), signed_in.stripe_invoice()]

    page = browser.get("customer.presses.choose", invoice=invoices)

    assert "can only be paid with a saved method" in page.text
    assert "Add a payment method" in page.link_names


def test_a_sum_that_changed_while_the_page_was_open_charges_nothing_and_shows_the_new_one(
    signed_in: Payer, browser: Browser
) -> None:
    invoices = [signed_in.invoice(), signed_in.invoice()]
    save(signed_in, browser)
    browser.get("customer.presses.choose", invoice=invoices)
    signed_in.pay_in_holded(invoices[0], "21.00")

    page = browser.press("Pay €242.00", status=409)

    assert "You were not charged" in page.text
    assert "Pay €221.00" in page.button_names
    assert signed_in.charges() == []


def test_a_single_ticked_invoice_leads_to_its_own_page(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()

    page = browser.get("customer.presses.choose", invoice=[invoice])

    assert page.url == f"/nuvol/invoices/{invoice}/pay"


def test_invoices_of_others_and_nonsense_are_left_out(signed_in: Payer, browser: Browser) -> None:
    page = browser.get("customer.presses.choose", invoice=["f" * 24, "<b>", ""])

    assert page.url.startswith("/nuvol/invoices?show=open")


def test_somebody_elses_press_is_not_found(
    signed_in: Payer, browser: Browser, other_browser: Browser
) -> None:
    invoices = [signed_in.invoice(), signed_in.stripe_invoice()]
    save(signed_in, browser)
    browser.get("customer.presses.choose", invoice=invoices)
    page = browser.press("Pay €242.00")
    stranger = signed_in.house.holded.post(
        "/contacts", json={"name": "Bo SL", "email": "bo@example.com", "type": "client"}
    ).json()["id"]
    settle(signed_in, browser)
    house = signed_in.house
    customer = house.visit(holded_contact=stranger).customer
    carry(other_browser, make_session(house.at, customer.id))

    other_browser.open(page.url, status=404)

    assert "€121.00 was paid here." in page.text


def test_pages_of_sets_take_a_constant_number_of_statements(
    signed_in: Payer, browser: Browser, statements: Callable[[str], int]
) -> None:
    invoices = [signed_in.invoice() for _ in range(6)]
    query = [f"invoice={id}" for id in invoices]

    few = statements("/nuvol/invoices/pay?" + "&".join(query[:2]))
    many = statements("/nuvol/invoices/pay?" + "&".join(query))

    assert few == many
