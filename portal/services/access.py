"""Signing in by mail: a link and a code in one message, bound to the browser that asked for it."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from portal import keys
from portal.context import MerchantContext
from portal.db import Database, Unit
from portal.domain.customers import canonical_email, is_possible_email
from portal.domain.errors import InvalidInput, LinkSpent, NotFound, TooManyTries
from portal.domain.merchants import Merchant
from portal.mirror import customers
from portal.services import mail, sessions, tries
from portal.services.sessions import PortalSession
from portal.settings import Settings
from portal.store import access, merchants, outbox
from portal.store import sessions as store_sessions
from portal.store import tries as store_tries
from portal.store.access import SignIn

log = structlog.get_logger()

CODE_DIGITS = 6
LONGEST_EMAIL = 254
# How long a spent link can still be told from one that never was.
KEPT = timedelta(days=7)


class WrongCode(InvalidInput):
    """The code is not the one in the mail; `tries_left` may be 0, and then the link is dead too."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("code", "wrong")
        self.tries_left = tries_left


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that was just started: the key for its cookie, and where to go now.

    `has_to_choose` says that the address belongs to several customers.
    """

    key: str
    to: str
    has_to_choose: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: a mail to a canonical address, and the page to go to afterwards.

    `by_link` says that the address was not typed but taken from the link of another mail.
    """

    email: str
    to: str
    by_link: bool = False


def ask(
    at: MerchantContext, typed: str, *, ask_key: str, locale: str, to: str, address: str
) -> None:
    """Ask for a sign-in mail; takes the same path and time whether the address is known or not.

    `ask_key` is the secret of the browser's cookie, `address` where the request came from. Raises
    InvalidInput for what is no address, TooManyTries when a limit is met.
    """
    asked = Asked(_checked(typed), to=to)
    _ask(at, asked, ask_key=ask_key, locale=locale, address=address)


def ask_by_link(
    at: MerchantContext, token: str, *, ask_key: str, locale: str, address: str
) -> None:
    """Send a new mail to the address that a link was mailed to, for this browser to use.

    Mails get forwarded: who opens the link may not know the address, and does not learn it.
    Raises LinkSpent for a link nobody made, and TooManyTries.
    """
    sign_in = find_by_token(at, token)
    if sign_in is None:
        raise LinkSpent("sign-in link")
    asked = Asked(sign_in.email, to=sign_in.to, by_link=True)
    _ask(at, asked, ask_key=ask_key, locale=locale, address=address)


def ask_again(at: MerchantContext, *, ask_key: str, locale: str, address: str) -> None:
    """Send the mail that this browser asked for once more.

    Raises LinkSpent if it asked for none, and TooManyTries.
    """
    sign_in = find_asked(at, ask_key)
    if sign_in is None:
        raise LinkSpent("sign-in mail")
    asked = Asked(sign_in.email, to=sign_in.to, by_link=sign_in.by_link)
    _ask(at, asked, ask_key=ask_key, locale=locale, address=address)


def mail_sign_in(at: MerchantContext, *, sign_in: int) -> None:
    """Send the mail, if there is anybody to send it to: the job behind `ask`.

    It goes to the address as the provider stores it, never to the one that was typed.
    """
    found = access.find(at.db, sign_in)
    if found is None or not found.is_alive(at.now):
        return
    known = customers.list_by_email(at.db, at.merchant, found.email)
    if not known:
        return
    mail.send(
        at,
        "sign_in",
        to=known[0].address,
        locale=known[0].locale or found.locale,
        message_id=f"sign-in-{found.name}",
        link=f"{at.settings.public_url}/l/{_token(at.settings, found.name)}",
        code=code_of(at.settings, found.name),
        expires_at=found.expires_at,
    )


def find_merchant(db: Database, token: str) -> Merchant | None:
    """Return the merchant whose sign-in mail a link came with."""
    found = access.find_by_token(db, keys.hashed(token))
    return None if found is None else merchants.get_by_id(db, found.merchant_id)


def find_asked(at: MerchantContext, ask_key: str) -> SignIn | None:
    """Return the newest sign-in this browser asked for, alive or not."""
    if not ask_key:
        return None
    return access.find_newest(at.db, at.merchant.id, keys.hashed(ask_key))


def find_by_token(at: MerchantContext, token: str) -> SignIn | None:
    """Return the sign-in of a link, alive or not; None if it is another merchant's or nobody's."""
    found = access.find_by_token(at.db, keys.hashed(token)) if token else None
    return found if found is not None and found.merchant_id == at.merchant.id else None


def is_asked_by(sign_in: SignIn, ask_key: str) -> bool:
    """Whether this browser is the one that asked."""
    return bool(ask_key) and hmac.compare_digest(keys.hashed(ask_key), sign_in.ask_hash)


