"""Coupons and promotion codes becoming discounts, and discounts becoming reductions of lines."""

from fractions import Fraction

from portal.sandbox.stripe.discounting import Reduction
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.periods import Cadence, step
from portal.sandbox.stripe.resources.coupons import is_valid
from portal.sandbox.stripe.resources.promotion_codes import is_late, is_used_up
from portal.sandbox.stripe.unit import Unit

MOST = 20


def redeem(
    unit: Unit,
    entries: object,
    *,
    owner: Json,
    customer: str,
    currency: str,
    existing: list[str],
    param: str = "discounts",
    start: int | None = None,
) -> list[str]:
    """Return the ids of the discounts that `entries` of a `discounts` parameter stand for.

    "" clears, None and [] leave `existing`; a coupon or code that is among them is kept as it
    is. `owner` holds the fields that name what the discount is for: subscription, invoice, ….
    """
    if entries == "":
        _end(unit, existing)
        return []
    if not isinstance(entries, list) or not entries:
        return existing
    if len(entries) > MOST:
        raise invalid(f"You can set up to {MOST} discounts.", param=param)
    known = {one: _found(unit, one) for one in existing}
    chosen: list[str] = []
    coupons: list[str] = []
    for place, entry in enumerate(entries):
        where = f"{param}[{place}]"
        discount = _kept(entry, known, where) or _new(
            unit, entry, owner, customer, currency, where, start
        )
        coupon = (known.get(discount) or _found(unit, discount))["source"]["coupon"]
        if coupon in coupons:
            raise invalid("Each entry of discounts must be unique.", param=where)
        chosen.append(discount)
        coupons.append(coupon)
    _end(unit, [one for one in existing if one not in chosen])
    return chosen


def _kept(entry: Json, known: dict[str, Json], where: str) -> str | None:
    if sum(name in entry for name in ("coupon", "discount", "promotion_code")) != 1:
        raise invalid(
            "You must pass exactly one of coupon, discount or promotion_code.", param=where
        )
    for discount_id, discount in known.items():
        if (
            entry.get("discount") == discount_id
            or entry.get("coupon") == discount["source"]["coupon"]
            or ("promotion_code" in entry and entry["promotion_code"] == discount["promotion_code"])
        ):
            return discount_id
    if "discount" in entry:
        raise invalid(
            f"No such discount: '{entry['discount']}'",
            param=f"{where}[discount]",
            code="resource_missing",
        )
    return None


def _new(
    unit: Unit,
    entry: Json,
    owner: Json,
    customer: str,
    currency: str,
    where: str,
    start: int | None,
) -> str:
    coupon, code = checked(unit, entry, customer, currency, where)
    for used in (coupon, code):
        if used:
            used["times_redeemed"] += 1
            unit.put(used)
    began = unit.now if start is None else start
    discount = discount_of(unit, coupon, code, customer, began) | owner
    unit.add(discount, "customer.discount.created")
    return str(discount["id"])


def checked(
    unit: Unit, entry: Json, customer: str | None, currency: str, where: str
) -> tuple[Json, Json | None]:
    """Return the coupon, and the code if there is one, of an entry of `discounts`.

    Raises the 400 when it cannot be redeemed by the customer, or in the currency, now.
    """
    code = None
    if "promotion_code" in entry:
        code = unit.get("promotion_code", entry["promotion_code"], f"{where}[promotion_code]")
        _check_code(unit, code, customer, f"{where}[promotion_code]")
    coupon_id = code["promotion"]["coupon"] if code else entry["coupon"]
    coupon = unit.get("coupon", coupon_id, f"{where}[coupon]")
    _check_coupon(unit, coupon, currency, f"{where}[{'promotion_code' if code else 'coupon'}]")
    return coupon, code


def discount_of(
    unit: Unit, coupon: Json, code: Json | None, customer: str | None, began: int
) -> Json:
    """Return a new discount of a coupon or code, not stored, that is for nothing yet."""
    end = None
    if coupon["duration"] == "repeating":
        end = step(began, Cadence("month"), coupon["duration_in_months"])
    return {
        "id": unit.id("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": customer,
        "customer_account": None,
        "end": end,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": code["id"] if code else None,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": began,
        "subscription": None,
        "subscription_item": None,
        "_coupon": coupon,
    }


def _check_coupon(unit: Unit, coupon: Json, currency: str, where: str) -> None:
    if not is_valid(coupon, unit.now):
        raise invalid(f"Coupon expired: {coupon['id']}", param=where, code="coupon_expired")
    if coupon["amount_off"] is not None and amount_off(coupon, currency) is None:
        raise invalid(
            f"The coupon {coupon['id']} is in {coupon['currency']} and cannot be applied to an "
            f"amount in {currency}.",
            param=where,
        )


def _check_code(unit: Unit, code: Json, customer: str | None, where: str) -> None:
    if not code["active"] or is_used_up(code) or is_late(code, unit.now):
        raise invalid(f"This promotion code is not active: {code['id']}", param=where)
    if code["customer"] not in (None, customer):
        raise invalid(
            f"The promotion code {code['id']} cannot be redeemed by this customer.", param=where
        )
    once_only = code["restrictions"]["first_time_transaction"]
    if once_only and customer and has_bought(unit, customer):
        raise invalid(
            "This promotion code cannot be redeemed because the associated customer has prior "
            "transactions.",
            param=where,
        )


def has_bought(unit: Unit, customer: str) -> bool:
    """Whether the customer has prior transactions, so that a code for first ones is not theirs."""
    return any(
        unit.select(kind, customer=customer, limit=1) for kind in ("payment_intent", "subscription")
    )


def _found(unit: Unit, discount: str) -> Json:
    return unit.find("discount", discount) or {}


def _end(unit: Unit, discounts: list[str]) -> None:
    for one in discounts:
        found = unit.find("discount", one)
        if found and not found.get("_ended"):
            unit.emit("customer.discount.deleted", found)
            found["_ended"] = unit.now
            unit.put(found)


def end_discounts(unit: Unit, discounts: list[str]) -> None:
    """Say that discounts are over; they stay readable, because paid invoices name them."""
    _end(unit, discounts)


def amount_off(coupon: Json, currency: str) -> int | None:
    """Return what the coupon takes off in a currency, in minor units; None when it cannot."""
    if coupon["currency"] == currency:
        return int(coupon["amount_off"])
    option = coupon["_currency_options"].get(currency)
    return int(option["amount_off"]) if option else None


def still_valid(unit: Unit, discounts: list[str], at: int) -> list[str]:
    """Return those discounts that have not ended at `at`."""
    return [one for one in discounts if (end := _found(unit, one).get("end")) is None or end > at]


def consumed_once(unit: Unit, discount: str) -> bool:
    """Whether the discount is for one invoice only."""
    return bool(_found(unit, discount)["_coupon"]["duration"] == "once")


def reductions(unit: Unit, discounts: list[str], currency: str) -> list[Reduction]:
    """Return how each discount reduces lines, in order; one in another currency reduces none."""
    return [_reduction(one, _found(unit, one)["_coupon"], currency) for one in discounts]


def _reduction(discount: str, coupon: Json, currency: str) -> Reduction:
    products = coupon["_applies_to"]
    limited = frozenset(products["products"]) if products else None
    if coupon.get("percent_off") is not None:
        percent = Fraction(str(coupon["percent_off"]))
        return Reduction(discount, percent=percent, products=limited)
    return Reduction(discount, amount=amount_off(coupon, currency) or 0, products=limited)
