"""What people call each kind of payment method, and what is said beside its name."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from flask import Flask

from portal import i18n
from portal.domain.method_types import BY_TYPE, Condition, PaymentMethodType, Terms, kept_by_paying
from portal.i18n import formats, lazy_gettext, ngettext
from portal.i18n import gettext as _

# Names of companies and schemes are said as they are; what is a word is translated.
NAMES: Mapping[str, str] = {
    "acss_debit": lazy_gettext("Pre-authorized debit"),
    "affirm": "Affirm",
    "alipay": "Alipay",
    "alma": "Alma",
    "amazon_pay": "Amazon Pay",
    "au_becs_debit": lazy_gettext("BECS Direct Debit"),
    "bacs_debit": lazy_gettext("Bacs Direct Debit"),
    "bancontact": "Bancontact",
    "billie": "Billie",
    "bizum": "Bizum",
    "blik": "BLIK",
    "boleto": "Boleto",
    "card": lazy_gettext("Card"),
    "cashapp": "Cash App Pay",
    "eps": "eps",
    "ideal": "iDEAL",
    "klarna": "Klarna",
    "konbini": "Konbini",
    "link": "Link",
    "mb_way": "MB WAY",
    "mobilepay": "MobilePay",
    "multibanco": "Multibanco",
    "nz_bank_account": lazy_gettext("BECS Direct Debit"),
    "oxxo": "OXXO",
    "p24": "Przelewy24",
    "pay_by_bank": lazy_gettext("Pay by bank"),
    "paypal": "PayPal",
    "pix": "Pix",
    "promptpay": "PromptPay",
    "revolut_pay": "Revolut Pay",
    "satispay": "Satispay",
    "sepa_debit": lazy_gettext("SEPA Direct Debit"),
    "swish": "Swish",
    "twint": "TWINT",
    "us_bank_account": lazy_gettext("ACH Direct Debit"),
    "wechat_pay": "WeChat Pay",
}

CONDITIONS: Mapping[Condition, str] = {
    Condition.APPROVED_FOR_RENEWALS: lazy_gettext(
        "Stripe has to approve it before it can be kept for later charges."
    ),
    Condition.BRAZILIAN_ACCOUNT: lazy_gettext("It needs a Stripe account in Brazil."),
    Condition.BRITISH_ACCOUNT: lazy_gettext(
        "It needs a Stripe account and a bank account in the United Kingdom."
    ),
    Condition.MERCHANT_CHECKED: lazy_gettext("Stripe checks a company before it may take it."),
    Condition.ACCOUNT_CHECKED: lazy_gettext("The bank account is checked before it is debited."),
    Condition.BANK_ACCOUNT_THERE: lazy_gettext(
        "For accounts at banks in Finland, France, Germany, Ireland and the United Kingdom."
    ),
    Condition.PHONE_REGISTERED: lazy_gettext("You need its app and the number of your phone."),
    Condition.BUYER_CHECKED: lazy_gettext("It decides about each payment by itself."),
    Condition.COMPANIES_ONLY: lazy_gettext("For companies only; it decides about each payment."),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page of Stripe's is going to offer, in words.

    `names` are the kinds as a list of alternatives, `keepable` those of them that can be kept by
    paying; `notes` says by its type what has to be known of a kind before choosing it. All are
    empty where it is not known what the merchant's account takes.
    """

    names: str
    keepable: str
    notes: Mapping[str, str]


def init_app(app: Flask) -> None:
    """Give every template the name of a kind as a filter."""
    app.jinja_env.filters["kind"] = name


def name(type: str) -> str:
    """Return what people call a kind, empty for one we do not know."""
    return str(NAMES.get(type, ""))


def tell(kinds: Collection[PaymentMethodType], terms: Terms) -> Offer:
    """Say which kinds are offered under these terms."""
    if not terms.is_known:
        return Offer("", "", {})
    kept = kept_by_paying([kind.type for kind in kinds])
    return Offer(
        names=_names(kinds),
        keepable=_names([BY_TYPE[type] for type in kept]),
        notes={kind.type: said for kind in kinds if (said := _note(kind))},
    )


def _names(kinds: Iterable[PaymentMethodType]) -> str:
    return formats.alternatives([name(kind.type) for kind in kinds], i18n.current())


def _note(kind: PaymentMethodType) -> str:
    told = []
    if kind.is_voucher:
        told.append(_("You get a slip to pay at a bank or in a shop, and it counts after that."))
    elif kind.delayed_days:
        told.append(
            ngettext(
                "Counts as paid about %(num)s working day later.",
                "Counts as paid about %(num)s working days later.",
                kind.delayed_days,
            )
        )
    if kind.condition is not None and kind.condition.is_payers:
        told.append(str(CONDITIONS[kind.condition]))
    return " ".join(told)
