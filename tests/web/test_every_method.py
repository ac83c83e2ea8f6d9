"""Every kind of payment method of the catalogue, from the page of an invoice to its booking.

What is told here is what a person does and sees: the portal's pages, Stripe's own as the sandbox
serves them, the days of waiting, and what both ledgers say in the end.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from portal.domain.method_offers import kept_by_paying
from portal.domain.method_types import BY_TYPE, CATALOGUE, LEFT_OUT, PaymentMethodType
from portal.domain.money import Money
from portal.i18n import formats
from portal.i18n.locales import LOCALES
from portal.mirror import payment_methods
from portal.sandbox.stripe.bank_accounts import accounts
from portal.services import method_types as of_account
from portal.store.payments import PaymentRow
from portal.web import method_types as in_words
from tests import databases
from tests.browser import Browser, Page
from tests.factories import make_session
from tests.hosted import Hosted
from tests.house import House, build
from tests.kinds import DAY, FIELDS, home_of, take
from tests.lint import text_of
from tests.payer import Payer
from tests.web.signing_in import carry

pytestmark = pytest.mark.provider

SLIPS = [kind for kind in CATALOGUE if kind.is_voucher]
DEBITS = [kind for kind in CATALOGUE if kind.delayed_days and not kind.is_voucher]
AT_ONCE = [kind for kind in CATALOGUE if not (kind.delayed_days or kind.is_voucher)]
ENGLISH = LOCALES["en"]
SHOW, CHOOSE = "customer.invoices.show", "customer.payments.choose"


def each(kinds: list[PaymentMethodType]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.type)


@pytest.fixture
def house(kind: PaymentMethodType, database_url: str, tmp_path: Path) -> Iterator[House]:
    """An installation whose merchant is where a kind serves."""
    yield from build(databases.empty(database_url), tmp_path, home_of(kind))


class Buyer:
    """Somebody who pays one invoice of 121 units of the merchant's currency with one kind."""

    def __init__(self, payer: Payer, browser: Browser, kind: PaymentMethodType) -> None:
        self.payer, self.browser, self.kind, self.house = payer, browser, kind, payer.house
        currency = self.house.merchant.currency
        self.sum = Money(121 if currency == "jpy" else 121_00, currency)
        take(payer, kind.type)
        of_account.read(self.house.at)
        self.invoice = payer.invoice()
        self.there = Hosted(self.house)

    @property
    def button(self) -> str:
        return f"Pay {formats.money(self.sum, ENGLISH)}".replace("\xa0", " ")

    def choose(self) -> Page:
        """Open the pay page."""
        return self.browser.get(CHOOSE, id=self.invoice)

    def press(self, **values: str) -> str:
        """Press pay for a new method and return the address of Stripe's page."""
        return self.browser.press(self.button, method="new", **values).link("Go on")

    def fill_in(self, url: str, **account: str) -> None:
        """Choose the kind on Checkout, fill in its form, and do what the next page asks."""
        there = self.there
        there.open(f"{url}?type={self.kind.type}")
        wanted = {"name": "Ann", **FIELDS.get(self.kind.type, {}), **account}
        asked = there.shown.fields_of(there.shown.form_of("Pay ")[0])
        there.press("Pay ", **{name: wanted[name] for name in asked.keys() & wanted.keys()})
        self.go_through()

    def go_through(self) -> None:
        """Do what the page asks that Stripe leads on to: the bank, an app, two sums, a slip."""
        there = self.there
        if there.page is not None and "/3d-secure/" in there.page.url:
            there.press("Complete")
        if there.page is not None and "/microdeposits/" in there.page.url:
            there.press("Verify", first="32", second="45")
        if there.page is not None:
            there.follow("Back to")

    def come_back(self) -> Page:
        """Open the portal's address that Stripe's pages led to, before any hook has told."""
        return self.browser.open(self.there.came_back)

    def settle(self, days: float = 0) -> None:
        """Let days pass for Stripe and the portal, and have all be told and done.

        The person signs in anew then.
        """
        if days:
            self.house.control("stripe", "clock", advance=int(days * DAY))
            self.house.pass_time(days * DAY)
            customer = self.payer.visit().customer
            carry(self.browser, make_session(self.house.at, customer.id, email=customer.email))
        with self.browser.app.app_context():
            self.house.settle_down()

    def pay_slip(self) -> None:
        """Go from the page of the invoice to the slip and pay it, as in a shop."""
        self.browser.get(SHOW, id=self.invoice)
        self.there.open(self.browser.follow("Show the slip").link("Go on"))
        self.there.press("Pay it now")

    def shown(self) -> Page:
        """Open the page of the invoice."""
        return self.browser.get(SHOW, id=self.invoice)

    def receipts(self) -> list[str]:
        """Return the numbers of the receipts of payments in the history."""
        page = self.browser.get("customer.history.list_all")
        lines = [text_of(row) for row in page.tree.iter("tr") if "Payment" in text_of(row)]
        paid = [line for line in lines if not line.startswith("Payment method")]
        return re.findall(r"Show (\d+)", " ".join(paid))

    def booked(self) -> list[tuple[str, Decimal, str]]:
        """Return invoice, sum and treasury of everything Holded has booked."""
        return [
            (row["invoice"], Decimal(row["amount"]), row["treasury"])
            for row in self.house.ledger("holded")
        ]

    def is_settled(self) -> bool:
        """Whether it is paid once, booked once where it belongs, and receipted once."""
        treasury = self.house.merchant.holded_treasury
        assert self.payer.charges() == [self.sum.amount]
        assert self.booked() == [(self.invoice, self.sum.to_decimal(), treasury)]
        assert "Nothing is left to pay." in self.shown().text
        [number] = self.receipts()
        receipt = self.browser.get("customer.history.show", number=int(number))
        assert "Status Settled" in receipt.text
        assert in_words.name(self.kind.type) in receipt.text
        mailed = [one.subject for one in self.house.postbox.mails if one.id.startswith("receipt-")]
        return [one for one in mailed if one.endswith(": Payment")] == [
            f"Receipt {number}: Payment"
        ]


@pytest.fixture
def buyer(signed_in: Payer, browser: Browser, kind: PaymentMethodType) -> Buyer:
    """Somebody with an open invoice at a merchant who takes a kind."""
    return Buyer(signed_in, browser, kind)


def saved(buyer: Buyer) -> list[str]:
    return [method.type for method in payment_methods.wallet(buyer.payer.visit()).methods]


def states(buyer: Buyer) -> list[str]:
    with buyer.house.db.session() as reader:
        return [row.state for row in reader.query(PaymentRow)]


def note_of(kind: PaymentMethodType) -> str:
    """Return what has to be said before a kind is chosen that is not paid with at once."""
    if kind.is_voucher:
        return "You get a slip to pay at a bank or in a shop, and it counts after that."
    days = f"{kind.delayed_days} working day{'s' * (kind.delayed_days > 1)}"
    return f"Counts as paid about {days} later."


def broken_account(kind: PaymentMethodType) -> dict[str, str]:
    """Return the published number of an account whose debits come back."""
    [first, *_] = [
        one
        for one in accounts().values()
        if one.kind == kind.type
        and one.outcome.failure
        and not one.outcome.slow
        and (kind.type != "sepa_debit" or one.country == "ES")
    ]
    return first.numbers


def test_every_kind_is_paid_with_in_exactly_one_way() -> None:
    grouped = [kind.type for kind in (*AT_ONCE, *DEBITS, *SLIPS)]

    assert sorted(grouped) == sorted(kind.type for kind in CATALOGUE)
    assert not BY_TYPE.keys() & LEFT_OUT.keys()


@each(AT_ONCE)
def test_a_kind_that_pays_at_once(buyer: Buyer, kind: PaymentMethodType) -> None:
    page = buyer.choose()
    buyer.fill_in(buyer.press(keep="y"))
    back = buyer.come_back()
    buyer.settle()

    assert in_words.name(kind.type) in page.text
    assert back.h1 == "Paid"
    assert buyer.is_settled()
    assert saved(buyer) == [*kept_by_paying([kind.type])]


@each(DEBITS)
def test_a_debit_is_pending_for_days_and_then_paid(buyer: Buyer, kind: PaymentMethodType) -> None:
    page = buyer.choose()
    buyer.fill_in(buyer.press(keep="y"))
    back = buyer.come_back()
    buyer.settle()
    waiting, again = buyer.shown(), buyer.choose()

    assert f"{in_words.name(kind.type)} {note_of(kind)}" in page.text
    assert back.h1 == "Your payment is on its way"
    assert "A payment is under way. It counts as soon as the bank has confirmed it." in waiting.text
    assert "There is nothing to pay here now" in again.text
    assert buyer.button not in again.button_names
    assert (buyer.payer.charges(), buyer.booked()) == ([], [])
    [number] = buyer.receipts()
    [told] = [one for one in buyer.house.postbox.mails if one.id.startswith("debit-")]
    receipt = buyer.browser.get("customer.history.show", number=int(number))
    assert receipt.h1 == "Payment on its way"
    assert in_words.name(kind.type) in receipt.text
    assert [file.name for file in told.attachments] == [f"receipt-{number}.pdf"]

    buyer.settle(kind.delayed_days)

    assert buyer.is_settled()
    assert saved(buyer) == [*kept_by_paying([kind.type])]


