"""What a sandbox tells its console. Times are aware UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Account:
    """One merchant's account: its id, its name, and the key a client shows."""

    id: str
    name: str
    key: str


@dataclass(frozen=True)
class Kind:
    """A kind of object and how many there are."""

    name: str
    count: int


@dataclass(frozen=True)
class Thing:
    """An object in a list: ``place`` orders it, ``about`` says in a few words what it is."""

    place: str
    id: str
    account: str
    about: str
    created: datetime | None


@dataclass(frozen=True)
class Happening:
    """An event, or the sending of one: ``about`` is the object's id, ``sent`` how it went."""

    place: str
    type: str
    about: str
    at: datetime
    sent: str


@dataclass(frozen=True)
class Call:
    """A request in the ledger; ``status`` is 0 where the connection was reset."""

    place: str
    at: datetime
    method: str
    path: str
    status: int
    caller: str
    fault: str


class Inside(Protocol):
    """The state of a sandbox as its console shows it. Lists are newest first, ``limit`` long, and
    go on below ``before``, a ``place``.
    """

    @property
    def provider(self) -> str: ...

    @property
    def ids(self) -> re.Pattern[str]:
        """What an id looks like in JSON text."""

    @property
    def fault_kinds(self) -> Sequence[str]: ...

    def now(self) -> datetime: ...

    def accounts(self) -> Sequence[Account]: ...

    def kinds(self) -> Sequence[Kind]: ...

    def things(
        self, kind: str, *, text: str, before: str | None, limit: int
    ) -> Sequence[Thing]: ...

    def kind_of(self, id_: str) -> str | None: ...

    def body(self, kind: str, id_: str) -> Any | None: ...

    def happenings(self, *, before: str | None, limit: int) -> Sequence[Happening]: ...

    def calls(self, *, before: str | None, limit: int) -> Sequence[Call]: ...

    def call(self, place: str) -> Any | None: ...

    def faults(self) -> Sequence[dict[str, Any]]: ...

    def plant(self, fault: dict[str, Any]) -> None:
        """Ask for a fault; raises ValueError for what is not one."""

    def clear_faults(self) -> None: ...

    def advance(self, seconds: int) -> Sequence[str]:
        """Move the clock and return what failed on the way, as text."""

    def resend(self, place: str) -> bool:
        """Send an event again; False when there is nothing to send or nobody to send it to."""

    def reset(self) -> None:
        """Forget everything but the accounts, with their keys."""
