"""Receiving declarations of people who are not signed in, and acting on them.

A declaration counts from the moment it is kept, whatever Stripe answers. It is receipted at once.
What it is surely about is cancelled for the end of its period, which can be taken back until then
and of which the address we know is told; everything else waits for the merchant. Names are asked
for and not proved, as the law has it, so nothing is ended at once and no page tells what is known.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from portal import i18n, keys
from portal.context import Customer, MerchantContext, Visit
from portal.db import Reader
from portal.domain.access import EVERYTHING
from portal.domain.cancellations import Leaving, ends_at_once
from portal.domain.customers import canonical_email
from portal.domain.declarations import Declaration, DeclarationState, Lane, is_of, meant
from portal.domain.errors import GatewayRefused, NotFound, Refused
from portal.gateways.mail import Attachment
from portal.mirror import configurations, customers, subscriptions
from portal.mirror.customers import CustomerCard
from portal.services import cancellations, mail, papers, tries
from portal.services.lanes import WORDS
from portal.store import declarations as rows
from portal.store import outbox
from portal.store.declarations import DeclarationRow


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody entered on the form of a lane."""

    name: str
    email: str
    contract: str
    is_for_cause: bool = False
    reason: str = ""
    ends_on: date | None = None


def receive(
    at: MerchantContext, lane: Lane, told: Told, *, nonce: str, locale: str, address: str
) -> str:
    """Keep a declaration and return the token of its receipt; the same one for the same page.

    A page that was gone back to and changed declares something else. `nonce` is that of the page,
    `locale` what it spoke, and `address` where the request came from. Raises TooManyTries.
    """
    name = f"{at.merchant.id}:{nonce}:{lane}:{told}"
    token = keys.derive_token(at.settings, "declaration", name)
    email = canonical_email(told.email)
    with at.db.write() as unit:
        if rows.find(unit, at.merchant.id, token) is not None:
            return token
        tries.take(
            unit, at.settings, tries.of_declaration(at.merchant.id, email, address), now=at.now
        )
        row = DeclarationRow(
            merchant_id=at.merchant.id,
            token=token,
            lane=lane,
            name=told.name,
            email=told.email,
            contract=told.contract,
            is_for_cause=told.is_for_cause,
            reason=told.reason,
            ends_on=told.ends_on,
            received_at=at.now,
            state=DeclarationState.RECEIVED,
        )
        unit.add(row)
        unit.flush()
        about: dict[str, Any] = {"merchant_id": at.merchant.id, "declaration": row.id}
        outbox.add(unit, "mail_declaration", str(row.id), now=at.now, locale=locale, **about)
        outbox.add(unit, "act_on_declaration", str(row.id), now=at.now, **about)
    return token


def get(at: MerchantContext, token: str) -> Declaration:
    """Return a declaration by the token of its receipt; raises NotFound."""
    with at.db.session() as reader:
        row = rows.find(reader, at.merchant.id, token)
        if row is None:
            raise NotFound("declaration")
        return row.to_declaration()


def rows_of(at: MerchantContext, declaration: Declaration) -> list[tuple[str, str]]:
    """Return what a receipt says: content, day and time of arrival, and the day it ends."""
    words = WORDS[declaration.lane]
    kind = words.for_cause if declaration.is_for_cause else words.ordinary
    until = day_of(declaration.lane, declaration.ends_on)
    return [
        (str(term), value)
        for term, value in (
            (words.received_at, _moment(at, declaration)),
            (words.kind or words.title, str(kind)),
            (words.name, declaration.name),
            (words.contract, declaration.contract),
            (words.reason, declaration.reason),
            (words.ends_on, until),
            (words.email, declaration.email),
        )
        if value
    ]


def day_of(lane: Lane, ends_on: date | None) -> str:
    """Write the day a contract is to end, as its lane speaks; empty where nothing ends."""
    if not lane.ends:
        return ""
    return format_date(ends_on, "long", locale=_locale(lane)) if ends_on else WORDS[lane].earliest


def paper(at: MerchantContext, declaration: Declaration) -> bytes:
    """Draw the receipt of a declaration."""
    title = str(WORDS[declaration.lane].received)
    return papers.facts(at, title, rows_of(at, declaration), declaration.received_at)


