"""Which adapter stands behind each port."""

from dataclasses import dataclass

import httpx

from portal.gateways.holded.v1 import HoldedV1
from portal.gateways.holded.v2 import HoldedV2
from portal.gateways.invoicing import InvoicingGateway, Meter
from portal.gateways.mail import Mailer
from portal.gateways.payments import PaymentGateway
from portal.gateways.smtp import SmtpMailer
from portal.gateways.stripe.client import StripeGateway
from portal.settings import Settings

# Tokens of Holded's second API begin so; keys of the first are 32 hexadecimal digits.
TOKEN_OF_V2 = "pat_"  # noqa: S105 - the beginning all of them share


@dataclass(frozen=True, slots=True)
class Transports:
    """How requests travel: over the network, or into a sandbox in the same process (tests)."""

    stripe: httpx.BaseTransport | None = None
    holded: httpx.BaseTransport | None = None


def build_payments(
    settings: Settings, key: str, caller: str, transports: Transports
) -> PaymentGateway:
    """Return the door to Stripe for one secret key."""
    return StripeGateway(
        key, base=settings.stripe_api_base, caller=caller, transport=transports.stripe
    )


def build_invoicing(
    settings: Settings,
    token: str,
    currency: str,
    caller: str,
    transports: Transports,
    meter: Meter | None = None,
) -> InvoicingGateway:
    """Return the door to Holded for one token; `currency` is that of the account's books.

    The two APIs take keys of different shapes, and neither takes the other's. Calls are counted by
    `meter`, which a merchant has who has joined.
    """
    adapter = HoldedV2 if token.startswith(TOKEN_OF_V2) else HoldedV1
    return adapter(
        token,
        base=settings.holded_api_base,
        currency=currency,
        caller=caller,
        transport=transports.holded,
        meter=meter,
    )


def build_mailer(settings: Settings) -> Mailer:
    """Return the way mails leave the house."""
    return SmtpMailer(settings.smtp_url.get_secret_value())
