"""What a payer fills in at Checkout besides the payment method, read from the posted form.

Each reader notes on the session what it read; a wrong value is a 400 whose words the page shows.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from portal.sandbox.stripe import checkout_codes, checkout_sums, line_items
from portal.sandbox.stripe.amounts import decimals, in_words
from portal.sandbox.stripe.checkout_opening import choose_shipping, take_discounts
from portal.sandbox.stripe.eligibility import check_amount, least
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.resources.promotion_codes import typed
from portal.sandbox.stripe.unit import Unit

Form = Mapping[str, str]
ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
UNITED_STATES = "US"


def choose(unit: Unit, session: Json, form: Form) -> bool:
    """Take over quantities, amount, code and shipping; returns whether the total changed."""
    before = session["amount_total"]
    lines = line_items.of(unit, session["id"])
    for line in lines:
        _choose_quantity(line, form)
        _choose_amount(unit, session, line, form)
    if lines and all(line["quantity"] == 0 for line in lines):
        raise invalid("Please choose at least one.", param="quantity")
    line_items.keep(unit, lines)
    if "shipping_rate" in form:
        choose_shipping(session, form["shipping_rate"])
    checkout_sums.settle(unit, session)
    if session["allow_promotion_codes"] and "promotion_code" in form:
        _choose_code(unit, session, form["promotion_code"].strip())
        checkout_sums.settle(unit, session)
    if session["mode"] == "payment" and session["amount_total"]:
        check_amount(session["amount_total"], session["currency"], "amount")
    return bool(before != session["amount_total"])


def _choose_quantity(line: Json, form: Form) -> None:
    bounds, name = line["adjustable_quantity"], f"quantity_{line['id']}"
    if not bounds or not bounds["enabled"] or name not in form:
        return
    text = form[name].strip()
    if not text.isdecimal() or not bounds["minimum"] <= int(text) <= bounds["maximum"]:
        raise invalid(
            f"Please choose a quantity from {bounds['minimum']} to {bounds['maximum']}.",
            param=name,
        )
    line["quantity"] = int(text)


def _choose_amount(unit: Unit, session: Json, line: Json, form: Form) -> None:
    price = line_items.price_of(unit, line)
    rules = price["custom_unit_amount"]
    if not rules or "amount" not in form:
        return
    currency = session["currency"]
    try:
        amount = Decimal(form["amount"].strip().replace(",", ".")).scaleb(decimals(currency))
    except InvalidOperation:
        raise invalid("Please enter an amount.", param="amount") from None
    low = max(rules["minimum"] or 0, least(currency))
    high = rules["maximum"]
    if not amount.is_finite() or amount != int(amount) or amount < low:
        raise invalid(f"Please enter {in_words(low, currency)} or more.", param="amount")
    if high is not None and amount > high:
        raise invalid(f"Please enter {in_words(high, currency)} or less.", param="amount")
    line["_chosen_amount"] = int(amount)


def _choose_code(unit: Unit, session: Json, text: str) -> None:
    if not text:
        take_discounts(unit, session, [])
        return
    code = typed(unit, text)
    if code is None:
        raise invalid("This code does not exist.", param="promotion_code")
    if code["id"] in [one["promotion_code"] for one in session["discounts"]]:
        return
    reason = checkout_codes.may_not_use(unit, code, session)
    if reason:
        raise invalid(reason, param="promotion_code")
    take_discounts(unit, session, [{"promotion_code": code["id"]}])


def note(unit: Unit, session: Json, form: Form) -> None:
    """Note consent, custom fields, names and the shipping address."""
    _note_consent(unit, session, form)
    _note_fields(session, form)
    names = _names(session, form)
    shipping = _shipping(session, form)
    if names or shipping:
        session["collected_information"] = {
            "business_name": names.get("business"),
            "individual_name": names.get("individual"),
            "shipping_details": shipping,
        }


def _note_consent(unit: Unit, session: Json, form: Form) -> None:
    wanted = session["consent_collection"] or {}
    consent: Json = {"promotions": None, "terms_of_service": None}
    if wanted.get("terms_of_service") == "required":
        if not form.get("terms"):
            raise invalid("Please agree to the terms of service.", param="terms")
        consent["terms_of_service"] = "accepted"
    if asks_for_promotions(unit, session):
        consent["promotions"] = "opt_in" if form.get("promotions") else "opt_out"
    if any(consent.values()):
        session["consent"] = consent


def asks_for_promotions(unit: Unit, session: Json) -> bool:
    """Whether the page asks for consent to promotions: merchants of the United States only."""
    wanted = (session["consent_collection"] or {}).get("promotions") == "auto"
    return bool(wanted and unit.account["country"] == UNITED_STATES)


def _note_fields(session: Json, form: Form) -> None:
    for field in session["custom_fields"]:
        name, details = f"field_{field['key']}", field[field["type"]]
        value = form.get(name, "").strip() or None
        label = field["label"]["custom"]
        if value is None and not field["optional"]:
            raise invalid(f"Please fill in: {label}.", param=name)
        if value is not None and not _fits(field["type"], details, value):
            raise invalid(f"Please check: {label}.", param=name)
        details["value"] = value


def _fits(kind: str, details: Json, value: str) -> bool:
    if kind == "dropdown":
        return value in [option["value"] for option in details["options"]]
    if kind == "numeric" and not (value.isascii() and value.isdecimal()):
        return False
    least_, most = details["minimum_length"] or 0, details["maximum_length"] or 255
    return bool(least_ <= len(value) <= most)


def _names(session: Json, form: Form) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for kind, rules in (session.get("name_collection") or {}).items():
        if not rules or not rules["enabled"]:
            continue
        found[kind] = form.get(f"{kind}_name", "").strip() or None
        if found[kind] is None and not rules["optional"]:
            raise invalid(f"Please enter your {kind} name.", param=f"{kind}_name")
    return found


def _shipping(session: Json, form: Form) -> Json | None:
    rules = session["shipping_address_collection"]
    if not rules:
        return None
    address = {part: form.get(f"shipping_{part}", "").strip() or None for part in ADDRESS}
    name = form.get("shipping_name", "").strip() or form.get("name", "").strip()
    if not name or not address["line1"] or not address["country"]:
        raise invalid("Please enter where it is sent.", param="shipping_line1")
    address["country"] = address["country"].upper()
    if address["country"] not in rules["allowed_countries"]:
        raise invalid("It cannot be sent to this country.", param="shipping_country")
    return {"address": address, "name": name}


def tax_ids(session: Json, form: Form) -> list[Json]:
    """Return the tax id that was typed, if the session asks for one."""
    rules = session.get("tax_id_collection") or {}
    value = form.get("tax_id_value", "").strip()
    if not rules.get("enabled"):
        return []
    if not value:
        if rules["required"] == "if_supported":
            raise invalid("Please enter your tax id.", param="tax_id_value")
        return []
    return [{"type": form.get("tax_id_type", "eu_vat").strip() or "eu_vat", "value": value}]
