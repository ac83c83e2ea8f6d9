"""Which statements run, and how the database would find their rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tests.house import House

Statements = list[tuple[str, Any]]


@contextmanager
def heard(house: House) -> Iterator[Statements]:
    """Collect the statements that run meanwhile, with their values."""
    statements: Statements = []

    def hear(_c: object, _k: object, statement: str, values: Any, _x: object, _m: bool) -> None:
        statements.append((statement, values))

    engines = (house.db.engine, house.db.reading_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", hear)


def plan(house: House, statement: str, values: Any) -> str:
    """Return how the database would run a statement on tables that are not as small as a test's."""
    with house.db.reading_engine.connect() as connection:
        if house.db.is_sqlite:
            statement = f"EXPLAIN QUERY PLAN {statement}"
        else:
            connection.exec_driver_sql("SET enable_seqscan = off")
            statement = f"EXPLAIN {statement}"
        # A statement that was prepared by an earlier test is given its values as a list.
        values = tuple(values) if isinstance(values, list) else values
        found = connection.exec_driver_sql(statement, values).all()
        return "\n".join(str(row[-1]) for row in found)
