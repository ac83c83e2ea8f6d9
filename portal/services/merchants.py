"""Merchants join: their keys are tried, what they are kept as, and where providers shall post."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from portal import i18n
from portal.context import HOLDED_TOKEN, STRIPE_KEY, Gateways
from portal.db import Unit
from portal.domain.brand import is_color
from portal.domain.customers import Origin
from portal.domain.errors import InvalidInput
from portal.domain.merchants import Merchant
from portal.gateways.invoicing import Treasury
from portal.gateways.payments import Account
from portal.gateways.registry import build_invoicing, build_payments
from portal.services import inbox
from portal.settings import Settings
from portal.store import secrets as stored
from portal.store.merchants import EndpointRow, MerchantRow
from portal.store.secrets import Keyring

# Ours already, as the first part of an address.
RESERVED = frozenset(
    {"admin", "api", "brand", "healthz", "hooks", "metrics", "readyz", "reports", "static", "v1"}
)
SECRETS_KEPT = 2  # while one is being replaced by the next


@dataclass(frozen=True, slots=True)
class Application:
    """What a merchant who joins has said; `holded_token` is empty for one without Holded."""

    slug: str
    name: str
    country: str
    currency: str
    timezone: str
    locale: str
    brand_color: str
    stripe_key: str
    holded_token: str = ""
    holded_account: str = ""
    holded_treasury: str = ""
    support_email: str = ""
    mail_from: str = ""
    return_url: str = ""
    privacy_url: str = ""
    terms_url: str = ""


def check_stripe(settings: Settings, gateways: Gateways, key: str) -> Account:
    """Return the account a key belongs to; raises GatewayError."""
    return build_payments(settings, key, "portal-setup", gateways.transports).check()


def check_holded(
    settings: Settings, gateways: Gateways, token: str, currency: str
) -> tuple[Treasury, ...]:
    """Return the accounts money can be booked on, once every permission was tried."""
    door = build_invoicing(settings, token, currency, "portal-setup", gateways.transports)
    return door.check()


def check(application: Application) -> None:
    """Raise InvalidInput for the first thing said that cannot be meant."""
    for field, problem in _problems(application):
        raise InvalidInput(field, problem)


def add(
    unit: Unit, keyring: Keyring, application: Application, account: Account, *, now: datetime
) -> int:
    """Write a merchant with its keys and the places where its providers shall post."""
    row = MerchantRow(
        slug=application.slug,
        name=application.name,
        country=application.country.upper(),
        currency=application.currency.lower(),
        timezone=application.timezone,
        locale=application.locale,
        brand_color=application.brand_color.lower(),
        stripe_account=account.id,
        livemode=account.livemode,
        holded_account=application.holded_account if application.holded_token else "",
        holded_treasury=application.holded_treasury,
        support_email=application.support_email,
        mail_from=application.mail_from,
        return_url=application.return_url,
        privacy_url=application.privacy_url,
        terms_url=application.terms_url,
        created_at=now,
    )
    unit.add(row)
    unit.flush()
    stored.save(unit, keyring, row.id, STRIPE_KEY, application.stripe_key, now=now)
    _add_endpoint(unit, row, Origin.STRIPE, row.stripe_account, now)
    if application.holded_token:
        stored.save(unit, keyring, row.id, HOLDED_TOKEN, application.holded_token, now=now)
        _add_endpoint(unit, row, Origin.HOLDED, row.holded_account, now)
    return row.id


def replace_holded_token(
    unit: Unit, keyring: Keyring, merchant: Merchant, token: str, *, now: datetime
) -> None:
    """Speak to Holded with another token from now on; the objects of the account stay the same."""
    stored.save(unit, keyring, merchant.id, HOLDED_TOKEN, token, now=now)


def keep_webhook_secret(
    unit: Unit, keyring: Keyring, merchant: Merchant, endpoint: str, secret: str, *, now: datetime
) -> None:
    """Trust a signing secret of an endpoint from now on, besides the one before it."""
    field = inbox.secret_field(endpoint)
    held = (stored.find(unit, keyring, merchant.id, field) or "").split()
    kept = [secret, *(old for old in held if old != secret)][:SECRETS_KEPT]
    stored.save(unit, keyring, merchant.id, field, " ".join(kept), now=now)


def _add_endpoint(
    unit: Unit, row: MerchantRow, provider: Origin, account: str, now: datetime
) -> None:
    unit.add(
        EndpointRow(
            id=secrets.token_hex(12),
            merchant_id=row.id,
            provider=provider,
            account=account,
            livemode=row.livemode,
            created_at=now,
        )
    )
    unit.flush()


def _problems(said: Application) -> list[tuple[str, str]]:
    """Return the fields that make no sense, each with what is wanted."""
    wanted = (
        ("slug", _is_slug(said.slug), "2 to 40 of a-z, 0-9 and -, and none of our own addresses"),
        ("name", bool(said.name.strip()) and len(said.name) <= 200, "a name of 1 to 200 letters"),
        ("country", _matches("[A-Za-z]{2}", said.country), "two letters, like ES"),
        ("currency", _matches("[A-Za-z]{3}", said.currency), "three letters, like eur"),
        ("timezone", said.timezone in available_timezones(), "a name like Europe/Madrid"),
        ("locale", i18n.find(said.locale, i18n.LOCALES.values()) is not None, "a tag like es"),
        ("color", is_color(said.brand_color), "a colour like #2f5bea"),
        *((name, _is_email(getattr(said, name)), "an address") for name in _EMAILS),
        *((name, _is_url(getattr(said, name)), "an address with https://") for name in _URLS),
    )
    return [(field, f"is to be {wish}") for field, is_fine, wish in wanted if not is_fine]


_EMAILS = ("support_email", "mail_from")
_URLS = ("return_url", "privacy_url", "terms_url")


def _is_slug(value: str) -> bool:
    return _matches("[a-z0-9][a-z0-9-]{1,39}", value) and value not in RESERVED


def _is_email(value: str) -> bool:
    return not value or (len(value) <= 254 and _matches(r"[^@\s]+@[^@\s]+", value))


def _is_url(value: str) -> bool:
    parts = urlsplit(value)
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    return not value or (is_web and len(value) <= 500)


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None
