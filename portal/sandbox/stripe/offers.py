"""Discounts that are shown before anybody redeems them: on quotes and Checkout sessions.

They are discounts with an id, so that totals can name them, but they count as a redemption only
when the purchase is made: then the invoice or subscription redeems the same coupon or code.
"""

from portal.sandbox.stripe import redemption
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.unit import Unit


def offered(
    unit: Unit,
    entries: object,
    *,
    owner: Json,
    customer: str | None,
    currency: str,
    existing: list[str],
    param: str,
) -> list[str]:
    """Return the ids of the discounts that `entries` of a `discounts` parameter stand for.

    "" clears, None and [] leave `existing`; a discount named by its id stays. `owner` holds the
    fields that say what the discount is for. Raises the 400 for a coupon or code that cannot be
    redeemed now.
    """
    if entries == "":
        return []
    if not isinstance(entries, list) or not entries:
        return existing
    chosen = [
        _offer(unit, entry, owner, customer, currency, existing, f"{param}[{place}]")
        for place, entry in enumerate(entries)
    ]
    coupons = [unit.get("discount", one)["source"]["coupon"] for one in chosen]
    if len(set(coupons)) < len(coupons):
        raise invalid("Each entry of discounts must be unique.", param=param)
    return chosen


def _offer(
    unit: Unit,
    entry: Json,
    owner: Json,
    customer: str | None,
    currency: str,
    existing: list[str],
    where: str,
) -> str:
    if sum(name in entry for name in ("coupon", "discount", "promotion_code")) != 1:
        raise invalid(
            "You must pass exactly one of coupon, discount or promotion_code.", param=where
        )
    if "discount" in entry:
        if entry["discount"] not in existing:
            raise invalid(
                f"No such discount: '{entry['discount']}'",
                param=f"{where}[discount]",
                code="resource_missing",
            )
        return str(entry["discount"])
    coupon, code = redemption.checked(unit, entry, customer, currency, where)
    body = redemption.discount_of(unit, coupon, code, customer, unit.now) | owner
    return str(unit.put(body)["id"])


def entries(unit: Unit, discounts: list[str]) -> list[Json]:
    """Return a `discounts` parameter that redeems what was offered."""
    found = [unit.get("discount", one) for one in discounts]
    return [
        {"promotion_code": one["promotion_code"]}
        if one["promotion_code"]
        else {"coupon": one["source"]["coupon"]}
        for one in found
    ]
