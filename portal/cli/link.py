"""`flask portal link`: an address that opens one invoice, or the end of all of them."""

from typing import Any

import click
from sqlalchemy import Row, or_, select

from portal import cli
from portal.context import MerchantContext
from portal.domain.customers import Origin
from portal.mirror.invoices import InvoiceRow
from portal.services import links


@click.command("link")
@click.argument("merchant")
@click.argument("invoice")
@click.option("--revoke", is_flag=True, help="End every link to it, and what was opened by them.")
def link(merchant: str, invoice: str, *, revoke: bool) -> None:
    """Print a link that opens INVOICE, its number or id, to see, pay and download it."""
    at = cli.installation().at(cli.get_merchant(merchant))
    row = _find(at, invoice)
    if revoke:
        count = links.revoke(at, Origin(row.origin), row.provider_id)
        click.echo(f"Links to {invoice} that open nothing from now on: {count}.")
    else:
        click.echo(
            links.make_invoice_link(at, row.customer_id, Origin(row.origin), row.provider_id)
        )


def _find(at: MerchantContext, invoice: str) -> Row[Any]:
    rows = at.db.rows(
        select(InvoiceRow.customer_id, InvoiceRow.origin, InvoiceRow.provider_id).where(
            InvoiceRow.merchant_id == at.merchant.id,
            InvoiceRow.livemode == at.merchant.livemode,
            InvoiceRow.shown.is_(True),
            or_(InvoiceRow.provider_id == invoice, InvoiceRow.number == invoice),
        )
    )
    if not rows:
        slug = at.merchant.slug
        raise click.ClickException(f"{slug} has no invoice {invoice!r} that customers may see.")
    if len(rows) > 1:
        ids = ", ".join(row.provider_id for row in rows)
        raise click.ClickException(f"Several invoices are called {invoice!r}; name one of {ids}.")
    return rows[0]
