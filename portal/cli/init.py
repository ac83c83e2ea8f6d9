"""`flask portal init`: make what an installation needs, and leave alone what is there."""

import click

from portal import cli, keys, migrations
from portal.db import Database


@click.command("init")
def init() -> None:
    """Make the data folder, the keys and the database; safe to repeat, also after an update."""
    settings = cli.settings()
    for path in keys.make(settings):
        click.echo(f"Made {path}. Keep a copy of it apart from the database.")
    with Database(settings.database) as database:
        migrations.upgrade(database)
    click.echo(f"The database is at version {migrations.head()}.")
