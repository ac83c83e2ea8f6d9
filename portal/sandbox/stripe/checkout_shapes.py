"""How the answers of a Checkout session or payment link show what was asked to be collected."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.unit import merged


def custom_fields(given: object, *, with_value: bool) -> list[Json]:
    """Return `custom_fields` as sessions show them, or links, which hold no answers."""
    if not isinstance(given, list):
        return []
    empty = {"value": None} if with_value else {}
    found = []
    for field in given:
        kind = field["type"]
        details = {"default_value": None, **field.get(kind, {}), **empty}
        if kind != "dropdown":
            details = {"maximum_length": None, "minimum_length": None, **details}
        found.append(
            {
                "dropdown": None,
                "key": field["key"],
                "label": field["label"],
                "numeric": None,
                "optional": field.get("optional", False),
                "text": None,
                "type": kind,
                kind: details,
            }
        )
    return found


def custom_text(given: Json | None) -> Json:
    """Return `custom_text` with every place for words."""
    places = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {name: (given or {}).get(name) or None for name in places}


def invoice_creation(given: Json | None) -> Json:
    """Return `invoice_creation` in full; it is off unless asked for."""
    data = (given or {}).get("invoice_data", {})
    names = ("account_tax_ids", "custom_fields", "description", "footer", "issuer")
    rendering = data.get("rendering_options") or None
    return {
        "enabled": (given or {}).get("enabled", False),
        "invoice_data": {
            **{name: data.get(name) or None for name in names},
            "metadata": merged({}, data.get("metadata")),
            "rendering_options": rendering
            and {
                "amount_tax_display": rendering.get("amount_tax_display") or None,
                "template": rendering.get("template"),
            },
        },
    }


def name_collection(given: Json | None) -> Json | None:
    """Return `name_collection` with its optional parts."""
    if not given:
        return None
    return {
        kind: {"enabled": given[kind]["enabled"], "optional": given[kind].get("optional", False)}
        if kind in given
        else None
        for kind in ("business", "individual")
    }


def wallet_options(given: Json | None) -> Json | None:
    """Return `wallet_options`, or None when they were not given."""
    if given is None:
        return None
    link = given.get("link")
    return {"link": link and {"display": link.get("display")}}


def after_expiration(given: Json | None) -> Json | None:
    """Return `after_expiration`; its address comes when the session expires."""
    recovery = (given or {}).get("recovery")
    if recovery is None:
        return None
    return {
        "recovery": {
            "allow_promotion_codes": recovery.get("allow_promotion_codes", False),
            "enabled": recovery["enabled"],
            "expires_at": None,
            "url": None,
        }
    }


def saved_options(params: Json) -> Json:
    """Return `saved_payment_method_options` with their defaults."""
    given = params.get("saved_payment_method_options", {})
    return {
        "allow_redisplay_filters": given.get("allow_redisplay_filters", ["always"]),
        "payment_method_remove": given.get("payment_method_remove", "disabled"),
        "payment_method_save": given.get("payment_method_save"),
    }


def consent_collection(given: Json | None) -> Json | None:
    """Return `consent_collection` in full, or None when it was not given."""
    if given is None:
        return None
    return {
        "payment_method_reuse_agreement": given.get("payment_method_reuse_agreement"),
        "promotions": given.get("promotions"),
        "terms_of_service": given.get("terms_of_service"),
    }
