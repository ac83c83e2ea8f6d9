"""Serves the Stripe sandbox over HTTP, with the thread of its webhooks and its passing time."""

from collections.abc import Callable, Mapping
from pathlib import Path

from portal.sandbox.http import Server
from portal.sandbox.stripe.app import create_app
from portal.sandbox.stripe.deliveries import DeliveryThread
from portal.sandbox.stripe.refusals import refuse

# The account of a sandbox that somebody starts for a project of their own.
FIRST_ACCOUNT = {"id": "acct_sandbox", "secret_key": "sk_test_sandbox"}


def main(
    host: str,
    port: int,
    data: Path | str,
    *,
    base_url: str,
    beside: Mapping[str, str],
    account: bool,
    ready: Callable[[], None],
) -> None:
    """Serves until interrupted; `account` opens the first one, `ready` is called when it listens.

    Raises OSError when the port is taken.
    """
    app = create_app(data, base_url=base_url, beside=beside)
    sandbox = app.extensions["stripe_sandbox"]
    if account:
        sandbox.open_first(FIRST_ACCOUNT)
    server = Server(app, port, refuse, host)
    DeliveryThread(sandbox).start()
    ready()
    server.serve_forever()
