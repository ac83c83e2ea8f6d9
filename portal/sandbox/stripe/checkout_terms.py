"""What `POST /v1/checkout/sessions` may say: which parameters go with which mode, and bounds.

Every parameter is in one of the tables below; a test walks the schema and finds what is in none.
Limits are those of the SDK's docstrings and of docs.stripe.com/payments/checkout.
"""

import re

from portal.sandbox.stripe import line_items
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import ROUTES
from portal.sandbox.stripe.resources import payment_intents
from portal.sandbox.stripe.resources.customers import check_email
from portal.sandbox.stripe.unit import Unit

SHORTEST, LONGEST = 30 * 60, 24 * 3600
MOST_LINES = {"payment": 100, "subscription": 20}
SOONEST_TRIAL = 48 * 3600
# Stripe may do this, the sandbox does not.
UNMODELLED = ("branding_settings", "customer_account", "optional_items")
UNMODELLED_WHEN_ON = ("adaptive_pricing", "automatic_tax", "managed_payments")
# Only pages that a merchant embeds take these; those are not modelled.
ONLY_EMBEDDED = ("permissions", "redirect_on_completion", "return_url")
# Parameters that a mode does not take.
WRONG = {
    "payment": ("payment_method_collection", "setup_intent_data", "subscription_data"),
    "setup": (
        "allow_promotion_codes",
        "custom_fields",
        "discounts",
        "invoice_creation",
        "line_items",
        "payment_intent_data",
        "payment_method_collection",
        "saved_payment_method_options",
        "shipping_options",
        "submit_type",
        "subscription_data",
    ),
    "subscription": (
        "customer_creation",
        "invoice_creation",
        "payment_intent_data",
        "setup_intent_data",
        "shipping_options",
    ),
}
# What Stripe says nothing about in `setup` mode.
UNKNOWN_IN_SETUP = ("name_collection", "shipping_address_collection", "tax_id_collection")
SUBSCRIPTION_UNMODELLED = (
    "application_fee_percent",
    "on_behalf_of",
    "pending_invoice_item_interval",
    "transfer_data",
)
CAPTURE = "POST /v1/payment_intents/{intent}/capture"
FIELD_KEY = re.compile(r"[A-Za-z0-9]{1,200}")
MOST_FIELDS, MOST_OPTIONS, LONGEST_LABEL, LONGEST_VALUE = 3, 200, 50, 255
LONGEST_TEXT = 1200
LONGEST_REFERENCE = 200


