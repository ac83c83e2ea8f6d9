"""What the installed Stripe SDK says that `make_schema` does not keep: what each route answers, and
what kind of object each event carries.
"""

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

from portal.sandbox.stripe import make_schema

# Events whose object is not named by their own type; every other type names its object.
CARRIES = {
    "account.application": ["application"],
    "account.external_account": ["bank_account", "card"],
    "application_fee.refund": ["fee_refund"],
    "billing.alert": ["billing.alert_triggered"],
    "customer.source": ["bank_account", "card", "source"],
    "source.transaction": ["source_transaction"],
}
# Kinds whose ids merchants may choose; all others start with their kind's prefix. A plan and its
# price share their id, which says as what it was made.
CHOSEN = frozenset(["coupon", "product"])
PREFIXES = {
    "account": ("acct",),
    "application": ("ca",),
    "application_fee": ("fee",),
    "balance_transaction": ("txn",),
    "bank_account": ("ba",),
    "billing.alert": ("alrt",),
    "billing.credit_balance_transaction": ("cbtxn",),
    "billing.credit_grant": ("credgr",),
    "billing.feedback_option": ("fo",),
    "billing.meter": ("mtr",),
    "billing_portal.configuration": ("bpc",),
    "billing_portal.session": ("bps",),
    "card": ("card",),
    "charge": ("ch", "py"),
    "checkout.session": ("cs",),
    "confirmation_token": ("ctoken",),
    "credit_note": ("cn",),
    "credit_note_line_item": ("cnli",),
    "customer": ("cus",),
    "customer_balance_transaction": ("cbtxn",),
    "discount": ("di",),
    "dispute": ("dp", "du"),
    "entitlements.active_entitlement": ("ent",),
    "entitlements.feature": ("feat",),
    "event": ("evt",),
    "file": ("file",),
    "file_link": ("link",),
    "invoice": ("in", "upcoming_in"),
    "invoice_payment": ("inpay",),
    "invoiceitem": ("ii",),
    "item": ("li",),
    "line_item": ("il", "il_tmp"),
    "mandate": ("mandate",),
    "payment_intent": ("pi",),
    "payment_link": ("plink",),
    "payment_method": ("pm", "card", "src", "ba"),
    "payment_method_configuration": ("pmc",),
    "payment_method_domain": ("pmd",),
    "payout": ("po",),
    "person": ("person",),
    "plan": ("plan", "price"),
    "price": ("price", "plan"),
    "promotion_code": ("promo",),
    "quote": ("qt",),
    "refund": ("re", "pyr"),
    "review": ("prv",),
    "setup_attempt": ("setatt",),
    "setup_intent": ("seti",),
    "shipping_rate": ("shr",),
    "source": ("src",),
    "subscription": ("sub",),
    "subscription_item": ("si",),
    "subscription_schedule": ("sub_sched",),
    "tax_code": ("txcd",),
    "tax_id": ("txi",),
    "tax_rate": ("txr",),
    "test_helpers.test_clock": ("clock",),
    "token": ("tok", "btok"),
    "webhook_endpoint": ("we",),
}


# Routes of Stripe's command line, which no SDK has.
OF_THE_COMMAND_LINE = {
    "POST /v1/events/{event}/retry": ("object", ["event"]),
    "GET /v1/payment_pages/{session}": ("object", ["checkout.session"]),
    "POST /v1/payment_pages/{session}/confirm": ("object", ["checkout.session"]),
}


@cache
def names() -> frozenset[str]:
    """Every value of `object` the SDK knows."""
    return frozenset(one["name"] for one in make_schema.objects().values())


@cache
def answers() -> dict[str, tuple[str, list[str]]]:
    """Route -> envelope ("object", "list" or "search_result") and the kinds of object answered."""
    folder = make_schema.sdk_folder()
    found: dict[str, tuple[str, list[str]]] = dict(OF_THE_COMMAND_LINE)
    for path in sorted(folder.rglob("*_service.py")):
        if "v2" in path.relative_to(folder).parts:
            continue
        tree = ast.parse(path.read_text())
        package = ".".join(path.relative_to(folder).parts[:-1])
        named = make_schema.imports(tree)
        for route, annotation in _methods(tree):
            envelope, classes = _envelope(make_schema.read_type(annotation), annotation)
            paths = [named.get(one, f"{package}.{one}".lstrip(".")) for one in classes]
            found[route] = envelope, [make_schema.objects()[one]["name"] for one in paths]
    return found


def _methods(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.returns is None:
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "self._request":
                verb, path = call.args[:2]
                if isinstance(path, ast.Call) and isinstance(path.func, ast.Attribute):
                    path = path.func.value
                route = f"{ast.literal_eval(verb).upper()} {ast.literal_eval(path)}"
                yield route, function.returns


def _envelope(kind: Any, annotation: ast.expr) -> tuple[str, list[str]]:
    match kind:
        case {"list": inner}:
            searched = "SearchResultObject" in ast.unparse(annotation)
            return "search_result" if searched else "list", _envelope(inner, annotation)[1]
        case {"union": members}:
            return "object", [name for one in members for name in _envelope(one, annotation)[1]]
        case {"ref": name}:
            return "object", [name]
    raise ValueError(ast.unparse(annotation))


def carried(event_type: str) -> list[str]:
    """The kinds of object that an event of this type may carry; empty when that is not known.

    The longest name of an object that the type's words end in before the verb: a
    `customer.subscription.deleted` carries a subscription, a `billing_portal.session.created` a
    `billing_portal.session`.
    """
    subject, _, _ = event_type.rpartition(".")
    if subject in CARRIES:
        return CARRIES[subject]
    words = subject.replace("issuing_", "issuing.").split(".")
    for at in range(len(words)):
        name = ".".join(words[at:])
        if name in names():
            return [name]
    return []
