"""What a charge and a set-up attempt tell of the method that was used: `payment_method_details`."""

from typing import Any

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.instruments import Card
from portal.sandbox.stripe.method_types import DEBITS
from portal.sandbox.stripe.periods import DAY

# Days after which an authorization that was not captured expires; 7 for types that are not here.
AUTHORIZATION_DAYS = {"klarna": 28, "affirm": 30, "afterpay_clearpay": 13, "paypal": 10}
UNTOLD_BANK: Json = {
    "bank_code": None,
    "bank_name": None,
    "bic": None,
    "generated_sepa_debit": None,
    "generated_sepa_debit_mandate": None,
    "iban_last4": None,
    "verified_name": None,
}
# What the hash of a redirecting type holds on a charge, beyond what the method tells.
ON_CHARGES: dict[str, Json] = {
    "affirm": {"location": None, "reader": None, "transaction_id": None},
    "afterpay_clearpay": {"order_id": None, "reference": None},
    "alipay": {"buyer_id": None, "fingerprint": None, "transaction_id": None},
    "alma": {"installments": None, "transaction_id": None},
    "amazon_pay": {"funding": {"card": None, "type": None}, "transaction_id": None},
    "bancontact": UNTOLD_BANK | {"preferred_language": None},
    "billie": {"transaction_id": None},
    "blik": {"buyer_id": None},
    "bizum": {"buyer_id": None, "transaction_id": None},
    "cashapp": {"buyer_id": None, "cashtag": None, "transaction_id": None},
    "eps": {"bank": None, "verified_name": None},
    "ideal": {
        "bank": None,
        "bic": None,
        "generated_sepa_debit": None,
        "generated_sepa_debit_mandate": None,
        "iban_last4": None,
        "transaction_id": None,
        "verified_name": None,
    },
    "klarna": {
        "payer_details": None,
        "payment_method_category": "pay_later",
        "preferred_locale": None,
    },
    "konbini": {"store": {"chain": None}},
    "link": {"country": None},
    "mobilepay": {"card": None},
    "multibanco": {"entity": None, "reference": None},
    "oxxo": {"number": None},
    "p24": {"bank": None, "reference": None, "verified_name": None},
    "paypal": {
        "country": None,
        "payer_email": None,
        "payer_id": None,
        "payer_name": None,
        "seller_protection": None,
        "transaction_id": None,
    },
    "pix": {"bank_transaction_id": None, "fingerprint": None, "mandate": None},
    "promptpay": {"reference": None},
    "revolut_pay": {"funding": {"card": None, "type": None}, "transaction_id": None},
    "satispay": {"transaction_id": None},
    "swish": {"fingerprint": None, "payment_reference": None, "verified_phone_last4": None},
    "twint": {"mandate": None},
    "wechat_pay": {
        "fingerprint": None,
        "location": None,
        "reader": None,
        "transaction_id": None,
    },
}


def capture_before(kind: str, now: int) -> int:
    """When an authorization made now expires."""
    return now + AUTHORIZATION_DAYS.get(kind, 7) * DAY


def of_charge(amount: int, method: Json, card: Card | None, extra: Json) -> Json:
    """`payment_method_details` of a charge. `extra`: mandate, secure (the 3-D Secure result),
    capture_before, incremental, voucher, debit_on (the ISO day the bank is asked for).
    """
    kind = method["type"]
    if kind == "card":
        return {"type": kind, kind: _card(amount, method, card, extra)}
    if kind in DEBITS:
        left_out = ("generated_from", "financial_connections_account", "networks", "status_details")
        shown = {name: one for name, one in method[kind].items() if name not in left_out}
        if kind != "nz_bank_account":
            shown["mandate"] = extra.get("mandate")
        shown["expected_debit_date"] = extra.get("debit_on")
        if kind == "us_bank_account":
            shown["payment_reference"] = None
        return {"type": kind, kind: shown}
    if kind == "boleto":
        return {"type": kind, kind: dict(method[kind])}
    known = ON_CHARGES.get(kind, {})
    told = {name: one for name, one in method[kind].items() if name in known}
    voucher = {name: one for name, one in (extra.get("voucher") or {}).items() if name in known}
    return {"type": kind, kind: known | told | voucher}


def secure_result(card: Card, *, challenged: bool, requested: bool) -> Json | None:
    """What 3-D Secure said: the payer answered a challenge, or the merchant asked for it."""
    if not challenged and not requested:
        return None
    flow, indicator, result, reason = {
        "challenge": ("challenge", "05", "authenticated", None),
        "frictionless": ("frictionless", "05", "authenticated", None),
        "unenrolled": (None, "06", "attempt_acknowledged", None),
        "not_supported": (None, "07", "not_supported", "network_not_supported"),
        "error": (None, "07", "processing_error", "protocol_error"),
    }[card.secure]
    return {
        "authentication_flow": flow,
        "electronic_commerce_indicator": indicator,
        "exemption_indicator": None,
        "result": result,
        "result_reason": reason,
        "transaction_id": None,
        "version": "2.2.0" if result != "not_supported" else None,
    }


def _card(amount: int, method: Json, card: Card | None, extra: Json) -> Json:
    shown = method["card"]
    preferred = shown["networks"]["preferred"]
    incremental = "available" if extra.get("incremental") else "unavailable"
    details: dict[str, Any] = {
        "amount_authorized": amount,
        "authorization_code": None,
        "brand": shown["brand"],
        "checks": shown["checks"],
        "country": shown["country"],
        "electronic_commerce_indicator": None,
        "exp_month": shown["exp_month"],
        "exp_year": shown["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": shown["fingerprint"],
        "funding": shown["funding"],
        "incremental_authorization": {"status": incremental},
        "installments": None,
        "last4": shown["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": preferred or (card.brand if card else shown["brand"]),
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": extra.get("secure"),
        "transaction_link_id": None,
        "wallet": None,
    }
    if extra.get("capture_before"):
        details["capture_before"] = extra["capture_before"]
    return details


def of_setup(method: Json, secure: Json | None) -> Json:
    """`payment_method_details` of a set-up attempt."""
    kind = method["type"]
    if kind != "card":
        return {"type": kind, kind: {}}
    names = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding")
    told = {name: method["card"][name] for name in (*names, "last4")}
    rest = {"network": method["card"]["brand"], "wallet": None}
    if secure:
        secure = {name: one for name, one in secure.items() if not name.startswith("exemption")}
    return {"type": kind, "card": told | rest | {"three_d_secure": secure}}
