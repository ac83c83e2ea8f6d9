"""How a subscription is collected: due days, payment method, and its groups of settings."""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.unit import Unit


def check_days(method: str, days: int | None) -> None:
    """Refuse days until due without sending, and sending without them."""
    if method == "send_invoice" and days is None:
        raise invalid(
            "If collection_method is `send_invoice`, you must pass in `days_until_due`.",
            param="days_until_due",
            code="parameter_missing",
        )
    if method == "charge_automatically" and days is not None:
        raise invalid(
            "You can only set `days_until_due` if `collection_method` is `send_invoice`.",
            param="days_until_due",
        )
    if days is not None and not 0 <= days <= 3650:
        raise invalid(f"Invalid days_until_due: {days}", param="days_until_due")


def set_default_method(unit: Unit, subscription: Json, params: Json) -> None:
    """Take over `default_payment_method`; it must be one of the customer's."""
    if "default_payment_method" not in params:
        return
    name = params["default_payment_method"]
    if not name:
        subscription["default_payment_method"] = None
        return
    method = unit.get("payment_method", name, "default_payment_method")
    if method["customer"] != subscription["customer"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {name}. The payment method "
            "must be attached to the customer.",
            param="default_payment_method",
            code="resource_missing",
        )
    subscription["default_payment_method"] = name


def invoice_settings(old: Json | None, given: Json | None) -> Json:
    """Return the `invoice_settings` after a request."""
    settings = old or {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": {"type": "self"},
    }
    for name, value in (given or {}).items():
        if name == "issuer" and value["type"] != "self":
            raise unsupported("another issuer", "invoice_settings[issuer]")
        settings[name] = value or None
    return settings


def payment_settings(old: Json | None, given: Json | None) -> Json:
    """Return the `payment_settings` after a request."""
    settings = old or {
        "payment_method_options": None,
        "payment_method_types": None,
        "save_default_payment_method": "off",
    }
    if (given or {}).get("payment_method_options"):
        raise unsupported(
            "payment_settings.payment_method_options", "payment_settings[payment_method_options]"
        )
    for name, value in (given or {}).items():
        settings[name] = value or None
    return settings


def trial_settings(old: Json | None, given: Json | None) -> Json:
    """Return the `trial_settings` after a request."""
    behavior = {"billing_cycle_anchor": None, "missing_payment_method": "create_invoice"}
    if old:
        behavior = dict(old["end_behavior"])
    behavior |= (given or {}).get("end_behavior", {})
    return {"end_behavior": behavior}
