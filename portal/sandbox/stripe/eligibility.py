"""Dynamic payment methods: which types a currency, an amount and an account's country allow."""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.unit import Unit

# Type: currencies (None: every one), countries of the business (None: every one), reusable.
EUROPE = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
TYPES: dict[str, tuple[str | None, frozenset[str] | None, bool]] = {
    "card": (None, None, True),
    "sepa_debit": (
        "eur",
        EUROPE | {"AU", "CA", "HK", "JP", "MX", "NZ", "SG", "US"},
        True,
    ),
    "boleto": ("brl", frozenset({"BR"}), True),
    "bizum": ("eur", EUROPE, False),
}
REDIRECTING = frozenset({"bizum"})
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


def types(unit: Unit, currency: str | None, params: Json, *, save: bool = False) -> list[str]:
    """The types offered, in order. `params` may hold the allowed and excluded types; `save` leaves
    out those that cannot be kept.
    """
    allowed = params.get("allowed_payment_method_types")
    excluded = params.get("excluded_payment_method_types") or []
    found = [
        one
        for one, (only, countries, reusable) in TYPES.items()
        if (currency is None or only in (None, currency))
        and (countries is None or unit.account["country"] in countries)
        and (reusable or not save)
        and (not allowed or one in allowed)
        and one not in excluded
        and unit.setting("payment_methods", {}).get(one, True)
    ]
    if not found:
        message = "No valid payment method types for this intent."
        param = "allowed_payment_method_types" if allowed else "currency"
        raise invalid(message, param=param, code="payment_intent_no_valid_payment_method_types")
    return found


def check_type(kind: str, param: str = "type") -> None:
    """Refuses types that the sandbox does not model."""
    if kind not in TYPES:
        raise unsupported(f"payment method type {kind}", param)
