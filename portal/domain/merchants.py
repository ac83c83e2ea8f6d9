"""The merchant as pages and jobs know it: no secret is in here."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from portal.domain.rules import NOTHING_DECIDED, Rules


@dataclass(frozen=True, slots=True)
class Merchant:
    """A business that runs the portal for its customers.

    `country` is ISO 3166 alpha-2, `currency` a lower-case code, `timezone` an IANA name,
    `brand_color` `#rrggbb`. `stripe_account` and `holded_account` name the accounts at the
    providers; the second is empty for a merchant without Holded.
    """

    id: int
    slug: str
    name: str
    country: str
    currency: str
    timezone: str
    locale: str
    brand_color: str
    stripe_account: str
    livemode: bool
    holded_account: str = ""
    holded_treasury: str = ""
    support_email: str = ""
    mail_from: str = ""
    return_url: str = ""
    privacy_url: str = ""
    terms_url: str = ""
    rules: Rules = NOTHING_DECIDED

    @property
    def is_test(self) -> bool:
        """Whether its Stripe key is a test key, so that no money moves."""
        return not self.livemode

    @property
    def has_holded(self) -> bool:
        """Whether it invoices with Holded."""
        return bool(self.holded_account)

    def day_of(self, moment: datetime) -> date:
        """Return the merchant's calendar day at a moment."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()
