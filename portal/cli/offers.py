"""`flask portal offer`: the coupons offered to those who are about to leave."""

import click

from portal import cli
from portal.domain.errors import GatewayUnavailable, InvalidInput, NotFound
from portal.services import offers as services

PROBLEMS = {
    "missing": "Stripe knows no coupon {coupon!r}.",
    "invalid": "The coupon {coupon!r} can be redeemed no more.",
    "forever": (
        "The coupon {coupon!r} lasts forever: it would lower the price for good of whoever asks to "
        "leave. Use one for some months."
    ),
}


@click.group("offer")
def offers() -> None:
    """What is offered to those who are about to leave."""


@offers.command("add")
@click.argument("merchant")
@click.option("--coupon", required=True, help="The coupon's id at Stripe.")
def add(merchant: str, coupon: str) -> None:
    """Offer a coupon of Stripe's, after those that are offered already."""
    parts, found = cli.installation(), cli.get_merchant(merchant)
    try:
        services.add(parts.at(found), coupon)
    except InvalidInput as refusal:
        raise click.ClickException(PROBLEMS[refusal.problem].format(coupon=coupon)) from None
    except GatewayUnavailable:
        raise click.ClickException("Stripe does not answer. Nothing was changed.") from None
    click.echo(f"{found.name} now offers {coupon} to customers who want to leave.")


@offers.command("list")
@click.argument("merchant")
def list_all(merchant: str) -> None:
    """Print what is offered, in the order it is tried."""
    parts, found = cli.installation(), cli.get_merchant(merchant)
    listed = services.list_all(parts.db, found)
    if not listed:
        click.echo(f"{found.name} offers nothing to customers who want to leave.")
    for offer in listed:
        is_good = offer.coupon is not None and offer.coupon.is_valid
        click.echo(f"{offer.coupon_id}{'' if is_good else '  (Stripe takes it no more)'}")


@offers.command("remove")
@click.argument("merchant")
@click.option("--coupon", required=True, help="The coupon's id at Stripe.")
def remove(merchant: str, coupon: str) -> None:
    """Offer a coupon no more; who took it keeps it."""
    parts, found = cli.installation(), cli.get_merchant(merchant)
    try:
        services.remove(parts.at(found), coupon)
    except NotFound:
        raise click.ClickException(f"{found.name} does not offer {coupon!r}.") from None
    click.echo(f"{found.name} offers {coupon} no more.")
