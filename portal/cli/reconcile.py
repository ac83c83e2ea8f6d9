"""`flask portal reconcile`: Stripe, Holded and the portal are compared; what differs is said."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from portal import cli
from portal.context import MerchantContext
from portal.domain.budget import Spending
from portal.domain.errors import GatewayError
from portal.domain.reconciliation import KINDS
from portal.services import budget
from portal.services import reconciliation as services
from portal.store import merchants
from portal.store.reconciliation import DifferenceRow
from portal.store.secrets import SecretUnreadable

DIFFERS, NOT_COMPARED = 1, 2


@click.command()
@click.argument("slug", required=False)
@click.option("--repair", is_flag=True, help="Put right what only finishes what is decided.")
@click.option("--full", is_flag=True, help="Compare everything, not only what is new.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Compare what is newer (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each difference.")
@click.pass_context
def reconcile(
    context: click.Context,
    slug: str | None,
    repair: bool,
    full: bool,
    since: datetime | None,
    as_json: bool,
) -> None:
    """Compare Stripe, Holded and the portal; ends with 1 while anything differs.

    What differs and is for a person stays among the tasks until a later comparison finds it healed.
    One that is broken off ends with 2 and is gone on with by the same command.
    """
    parts = cli.installation()
    chosen = [cli.get_merchant(slug)] if slug else merchants.list_all(parts.db)
    begins = since.replace(tzinfo=UTC) if since else None
    ends = [
        _reconcile_one(parts.at(one), repairs=repair, is_full=full, since=begins, as_json=as_json)
        for one in chosen
    ]
    context.exit(max(ends, default=0))


def _reconcile_one(
    at: MerchantContext, *, repairs: bool, is_full: bool, since: datetime | None, as_json: bool
) -> int:
    told = click.echo if not as_json else _to_nobody
    slug = at.merchant.slug
    planned = services.plan(at, is_full=is_full, since=since)
    told(f"{slug}: {_about(at, planned)}")
    if not planned.spending.is_allowed:
        click.echo(f"{slug}: {_waits(planned.spending)}", err=True)
        return NOT_COMPARED
    try:
        services.begin(at, is_full=is_full, repairs=repairs, since=since)
        while services.step(at):
            pass
    except (GatewayError, SecretUnreadable) as error:
        click.echo(f"{slug}: {error}. The same command goes on from here.", err=True)
        return NOT_COMPARED
    found = services.list_found(at)
    for row in found:
        if as_json:
            click.echo(json.dumps(_as_json(at, row)))
        else:
            click.echo(f"{slug}: {row.kind}: {row.to_difference().sentence}{_fate(row, repairs)}")
    told(f"{slug}: {_sum(len(found))}")
    return DIFFERS if found else 0


def _about(at: MerchantContext, planned: services.Plan) -> str:
    what = (
        "everything" if planned.is_full else f"what changed since {planned.since:%Y-%m-%d %H:%M}Z"
    )
    if not at.merchant.has_holded:
        return f"comparing {what}."
    left = budget.read(at).left
    of = "" if left is None else f" of {left} that are left this month"
    return f"comparing {what}, with about {planned.calls} calls to Holded{of}."


def _waits(spending: Spending) -> str:
    until = f", until {spending.until:%Y-%m-%d %H:%M}Z" if spending.until else ""
    return f"what is left of the calls to Holded is kept for payments{until}."


def _fate(row: DifferenceRow, repairs: bool) -> str:
    kind = KINDS[row.to_difference().kind]
    if not kind.is_safe:
        return f" (for the {kind.actor})"
    return " (being put right)" if repairs else " (--repair puts it right)"


def _sum(number: int) -> str:
    if not number:
        return "nothing differs."
    return "1 difference." if number == 1 else f"{number} differences."


def _as_json(at: MerchantContext, row: DifferenceRow) -> dict[str, Any]:
    found = row.to_difference()
    kind = KINDS[found.kind]
    return {
        "merchant": at.merchant.slug,
        "kind": found.kind,
        "actor": kind.actor,
        "is_safe": kind.is_safe,
        "payment": found.payment,
        "intent": found.intent,
        "invoice": found.invoice,
        "since": row.found_at.isoformat(),
        "sentence": found.sentence,
    }


def _to_nobody(_said: str) -> None:
    """Say nothing: where programs read, only differences are printed."""
