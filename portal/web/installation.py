"""What the running portal is made of, for views to reach."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app

from portal.context import Gateways, MerchantContext
from portal.db import Database
from portal.domain.merchants import Merchant
from portal.settings import Settings
from portal.store.secrets import Keyring


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts every request shares."""

    settings: Settings
    db: Database
    keyring: Keyring
    gateways: Gateways
    clock: Callable[[], datetime]

    def at(self, merchant: Merchant) -> MerchantContext:
        """Return a merchant at work."""
        return MerchantContext(
            merchant=merchant,
            db=self.db,
            gateways=self.gateways,
            settings=self.settings,
            clock=self.clock,
        )


def of(app: Flask) -> Installation:
    """Return the parts of an app; raises LookupError if it has no keys yet."""
    return cast(Installation, app.extensions["portal"])


def installation() -> Installation:
    """Return the parts of the app that runs now."""
    return of(current_app)
