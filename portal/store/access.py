"""Sign-in mails that were asked for: each is a link and a code, of which only a hash is here.

Link and code are derived from the secret key and `name`, so that the worker can write the mail
although nobody stored them.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, String, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit
from portal.domain.access import SIGN_IN_LIFE, WRONG_CODES


class SignInRow(Base):
    """One sign-in mail.

    `email` is the canonical form of what was typed, `ask_hash` names the browser that asked, `to`
    the page it wants. `by_link` says that the address was taken from the link of another mail, so
    that who asked may not know it. `used_at` is when the link or the code signed in, `ended_at`
    when it ended without: by wrong codes, or because another mail to the same browser was used.
    """

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(32))
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(35))
    to: Mapped[str] = mapped_column(String(20))
    ask_hash: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    by_link: Mapped[bool] = mapped_column(default=False)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_sign_ins_ask_hash", "ask_hash", "merchant_id"),)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in mail as it stands."""

    id: int
    merchant_id: int
    name: str
    email: str
    locale: str
    to: str
    ask_hash: str
    by_link: bool
    wrong_codes: int
    asked_at: datetime
    expires_at: datetime
    used_at: datetime | None
    ended_at: datetime | None

    def is_alive(self, now: datetime) -> bool:
        """Whether it can still sign somebody in."""
        return self.used_at is None and self.ended_at is None and now < self.expires_at

    @property
    def tries_left(self) -> int:
        """How many wrong codes it still bears."""
        return max(WRONG_CODES - self.wrong_codes, 0)


_COLUMNS = [column for column in SignInRow.__table__.columns if column.name != "token_hash"]
_ALIVE = (
    SignInRow.used_at.is_(None),
    SignInRow.ended_at.is_(None),
    SignInRow.expires_at > bindparam("now"),
)
_BY_ID = select(*_COLUMNS).where(SignInRow.id == bindparam("id"))
_BY_TOKEN = select(*_COLUMNS).where(SignInRow.token_hash == bindparam("hash"))
_NEWEST = (
    select(*_COLUMNS)
    .where(
        SignInRow.ask_hash == bindparam("ask"),
        SignInRow.merchant_id == bindparam("merchant"),
    )
    .order_by(SignInRow.id.desc())
    .limit(1)
)
_USE = update(SignInRow).where(SignInRow.id == bindparam("which"), *_ALIVE)
_END_OTHERS = update(SignInRow).where(SignInRow.ask_hash == bindparam("ask"), *_ALIVE)
_TAKE_TRY = (
    update(SignInRow)
    .where(SignInRow.id == bindparam("which"), SignInRow.wrong_codes < WRONG_CODES, *_ALIVE)
    .values(wrong_codes=SignInRow.wrong_codes + 1)
)
_END_WORN_OUT = update(SignInRow).where(
    SignInRow.id == bindparam("which"), SignInRow.wrong_codes >= WRONG_CODES, *_ALIVE
)


def new_name() -> str:
    """Return the random name from which a row's token and code are derived."""
    return secrets.token_hex(16)


def add(
    unit: Unit,
    *,
    merchant_id: int,
    name: str,
    email: str,
    locale: str,
    to: str,
    ask_hash: str,
    token_hash: str,
    by_link: bool,
    now: datetime,
) -> int:
    """Write a sign-in mail that is to be sent and return its id."""
    row = SignInRow(
        merchant_id=merchant_id,
        name=name,
        email=email,
        locale=locale,
        to=to,
        ask_hash=ask_hash,
        token_hash=token_hash,
        by_link=by_link,
        asked_at=now,
        expires_at=now + SIGN_IN_LIFE,
    )
    unit.add(row)
    unit.flush()
    return row.id


def find(reader: Reader, id: int) -> SignIn | None:
    """Return the sign-in a job names."""
    return _sign_in(reader.row(_BY_ID, {"id": id}))


def find_by_token(reader: Reader, token_hash: str) -> SignIn | None:
    """Return the sign-in a link belongs to, alive or not."""
    return _sign_in(reader.row(_BY_TOKEN, {"hash": token_hash}))


def find_newest(reader: Reader, merchant_id: int, ask_hash: str) -> SignIn | None:
    """Return the newest sign-in that this browser asked for, alive or not."""
    return _sign_in(reader.row(_NEWEST, {"ask": ask_hash, "merchant": merchant_id}))


def use(unit: Unit, sign_in: SignIn, *, now: datetime) -> bool:
    """Use it up, and with it every other mail to the same browser; False if it was used before."""
    is_first = unit.write(_USE.values(used_at=now), {"which": sign_in.id, "now": now}) == 1
    if is_first:
        unit.write(_END_OTHERS.values(ended_at=now), {"ask": sign_in.ask_hash, "now": now})
    return is_first


def take_try(unit: Unit, sign_in: SignIn, *, now: datetime) -> bool:
    """Count a code before it is compared, so that many at once are no more tries than in turn.

    False if no try is left. The last wrong one ends link and code: see `end_worn_out`.
    """
    return unit.write(_TAKE_TRY, {"which": sign_in.id, "now": now}) == 1


def end_worn_out(unit: Unit, sign_in: SignIn, *, now: datetime) -> None:
    """End link and code if that was the last wrong code allowed."""
    unit.write(_END_WORN_OUT.values(ended_at=now), {"which": sign_in.id, "now": now})


def forget(unit: Unit, *, before: datetime) -> int:
    """Delete the sign-ins that expired before a moment and return how many there were."""
    return unit.write(delete(SignInRow).where(SignInRow.expires_at < before))


def _sign_in(row: Row[Any] | None) -> SignIn | None:
    return None if row is None else SignIn(**row._mapping)
