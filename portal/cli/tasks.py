"""`flask portal tasks`: what waits for a person."""

from datetime import UTC, datetime

import click

from portal import cli
from portal.services import tasks as services


@click.command("tasks")
@click.option("--again", is_flag=True, help="Have what was given up done again.")
@click.option("--let-go", "source", help="Drop the document of a Stripe invoice or refund.")
def tasks(again: bool, source: str | None) -> None:
    """List money to give back, documents and bookings to look at, and what was given up.

    A document is dropped once somebody has seen to it in Holded by hand.
    """
    db, now = cli.installation().db, datetime.now(UTC)
    if again:
        click.echo(f"{services.try_again(db, now=now)} will be done again.")
        return
    if source is not None:
        click.echo(f"{services.let_go(db, source, now=now)} will not be made.")
        return
    found = services.list_tasks(db, now=now)
    for task in found:
        why = f": {task.why}" if task.why else ""
        click.echo(f"{task.since:%Y-%m-%d %H:%M}Z\t{task.merchant}\t{task.kind}\t{task.what}{why}")
    if not found:
        click.echo("Nothing waits for you.")
