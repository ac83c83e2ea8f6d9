"""What a payer does with each kind of payment method, from Stripe's Checkout page to sure money."""

import re
from dataclasses import dataclass
from typing import Any

from portal.domain.method_types import BY_TYPE, PaymentMethodType
from portal.domain.money import Money
from portal.mirror import payment_methods
from portal.services import payments
from portal.services.payments import Pressed, Wish
from tests.house import SPAIN, Home
from tests.payer import SPANISH_IBAN, Payer

DAY = 86_400
CONSENT = "Keep this method."
# Published test accounts whose debits succeed.
ACCOUNTS: dict[str, dict[str, str]] = {
    "sepa_debit": {"iban": SPANISH_IBAN},
    "us_bank_account": {"routing_number": "110000000", "account_number": "000123456789"},
    "acss_debit": {
        "transit_number": "11000",
        "institution_number": "000",
        "account_number": "000123456789",
    },
    "au_becs_debit": {"bsb_number": "000-000", "account_number": "000123456"},
    "bacs_debit": {"sort_code": "10-88-00", "account_number": "00012345"},
    "nz_bank_account": {
        "bank_code": "11",
        "branch_code": "0000",
        "account_number": "0000000",
        "suffix": "010",
    },
}
CARD = {"number": "4242424242424242", "exp": "12 / 34", "cvc": "123"}
BRAZILIAN = {
    "tax_id": "000.000.000-00",
    "line1": "Rua 1",
    "city": "São Paulo",
    "state": "SP",
    "postal_code": "01310-000",
}
FIELDS = {"card": CARD, "boleto": BRAZILIAN, **ACCOUNTS}


def home_of(kind: PaymentMethodType) -> Home:
    """Return a merchant's home where a kind serves: Spain where it can be."""
    if kind.fits(SPAIN.currency, SPAIN.country):
        return SPAIN
    region = kind.regions[0]
    return Home(min(region.countries), min(region.currencies))


@dataclass
class Bill:
    """An invoice of 121 units of its currency, paid by one customer with one kind of method."""

    payer: Payer
    kind: PaymentMethodType
    invoice: str
    shown: Money

    def press(self, method: str = "", consent: str = "") -> Pressed:
        """Press the button of its pay page."""
        return payments.pay(self.payer.visit(), self.invoice, Wish(self.shown, method, consent))

    def fill_in(self, pressed: Pressed) -> str:
        """Fill in the kind's form on the Checkout page; returns where that leads to."""
        fields = {"type": self.kind.type, "name": "Ann", **FIELDS.get(self.kind.type, {})}
        answer = self.payer.at_stripe(self.payer.leave_url(pressed), **fields)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def agree(self, onward: str) -> None:
        """Do what the next page asks: answer the bank or the app, verify an account."""
        for page, fields in ASKING.items():
            if f"/{page}/" in onward:
                answer = self.payer.at_stripe(onward, **fields)
                assert answer.status_code == 303, answer.text
                # Checkout learns of it when the payer comes back.
                self.payer.house.stripe_app.test_client().get(_path(answer.headers["Location"]))
        self.payer.house.settle_down()

    def wait(self, onward: str) -> None:
        """Pay the slip, and let the working days pass that a debit takes."""
        if self.kind.is_voucher:
            self.payer.at_stripe(onward, pay="yes")
        if self.kind.delayed_days:
            self.payer.house.control("stripe", "clock", advance=14 * DAY)
            self.payer.house.pass_time(14 * DAY)
        self.payer.house.settle_down()


# What is answered on each page that Checkout leads on to.
ASKING: dict[str, dict[str, str]] = {
    "3d-secure": {"complete": "yes"},
    "microdeposits": {"descriptor_code": "SM11AA"},
}


def take(payer: Payer, type: str) -> None:
    """Have the merchant turn a kind on in its account at Stripe."""
    configurations = payer.house.stripe.v1.payment_method_configurations
    (default,) = [one for one in configurations.list().data if one.is_default]
    wanted: Any = {type: {"display_preference": {"preference": "on"}}}
    configurations.update(default.id, wanted)


def bill(payer: Payer, type: str) -> Bill:
    """Have the merchant issue an invoice of 121 units, to be paid with a kind."""
    currency = payer.house.merchant.currency
    shown = Money(121 if currency == "jpy" else 121_00, currency)
    return Bill(payer, BY_TYPE[type], payer.invoice(), shown)


def offered(payer: Payer, pressed: Pressed) -> list[str]:
    """Return the kinds a Checkout page offers."""
    (id,) = re.findall(r"cs_test_\w+", payer.leave_url(pressed))
    return list(payer.house.stripe.v1.checkout.sessions.retrieve(id).payment_method_types)


def saved(payer: Payer) -> list[str]:
    """Return the kinds of the methods a customer has saved."""
    return [method.type for method in payment_methods.wallet(payer.visit()).methods]


def charge_again(payer: Payer, due: Bill) -> Any:
    """Charge the saved method without its owner, as renewals are; returns the intent."""
    (method,) = payment_methods.wallet(payer.visit()).methods
    return payer.house.stripe.v1.payment_intents.create(
        {
            "amount": due.shown.amount,
            "currency": due.shown.currency,
            "customer": payer.stripe_customer,
            "payment_method": method.id,
            "off_session": True,
            "confirm": True,
        }
    )


def _path(url: str) -> str:
    return re.sub(r"^https?://[^/]+", "", url)
