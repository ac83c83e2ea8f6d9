"""The list of invoices, one invoice, and what somebody else's looks like."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.domain.access import Scope
from portal.domain.customers import Origin
from portal.domain.invoices import Invoice, InvoiceKind, InvoiceState
from portal.mirror import invoices, rows, sources
from portal.mirror.invoices import InvoiceRow
from portal.store.merchants import MerchantRow
from tests.browser import Browser, Page
from tests.factories import make_customer, make_invoice, make_session
from tests.house import House
from tests.payer import Payer
from tests.web.signing_in import carry

MOST_STATEMENTS = 5


def numbers(page: Page) -> list[str]:
    rows = [row for row in page.tree.iter("th") if row.get("scope") == "row"]
    return ["".join(row.itertext()).strip() for row in rows]


def add_credit_note(house: House, corrects: str) -> str:
    """Have a credit note told for an invoice and return its id."""
    held = house.db.row(select(InvoiceRow.snapshot).where(InvoiceRow.provider_id == corrects))
    invoice = rows.load(Invoice, held.snapshot)
    note = replace(
        invoice, id="cn_1", number="CN-1", kind=InvoiceKind.CREDIT_NOTE, state=InvoiceState.PAID,
        total=-1210, due=0, corrects=corrects, description="One hour less",
    )  # fmt: skip
    with house.db.write() as unit:
        invoices.save(unit, house.merchant, [(note, house.now())], now=house.now())
    return note.id


@pytest.fixture
def ann(house: House, browser: Browser) -> int:
    """The id of a customer who is signed in."""
    id = make_customer(house.db, house.merchant, email="ann@example.com", name="Ann")
    carry(browser, make_session(house.at, id, email="ann@example.com"))
    return id


def test_both_origins_are_in_one_list_newest_first(signed_in: Payer, browser: Browser) -> None:
    signed_in.invoice(day="2026-10-01")
    signed_in.stripe_invoice()

    page = browser.get("customer.invoices.list_all")

    assert [number[:3] for number in numbers(page)] == ["SGF", "F26"] or len(numbers(page)) == 2
    assert "Stripe" in page.text
    assert "Holded" in page.text


def test_a_draft_is_not_shown(signed_in: Payer, browser: Browser) -> None:
    signed_in.house.holded.post(
        "/invoices",
        json={
            "contact_id": signed_in.holded_contact,
            "date": "2026-11-01",
            "items": [{"name": "Secret", "units": 1, "price": "10.00"}],
        },
    ).raise_for_status()
    with browser.app.app_context():
        signed_in.house.settle_down()

    page = browser.get("customer.invoices.list_all")

    assert "Secret" not in page.text
    assert "No invoices yet" in page.text


def test_the_open_tab_has_what_is_owed_and_the_paid_tab_what_is_not(
    house: House, browser: Browser, ann: int
) -> None:
    make_invoice(house.db, house.merchant, ann, id="in_open")
    make_invoice(house.db, house.merchant, ann, id="in_paid", state=InvoiceState.PAID)
    make_invoice(house.db, house.merchant, ann, id="in_void", state=InvoiceState.VOID)

    found = {
        tab: len(numbers(browser.get("customer.invoices.list_all", show=tab)))
        for tab in ("open", "paid", "all", "nonsense")
    }

    assert found == {"open": 1, "paid": 1, "all": 3, "nonsense": 3}


def test_pages_follow_each_other_without_gap_or_repeat(
    house: House, browser: Browser, ann: int
) -> None:
    for _ in range(60):
        make_invoice(house.db, house.merchant, ann)

    first = browser.get("customer.invoices.list_all")
    second = browser.follow("Next page")
    third = browser.follow("Next page")

    found = [*numbers(first), *numbers(second), *numbers(third)]
    assert (len(found), len(set(found))) == (60, 60)
    assert "Next page" not in third.link_names
    assert len(numbers(browser.follow("First page"))) == 25


def test_a_search_finds_numbers_texts_and_sums(house: House, browser: Browser, ann: int) -> None:
    make_invoice(
        house.db, house.merchant, ann, number="A", total=118096, description="Fonts 100% off"
    )
    make_invoice(house.db, house.merchant, ann, number="B", total=500, description="Ñandú")

    def hits(search: str) -> int:
        return len(numbers(browser.get("customer.invoices.list_all", q=search)))

    assert [hits(text) for text in ("fonts", "Ñandú", "1,180.96", "€1180,96", "5", "100%")] == [
        1, 1, 1, 1, 1, 1,
    ]  # fmt: skip


def test_a_sum_of_thirty_million_is_listed_added_up_and_found(
    house: House, browser: Browser, ann: int
) -> None:
    make_invoice(house.db, house.merchant, ann, number="BIG", total=3_000_000_000)

    assert "€30,000,000.00" in browser.get("customer.overview.show").text
    assert numbers(browser.get("customer.invoices.list_all", q="30.000.000,00")) == ["BIG"]
    assert numbers(browser.get("customer.invoices.list_all", q="99999999999")) == []


def test_a_search_without_hits_keeps_what_was_typed_and_offers_to_clear_it(
    browser: Browser, ann: int
) -> None:
    page = browser.get("customer.invoices.list_all", show="paid", q="<b>nothing</b>")

    assert "No invoice matches “<b>nothing</b>”" in page.text
    assert page.link("Clear the search") == "/nuvol/invoices?show=paid"
    assert page.link("Search all invoices").startswith("/nuvol/invoices?show=all&q=")


@pytest.mark.provider
@pytest.mark.parametrize(
    "query",
    ["after=x", "after=2026-13-01_1", "after=_", "after=2026-12-01_-5", "after=2026-12-01_1_0",
     "after=2026-12-01_٣", "after=2026-12-01_3000000000",
     "after=2026-12-01_99999999999999999999", "q=%25%5F/\\"],
)  # fmt: skip
def test_a_nonsensical_address_shows_the_first_page(
    house: House, browser: Browser, ann: int, query: str
) -> None:
    make_invoice(house.db, house.merchant, ann)

    assert browser.open(f"/nuvol/invoices?{query}").status == 200


def test_nothing_open_means_up_to_date(house: House, browser: Browser, ann: int) -> None:
    make_invoice(house.db, house.merchant, ann, state=InvoiceState.PAID)

    page = browser.get("customer.invoices.list_all", show="open")

    assert "No open invoices. You are up to date." in page.text
    assert page.link("Show all invoices") == "/nuvol/invoices?show=all"


def test_nothing_paid_is_not_nothing_at_all(house: House, browser: Browser, ann: int) -> None:
    make_invoice(house.db, house.merchant, ann)

    page = browser.get("customer.invoices.list_all", show="paid")

    assert "No paid invoices yet" in page.text
    assert page.link("Show all invoices") == "/nuvol/invoices?show=all"


def test_the_list_takes_as_many_statements_for_four_as_for_four_hundred(
    house: House, statements: Callable[[str], int], ann: int
) -> None:
    for _ in range(4):
        make_invoice(house.db, house.merchant, ann)
    few = statements("/nuvol/invoices")
    for _ in range(396):
        make_invoice(house.db, house.merchant, ann)

    assert statements("/nuvol/invoices") == few
    assert statements("/nuvol/invoices?show=open&q=5") == few
    assert few <= MOST_STATEMENTS


def test_one_invoice_takes_at_most_five_statements(
    house: House, statements: Callable[[str], int], ann: int
) -> None:
    id = make_invoice(house.db, house.merchant, ann)

    assert statements(f"/nuvol/invoices/{id}") <= MOST_STATEMENTS


def test_an_open_invoice_shows_lines_tax_and_the_sum_on_the_button(
    signed_in: Payer, browser: Browser
) -> None:
    id = signed_in.invoice()

    page = browser.get("customer.invoices.show", id=id)

    assert re.search(r"Was due on November 15, 2026", page.text) or "Due" in page.text
    assert "Work 21% €100.00" in page.text
    assert "Tax €21.00" in page.text
    assert page.link("Pay €121.00") == f"/nuvol/invoices/{id}/pay"
    assert page.link("PDF") == f"/nuvol/invoices/{id}/pdf"


def test_a_part_paid_invoice_shows_what_was_booked_and_what_is_left(
    signed_in: Payer, browser: Browser
) -> None:
    id = signed_in.invoice()
    signed_in.pay_in_holded(id, "40.00")
    with browser.app.app_context():
        signed_in.house.settle_down()

    page = browser.get("customer.invoices.show", id=id)

    assert "€40.00 was booked." in page.text
    assert "Paid or credited −€40.00" in page.text
    assert page.link("Pay €81.00")


def test_a_credit_note_stands_beside_what_it_corrects(
    house: House, browser: Browser, ann: int
) -> None:
    id = make_invoice(house.db, house.merchant, ann)
    note = add_credit_note(house, id)

    beside = browser.get("customer.invoices.show", id=id)
    itself = browser.get("customer.invoices.show", id=note)

    assert "Credit −€12.10" in beside.text
    assert "One hour less" in beside.text
    assert itself.link("The invoice it belongs to") == f"/nuvol/invoices/{id}"
    assert not [name for name in itself.link_names if name.startswith("Pay €")]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"state": InvoiceState.VOID}, "This invoice was cancelled."),
        ({"state": InvoiceState.PAID}, "Nothing is left to pay."),
        ({"total": 20}, "The sum is too small to be charged by itself."),
        ({"is_foreign": True}, "This invoice is in a currency that cannot be paid here."),
    ],
)
def test_b53_what_cannot_be_paid_says_why_and_has_no_button(
    house: House, browser: Browser, ann: int, more: Any, sentence: str
) -> None:
    id = make_invoice(house.db, house.merchant, ann, **more)

    page = browser.get("customer.invoices.show", id=id)

    assert sentence in page.text
    assert not [name for name in page.link_names if name.startswith("Pay €")]


def test_the_tries_to_pay_are_told_with_their_end(signed_in: Payer, browser: Browser) -> None:
    id = signed_in.invoice()
    with browser.app.app_context():
        signed_in.pay(id, signed_in.card("pm_card_chargeCustomerFail"))

    page = browser.get("customer.invoices.show", id=id)

    assert "Your bank refused the payment. You were not charged." in page.text


def test_a_payment_at_the_bank_is_told_on_its_invoice(signed_in: Payer, browser: Browser) -> None:
    id = signed_in.invoice()
    with browser.app.app_context():
        signed_in.pay(id, signed_in.card("pm_card_authenticationRequired"))

    page = browser.get("customer.invoices.show", id=id)

    assert "Your bank wants you to confirm the payment." in page.text
    assert "€121.00 waits for your bank’s confirmation." in page.text


def test_b15_somebody_elses_invoice_looks_like_one_that_does_not_exist(
    house: House, browser: Browser, ann: int
) -> None:
    bob = make_customer(house.db, house.merchant, email="bob@example.com")
    own = make_invoice(house.db, house.merchant, bob)

    foreign = browser.get("customer.invoices.show", id=own, status=404)
    missing = browser.get("customer.invoices.show", id="in_never", status=404)

    def without_reference(page: Page) -> str:
        return re.sub(r"[0-9A-F]{4}-[0-9A-F]{4}", "", page.text)

    assert without_reference(foreign) == without_reference(missing)
    assert browser.get("customer.invoices.pdf", id=own, status=404).h1 == missing.h1
    assert browser.get("customer.payments.choose", id=own, status=404).h1 == missing.h1


def test_a_link_opens_its_invoice_and_no_other(house: House, browser: Browser, ann: int) -> None:
    id = make_invoice(house.db, house.merchant, ann)
    other = make_invoice(house.db, house.merchant, ann)
    carry(browser, make_session(house.at, ann, scope=Scope(Origin.STRIPE, id)))

    page = browser.get("customer.invoices.show", id=id)

    assert "Overview" not in page.link_names
    assert browser.get("customer.invoices.show", id=other, status=404).status == 404
    assert browser.get("customer.invoices.list_all", status=403).status == 403


@pytest.mark.parametrize("path", ["/nuvol/", "/nuvol/invoices", "/nuvol/invoices/{id}"])
def test_a_source_that_does_not_answer_says_how_old_it_is(
    house: House, browser: Browser, ann: int, path: str
) -> None:
    id = make_invoice(house.db, house.merchant, ann)
    with house.db.write() as unit:
        sources.answered(unit, Origin.STRIPE, now=house.now() - timedelta(days=1))
        sources.failed(unit, Origin.STRIPE, now=house.now())

    page = browser.open(path.format(id=id))

    assert "Stripe has not answered since" in page.text
    assert "What you see is from then." in page.text
    assert "Holded has not" not in page.text


@pytest.fixture
def key_ended(house: House) -> None:
    """Have Holded refuse the merchant's key for hours."""
    house.use_token("0" * 32)
    house.look_around(3)


