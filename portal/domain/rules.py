"""What a merchant decides for its portal beyond what Stripe's configuration says."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's own decisions; the defaults hold until one is made.

    `part_payment` lets customers pay less than an invoice wants. `payment_method_types` are the
    kinds of payment methods taken here, by their names in the catalogue; empty takes every kind
    that fits. `holded_calls_a_month` is how many calls Holded's plan allows, 0 to believe what
    Holded says itself.

    Documents of Holded's charge themselves where they name the payment method `collect_method`, by
    its name in Holded, or carry the tag `collect_tag`; where they name no method, that of their
    contact counts. Those dated before `collect_since` are left alone. A charge that was declined is
    tried again `collect_retries` times, three days apart.

    `prenotification_days` is how many days before a bank debit its payer is told of it, as mandates
    agree. `backup_method` lets customers name a second method, which is charged when the first is
    refused.

    `purchase_orders` lets customers write the reference of their order on their next invoices,
    under the name `purchase_order_name` (30 characters at most, as Stripe prints them).

    `invoice_stripe_sales` has Stripe's invoices made into Holded invoices, when they are paid or
    already when they are finalized; empty: never. `invoice_stripe_since` is the first day whose
    invoices are: older ones may be in the books already, and without a day none is.
    `holded_series` is the id of the numbering series of those invoices, `holded_refund_series` that
    of credit notes; empty: the account's own. `holded_taxes` names Holded's taxes by rate where
    there are several of one (`21=s_iva_21`, `0=s_iva_ex`). `credit_refunds` has a refund made into
    a draft of a credit note, which the merchant approves.

    `lanes` are the pages on which consumers act on a contract without signing in, by law: `de` and
    `fr` end it, `eu` and, in German, `eude` withdraw from it. `consumer_notices` tells consumers
    what the law of their country asks: see `domain/markets.py`.

    Customers can pause a subscription for at most `pause_months`; 0: not at all.

    A customer can take one offer to stay in `offer_window_days`. Of a hundred customers whom an
    offer fits, `offer_control_percent` are not shown it, so that what it does can be told.
    """

    part_payment: bool = False
    payment_method_types: tuple[str, ...] = ()
    holded_calls_a_month: int = 0
    collect_method: str = ""
    collect_tag: str = ""
    collect_since: date = date(1970, 1, 1)
    collect_retries: int = 1
    prenotification_days: int = 2
    backup_method: bool = False
    purchase_orders: bool = True
    purchase_order_name: str = "PO number"
    invoice_stripe_sales: Literal["", "paid", "finalized"] = ""
    invoice_stripe_since: date | None = None
    holded_series: str = ""
    holded_refund_series: str = ""
    holded_taxes: tuple[str, ...] = ()
    credit_refunds: bool = True
    lanes: tuple[Literal["de", "fr", "eu", "eude"], ...] = ()
    consumer_notices: bool = True
    pause_months: int = 0
    offer_window_days: int = 365
    offer_control_percent: int = 0

    @property
    def collects(self) -> bool:
        """Whether any document may ask to be charged by itself."""
        return bool(self.collect_method or self.collect_tag)

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
