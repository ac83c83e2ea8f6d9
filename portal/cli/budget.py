"""`flask portal budget`: what was called of Holded this month, for what, and what is left."""

import click

from portal import cli
from portal.domain.budget import COSTS, Budget, Priority
from portal.domain.errors import GatewayError
from portal.services import budget as services

_NAMES = {
    Priority.MONEY: "payments",
    Priority.HOOKS: "payments and webhooks",
    Priority.SWEEPS: "payments, webhooks and sweeps",
}


@click.command()
@click.argument("slug")
@click.option("--ask", is_flag=True, help="Ask Holded first what the whole account used (1 call).")
def budget(slug: str, ask: bool) -> None:
    """Show the calls to Holded of this month, what for, and how many are left."""
    merchant = cli.get_merchant(slug)
    if not merchant.has_holded:
        raise click.ClickException(f"{merchant.name} does not invoice with Holded.")
    at = cli.installation().at(merchant)
    if ask:
        try:
            services.refresh(at)
        except GatewayError as error:
            raise click.ClickException(f"{error}.") from None
    found = services.read(at)
    for line in (*_whole(found), *_kept(found), *_by_effect(found)):
        click.echo(line)


def _whole(found: Budget) -> list[str]:
    until = f"until {found.ends_at:%Y-%m-%d} 00:00Z"
    if found.left is None:
        return [
            f"{found.used} calls this month ({until}), {found.forecast} if it goes on like this.",
            "How many the plan allows is not known: decide holded_calls_a_month, or use --ask.",
        ]
    return [
        f"{found.used} of {found.allowance} calls this month ({until}), {found.left} left.",
        f"If it goes on like this, {found.forecast} by then.",
    ]


def _kept(found: Budget) -> list[str]:
    if found.left is None:
        return []
    kept = [
        f"Kept for {name}: {found.reserve(Priority(priority + 1))}."
        for priority, name in _NAMES.items()
    ]
    closed = [
        f"Holded takes no calls until {told.resets_at:%Y-%m-%d %H:%M:%S}Z."
        for told in (found.minute, found.month)
        if told is not None and told.is_closed and told.resets_at > found.now
    ]
    return [*kept, *closed]


def _by_effect(found: Budget) -> list[str]:
    return [
        f"{effect}\t{found.calls.get(effect, 0)}\t{_takes(cost.calls, cost.each, cost.what)}"
        for effect, cost in COSTS.items()
    ]


def _takes(calls: int, each: int, what: str) -> str:
    return f"{calls} for each {what}" if each == 1 else f"{calls} for each {each} {what}"
