"""The published test cards and what each makes happen, as one table.

Source: docs.stripe.com/testing (cards by brand, co-badged, by country, declines, fraud, disputes,
refunds, available balance, 3-D Secure). A name is what follows `pm_card_` and `tok_`; one that
begins with `#` is ours, for a number that is published without a token.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Card:
    """One test card.

    `authenticate`: never, always, unless_set_up (always on session, off session until it was set
    up), on_session (counts as set up), if_requested. `secure`: what 3-D Secure answers where it is
    asked for: challenge, frictionless, unenrolled, not_supported, error. `decline`: the decline
    code of charges. `refused`: saving it is declined too. `dispute`: the kind of `disputes.KINDS`
    that follows a success, or early_fraud_warning. `refund`: what becomes of refunds later.
    `risk`: the level that Radar gives it; `blocked`: always, by Radar. `bypass`: its money is
    available at once.
    """

    name: str
    number: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    authenticate: str = "never"
    secure: str = "unenrolled"
    decline: str = ""
    refused: bool = False
    dispute: str = ""
    refund: str = ""
    cvc_check: str = "pass"
    address_check: str = ""
    risk: str = "normal"
    blocked: bool = False
    bypass: bool = False
    cobadge: str = ""

    @property
    def last4(self) -> str:
        """The digits that may be shown."""
        return self.number[-4:]

    @property
    def networks(self) -> list[str]:
        """The networks that can carry a charge, the card's own brand last when it is co-badged."""
        return [self.cobadge, self.brand] if self.cobadge else [self.brand]

    @property
    def is_published(self) -> bool:
        """Whether a token of that name exists."""
        return not self.name.startswith("#")


def _declined(name: str, number: str, code: str) -> Card:
    return Card(name, number, decline=code, refused=True)


def _blocked(name: str, number: str) -> Card:
    return Card(name, number, decline="fraudulent", refused=True, risk="highest", blocked=True)


def _disputed(name: str, number: str, kind: str, brand: str = "visa") -> Card:
    return Card(name, number, brand, dispute=kind)


def _secured(name: str, number: str, country: str, authenticate: str, decline: str = "") -> Card:
    return Card(
        name,
        number,
        country=country,
        authenticate=authenticate,
        secure="challenge",
        decline=decline,
    )


