"""Stored objects to public ones: private fields dropped, renderers run, `expand` followed to four
levels.
"""

from typing import TYPE_CHECKING, Any

from portal.sandbox.stripe import tax_code_table
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.plans import plan_of
from portal.sandbox.stripe.registry import INCLUDES, RENDERERS
from portal.sandbox.stripe.schema import expandable, left_out

if TYPE_CHECKING:
    from portal.sandbox.stripe.unit import Unit

DEEPEST = 4
NESTED = (dict, list)

# The kind of object that an id names; coupons and products may carry ids of the merchant's own.
PREFIXES = {
    "acct": "account",
    "bpc": "billing_portal.configuration",
    "card": "card",
    "ch": "charge",
    "clock": "test_helpers.test_clock",
    "cn": "credit_note",
    "cs": "checkout.session",
    "cus": "customer",
    "di": "discount",
    "dp": "dispute",
    "du": "dispute",
    "feat": "entitlements.feature",
    "fo": "billing.feedback_option",
    "ii": "invoiceitem",
    "in": "invoice",
    "inpay": "invoice_payment",
    "mandate": "mandate",
    "mtr": "billing.meter",
    "pi": "payment_intent",
    "plink": "payment_link",
    "pm": "payment_method",
    "price": "price",
    "prod": "product",
    "promo": "promotion_code",
    "py": "charge",
    "pyr": "refund",
    "qt": "quote",
    "re": "refund",
    "seti": "setup_intent",
    "setatt": "setup_attempt",
    "shr": "shipping_rate",
    "si": "subscription_item",
    "sub": "subscription",
    "txcd": "tax_code",
    "txi": "tax_id",
    "txn": "balance_transaction",
    "txr": "tax_rate",
    "cbtxn": "customer_balance_transaction",
}
FIELD_KINDS = {
    "coupon": "coupon",
    "default_payment_method": "payment_method",
    "default_price": "price",
    "payment_method": "payment_method",
    "price": "price",
    "product": "product",
    "schedule": "subscription_schedule",
    "subscription_schedule": "subscription_schedule",
    "feedback_option": "billing.feedback_option",
}


def render(unit: "Unit", body: Any, absent: Json | None = None) -> Any:
    """A public deep copy; objects inside lists and hashes are rendered too. Fields that Stripe
    leaves out rather than sends as null are left out; `absent` names those of a hash inside.
    """
    if isinstance(body, list):
        return [render(unit, one, absent) if isinstance(one, NESTED) else one for one in body]
    if not isinstance(body, dict):
        return body
    # The data of an event holds an object under that name, not the name of its kind.
    kind = body["object"] if isinstance(body.get("object"), str) else None
    absent = left_out().get(kind, {}) if kind else absent or {}
    never_null = absent.get("", ())
    shown = {
        key: render(unit, value, absent.get(key)) if isinstance(value, NESTED) else value
        for key, value in body.items()
        if key[0] != "_" and not (value is None and key in never_null)
    }
    if kind and not body.get("deleted"):
        for renderer in RENDERERS.get(kind, ()):
            renderer(unit, shown)
    return shown


def expand(unit: "Unit", body: Json, paths: list[str]) -> Json:
    """Replaces ids by objects and adds includable fields, along each dotted path, in place."""
    for path in dict.fromkeys(paths):
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise invalid(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}",
                param="expand",
            )
        _follow(unit, body, parts, path, owner=body, prefix="")
    return body


def _follow(unit: "Unit", node: Any, parts: list[str], path: str, owner: Json, prefix: str) -> None:
    if not parts or node is None:
        return
    if isinstance(node, list):
        for one in node:
            _follow(unit, one, parts, path, owner, prefix)
        return
    if not isinstance(node, dict):
        raise _refused(path)
    if node.get("deleted"):
        return
    if "object" in node:
        owner, prefix = node, ""
    kind = str(owner["object"])
    name, rest = parts[0], parts[1:]
    dotted = f"{prefix}{name}"
    if (kind, dotted) in INCLUDES and name not in node:
        included = render(unit, INCLUDES[kind, dotted](unit, owner))
        if included is not None:
            node[name] = included
    elif dotted in expandable(kind):
        if name in node:
            node[name] = _fetched(unit, node[name], name)
    elif isinstance(node.get(name), dict | list):
        pass
    elif node.get(name) is not None or not _leads_on(kind, dotted):
        raise _refused(path)
    _follow(unit, node.get(name), rest, path, owner, f"{dotted}.")


def _leads_on(kind: str, dotted: str) -> bool:
    """Whether something below may be expanded, although this object has nothing there."""
    known = [*expandable(kind), *(field for owner, field in INCLUDES if owner == kind)]
    return any(field.startswith(f"{dotted}.") for field in known)


def _fetched(unit: "Unit", value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_fetched(unit, one, name) for one in value]
    if not isinstance(value, str):
        return value
    if name == "plan":
        price = unit.find("price", value)
        return plan_of(render(unit, price)) if price else value
    kind = FIELD_KINDS.get(name) or PREFIXES.get(value.split("_")[0], "")
    if kind == "tax_code":
        return tax_code_table.shown(value, "expand")
    if kind == "account":
        return unit.sandbox.account_shown(value) or value
    found = unit.find(kind, value)
    return render(unit, found) if found else value


def _refused(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")
