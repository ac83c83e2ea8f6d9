"""New payment methods: from test tokens, test numbers and what a type asks for."""

import datetime
from typing import Any

from portal.sandbox.stripe.bank_accounts import UNUSABLE, UNUSABLE_BACS, UNUSABLE_IBANS
from portal.sandbox.stripe.eligibility import TYPES, check_type
from portal.sandbox.stripe.errors import Json, card_error, invalid, missing
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.instruments import (
    BankAccount,
    Card,
    account_numbered,
    account_of_token,
    account_with,
    card_named,
    card_numbered,
    card_of_token,
)
from portal.sandbox.stripe.method_types import DEBITS, VERIFIED
from portal.sandbox.stripe.resources.customers import address, check_email
from portal.sandbox.stripe.unit import Unit, merged

TOKEN = "pm_card_"  # noqa: S105
EXPIRY = (12, 2034)
BANK = "STRIPE TEST BANK"
# Hashes that hold what the payer's bank or wallet tells later.
TOLD_LATER: dict[str, Json] = {
    "bizum": {"buyer_id": None},
    "blik": {"buyer_id": None},
    "cashapp": {"buyer_id": None, "cashtag": None},
    "eps": {"bank": None},
    "ideal": {"bank": None, "bic": None},
    "klarna": {},
    "p24": {"bank": None},
    "paypal": {"country": None, "payer_email": None, "payer_id": None},
    "pix": {"fingerprint": None},
}
BICS = {
    "abn_amro": "ABNANL2A",
    "asn_bank": "ASNBNL21",
    "bunq": "BUNQNL2A",
    "ing": "INGBNL2A",
    "knab": "KNABNL2H",
    "n26": "NTSBDEB1",
    "rabobank": "RABONL2U",
    "regiobank": "RBRBNL21",
    "revolut": "REVOLT21",
    "sns_bank": "SNSBNL2A",
    "triodos_bank": "TRIONL2U",
    "van_lanschot": "FVLBNL22",
}


def of_token(unit: Unit, method_id: str, param: str) -> Json | None:
    """A new method for a test token such as `pm_card_visa`; None for any other id. Raises the 404
    for a card token that is not published.
    """
    if method_id.startswith(TOKEN):
        card = card_of_token(method_id.removeprefix(TOKEN))
        if card is None:
            raise missing("payment_method", method_id, param)
        return store(unit, "card", shown_card(card, {}), card.name, {})
    account = account_of_token(method_id.removeprefix("pm_"))
    if account is None:
        return None
    return store(unit, account.kind, shown_account(account, {}), account.name, {})


def make(unit: Unit, data: Json) -> Json:
    """A new, unattached method from `type`, the hash of that type and `billing_details`."""
    kind = data["type"]
    check_type(kind)
    given = data.get(kind) or {}
    if kind == "card":
        card = chosen_card(unit, given)
        shown = shown_card(card, given, data.get("billing_details") or {})
        set_expiry(unit, shown, given)
        return store(unit, kind, shown, card.name, data)
    if kind in DEBITS:
        account = _chosen_account(kind, given)
        _check_needed(kind, data.get("billing_details") or {})
        verified = kind not in VERIFIED
        shown = shown_account(account, given)
        return store(unit, kind, shown, account.name, data, verified=verified)
    if kind == "boleto":
        return store(unit, kind, _boleto(given), kind, data)
    if kind == "link":
        email = (data.get("billing_details") or {}).get("email") or None
        return store(unit, kind, {"email": email, "persistent_token": None}, kind, data)
    shown = {**TOLD_LATER.get(kind, {}), **given}
    if kind == "ideal" and given.get("bank"):
        shown["bic"] = BICS.get(given["bank"])
    return store(unit, kind, shown, kind, data)


def _boleto(given: Json) -> Json:
    if not given.get("tax_id"):
        message = "Missing required param: boleto[tax_id]."
        raise invalid(message, param="boleto[tax_id]", code="parameter_missing")
    digits = "".join(one for one in given["tax_id"] if one.isdigit())
    if len(digits) not in (11, 14):
        raise invalid("Invalid CPF or CNPJ.", param="boleto[tax_id]", code="tax_id_invalid")
    return {"tax_id": given["tax_id"]}


