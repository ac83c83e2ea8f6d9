"""Sets the portal up as a merchant would: keys and tables, merchants with theirs, a full sync."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable

import httpx

from portal.sandbox.demo import steps, tree
from portal.sandbox.demo.places import Places, Refused
from portal.sandbox.demo.seeding import MERCHANTS, Seed

# Stripe gives a secret only when it knows the address, and the address comes from the portal.
UNTIL_THEN = "whsec_until_stripe_gives_one"


def set_up(places: Places, seed: Seed, say: Callable[[str], None]) -> None:
    """Make the portal's own data, let the merchants join, and learn what they have."""
    update(places)
    for known in seed["merchants"]:
        say(f"{known['name']} joins…")
        join(places, known)
    say("The portal reads their customers, invoices and subscriptions…")
    portal(places, "sync")


def update(places: Places) -> None:
    """Make the keys and tables that are missing."""
    portal(places, "init")


def join(places: Places, known: Seed) -> None:
    """Add a merchant and register its webhooks; what they are is noted in ``known``."""
    merchant = next(each for each in MERCHANTS if each.slug == known["slug"])
    secret = "whsec_" + hashlib.sha256(f"holded {merchant.slug}".encode()).hexdigest()[:32]
    said = portal(
        places, "merchant", "add",
        "--slug", merchant.slug,
        "--name", merchant.name,
        "--stripe-key", merchant.stripe_key,
        "--stripe-webhook-secret", UNTIL_THEN,
        "--holded-token", merchant.holded_token,
        "--holded-treasury", known["holded_treasury"],
        "--holded-account", merchant.holded_account,
        "--holded-webhook-secret", secret,
        "--color", merchant.colour,
        "--country", merchant.country,
        "--currency", merchant.currency,
        "--timezone", merchant.timezone,
        "--locale", merchant.language,
        "--support-email", merchant.support_email,
        "--mail-from", merchant.support_email,
    )  # fmt: skip
    hook = {"account": merchant.holded_account, "url": address(said, "Holded"), "secret": secret}
    httpx.post(f"{places.holded}/_sandbox/webhooks", json=hook).raise_for_status()
    known["stripe_webhook"] = register_at_stripe(
        places, merchant.stripe_key, address(said, "Stripe")
    )
    given = known["stripe_webhook"]["secret"]
    portal(places, "merchant", "webhook", merchant.slug, "stripe", "--secret", given)


def register_at_stripe(places: Places, key: str, url: str) -> Seed:
    """Register a webhook for every kind of event and return its address and secret."""
    answer = httpx.post(
        f"{places.stripe}/v1/webhook_endpoints",
        data={"url": url, "enabled_events[0]": "*"},
        headers={"Authorization": f"Bearer {key}"},
    ).raise_for_status()
    return {"url": url, "secret": answer.json()["secret"]}


def address(said: str, provider: str) -> str:
    """Return where the portal said a provider should post to."""
    found = re.search(rf"^{provider} posts to (\S+)$", said, re.MULTILINE | re.IGNORECASE)
    if found is None:
        raise Refused(f"The portal did not say where {provider} should post to:\n{said}")
    return found[1]


def portal(places: Places, *arguments: str) -> str:
    """Run a command of the portal and return what it printed."""
    environment = {**os.environ, **tree.environment_of(places)}
    log = places.logs / "setup.log"
    return steps.run((*tree.command(), *arguments), environment, log)
