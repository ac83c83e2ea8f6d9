"""Makes the demo's beginnings, once: both sandboxes live through the past, then are served."""

from __future__ import annotations

import json
from typing import Any

import httpx

from portal.sandbox import holded, stripe
from portal.sandbox.demo.data.at_holded import HoldedSide
from portal.sandbox.demo.data.at_stripe import StripeSide
from portal.sandbox.demo.data.history import History, today
from portal.sandbox.demo.data.nuvol import NUVOL
from portal.sandbox.demo.data.rubra import RUBRA
from portal.sandbox.demo.data.sunbeam import SUNBEAM
from portal.sandbox.demo.data.words import Person
from portal.sandbox.demo.places import Places, Refused

MERCHANTS = (NUVOL, SUNBEAM, RUBRA)

Seed = dict[str, Any]


def find(places: Places) -> Seed | None:
    """Return what an earlier start made; raises Refused if its ports were others.

    Addresses with those ports are in the sandboxes' objects and in the webhooks.
    """
    kept = places.data / "seed.json"
    if not kept.exists():
        return None
    found: Seed = json.loads(kept.read_text())
    for name, number in found["ports"].items():
        if places.ports[name] != number:
            raise Refused(
                f"The data in {places.data} was made with {name}={number}: start with that again, "
                "or start over with RESET=1."
            )
    return found


def save(places: Places, seed: Seed) -> None:
    """Keep the seed once everything it speaks of is there: whole or not at all."""
    draft = places.data / "seeding"
    draft.write_text(json.dumps(seed, indent=1, ensure_ascii=False))
    draft.replace(places.data / "seed.json")


def make(places: Places) -> Seed:
    """Live through the merchants' past at both providers, and return who is there."""
    for name in ("holded", "stripe"):
        (places.data / name).mkdir(parents=True, exist_ok=True)
    history = History(today())
    at_holded = holded.create_app(
        places.data / "holded", base_url=places.holded, real_time=history.time
    )
    at_stripe = stripe.create_app(
        places.data / "stripe", base_url=places.stripe, real_time=history.time
    )
    history.on_move = at_stripe.extensions["stripe_sandbox"].catch_up
    with (
        httpx.Client(transport=httpx.WSGITransport(at_holded), base_url=places.holded) as first,
        httpx.Client(transport=httpx.WSGITransport(at_stripe), base_url=places.stripe) as second,
    ):
        sides = []
        for merchant in MERCHANTS:
            mine = HoldedSide(merchant, history, first)
            other = StripeSide(merchant, history, second, mine.contacts)
            mine.plan()
            other.plan()
            sides.append((mine, other))
        history.live()
    return {
        "ports": dict(places.ports),
        "merchants": [described(mine, other) for mine, other in sides],
    }


def described(mine: HoldedSide, other: StripeSide) -> Seed:
    """Return what the set-up and ``demo.json`` need to know of a merchant."""
    merchant = mine.merchant
    return {
        "slug": merchant.slug,
        "name": merchant.name,
        "stripe_secret_key": merchant.stripe_key,
        "holded_token": merchant.holded_token,
        "holded_treasury": mine.ids["gateway"],
        "customers": [customer(person, mine, other) for person in merchant.people],
    }


def customer(person: Person, mine: HoldedSide, other: StripeSide) -> Seed:
    found = {
        "email": person.email,
        "name": person.name,
        "stripe_customer": other.customers.get(person.key),
        "holded_contact": mine.contacts.get(person.key),
        "about": person.about,
    }
    return {key: value for key, value in found.items() if value}
