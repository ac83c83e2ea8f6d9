"""The pay page, the press, and the page that leads out."""

import re
from dataclasses import replace

import pytest

from portal.domain.customers import Origin
from portal.domain.decisions import Reason
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.services import method_types, payments
from portal.services.payments import Wish
from portal.store.consents import ConsentRow
from portal.store.payments import PaymentRow
from portal.web.customer.payments import may_keep
from tests.browser import Browser
from tests.factories import make_customer, make_session
from tests.house import House
from tests.kinds import take
from tests.payer import DUE, Payer
from tests.web.signing_in import carry


def settle(payer: Payer, browser: Browser) -> None:
    with browser.app.app_context():
        payer.house.settle_down()


def save(payer: Payer, browser: Browser, name: str = "pm_card_visa") -> str:
    with browser.app.app_context():
        return payer.card(name)


def open_by_link(payer: Payer, browser: Browser, invoice: str, origin: Origin) -> None:
    visit = payer.link_visit(invoice, origin)
    carry(browser, make_session(payer.house.at, visit.customer.id, scope=visit.scope))


def consents(house: House) -> list[str]:
    with house.db.session() as reader:
        return [row.text for row in reader.query(ConsentRow)]


def target_of(page) -> str:
    refresh = next(
        meta for meta in page.tree.iter("meta") if meta.get("http-equiv", "").lower() == "refresh"
    )
    return refresh.get("content", "")


# The page


