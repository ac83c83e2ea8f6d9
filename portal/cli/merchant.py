"""`flask portal merchant`: merchants join, and are listed."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import cli
from portal.domain.budget import Effect, cost_of
from portal.domain.customers import Origin
from portal.domain.errors import GatewayError, InvalidInput
from portal.domain.merchants import Merchant
from portal.gateways.invoicing import Treasury
from portal.gateways.payments import Account
from portal.services import merchants as joining
from portal.services import polls
from portal.services.merchants import Application
from portal.store import budget, merchants
from portal.store.merchants import EndpointRow

Command = Callable[..., None]
ENVIRONMENT = "PORTAL_MERCHANT_"
DEFAULT_COLOR = "#2f5bea"


def _option(name: str, about: str, **more: Any) -> Callable[[Command], Command]:
    variable = ENVIRONMENT + name.replace("-", "_").upper()
    return click.option(f"--{name}", envvar=variable, help=about, show_envvar=True, **more)


@click.group("merchant")
def merchant() -> None:
    """Merchants and their keys."""


@merchant.command("list")
def list_all() -> None:
    """List the merchants of this installation."""
    for merchant in merchants.list_all(cli.installation().db):
        data = "test data" if merchant.is_test else "live"
        click.echo(f"{merchant.slug}\t{merchant.name}\t{merchant.stripe_account}\t{data}")


@merchant.command()
@_option("slug", "The merchant's name in addresses, like nuvol.")
@_option("name", "The merchant's name as customers know it; else that of the Stripe account.")
@_option("stripe-key", "Secret key of the Stripe account.")
@_option("stripe-webhook-secret", "Signing secret of the webhook; else one is registered now.")
@_option("holded-token", "Token of Holded's API; leave it out without Holded.")
@_option("holded-treasury", "Name or id of the account in Holded that payments are booked on.")
@_option("holded-account", "What Holded calls the account in its webhooks.")
@_option("holded-webhook-secret", "Signing secret that Holded shows with its webhook.")
@_option("color", "Colour of the brand.", default=DEFAULT_COLOR, show_default=True)
@_option("country", "Country, like ES; else that of the Stripe account.")
@_option("currency", "Currency of the books, like eur; else that of the Stripe account.")
@_option("timezone", "Time zone, like Europe/Madrid.", default="Europe/Madrid", show_default=True)
@_option("locale", "Language for customers whose own is not known.", default="en")
@_option("support-email", "Where customers may ask for help.")
@_option("mail-from", "Who mails come from; else MAIL_FROM.")
@_option("return-url", "The merchant's own site.")
@_option("privacy-url", "The merchant's privacy notice.")
@_option("terms-url", "The merchant's terms.")
def add(**said: str | None) -> None:
    """Let a merchant join: asks for what is missing, and tries each key with its provider."""
    given = {name: (value or "").strip() for name, value in said.items()}
    parts = cli.installation()
    given["slug"] = given["slug"] or _ask("Name in addresses (like nuvol)")
    given["stripe_key"] = given["stripe_key"] or _ask("Secret key of Stripe", is_secret=True)
    account = _check_stripe(given["stripe_key"])
    given["name"] = given["name"] or _ask("Name", default=account.name)
    if _can_ask() and not given["holded_token"]:
        given["holded_token"] = _ask("Token of Holded, if any", default="", is_secret=True)
    application = _application(given, account)
    try:
        joining.check(application)
    except InvalidInput as wrong:
        raise click.ClickException(f"--{wrong.field.replace('_', '-')} {wrong.problem}.") from None
    application = _with_treasury(application)
    now = datetime.now(UTC)
    try:
        with parts.db.write() as unit:
            id = joining.add(unit, parts.keyring, application, account, now=now)
            if application.holded_token:
                spent = {Effect.SETUP: cost_of(Effect.SETUP)}
                budget.count(unit, id, application.holded_account, spent, now=now)
    except IntegrityError:
        raise click.ClickException(
            f"A merchant is called {application.slug!r} already, or has the account {account.id}."
        ) from None
    merchant = merchants.get_by_id(parts.db, id)
    _connect_stripe(merchant, given["stripe_webhook_secret"])
    if merchant.has_holded:
        _connect_holded(merchant, given["holded_webhook_secret"])
    click.echo(f"{merchant.name} has joined: {parts.settings.public_url}/{merchant.slug}/")
    click.echo("Next: flask portal sync")


@merchant.command("token")
@click.argument("slug")
@click.option("--token", default="", help="The new token of Holded; asked for if left out.")
def replace_token(slug: str, token: str) -> None:
    """Give the merchant another token of the same account in Holded, of either API."""
    parts, merchant = cli.installation(), cli.get_merchant(slug)
    if not merchant.has_holded:
        raise click.ClickException(f"{slug} has nothing to do with Holded.")
    token = (token or _ask("Token of Holded", is_secret=True)).strip()
    found = _check_holded(token, merchant.currency)
    if merchant.holded_treasury and merchant.holded_treasury not in {one.id for one in found}:
        raise click.ClickException(
            "The token opens another account: it does not have the one payments are booked on."
        )
    with parts.db.write() as unit:
        joining.replace_holded_token(unit, parts.keyring, merchant, token, now=datetime.now(UTC))
    click.echo("The token is kept.")
    if not _looks_for_changes(merchant):
        _tell_how_to_connect(merchant, Origin.HOLDED)


@merchant.command("webhook")
@click.argument("slug")
@click.argument("provider", type=click.Choice([Origin.STRIPE.value, Origin.HOLDED.value]))
@click.option("--secret", default="", help="The signing secret; asked for if left out.")
def keep_webhook_secret(slug: str, provider: str, secret: str) -> None:
    """Tell the signing secret of a webhook; the one before it stays good until the next."""
    merchant = cli.get_merchant(slug)
    endpoint = _endpoint(merchant, Origin(provider))
    click.echo(f"{provider} posts to {_address(endpoint)}")
    _keep(merchant, endpoint, secret or _ask("Signing secret", is_secret=True))
    click.echo("The secret is kept.")


def _application(given: dict[str, str], account: Account) -> Application:
    return Application(
        slug=given["slug"],
        name=given["name"],
        country=given["country"] or account.country,
        currency=given["currency"] or account.currency,
        timezone=given["timezone"],
        locale=given["locale"],
        brand_color=given["color"],
        stripe_key=given["stripe_key"],
        holded_token=given["holded_token"],
        holded_account=given["holded_account"] or given["slug"],
        holded_treasury=given["holded_treasury"],
        support_email=given["support_email"],
        mail_from=given["mail_from"],
        return_url=given["return_url"],
        privacy_url=given["privacy_url"],
        terms_url=given["terms_url"],
    )


def _check_stripe(key: str) -> Account:
    parts = cli.installation()
    try:
        return joining.check_stripe(parts.settings, parts.gateways, key)
    except GatewayError as wrong:
        raise click.ClickException(f"Stripe does not take the key: {wrong}") from None


def _with_treasury(application: Application) -> Application:
    if not application.holded_token:
        return application
    found = _check_holded(application.holded_token, application.currency)
    return replace(application, holded_treasury=_choose(found, application.holded_treasury).id)


def _check_holded(token: str, currency: str) -> tuple[Treasury, ...]:
    parts = cli.installation()
    try:
        return joining.check_holded(parts.settings, parts.gateways, token, currency)
    except GatewayError as wrong:
        raise click.ClickException(f"Holded does not take the token: {wrong}") from None


def _choose(found: tuple[Treasury, ...], wish: str) -> Treasury:
    """Return the account payments are booked on: the one named, else the only one for gateways."""
    named = [one for one in found if wish and wish.casefold() in {one.id, one.name.casefold()}]
    gateways = [one for one in found if one.type == "gateway"]
    if not wish and len(gateways) == 1:
        return gateways[0]
    if not wish and found and _can_ask():
        return _choose(found, _ask("Account in Holded for payments", default=found[0].name))
    if len(named) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise click.ClickException(f"--holded-treasury is to be one account of: {names}.")
    return named[0]


def _connect_stripe(merchant: Merchant, secret: str) -> None:
    endpoint = _endpoint(merchant, Origin.STRIPE)
    if not secret:
        at = cli.installation().at(merchant)
        try:
            secret = at.payments.create_webhook(_address(endpoint))
        except GatewayError as wrong:
            click.echo(f"Stripe would not register a webhook ({wrong}).")
            _tell_how_to_connect(merchant, Origin.STRIPE)
            return
    _keep(merchant, endpoint, secret)
    click.echo(f"Stripe posts to {_address(endpoint)}")


def _connect_holded(merchant: Merchant, secret: str) -> None:
    endpoint = _endpoint(merchant, Origin.HOLDED)
    if _looks_for_changes(merchant):
        return
    if secret:
        _keep(merchant, endpoint, secret)
        click.echo(f"Holded posts to {_address(endpoint)}")
    else:
        _tell_how_to_connect(merchant, Origin.HOLDED)


def _looks_for_changes(merchant: Merchant) -> bool:
    """Say whether changes in Holded are looked for because its API tells none, and how often."""
    at = cli.installation().at(merchant)
    if at.invoicing.has_webhooks:
        return False
    minutes = polls.interval(at) // timedelta(minutes=1)
    click.echo(
        f"The first API of Holded has no webhooks: the worker looks for changes every {minutes} "
        "minutes.\nThat leaves half the calls of a month. Say how many Holded's plan allows: "
        f"flask portal rules {merchant.slug} --set holded_calls_a_month=2000"
    )
    return True


def _tell_how_to_connect(merchant: Merchant, provider: Origin) -> None:
    click.echo(
        f"Register this address in {provider.capitalize()}: "
        f"{_address(_endpoint(merchant, provider))}\n"
        f"Then tell its secret: flask portal merchant webhook {merchant.slug} {provider}"
    )


def _keep(merchant: Merchant, endpoint: EndpointRow, secret: str) -> None:
    parts = cli.installation()
    with parts.db.write() as unit:
        joining.keep_webhook_secret(
            unit, parts.keyring, merchant, endpoint.id, secret, now=datetime.now(UTC)
        )


def _endpoint(merchant: Merchant, provider: Origin) -> EndpointRow:
    with cli.installation().db.session() as reader:
        found = reader.scalars(
            select(EndpointRow).where(
                EndpointRow.merchant_id == merchant.id, EndpointRow.provider == provider
            )
        ).first()
    if found is None:
        raise click.ClickException(f"{merchant.slug} has nothing to do with {provider}.")
    return found


def _address(endpoint: EndpointRow) -> str:
    base = cli.installation().settings.public_url
    return f"{base}/hooks/{endpoint.provider}/{endpoint.id}"


def _ask(what: str, *, default: str | None = None, is_secret: bool = False) -> str:
    if not _can_ask():
        if default:
            return default
        raise click.UsageError(f"{what}: give it as an option or in the environment.")
    return str(
        click.prompt(what, default=default, hide_input=is_secret, show_default=bool(default))
    )


def _can_ask() -> bool:
    return sys.stdin.isatty()
