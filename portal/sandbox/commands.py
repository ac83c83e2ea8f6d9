"""`flask portal sandbox …` and `python -m portal.sandbox …`: serves one sandbox until interrupted.

Each command takes its port from an option, or from the environment variable that the demo uses.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

MEMORY = ":memory:"
Command = Callable[..., None]


def served_at(variable: str, default: int) -> Callable[[Command], Command]:
    """The options of every command: where it listens, where its state is, what it links to."""
    options = (
        click.option(
            "--port", type=click.IntRange(1, 65_535), default=default, envvar=variable,
            show_default=True, show_envvar=True,
        ),
        click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens."),
        click.option(
            "--data", type=click.Path(file_okay=False, path_type=Path),
            help="Folder that keeps the state; memory does without it.",
        ),
    )  # fmt: skip

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def pairs(_context: Any, _option: Any, given: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=URL options."""
    found = {each.partition("=")[0]: each.partition("=")[2] for each in given}
    if not all(name and url.startswith(("http://", "https://")) for name, url in found.items()):
        raise click.BadParameter("expected NAME=URL, such as Mails=http://127.0.0.1:8003")
    return found


beside = click.option(
    "--beside", multiple=True, metavar="NAME=URL", callback=pairs,
    help="A page its own pages link to; may be repeated.",
)  # fmt: skip


@click.group("sandbox")
def sandbox() -> None:
    """Serve an imitation of Stripe or of Holded, or a mailbox that catches mails."""


@sandbox.command("stripe")
@served_at("STRIPE_SANDBOX_PORT", 8001)
@beside
@click.option("--base-url", help="Address of the hosted pages, if it is another.")
@click.option(
    "--account/--no-account", default=True, help="Open an account whose key is sk_test_sandbox."
)
def stripe(base_url: str | None, **given: Any) -> None:
    """Stripe's API under /v1, its hosted pages and its webhooks."""
    url = f"http://{given['host']}:{given['port']}"
    serve(
        "stripe",
        f"Stripe sandbox at {url}: a look inside at {url}/_sandbox/console/\n"
        f'stripe.StripeClient("sk_test_sandbox", base_addresses={{"api": "{url}"}}) is a client.',
        base_url=base_url or url,
        **given,
    )


@sandbox.command("holded")
@served_at("HOLDED_SANDBOX_PORT", 8002)
@beside
def holded(**given: Any) -> None:
    """Holded's API under /api, its PDFs and its webhooks."""
    url = f"http://{given['host']}:{given['port']}"
    serve(
        "holded",
        f"Holded sandbox at {url}: a look inside at {url}/_sandbox/console/\n"
        f"{url}/api/v2 takes Authorization: Bearer pat_sandbox; the key of API v1 is shown there.",
        base_url=url,
        **given,
    )


@sandbox.command("mail")
@served_at("MAILBOX_PORT", 8003)
@click.option(
    "--smtp-port", type=click.IntRange(1, 65_535), default=8025, envvar="SMTP_PORT",
    show_default=True, show_envvar=True,
)  # fmt: skip
@click.option("--stripe-url", default="http://127.0.0.1:8001", help="A sandbox its buttons move.")
@click.option("--holded-url", default="http://127.0.0.1:8002", help="A sandbox its buttons move.")
def mail(**given: Any) -> None:
    """A mail server that shows every mail and sends none on."""
    host, port = given["host"], given["port"]
    serve(
        "mailbox",
        f"Mailbox at http://{host}:{port}, for mails sent to smtp://{host}:{given['smtp_port']}",
        **given,
    )


def serve(package: str, told: str, *, data: Path | None, **given: Any) -> None:
    """Hand over to the sandbox's ``server.main``, and tell in one line why it cannot serve."""
    try:
        main = import_module(f"portal.sandbox.{package}.server").main
    except ModuleNotFoundError as missing:
        raise click.ClickException(
            f"{missing.name} is not installed: pip install -r requirements/demo.txt brings it."
        ) from None
    kept = f"Its state is kept in {data}." if data else "Its state is kept in memory."
    try:
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        main(
            data=data or MEMORY,
            ready=lambda: click.echo(f"{told}\n{kept} Ctrl-C ends it."),
            **given,
        )
    except OSError as error:
        raise click.ClickException(f"It cannot be served: {error.strerror or error}.") from None
    except KeyboardInterrupt:
        click.echo("It has ended.")
