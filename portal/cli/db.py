"""`flask portal db`: the database's schema."""

import click

from portal import cli, keys, migrations
from portal.db import Database


@click.group("db")
def db() -> None:
    """Move the database's schema between versions."""


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the schema to this version of the portal."""
    settings = cli.settings()
    keys.make_folder(settings)
    with Database(settings.database) as database:
        migrations.upgrade(database, revision)
    click.echo(
        f"The database is at version {migrations.head() if revision == 'head' else revision}."
    )


@db.command()
@click.argument("revision")
@click.confirmation_option(prompt="Tables and what is in them may be lost. Go on?")
def downgrade(revision: str) -> None:
    """Take the schema back to an older version; `base` removes everything."""
    with Database(cli.settings().database) as database:
        migrations.downgrade(database, revision)
    click.echo(f"The database is at version {revision}.")


@db.command()
def check() -> None:
    """Say whether the database has the schema that this version needs."""
    with Database(cli.settings().database) as database:
        found = migrations.differences(database)
    for difference in found:
        click.echo(f"differs: {difference}")
    if found:
        raise click.ClickException("The schema is not what the models say.")
    click.echo("The schema is what the models say.")


@db.command()
@click.argument("message")
def revise(message: str) -> None:
    """Write a new revision from what the models say and the database lacks (for developers)."""
    with Database(cli.settings().database) as database:
        migrations.revise(database, message)
