"""`flask portal rotate-keys`: a new key for everything that is kept encrypted."""

from datetime import UTC, datetime

import click

from portal import cli, keys
from portal.store import secrets
from portal.store.secrets import Keyring


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Put a new key in front of the keyring and encrypt every secret with it.

    Where PORTAL_KEYRING gives the keys, put a new one in front there first; everything is then
    encrypted with that. The old keys still open old backups.
    """
    parts, settings = cli.installation(), cli.settings()
    if not settings.keyring.get_secret_value():
        keys.add_to_keyring(settings)
    keyring = Keyring.read(settings.keyring.get_secret_value(), keys.keyring_file(settings))
    with parts.db.write() as unit:
        count = secrets.renew_all(unit, keyring, now=datetime.now(UTC))
    click.echo(
        f"{count} secrets are encrypted with the new key. Restart the portal and the worker."
    )