def _check_needed(kind: str, billing: Json) -> None:
    for name in TYPES[kind].needs:
        if not billing.get(name):
            full = f"billing_details[{name}]"
            message = f"Missing required param: {full}."
            raise invalid(message, param=full, code="parameter_missing")


def check_billing(method: Json) -> None:
    """Refuses to use a method without the billing details that its type needs."""
    details = method["billing_details"]
    for name in TYPES[method["type"]].needs if method["type"] not in DEBITS else ():
        inside = name in ("name", "email")
        if not (details if inside else details["address"] or {}).get(name):
            full = f"billing_details[{name}]" if inside else f"billing_details[address][{name}]"
            message = f"Missing required param: {full}."
            raise invalid(message, param=full, code="parameter_missing")


def chosen_card(unit: Unit, given: Json) -> Card:
    """The test card of a token or number; raises the refusal of every other."""
    token = given.get("token", "")
    if token:
        return card_of_any_token(unit, token)
    if "number" not in given:
        message = "Missing required param: card[number]."
        raise invalid(message, param="card[number]", code="parameter_missing")
    found = card_numbered(given["number"])
    if found is None:
        raise card_error("Your card number is incorrect.", "incorrect_number", param="number")
    cvc = given.get("cvc")
    if cvc is not None and not (len(cvc) in (3, 4) and cvc.isascii() and cvc.isdigit()):
        message = "Your card's security code is invalid."
        raise card_error(message, "invalid_cvc", param="cvc")
    return found


def card_of_any_token(unit: Unit, token: str, param: str = "card[token]") -> Card:
    """The card of a published `tok_…` or of one that `POST /v1/tokens` made, which is then used
    up.
    """
    card = card_of_token(token.removeprefix("tok_")) if token.startswith("tok_") else None
    if card is not None:
        return card
    stored = unit.get("token", token, param)
    if stored["type"] != "card":
        raise invalid(f"The token {token} does not hold a card.", param=param)
    if stored["used"]:
        message = f"You cannot use a Stripe token more than once: {token}."
        raise invalid(message, param=param, code="token_already_used")
    stored["used"] = True
    unit.put(stored)
    found = card_named(stored["_instrument"])
    assert found is not None  # noqa: S101
    return found


def _chosen_account(kind: str, given: Json) -> BankAccount:
    if kind == "sepa_debit":
        iban = "".join(given.get("iban", "").split()).upper()
        if iban in UNUSABLE_IBANS:
            code, message = UNUSABLE[iban[-5:]]
            raise invalid(message, param="sepa_debit[iban]", code=code)
        account = account_numbered(iban)
        if account is None:
            message = "The IBAN you provided is invalid."
            raise invalid(message, param="sepa_debit[iban]", code="invalid_bank_account_iban")
        return account
    if kind == "bacs_debit" and given.get("account_number") == UNUSABLE_BACS:
        message = "The bank account provided can not be charged. Please use a different one."
        raise invalid(message, param="bacs_debit", code="bank_account_unusable")
    account = account_with(kind, given)
    if account is None:
        message = "The bank account number provided is invalid. Only test accounts are taken."
        full = f"{kind}[account_number]"
        raise invalid(message, param=full, code="account_number_invalid")
    return account


def set_expiry(unit: Unit, card: Json, given: Json) -> None:
    """Puts a checked expiry into a card; raises the card error of a wrong or past one."""
    if not {"exp_month", "exp_year"} & given.keys():
        return
    month = int({**card, **given}["exp_month"])
    year = int({**card, **given}["exp_year"])
    today = datetime.datetime.fromtimestamp(unit.account_now, datetime.UTC)
    year += 2000 if year < 100 else 0
    if not today.year <= year <= today.year + 50:
        message = "Your card's expiration year is invalid."
        raise card_error(message, "invalid_expiry_year", param="exp_year")
    if not 1 <= month <= 12 or (year, month) < (today.year, today.month):
        message = "Your card's expiration month is invalid."
        raise card_error(message, "invalid_expiry_month", param="exp_month")
    card["exp_month"], card["exp_year"] = month, year


