"""`flask portal link`: an address that opens one invoice."""

import click
from sqlalchemy import or_, select

from portal import cli
from portal.domain.customers import Origin
from portal.mirror.invoices import InvoiceRow
from portal.services import links


@click.command("link")
@click.argument("merchant")
@click.argument("invoice")
def link(merchant: str, invoice: str) -> None:
    """Print a link that opens INVOICE, its number or id, to see, pay and download it."""
    parts, found = cli.installation(), cli.get_merchant(merchant)
    rows = parts.db.rows(
        select(InvoiceRow.customer_id, InvoiceRow.origin, InvoiceRow.provider_id).where(
            InvoiceRow.merchant_id == found.id,
            InvoiceRow.livemode == found.livemode,
            InvoiceRow.shown.is_(True),
            or_(InvoiceRow.provider_id == invoice, InvoiceRow.number == invoice),
        )
    )
    if not rows:
        raise click.ClickException(f"{merchant} has no invoice {invoice!r} that customers may see.")
    if len(rows) > 1:
        ids = ", ".join(row.provider_id for row in rows)
        raise click.ClickException(f"Several invoices are called {invoice!r}; name one of {ids}.")
    row = rows[0]
    at = parts.at(found)
    click.echo(links.make_invoice_link(at, row.customer_id, Origin(row.origin), row.provider_id))
