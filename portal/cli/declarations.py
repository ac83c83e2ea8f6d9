"""`flask portal declaration`: what was declared by people who were not signed in."""

import click

from portal import cli
from portal.context import MerchantContext
from portal.domain.errors import NotFound
from portal.services import declarations as services


@click.group("declaration")
def declarations() -> None:
    """What was declared by people who were not signed in."""


@declarations.command("list")
@click.argument("merchant")
def list_all(merchant: str) -> None:
    """Print the declarations that wait for a person, the oldest first."""
    at = _at(merchant)
    waiting = services.list_open(at)
    for one in waiting:
        click.echo(f"{one.id}\t{one.lane}")
        for term, value in services.rows_of(at, one):
            click.echo(f"    {term}: {value}")
    if not waiting:
        click.echo("No declaration waits.")


@declarations.command("done")
@click.argument("merchant")
@click.argument("id", type=int)
def done(merchant: str, id: int) -> None:
    """Note that a declaration was acted on, by cancelling at Stripe or by writing to its sender."""
    try:
        services.settle(_at(merchant), id)
    except NotFound:
        raise click.ClickException(f"No declaration {id} waits.") from None
    click.echo(f"Declaration {id} is done.")


def _at(merchant: str) -> MerchantContext:
    return cli.installation().at(cli.get_merchant(merchant))
