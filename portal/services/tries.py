"""How often something may be tried: by address and network, by each alone, over the whole site."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from portal import keys
from portal.db import Unit
from portal.domain.errors import TooManyTries
from portal.settings import Settings
from portal.store import tries


@dataclass(frozen=True, slots=True)
class Axis:
    """One limit: how many tries of one key in how long a window."""

    name: str
    limit: int
    window: timedelta


# A mail is asked for (facts: OWASP Forgot Password); the first two are of one address and network.
ADDRESS = Axis("sign_in_address", 3, timedelta(minutes=15))
ADDRESS_DAY = Axis("sign_in_day", 10, timedelta(days=1))
MAILBOX = Axis("sign_in_mailbox", 30, timedelta(days=1))
NETWORK = Axis("sign_in_network", 20, timedelta(hours=1))
SITE = Axis("sign_in_site", 2_000, timedelta(hours=1))


def of_sign_in(merchant_id: int, email: str, address: str) -> tuple[tuple[Axis, str], ...]:
    """Return what asking for one sign-in mail counts against, the narrowest limit first.

    So a flood of one network ends at its own limit, and never comes to the row that all share.
    What somebody else asks from elsewhere must not keep a customer out, so the strict limits of an
    address are for each network apart. All networks together send a mailbox no more than 30 mails a
    day, since a flood of mails is an attack by itself: to keep somebody out by that takes three
    networks, and is over the next day.
    """
    network, mailbox = network_of(address), f"{merchant_id} {email}"
    person = f"{mailbox} {network}"
    return (
        (ADDRESS, person),
        (ADDRESS_DAY, person),
        (NETWORK, network),
        (MAILBOX, mailbox),
        (SITE, "all"),
    )


# A declaration is made: nobody has many contracts to end, and each one mails its receipt.
DECLARED_BY = Axis("declared_by", 10, timedelta(hours=1))
DECLARED_TO = Axis("declared_to", 5, timedelta(days=1))
DECLARED_MAILBOX = Axis("declared_mailbox", 30, timedelta(days=1))
DECLARED_SITE = Axis("declared_site", 1_000, timedelta(hours=1))


def of_declaration(merchant_id: int, email: str, address: str) -> tuple[tuple[Axis, str], ...]:
    """Return what one declaration counts against, the narrowest limit first: as with sign-in."""
    network, mailbox = network_of(address), f"{merchant_id} {email}"
    return (
        (DECLARED_TO, f"{mailbox} {network}"),
        (DECLARED_BY, network),
        (DECLARED_MAILBOX, mailbox),
        (DECLARED_SITE, "all"),
    )


def network_of(address: str) -> str:
    """Return the network one household or office has: /24 of IPv4, /56 of IPv6."""
    try:
        host = ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(host, "ipv4_mapped", None)
    if mapped is not None:
        host = mapped
    return str(ip_network((host, 24 if host.version == 4 else 56), strict=False))


def take(
    unit: Unit, settings: Settings, limits: Sequence[tuple[Axis, str]], *, now: datetime
) -> None:
    """Count one try against all of its limits; raises TooManyTries where one is met.

    The error undoes the unit it leaves, so a try that one limit refuses uses up none of the others:
    whoever is stopped by a narrow one cannot exhaust a wide one for everybody else.
    """
    for axis, key in limits:
        count, started_at = tries.count(
            unit, axis.name, _sealed(settings, axis, key), window=axis.window, now=now
        )
        if count > axis.limit:
            raise TooManyTries(max(int((started_at + axis.window - now).total_seconds()), 1))


def give_back(unit: Unit, settings: Settings, limits: Sequence[tuple[Axis, str]]) -> None:
    """Take a try off again: it was made by somebody who proved to be who they said."""
    for axis, key in limits:
        tries.give_back(unit, axis.name, _sealed(settings, axis, key))


def _sealed(settings: Settings, axis: Axis, key: str) -> str:
    return keys.derive(settings, "tries", axis.name, key).hex()
