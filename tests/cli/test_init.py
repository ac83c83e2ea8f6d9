"""An installation is made, and one without keys does not start."""

import pkgutil
import stat
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from flask import Flask

from portal import cli, keys, migrations
from portal.app import create_app
from portal.db import Database
from portal.keys import KeysMissing
from portal.settings import Settings
from portal.web.installation import of


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    return Settings(portal_data=tmp_path / "new", database_url="")


@pytest.fixture
def start() -> Iterator[Callable[[Settings], Flask]]:
    """A function that starts an application, whose connections are closed in the end."""
    made: list[Flask] = []

    def create(settings: Settings) -> Flask:
        made.append(create_app(settings))
        return made[-1]

    yield create
    for app in made:
        if "portal" in app.extensions:
            of(app).db.dispose()


def test_without_keys_the_portal_does_not_start_and_says_why(settings):
    with pytest.raises(KeysMissing, match="run `flask portal init` once"):
        create_app(settings)


def test_without_keys_the_command_line_can_make_them(settings, start, monkeypatch):
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")

    made = start(settings).test_cli_runner().invoke(args=["portal", "init"])

    assert made.exit_code == 0, made.output
    ready = start(settings).test_client().get("/readyz", base_url=settings.public_url)
    assert ready.get_json() == {"status": "ready"}


@pytest.mark.parametrize("command", [["merchant", "list"], ["sync"], ["work", "--once"]])
def test_without_keys_other_commands_say_what_is_missing(settings, start, monkeypatch, command):
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    monkeypatch.setenv("PORTAL_DATA", str(settings.portal_data))

    result = start(settings).test_cli_runner().invoke(args=["portal", *command])

    assert result.exit_code == 1
    assert result.output.startswith("Error: There is no usable key")


def test_keys_are_for_the_owner_alone_and_made_once(settings):
    made = keys.make(settings)
    texts = [path.read_text() for path in made]

    again = keys.make(settings)

    assert again == []
    assert [path.read_text() for path in made] == texts
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert stat.S_IMODE(keys.folder(settings).stat().st_mode) == 0o700


@pytest.mark.parametrize("command", [["init"], ["db", "upgrade"]])
def test_the_data_is_for_the_owner_alone(settings, start, monkeypatch, command):
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")

    made = start(settings).test_cli_runner().invoke(args=["portal", *command])

    assert made.exit_code == 0, made.output
    assert stat.S_IMODE(settings.portal_data.stat().st_mode) == 0o700
    assert (settings.portal_data / "portal.sqlite3").exists()


def test_a_word_somebody_typed_is_no_key(settings):
    keys.make(settings)
    keys.secret_file(settings).write_text("changeme")

    with pytest.raises(KeysMissing):
        keys.load(settings)


def test_what_is_derived_differs_by_purpose_name_and_key(settings):
    keys.make(settings)
    mine = keys.load(settings)
    other = mine.model_copy(update={"secret_key": mine.keyring})

    derived = {
        keys.derive(mine, "code", "a"),
        keys.derive(mine, "link", "a"),
        keys.derive(mine, "code", "b"),
        keys.derive(mine, "cod", "ea"),
        keys.derive(other, "code", "a"),
    }

    assert len(derived) == 5
    assert keys.derive(mine, "code", "a") in derived


def test_the_schema_goes_up_and_down_and_up_again_to_the_same(empty_database_url):
    db = Database(empty_database_url)

    migrations.upgrade(db)
    first = migrations.differences(db)
    migrations.downgrade(db, "base")
    migrations.upgrade(db)

    assert first == []
    assert migrations.differences(db) == []
    assert migrations.is_current(db)
    db.dispose()


def test_every_command_says_what_it_does():
    for module in pkgutil.iter_modules(cli.__path__):
        command = getattr(import_module(f"portal.cli.{module.name}"), module.name)
        assert command.help
