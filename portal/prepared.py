"""Selects that are compiled once and run through the driver itself: the reads of every page.

SQLAlchemy spends about three times as long around a short select as the database in it. A select
that is built at import and never changes need not be asked about again each time; types are
converted by SQLAlchemy's own converters all the same.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Dialect, Engine, Executable, Select

Converter = Callable[[Any], Any]


class Prepared:
    """One select for one dialect; its rows are named tuples, as SQLAlchemy's are.

    `is_ready` is False for what has to be compiled anew for every number of values given to an
    `IN`, and for what is no select.
    """

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        self.is_ready = False
        if not isinstance(statement, Select | CompoundSelect):
            return
        compiled: Any = statement.compile(dialect=dialect)
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
        self._name_columns(statement, dialect)
        self.is_ready = True

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
        """Run the select on a connection of the pool; a dead one is replaced once."""
        values = self._values(parameters)
        connection: Any = engine.raw_connection()
        try:
            try:
                found = self._run(engine, connection, values)
            except Exception as error:
                if not engine.dialect.is_disconnect(error, connection, None):  # type: ignore[arg-type]
                    raise
                connection.invalidate(error)
                connection.close()
                connection = engine.raw_connection()
                found = self._run(engine, connection, values)
        finally:
            connection.close()
        return [self._make(row) for row in found]

    def _run(self, engine: Engine, connection: Any, values: Any) -> list[Any]:
        cursor = connection.cursor()
        try:
            for hear in engine.dispatch.before_cursor_execute:
                hear(None, cursor, self._text, values, None, False)
            cursor.execute(self._text, values)
            found: list[Any] = cursor.fetchall()
        finally:
            cursor.close()
        if not self._converters:
            return found
        return [self._converted(row) for row in found]

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