def shown_card(card: Card, given: Json, billing: Json | None = None) -> Json:
    """The `card` hash of a method. Of a number, only what was given is checked."""
    return {
        "brand": card.brand,
        "checks": _checks(card, given, billing),
        "country": card.country,
        "display_brand": card.cobadge or card.brand,
        "exp_month": EXPIRY[0],
        "exp_year": EXPIRY[1],
        "fingerprint": scramble(f"fingerprint:{card.number}", 16),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": card.networks, "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": card.secure != "not_supported"},
        "wallet": None,
    }


def _checks(card: Card, given: Json, billing: Json | None) -> Json:
    by_token = "number" not in given
    where = (billing or {}).get("address") or {}
    fails = card.address_check
    results: dict[str, Any] = {}
    for name, part, mark in (
        ("address_line1_check", "line1", "line1"),
        ("address_postal_code_check", "postal_code", "zip"),
    ):
        failed = fails if fails in ("fail", "unavailable") else "fail" if fails == mark else None
        is_given = bool(where.get(part))
        results[name] = failed if failed and (by_token or is_given) else None
        if results[name] is None and is_given:
            results[name] = "pass"
    checked = by_token or given.get("cvc")
    return results | {"cvc_check": card.cvc_check if checked else None}


def shown_account(account: BankAccount, given: Json) -> Json:
    """The hash of a bank account."""
    seed = scramble(f"fingerprint:{account.seed}", 16)
    common: Json = {"fingerprint": seed, "last4": account.last4}
    numbers = account.numbers
    match account.kind:
        case "sepa_debit":
            return common | {
                "bank_code": account.iban[4:12],
                "branch_code": "",
                "country": account.country,
                "generated_from": {"charge": None, "setup_attempt": None},
            }
        case "us_bank_account":
            return common | {
                "account_holder_type": given.get("account_holder_type", "individual"),
                "account_type": given.get("account_type", "checking"),
                "bank_name": BANK,
                "financial_connections_account": None,
                "networks": {"preferred": "ach", "supported": ["ach"]},
                "routing_number": numbers["routing_number"],
                "status_details": {},
            }
        case "acss_debit":
            parts = ("institution_number", "transit_number")
            return common | {"bank_name": BANK} | {name: numbers[name] for name in parts}
        case "au_becs_debit":
            return common | {"bsb_number": numbers["bsb_number"]}
        case "bacs_debit":
            return common | {"sort_code": numbers["sort_code"]}
    return {
        "account_holder_name": given.get("account_holder_name"),
        "bank_code": numbers["bank_code"],
        "bank_name": BANK,
        "branch_code": numbers["branch_code"],
        "last4": account.last4,
        "suffix": numbers["suffix"],
    }


def billing_details(given: Json) -> Json:
    """The `billing_details` of a method, every part present."""
    check_email(given.get("email"), "billing_details[email]")
    return {
        "address": address(given.get("address") or {}),
        "email": given.get("email") or None,
        "name": given.get("name") or None,
        "phone": given.get("phone") or None,
        "tax_id": given.get("tax_id"),
    }


def store(
    unit: Unit, kind: str, details: Json, name: str, data: Json, *, verified: bool = True
) -> Json:
    """Stores a new method. Private: `_instrument` (name in the tables), `_set_up`, `_mandate`,
    `_verified` (whether its account needs no microdeposits).
    """
    return unit.put(
        {
            "id": data.get("_id") or unit.id("pm"),
            "object": "payment_method",
            "allow_redisplay": data.get("allow_redisplay", "unspecified"),
            "billing_details": billing_details(data.get("billing_details") or {}),
            "created": unit.account_now,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": merged({}, data.get("metadata")),
            "type": kind,
            kind: details,
            "_instrument": name,
            "_set_up": False,
            "_mandate": None,
            "_verified": verified,
        }
    )
