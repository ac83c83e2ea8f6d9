"""`flask portal …`: what an operator does from the command line, one module for each noun.

Every module of this package has a click command or group of its own name, and is part of the group
by being here.
"""

import pkgutil
from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from typing import ParamSpec, TypeVar, cast

from click import ClickException, Command
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from portal import keys
from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant
from portal.keys import KeysMissing
from portal.settings import Settings
from portal.store import merchants
from portal.web import installation as parts
from portal.web.installation import Installation

P = ParamSpec("P")
T = TypeVar("T")


def init_app(app: Flask, settings: Settings) -> None:
    """Give `flask` the group, also where there are no keys yet to run pages with."""
    app.extensions["portal_settings"] = settings
    group = AppGroup("portal", help="Set up and run the billing portal.")
    for command in _commands():
        group.add_command(command)
    app.cli.add_command(group)


@cache
def _commands() -> tuple[Command, ...]:
    """Return the command of each module, run within the application."""
    found = tuple(
        cast(Command, getattr(import_module(f"{__name__}.{module.name}"), module.name))
        for module in pkgutil.iter_modules(__path__)
    )
    for command in found:
        for each in (command, *getattr(command, "commands", {}).values()):
            if each.callback is not None:
                each.callback = with_appcontext(_told_in_one_line(each.callback))
    return found


def _told_in_one_line(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command say what is missing without a traceback."""

    @wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return command(*arguments, **options)
        except KeysMissing as missing:
            raise ClickException(str(missing)) from None

    return run


def settings() -> Settings:
    """Return the settings as the environment gives them, with or without keys."""
    return cast(Settings, current_app.extensions["portal_settings"])


def installation() -> Installation:
    """Return the running portal's parts; raises KeysMissing without keys."""
    keys.load(settings())
    return parts.of(current_app)


def get_merchant(slug: str) -> Merchant:
    """Return the merchant an argument names."""
    try:
        return merchants.get(installation().db, slug)
    except NotFound:
        raise ClickException(f"There is no merchant {slug!r}.") from None
