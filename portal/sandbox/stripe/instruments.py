"""The published test cards and test bank accounts, and what each makes happen.

Cards: docs.stripe.com/testing. SEPA accounts: docs.stripe.com/payments/sepa-debit/accept-a-payment.
A payment method remembers the *name* of its instrument (`_instrument`), never a number.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Card:
    """One test card. `authenticate`: never, always, unless_set_up (always on session, off session
    until it was set up), on_session (counts as set up), if_requested. `decline`: the decline code
    of charges. `refused`: saving it is declined too. `dispute`, `refund`: what follows a success.
    """

    name: str
    number: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    authenticate: str = "never"
    decline: str = ""
    refused: bool = False
    dispute: str = ""
    refund: str = ""
    cvc_check: str = "pass"
    address_check: str = ""

    @property
    def last4(self) -> str:
        """The digits that may be shown."""
        return self.number[-4:]


@dataclass(frozen=True)
class BankAccount:
    """One test account of SEPA Direct Debit. `failure`: code of the failure that ends the debit."""

    name: str
    iban: str
    failure: str = ""
    dispute: str = ""

    @property
    def country(self) -> str:
        """The country of the account."""
        return self.iban[:2]

    @property
    def last4(self) -> str:
        """The digits that may be shown."""
        return self.iban[-4:]


def _declined(name: str, number: str, code: str) -> Card:
    return Card(name, number, decline=code, refused=True)


BRANDS = [
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", "mastercard"),
    Card("mastercard_2series", "2223003122003222", "mastercard"),
    Card("mastercard_debit", "5200828282828210", "mastercard", funding="debit"),
    Card("mastercard_prepaid", "5105105105105100", "mastercard", funding="prepaid"),
    Card("amex", "378282246310005", "amex"),
    Card("amex_threeDSecureNotSupported", "378282246310005", "amex"),
    Card("amex_second", "371449635398431", "amex"),
    Card("discover", "6011111111111117", "discover"),
    Card("discover_second", "6011000990139424", "discover"),
    Card("discover_debit", "6011981111111113", "discover", funding="debit"),
    Card("diners", "3056930009020004", "diners"),
    Card("diners_14", "36227206271667", "diners"),
    Card("jcb", "3566002020360505", "jcb", "JP"),
    Card("unionpay", "6200000000000005", "unionpay", "CN"),
    Card("unionpay_debit", "6200000000000047", "unionpay", "CN", "debit"),
]

COUNTRIES = """
    us 4242424242424242 ar 4000000320000021 br 4000000760000002 ca 4000001240000000
    cl 4000001520000001 co 4000001700000003 cr 4000001880000005 ec 4000002180000000
    mx 4000004840008001 pa 4000005910000000 py 4000006000000066 pe 4000006040000068
    uy 4000008580000003 ae 4000007840000001 at 4000000400000008 be 4000000560000004
    bg 4000001000000000 by 4000001120000005 hr 4000001910000009 cy 4000001960000008
    cz 4000002030000002 dk 4000002080000001 ee 4000002330000009 fi 4000002460000001
    fr 4000002500000003 de 4000002760000016 gi 4000002920000005 gr 4000003000000030
    hu 4000003480000005 ie 4000003720000005 it 4000003800000008 lv 4000004280000005
    li 4000004380000004 lt 4000004400000000 lu 4000004420000006 mt 4000004700000007
    nl 4000005280000002 no 4000005780000007 pl 4000006160000005 pt 4000006200000007
    ro 4000006420000001 sa 4000006820000007 si 4000007050000006 sk 4000007030000001
    es 4000007240000007 se 4000007520000008 ch 4000007560000009 gb 4000008260000000
    au 4000000360000006 cn 4000001560000002 hk 4000003440000004 in 4000003560000008
    jp 4000003920000003 my 4000004580000002 nz 4000005540000008 sg 4000007020000003
    tw 4000001580000008 th 4000007640000003
