"""``make demo``: the portal, imitation providers and a mailbox, kept alive until Ctrl-C.

Ports: PORT, STRIPE_SANDBOX_PORT, HOLDED_SANDBOX_PORT, MAILBOX_PORT, SMTP_PORT. State: PORTAL_DATA
(``var/demo``), thrown away first with RESET=1. A part that dies is started again, except while
``run/<part>.hold`` exists there.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

import click

from portal.sandbox.demo import listing, places, portal_setup, seeding, tree, waiting
from portal.sandbox.demo.parts import Tree
from portal.sandbox.demo.places import Places, Refused

PAUSE = 0.2


class Ended(BaseException):
    """Somebody asked the demo to end."""


def end(_signal: int, _frame: FrameType | None) -> None:
    """Unwind to the end once; later signals do not disturb it."""
    listen(signal.SIG_IGN)
    raise Ended


def listen(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    """Say what happens on Ctrl-C, on a request to terminate and on a closed terminal."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, handler)


def main() -> int:
    """Run the demo and return its exit code."""
    listen(end)
    try:
        found = places.read(os.environ)
        places.check_ports(found)
        with places.alone(found):
            if os.environ.get("RESET", "") not in ("", "0"):
                places.delete(found)
            run(found)
    except Refused as refusal:
        click.echo(str(refusal), err=True)
        return 1
    except Ended:
        click.echo("The demo has ended; its data stays.")
    return 0


def run(found: Places) -> None:
    """Start everything in order, tell when it is ready, and keep it alive."""
    seed = seeding.find(found)
    (found.data / "demo.json").unlink(missing_ok=True)
    is_new = seed is None
    if seed is None:
        places.delete(found)  # what an interrupted beginning left
        click.echo("Three merchants and their customers live through two years…")
        seed = seeding.make(found)
    parts = Tree(found.run, found.logs)
    try:
        start_sandboxes(found, parts)
        if is_new:
            portal_setup.set_up(found, seed, click.echo)
            seeding.save(found, seed)
        else:
            portal_setup.update(found)
        for part in tree.product(found):
            parts.start(part)
        waiting.until_answers(parts, "web", f"{found.portal}/readyz", ready=200)
        listing.write(found, seed)
        click.echo("\n".join(listing.lines(found, seed)))
        watch(parts)
    finally:
        listen(signal.SIG_IGN)
        parts.stop()


def start_sandboxes(found: Places, parts: Tree) -> None:
    for part in tree.sandboxes(found):
        parts.start(part)
    waiting.until_answers(parts, "stripe", f"{found.stripe}/_sandbox/clock")
    waiting.until_answers(parts, "holded", f"{found.holded}/_sandbox/clock")
    waiting.until_answers(parts, "mail", f"{found.mailbox}/messages.json")


def watch(parts: Tree) -> None:
    """Keep every part alive, and say so when one had to be started again."""
    while True:
        time.sleep(PAUSE)
        for name in parts.watch():
            click.echo(f"{name} had ended and was started again.")


if __name__ == "__main__":
    sys.exit(main())
