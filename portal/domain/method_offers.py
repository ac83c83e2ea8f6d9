"""Which kinds of payment methods a merchant offers for what, and which a saved method may pay."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from portal.domain.decisions import Decision, Reason
from portal.domain.method_types import BY_TYPE, CATALOGUE, PaymentMethodType
from portal.domain.money import Money


@dataclass(frozen=True, slots=True)
class MethodSettings:
    """Which kinds a merchant's account at Stripe takes on pages that do not choose (`pmc_…`).

    `turned_off` names those it does not; of a kind that is not named nothing is known.
    """

    id: str
    is_current: bool
    turned_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides over every kind a merchant offers.

    `chosen` are the kinds the merchant decided for, empty for all; `turned_off` those that its
    account at Stripe does not take, None where that was never read.
    """

    country: str
    chosen: tuple[str, ...] = ()
    turned_off: frozenset[str] | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is known what the account takes, so that its kinds can be named."""
        return self.turned_off is not None

    def permit(self, kind: PaymentMethodType) -> bool:
        """Whether the merchant takes a kind at all."""
        is_off = self.turned_off is not None and kind.type in self.turned_off
        return (not self.chosen or kind.type in self.chosen) and not is_off


def to_pay_with(amount: Money, terms: Terms) -> tuple[PaymentMethodType, ...]:
    """Return the kinds with which a new payment of a sum can be made, in table order."""
    return tuple(
        row
        for row in CATALOGUE
        if terms.permit(row) and row.fits(amount.currency, terms.country) and row.takes(amount)
    )


def to_save(
    currency: str, terms: Terms, limited_to: Collection[str] = ()
) -> tuple[PaymentMethodType, ...]:
    """Return the kinds that can be saved without paying, in table order.

    They are saved for invoices and renewals: what Stripe's own cannot be paid with is left out.
    `limited_to` are the kinds that the invoice to be paid afterwards was limited to, if it was.
    """
    return tuple(
        row
        for row in CATALOGUE
        if row.in_setup
        and row.on_invoices
        and (not limited_to or row.type in limited_to)
        and terms.permit(row)
        and row.fits(currency, terms.country)
    )


def kept_by_paying(types: Collection[str]) -> tuple[str, ...]:
    """Return those of some kinds that can be kept by paying with them, in table order."""
    return tuple(row.type for row in CATALOGUE if row.saves_by_paying and row.type in types)


def may_pay_with(
    kind: PaymentMethodType | None,
    amount: Money,
    country: str,
    chosen: Collection[str] = (),
    limited_to: Collection[str] = (),
) -> Decision:
    """Say whether a saved method of a kind can pay a sum; None is a kind we do not know.

    `chosen` are the kinds the merchant decided for, `limited_to` those its invoice was limited to.
    """
    if kind is None or not kind.fits(amount.currency, country):
        return Decision.of(Reason.METHOD_NOT_FOR_CURRENCY)
    if any(kind.type not in types for types in (chosen, limited_to) if types):
        return Decision.of(Reason.METHOD_NOT_TAKEN)
    return Decision.of(None if kind.takes(amount) else Reason.METHOD_NOT_FOR_AMOUNT)


def unusable(types: Iterable[str], country: str) -> dict[str, bool]:
    """Return those of some kinds that a merchant of a country cannot take.

    True for a kind that is known and does not serve the country, False for one nobody knows.
    """
    found = {type: BY_TYPE.get(type) for type in types}
    return {
        type: row is not None
        for type, row in found.items()
        if row is None or not _serves(row, country)
    }


def _serves(row: PaymentMethodType, country: str) -> bool:
    return any(not region.countries or country in region.countries for region in row.regions)
