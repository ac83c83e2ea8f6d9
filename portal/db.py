"""The database: engines, units of work, and the typed base of every table.

Reads run in autocommit on an engine of their own. A writing unit is one transaction that takes the
write lock at once (`BEGIN IMMEDIATE` on SQLite), because a transaction that starts by reading and
then writes fails under load whatever the busy timeout. No provider is called while a unit is open.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Row,
    Table,
    TypeDecorator,
    create_engine,
    event,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, mapped_column

from portal.prepared import Prepared, together

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

# A sum in minor units, as a column: in 32 bits, 21 million euros would be too much.
MinorUnits = Annotated[int, mapped_column(BigInteger)]

_open_units: ContextVar[int] = ContextVar("open_units", default=0)
_statements: ContextVar[list[int] | None] = ContextVar("statements", default=None)


class Moment(TypeDecorator[datetime]):
    """A point in time: aware UTC in Python, UTC in the database; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times and store the rest as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table, ours and mirrored."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Moment}  # noqa: RUF012 - SQLAlchemy's own shape


class Unit(Session):
    """One writing transaction; commits at its end, or leaves nothing behind."""

    @property
    def dialect(self) -> str:
        """Return the name of the database's dialect."""
        return self.get_bind().dialect.name

    def rows(self, statement: Executable, parameters: Parameters = None) -> Sequence[Row[Any]]:
        """Return all rows of a select."""
        return self.execute(statement, parameters).all()

    def row(self, statement: Executable, parameters: Parameters = None) -> Row[Any] | None:
        """Return the first row of a select, or None."""
        return self.execute(statement, parameters).first()

    def write(self, statement: Executable, parameters: Parameters = None) -> int:
        """Run an insert, update or delete and return how many rows it met."""
        result = self.connection().execute(statement, parameters)
        return result.rowcount


class Database:
    """The engines of one database; safe to share between threads, opened anew after a fork.

    `with Database(url) as db` closes its connections at the end.
    """

    def __init__(self, url: str | URL, *, threads: int = 8) -> None:
        self.url = make_url(url)
        self.engine = _engine(self.url, threads)
        self.reading_engine = _engine(self.url, threads, isolation_level="AUTOCOMMIT")
        self._prepared: WeakKeyDictionary[Executable, Prepared | None] = WeakKeyDictionary()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()

    @property
    def dialect(self) -> str:
        """Return the name of the database's dialect."""
        return self.url.get_backend_name()

    @property
    def is_sqlite(self) -> bool:
        """Whether one file is the whole database, so that one process should write at a time."""
        return self.dialect == "sqlite"

    def rows(self, statement: Executable, parameters: Parameters = None) -> Sequence[Row[Any]]:
        """Return all rows of a select, outside any transaction."""
        if isinstance(parameters, Mapping) and (prepared := self._prepare(statement)):
            return prepared.rows(self.reading_engine, parameters)
        return self._read(lambda connection: connection.execute(statement, parameters).all())

    def row(self, statement: Executable, parameters: Parameters = None) -> Row[Any] | None:
        """Return the first row of a select, or None, outside any transaction."""
        if isinstance(parameters, Mapping) and (prepared := self._prepare(statement)):
            found = prepared.rows(self.reading_engine, parameters)
            return found[0] if found else None
        return self._read(lambda connection: connection.execute(statement, parameters).first())

    def rows_of(self, *asked: tuple[Executable, Mapping[str, Any]]) -> list[Sequence[Row[Any]]]:
        """Return all rows of several selects that do not need each other, each as `rows` does."""
        prepared = [self._prepare(statement) for statement, _ in asked]
        ready = [
            (one, values)
            for one, (_, values) in zip(prepared, asked, strict=True)
            if one is not None
        ]
        if len(ready) == len(asked):
            with suppress(self.reading_engine.dialect.loaded_dbapi.Error):
                return list(together(self.reading_engine, ready))
        return [self.rows(statement, values) for statement, values in asked]

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """Open the one transaction of a unit of work and commit it at the end."""
        if _open_units.get():
            raise RuntimeError("a unit of work is open already; pass it on instead")
        token = _open_units.set(1)
        try:
            with Unit(self.engine, expire_on_commit=False) as unit, unit.begin():
                yield unit
        finally:
            _open_units.reset(token)

    @contextmanager
    def session(self) -> Iterator[Unit]:
        """Read rows as objects, outside any transaction; nothing may be written through it."""
        with Unit(self.reading_engine, expire_on_commit=False, autoflush=False) as unit:
            yield unit

    def insert(self, statement: Executable, parameters: Parameters) -> int:
        """Run one insert that is a unit by itself and return how many rows it made.

        A single statement needs no transaction around it: the cheapest way to keep something. It
        may run twice where a connection dies under it, so it is one that conflicts with itself.
        """
        if isinstance(parameters, Mapping) and (prepared := self._prepare(statement, parameters)):
            return prepared.insert(self.reading_engine, parameters)
        return self._read(lambda connection: connection.execute(statement, parameters).rowcount)

    def _read(self, run: Callable[[Connection], T]) -> T:
        """Run something on a connection of the pool; one that turns out to be dead is replaced."""
        try:
            with self.reading_engine.connect() as connection:
                return run(connection)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        with self.reading_engine.connect() as connection:
            return run(connection)

    def gather_statistics(self) -> None:
        """Let SQLite sample its tables, to choose well among indexes; PostgreSQL does so itself.

        What 0x10002 means is in sqlite.org/pragma.html#pragma_optimize: every table, and quickly.
        """
        if self.is_sqlite:
            with self.reading_engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA optimize = 0x10002")

    def _prepare(self, statement: Executable, columns: Iterable[str] = ()) -> Prepared | None:
        """Return a statement that was asked before, compiled: it is one that is built once.

        An insert is given the same columns each time.
        """
        if statement not in self._prepared:
            self._prepared[statement] = None
            return None
        known = self._prepared[statement]
        if known is None:
            known = Prepared(statement, self.reading_engine.dialect, tuple(columns))
            self._prepared[statement] = known
        return known if known.is_ready else None

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self.reading_engine.dispose()


