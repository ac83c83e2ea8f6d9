"""Sets the portal up as a merchant would: keys and tables, merchants with theirs, a full sync."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx

from portal.sandbox.demo import steps, tree
from portal.sandbox.demo.data.at_stripe import STAYING
from portal.sandbox.demo.places import Places, Refused
from portal.sandbox.demo.seeding import MERCHANTS, Seed


def set_up(places: Places, seed: Seed, say: Callable[[str], None]) -> None:
    """Make the portal's own data, let the merchants join, and learn what they have."""
    update(places)
    say("The merchants join…")
    with ThreadPoolExecutor() as together:
        list(together.map(partial(join, places), seed["merchants"]))
    say("The portal reads their customers, invoices and subscriptions…")
    portal(places, "sync")


def update(places: Places) -> None:
    """Make the keys and tables that are missing."""
    portal(places, "init")


def join(places: Places, known: Seed) -> None:
    """Add a merchant and register its webhooks; what they are is noted in ``known``."""
    merchant = next(each for each in MERCHANTS if each.slug == known["slug"])
    hook = StripeWebhook(places, merchant.stripe_key)
    secret = "whsec_" + hashlib.sha256(f"holded {merchant.slug}".encode()).hexdigest()[:32]
    said = portal(
        places, "merchant", "add",
        "--slug", merchant.slug,
        "--name", merchant.name,
        "--stripe-key", merchant.stripe_key,
        "--stripe-webhook-secret", hook.secret,
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
        "--privacy-url", merchant.privacy_url,
        "--terms-url", merchant.terms_url,
    )  # fmt: skip
    url = address(said, "Holded")
    body = {"account": merchant.holded_account, "url": url, "secret": secret}
    httpx.post(f"{places.holded}/_sandbox/webhooks", json=body).raise_for_status()
    hook.lead_to(address(said, "Stripe"))
    known["stripe_webhook"] = {"url": hook.url, "secret": hook.secret}
    portal(places, "offer", "add", merchant.slug, "--coupon", STAYING)
    for rule in merchant.rules:
        portal(places, "rules", merchant.slug, "--set", rule)


class StripeWebhook:
    """A webhook at Stripe for every kind of event.

    Stripe gives its secret, which the portal wants before it tells the address: so the webhook is
    registered first, and led to its address then.
    """

    def __init__(self, places: Places, key: str) -> None:
        self.places = places
        self.headers = {"Authorization": f"Bearer {key}"}
        self.url = f"{places.portal}/"
        made = self.post("", {"url": self.url, "enabled_events[0]": "*"})
        self.id, self.secret = str(made["id"]), str(made["secret"])

    def lead_to(self, url: str) -> None:
        self.url = url
        self.post(f"/{self.id}", {"url": url})

    def post(self, path: str, fields: dict[str, str]) -> Seed:
        address = f"{self.places.stripe}/v1/webhook_endpoints{path}"
        answer = httpx.post(address, data=fields, headers=self.headers).raise_for_status()
        found: Seed = answer.json()
        return found


def address(said: str, provider: str) -> str:
    """Return where the portal said a provider should post to."""
    found = re.search(rf"^{provider} posts to (\S+)$", said, re.MULTILINE | re.IGNORECASE)
    if found is None:
        raise Refused(f"The portal did not say where {provider} should post to:\n{said}")
    return found[1]


def portal(places: Places, *arguments: str) -> str:
    """Run a command of the portal and return what it printed."""
    log = places.logs / "setup.log"
    return steps.run((*tree.command(), *arguments), tree.environment_of(places), log)
