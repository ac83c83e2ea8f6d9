"""A deed a form asks for, and where people find out that it was not done."""

from collections.abc import Callable

import structlog
from flask import flash, redirect
from werkzeug.wrappers import Response

from portal.domain.errors import GatewayRefused, GatewayUnavailable, Refused
from portal.i18n import gettext as _
from portal.web import wording

log = structlog.get_logger()


def attempt(deed: Callable[[], Response], *, back: str) -> Response:
    """Do something and go where it leads; where it is refused, go back and say why.

    What is unknown is told as unknown, never as failed.
    """
    try:
        return deed()
    except Refused as refusal:
        flash(str(wording.of_error(refusal)), "bad")
    except GatewayUnavailable as error:
        flash(of_silence(error), "warn" if error.was_sent else "bad")
    except GatewayRefused as refusal:
        log.warning("deed.refused", code=refusal.code, param=refusal.param)
        flash(str(wording.of_error(refusal)), "bad")
    return redirect(back, 303)


def of_silence(error: GatewayUnavailable) -> str:
    """Say what is known when a provider did not answer."""
    if error.was_sent:
        return _(
            "We are checking whether this was done. This page will say so; you need do nothing."
        )
    return _("Our payment service does not answer right now. Nothing was changed; try again later.")
