"""`flask portal session`: an address that opens a customer's portal once."""

import click
from sqlalchemy import or_, select

from portal import cli
from portal.context import MerchantContext
from portal.domain.customers import canonical_email
from portal.mirror import customers
from portal.services import links
from portal.store.customers import CustomerRow


@click.command("session")
@click.argument("merchant")
@click.option("--email", default="", help="The customer's e-mail address.")
@click.option("--customer", default="", help="The customer at Stripe (cus_…) or Holded.")
def session(merchant: str, email: str, customer: str) -> None:
    """Print a link that opens the portal as a customer: once, within 5 minutes."""
    if bool(email) == bool(customer):
        raise click.UsageError("Name the customer by --email or by --customer.")
    at = cli.installation().at(cli.get_merchant(merchant))
    found = _by_email(at, email) if email else _by_provider(at, customer)
    if not found:
        raise click.ClickException(f"{merchant} has no customer {email or customer!r}.")
    if len(found) > 1:
        raise click.ClickException(f"{email} belongs to several customers; name one by --customer.")
    click.echo(links.make_session_link(at, found[0]))


def _by_email(at: MerchantContext, email: str) -> list[int]:
    known = customers.list_by_email(at.db, at.merchant, canonical_email(email))
    return [card.id for card in known]


def _by_provider(at: MerchantContext, id: str) -> list[int]:
    rows = at.db.rows(
        select(CustomerRow.id).where(
            CustomerRow.merchant_id == at.merchant.id,
            CustomerRow.livemode == at.merchant.livemode,
            or_(CustomerRow.stripe_customer == id, CustomerRow.holded_contact == id),
        )
    )
    return [row.id for row in rows]
