"""What every mirrored row has: whose it is, the provider's id, and how old its state is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, String, Text, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import UniqueConstraint

from portal.db import Base, Reader, Unit, upsert
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant

T = TypeVar("T")
KEY = ("merchant_id", "livemode", "account", "provider_id")


class MirroredRow(Base):
    """Base of the mirror's tables.

    `state_at` is the provider's time of the state we hold, `snapshot` the whole of it as JSON.
    Provider ids are unique only within merchant, mode and account. No foreign keys: a
    child may be told before its parent.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int]
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    provider_id: Mapped[str] = mapped_column(String(120))
    state_at: Mapped[datetime]
    snapshot: Mapped[str] = mapped_column(Text)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        """Return the key and the indexes a table asks for."""
        return (UniqueConstraint(*KEY), *cls.indexes())

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """Return further indexes; most tables need none."""
        return ()


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def dump(snapshot: object) -> str:
    """Write a snapshot as JSON."""
    return _adapter(type(snapshot)).dump_json(snapshot).decode()


def load(kind: type[T], text: str) -> T:
    """Read a snapshot back."""
    snapshot: T = _adapter(kind).validate_json(text)
    return snapshot


def account_of(merchant: Merchant, origin: Origin) -> str:
    """Return the merchant's account at the system an object comes from."""
    return merchant.stripe_account if origin is Origin.STRIPE else merchant.holded_account


def key_of(merchant: Merchant, origin: Origin, id: str) -> dict[str, Any]:
    """Return the values of the key columns."""
    return {
        "merchant_id": merchant.id,
        "livemode": merchant.livemode,
        "account": account_of(merchant, origin),
        "provider_id": id,
    }


def save(
    unit: Unit,
    model: type[MirroredRow],
    rows: Sequence[Mapping[str, Any]],
    *,
    keep: tuple[str, ...] = (),
) -> None:
    """Write rows, each only if it is not older than the one we hold.

    Columns named in `keep` hold their old value where the new one is empty: what an event leaves
    out and only a re-read tells.
    """
    if rows:
        statement = _upsert(model, unit.dialect, tuple(rows[0]), keep)
        unit.connection().execute(statement, list(rows))


@cache
def _upsert(
    model: type[MirroredRow], dialect: str, names: tuple[str, ...], keep: tuple[str, ...]
) -> Any:
    """Build the statement once: building costs more than running it."""
    insert, table = upsert(dialect, model), model.__table__
    changes = {
        name: _unless_empty(insert.excluded[name], table.c[name])
        if name in keep
        else insert.excluded[name]
        for name in names
        if name not in KEY
    }
    return insert.on_conflict_do_update(
        index_elements=list(KEY),
        set_=changes,
        where=table.c.state_at <= insert.excluded.state_at,
    )


def remove(
    unit: Unit, model: type[MirroredRow], merchant: Merchant, origin: Origin, id: str
) -> None:
    """Delete a row the provider no longer has."""
    unit.execute(delete(model).where(*_matches(model, key_of(merchant, origin, id))))


def held_at(
    reader: Reader,
    model: type[MirroredRow],
    merchant: Merchant,
    origin: Origin,
    ids: Sequence[str],
) -> dict[str, datetime]:
    """Return the provider's time of the states we hold of these ids."""
    values = {**account_values(merchant, origin), "ids": list(ids)}
    return {row.provider_id: row.state_at for row in reader.rows(_held(model), values)}


def find(
    reader: Reader, model: type[MirroredRow], merchant: Merchant, origin: Origin, id: str
) -> tuple[datetime, str] | None:
    """Return the provider's time of the state we hold of an id, and that state as JSON.

    In a unit, the row is held against other writers until it ends.
    """
    statement = _one(model, is_held=isinstance(reader, Unit))
    row = reader.row(statement, {**account_values(merchant, origin), "id": id})
    return None if row is None else (row.state_at, row.snapshot)


@cache
def _one(model: type[MirroredRow], *, is_held: bool) -> Any:
    found = select(model.state_at, model.snapshot).where(
        *of_account(model), model.provider_id == bindparam("id")
    )
    return found.with_for_update() if is_held else found


@cache
def _held(model: type[MirroredRow]) -> Any:
    return select(model.provider_id, model.state_at).where(
        *of_account(model), model.provider_id.in_(bindparam("ids", expanding=True))
    )


def of_account(model: type[MirroredRow]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions every read of a mirror table starts with, as bound parameters."""
    return (
        model.merchant_id == bindparam("merchant"),
        model.livemode == bindparam("livemode"),
        model.account == bindparam("account"),
    )


def account_values(merchant: Merchant, origin: Origin) -> dict[str, Any]:
    """Return the values for `of_account`."""
    return {
        "merchant": merchant.id,
        "livemode": merchant.livemode,
        "account": account_of(merchant, origin),
    }


def _matches(model: type[MirroredRow], key: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    return [getattr(model, name) == value for name, value in key.items()]


def _unless_empty(new: Any, old: Any) -> Any:
    return func.coalesce(func.nullif(new, ""), old)
