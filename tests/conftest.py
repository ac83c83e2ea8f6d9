"""What every test shares: where tests may connect to, and which database they use."""

import gc
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests import databases
from tests.house import House, build

TESTS = Path(__file__).parent
LOOPBACK = ["127.0.0.1", "::1", "localhost"]
DATABASE_FIXTURES = {"database_url", "empty_database_url"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark journeys by place and database tests by fixture; open the loopback where asked."""
    if os.environ.get("PORTAL_TEST_POSTGRES"):
        _keep_first_cases(config, items)
    for item in items:
        if item.path.is_relative_to(TESTS / "journeys"):
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.loopback)
        if DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.database)
        if item.get_closest_marker("loopback"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


def pytest_collection_finish() -> None:
    """Leave what lives as long as the process to itself: sorting through it for garbage is slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _keep_first_cases(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out all but the first case of tests whose cases run the same statements."""
    seen: set[str] = set()
    left_out = []
    for item in items:
        name = item.nodeid.partition("[")[0]
        if item.get_closest_marker("provider") and name in seen:
            left_out.append(item)
        seen.add(name)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _make_postgresql_database(server: str) -> str:
    """Create a database of an unused name on the server and return its address."""
    name = f"test_{secrets.token_hex(6)}"
    address = make_url(server)
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return address.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of one database for all tests of this process, empty at first.

    It is SQLite in a file, or PostgreSQL when PORTAL_TEST_POSTGRES names a server: `make test` runs
    the tests that use this fixture on both.
    """
    if server := os.environ.get("PORTAL_TEST_POSTGRES"):
        return _make_postgresql_database(server)
    return f"sqlite:///{tmp_path_factory.mktemp('database')}/portal.db"


@pytest.fixture
def empty_database_url(tmp_path: Path) -> Iterator[str]:
    """The address of a fresh and empty database for this test alone, as migrations need it."""
    server = os.environ.get("PORTAL_TEST_POSTGRES")
    if not server:
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    address = _make_postgresql_database(server)
    yield address
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{make_url(address).database}" WITH (FORCE)')


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """A whole installation in this process, with both sandboxes and one merchant (`nuvol`)."""
    yield from build(databases.empty(database_url), tmp_path)