@pytest.mark.parametrize("path", ["/nuvol/", "/nuvol/invoices"])
def test_of_a_key_that_ended_pages_say_how_old_what_they_show_is(
    key_ended: None, browser: Browser, ann: int, path: str
) -> None:
    page = browser.open(path)

    assert "Holded has not answered since" in page.text
    assert "Stripe has not" not in page.text


def test_of_a_source_that_failed_today_the_time_is_told(
    house: House, browser: Browser, ann: int
) -> None:
    with house.db.write() as unit:
        sources.answered(unit, Origin.HOLDED, now=house.now())
        sources.failed(unit, Origin.HOLDED, now=house.now())

    page = browser.get("customer.invoices.list_all")

    assert re.search(r"Holded has not answered since \d{1,2}:\d\d", page.text)


def test_a_merchant_without_holded_hears_nothing_of_it(
    house: House, browser: Browser, ann: int
) -> None:
    with house.db.write() as unit:
        sources.failed(unit, Origin.HOLDED, now=house.now())
        unit.execute(update(MerchantRow).values(holded_account=""))

    assert "Holded" not in browser.get("customer.invoices.list_all").text


@pytest.mark.provider
@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_every_word_is_translated(house: House, browser: Browser, ann: int, locale: str) -> None:
    id = make_invoice(house.db, house.merchant, ann, description="Fonts")
    browser.open(f"/nuvol/invoices?locale={locale}")

    for path in ("/nuvol/invoices", "/nuvol/invoices?q=zz", f"/nuvol/invoices/{id}"):
        assert browser.open(path).tree.get("lang") == locale