"""

STATES = [
    Card("gb_debit", "4000058260000005", country="GB", funding="debit"),
    _declined("visa_chargeDeclined", "4000000000000002", "generic_decline"),
    _declined("visa_chargeDeclinedInsufficientFunds", "4000000000009995", "insufficient_funds"),
    _declined("visa_chargeDeclinedLostCard", "4000000000009987", "lost_card"),
    _declined("visa_chargeDeclinedStolenCard", "4000000000009979", "stolen_card"),
    _declined("chargeDeclinedExpiredCard", "4000000000000069", "expired_card"),
    _declined("chargeDeclinedIncorrectCvc", "4000000000000127", "incorrect_cvc"),
    _declined("chargeDeclinedProcessingError", "4000000000000119", "processing_error"),
    _declined("chargeDeclinedFraudulent", "4100000000000019", "fraudulent"),
    _declined("radarBlock", "4100000000000019", "fraudulent"),
    _declined(
        "visa_chargeDeclinedVelocityLimitExceeded",
        "4000000000006975",
        "card_velocity_exceeded",
    ),
    Card("chargeCustomerFail", "4000000000000341", decline="generic_decline"),
    Card("cvcCheckFail", "4000000000000101", cvc_check="fail"),
    Card("avsFail", "4000000000000010", address_check="fail"),
    Card("avsLine1Fail", "4000000000000028", address_check="line1"),
    Card("avsZipFail", "4000000000000036", address_check="zip"),
    Card("avsUnchecked", "4000000000000044", address_check="unavailable"),
    Card("riskLevelElevated", "4000000000009235"),
    Card("riskLevelHighest", "4000000000004954"),
    Card("bypassPending", "4000000000000077"),
    Card("bypassPendingInternational", "4000003720000278", country="IE"),
    Card("domesticPricing", "4000000000000093"),
    Card(
        "authenticationRequiredOnSetup",
        "4000002500003155",
        country="FR",
        authenticate="unless_set_up",
    ),
    Card("authenticationRequired", "4000002760003184", country="DE", authenticate="always"),
    Card(
        "authenticationRequiredSetupForOffSession",
        "4000003800000446",
        country="IT",
        authenticate="on_session",
    ),
    Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        country="GB",
        authenticate="always",
        decline="insufficient_funds",
    ),
    Card("threeDSecure2Required", "4000000000003220", country="IE", authenticate="unless_set_up"),
    Card("threeDSecureRequired", "4000008400000027", authenticate="unless_set_up"),
    Card(
        "threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        authenticate="unless_set_up",
        decline="generic_decline",
    ),
    _declined("threeDSecureRequiredProcessingError", "4000008400001280", "processing_error"),
    Card("threeDSecureOptional", "4000000000003055", authenticate="if_requested"),
    Card("threeDSecureOptionalProcessingError", "4000000000003097"),
    Card("threeDSecureFrictionless", "4000000032200000"),
    Card("createDispute", "4000000000000259", dispute="fraudulent"),
    Card("createDisputeProductNotReceived", "4000000000002685", dispute="product_not_received"),
    Card("createDisputeInquiry", "4000000000001976", dispute="inquiry"),
    Card("pendingRefund", "4000000000007726", refund="pending"),
    Card("refundFail", "4000000000005126", refund="fail"),
]
SECOND_NAMES = {
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
    "chargeDeclinedLostCard": "visa_chargeDeclinedLostCard",
    "chargeDeclinedStolenCard": "visa_chargeDeclinedStolenCard",
    "chargeDeclinedVelocityLimitExceeded": "visa_chargeDeclinedVelocityLimitExceeded",
}

# Country: success, success after minutes, failure, failure after minutes, dispute.
IBANS = {
    "AT": "AT611904300234573201 AT321904300235473204 AT861904300235473202 AT051904300235473205 "
    "AT591904300235473203",
    "DE": "DE89370400440532013000 DE08370400440532013003 DE62370400440532013001 "
    "DE78370400440532013004 DE35370400440532013002",
    "ES": "ES0700120345030000067890 ES2300120345030000067893 ES9121000418450200051332 "
    "ES9300120345030000067894 ES5000120345030000067892",
    "FI": "FI2112345600000785 FI3712345600000788 FI9112345600000786 FI1012345600000789 "
    "FI6412345600000787",
    "FR": "FR1420041010050500013M02606 FR3020041010050500013M02609 FR8420041010050500013M02607 "
    "FR7920041010050500013M02600 FR5720041010050500013M02608",
    "IE": "IE29AIBK93115212345678 IE24AIBK93115212345671 IE02AIBK93115212345679 "
    "IE94AIBK93115212345672 IE51AIBK93115212345670",
    "LU": "LU280019400644750000 LU440019400644750003 LU980019400644750001 LU170019400644750004 "
    "LU710019400644750002",
    "NL": "NL39RABO0300065264 NL55RABO0300065267 NL91ABNA0417164300 NL28RABO0300065268 "
    "NL82RABO0300065266",
    "PT": "PT50000201231234567890154 PT66000201231234567890157 PT23000201231234567890155 "
    "PT39000201231234567890158 PT93000201231234567890156",
}
MORE_IBANS = [
    BankAccount(
        "exceedsWeeklyVolumeLimit_es", "ES1700120345000000343434", "charge_exceeds_source_limit"
    ),
    BankAccount(
        "exceedsWeeklyTransactionLimit_es",
        "ES7600120345000000121212",
        "charge_exceeds_weekly_limit",
    ),
    BankAccount("insufficientFunds_es", "ES1700120345000002222227", "insufficient_funds"),
    BankAccount("insufficientFunds_de", "DE65370400440002222227", "insufficient_funds"),
    BankAccount("insufficientFunds_fr", "FR9720041010050000002222227", "insufficient_funds"),
]
FAILURE = "generic_could_not_process"


@cache
def cards() -> dict[str, Card]:
    """Every test card by its name: what follows `pm_card_`."""
    words = COUNTRIES.split()
    countries = [
        Card(name, number, country=name.upper())
        for name, number in zip(words[::2], words[1::2], strict=True)
    ]
    return {card.name: card for card in [*BRANDS, *countries, *STATES]}


def card_named(name: str) -> Card | None:
    """The card of `pm_card_<name>`, older spellings included."""
    return cards().get(SECOND_NAMES.get(name, name))


@cache
def _by_number() -> dict[str, Card]:
    found: dict[str, Card] = {}
    for card in [*BRANDS, *STATES, *cards().values()]:
        found.setdefault(card.number, card)
    return found


def card_numbered(number: str) -> Card | None:
    """The test card with that number; no other number is ever accepted."""
    return _by_number().get("".join(number.split()).replace("-", ""))


@cache
def accounts() -> dict[str, BankAccount]:
    """Every test bank account by its name, such as `success_es`."""
    found = {}
    for country, ibans in IBANS.items():
        success, later, failed, failed_later, disputed = ibans.split()
        end = country.lower()
        for one in (
            BankAccount(f"success_{end}", success),
            BankAccount(f"successDelayed_{end}", later),
            BankAccount(f"failed_{end}", failed, FAILURE),
            BankAccount(f"failedDelayed_{end}", failed_later, FAILURE),
            BankAccount(f"disputed_{end}", disputed, dispute="fraudulent"),
        ):
            found[one.name] = one
    return found | {one.name: one for one in MORE_IBANS}


def account_numbered(iban: str) -> BankAccount | None:
    """The test account with that IBAN; no other is ever accepted."""
    wanted = "".join(iban.split()).upper()
    return next((one for one in accounts().values() if one.iban == wanted), None)