Reader = Database | Unit


def refuse_open_unit() -> None:
    """Raise if a unit of work is open: a provider must never be awaited under a write lock."""
    if _open_units.get():
        raise RuntimeError("a provider was called while a transaction is open")


def upsert(dialect: str, model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return a dialect's insert statement, which knows `on_conflict_do_update`."""
    table = cast("Table", model.__table__)
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def flag(column: InstrumentedAttribute[bool]) -> ColumnElement[bool]:
    """Return a boolean column as a condition in the words of partial indexes.

    A database takes such an index only for a query that says the same: to it, `shown IS 1` is
    something else than `shown`, and so is `state = ?` than `state = 'waiting'`.
    """
    return literal_column(f"{column.class_.__tablename__}.{column.key}")


def word(text: str) -> ColumnElement[str]:
    """Return one of our own words as a constant of the statement, as partial indexes name it."""
    return literal_column(f"'{text}'")


@contextmanager
def counted_statements() -> Iterator[list[int]]:
    """Count the SQL statements run inside; the only element of the list is the number."""
    counter = [0]
    token = _statements.set(counter)
    try:
        yield counter
    finally:
        _statements.reset(token)


def _engine(url: URL, threads: int, **options: Any) -> Engine:
    # Units ask whether their connection is alive, and leave it clean. Reads find out, go on with
    # another, and leave nothing behind that would have to be taken back.
    engine = create_engine(
        url,
        pool_size=threads,
        max_overflow=2,
        pool_pre_ping=not options,
        pool_reset_on_return=None if options else "rollback",
        pool_use_lifo=True,
        hide_parameters=True,
        **_for(url),
        **options,
    )
    event.listen(engine, "before_cursor_execute", _count)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        if not options:
            event.listen(engine, "begin", _begin_immediate)
    elif options:
        event.listen(engine, "connect", _set_up_reading)
    return engine


def _for(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 5, "check_same_thread": False}}
    return {}


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "busy_timeout = 5000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_reading(connection: Any, _record: object) -> None:
    # SQLAlchemy sets it when it opens a connection; what runs through the driver needs it before.
    connection.autocommit = True


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _count(*_: object) -> None:
    counter = _statements.get()
    if counter is not None:
        counter[0] += 1