@each(DEBITS)
def test_a_debit_that_comes_back_leaves_the_invoice_open(
    buyer: Buyer, kind: PaymentMethodType
) -> None:
    buyer.choose()
    buyer.fill_in(buyer.press(), **broken_account(kind))
    buyer.come_back()
    buyer.settle()
    buyer.settle(kind.delayed_days)

    [mail] = [one for one in buyer.house.postbox.mails if one.id.startswith("failure-")]
    assert states(buyer) == ["failed"]
    assert "You were not charged." in buyer.shown().text
    assert "You were not charged." in mail.text
    assert buyer.button in buyer.choose().button_names
    assert (buyer.payer.charges(), buyer.booked()) == ([], [])
    [number] = buyer.receipts()
    receipt = buyer.browser.get("customer.history.show", number=int(number))
    assert receipt.h1 == "Payment that did not go through"
    assert "Status Not paid" in receipt.text
    assert f"Receipt: {number}" in mail.text


@each(SLIPS)
def test_a_slip_waits_and_is_paid_elsewhere(buyer: Buyer, kind: PaymentMethodType) -> None:
    page = buyer.choose()
    buyer.fill_in(buyer.press(keep="y"))
    back = buyer.come_back()
    buyer.settle()
    waiting, again = buyer.shown(), buyer.choose()

    assert f"{in_words.name(kind.type)} {note_of(kind)}" in page.text
    assert back.h1 == "One step is left"
    assert "The slip is made and not paid yet." in waiting.text
    assert "If you have paid the slip already, do not pay again" in again.text
    assert (buyer.payer.charges(), buyer.booked()) == ([], [])

    buyer.pay_slip()
    buyer.settle(kind.delayed_days)

    assert buyer.is_settled()
    assert saved(buyer) == [*kept_by_paying([kind.type])]


@each(SLIPS)
def test_a_slip_that_nobody_pays_leaves_the_invoice_open(buyer: Buyer) -> None:
    buyer.choose()
    buyer.fill_in(buyer.press())
    buyer.come_back()
    buyer.settle()
    buyer.settle(9)

    assert states(buyer) == ["failed"]
    assert "You were not charged." in buyer.shown().text
    assert buyer.button in buyer.choose().button_names
    assert (buyer.payer.charges(), buyer.booked(), buyer.receipts()) == ([], [], [])


@each([kind for kind in CATALOGUE if kind.saves_by_paying])
def test_a_kind_that_was_kept_pays_the_next_invoice(buyer: Buyer, kind: PaymentMethodType) -> None:
    buyer.choose()
    buyer.fill_in(buyer.press(keep="y"))
    buyer.come_back()
    buyer.settle()
    if kind.is_voucher:
        buyer.pay_slip()
    buyer.settle(kind.delayed_days)
    [method] = payment_methods.wallet(buyer.payer.visit()).methods
    buyer.invoice = buyer.payer.invoice()

    page = buyer.choose()
    left = buyer.browser.press(buyer.button, method=method.id)
    if "Go on" in left.link_names:
        buyer.there.open(left.link("Go on"))
        buyer.go_through()
    buyer.settle()

    ends = {"boleto": "needs_bank"}
    expected = ends.get(kind.type, "processing" if kind.delayed_days else "booked")
    assert f'value="{method.id}"' in page.html
    assert sorted(states(buyer)) == sorted(["booked", expected])


@each([BY_TYPE["card"]])
def test_what_does_not_serve_a_merchant_is_not_offered(buyer: Buyer) -> None:
    for one in CATALOGUE:
        take(buyer.payer, one.type)
    take(buyer.payer, "afterpay_clearpay")
    of_account.read(buyer.house.at)

    page = buyer.choose()
    buyer.press()
    [session] = buyer.house.stripe.v1.checkout.sessions.list().data

    merchant = buyer.house.merchant
    fitting = [kind for kind in CATALOGUE if kind.fits(buyer.sum.currency, merchant.country)]
    names = formats.alternatives([in_words.name(kind.type) for kind in fitting], ENGLISH)
    assert f"With {names}. Entered on Stripe’s page" in page.text
    assert set(session.payment_method_types) == {kind.type for kind in fitting}
    assert not LEFT_OUT.keys() & set(session.payment_method_types)
