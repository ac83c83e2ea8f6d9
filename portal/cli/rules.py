"""`flask portal rules`: what a merchant decides for its portal, shown and changed."""

from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from portal import cli
from portal.domain.errors import GatewayError
from portal.domain.merchants import Merchant
from portal.domain.method_offers import unusable
from portal.domain.method_types import BY_TYPE
from portal.domain.pauses import MOST_MONTHS
from portal.domain.rules import NOTHING_DECIDED, Rules
from portal.store import merchants
from portal.store.secrets import SecretUnreadable

_ADAPTER = TypeAdapter(Rules)
# A larger control group tells no more than one of the same size as the other.
MOST_CONTROL = 50


@click.command()
@click.argument("slug")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Decide one of them.")
def rules(slug: str, changes: tuple[str, ...]) -> None:
    """Show what a merchant decided, after changing what is asked for.

    A rule that is a list takes its values with commas between.
    """
    merchant = cli.get_merchant(slug)
    decided = _changed(merchant.rules, changes).begun(merchant.day_of(datetime.now(UTC)))
    _refuse_unusable(decided, merchant)
    if decided.invoice_stripe_sales and not merchant.rules.invoice_stripe_sales:
        _check_that_documents_can_be_made(merchant)
    if decided != merchant.rules:
        with cli.installation().db.write() as unit:
            merchants.save_rules(unit, merchant.id, decided)
    for name, value in asdict(decided).items():
        click.echo(f"{name} = {_text(value)}")


def _refuse_unusable(decided: Rules, merchant: Merchant) -> None:
    """Refuse kinds of methods that such a merchant cannot take, and numbers out of bounds."""
    for type, is_known in unusable(decided.payment_method_types, merchant.country).items():
        problem = (
            f"{type} does not serve merchants in {merchant.country}"
            if is_known
            else f"there is no {type!r}; the kinds are {', '.join(sorted(BY_TYPE))}"
        )
        raise click.ClickException(f"payment_method_types: {problem}.")
    if not 0 <= decided.pause_months <= MOST_MONTHS:
        raise click.ClickException(f"pause_months: from 0 to {MOST_MONTHS}.")
    if decided.offer_window_days < 1:
        raise click.ClickException("offer_window_days: a day at least.")
    if not 0 <= decided.offer_control_percent <= MOST_CONTROL:
        raise click.ClickException(f"offer_control_percent: from 0 to {MOST_CONTROL}.")


def _check_that_documents_can_be_made(merchant: Merchant) -> None:
    """Refuse to decide what the merchant's Holded would not let us do."""
    if not merchant.has_holded:
        raise click.ClickException(f"{merchant.slug} has no Holded to make invoices in.")
    try:
        cli.installation().at(merchant).invoicing.check(issues=True)
    except (GatewayError, SecretUnreadable) as error:
        raise click.ClickException(f"{merchant.slug}: {error}.") from None


def _changed(rules: Rules, changes: tuple[str, ...]) -> Rules:
    decided: dict[str, Any] = asdict(rules)
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or name not in decided:
            names = ", ".join(field.name for field in fields(Rules))
            raise click.ClickException(f"{change!r} is no NAME=VALUE with a name of: {names}.")
        is_list = isinstance(getattr(NOTHING_DECIDED, name), tuple)
        parts = [part.strip() for part in value.split(",") if part.strip()]
        is_left_out = not value and getattr(NOTHING_DECIDED, name) is None
        decided[name] = parts if is_list else None if is_left_out else value
    try:
        return _ADAPTER.validate_python(decided)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise click.ClickException(f"{first['loc'][0]}: {first['msg']}.") from None


def _text(value: object) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
