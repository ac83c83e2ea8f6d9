"""What the demo tells when it is ready: ``demo.json`` for programs, a few lines for people."""

from __future__ import annotations

import json
from typing import Any

from portal.sandbox.demo.data.at_stripe import PROMOTION_CODE
from portal.sandbox.demo.places import Places
from portal.sandbox.demo.seeding import Seed

SHOWN = (
    "slug", "name", "stripe_secret_key", "stripe_webhook", "holded_token", "portal_api_key",
    "admin", "customers",
)  # fmt: skip


def content(places: Places, seed: Seed) -> dict[str, Any]:
    """Return what ``demo.json`` holds; what does not exist is left out."""
    return {
        "portal": places.portal,
        "stripe_sandbox": places.stripe,
        "holded_sandbox": places.holded,
        "mailbox": places.mailbox,
        "merchants": [
            {key: merchant[key] for key in SHOWN if key in merchant}
            for merchant in seed["merchants"]
        ],
    }


def write(places: Places, seed: Seed) -> None:
    """Write ``demo.json``, whole or not at all."""
    draft = places.data / "run" / "demo.json"
    draft.write_text(json.dumps(content(places, seed), indent=1, ensure_ascii=False) + "\n")
    draft.replace(places.data / "demo.json")


def lines(places: Places, seed: Seed) -> list[str]:
    """Return the lines a newcomer needs."""
    first = seed["merchants"][0]["customers"][0]
    doors = [
        f"  {merchant['name']:<16} {places.portal}/{merchant['slug']}/"
        for merchant in seed["merchants"]
    ]
    return [
        "",
        "The demo is ready. Nothing in it is real: no money moves and no mail leaves.",
        "",
        "Three merchants, each with its own portal:",
        *doors,
        "",
        f"Sign in as {first['email']} ({first['name']}); the mail with the link arrives at",
        f"  {places.mailbox}/",
        f"The promotion code {PROMOTION_CODE} takes 10 % off a plan, entered from the plan’s page.",
        "",
        f"Every merchant and customer is in {places.data / 'demo.json'}. Ctrl-C ends the demo.",
    ]
