"""Why a promotion code that a customer typed cannot be used on a subscription.

Stripe's restrictions of codes and of their coupons, in the words of its pages
(https://docs.stripe.com/billing/subscriptions/coupons#promotion-codes). Each function answers with
the sentence that says why not, or None.
"""

from portal.sandbox.stripe.amounts import cost, in_words, priced_in
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.redemption import amount_off, has_bought
from portal.sandbox.stripe.resources.coupons import is_valid
from portal.sandbox.stripe.resources.promotion_codes import is_late, is_used_up
from portal.sandbox.stripe.unit import Unit


def may_not_redeem(unit: Unit, code: Json, subscription: Json, item: Json) -> str | None:
    """Why the code cannot be put on the subscription once its item is `item`."""
    refusal = _has_run_out(unit, code) or _is_for_others(unit, code, subscription)
    if refusal:
        return refusal
    coupon = unit.get("coupon", code["promotion"]["coupon"])
    price, currency = unit.get("price", item["price"]), subscription["currency"]
    amount = cost(priced_in(price, currency), item["quantity"])
    return does_not_fit(code, coupon, currency, amount, {price["product"]})


def _has_run_out(unit: Unit, code: Json) -> str | None:
    if is_late(code, unit.now):
        return "This code has expired."
    if is_used_up(code):
        return "This code has been used as often as it may be."
    coupon = unit.find("coupon", code["promotion"]["coupon"])
    if not code["active"] or coupon is None or coupon.get("deleted"):
        return "This code is no longer valid."
    return None if is_valid(coupon, unit.now) else "This code is no longer valid."


def _is_for_others(unit: Unit, code: Json, subscription: Json) -> str | None:
    customer = subscription["customer"]
    if code["customer"] not in (None, customer):
        return "This code is for another customer."
    if code["restrictions"]["first_time_transaction"] and has_bought(unit, customer):
        return "This code is for a first purchase only."
    discounts = [unit.get("discount", one) for one in subscription["discounts"]]
    if code["promotion"]["coupon"] in [one["source"]["coupon"] for one in discounts]:
        return "This subscription has this discount already."
    return None


def does_not_fit(
    code: Json, coupon: Json, currency: str, amount: int, products: set[str]
) -> str | None:
    """Why the code is not for a purchase of that amount (minor units) and those products."""
    least = _minimum(code, currency)
    if least is None or (coupon["percent_off"] is None and amount_off(coupon, currency) is None):
        return f"This code cannot be used in {currency.upper()}."
    if amount < least:
        return f"This code needs an amount of {in_words(least, currency)} or more."
    only = coupon["_applies_to"]
    if only and not products & set(only["products"]):
        return f"This code is not for {'this product' if len(products) == 1 else 'these products'}."
    return None


def _minimum(code: Json, currency: str) -> int | None:
    """Return the smallest amount in minor units; None where the code has none in the currency."""
    rules = code["restrictions"]
    if rules["minimum_amount_currency"] in (None, currency):
        return rules["minimum_amount"] or 0
    option = code["_currency_options"].get(currency)
    return int(option["minimum_amount"]) if option else None