def check(unit: Unit, params: Json, *, needs_address: bool = True) -> str:
    """Return the mode of a session; raises the 400 that names what cannot be.

    `needs_address` asks for a `success_url`, which payment links may do without.
    """
    _check_supported(params)
    mode = params.get("mode")
    if mode is None:
        raise invalid("Missing required param: mode.", param="mode", code="parameter_missing")
    for name in WRONG[mode]:
        if name in params:
            raise invalid(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if needs_address and "success_url" not in params:
        message = "Missing required param: success_url."
        raise invalid(message, param="success_url", code="parameter_missing")
    for name in ("success_url", "cancel_url"):
        if name in params and not params[name].startswith(("http://", "https://")):
            raise invalid("Not a valid URL", param=name, code="url_invalid")
    _check_customer(unit, params)
    if mode == "setup":
        _check_setup(params)
    elif not params.get("line_items"):
        message = f"`line_items` is required in `{mode}` mode."
        raise invalid(message, param="line_items", code="parameter_missing")
    _check_together(params)
    _check_end(unit, params)
    check_intent_data(params.get("payment_intent_data", {}))
    _check_subscription_data(unit, params)
    check_custom(params)
    return str(mode)


def _check_supported(params: Json) -> None:
    for name in UNMODELLED:
        if name in params:
            raise unsupported(name, name)
    for name in UNMODELLED_WHEN_ON:
        if (params.get(name) or {}).get("enabled"):
            raise unsupported(f"{name}[enabled]=true", f"{name}[enabled]")
    if "liability" in params.get("automatic_tax", {}):
        raise unsupported("tax liability", "automatic_tax[liability]")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise unsupported(f"ui_mode={params['ui_mode']}", "ui_mode")
    for name in ONLY_EMBEDDED:
        if name in params:
            raise invalid(f"`{name}` is not allowed when `ui_mode` is `hosted_page`.", param=name)


def _check_customer(unit: Unit, params: Json) -> None:
    for name in ("customer_email", "customer_creation"):
        if "customer" in params and name in params:
            raise invalid(
                f"You may only specify one of these parameters: customer, {name}.", param=name
            )
    if "customer" in params:
        unit.get("customer", params["customer"], "customer")
    else:
        for name in ("customer_update", "saved_payment_method_options"):
            if name in params:
                raise invalid(f"`{name}` can only be used with `customer`.", param=name)
    check_email(params.get("customer_email"), "customer_email")
    collects = params.get("tax_id_collection", {}).get("enabled")
    renames = params.get("customer_update", {}).get("name") == "auto"
    if collects and "customer" in params and not renames:
        raise invalid(
            "Tax ID collection requires updating business name on the customer. To enable tax ID "
            "collection for an existing customer, please set `customer_update[name]` to `auto`.",
            param="customer_update[name]",
        )


def _check_setup(params: Json) -> None:
    for name in UNKNOWN_IN_SETUP:
        if name in params:
            raise unsupported(f"{name} in `setup` mode", name)
    if "currency" not in params and "allowed_payment_method_types" not in params:
        message = (
            "`currency` is required in `setup` mode when `allowed_payment_method_types` is not set."
        )
        raise invalid(message, param="currency", code="parameter_missing")
    if "on_behalf_of" in params.get("setup_intent_data", {}):
        raise unsupported("setup_intent_data[on_behalf_of]", "setup_intent_data[on_behalf_of]")


def _check_together(params: Json) -> None:
    if "discounts" in params and "allow_promotion_codes" in params:
        raise invalid(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            param="discounts",
        )
    if len(params.get("discounts", [])) > 1:
        raise invalid("You can specify at most one discount.", param="discounts")
    if len(params.get("client_reference_id", "")) > LONGEST_REFERENCE:
        raise invalid(
            f"Invalid string: must be at most {LONGEST_REFERENCE} characters",
            param="client_reference_id",
        )
    if params.get("invoice_creation", {}).get("enabled") and "shipping_options" in params:
        raise unsupported("an invoice of a purchase with shipping costs", "invoice_creation")
    issuer = params.get("invoice_creation", {}).get("invoice_data", {}).get("issuer")
    if (issuer or {"type": "self"})["type"] != "self":
        raise unsupported("another issuer", "invoice_creation[invoice_data][issuer]")


def _check_end(unit: Unit, params: Json) -> None:
    at = params.get("expires_at", unit.account_now + LONGEST)
    if at < unit.account_now + SHORTEST:
        message = (
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        )
        raise invalid(message, param="expires_at")
    if at > unit.account_now + LONGEST:
        message = (
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        )
        raise invalid(message, param="expires_at")


def check_intent_data(data: Json) -> None:
    """Refuse what intents do not model, and capturing by hand where nothing captures."""
    for name in data.keys() - payment_intents.MODELLED:
        raise unsupported(f"payment_intent_data[{name}]", f"payment_intent_data[{name}]")
    if data.get("capture_method") == "manual" and CAPTURE not in ROUTES:
        raise unsupported(
            "payment_intent_data[capture_method]=manual", "payment_intent_data[capture_method]"
        )
    check_email(data.get("receipt_email"), "payment_intent_data[receipt_email]")


def _check_subscription_data(unit: Unit, params: Json) -> None:
    data = params.get("subscription_data", {})
    for name in SUBSCRIPTION_UNMODELLED:
        if name in data:
            raise unsupported(f"subscription_data[{name}]", f"subscription_data[{name}]")
    trial = "trial_end" in data or "trial_period_days" in data
    anchored = "billing_cycle_anchor" in data or "billing_cycle_anchor_config" in data
    if "trial_end" in data and "trial_period_days" in data:
        raise invalid(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
            param="subscription_data[trial_end]",
        )
    if data.get("trial_period_days", 1) < 1:
        raise invalid(
            "Invalid integer: must be at least 1", param="subscription_data[trial_period_days]"
        )
    if data.get("trial_end", unit.now + SOONEST_TRIAL) < unit.now + SOONEST_TRIAL:
        raise invalid(
            "The `subscription_data[trial_end]` timestamp must be at least 48 hours in the future.",
            param="subscription_data[trial_end]",
        )
    if trial and anchored:
        raise invalid(
            "You cannot use a trial together with a billing cycle anchor.",
            param="subscription_data[billing_cycle_anchor]",
        )
    if data.get("billing_cycle_anchor", unit.now + 1) <= unit.now:
        raise invalid(
            "billing_cycle_anchor must be in the future.",
            param="subscription_data[billing_cycle_anchor]",
        )
    if "proration_behavior" in data and not anchored:
        raise invalid(
            "`proration_behavior` can only be set together with a billing cycle anchor.",
            param="subscription_data[proration_behavior]",
        )


def check_lines(unit: Unit, mode: str, lines: list[Json], params: Json) -> None:
    """Refuse lines that the mode does not take: recurring ones, too many, amounts to choose."""
    most = MOST_LINES[mode]
    recurring = [line for line in lines if line_items.is_recurring(unit, line)]
    if len(recurring) > most or len(lines) - len(recurring) > most:
        raise invalid(f"At most {most} line items are allowed.", param="line_items")
    if mode == "payment" and recurring:
        raise invalid(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices.",
            param="line_items",
        )
    if mode == "subscription" and not recurring:
        raise invalid(
            "You must provide at least one recurring price in `subscription` mode when using "
            "prices.",
            param="line_items",
        )
    line_items.common_interval(unit, lines)
    chosen = [line for line in lines if line_items.price_of(unit, line)["custom_unit_amount"]]
    if chosen and (len(lines) > 1 or mode != "payment" or chosen[0]["quantity"] != 1):
        raise invalid(
            "A price with `custom_unit_amount` must be the only line item, in `payment` mode, and "
            "its quantity must be 1.",
            param="line_items",
        )
    behavior = params.get("subscription_data", {}).get("proration_behavior")
    if behavior == "none" and len(recurring) < len(lines):
        raise invalid(
            "One-time prices cannot be used when `proration_behavior` is `none`.",
            param="subscription_data[proration_behavior]",
        )


def check_custom(params: Json) -> None:
    """Refuse custom fields and texts beyond Stripe's bounds."""
    fields = params.get("custom_fields") or []
    if len(fields) > MOST_FIELDS:
        raise invalid(f"You can have at most {MOST_FIELDS} custom fields.", param="custom_fields")
    keys = [field["key"] for field in fields]
    for place, field in enumerate(fields):
        _check_field(field, keys, f"custom_fields[{place}]")
    for name, text in (params.get("custom_text") or {}).items():
        if text and len(text["message"]) > LONGEST_TEXT:
            raise invalid(
                f"The message can have at most {LONGEST_TEXT} characters.",
                param=f"custom_text[{name}][message]",
            )


def _check_field(field: Json, keys: list[str], where: str) -> None:
    if not FIELD_KEY.fullmatch(field["key"]) or keys.count(field["key"]) > 1:
        raise invalid(
            "The key must be unique, alphanumeric and at most 200 characters.",
            param=f"{where}[key]",
        )
    if len(field["label"]["custom"]) > LONGEST_LABEL:
        raise invalid(
            f"The label can have at most {LONGEST_LABEL} characters.",
            param=f"{where}[label][custom]",
        )
    kind = field["type"]
    for other in {"dropdown", "numeric", "text"} - {kind}:
        if other in field:
            raise invalid(f"`{other}` goes with `type={other}`.", param=f"{where}[{other}]")
    details = field.get(kind) or {}
    if kind == "dropdown":
        values = [option["value"] for option in details.get("options", [])]
        if not 1 <= len(values) <= MOST_OPTIONS or len(set(values)) < len(values):
            raise invalid(
                f"A dropdown needs 1 to {MOST_OPTIONS} options with values of their own.",
                param=f"{where}[dropdown][options]",
            )
        if "default_value" in details and details["default_value"] not in values:
            raise invalid(
                "The default value must be one of the options.",
                param=f"{where}[dropdown][default_value]",
            )
        return
    least, most = details.get("minimum_length", 0), details.get("maximum_length", LONGEST_VALUE)
    if not 0 <= least <= most <= LONGEST_VALUE:
        raise invalid(
            f"Lengths must be between 0 and {LONGEST_VALUE}, the minimum not above the maximum.",
            param=f"{where}[{kind}][maximum_length]",
        )
    value = details.get("default_value")
    if value is not None and (
        not least <= len(value) <= most or (kind == "numeric" and not value.isdecimal())
    ):
        raise invalid(
            "The default value does not fit the field.", param=f"{where}[{kind}][default_value]"
        )
