"""What a merchant sells, as Stripe keeps it: products, their prices, and coupons."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.domain.money import Money

DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


class TaxBehavior(StrEnum):
    """Whether a price contains its tax; Stripe stores `unspecified` unless told otherwise."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Product:
    """A product; `name` comes from the merchant untranslated."""

    id: str
    name: str
    description: str = ""
    is_active: bool = True
    features: tuple[str, ...] = ()
    default_price: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """A price of a product.

    `unit_amount` is None for tiered and metered prices that have no single one. `interval` is empty
    for a one-off price. `currency_options` holds the unit amounts of further currencies.
    """

    id: str
    product: str
    currency: str
    unit_amount: int | None
    interval: str = ""
    interval_count: int = 1
    usage_type: str = "licensed"
    tax_behavior: TaxBehavior = TaxBehavior.UNSPECIFIED
    is_active: bool = True
    nickname: str = ""
    currency_options: tuple[tuple[str, int], ...] = ()

    @property
    def is_metered(self) -> bool:
        """Whether usage is billed after the fact."""
        return self.usage_type == "metered"

    @property
    def days(self) -> int:
        """Return about how many days a period lasts, to tell a longer one from a shorter."""
        return DAYS.get(self.interval, 0) * self.interval_count

    def amount_in(self, currency: str) -> Money | None:
        """Return what one unit costs in a currency, None where it has no price in it."""
        if currency == self.currency:
            return None if self.unit_amount is None else Money(self.unit_amount, currency)
        for code, amount in self.currency_options:
            if code == currency:
                return Money(amount, currency)
        return None


@dataclass(frozen=True, slots=True)
class Coupon:
    """A discount: `percent_off` in hundredths of a percent, or `amount_off` with a currency."""

    id: str
    name: str
    duration: str
    percent_off: int | None = None
    amount_off: int | None = None
    currency: str = ""
    duration_in_months: int | None = None
    is_valid: bool = True
    redeem_by: datetime | None = None
    max_redemptions: int | None = None
    times_redeemed: int = 0
    products: tuple[str, ...] = ()