def test_saved_methods_come_first_with_the_default_chosen(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    save(signed_in, browser, "pm_card_mastercard")
    default = save(signed_in, browser)
    signed_in.house.stripe.v1.customers.update(
        signed_in.stripe_customer, {"invoice_settings": {"default_payment_method": default}}
    )
    settle(signed_in, browser)

    page = browser.get("customer.payments.choose", id=invoice)

    radios = [radio for radio in page.tree.iter("input") if radio.get("type") == "radio"]
    chosen = [radio.get("value") for radio in radios if radio.get("checked") is not None]
    assert (len(radios), radios[0].get("value"), chosen) == (3, default, [default])
    assert "Pay €121.00" in page.button_names


def read_settings(payer: Payer) -> None:
    """Have the merchant's account read, as a sync does."""
    method_types.read(payer.house.at)


def test_the_page_names_the_kinds_that_stripes_page_will_offer(
    signed_in: Payer, browser: Browser
) -> None:
    take(signed_in, "multibanco")
    read_settings(signed_in)

    page = browser.get("customer.payments.choose", id=signed_in.invoice())

    assert "With Card, SEPA Direct Debit, Bizum, or Multibanco. Entered on Stripe’s" in page.text
    assert "SEPA Direct Debit Counts as paid about 5 working days later." in page.text
    assert "Multibanco You get a slip to pay at a bank or in a shop" in page.text
    assert "Can be kept: Card or SEPA Direct Debit." in page.text


def test_the_page_names_no_kinds_before_the_account_was_read(
    signed_in: Payer, browser: Browser
) -> None:
    page = browser.get("customer.payments.choose", id=signed_in.invoice())

    assert "Entered on Stripe’s page, then you come back here." in page.text
    assert "Bizum" not in page.text


def test_what_the_merchant_decided_for_is_what_the_page_names(
    signed_in: Payer, browser: Browser
) -> None:
    signed_in.house.decide(payment_method_types=("card", "bizum"))
    read_settings(signed_in)

    page = browser.get("customer.payments.choose", id=signed_in.invoice())

    assert "With Card or Bizum. Entered on Stripe’s page" in page.text
    assert "SEPA" not in page.text


def test_a_saved_method_the_merchant_does_not_take_is_shut_and_charges_nothing(
    signed_in: Payer, browser: Browser
) -> None:
    invoice, card = signed_in.invoice(), save(signed_in, browser)
    signed_in.house.decide(payment_method_types=("sepa_debit",))

    page = browser.get("customer.payments.choose", id=invoice)
    with pytest.raises(Refused) as refused:
        signed_in.pay(invoice, card)

    assert card not in page.html
    assert "does not take this kind of payment method" in page.text
    assert refused.value.decision.reason is Reason.METHOD_NOT_TAKEN
    assert signed_in.charges() == []


def test_an_invoice_of_stripes_is_paid_with_the_kinds_it_was_limited_to(
    signed_in: Payer, browser: Browser
) -> None:
    read_settings(signed_in)
    with browser.app.app_context():
        card, debit = signed_in.card(), signed_in.debit()
        invoice = signed_in.stripe_invoice(
            collection_method="send_invoice",
            days_until_due=14,
            payment_settings={"payment_method_types": ["card"]},
        )

    page = browser.get("customer.payments.choose", id=invoice)
    with pytest.raises(Refused) as refused:
        signed_in.pay(invoice, debit)

    values = [radio.get("value") for radio in page.tree.iter("input")]
    assert (card in values, debit in values) == (True, False)
    assert "You can save: Card." in page.text
    assert refused.value.decision.reason is Reason.METHOD_NOT_TAKEN


def test_where_no_kind_fits_the_page_says_whom_to_ask(signed_in: Payer, browser: Browser) -> None:
    signed_in.house.decide(payment_method_types=("boleto",))
    invoice = signed_in.invoice()

    page = browser.get("customer.payments.choose", id=invoice)
    with pytest.raises(Refused) as refused:
        signed_in.pay(invoice)

    assert "No new payment method can be used for this here." in page.text
    assert page.link("Ask Nuvol Studio").endswith(f"?topic=invoice&of={invoice}")
    assert [radio for radio in page.tree.iter("input") if radio.get("type") == "radio"] == []
    assert refused.value.decision.reason is Reason.NO_METHOD_OFFERED
    assert signed_in.charges() == []


def test_keeping_a_new_method_is_never_ticked_for_people(
    signed_in: Payer, browser: Browser
) -> None:
    page = browser.get("customer.payments.choose", id=signed_in.invoice())

    (box,) = [box for box in page.tree.iter("input") if box.get("type") == "checkbox"]
    assert box.get("checked") is None
    assert "Keep this method. Nuvol Studio may then charge it" in page.text


def test_without_anybody_at_stripe_no_method_can_be_kept(
    house: House, browser: Browser, signed_in: Payer
) -> None:
    contact = house.holded.post(
        "/contacts", json={"name": "Cara SL", "email": "cara@example.com", "type": "client"}
    ).json()["id"]
    with browser.app.app_context():
        house.settle_down()
        cara = Payer(house, "", contact)
        invoice = cara.invoice()
    customer = house.visit(holded_contact=contact).customer
    carry(browser, make_session(house.at, customer.id))

    page = browser.get("customer.payments.choose", id=invoice)
    away = browser.press("Pay €121.00", method="new", keep="y")

    assert "Keep this method" not in page.text
    assert away.url.startswith("/nuvol/leave/")
    assert consents(house) == []


def test_a_debit_says_when_it_counts(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        signed_in.debit()

    page = browser.get("customer.payments.choose", id=invoice)

    assert "Counts as paid about 5 working days later." in page.text


def test_a_card_that_has_expired_is_shut_and_says_so(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()
    save(signed_in, browser)
    signed_in.house.pass_time(12 * 366 * 86_400)
    carry(browser, make_session(signed_in.house.at, signed_in.visit().customer.id))

    page = browser.get("customer.payments.choose", id=invoice)

    radios = [radio for radio in page.tree.iter("input") if radio.get("type") == "radio"]
    assert "It has expired." in page.text
    assert [radio.get("value") for radio in radios] == ["new"]


def test_a_payment_that_waits_is_named_and_comes_before_another_one(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        pressed = signed_in.pay(invoice, signed_in.card("pm_card_authenticationRequired"))

    shown = browser.get("customer.invoices.show", id=invoice)
    page = browser.get("customer.payments.choose", id=invoice)

    assert "Your bank wants you to confirm the payment." in shown.text
    assert "slip" not in shown.text
    assert shown.link("Confirm at your bank") == f"/nuvol/leave/{pressed.operation}"
    assert shown.link("Pay in another way") == f"/nuvol/invoices/{invoice}/pay"
    assert page.link("Confirm at your bank") == f"/nuvol/leave/{pressed.operation}"
    assert "with another method, this payment ends" in page.text


def test_a_slip_that_waits_says_until_when_it_can_be_paid(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        pressed = signed_in.slip(invoice)

    shown = browser.get("customer.invoices.show", id=invoice)
    page = browser.get("customer.payments.choose", id=invoice)

    assert "The slip is made and not paid yet." in shown.text
    assert "It can be paid until January 4, 2027." in shown.text
    assert "A slip of €121.00 waits to be paid." in shown.text
    assert shown.link("Show the slip") == f"/nuvol/leave/{pressed.operation}"
    assert "the slip is no longer good" in page.text
    assert page.link("Show the slip") == f"/nuvol/leave/{pressed.operation}"


def test_the_holder_of_a_link_is_not_led_to_what_the_customer_began(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        signed_in.slip(invoice)
    open_by_link(signed_in, browser, invoice, Origin.HOLDED)

    page = browser.get("customer.invoices.show", id=invoice)

    assert "/leave/" not in page.html


def test_what_is_paid_has_nothing_to_pay(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()
    signed_in.pay_in_holded(invoice)
    settle(signed_in, browser)

    page = browser.get("customer.payments.choose", id=invoice)

    assert "There is nothing to pay here now" in page.text
    assert page.link("Back to the invoice") == f"/nuvol/invoices/{invoice}"


# The press


def test_a_press_with_a_saved_card_leads_to_how_it_went(signed_in: Payer, browser: Browser) -> None:
    invoice, card = signed_in.invoice(), save(signed_in, browser)
    browser.get("customer.payments.choose", id=invoice)

    page = browser.press("Pay €121.00", method=card)

    settle(signed_in, browser)
    receipt = browser.get("customer.history.show", number=1001)
    assert page.url.startswith("/r/")
    assert page.h1 == "Paid"
    assert signed_in.charges() == [12100]
    assert "Payment method Visa •••• 4242" in receipt.text


def test_a_press_with_a_new_method_leads_out_to_checkout(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    browser.get("customer.payments.choose", id=invoice)

    page = browser.press("Pay €121.00", method="new")

    assert page.url.startswith("/nuvol/leave/")
    assert page.h1 == "You go on to 127.0.0.1"
    assert "€121.00" in page.text
    assert target_of(page) == f"0;url={page.link('Go on')}"
    assert page.link("Go on").startswith("http://127.0.0.1:8001/c/pay/")
    assert consents(signed_in.house) == []


def test_a_ticked_box_keeps_the_words_that_were_shown(signed_in: Payer, browser: Browser) -> None:
    page = browser.get("customer.payments.choose", id=signed_in.invoice())
    (label,) = [one for one in page.tree.iter("label") if one.get("for") == "keep"]

    browser.press("Pay €121.00", method="new", keep="y")

    assert consents(signed_in.house) == ["".join(label.itertext())]


def test_a_link_offers_to_keep_no_method_where_it_cannot_say_for_whom(signed_in: Payer) -> None:
    visit = signed_in.link_visit(signed_in.invoice())
    nameless = replace(visit, customer=replace(visit.customer, name=""))

    assert may_keep(visit)
    assert not may_keep(nameless)


def test_a_stripe_invoice_with_a_new_method_saves_it_first_and_then_pays(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.stripe_invoice()
    page = browser.get("customer.payments.choose", id=invoice)
    told = "By going on you let Nuvol Studio keep the method" in page.text

    away = browser.press("Save a method at Stripe, then pay with it")
    back = signed_in.at_checkout(away.link("Go on")).headers["Location"]
    saved = browser.open(back.removeprefix(signed_in.house.settings.public_url))
    chosen = browser.follow("Pay €121.00")
    paid = browser.press("Pay €121.00")

    radios = [one for one in chosen.tree.iter("input") if one.get("type") == "radio"]
    assert told
    assert "You save a payment method there. Nothing is charged." in away.text
    assert saved.h1 == "The payment method is saved"
    assert "Not paid yet: €121.00" in saved.text
    assert [one.get("checked") is not None for one in radios] == [True]
    assert paid.h1 == "Paid"
    assert signed_in.charges() == [12100]
    assert len(consents(signed_in.house)) == 1


def test_no_button_promises_to_pay_a_stripe_invoice_without_a_saved_method(
    signed_in: Payer, browser: Browser
) -> None:
    page = browser.get("customer.payments.choose", id=signed_in.stripe_invoice())

    assert "Save a method at Stripe, then pay with it" in page.button_names
    assert "Pay €121.00" not in page.button_names
    assert "That pays nothing yet" in page.text


def test_a_card_that_wants_the_bank_leads_out_to_it(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()
    card = save(signed_in, browser, "pm_card_authenticationRequired")
    browser.get("customer.payments.choose", id=invoice)

    page = browser.press("Pay €121.00", method=card)
    back = signed_in.at_bank(page.link("Go on"))
    paid = browser.open(back.removeprefix(signed_in.house.settings.public_url))

    assert page.url.startswith("/nuvol/leave/")
    assert "secret" in back
    assert re.fullmatch(r"/r/[\w-]+", paid.url)
    assert paid.h1 == "Paid"


def test_b54_a_sum_that_changed_is_shown_anew_and_nothing_is_charged(
    signed_in: Payer, browser: Browser
) -> None:
    invoice, card = signed_in.invoice(), save(signed_in, browser)
    browser.get("customer.payments.choose", id=invoice)
    signed_in.pay_in_holded(invoice, "40.00")

    page = browser.press("Pay €121.00", method=card, status=409)

    assert "The sum changed while you were here, so nothing was done." in page.text
    assert "Pay €81.00" in page.button_names
    assert signed_in.charges() == []
    assert browser.press("Pay €81.00", method=card).h1 == "Paid"


def test_b56_an_invoice_paid_meanwhile_says_so(signed_in: Payer, browser: Browser) -> None:
    invoice, card = signed_in.invoice(), save(signed_in, browser)
    browser.get("customer.payments.choose", id=invoice)
    signed_in.pay_in_holded(invoice)

    page = browser.press("Pay €121.00", method=card, status=409)

    assert "Nothing is due on this invoice." in page.text
    assert signed_in.charges() == []


@pytest.mark.parametrize("wire", ["stripe_wire", "holded_wire"])
def test_with_a_provider_down_the_page_says_that_nothing_was_charged(
    signed_in: Payer, browser: Browser, wire: str
) -> None:
    invoice, card = signed_in.invoice(), save(signed_in, browser)
    browser.get("customer.payments.choose", id=invoice)
    getattr(signed_in.house, wire).is_cut = True

    page = browser.press("Pay €121.00", method=card, status=503)

    assert "You were not charged" in page.text
    assert "Pay €121.00" in page.button_names


def test_b31_a_lost_answer_says_that_we_are_checking_and_not_to_pay_again(
    signed_in: Payer, browser: Browser
) -> None:
    invoice, card = signed_in.invoice(), save(signed_in, browser)
    browser.get("customer.payments.choose", id=invoice)
    signed_in.fault("stripe", "lose_answer", "/v1/payment_intents")

    page = browser.press("Pay €121.00", method=card)
    again = browser.get("customer.payments.choose", id=invoice)

    assert page.h1 == "We are checking your payment"
    assert "Please do not pay again." in page.text
    assert "Pay €121.00" not in again.button_names
    assert "We are checking whether your last payment went through." in again.text


@pytest.mark.parametrize(
    "fields",
    [
        {"method": ""},
        {"method": "pm_" + "x" * 10_000},
    ],
)
def test_what_no_button_sends_is_refused_beside_the_form(
    signed_in: Payer, browser: Browser, fields
) -> None:
    browser.get("customer.payments.choose", id=signed_in.invoice())

    page = browser.press("Pay €121.00", status=422, **fields)

    assert "There is a problem" in page.text
    assert signed_in.charges() == []


@pytest.mark.provider
@pytest.mark.parametrize("shown", ["", "-12100", "121.00", "١٢١٠٠", "0", "abc", "9" * 10_000])
def test_a_sum_that_makes_no_sense_is_another_sum(
    signed_in: Payer, browser: Browser, shown: str
) -> None:
    browser.get("customer.payments.choose", id=signed_in.invoice())

    browser.press("Pay €121.00", method="new", shown=shown, status=409)

    assert signed_in.charges() == []


def test_b15_somebody_elses_card_is_none(signed_in: Payer, browser: Browser, house: House) -> None:
    invoice = signed_in.invoice()
    browser.get("customer.payments.choose", id=invoice)

    browser.press("Pay €121.00", method="pm_of_somebody_else", status=404)

    assert signed_in.charges() == []


def test_b44_a_second_tab_meets_the_same_payment(
    signed_in: Payer, browser: Browser, other_browser: Browser
) -> None:
    invoice, card = signed_in.invoice(), save(signed_in, browser)
    carry(other_browser, make_session(signed_in.house.at, signed_in.visit().customer.id))
    for tab in (browser, other_browser):
        tab.get("customer.payments.choose", id=invoice)

    first = browser.press("Pay €121.00", method=card)
    second = other_browser.press("Pay €121.00", method=card)

    assert second.url == first.url
    assert signed_in.charges() == [12100]


# From an invoice link


def test_d9_a_link_shows_no_saved_method_and_names_who_will_be_charged(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    save(signed_in, browser)
    open_by_link(signed_in, browser, invoice, Origin.HOLDED)

    page = browser.get("customer.payments.choose", id=invoice)

    assert "4242" not in page.text
    assert "later invoices and renewals of Ann when they fall due" in page.text


def test_d9_a_link_pays_by_checkout_and_sees_how_it_went(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    open_by_link(signed_in, browser, invoice, Origin.HOLDED)
    browser.get("customer.payments.choose", id=invoice)

    away = browser.press("Pay €121.00", method="new")
    back = signed_in.at_checkout(away.link("Go on")).headers["Location"]
    paid = browser.open(back.removeprefix(signed_in.house.settings.public_url))
    settle(signed_in, browser)

    assert paid.h1 == "Paid"
    assert paid.link("Back to the invoice") == f"/nuvol/invoices/{invoice}"
    assert signed_in.bookings() == ["121.00"]


def test_d9_a_stripe_invoice_behind_a_link_goes_to_stripes_own_page(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.stripe_invoice()
    open_by_link(signed_in, browser, invoice, Origin.STRIPE)
    browser.get("customer.payments.choose", id=invoice)

    page = browser.press("Pay €121.00")
    signed_in.house.stripe.v1.invoices.pay(invoice, {"paid_out_of_band": True})
    settle(signed_in, browser)
    afterwards = browser.open(page.url)

    assert "does not lead back here" in page.text
    assert page.link("Open Stripe’s page").startswith("http://127.0.0.1:8001/")
    assert not [one for one in page.tree.iter("meta") if one.get("http-equiv") == "refresh"]
    assert afterwards.url == f"/nuvol/invoices/{invoice}"


# The way out


def test_somebody_elses_way_out_does_not_exist(
    signed_in: Payer, browser: Browser, house: House
) -> None:
    with browser.app.app_context():
        pressed = signed_in.pay(signed_in.invoice())
    bob = make_customer(house.db, house.merchant, email="bob@example.com")
    carry(browser, make_session(house.at, bob))

    browser.get("customer.payments.leave", operation=pressed.operation, status=404)
    browser.get("customer.payments.leave", operation="nothing", status=404)


def test_d9_a_link_leads_out_only_by_what_was_begun_from_it(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        own = signed_in.pay(invoice)
        open_by_link(signed_in, browser, invoice, Origin.HOLDED)
        browser.get("customer.payments.leave", operation=own.operation, status=404)
        from_link = payments.pay(signed_in.link_visit(invoice), invoice, Wish(DUE))

    assert browser.get("customer.payments.leave", operation=from_link.operation).status == 200


def test_a_way_out_that_is_shut_leads_to_how_the_payment_stands(
    signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        pressed = signed_in.pay(signed_in.invoice())
    signed_in.house.pass_time(40 * 60)

    page = browser.get("customer.payments.leave", operation=pressed.operation)

    assert page.url == f"/r/{pressed.return_key}"


def test_an_address_that_is_not_stripes_is_no_way_out(signed_in: Payer, browser: Browser) -> None:
    with browser.app.app_context():
        pressed = signed_in.pay(signed_in.invoice())
    with signed_in.house.db.write() as unit:
        operation = payments.operation_rows.get(unit, pressed.operation)
        assert operation is not None
        operation.leave_url = "javascript:alert(1)"

    page = browser.get("customer.payments.leave", operation=pressed.operation)

    assert "javascript" not in page.html


@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_every_word_of_paying_is_translated(
    signed_in: Payer, browser: Browser, locale: str
) -> None:
    invoice, stripes = signed_in.invoice(), signed_in.stripe_invoice()
    save(signed_in, browser)
    browser.open(f"/nuvol/invoices/{invoice}/pay?locale={locale}")
    browser.open(f"/nuvol/invoices/{stripes}/pay")
    browser.open(f"/nuvol/invoices/{invoice}/pay")
    button = next(name for name in browser.page.button_names if re.search(r"121", name))

    away = browser.press(button, method="new")

    assert away.url.startswith("/nuvol/leave/")
    assert away.tree.get("lang") == locale


def test_pay_and_leave_take_few_statements(signed_in: Payer, browser: Browser, statements) -> None:
    invoice = signed_in.invoice()
    with browser.app.app_context():
        pressed = signed_in.pay(invoice)

    assert statements(f"/nuvol/invoices/{invoice}/pay") <= 5
    assert statements(f"/nuvol/leave/{pressed.operation}") <= 10


def test_the_payment_is_of_the_sum_that_was_shown(signed_in: Payer, browser: Browser) -> None:
    browser.get("customer.payments.choose", id=signed_in.invoice("12.34"))
    browser.press("Pay €14.93", method="new")

    with signed_in.house.db.session() as reader:
        row = reader.query(PaymentRow).one()
    assert Money(row.amount, row.currency) == Money(1493, "eur")


# A part of what is due


def test_a_part_is_offered_only_where_the_merchant_allows_it(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()

    before = browser.get("customer.payments.choose", id=invoice)
    signed_in.house.decide(part_payment=True)
    after = browser.get("customer.payments.choose", id=invoice)

    assert "Pay another amount" not in before.text
    assert "Pay another amount" in after.text


def test_the_sum_typed_stands_on_the_button_and_is_what_is_charged(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    save(signed_in, browser)
    signed_in.house.decide(part_payment=True)

    page = browser.get("customer.payments.choose", id=invoice, amount="50.00")
    browser.press("Pay €50.00")
    settle(signed_in, browser)

    assert "€71.00 stays open." in page.text
    assert signed_in.charges() == [5000]
    assert signed_in.bookings() == ["50.00"]


@pytest.mark.provider
@pytest.mark.parametrize("typed", ["0", "-5", "121.01", "abc", "50,00", "1e2", "50.001", "0.10"])
def test_a_sum_that_cannot_be_meant_is_refused_beside_its_field(
    signed_in: Payer, browser: Browser, typed: str
) -> None:
    invoice = signed_in.invoice()
    save(signed_in, browser)
    signed_in.house.decide(part_payment=True)

    page = browser.get("customer.payments.choose", id=invoice, amount=typed)

    (field,) = [box for box in page.tree.iter("input") if box.get("name") == "amount"]
    assert field.get("aria-invalid") == "true"
    assert "Pay €121.00" in page.button_names
