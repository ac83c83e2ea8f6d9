"""What a merchant decides for its portal beyond what Stripe's configuration says."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's own decisions; the defaults hold until one is made.

    `part_payment` lets customers pay less than an invoice wants.

    `purchase_orders` lets customers write the reference of their order on their next invoices,
    under the name `purchase_order_name` (30 characters at most, as Stripe prints them).

    `invoice_stripe_sales` has Stripe's invoices made into Holded invoices, when they are paid or
    already when they are finalized; empty: never. `invoice_stripe_since` is the first day whose
    invoices are: older ones may be in the books already, and without a day none is.
    `holded_series` is the id of the numbering series of those invoices, `holded_refund_series` that
    of credit notes; empty: the account's own. `holded_taxes` names Holded's taxes by rate where
    there are several of one (`21=s_iva_21`, `0=s_iva_ex`). `credit_refunds` has a refund made into
    a draft of a credit note, which the merchant approves.
    """

    part_payment: bool = False
    purchase_orders: bool = True
    purchase_order_name: str = "PO number"
    invoice_stripe_sales: Literal["", "paid", "finalized"] = ""
    invoice_stripe_since: date | None = None
    holded_series: str = ""
    holded_refund_series: str = ""
    holded_taxes: tuple[str, ...] = ()
    credit_refunds: bool = True

    @property
    def makes_documents(self) -> bool:
        """Whether documents are made in Holded of what happens at Stripe."""
        return bool(self.invoice_stripe_sales) or self.credit_refunds

    def begun(self, today: date) -> "Rules":
        """Return them with today as the first day of what was decided without naming one."""
        if self.invoice_stripe_sales and self.invoice_stripe_since is None:
            return replace(self, invoice_stripe_since=today)
        return self


NOTHING_DECIDED = Rules()
