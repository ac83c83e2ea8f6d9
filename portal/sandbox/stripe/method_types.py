"""The kinds of payment methods that are modelled, as one table.

Source: the pages of each method on docs.stripe.com/payments (currencies, countries of the
business, reuse, days until the answer, manual capture, fields that have to be collected).
"""

from typing import NamedTuple


def _codes(names: str) -> frozenset[str]:
    return frozenset(names.split())


EUROPE = _codes(
    "AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IT LI LT LU LV MT NL NO PL PT RO SE SI "
    "SK"
)
WIDE = EUROPE | _codes("AU CA HK JP MX NZ SG US")


class MethodType(NamedTuple):
    """One kind.

    `currencies`, `countries` (of the business): None for every one. `reusable`: can be kept.
    `flow`: card, debit (takes `days` of the clock and a mandate), voucher, redirect. `offered`:
    part of dynamic methods as long as the merchant prefers nothing. `manual`: can be authorized
    first and captured later. `needs`: the billing details without which it cannot be used.
    `refunds`: whether Stripe can give the money back; `asks`: only after the payer named an
    account.
    """

    currencies: frozenset[str] | None = None
    countries: frozenset[str] | None = None
    reusable: bool = False
    flow: str = "redirect"
    days: int = 0
    offered: bool = False
    manual: bool = False
    needs: tuple[str, ...] = ()
    refunds: bool = True
    asks: bool = False


def _debit(
    currencies: str, countries: frozenset[str], days: int, needs: tuple[str, ...]
) -> MethodType:
    return MethodType(_codes(currencies), countries, True, "debit", days, True, needs=needs)


def _redirect(
    currencies: str | None,
    countries: frozenset[str] | None,
    *,
    reusable: bool = False,
    manual: bool = False,
    offered: bool = False,
    needs: tuple[str, ...] = (),
) -> MethodType:
    known = _codes(currencies) if currencies else None
    return MethodType(
        known, countries, reusable, "redirect", 0, offered, manual=manual, needs=needs
    )


def _voucher(currencies: str, countries: frozenset[str], needs: tuple[str, ...]) -> MethodType:
    return MethodType(_codes(currencies), countries, False, "voucher", needs=needs)


