"""What the first page tells a customer: what needs doing, what is due, what runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from portal.context import Visit
from portal.domain.customers import Origin, Profile
from portal.domain.payment_methods import PaymentMethod, effective_method
from portal.domain.subscriptions import Subscription
from portal.mirror import catalogue, invoices, overview
from portal.mirror.invoices import Balance, Listed
from portal.mirror.overview import Holdings, Slip
from portal.mirror.payment_methods import Wallet
from portal.services.subscriptions import MONEY_IS_MISSING, Shown, discounts_of, line_of


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page of a customer.

    `failed` are the plans whose last invoice was not paid in time, `ending` those told to end.
    `has_ended` says that there were others before.
    """

    plans: tuple[Shown, ...]
    wallet: Wallet
    profile: Profile | None
    tax_number: str
    latest: Sequence[Listed]
    balances: Sequence[Balance]
    failing: dict[Origin, datetime | None]
    has_ended: bool
    slips: tuple[Slip, ...] = ()

    @property
    def renews(self) -> bool:
        """Whether anything renews by charging a method."""
        return any(plan.subscription.is_charged for plan in self.plans)

    @property
    def methods(self) -> tuple[PaymentMethod, ...]:
        """Return the customer's methods, the default first."""
        return tuple(sorted(self.wallet.methods, key=lambda one: one.id != self.wallet.default))

    @property
    def overdue(self) -> int:
        """Return how many invoices are overdue."""
        return sum(balance.overdue for balance in self.balances)

    @property
    def at_bank(self) -> str:
        """Return the id of a payment that waits at the bank, empty if there is none."""
        return next((row.at_bank for row in self.balances if row.at_bank), "")

    @property
    def slip(self) -> str:
        """Return the id of a payment whose slip is not paid yet, empty if there is none."""
        return next((row.slip for row in self.balances if row.slip), "")

    @property
    def unusable(self) -> tuple[PaymentMethod, ...]:
        """Return the bank accounts that renewals are charged to, and that cannot be debited."""
        return tuple(method for method in self._charged if method.is_revoked)

    def running_out(self, today: date) -> tuple[PaymentMethod, ...]:
        """Return the cards that renewals are charged to, and that expire soon or have expired."""
        return tuple(
            method
            for method in self._charged
            if method.is_expired(today) or method.is_expiring(today)
        )

    @property
    def _charged(self) -> tuple[PaymentMethod, ...]:
        held = [plan.subscription for plan in self.plans if plan.subscription.renews_at]
        used = {effective_method(one, self.wallet.default) for one in held}
        return tuple(method for method in self.wallet.methods if method.id in used)

    @property
    def failed(self) -> tuple[Shown, ...]:
        """Return the plans whose last charge did not succeed, or whose last invoice is overdue."""
        return tuple(plan for plan in self.plans if plan.subscription.status in MONEY_IS_MISSING)

    @property
    def ending(self) -> tuple[Shown, ...]:
        """Return the plans that are told to end."""
        return tuple(plan for plan in self.plans if plan.subscription.is_cancelling)


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read for the first page, as it came: equal rows make an equal page."""

    holdings: tuple[Row[Any], ...]
    invoices: tuple[Row[Any], ...]
    named: tuple[Row[Any], ...]


def look(visit: Visit) -> Sight:
    """Read the first page, in three statements however much the customer has."""
    held, latest = visit.db.rows_of(overview.asked(visit), invoices.asked_latest(visit))
    products, coupons = overview.named_by(held)
    return Sight(
        holdings=tuple(held),
        invoices=tuple(latest),
        named=tuple(catalogue.look_named(visit.db, visit.merchant, products, coupons)),
    )


def tell(visit: Visit, sight: Sight) -> Overview:
    """Return the first page as it was read."""
    holdings = overview.holdings(sight.holdings)
    latest, balances = invoices.latest_of(visit, sight.invoices)
    return Overview(
        plans=_plans(visit, holdings, sight.named),
        wallet=holdings.wallet,
        profile=holdings.profile,
        tax_number=_tax_number(holdings),
        latest=latest,
        balances=balances,
        failing=holdings.failing,
        has_ended=holdings.has_ended,
        slips=holdings.slips,
    )


def _tax_number(holdings: Holdings) -> str:
    known = [profile for profile in (holdings.wallet.profile, holdings.holded_profile) if profile]
    return next((tax.value for profile in known for tax in profile.tax_ids), "")


def _plans(visit: Visit, holdings: Holdings, named: Sequence[Row[Any]]) -> tuple[Shown, ...]:
    products, coupons = catalogue.named_in(named)
    plans = []
    for held in holdings.subscriptions:
        phase = held.schedule.pending(visit.now) if held.schedule else None
        plans.append(
            Shown(
                subscription=held.subscription,
                lines=tuple(
                    line_of(item.price, item.quantity, products, held.subscription.currency)
                    for item in held.subscription.items
                ),
                method=_method(holdings.wallet, held.subscription),
                discounts=discounts_of(held.subscription, coupons, visit.now),
                pending_from=phase.starts_at if phase else None,
            )
        )
    return tuple(plans)


def _method(wallet: Wallet, subscription: Subscription) -> PaymentMethod | None:
    return None if subscription.is_invoiced else wallet.charged_by(subscription)
