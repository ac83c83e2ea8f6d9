"""The kinds of payment methods as a table: where each serves, and what can be done with it.

A new kind is one row here. Tests then ask for its name, its mark, its line in
docs/payment-methods.md and a payment with it on the sandbox.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.decisions import Decision, Reason
from portal.domain.money import Money

STRIPE = "https://docs.stripe.com/payments"


class Condition(StrEnum):
    """What a kind asks for beyond currency and country; `web/wording.py` says it.

    The first four are the merchant's business with Stripe, the others the payer's.
    """

    APPROVED_FOR_RENEWALS = "approved_for_renewals"
    BRAZILIAN_ACCOUNT = "brazilian_account"
    BRITISH_ACCOUNT = "british_account"
    MERCHANT_CHECKED = "merchant_checked"
    ACCOUNT_CHECKED = "account_checked"
    BANK_ACCOUNT_THERE = "bank_account_there"
    PHONE_REGISTERED = "phone_registered"
    BUYER_CHECKED = "buyer_checked"
    COMPANIES_ONLY = "companies_only"

    @property
    def is_payers(self) -> bool:
        """Whether it is for the payer to fulfil."""
        return self not in _MERCHANTS


_MERCHANTS = frozenset(
    {
        Condition.APPROVED_FOR_RENEWALS,
        Condition.BRAZILIAN_ACCOUNT,
        Condition.BRITISH_ACCOUNT,
        Condition.MERCHANT_CHECKED,
    }
)


@dataclass(frozen=True, slots=True)
class Region:
    """Currencies that merchants of some countries may take; empty means most of them."""

    currencies: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()

    def has(self, currency: str, country: str) -> bool:
        """Whether a merchant of a country may take a currency."""
        return (not self.currencies or currency in self.currencies) and (
            not self.countries or country in self.countries
        )


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most of one payment, in minor units; None where nothing is documented."""

    currency: str
    least: int | None = None
    most: int | None = None

    def has(self, amount: Money) -> bool:
        """Whether a sum is within them; they say nothing of other currencies."""
        return amount.currency != self.currency or (
            (self.least is None or amount.amount >= self.least)
            and (self.most is None or amount.amount <= self.most)
        )


@dataclass(frozen=True, slots=True)
class PaymentMethodType:
    """One kind of payment method.

    `regions` is where it serves, `source` the page that says so. `in_portal` marks the twelve of
    Stripe's own portal, `on_invoices` what Stripe lets an invoice or subscription be paid with.
    `is_reusable` says whether it can be kept for later charges; by a Checkout page that charges
    nothing (`in_setup`), by paying with it (`saves_by_paying`), or both. `delayed_days` is how many
    working days pass between the payer's part and sure money; of a slip, after it was paid.
    """

    type: str
    regions: tuple[Region, ...] = (Region(),)
    in_portal: bool = False
    on_invoices: bool = False
    is_reusable: bool = False
    in_setup: bool = False
    saves_by_paying: bool = False
    has_mandate: bool = False
    is_voucher: bool = False
    delayed_days: int = 0
    bounds: Bounds | None = None
    condition: Condition | None = None
    source: str = ""

    @property
    def currencies(self) -> frozenset[str]:
        """Every currency it serves, empty where that is most of them."""
        return frozenset[str]().union(*(region.currencies for region in self.regions))

    @property
    def countries(self) -> frozenset[str]:
        """Every country of a merchant it serves, empty where that is most of them."""
        return frozenset[str]().union(*(region.countries for region in self.regions))

    @property
    def is_one_off(self) -> bool:
        """Whether it pays once and is never kept."""
        return not self.is_reusable

    @property
    def is_delayed(self) -> bool:
        """Whether a payment is under way for days, and not paid until then."""
        return self.is_voucher or self.delayed_days > 0

    def fits(self, currency: str, country: str) -> bool:
        """Whether it serves a currency for a merchant of a country."""
        return any(region.has(currency, country) for region in self.regions)

    def takes(self, amount: Money) -> bool:
        """Whether one payment of a sum is within its documented bounds."""
        return self.bounds is None or self.bounds.has(amount)


