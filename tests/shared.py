"""What applications of a process's tests share, so that each need not compile it anew."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from pydantic import SecretStr

from portal.app import create_app
from portal.settings import Settings
from portal.web import repeats
from portal.web.installation import Installation, of
from tests.house import PUBLIC_URL, House


class Compiled(BytecodeCache):
    """Templates as code, by their source and the language they are spoken in."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its code, if it was compiled before."""
        bucket.code = self._code.get(_key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        self._code[_key(bucket)] = bucket.code


def _key(bucket: Bucket) -> tuple[str, str, str]:
    return bucket.key, bucket.checksum, str(getattr(bucket.environment, "spoken", ""))


_COMPILED = Compiled()


@cache
def _application() -> Flask:
    """Make the one application of all tests that need no other: it holds nothing of a house."""
    settings = Settings(public_url=PUBLIC_URL, portal_data=Path(mkdtemp(prefix="portal-tests-")))
    keyring = SecretStr(Fernet.generate_key().decode())
    signing = SecretStr("a key for tests, and long enough to sign with")
    app = create_app(settings.model_copy(update={"keyring": keyring, "secret_key": signing}))
    app.jinja_env.bytecode_cache = _COMPILED
    return app


def lend(house: House) -> Flask:
    """Return the application over a house, for jobs that need one."""
    app = _application()
    app.extensions["portal"] = Installation(
        settings=house.settings,
        db=house.db,
        keyring=house.keyring,
        gateways=house.gateways,
        clock=house.now,
    )
    return app


def serve(house: House) -> Flask:
    """Return the application over a house as it is after its start, for what pages it serves.

    A test that adds a page to it, or asks for other settings, makes one of its own.
    """
    app, at_start = _application(), _at_start()
    app.config.clear()
    app.config.update(at_start)
    repeats.init_app(app)
    app.testing = True
    return lend(house)


@cache
def _at_start() -> dict[str, Any]:
    return dict(_application().config)


def share(app: Flask, house: House) -> Flask:
    """Put an application on its house's database, with templates that are compiled already."""
    parts = of(app)
    parts.db.dispose()
    app.extensions["portal"] = replace(parts, db=house.db, keyring=house.keyring)
    app.jinja_env.bytecode_cache = _COMPILED
    return app
