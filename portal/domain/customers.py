"""Customer profiles as each provider tells them, and when two of them are one payer."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portal.domain.configurations import PortalConfiguration


class Origin(StrEnum):
    """Which system issued or keeps something."""

    STRIPE = "stripe"
    HOLDED = "holded"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; every part may be empty. `country` is ISO 3166 alpha-2, upper case."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    postal_code: str = ""
    state: str = ""
    country: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.line1 or self.city or self.postal_code or self.country)


@dataclass(frozen=True, slots=True)
class TaxId:
    """A tax id; `verification` is Stripe's word, empty where the provider has none."""

    id: str
    type: str
    value: str
    verification: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What one provider knows of one payer: a Stripe customer or a Holded contact.

    `holded_contact` is what the merchant wrote into the Stripe customer's metadata, `balance` is
    Stripe's customer balance in minor units of `currency` (negative: a credit), `custom_fields`
    what Stripe writes on each new invoice. `pays_by` is the payment method Holded has for the
    contact, as Holded's id.
    """

    origin: Origin
    id: str
    name: str
    email: str
    other_emails: tuple[str, ...] = ()
    phone: str = ""
    address: Address = field(default_factory=Address)
    shipping_name: str = ""
    shipping: Address = field(default_factory=Address)
    tax_ids: tuple[TaxId, ...] = ()
    locales: tuple[str, ...] = ()
    currency: str = ""
    balance: int = 0
    custom_fields: tuple[tuple[str, str], ...] = ()
    default_payment_method: str = ""
    holded_contact: str = ""
    pays_by: str = ""
    is_deleted: bool = False
    created_at: datetime | None = None

    @property
    def emails(self) -> tuple[str, ...]:
        """Return every address a sign-in mail may go to, the main one first."""
        return tuple(address for address in (self.email, *self.other_emails) if address)


EDITABLE = ("name", "email", "phone", "address", "tax_id")


def editable(configuration: PortalConfiguration, *, proved_by_email: bool) -> frozenset[str]:
    """Return what a customer may change of their own data.

    Not the e-mail address in a session that was entered through it (docs.stripe.com, no-code
    customer portal): whoever reads that mailbox for a moment could move the account to another one.
    """
    if not configuration.customer_update:
        return frozenset()
    open_to_all = configuration.customer_updates & frozenset(EDITABLE)
    return open_to_all - {"email"} if proved_by_email else open_to_all


def canonical_email(typed: str) -> str:
    """Return the form under which addresses are compared: trimmed, ASCII letters lower-cased.

    Nothing cleverer on purpose: folding look-alikes would let one person ask for another's mail
    (bugs B7 and B8), and mail goes to the stored address only.
    """
    trimmed = typed.strip()
    return "".join(letter.lower() if letter.isascii() else letter for letter in trimmed)


def is_possible_email(typed: str) -> bool:
    """Say whether mail could go to what was typed; only a mail that arrives says that it does."""
    local, at_sign, host = typed.rpartition("@")
    return bool(at_sign and local and host) and not any(
        letter.isspace() or not letter.isprintable() for letter in typed
    )
