"""What a merchant permits in the portal: Stripe's portal configuration in our words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OfferedProduct:
    """One product customers may switch to, its prices, and the bounds of its quantity."""

    product: str
    prices: tuple[str, ...]
    quantity_adjustable: bool = False
    quantity_minimum: int = 1
    quantity_maximum: int | None = None


@dataclass(frozen=True, slots=True)
class PortalConfiguration:
    """The features of a portal configuration (`bpc_…`), named as Stripe names them.

    The defaults are those a merchant gets who never saved one: the Dashboard's.
    """

    id: str = ""
    is_default: bool = True
    is_active: bool = True
    customer_update: bool = True
    customer_updates: frozenset[str] = frozenset({"name", "email", "address", "phone"})
    invoice_history: bool = True
    payment_method_update: bool = True
    subscription_cancel: bool = True
    cancel_mode: str = "at_period_end"
    cancel_proration: str = "none"
    cancellation_reason: bool = True
    cancellation_options: tuple[str, ...] = (
        "too_expensive",
        "missing_features",
        "switched_service",
        "unused",
        "customer_service",
        "too_complex",
        "low_quality",
        "other",
    )
    subscription_update: bool = False
    subscription_updates: frozenset[str] = frozenset()
    products: tuple[OfferedProduct, ...] = ()
    proration_behavior: str = "none"
    billing_cycle_anchor: str = "unchanged"
    trial_update_behavior: str = "end_trial"
    schedule_conditions: frozenset[str] = frozenset()
    privacy_policy_url: str = ""
    terms_of_service_url: str = ""
    headline: str = ""
    default_return_url: str = ""

    def product_of(self, price: str) -> OfferedProduct | None:
        """Return the offered product that has a price, None if the price is not offered."""
        return next((row for row in self.products if price in row.prices), None)
