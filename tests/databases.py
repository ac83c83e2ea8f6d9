"""A database for each test: the schema is made once, and each test starts with it empty."""

import shutil
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from portal.db import Base
from portal.migrations import metadata

_ready: set[str] = set()


def empty(template_url: str, folder: Path) -> str:
    """Return the address of a database with the schema and no rows.

    On SQLite it is a copy of the template's file; on PostgreSQL the template itself, emptied.
    """
    _make_schema(template_url)
    url = make_url(template_url)
    if url.get_backend_name() == "sqlite":
        copy = folder / "portal.sqlite3"
        shutil.copyfile(str(url.database), copy)
        return f"sqlite:///{copy}"
    engine = create_engine(template_url)
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    engine.dispose()
    return template_url


def _make_schema(template_url: str) -> None:
    if template_url in _ready:
        return
    engine = create_engine(template_url)
    metadata().create_all(engine)
    engine.dispose()
    _ready.add(template_url)
