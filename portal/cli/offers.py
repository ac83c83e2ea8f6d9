"""`flask portal offer`: what is offered to those who are about to leave."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from portal import cli
from portal.domain.cancellations import FEEDBACK
from portal.domain.errors import GatewayUnavailable, InvalidInput, NotFound
from portal.domain.lifts import FEWEST, Lift, Share
from portal.domain.offers import Conditions, OfferKind
from portal.services import lifts
from portal.services import offers as services
from portal.services.offers import Listed, Terms

PROBLEMS = {
    "missing": "Stripe knows no coupon {coupon!r}.",
    "invalid": "The coupon {coupon!r} can be redeemed no more.",
    "forever": (
        "The coupon {coupon!r} lasts forever: it would lower the price for good of whoever asks to "
        "leave. Use one for some months."
    ),
    "missing_price": "Stripe knows no price {price!r} that is charged again and again.",
    "days": "A trial is made longer by 1 to 365 days.",
}


@click.group("offer")
def offers() -> None:
    """What is offered to those who are about to leave."""


@offers.command("add")
@click.argument("merchant")
@click.option("--coupon", default="", help="Offer a coupon, by its id at Stripe.")
@click.option("--price", default="", help="Offer a cheaper plan, by its price at Stripe.")
@click.option("--trial-days", type=int, default=0, help="Offer a trial longer by these days.")
@click.option("--pause", is_flag=True, help="Offer to pause instead.")
@click.option("--person", is_flag=True, help="Offer to talk to a person.")
@click.option("--reason", "reasons", multiple=True, help="Only for this reason of leaving.")
@click.option("--product", "products", multiple=True, help="Only for this product (prod_…).")
@click.option("--country", "countries", multiple=True, help="Only for this country (ES).")
@click.option("--days-from", type=click.IntRange(0), default=0, help="Subscribed so many days.")
@click.option("--days-to", type=click.IntRange(1), help="Subscribed fewer days than this.")
@click.option("--price-from", type=click.IntRange(0), default=0, help="Minor units of a period.")
@click.option("--price-to", type=click.IntRange(1), help="Less than this, in minor units.")
@click.option("--currency", default="", help="The currency of --price-from and --price-to.")
def add(
    merchant: str,
    coupon: str,
    price: str,
    trial_days: int,
    pause: bool,
    person: bool,
    **asked: Any,
) -> None:
    """Offer something, after what is offered already; the first that fits is shown."""
    parts, found = cli.installation(), cli.get_merchant(merchant)
    kind = _kind(coupon=coupon, price=price, trial_days=trial_days, pause=pause, person=person)
    terms = Terms(kind, coupon, price, trial_days, _conditions(asked))
    try:
        id = services.add(parts.at(found), terms)
    except InvalidInput as refusal:
        problem = PROBLEMS[refusal.problem].format(coupon=coupon, price=price)
        raise click.ClickException(problem) from None
    except GatewayUnavailable:
        raise click.ClickException("Stripe does not answer. Nothing was changed.") from None
    click.echo(f"{found.name} now offers {_named(terms)} to customers who want to leave ({id}).")


@offers.command("list")
@click.argument("merchant")
def list_all(merchant: str) -> None:
    """Print what is offered, in the order it is tried."""
    parts, found = cli.installation(), cli.get_merchant(merchant)
    listed = services.list_all(parts.db, found)
    if not listed:
        click.echo(f"{found.name} offers nothing to customers who want to leave.")
    for offer in listed:
        is_good = offer.is_whole and (offer.coupon is None or offer.coupon.is_valid)
        spent = "" if is_good else "  (Stripe takes it no more)"
        click.echo(f"{offer.id}\t{_named(offer.terms)}{_for_whom(offer.terms.conditions)}{spent}")


@offers.command("remove")
@click.argument("merchant")
@click.argument("id", type=int, required=False)
@click.option("--coupon", default="", help="The coupon's id at Stripe, in place of the number.")
def remove(merchant: str, id: int | None, coupon: str) -> None:
    """Offer something no more, by its number in the list; who took it keeps it."""
    parts, found = cli.installation(), cli.get_merchant(merchant)
    wanted = [id] if id is not None else _ids_of(services.list_all(parts.db, found), coupon)
    try:
        for one in wanted:
            services.remove(parts.at(found), one)
    except NotFound:
        wanted = []
    if not wanted:
        raise click.ClickException(f"{found.name} does not offer {coupon or id!r}.")
    click.echo(f"{found.name} offers {coupon or id} no more.")


@offers.command("report")
@click.argument("merchant")
@click.option("--days", type=click.IntRange(1), default=365, help="How far back.")
def report(merchant: str, days: int) -> None:
    """Print why people left, and what each offer did.

    Counted are those who told a reason or pressed a button; who only looked is in neither group.
    """
    found, since = cli.get_merchant(merchant), datetime.now(UTC) - timedelta(days=days)
    told = lifts.report(cli.installation().db, found, since=since)
    click.echo(f"Left in {days} days: {sum(told.reasons.values())}")
    for reason, number in told.reasons.items():
        click.echo(f"  {number}\t{reason or 'no reason told'}")
    for offer in told.offers:
        click.echo(f"Offer {offer.offer}: accepted by {_share(offer.accepted)}")
        click.echo(f"  stayed with it: {_share(offer.stayed)}")
        click.echo(f"  stayed without it: {_share(offer.stayed_without)}")
        click.echo(f"  lift: {_lift(offer.lift)}")
    if not told.offers:
        click.echo("No offer was shown or held back.")


def _share(share: Share) -> str:
    return f"{share.count} of {share.of}" + (f" ({share.part:.1%})" if share.of else "")


def _lift(lift: Lift | None) -> str:
    if lift is None:
        return f"too few to say ({FEWEST} on each side are needed)"
    low, high = lift.low * 100, lift.high * 100
    return f"{lift.difference * 100:+.1f} points (95 % interval: {low:+.1f} to {high:+.1f})"


def _ids_of(listed: list[Listed], coupon: str) -> list[int]:
    return [one.id for one in listed if coupon and one.terms.coupon == coupon]


def _kind(**given: Any) -> OfferKind:
    kinds = dict(zip(("coupon", "price", "trial_days", "pause", "person"), OfferKind, strict=True))
    named = [kinds[name] for name, value in given.items() if value]
    if len(named) != 1:
        raise click.UsageError("Say one of --coupon, --price, --trial-days, --pause and --person.")
    return named[0]


def _conditions(asked: dict[str, Any]) -> Conditions:
    unknown = [one for one in asked["reasons"] if one not in FEEDBACK]
    if unknown:
        raise click.UsageError(f"{unknown[0]!r} is none of {', '.join(FEEDBACK)}.")
    is_priced = bool(asked["price_from"]) or asked["price_to"] is not None
    if is_priced != bool(asked["currency"]):
        raise click.UsageError("--price-from and --price-to go with --currency.")
    countries = tuple(one.upper() for one in asked.pop("countries"))
    return Conditions(**{**asked, "countries": countries, "currency": asked["currency"].lower()})


def _named(terms: Terms) -> str:
    match terms.kind:
        case OfferKind.COUPON:
            return terms.coupon
        case OfferKind.CHEAPER_PLAN:
            return f"the plan {terms.price}"
        case OfferKind.LONGER_TRIAL:
            return f"{terms.days} more days of trial"
        case OfferKind.PAUSE:
            return "a pause"
        case OfferKind.PERSON:
            return "a talk with a person"


def _for_whom(conditions: Conditions) -> str:
    said = [
        *(f"reason {one}" for one in conditions.reasons),
        *(f"product {one}" for one in conditions.products),
        *(f"country {one}" for one in conditions.countries),
    ]
    if conditions.days_from or conditions.days_to is not None:
        said.append(f"subscribed {conditions.days_from} to {conditions.days_to or '…'} days")
    if conditions.currency:
        most = "…" if conditions.price_to is None else conditions.price_to
        said.append(f"paying {conditions.price_from} to {most} {conditions.currency}")
    return f"  [{', '.join(said)}]" if said else ""