BRANDS = [
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", "mastercard"),
    Card("#mastercard_2series", "2223003122003222", "mastercard"),
    Card("mastercard_debit", "5200828282828210", "mastercard", funding="debit"),
    Card("mastercard_prepaid", "5105105105105100", "mastercard", funding="prepaid"),
    Card("amex", "378282246310005", "amex", secure="not_supported"),
    Card("amex_threeDSecureNotSupported", "378282246310005", "amex", secure="not_supported"),
    Card("#amex_second", "371449635398431", "amex", secure="not_supported"),
    Card("discover", "6011111111111117", "discover"),
    Card("#discover_second", "6011000990139424", "discover"),
    Card("#discover_debit", "6011981111111113", "discover", funding="debit"),
    Card("diners", "3056930009020004", "diners"),
    Card("#diners_14", "36227206271667", "diners"),
    Card("#bccard", "6555900000604105", "discover"),
    Card("jcb", "3566002020360505", "jcb", "JP"),
    Card("#jcb_second", "3530111333300000", "jcb", "JP"),
    Card("unionpay", "6200000000000005", "unionpay", "CN"),
    Card("#unionpay_debit", "6200000000000047", "unionpay", "CN", "debit"),
    Card("#unionpay_19", "6205500000000000004", "unionpay", "CN"),
    Card("visa_cartesBancaires", "4000002500001001", country="FR", cobadge="cartes_bancaires"),
    Card(
        "mastercard_cartesBancaires",
        "5555552500001001",
        "mastercard",
        "FR",
        cobadge="cartes_bancaires",
    ),
    Card(
        "visa_debit_eftposAuCoBranded",
        "4000050360000001",
        country="AU",
        funding="debit",
        cobadge="eftpos_au",
    ),
    Card(
        "mastercard_debit_eftposAuCoBranded",
        "5555050360000080",
        "mastercard",
        "AU",
        "debit",
        cobadge="eftpos_au",
    ),
    Card("debit_visaFsaProductCode", "4000051230000072", funding="debit"),
    Card("debit_visaHsaProductCode", "4000051230000072", funding="debit"),
    Card(
        "mastercard_debit_mastercardFsaProductCode",
        "5200828282828897",
        "mastercard",
        funding="debit",
    ),
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
    tw 4000001580000008 th_credit 4000007640000003
"""

STATES = [
    Card("gb_debit", "4000058260000005", country="GB", funding="debit"),
    Card("gb_mastercard", "5555558265554449", "mastercard", "GB"),
    Card("ae_mastercard", "5200007840000022", "mastercard", "AE"),
    Card("th_debit", "4000057640000008", country="TH", funding="debit"),
    # Declines.
    _declined("visa_chargeDeclined", "4000000000000002", "generic_decline"),
    _declined("visa_chargeDeclinedInsufficientFunds", "4000000000009995", "insufficient_funds"),
    _declined("visa_chargeDeclinedLostCard", "4000000000009987", "lost_card"),
    _declined("visa_chargeDeclinedStolenCard", "4000000000009979", "stolen_card"),
    _declined("chargeDeclinedExpiredCard", "4000000000000069", "expired_card"),
    _declined("chargeDeclinedIncorrectCvc", "4000000000000127", "incorrect_cvc"),
    _declined("chargeDeclinedProcessingError", "4000000000000119", "processing_error"),
    _declined(
        "visa_chargeDeclinedVelocityLimitExceeded",
        "4000000000006975",
        "card_velocity_exceeded",
    ),
    Card("chargeCustomerFail", "4000000000000341", decline="generic_decline"),
    Card("visa_chargeCustomerFailLostCard", "4000000000000341", decline="lost_card"),
    Card("visa_chargeCustomerFailStolenCard", "4000000000000341", decline="stolen_card"),
    # Radar and the checks of address and security code.
    _blocked("radarBlock", "4100000000000019"),
    _blocked("chargeDeclinedFraudulent", "4100000000000019"),
    Card("riskLevelHighest", "4000000000004954", risk="highest"),
    Card("riskLevelElevated", "4000000000009235", risk="elevated"),
    Card("highFraudDisputeScore", "4000008400000407", risk="elevated"),
    Card("highEfwScore", "4000008400000159", risk="elevated"),
    Card("radarDynamicRiskThreshold", "4000008400001017", risk="elevated"),
    Card("freeTrialAbuseBlock", "4001858821843804"),
    Card("adaptive3dsChallenge", "4000008405600003", authenticate="if_requested"),
    Card("cvcCheckFail", "4000000000000101", cvc_check="fail"),
    Card("avsFail", "4000000000000010", address_check="fail"),
    Card("avsLine1Fail", "4000000000000028", address_check="line1"),
    Card("avsZipFail", "4000000000000036", address_check="zip"),
    Card("avsUnchecked", "4000000000000044", address_check="unavailable"),
    Card("cvcCheckFailElevatedRisk", "4000058400307872", cvc_check="fail", risk="elevated"),
    Card("avsZipFailElevatedRisk", "4000058400306072", address_check="zip", risk="elevated"),
    # The balance.
    Card("bypassPending", "4000000000000077", bypass=True),
    Card("bypassPendingInternational", "4000003720000278", country="IE", bypass=True),
    Card("domesticPricing", "4000000000000093"),
    # 3-D Secure.
    _secured("authenticationRequiredOnSetup", "4000002500003155", "FR", "unless_set_up"),
    _secured("authenticationRequired", "4000002760003184", "DE", "always"),
    _secured("authenticationRequiredSetupForOffSession", "4000003800000446", "IT", "on_session"),
    _secured(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        "GB",
        "always",
        "insufficient_funds",
    ),
    _secured("threeDSecure2Required", "4000000000003220", "IE", "unless_set_up"),
    _secured("threeDSecureRequired", "4000008400000027", "US", "unless_set_up"),
    _secured(
        "threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        "US",
        "unless_set_up",
        "generic_decline",
    ),
    _declined("threeDSecureRequiredProcessingError", "4000008400001280", "processing_error"),
    _secured("threeDSecureOptional", "4000000000003055", "US", "if_requested"),
    Card("threeDSecureOptionalProcessingError", "4000000000003097", secure="error"),
    Card("#threeDSecureFrictionless", "4000000032200000", secure="frictionless"),
    _secured("#outOfBand", "4000582600000094", "US", "if_requested"),
    _secured("#oneTimePasscode", "4000582600000045", "US", "if_requested"),
    _secured("#singleSelect", "4000582600000102", "US", "if_requested"),
    _secured("#multiSelect", "4000582600000110", "US", "if_requested"),
    # Disputes and early fraud warnings.
    _disputed("createDispute", "4000000000000259", "fraudulent"),
    _disputed("createDisputeProductNotReceived", "4000000000002685", "product_not_received"),
    _disputed("createDisputeInquiry", "4000000000001976", "inquiry"),
    _disputed("createIssuerFraudRecord", "4000000000005423", "early_fraud_warning"),
    _disputed("createMultipleDisputes", "4000000404000079", "multiple"),
    _disputed("createCe3EligibleDispute", "4000000404000038", "compelling_evidence"),
    _disputed("createComplianceDispute", "4000008400000779", "visa_compliance"),
    _disputed(
        "createMastercardComplianceDispute",
        "5105008400000002",
        "mastercard_compliance",
        "mastercard",
    ),
    _disputed("createAutoRepresentmentEligibleDispute", "4000000001000043", "fraudulent"),
    # Refunds.
    Card("pendingRefund", "4000000000007726", refund="pending"),
    Card("refundFail", "4000000000005126", refund="fail"),
]
SECOND_NAMES = {
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
    "chargeDeclinedLostCard": "visa_chargeDeclinedLostCard",
    "chargeDeclinedStolenCard": "visa_chargeDeclinedStolenCard",
    "chargeDeclinedVelocityLimitExceeded": "visa_chargeDeclinedVelocityLimitExceeded",
    "visa_chargeCustomerFail": "chargeCustomerFail",
    "threeDSecureFrictionless": "#threeDSecureFrictionless",
    "th": "th_credit",
}


@cache
def cards() -> dict[str, Card]:
    """Every test card by its name."""
    words = COUNTRIES.split()
    countries = [
        Card(name, number, country=name[:2].upper())
        for name, number in zip(words[::2], words[1::2], strict=True)
    ]
    return {card.name: card for card in [*BRANDS, *countries, *STATES]}


def card_named(name: str) -> Card | None:
    """The card of that name, older spellings included."""
    return cards().get(SECOND_NAMES.get(name, name))


def card_of_token(name: str) -> Card | None:
    """The card of `pm_card_<name>` or `tok_<name>`, if such a token is published."""
    return None if name.startswith("#") else card_named(name)


@cache
def _by_number() -> dict[str, Card]:
    found: dict[str, Card] = {}
    for card in cards().values():
        found.setdefault(card.number, card)
    return found


def card_numbered(number: str) -> Card | None:
    """The test card with that number; no other number is ever accepted."""
    return _by_number().get("".join(number.split()).replace("-", ""))
