"""Why a promotion code cannot be used at Checkout, in the words of its page.

The rules are those of docs.stripe.com/payments/checkout/discounts; a code for first purchases is
of no use where no customer is made (SDK docstring of `customer_creation`).
"""

from portal.sandbox.stripe import line_items
from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.redemption import amount_off, has_bought
from portal.sandbox.stripe.resources.coupons import is_valid
from portal.sandbox.stripe.resources.promotion_codes import is_late, is_used_up
from portal.sandbox.stripe.unit import Unit


def may_not_use(unit: Unit, code: Json, session: Json) -> str | None:
    """Why the session's payer cannot have what the code stands for; None if they can."""
    coupon = unit.find("coupon", code["promotion"]["coupon"])
    if coupon is None or coupon.get("deleted") or not is_valid(coupon, unit.now):
        return "This code is no longer valid."
    if not code["active"] or is_late(code, unit.now):
        return "This code has expired."
    if is_used_up(code):
        return "This code has been used as often as it may be."
    return _is_for_others(unit, code, session) or _does_not_fit(unit, code, coupon, session)


def _is_for_others(unit: Unit, code: Json, session: Json) -> str | None:
    customer = session["customer"]
    if code["customer"] not in (None, customer):
        return "This code is for another customer."
    if code["restrictions"]["first_time_transaction"]:
        guest = session["mode"] == "payment" and session["customer_creation"] == "if_required"
        if (customer and has_bought(unit, customer)) or (customer is None and guest):
            return "This code is for a first purchase only."
    return None


def _does_not_fit(unit: Unit, code: Json, coupon: Json, session: Json) -> str | None:
    currency = session["currency"]
    least = _minimum(code, currency)
    if least is None or (coupon["percent_off"] is None and amount_off(coupon, currency) is None):
        return f"This code cannot be used in {currency.upper()}."
    if session["amount_subtotal"] < least:
        return f"This code needs an amount of {in_words(least, currency)} or more."
    only = coupon["_applies_to"]
    products = {
        line_items.price_of(unit, line)["product"] for line in line_items.of(unit, session["id"])
    }
    if only and not products & set(only["products"]):
        return "This code is not for these products."
    return None


def _minimum(code: Json, currency: str) -> int | None:
    rules = code["restrictions"]
    if rules["minimum_amount_currency"] in (None, currency):
        return rules["minimum_amount"] or 0
    option = code["_currency_options"].get(currency)
    return int(option["minimum_amount"]) if option else None
