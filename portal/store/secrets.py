"""Merchants' keys and webhook secrets, encrypted at rest.

Fernet binds nothing but the key, so the merchant and the field are inside the plaintext and are
compared on reading: a row copied to another merchant does not open.
"""

import json
from datetime import datetime
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import ForeignKey, LargeBinary, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit


class SecretUnreadable(RuntimeError):
    """A stored secret does not open with the keyring at hand, or belongs elsewhere."""


class SecretRow(Base):
    """One secret of one merchant."""

    __tablename__ = "secrets"

    merchant_id: Mapped[int] = mapped_column(
        ForeignKey("merchants.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(80), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime]


_GET = select(SecretRow.sealed).where(
    SecretRow.merchant_id == bindparam("merchant"), SecretRow.field == bindparam("field")
)


class Keyring:
    """The Fernet keys of an installation, newest first."""

    def __init__(self, keys: list[str]) -> None:
        if not keys:
            raise SecretUnreadable("the keyring is empty; run `flask portal init`")
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    @classmethod
    def read(cls, setting: str, file: Path) -> "Keyring":
        """Take the keys from the setting, else from the file (one a line)."""
        text = setting or (file.read_text() if file.exists() else "")
        return cls([key.strip() for key in text.replace(",", "\n").splitlines() if key.strip()])

    def seal(self, merchant_id: int, field: str, value: str) -> bytes:
        """Encrypt a secret for one field of one merchant."""
        bound = json.dumps({"merchant": merchant_id, "field": field, "value": value})
        return self._fernet.encrypt(bound.encode())

    def open(self, merchant_id: int, field: str, sealed: bytes) -> str:
        """Decrypt a secret; raises SecretUnreadable if key, merchant or field is another."""
        try:
            bound = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise SecretUnreadable(f"{field} does not open with this keyring") from None
        if (bound["merchant"], bound["field"]) != (merchant_id, field):
            raise SecretUnreadable(f"{field} was sealed for another place")
        return str(bound["value"])

    def renew(self, sealed: bytes) -> bytes:
        """Encrypt again with the newest key."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise SecretUnreadable("a secret does not open with this keyring") from None


def find(reader: Reader, keyring: Keyring, merchant_id: int, field: str) -> str | None:
    """Return a secret, or None if the merchant has none of that name."""
    row = reader.row(_GET, {"merchant": merchant_id, "field": field})
    return None if row is None else keyring.open(merchant_id, field, row.sealed)


def save(
    unit: Unit, keyring: Keyring, merchant_id: int, field: str, value: str, *, now: datetime
) -> None:
    """Keep a secret in place of an older one."""
    sealed = keyring.seal(merchant_id, field, value)
    unit.merge(SecretRow(merchant_id=merchant_id, field=field, sealed=sealed, changed_at=now))


def renew_all(unit: Unit, keyring: Keyring, *, now: datetime) -> int:
    """Encrypt every secret with the newest key and return how many there are."""
    rows = unit.scalars(select(SecretRow)).all()
    for row in rows:
        row.sealed = keyring.renew(row.sealed)
        row.changed_at = now
    return len(rows)