ADDRESS = ("line1", "city", "state", "postal_code", "country")
PEOPLE = ("name", "email")
TYPES: dict[str, MethodType] = {
    "card": MethodType(None, None, True, "card", offered=True, manual=True),
    "sepa_debit": _debit("eur", WIDE, 3, PEOPLE),
    "boleto": MethodType(
        _codes("brl"),
        _codes("BR"),
        True,
        "voucher",
        offered=True,
        needs=(*PEOPLE, *ADDRESS),
        refunds=False,
    ),
    "bizum": _redirect("eur", EUROPE, offered=True),
    "us_bank_account": _debit("usd", _codes("US"), 4, ("name",)),
    "acss_debit": _debit("cad usd", _codes("CA US"), 5, PEOPLE),
    "au_becs_debit": _debit("aud", _codes("AU"), 3, PEOPLE),
    "nz_bank_account": _debit("nzd", _codes("NZ"), 2, PEOPLE),
    "bacs_debit": _debit("gbp", _codes("GB"), 4, PEOPLE),
    "bancontact": _redirect("eur", WIDE, needs=("name",)),
    "eps": _redirect("eur", WIDE, needs=("name",)),
    "ideal": _redirect("eur", WIDE),
    "p24": _redirect("eur pln", WIDE, needs=("email",)),
    "klarna": _redirect(
        "aud cad chf czk dkk eur gbp nok nzd pln ron sek usd",
        EUROPE | _codes("AU CA NZ US"),
        reusable=True,
        manual=True,
        needs=("country",),
    ),
    "paypal": _redirect(
        "aud cad chf czk dkk eur gbp hkd nok nzd pln sek sgd usd",
        EUROPE,
        reusable=True,
        manual=True,
    ),
    "amazon_pay": _redirect(
        "aud chf dkk eur gbp hkd jpy nok nzd sek usd zar",
        EUROPE | _codes("US"),
        reusable=True,
        manual=True,
    ),
    "cashapp": _redirect("usd", _codes("US"), reusable=True, manual=True),
    "link": _redirect(None, None, reusable=True, manual=True),
    "affirm": _redirect("usd cad", _codes("US CA"), manual=True),
    "afterpay_clearpay": _redirect(
        "usd cad gbp aud nzd",
        _codes("AU CA GB NZ US"),
        manual=True,
        needs=PEOPLE,
    ),
    "mobilepay": _redirect("dkk eur nok sek", EUROPE, manual=True),
    "pay_by_bank": _redirect("gbp eur", EUROPE | _codes("AU CA SG US")),
    "revolut_pay": _redirect("gbp eur ron huf pln dkk", EUROPE, reusable=True, manual=True),
    "satispay": _redirect("eur", EUROPE, manual=True),
    "twint": _redirect("chf", EUROPE),
    "alipay": _redirect(
        "aud cad cny eur gbp hkd jpy myr nzd sgd usd",
        EUROPE | _codes("AU CA HK JP MY NZ SG US"),
    ),
    "alma": _redirect("eur", _codes("BE ES FR IT LU NL"), manual=True),
    "billie": _redirect(
        "chf dkk eur gbp nok sek", _codes("AT CH DE DK ES FI FR GB NL NO SE"), manual=True
    ),
    # BLIK and MB WAY ask the payer's app and show nothing; a page stands for the app.
    "blik": _redirect("pln", EUROPE | _codes("AU CA IS SG US")),
    "mb_way": _redirect("eur", WIDE),
    "pix": _redirect("brl", EUROPE | _codes("AU BR CA SG US")),
    "promptpay": _redirect("thb", _codes("TH")),
    "swish": _redirect("sek", EUROPE),
    "wechat_pay": _redirect(
        "aud cad chf cny dkk eur gbp hkd jpy nok sek sgd usd",
        EUROPE | _codes("AU CA HK JP SG US"),
    ),
    "oxxo": _voucher("mxn", _codes("MX"), PEOPLE)._replace(refunds=False),
    "konbini": _voucher("jpy", _codes("JP"), PEOPLE)._replace(asks=True),
    "multibanco": _voucher("eur", EUROPE | _codes("US"), ("email",))._replace(asks=True),
}
REDIRECTING = frozenset(name for name, one in TYPES.items() if one.flow == "redirect")
DEBITS = frozenset(name for name, one in TYPES.items() if one.flow == "debit")
# Debits whose account is checked by small deposits first, unless it came by a test token.
VERIFIED = frozenset({"us_bank_account", "acss_debit"})
# Types that Stripe can keep only by turning them into a SEPA debit, which is not modelled.
KEPT_AS_DEBIT = frozenset({"ideal", "bancontact"})

# How pages of the sandbox call a type, where that is not the type's own name in words.
NAMES = {
    "acss_debit": "Pre-authorized debit",
    "afterpay_clearpay": "Afterpay / Clearpay",
    "amazon_pay": "Amazon Pay",
    "au_becs_debit": "BECS Direct Debit",
    "bacs_debit": "Bacs Direct Debit",
    "blik": "BLIK",
    "cashapp": "Cash App Pay",
    "eps": "EPS",
    "ideal": "iDEAL",
    "mb_way": "MB WAY",
    "mobilepay": "MobilePay",
    "nz_bank_account": "BECS Direct Debit (NZ)",
    "oxxo": "OXXO",
    "p24": "Przelewy24",
    "pay_by_bank": "Pay by Bank",
    "paypal": "PayPal",
    "promptpay": "PromptPay",
    "revolut_pay": "Revolut Pay",
    "sepa_debit": "SEPA debit",
    "twint": "TWINT",
    "us_bank_account": "US bank account",
    "wechat_pay": "WeChat Pay",
}


def name_of(kind: str) -> str:
    """What a page calls a type."""
    return NAMES.get(kind) or kind.replace("_", " ").capitalize()
