"""Which adapter stands behind each port."""

from portal.gateways.holded.v2 import HoldedV2
from portal.gateways.invoicing import InvoicingGateway
from portal.gateways.mail import Mailer
from portal.gateways.payments import PaymentGateway
from portal.gateways.smtp import SmtpMailer
from portal.gateways.stripe.client import StripeGateway
from portal.settings import Settings


def build_payments(settings: Settings, key: str, caller: str) -> PaymentGateway:
    """Return the door to Stripe for one secret key."""
    return StripeGateway(key, base=settings.stripe_api_base, caller=caller)


def build_invoicing(settings: Settings, token: str, currency: str, caller: str) -> InvoicingGateway:
    """Return the door to Holded for one token; `currency` is that of the account's books."""
    return HoldedV2(token, base=settings.holded_api_base, currency=currency, caller=caller)


def build_mailer(settings: Settings) -> Mailer:
    """Return the way mails leave the house."""
    return SmtpMailer(settings.smtp_url.get_secret_value())
