"""The accounts of a sandbox: what `POST /_sandbox/accounts` makes and `GET /v1/account` shows."""

from portal.sandbox.stripe.errors import Json

TEXTS = (
    "id",
    "secret_key",
    "country",
    "default_currency",
    "name",
    "email",
    "support_email",
    "support_phone",
    "url",
    "platform",
)
LONGEST = 500
CAPABILITIES = {
    "card_payments": None,
    "transfers": None,
    "link_payments": None,
    "sepa_debit_payments": "eur",
    "bizum_payments": "eur",
    "boleto_payments": "brl",
}


def check(wanted: Json) -> None:
    """Raises ValueError for what no account can be made of."""
    for name in TEXTS:
        value = wanted.get(name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{name} must be a string")
        if value is not None and (len(value) > LONGEST or "\x00" in value):
            raise ValueError(f"{name} must be at most {LONGEST} characters, none of them null")
    settings_in(wanted)


def settings_in(wanted: Json) -> Json:
    """The `settings` of a request; raises ValueError when they are not an object."""
    settings = wanted.get("settings", {})
    if not isinstance(settings, dict):
        raise ValueError("settings must be an object")
    return settings


def new_account(account_id: str, secret_key: str, wanted: Json, now: int) -> Json:
    """An account that may charge at once. `wanted`: country, default_currency, name, email,
    support_email, url, platform (an account whose key may act for this one by `Stripe-Account`),
    settings (of the sandbox: `_settings`).
    """
    country = wanted.get("country", "ES")
    currency = wanted.get("default_currency", "eur")
    name = wanted.get("name", "Sandbox business")
    capabilities = {
        capability: "active"
        for capability, only in CAPABILITIES.items()
        if only in (None, currency)
    }
    return {
        "id": account_id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": "5734",
            "minority_owned_business_designation": None,
            "name": name,
            "product_description": None,
            "specified_commercial_transactions_act_url": None,
            "support_address": None,
            "support_email": wanted.get("support_email"),
            "support_phone": wanted.get("support_phone"),
            "support_url": None,
            "url": wanted.get("url"),
        },
        "business_type": "company",
        "capabilities": capabilities,
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": country,
        "created": now,
        "default_currency": currency,
        "details_submitted": True,
        "email": wanted.get("email"),
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        "future_requirements": _requirements(),
        "metadata": {},
        "payouts_enabled": True,
        "requirements": _requirements(),
        "settings": _settings(name),
        "tos_acceptance": {"date": now, "ip": None, "user_agent": None},
        "type": "standard",
        "_secret_key": secret_key,
        "_platform": wanted.get("platform"),
        "_settings": dict(settings_in(wanted)),
    }


def _requirements() -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }


def _settings(name: str) -> Json:
    descriptor = "".join(letter for letter in name.upper() if letter.isascii())[:22] or "SANDBOX"
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": name, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "never"},
        "payments": {
            "statement_descriptor": descriptor,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }
