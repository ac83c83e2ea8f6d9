"""`flask portal sync`: everything the merchants have at their providers, into the mirror."""

from datetime import UTC, datetime

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from portal import keys
from portal.context import Gateways, MerchantContext
from portal.db import Database
from portal.domain.errors import GatewayError, NotFound
from portal.domain.merchants import Merchant
from portal.services import sync as syncing
from portal.settings import Settings
from portal.store import merchants
from portal.store.secrets import Keyring

CALLER = "portal-worker"


@click.command()
@click.option("--merchant", "slug", help="Only this merchant.")
@click.option("--afresh", is_flag=True, help="Begin anew instead of going on where one stopped.")
def sync(slug: str | None, afresh: bool) -> None:
    """Read everything from Stripe and Holded; go on where a broken-off sync stopped."""
    settings = keys.load(Settings.read())
    keyring = Keyring.read(settings.keyring.get_secret_value(), keys.keyring_file(settings))
    with Database(settings.database, threads=2) as db:
        gateways = Gateways(settings, db, keyring, CALLER)
        for merchant in _chosen(db, slug):
            at = MerchantContext(merchant, db, gateways, settings, lambda: datetime.now(UTC))
            _sync_one(at, afresh=afresh)
        db.gather_statistics()


def _chosen(db: Database, slug: str | None) -> list[Merchant]:
    if slug is None:
        return merchants.list_all(db)
    try:
        return [merchants.get(db, slug)]
    except NotFound:
        raise click.ClickException(f"there is no merchant {slug!r}") from None


def _sync_one(at: MerchantContext, *, afresh: bool) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, transient=True) as progress:
        bars: dict[str, int] = {}

        def told(kind: str, count: int) -> None:
            if kind not in bars:
                bars[kind] = progress.add_task(f"{at.merchant.slug}: {kind}", total=None)
            progress.update(bars[kind], completed=count)  # type: ignore[arg-type]

        try:
            total = syncing.sync(at, told, afresh=afresh)
        except GatewayError as error:
            raise click.ClickException(
                f"{at.merchant.slug}: {error}. Run the same command again to go on."
            ) from error
    click.echo(f"{at.merchant.slug}: {total} objects")
