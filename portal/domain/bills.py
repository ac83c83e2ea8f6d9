"""A Stripe invoice line by line, with its taxes and discounts: what another document is made of."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from portal.domain.customers import Address, TaxId
from portal.domain.invoices import InvoiceState

# Stripe's types of a tax number that Spain's authority gives, and Holded prints as such.
SPANISH_TAX_IDS = frozenset({"es_cif"})


@dataclass(frozen=True, slots=True)
class BillTax:
    """What one rate takes of one line: `percent` of 100, `amount` in minor units."""

    percent: Decimal
    amount: int
    is_inclusive: bool


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line in minor units: `amount` before discounts, with the taxes that are inside it.

    `quantity` is 0 where the line has none.
    """

    text: str
    amount: int
    quantity: int = 0
    discount: int = 0
    taxes: tuple[BillTax, ...] = ()

    @property
    def net(self) -> int:
        """Return what is left after discounts, without any tax."""
        return self.amount - self.discount - self._tax(is_inclusive=True)

    @property
    def total(self) -> int:
        """Return what the line adds to the total."""
        return self.amount - self.discount + self._tax(is_inclusive=False)

    def _tax(self, *, is_inclusive: bool) -> int:
        return sum(tax.amount for tax in self.taxes if tax.is_inclusive is is_inclusive)


@dataclass(frozen=True, slots=True)
class Payer:
    """Whom a Stripe invoice names, as it was when it was finalized; `id` is Stripe's customer."""

    id: str
    name: str
    email: str
    phone: str = ""
    address: Address = field(default_factory=Address)
    tax_ids: tuple[TaxId, ...] = ()

    @property
    def tax_number(self) -> str:
        """Return the Spanish tax number, empty if there is none."""
        return self._first(is_spanish=True)

    @property
    def vat_number(self) -> str:
        """Return any other tax id, empty if there is none."""
        return self._first(is_spanish=False)

    def _first(self, *, is_spanish: bool) -> str:
        fitting = (each for each in self.tax_ids if (each.type in SPANISH_TAX_IDS) is is_spanish)
        return next((each.value for each in fitting), "")


@dataclass(frozen=True, slots=True)
class Bill:
    """A Stripe invoice with all its lines; sums in minor units of `currency`.

    `paid` is what Stripe collected by itself: not what the customer's balance or a credit note
    covered, nor what came outside Stripe. `intents` are the payment intents it was paid through.
    """

    id: str
    number: str
    payer: Payer
    state: InvoiceState
    currency: str
    total: int
    paid: int
    lines: tuple[BillLine, ...]
    finalized_at: datetime | None
    paid_at: datetime | None
    due_at: datetime | None = None
    description: str = ""
    subscription: str = ""
    intents: tuple[str, ...] = ()
