"""What hosted pages ask for of a payment method, and the method that a sent form describes."""

import datetime
import re

from flask import request

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.method_types import TYPES, name_of
from portal.sandbox.stripe.resources import payment_methods
from portal.sandbox.stripe.unit import Unit

NAMES = {kind: name_of(kind) for kind in TYPES}
EXPIRY = re.compile(r"\s*(\d{1,2})\s*/\s*(\d{2}|\d{4})\s*", re.ASCII)
ADDRESS = ("line1", "city", "state", "postal_code", "country")
# What is asked for of a bank account, and examples that are published test numbers.
ACCOUNT_FIELDS: dict[str, list[tuple[str, str, str]]] = {
    "us_bank_account": [
        ("routing_number", "Routing number", "110000000"),
        ("account_number", "Account number", "000123456789"),
    ],
    "acss_debit": [
        ("transit_number", "Transit number", "11000"),
        ("institution_number", "Institution number", "000"),
        ("account_number", "Account number", "000123456789"),
    ],
    "au_becs_debit": [
        ("bsb_number", "BSB", "000-000"),
        ("account_number", "Account number", "000123456"),
    ],
    "bacs_debit": [
        ("sort_code", "Sort code", "10-88-00"),
        ("account_number", "Account number", "00012345"),
    ],
    "nz_bank_account": [
        ("bank_code", "Bank", "11"),
        ("branch_code", "Branch", "0000"),
        ("account_number", "Account number", "0000000"),
        ("suffix", "Suffix", "010"),
    ],
}


def next_page(intent: Json) -> str | None:
    """Where an intent sends its payer."""
    action = intent["next_action"]
    details = action[action["type"]] if action else {}
    names = ("url", "hosted_voucher_url", "hosted_instructions_url", "hosted_verification_url")
    return next((str(details[name]) for name in names if details.get(name)), None)


def new_method(unit: Unit, session: Json, customer: Json | None) -> Json:
    """The payment method that the sent form describes; raises the refusal of what is missing."""
    form = request.form
    kind = form.get("type", "card")
    if kind not in session["payment_method_types"]:
        raise invalid("Please choose a way to pay.", param="type")
    email = (customer and customer["email"]) or form.get("email", "").strip()
    if not email:
        raise invalid("Please enter your e-mail address.", param="email")
    address = {part: form.get(part, "").strip() for part in ADDRESS}
    if kind == "boleto":
        address["country"] = "BR"
    elif kind == "klarna" and not address["country"]:
        address["country"] = unit.account["country"]
    if session["billing_address_collection"] == "required" and not address["line1"]:
        raise invalid("Please enter your address.", param="line1")
    data: Json = {
        "type": kind,
        "billing_details": {
            "address": address,
            "email": email,
            "name": form.get("name", "").strip(),
            "phone": form.get("phone", "").strip(),
        },
        "allow_redisplay": session["_method_data"].get("allow_redisplay")
        or ("always" if form.get("save") else "limited"),
    }
    if kind == "card":
        data["card"] = _card(unit)
    elif kind == "sepa_debit":
        data["sepa_debit"] = {"iban": form.get("iban", "")}
    elif kind in ACCOUNT_FIELDS:
        fields = [name for name, _, _ in ACCOUNT_FIELDS[kind]]
        data[kind] = {name: form.get(name, "").strip() for name in fields}
    elif kind == "boleto":
        data["boleto"] = {"tax_id": form.get("tax_id", "").strip()}
    return payment_methods.make(unit, data)


def _card(unit: Unit) -> Json:
    form = request.form
    match = EXPIRY.fullmatch(form.get("exp", ""))
    if not match:
        raise invalid("Your card’s expiry date is incomplete.", param="exp")
    month, year = int(match[1]), int(match[2]) % 100 + 2000
    today = datetime.datetime.fromtimestamp(unit.account_now, datetime.UTC)
    if not 1 <= month <= 12 or (year, month) < (today.year, today.month):
        raise invalid("Your card’s expiry date is in the past or wrong.", param="exp")
    if not re.fullmatch(r"\d{3,4}", form.get("cvc", ""), re.ASCII):
        raise invalid("Your card’s security code is incomplete.", param="cvc")
    if not form.get("name", "").strip():
        raise invalid("Please enter the name on the card.", param="name")
    given = {name: form.get(name, "") for name in ("number", "cvc")}
    return {**given, "exp_month": month, "exp_year": year}
