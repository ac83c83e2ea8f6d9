"""Dynamic payment methods: which types a currency, an amount and an account's country allow."""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.method_types import REDIRECTING, TYPES, MethodType
from portal.sandbox.stripe.unit import Unit

__all__ = ["REDIRECTING", "TYPES", "MethodType"]

LEAST = {
    "aed": 200,
    "bgn": 100,
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "thb": 1000,
}
LEAST_OF_TYPE = {"boleto": 500}


def least(currency: str) -> int:
    """The smallest charge in a currency (docs.stripe.com/currencies#minimum-and-maximum-…)."""
    return LEAST.get(currency, 50)


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Refuses amounts below the minimum or above eight digits."""
    if amount < least(currency):
        raise invalid(
            f"Amount must be at least {least(currency)} in the smallest unit of {currency}.",
            param=param,
            code="amount_too_small",
        )
    if amount > 99_999_999:
        message = "Amount must be no more than 99999999 in the smallest unit of the currency."
        raise invalid(message, param=param, code="amount_too_large")


def default_configuration(unit: Unit) -> str:
    """The id of the account's default payment method configuration, stored or not."""
    return "pmc_" + scramble(f"pmc:{unit.account_id}", 14)


def configuration_details(unit: Unit, params: Json) -> Json | None:
    """`payment_method_configuration_details` of an intent or Checkout session: the configuration
    that decided, none where methods are not dynamic. Raises the 404 for one that is missing.
    """
    kind = "payment_method_configuration"
    if params.get(kind):
        return {"id": unit.get(kind, params[kind], kind)["id"], "parent": None}
    if not params.get("automatic_payment_methods", {"enabled": True})["enabled"]:
        return None
    return {"id": default_configuration(unit), "parent": None}


def preferences(unit: Unit, configuration: str | None = None) -> dict[str, str]:
    """What the merchant wants of each type: on, off, or nothing (absent). A setting
    `payment_methods` of the account decides before the default payment method configuration.
    """
    chosen = unit.find("payment_method_configuration", configuration or default_configuration(unit))
    found = {
        kind: str(chosen[kind]["display_preference"]["preference"])
        for kind in TYPES
        if chosen and chosen.get(kind)
    }
    if configuration is None:
        wanted = unit.setting("payment_methods", {})
        found |= {kind: "on" if on else "off" for kind, on in wanted.items()}
    return {kind: one for kind, one in found.items() if one != "none"}


def fits(unit: Unit, kind: str, currency: str | None) -> bool:
    """Whether a type serves the currency and the account's country."""
    row = TYPES[kind]
    return (currency is None or row.currencies is None or currency in row.currencies) and (
        row.countries is None or unit.account["country"] in row.countries
    )


def types(unit: Unit, currency: str | None, params: Json, *, save: bool = False) -> list[str]:
    """The types offered, in order. `params` may hold the allowed and excluded types, the payment
    method configuration and the capture method; `save` leaves out those that cannot be kept.
    """
    allowed = params.get("allowed_payment_method_types")
    excluded = params.get("excluded_payment_method_types") or []
    wanted = preferences(unit, params.get("payment_method_configuration"))
    manual = params.get("capture_method") == "manual"
    found = [
        kind
        for kind, row in TYPES.items()
        if (not allowed or kind in allowed)
        and kind not in excluded
        and (row.reusable or not save)
        and (row.manual or not manual)
        and fits(unit, kind, currency)
        and (wanted.get(kind) == "on" or (kind not in wanted and (row.offered or allowed)))
    ]
    if not found:
        message = "No valid payment method types for this intent."
        param = "allowed_payment_method_types" if allowed else "currency"
        raise invalid(message, param=param, code="payment_intent_no_valid_payment_method_types")
    return found


def may_join(unit: Unit, kind: str, intent: Json) -> bool:
    """Whether a type that the merchant neither wants nor refuses serves an intent of dynamic
    methods to which such a method is given.
    """
    automatic = intent["automatic_payment_methods"]
    row = TYPES[kind]
    return bool(
        automatic
        and not intent["allowed_payment_method_types"]
        and kind not in (intent["excluded_payment_method_types"] or [])
        and (row.flow != "redirect" or automatic["allow_redirects"] == "always")
        and (row.manual or intent.get("capture_method") != "manual")
        and (row.reusable or intent["object"] == "payment_intent")
        and fits(unit, kind, intent.get("currency"))
        and kind not in preferences(unit)
    )


def check_type(kind: str, param: str = "type") -> None:
    """Refuses types that the sandbox does not model."""
    if kind not in TYPES:
        raise unsupported(f"payment method type {kind}", param)
