"""`flask portal enquiry`: what customers ask, and answering them."""

import sys
from collections.abc import Callable
from datetime import datetime

import click

from portal import cli
from portal.context import MerchantContext
from portal.domain.enquiries import LONGEST
from portal.domain.errors import NotFound
from portal.services import enquiries as services


@click.group("enquiry")
def enquiries() -> None:
    """What customers ask."""


@enquiries.command("list")
@click.argument("merchant")
def list_all(merchant: str) -> None:
    """Print the questions that wait, the oldest first."""
    waiting = services.list_open(_at(merchant))
    for one in waiting:
        about = f"  {one.name or one.subject}" if one.name or one.subject else ""
        click.echo(f"{one.number}\t{_day(one.at)}\t{one.email}\t{one.topic}{about}")
        click.echo("\n".join(f"    {line}" for line in one.message.splitlines()))
    if not waiting:
        click.echo("No question waits.")


@enquiries.command("show")
@click.argument("merchant")
@click.argument("number", type=int)
def show(merchant: str, number: int) -> None:
    """Print one question, with its answer if it has one."""
    try:
        one = services.read(_at(merchant), number)
    except NotFound:
        raise click.ClickException(f"There is no question {number}.") from None
    facts = {
        "number": str(one.number),
        "state": one.state,
        "asked": _day(one.at),
        "by": one.email,
        "topic": one.topic,
        "about": " ".join(filter(None, (one.subject, one.name))),
        "why": one.why,
    }
    for name, value in facts.items():
        if value:
            click.echo(f"{name}:\t{value}")
    click.echo(f"\n{one.message}")
    if one.answer:
        click.echo(f"\nanswered:\t{_day(one.changed_at)}\n\n{one.answer}")


@enquiries.command("answer")
@click.argument("merchant")
@click.argument("number", type=int)
@click.argument("words", required=False)
def answer(merchant: str, number: int, words: str | None) -> None:
    """Answer a question, with the words given or read from standard input."""
    told = (sys.stdin.read() if words is None else words).strip()
    if not told or len(told) > LONGEST:
        raise click.UsageError(f"An answer has 1 to {LONGEST} characters.")
    _settle(number, lambda: services.answer(_at(merchant), number, told))
    click.echo(f"Question {number} is answered; the answer is mailed.")


@enquiries.command("close")
@click.argument("merchant")
@click.argument("number", type=int)
def close(merchant: str, number: int) -> None:
    """Close a question that was answered by mail or telephone."""
    _settle(number, lambda: services.close(_at(merchant), number))
    click.echo(f"Question {number} is closed.")


def _settle(number: int, act: Callable[[], None]) -> None:
    try:
        act()
    except NotFound:
        raise click.ClickException(f"No question {number} waits.") from None


def _at(merchant: str) -> MerchantContext:
    return cli.installation().at(cli.get_merchant(merchant))


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
