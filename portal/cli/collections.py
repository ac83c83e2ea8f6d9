"""`flask portal collections`: what the merchant asked to collect and is not paid yet."""

import click

from portal import cli
from portal.domain.collections import CollectionState
from portal.mirror import customers, invoices
from portal.services import collections as services


@click.group("collections")
def collections() -> None:
    """What Holded documents a merchant asked to collect."""


@collections.command("list")
@click.argument("merchant")
def list_all(merchant: str) -> None:
    """Print what is not paid yet: sum, customer, state, next try, and the link that pays it."""
    at = cli.installation().at(cli.get_merchant(merchant))
    found = services.list_open(at)
    for row in found:
        document = invoices.find_holded(at.db, at.merchant, row.document)
        card = customers.find_card(at.db, at.merchant, row.customer_id)
        if document is None:
            continue
        due = document.due_money
        again = f", again on {at.merchant.day_of(row.next_try_at)}" if row.next_try_at else ""
        waits = row.state == CollectionState.WAITING
        columns = (
            document.number or document.id,
            f"{due.to_decimal()} {due.currency.upper()}",
            card.name if card else "",
            f"{row.state}{f': {row.reason}' if row.reason else ''}{again}",
            services.link_of(at, row.document) if waits else "",
        )
        click.echo("\t".join(columns).rstrip())
    if not found:
        click.echo("Nothing waits to be collected.")
