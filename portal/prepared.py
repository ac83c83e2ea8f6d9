"""Statements that are compiled once and run through the driver itself: what every page reads, and
the one insert of every event.

SQLAlchemy spends about three times as long around a short statement as the database in it. One that
is built at import and never changes need not be asked about again each time; values are converted
by SQLAlchemy's own converters all the same.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, TypeVar

from sqlalchemy import CompoundSelect, Dialect, Engine, Executable, Insert, Select
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")
Converter = Callable[[Any], Any]


class Prepared:
    """One select or insert for one dialect; rows are named tuples, as SQLAlchemy's are.

    `columns` are those an insert is given. `is_ready` is False for what has to be compiled anew for
    every number of values given to an `IN`, and for other kinds of statements.
    """

    def __init__(
        self, statement: Executable, dialect: Dialect, columns: Sequence[str] = ()
    ) -> None:
        self.is_ready = False
        if not isinstance(statement, Select | CompoundSelect | Insert):
            return
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(columns) or None)
        asked = {name: bind for name, bind in compiled.binds.items() if bind.required}
        if any(bind.expanding for bind in asked.values()):
            return
        # Lists that the statement itself names are written out now.
        whole = compiled.construct_expanded_state({bind.key: None for bind in asked.values()})
        self._text: str = whole.statement
        self._order: Sequence[str] | None = whole.positiontup
        convert = whole.processors
        self._given: list[tuple[str, str, Converter | None]] = [
            (name, bind.key, convert.get(name)) for name, bind in asked.items()
        ]
        self._fixed: dict[str, Any] = {
            name: convert[name](value) if name in convert else value
            for name, value in whole.parameters.items()
            if name not in asked
        }
        if self._order is None:
            self._write_out()
        if not isinstance(statement, Insert):
            self._name_columns(statement, dialect)
        self.is_ready = True

    def _write_out(self) -> None:
        """Write our own constants into the text, which spares sending each of them every time."""
        for name, value in list(self._fixed.items()):
            written = _literal(value)
            if written:
                self._text = self._text.replace(f"%({name})s", written)
                del self._fixed[name]

    def _name_columns(self, statement: Select[Any] | CompoundSelect[Any], dialect: Dialect) -> None:
        columns = list(statement.selected_columns)
        names = [column.name for column in columns]
        shape: Any = type("Row", (namedtuple("Row", names),), {"__slots__": ()})
        shape._mapping = property(shape._asdict)
        self._make: Callable[[Sequence[Any]], Any] = shape._make
        self._converters = [
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def rows(self, engine: Engine, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a select."""
        return self._run(engine, parameters, self._rows)

    def send(self, engine: Engine, connection: Any, parameters: Mapping[str, Any]) -> Any:
        """Run a select on a connection and return the cursor its rows wait at."""
        cursor = connection.cursor()
        self._send(engine, cursor, self._values(parameters))
        return cursor

    def take(self, cursor: Any) -> list[Any]:
        """Return the rows that wait at a cursor, and close it."""
        found = self._rows(cursor)
        cursor.close()
        return found

    def insert(self, engine: Engine, parameters: Mapping[str, Any]) -> int:
        """Insert a row, as a unit by itself, and return how many were made."""
        return self._run(engine, parameters, _count)

    def _run(self, engine: Engine, parameters: Mapping[str, Any], take: Callable[[Any], T]) -> T:
        """Run on a connection of the pool; one that turns out to be dead is replaced once."""
        values = self._values(parameters)
        connection: Any = engine.raw_connection()
        try:
            try:
                return self._execute(engine, connection, values, take)
            except Exception as error:
                # Any error may be asked about; SQLAlchemy's stubs know those of drivers only.
                if not engine.dialect.is_disconnect(error, connection, None):  # type: ignore[arg-type]
                    raise
                connection.invalidate(error)
                connection.close()
                connection = engine.raw_connection()
                return self._execute(engine, connection, values, take)
        except engine.dialect.loaded_dbapi.Error as error:
            raise self._told(error, engine) from error
        finally:
            connection.close()

    def _told(self, error: Exception, engine: Engine) -> Exception:
        """Return a driver's error as SQLAlchemy's, which the rest of the portal knows."""
        base = engine.dialect.loaded_dbapi.Error
        return DBAPIError.instance(
            self._text, None, error, base, hide_parameters=True, dialect=engine.dialect
        )

    def _execute(self, engine: Engine, connection: Any, values: Any, take: Callable[[Any], T]) -> T:
        cursor = connection.cursor()
        try:
            self._send(engine, cursor, values)
            return take(cursor)
        finally:
            cursor.close()

    def _send(self, engine: Engine, cursor: Any, values: Any) -> None:
        for hear in engine.dispatch.before_cursor_execute:
            hear(None, cursor, self._text, values, None, False)
        cursor.execute(self._text, values)

    def _rows(self, cursor: Any) -> list[Any]:
        found = cursor.fetchall()
        if not self._converters:
            return [self._make(row) for row in found]
        return [self._make(self._converted(row)) for row in found]

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return values

    def _values(self, parameters: Mapping[str, Any]) -> Any:
        values = dict(self._fixed)
        for name, key, convert in self._given:
            value = parameters[key]
            values[name] = convert(value) if convert else value
        return values if self._order is None else [values[name] for name in self._order]


def together(
    engine: Engine, asked: Sequence[tuple[Prepared, Mapping[str, Any]]]
) -> list[list[Any]]:
    """Return the rows of several selects, over one connection, and in one journey where it can be.

    Any failure is that of the driver: whoever asks may ask again, one by one.
    """
    connection: Any = engine.raw_connection()
    try:
        is_piped = hasattr(connection.dbapi_connection, "pipeline")
        with connection.dbapi_connection.pipeline() if is_piped else nullcontext():
            sent = [prepared.send(engine, connection, values) for prepared, values in asked]
        return [prepared.take(cursor) for (prepared, _), cursor in zip(asked, sent, strict=True)]
    finally:
        connection.close()


def _literal(value: Any) -> str:
    """Return a constant as SQL writes it, empty for what is better sent beside the text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    is_plain = isinstance(value, str) and re.fullmatch(r"[\w ./:-]*", value, re.ASCII)
    return f"'{value}'" if is_plain else ""


def _count(cursor: Any) -> int:
    return int(cursor.rowcount)
