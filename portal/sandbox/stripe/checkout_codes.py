"""Why a promotion code cannot be used at Checkout, in the words of its page.

The rules are those of docs.stripe.com/payments/checkout/discounts; a code for first purchases is
of no use where no customer is made (SDK docstring of `customer_creation`).
"""

from portal.sandbox.stripe import line_items
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.promotion_limits import does_not_fit
from portal.sandbox.stripe.redemption import has_bought
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
    products = {
        line_items.price_of(unit, line)["product"] for line in line_items.of(unit, session["id"])
    }
    return _is_for_others(unit, code, session) or does_not_fit(
        code, coupon, session["currency"], session["amount_subtotal"], products
    )


def _is_for_others(unit: Unit, code: Json, session: Json) -> str | None:
    customer = session["customer"]
    if code["customer"] not in (None, customer):
        return "This code is for another customer."
    if code["restrictions"]["first_time_transaction"]:
        guest = session["mode"] == "payment" and session["customer_creation"] == "if_required"
        if (customer and has_bought(unit, customer)) or (customer is None and guest):
            return "This code is for a first purchase only."
    return None
