"""What services are given: a merchant with its doors, and a visit of one of its customers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from portal.db import Database
from portal.domain.access import EVERYTHING, Scope
from portal.domain.merchants import Merchant
from portal.gateways.invoicing import InvoicingGateway
from portal.gateways.mail import Mailer
from portal.gateways.payments import PaymentGateway
from portal.gateways.registry import Transports, build_invoicing, build_mailer, build_payments
from portal.settings import Settings
from portal.store.budget import Meter
from portal.store.secrets import Keyring, SecretUnreadable
from portal.store.secrets import find as find_secret

STRIPE_KEY = "stripe_key"
HOLDED_TOKEN = "holded_token"  # noqa: S105 - the name of the field


class Gateways:
    """The doors of every merchant, opened once per process and key.

    `caller` names the process in the User-Agent: `portal-web` or `portal-worker`.
    """

    def __init__(
        self,
        settings: Settings,
        db: Database,
        keyring: Keyring,
        caller: str,
        *,
        transports: Transports | None = None,
        mailer: Mailer | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._db = db
        self._keyring = keyring
        self._caller = caller
        self._clock = clock
        self.transports = transports or Transports()
        self._payments: dict[tuple[int, str], PaymentGateway] = {}
        self._invoicing: dict[tuple[int, str], InvoicingGateway] = {}
        self.mailer: Mailer = mailer or build_mailer(settings)

    def payments(self, merchant: Merchant) -> PaymentGateway:
        """Return the merchant's door to Stripe; raises SecretUnreadable without a key."""
        key = self._secret(merchant, STRIPE_KEY)
        known = (merchant.id, key)
        if known not in self._payments:
            self._payments[known] = build_payments(
                self._settings, key, self._caller, self.transports
            )
        return self._payments[known]

    def invoicing(self, merchant: Merchant) -> InvoicingGateway:
        """Return the merchant's door to Holded; raises SecretUnreadable without a token."""
        token = self._secret(merchant, HOLDED_TOKEN)
        known = (merchant.id, token)
        if known not in self._invoicing:
            meter = Meter(self._db, merchant.id, merchant.holded_account, self._clock)
            self._invoicing[known] = build_invoicing(
                self._settings, token, merchant.currency, self._caller, self.transports, meter
            )
        return self._invoicing[known]

    def _secret(self, merchant: Merchant, field: str) -> str:
        value = find_secret(self._db, self._keyring, merchant.id, field)
        if value is None:
            raise SecretUnreadable(f"{merchant.slug} has no {field}")
        return value


@dataclass(frozen=True, slots=True)
class MerchantContext:
    """A merchant at work: what jobs, webhooks and the merchant's API pass to services."""

    merchant: Merchant
    db: Database
    gateways: Gateways
    settings: Settings
    clock: Callable[[], datetime]

    @property
    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return self.clock()

    @property
    def payments(self) -> PaymentGateway:
        """Return the door to Stripe."""
        return self.gateways.payments(self.merchant)

    @property
    def invoicing(self) -> InvoicingGateway:
        """Return the door to Holded."""
        return self.gateways.invoicing(self.merchant)


@dataclass(frozen=True, slots=True)
class Customer:
    """The payer a visit is for; name and e-mail come from the mirror and may be empty."""

    id: int
    stripe_customer: str
    holded_contact: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Everything a page may know. `now` is fixed for the whole request.

    `email` is the address the visitor proved, `address` where the request came from (for receipts
    and consents), `session` the id of the session row.
    """

    at: MerchantContext
    customer: Customer
    scope: Scope
    locale: str
    now: datetime
    session: int = 0
    email: str = ""
    address: str = ""

    @property
    def customer_name(self) -> str:
        """Return what the customer is called; the holder of a link never reads an address (D9)."""
        return self.customer.name or (self.customer.email if self.sees_everything else "")

    @property
    def merchant(self) -> Merchant:
        """Return the merchant whose portal this is."""
        return self.at.merchant

    @property
    def db(self) -> Database:
        """Return the database."""
        return self.at.db

    @property
    def today(self) -> date:
        """Return the merchant's calendar day."""
        return self.merchant.day_of(self.now)

    @property
    def sees_everything(self) -> bool:
        """Whether the visit is more than the view of one invoice."""
        return self.scope == EVERYTHING
