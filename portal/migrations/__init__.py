"""The versions of the database's schema, and moving between them."""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from portal import mirror, store
from portal.db import Base, Database

HERE = Path(__file__).parent


def metadata() -> MetaData:
    """Return every table there is, ours and mirrored."""
    for package in (store, mirror):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    return Base.metadata


def upgrade(db: Database, revision: str = "head") -> None:
    """Bring the schema to this version of the portal, or to a revision on the way."""
    with _connected(db) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(db: Database, revision: str) -> None:
    """Take the schema back to an older revision; `base` removes every table."""
    with _connected(db) as connection:
        command.downgrade(_config(connection), revision)


def revise(db: Database, message: str) -> None:
    """Write a new revision from what the models say and the database lacks."""
    script = ScriptDirectory(str(HERE))
    number = f"{len(list(script.walk_revisions())) + 1:04}"
    with _connected(db) as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=number)


def differences(db: Database) -> list[object]:
    """Return how the database differs from the models; nothing if they agree."""
    with _connected(db) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata()))


def is_current(db: Database) -> bool:
    """Whether the database has the schema of this version."""
    with db.reading_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head()


@cache
def head() -> str | None:
    """Return the newest revision there is."""
    return ScriptDirectory(str(HERE)).get_current_head()


@contextmanager
def _connected(db: Database) -> Iterator[Connection]:
    """Open one transaction for a whole move, so that a failed one leaves the old schema.

    SQLite rebuilds a table to change it, and would delete what points to the old one: foreign keys
    are off meanwhile, and checked before the commit.
    """
    with db.engine.connect() as connection:
        if db.is_sqlite:
            _set_foreign_keys(connection, on=False)
        try:
            with connection.begin():
                yield connection
                if db.is_sqlite:
                    _check_foreign_keys(connection)
        finally:
            if db.is_sqlite:
                _set_foreign_keys(connection, on=True)


def _set_foreign_keys(connection: Connection, *, on: bool) -> None:
    # The pragma does nothing within a transaction, and SQLAlchemy begins one for any statement.
    raw = connection.connection.cursor()
    raw.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")
    raw.close()


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"rows would be left without what they point to: {broken[:5]}")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config
