"""A database for each test: the schema is made once, and each test starts with it empty."""

import shutil
from copy import copy
from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, create_engine, make_url, text

from portal.db import Database
from portal.migrations import metadata

_ready: set[str] = set()


def empty(template_url: str) -> str:
    """Return the address of a database with the schema and no rows.

    On SQLite it is a copy of the template's file, always at the same place; on PostgreSQL the
    template itself, emptied.
    """
    _make_schema(template_url)
    url = make_url(template_url)
    if url.get_backend_name() != "sqlite":
        with opened(template_url).engine.begin() as connection:
            used = connection.scalars(_used_tables()).all()
            # What a table was like before is forgotten as well, so that plans do not depend on it.
            if used:
                connection.execute(text(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE"))
        return template_url
    file = Path(str(url.database)).with_name("portal.sqlite3")
    for left in file.parent.glob("portal.sqlite3*"):
        left.unlink()
    shutil.copyfile(str(url.database), file)
    return f"sqlite:///{file}"


@cache
def _used_tables() -> TextClause:
    """Write the question which tables hold rows: emptying one takes as long when it has none."""
    names = [f'"{table.name}"' for table in metadata().sorted_tables]
    return text(
        " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"  # noqa: S608 - our own names
            for name in names
        )
    )


def opened(url: str) -> Database:
    """Open a database anew over the engines that all tests of a process share.

    So its statements stay compiled; whatever is remembered for a database is forgotten.
    """
    return copy(_engines_of(url))


@cache
def _engines_of(url: str) -> Database:
    return Database(url, threads=4)


def _make_schema(template_url: str) -> None:
    if template_url in _ready:
        return
    engine = create_engine(template_url)
    metadata().create_all(engine)
    engine.dispose()
    _ready.add(template_url)