def redeem_link(
    at: MerchantContext,
    token: str,
    *,
    ask_key: str,
    address: str,
    replaces: PortalSession | None = None,
) -> Entered:
    """Sign in by the link, in the browser that asked; raises LinkSpent, and NotFound elsewhere."""
    sign_in = find_by_token(at, token)
    if sign_in is None:
        raise LinkSpent("sign-in link")
    if not is_asked_by(sign_in, ask_key):
        raise NotFound("sign-in of this browser")
    return _redeem(at, sign_in, address=address, replaces=replaces)


def redeem_code(
    at: MerchantContext,
    typed: str,
    *,
    ask_key: str,
    address: str,
    replaces: PortalSession | None = None,
) -> Entered:
    """Sign in by the code of the newest mail; raises WrongCode, or LinkSpent if none is alive."""
    sign_in = find_asked(at, ask_key)
    if sign_in is None or not sign_in.is_alive(at.now):
        raise LinkSpent("sign-in code")
    is_right = hmac.compare_digest(
        digits_of(typed).encode(), code_of(at.settings, sign_in.name).encode()
    )
    if is_right:
        return _redeem(at, sign_in, address=address, replaces=replaces, is_code=True)
    with at.db.write() as unit:
        has_tries = access.take_try(unit, sign_in, now=at.now)
        access.end_worn_out(unit, sign_in, now=at.now)
    log.warning("access.wrong_code", merchant=at.merchant.slug, id=sign_in.id)
    if not has_tries:
        raise LinkSpent("sign-in code")
    raise WrongCode(max(sign_in.tries_left - 1, 0))


def digits_of(typed: str) -> str:
    """Return the code that was typed, without the spaces and dashes people put in.

    Anything but ASCII digits makes it no code at all: there are 60 other sets of digits.
    """
    bare = "".join(typed.split()).replace("-", "")
    is_code = len(bare) == CODE_DIGITS and bare.isascii() and bare.isdigit()
    return bare if is_code else ""


def code_of(settings: Settings, name: str) -> str:
    """Return the code of a sign-in; 256 bits modulo a million favour no code noticeably."""
    number = int.from_bytes(keys.derive(settings, "sign-in code", name))
    return str(number % 10**CODE_DIGITS).zfill(CODE_DIGITS)


def forget_old(db: Database, *, now: datetime) -> None:
    """Delete sign-ins, sessions and counters that are of no more use to anybody."""
    with db.write() as unit:
        access.forget(unit, before=now - KEPT)
        store_sessions.forget(unit, before=now - KEPT)
        store_tries.forget(unit, now=now)


def _redeem(
    at: MerchantContext,
    sign_in: SignIn,
    *,
    address: str,
    replaces: PortalSession | None,
    is_code: bool = False,
) -> Entered:
    known = customers.list_by_email(at.db, at.merchant, sign_in.email)
    now = at.now
    with at.db.write() as unit:
        # A right code takes a try as a wrong one does, else many at once would be free guesses.
        may_use = not is_code or access.take_try(unit, sign_in, now=now)
        if not known or not may_use or not access.use(unit, sign_in, now=now):
            raise LinkSpent("sign-in")
        tries.give_back(unit, at.settings, tries.of_sign_in(at.merchant.id, sign_in.email, address))
        key = sessions.start(
            unit,
            at.merchant,
            known[0] if len(known) == 1 else None,
            entered_by=sessions.BY_SIGN_IN,
            now=now,
            email=sign_in.email,
            replaces=replaces,
        )
    log.info("access.signed_in", merchant=at.merchant.slug, id=sign_in.id)
    return Entered(key, sign_in.to, has_to_choose=len(known) > 1)


def _ask(at: MerchantContext, asked: Asked, *, ask_key: str, locale: str, address: str) -> None:
    limits, now = tries.of_sign_in(at.merchant.id, asked.email, address), at.now
    try:
        with at.db.write() as unit:
            tries.take(unit, at.settings, limits, now=now)
            _write(unit, at, asked, ask_key=ask_key, locale=locale, now=now)
    except TooManyTries as refusal:
        log.warning("access.too_many_tries", merchant=at.merchant.slug, seconds=refusal.retry_after)
        raise


def _write(
    unit: Unit, at: MerchantContext, asked: Asked, *, ask_key: str, locale: str, now: datetime
) -> None:
    name = access.new_name()
    id = access.add(
        unit,
        merchant_id=at.merchant.id,
        name=name,
        email=asked.email,
        locale=locale,
        to=asked.to,
        by_link=asked.by_link,
        ask_hash=keys.hashed(ask_key),
        token_hash=keys.hashed(_token(at.settings, name)),
        now=now,
    )
    outbox.add(unit, "mail_sign_in", str(id), merchant_id=at.merchant.id, now=now, sign_in=id)


def _token(settings: Settings, name: str) -> str:
    return keys.derive_token(settings, "sign-in link", name)


def _checked(typed: str) -> str:
    """Return the canonical address; raises InvalidInput for what cannot be one."""
    email = canonical_email(typed)
    if not is_possible_email(email) or len(email) > LONGEST_EMAIL:
        raise InvalidInput("email", "no_address")
    return email