def test_a_pair_is_shown_with_the_invoice_and_the_receipt_told_apart(
    signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        at_stripe = signed_in.stripe_invoice()
        at_holded = signed_in.invoice(tags=[f"stripe:{at_stripe}"])

    page = browser.get("customer.invoices.show", id=at_holded)
    receipt = browser.get("customer.invoices.show", id=at_stripe)

    assert page.link("PDF of the invoice") == f"/nuvol/invoices/{at_holded}/pdf"
    assert page.link("PDF of Stripe’s receipt") == f"/nuvol/invoices/{at_stripe}/pdf"
    assert "This is Stripe’s receipt" in receipt.text
    assert receipt.link("Go to invoice") == f"/nuvol/invoices/{at_holded}"
    assert len(numbers(browser.get("customer.invoices.list_all"))) == 1


def test_the_holder_of_a_link_is_not_led_to_the_receipt(
    house: House, signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        at_stripe = signed_in.stripe_invoice()
        at_holded = signed_in.invoice(tags=[f"stripe:{at_stripe}"])
        customer = signed_in.visit().customer.id
    carry(browser, make_session(house.at, customer, scope=Scope(Origin.HOLDED, at_holded)))

    page = browser.get("customer.invoices.show", id=at_holded)

    assert not [name for name in page.link_names if "receipt" in name]
    assert browser.get("customer.invoices.show", id=at_stripe, status=404).status == 404


def test_a_credit_note_in_the_list_names_what_it_corrects(
    house: House, browser: Browser, ann: int
) -> None:
    id = make_invoice(house.db, house.merchant, ann, number="NVL-77")
    add_credit_note(house, id)

    page = browser.get("customer.invoices.list_all")

    assert "Corrects invoice NVL-77" in page.text


def test_what_became_of_a_payment_is_told_and_a_disputed_one_has_no_button(
    signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        id = signed_in.invoice()
        signed_in.pay(id, signed_in.card("pm_card_createDispute"))
        signed_in.house.settle_down()
        signed_in.house.control("stripe", "clock", advance=60)
        signed_in.house.settle_down()

    page = browser.get("customer.invoices.show", id=id)

    assert "Disputed" in page.text
    assert "While the bank decides, there is nothing for you to pay." in page.text
    assert "A payment of €121.00 was disputed, and the bank has still to decide." in page.text
    assert not [name for name in page.link_names if name.startswith("Pay €")]


def test_a_refund_is_told_in_the_list_and_on_the_invoice(
    signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        id = signed_in.invoice()
        signed_in.pay(id, signed_in.card())
        signed_in.house.settle_down()
        intent = signed_in.house.stripe.v1.payment_intents.list({}).data[0].id
        signed_in.house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 2100})
        signed_in.house.settle_down()

    page = browser.get("customer.invoices.show", id=id)
    listed = browser.get("customer.invoices.list_all")

    assert "You got €21.00 of your money back. Nothing is left to pay." in page.text
    assert "€21.00 was given back to you." in page.text
    assert "Part refunded" in listed.text
    assert "€21.00 refunded" in listed.text


def test_sums_and_credit_stand_above_the_list_and_are_never_set_against_each_other(
    signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        signed_in.stripe_invoice()
        signed_in.house.stripe.v1.customers.balance_transactions.create(
            signed_in.stripe_customer, {"amount": -2500, "currency": "eur"}
        )
        signed_in.house.settle_down()

    listed = browser.get("customer.invoices.list_all")
    overview = browser.get("customer.overview.show")

    assert "1 open invoice: €121.00" in listed.text
    assert "You have a credit of €25.00 with Nuvol Studio at Stripe." in listed.text
    assert "Amount due" in overview.text
    assert "€121.00" in overview.text
    assert "Credit at Stripe €25.00" in overview.text


def test_a_foreign_document_is_told_by_its_pdf_alone(signed_in: Payer, browser: Browser) -> None:
    with browser.app.app_context():
        id = signed_in.invoice(currency="usd", currency_change="1.1")

    page = browser.get("customer.invoices.show", id=id)
    listed = browser.get("customer.invoices.list_all")

    assert "Its PDF says what is to be paid." in page.text
    assert "see PDF" in listed.text
    assert "€" not in listed.text
    assert not [name for name in page.link_names if name.startswith("Pay €")]


def test_a_pair_takes_no_more_statements_in_the_list_than_a_single_invoice(
    signed_in: Payer, browser: Browser, statements: Callable[[str], int]
) -> None:
    with browser.app.app_context():
        signed_in.invoice()
    single = statements("/nuvol/invoices")
    with browser.app.app_context():
        at_stripe = signed_in.stripe_invoice()
        signed_in.invoice(tags=[f"stripe:{at_stripe}"])

    assert statements("/nuvol/invoices") == single
