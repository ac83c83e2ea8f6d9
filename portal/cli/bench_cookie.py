"""`flask portal bench-cookie`: what a signed-in browser of a bench customer sends."""

from datetime import UTC, datetime

import click
from flask import current_app
from werkzeug.wrappers import Response

from portal import cli
from portal.cli.bench_seed import SLUG, stripe_id
from portal.domain.customers import Origin
from portal.mirror import customers
from portal.services import sessions as portal_sessions
from portal.store.customers import find_ids
from portal.web import sessions


@click.command("bench-cookie")
@click.option("--customer", "number", type=click.IntRange(min=1), required=True)
def bench_cookie(number: int) -> None:
    """Start a session of a bench customer and print its Cookie header."""
    parts, merchant = cli.installation(), cli.get_merchant(SLUG)
    now = datetime.now(UTC)
    with parts.db.write() as unit:
        found = find_ids(unit, merchant, Origin.STRIPE, [stripe_id(number)])
        if not found:
            raise click.ClickException(f"There is no customer {number}.")
        card = customers.find_card(unit, merchant, found[stripe_id(number)])
        key = portal_sessions.start(
            unit, merchant, card, entered_by=portal_sessions.BY_SIGN_IN, now=now
        )
    click.echo("; ".join(_cookies(parts.settings.public_url, key)))


def _cookies(public_url: str, key: str) -> list[str]:
    """Return the session's cookie and those that the first page brings."""
    carrier = Response()
    sessions.write(carrier, sessions.KEY, key)
    own = _pairs(carrier)
    page = current_app.test_client(use_cookies=False).get(
        f"/{SLUG}/", base_url=public_url, headers={"Cookie": own[0]}
    )
    return own + _pairs(page)


def _pairs(response: Response) -> list[str]:
    return [cookie.partition(";")[0] for cookie in response.headers.getlist("Set-Cookie")]