def _codes(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _for(currencies: str, countries: str | frozenset[str]) -> Region:
    named = _codes(countries) if isinstance(countries, str) else countries
    return Region(_codes(currencies), named)


EEA = _codes(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
)
EUROPE = EEA | _codes("CH GB GI")
WIDE = EUROPE | _codes("AU CA HK JP MX NZ SG US")

# The twelve of docs.stripe.com/customer-management, "supported payment methods"; those that most
# people know come first, because pages keep this order. Which of them Checkout takes with
# `mode=setup`, and which it keeps by paying, stands on the pages of each and in the options of
# stripe-python's `checkout.Session.create`.
_OF_THE_PORTAL = (
    PaymentMethodType(
        "card",
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        source=f"{STRIPE}/cards",
    ),
    PaymentMethodType(
        "link",
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        source=f"{STRIPE}/link",
    ),
    PaymentMethodType(
        "sepa_debit",
        (_for("eur", WIDE),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        has_mandate=True,
        delayed_days=5,
        source=f"{STRIPE}/sepa-debit",
    ),
    PaymentMethodType(
        "us_bank_account",
        (_for("usd", "US"),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        has_mandate=True,
        delayed_days=4,
        condition=Condition.ACCOUNT_CHECKED,
        source=f"{STRIPE}/ach-direct-debit",
    ),
    PaymentMethodType(
        # The portal's table has dollars and the United States only; payments reach further.
        "amazon_pay",
        (
            _for(
                "aud chf dkk eur gbp hkd jpy nok nzd sek usd zar",
                "AT BE CH CY DE DK ES FR GB HU IE IT LU NL PT SE US",
            ),
        ),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        source=f"{STRIPE}/amazon-pay",
    ),
    PaymentMethodType(
        "au_becs_debit",
        (_for("aud", "AU"),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        has_mandate=True,
        delayed_days=3,
        source=f"{STRIPE}/au-becs-debit",
    ),
    PaymentMethodType(
        "boleto",
        (_for("brl", "BR"),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        saves_by_paying=True,
        is_voucher=True,
        delayed_days=2,
        bounds=Bounds("brl", 5_00, 49_999_99),
        condition=Condition.BRAZILIAN_ACCOUNT,
        source=f"{STRIPE}/boleto",
    ),
    PaymentMethodType(
        "cashapp",
        (_for("usd", "US"),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        source=f"{STRIPE}/cash-app-pay",
    ),
    PaymentMethodType(
        "nz_bank_account",
        (_for("nzd", "NZ"),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        has_mandate=True,
        delayed_days=3,
        source=f"{STRIPE}/nz-bank-account",
    ),
    PaymentMethodType(
        # Not by paying: without Stripe's approval, which no answer tells of, the wish to keep it
        # would be refused with the whole page.
        "paypal",
        (_for("aud cad chf czk dkk eur gbp hkd nok nzd pln sek sgd usd", EUROPE),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        condition=Condition.APPROVED_FOR_RENEWALS,
        source=f"{STRIPE}/paypal",
    ),
    PaymentMethodType(
        "acss_debit",
        (_for("cad usd", "CA US"),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        has_mandate=True,
        delayed_days=5,
        condition=Condition.ACCOUNT_CHECKED,
        source=f"{STRIPE}/acss-debit",
    ),
    PaymentMethodType(
        "bacs_debit",
        (_for("gbp", "GB"),),
        in_portal=True,
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        has_mandate=True,
        delayed_days=4,
        bounds=Bounds("gbp", most=100_000_00),
        condition=Condition.BRITISH_ACCOUNT,
        source=f"{STRIPE}/bacs-debit",
    ),
)

# What Checkout takes beyond them; each page names countries, currencies and bounds. iDEAL,
# Bancontact, TWINT, BLIK, Klarna and Pix can be kept only as something else or under terms of their
# own, so they pay once here.
_BEYOND_IT = (
    PaymentMethodType(
        "revolut_pay",
        (
            _for("gbp", "GB"),
            _for(
                "dkk eur huf pln ron",
                "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LI LT LU LV MT NL NO PL PT RO SE "
                "SI SK",
            ),
        ),
        on_invoices=True,
        is_reusable=True,
        in_setup=True,
        saves_by_paying=True,
        source=f"{STRIPE}/revolut-pay",
    ),
    PaymentMethodType(
        "bizum",
        (
            _for(
                "eur",
                "AT AU BE CA CH CZ DE DK ES FI FR GB GR HU IE IT LT LU NL NO PL PT RO SE SG SI SK "
                "US",
            ),
        ),
        bounds=Bounds("eur", 50, 5_000_00),
        condition=Condition.MERCHANT_CHECKED,
        source=f"{STRIPE}/bizum",
    ),
    PaymentMethodType("ideal", (_for("eur", WIDE),), source=f"{STRIPE}/ideal"),
    PaymentMethodType("bancontact", (_for("eur", WIDE),), source=f"{STRIPE}/bancontact"),
    PaymentMethodType("eps", (_for("eur", WIDE),), source=f"{STRIPE}/eps"),
    PaymentMethodType("p24", (_for("eur pln", WIDE),), source=f"{STRIPE}/p24"),
    PaymentMethodType(
        "blik",
        (_for("pln", EEA | _codes("AU CA CH GB SG US")),),
        source=f"{STRIPE}/blik",
    ),
    PaymentMethodType(
        "multibanco",
        (_for("eur", EUROPE - {"IS"} | {"US"}),),
        is_voucher=True,
        bounds=Bounds("eur", 50, 99_999_00),
        source=f"{STRIPE}/multibanco",
    ),
    PaymentMethodType(
        "mb_way",
        (_for("eur", WIDE),),
        condition=Condition.PHONE_REGISTERED,
        source=f"{STRIPE}/mb-way",
    ),
    PaymentMethodType(
        "satispay",
        (_for("eur", "AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"),),
        source=f"{STRIPE}/satispay",
    ),
    PaymentMethodType(
        "pay_by_bank",
        (_for("eur gbp", EUROPE - _codes("GI IS") | _codes("AU CA SG US")),),
        bounds=Bounds("gbp", 50, 10_000_00),
        condition=Condition.BANK_ACCOUNT_THERE,
        source=f"{STRIPE}/pay-by-bank",
    ),
    PaymentMethodType(
        "twint",
        (_for("chf", EUROPE | _codes("MC SM")),),
        bounds=Bounds("chf", most=5_000_00),
        condition=Condition.MERCHANT_CHECKED,
        source=f"{STRIPE}/twint",
    ),
    PaymentMethodType("swish", (_for("sek", EUROPE),), source=f"{STRIPE}/swish"),
    PaymentMethodType("mobilepay", (_for("dkk eur nok sek", EEA),), source=f"{STRIPE}/mobilepay"),
    PaymentMethodType(
        "klarna",
        (
            _for(
                "aud cad chf czk dkk eur gbp nok nzd pln sek usd",
                "AT AU BE CA CH CZ DE DK EE ES FI FR GB GR IE IT LT LV NL NO NZ PL PT SE SI SK US",
            ),
        ),
        condition=Condition.BUYER_CHECKED,
        source=f"{STRIPE}/klarna",
    ),
    PaymentMethodType(
        "alma",
        (_for("eur", "BE ES FR IT LU NL"),),
        bounds=Bounds("eur", 50_00, 5_000_00),
        condition=Condition.BUYER_CHECKED,
        source=f"{STRIPE}/alma",
    ),
    PaymentMethodType(
        "billie",
        (
            _for("dkk eur nok sek", "AT DE DK ES FI FR NL NO SE"),
            _for("gbp", "GB"),
            _for("chf", "CH"),
        ),
        condition=Condition.COMPANIES_ONLY,
        source=f"{STRIPE}/billie",
    ),
    PaymentMethodType(
        "affirm",
        (_for("usd", "US"), _for("cad", "CA")),
        condition=Condition.BUYER_CHECKED,
        source=f"{STRIPE}/affirm",
    ),
    PaymentMethodType(
        "alipay",
        (
            _for("cny", EUROPE - _codes("IS PL") | _codes("AU CA HK JP MY NZ SG US")),
            _for(
                "eur",
                "AT BE BG CH CY CZ DE DK EE ES FI FR GR IE IT LT LU LV MT NL NO PT RO SE SI SK",
            ),
            _for("gbp", "GB"),
            _for("usd", "US"),
            _for("aud", "AU"),
            _for("cad", "CA"),
            _for("hkd", "HK"),
            _for("jpy", "JP"),
            _for("myr", "MY"),
            _for("nzd", "NZ"),
            _for("sgd", "SG"),
        ),
        source=f"{STRIPE}/alipay",
    ),
    PaymentMethodType(
        "wechat_pay",
        (
            _for(
                "aud cad chf cny dkk eur gbp hkd jpy nok sek sgd usd",
                EUROPE - _codes("GI HR IS LI") | _codes("AU CA HK JP SG US"),
            ),
        ),
        source=f"{STRIPE}/wechat-pay",
    ),
    PaymentMethodType(
        "pix",
        (_for("brl", EUROPE - _codes("GI IS LI NO") | _codes("AU BR CA SG US")),),
        source=f"{STRIPE}/pix",
    ),
    PaymentMethodType("promptpay", (_for("thb", "TH"),), source=f"{STRIPE}/promptpay"),
    PaymentMethodType(
        "oxxo",
        (_for("mxn", "MX"),),
        is_voucher=True,
        delayed_days=1,
        bounds=Bounds("mxn", 10_00, 10_000_00),
        source=f"{STRIPE}/oxxo",
    ),
    PaymentMethodType(
        "konbini",
        (_for("jpy", "JP"),),
        is_voucher=True,
        bounds=Bounds("jpy", 120, 300_000),
        source=f"{STRIPE}/konbini",
    ),
)
CATALOGUE: tuple[PaymentMethodType, ...] = (*_OF_THE_PORTAL, *_BEYOND_IT)

# What Checkout names besides, and why it is not offered.
_NOT_TRIED = "the sandbox does not model it, so nothing here shows that paying with it works"
LEFT_OUT = {
    "afterpay_clearpay": "it wants the address something is shipped to, and nothing is shipped",
    "customer_balance": "a bank transfer of any sum at any time is no payment of one invoice",
    "giropay": "it has ended",
    "sofort": "it has ended",
    **dict.fromkeys(
        (
            "crypto",
            "fpx",
            "grabpay",
            "kakao_pay",
            "kr_card",
            "naver_pay",
            "payco",
            "paynow",
            "paypay",
            "payto",
            "samsung_pay",
            "scalapay",
            "sequra",
            "sunbit",
            "upi",
            "zip",
        ),
        _NOT_TRIED,
    ),
}

BY_TYPE = {row.type: row for row in CATALOGUE}
DEBITS = frozenset(row.type for row in CATALOGUE if row.has_mandate)
VOUCHERS = frozenset(row.type for row in CATALOGUE if row.is_voucher)
IN_PORTAL = frozenset(row.type for row in CATALOGUE if row.in_portal)


@dataclass(frozen=True, slots=True)
class MethodSettings:
    """Which kinds a merchant's account at Stripe takes on pages that do not choose (`pmc_…`).

    `turned_off` names those it does not; of a kind that is not named nothing is known.
    """

    id: str
    is_current: bool
    turned_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides over every kind a merchant offers.

    `chosen` are the kinds the merchant decided for, empty for all; `turned_off` those that its
    account at Stripe does not take, None where that was never read.
    """

    country: str
    chosen: tuple[str, ...] = ()
    turned_off: frozenset[str] | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is known what the account takes, so that its kinds can be named."""
        return self.turned_off is not None

    def permit(self, kind: PaymentMethodType) -> bool:
        """Whether the merchant takes a kind at all."""
        is_off = self.turned_off is not None and kind.type in self.turned_off
        return (not self.chosen or kind.type in self.chosen) and not is_off


def to_pay_with(amount: Money, terms: Terms) -> tuple[PaymentMethodType, ...]:
    """Return the kinds with which a new payment of a sum can be made, in table order."""
    return tuple(
        row
        for row in CATALOGUE
        if terms.permit(row) and row.fits(amount.currency, terms.country) and row.takes(amount)
    )


def to_save(currency: str, terms: Terms) -> tuple[PaymentMethodType, ...]:
    """Return the kinds that can be saved without paying, in table order.

    They are saved for invoices and renewals: what Stripe's own cannot be paid with is left out.
    """
    return tuple(
        row
        for row in CATALOGUE
        if row.in_setup
        and row.on_invoices
        and terms.permit(row)
        and row.fits(currency, terms.country)
    )


def kept_by_paying(types: Collection[str]) -> tuple[str, ...]:
    """Return those of some kinds that can be kept by paying with them, in table order."""
    return tuple(row.type for row in CATALOGUE if row.saves_by_paying and row.type in types)


def may_pay_with(
    kind: PaymentMethodType | None, amount: Money, country: str, chosen: Collection[str] = ()
) -> Decision:
    """Say whether a saved method of a kind can pay a sum; None is a kind we do not know."""
    if kind is None or not kind.fits(amount.currency, country):
        return Decision.of(Reason.METHOD_NOT_FOR_CURRENCY)
    if chosen and kind.type not in chosen:
        return Decision.of(Reason.METHOD_NOT_TAKEN)
    return Decision.of(None if kind.takes(amount) else Reason.METHOD_NOT_FOR_AMOUNT)


def unusable(types: Iterable[str], country: str) -> dict[str, bool]:
    """Return those of some kinds that a merchant of a country cannot take.

    True for a kind that is known and does not serve the country, False for one nobody knows.
    """
    found = {type: BY_TYPE.get(type) for type in types}
    return {
        type: row is not None
        for type, row in found.items()
        if row is None or not _serves(row, country)
    }


def _serves(row: PaymentMethodType, country: str) -> bool:
    return any(not region.countries or country in region.countries for region in row.regions)
