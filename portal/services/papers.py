"""The papers of the portal as PDF, in the language and time zone spoken now."""

from typing import Any

from flask import current_app
from sqlalchemy import Row

from portal import i18n
from portal.context import MerchantContext
from portal.domain.brand import brand_of
from portal.i18n import formats
from portal.i18n import gettext as _
from portal.pdf.papers import Paper
from portal.services import charges
from portal.services.actions import tell
from portal.services.charges import Charge

METHODS = "mail/layouts/methods.txt"


def receipt(
    at: MerchantContext, action: Row[Any], customer_name: str, found: list[Charge]
) -> bytes:
    """Draw the receipt of one action; needs an application context for the names of methods."""
    told = tell(action.verb, action.details)
    title = _("Receipt %(number)s: %(title)s", number=action.number, title=told.title)
    received = formats.moment(action.at, i18n.current(), i18n.current_zone())
    with Paper(
        title,
        merchant=at.merchant.name,
        brand=brand_of(at.merchant.brand_color),
        made_at=action.at,
    ) as paper:
        paper.facts(
            [
                (_("Receipt number"), str(action.number)),
                (_("Received"), received),
                (_("Customer"), customer_name),
                *told.rows,
                *charges.rows_of(found),
                (_("Payment method"), _method(action.details)),
                (_("By"), action.by_email and _ltr(action.by_email)),
            ]
        )
        paper.note(told.note)
        paper.note(_whom_to_ask(at))
        return paper.output()


def _method(details: dict[str, Any]) -> str:
    """Name a payment method as mails do."""
    module = current_app.jinja_env.get_template(METHODS).module
    return str(module.method_text(details)).strip()  # type: ignore[attr-defined]


def _whom_to_ask(at: MerchantContext) -> str:
    address = at.merchant.support_email
    if not address:
        return _("This is a receipt of what was done in the portal, not an invoice.")
    return _(
        "This is a receipt of what was done in the portal, not an invoice. Questions: %(address)s",
        address=_ltr(address),
    )


def _ltr(text: str) -> str:
    return formats.left_to_right(text, i18n.current())