def mail_receipt(at: MerchantContext, declaration: int, locale: str) -> None:
    """Mail the receipt to the address that was entered for it (job)."""
    with at.db.session() as reader:
        found = rows.get(reader, at.merchant.id, declaration).to_declaration()
    words = WORDS[found.lane]
    with mail.speaking(at, locale):
        told, drawn = rows_of(at, found), paper(at, found)
    mail.send(
        at,
        "declaration",
        to=found.email,
        locale=locale,
        message_id=f"declaration-{declaration}",
        attachments=(Attachment(f"{found.lane}-{declaration}.pdf", drawn),),
        title=words.received,
        save=words.save,
        rows=told,
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/declared/{found.token}"),
    )


def act(at: MerchantContext, declaration: int) -> None:
    """Cancel what a declaration is surely about, or leave it to a person (job).

    What it was found to be about is kept before it is cancelled, so that a second try finds it too.
    Raises GatewayUnavailable and GatewayMisconfigured to be tried again.
    """
    with at.db.write() as unit:
        row = rows.get(unit, at.merchant.id, declaration)
        if row.state != DeclarationState.RECEIVED:
            return
        row.subscription = row.subscription or _find(at, unit, row.to_declaration())
        found = row.to_declaration()
    is_done = bool(found.subscription) and _cancel(at, found)
    with at.db.write() as unit:
        row = rows.get(unit, at.merchant.id, declaration)
        row.state = DeclarationState.DONE if is_done else DeclarationState.OPEN


def list_open(at: MerchantContext) -> list[Declaration]:
    """Return the merchant's declarations that wait for a person, the oldest first."""
    with at.db.session() as reader:
        return [row.to_declaration() for row in rows.list_open(reader, at.merchant.id)]


def settle(at: MerchantContext, declaration: int) -> None:
    """Note that a person has acted on a declaration; raises NotFound where none waits."""
    with at.db.write() as unit:
        row = rows.get(unit, at.merchant.id, declaration)
        if row.state != DeclarationState.OPEN:
            raise NotFound(f"open declaration {declaration}")
        row.state = DeclarationState.DONE


def _find(at: MerchantContext, reader: Reader, found: Declaration) -> str:
    """Return the subscription that is to be cancelled; empty where a person has to look."""
    theirs = []
    for card in customers.list_by_email(reader, at.merchant, canonical_email(found.email)):
        running = subscriptions.list_running(reader, at.merchant, card.id)
        ids = (card.stripe_customer, card.holded_contact, *(one.id for one in running))
        if is_of(found, card.name, ids):
            theirs.append(running)
    if len(theirs) != 1:
        return ""
    subscription = meant(found, theirs[0])
    configuration = configurations.current(reader, at.merchant)
    is_able = subscription is not None and not ends_at_once(subscription, configuration)
    return subscription.id if subscription is not None and is_able else ""


def _cancel(at: MerchantContext, found: Declaration) -> bool:
    """Cancel for the end of the period; False where that is refused."""
    owned = subscriptions.find_owned(at.db, at.merchant, found.subscription)
    card = customers.find_card(at.db, at.merchant, owned.customer_id) if owned else None
    if card is None:
        return False
    try:
        cancellations.cancel(_visit(at, card), found.subscription, Leaving(comment=found.reason))
    except (Refused, GatewayRefused):
        return False
    return True


def _visit(at: MerchantContext, card: CustomerCard) -> Visit:
    customer = Customer(card.id, card.stripe_customer, card.holded_contact, card.name, card.address)
    locale = card.language_or(at.merchant.locale)
    return Visit(at, customer, EVERYTHING, locale, at.now, email=card.address)


def _moment(at: MerchantContext, declaration: Declaration) -> str:
    """Write day and time of arrival in the merchant's zone, and name it."""
    local = declaration.received_at.astimezone(ZoneInfo(at.merchant.timezone))
    told = format_datetime(local, "long", locale=_locale(declaration.lane))
    return f"{told} ({at.merchant.timezone})"


def _locale(lane: Lane) -> str:
    return WORDS[lane].tag or i18n.current().tag.replace("-", "_")
