"""The papers of the portal as PDF, in the language and time zone spoken now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import Row

from portal import i18n
from portal.context import MerchantContext
from portal.domain.brand import brand_of
from portal.domain.invoices import Invoice
from portal.domain.statements import Account, Statement
from portal.i18n import formats
from portal.i18n import gettext as _
from portal.pdf.papers import Column, Paper
from portal.services import charges, statements
from portal.services.actions import tell
from portal.services.charges import Charge

METHODS = "mail/layouts/methods.txt"


def receipt(
    at: MerchantContext, action: Row[Any], customer_name: str, found: list[Charge]
) -> bytes:
    """Draw the receipt of one action; needs an application context for the names of methods."""
    told = tell(action.verb, action.details)
    called = charges.title_of(told.title, found)
    title = _("Receipt %(number)s: %(title)s", number=action.number, title=called)
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
                (_("Payment method"), method_name(action.details)),
                (_("By"), action.by_email and _ltr(action.by_email)),
            ]
        )
        paper.note(told.note)
        paper.note(_whom_to_ask(at))
        return paper.output()


def statement(at: MerchantContext, drawn: Statement, customer_name: str) -> bytes:
    """Draw a statement of account, each currency by itself."""
    with Paper(
        _("Statement of account"),
        merchant=at.merchant.name,
        brand=brand_of(at.merchant.brand_color),
        made_at=at.now,
    ) as paper:
        paper.facts(
            [
                (_("Customer"), customer_name),
                (_("Period"), statements.period_of(drawn.period)),
                (_("Drawn up"), formats.moment(at.now, i18n.current(), i18n.current_zone())),
            ]
        )
        for account in drawn.accounts:
            _account(paper, account)
        if not drawn.accounts:
            paper.note(_("Nothing was owed and nothing moved in this period."))
        if drawn.foreign:
            _foreign(paper, drawn.foreign)
        paper.note(_("Drawn up from what is invoiced and paid; it is not an invoice."))
        return paper.output()


def agreement(
    at: MerchantContext,
    title: str,
    rows: Sequence[tuple[str, str]],
    paragraphs: Sequence[str],
    made_at: datetime,
) -> bytes:
    """Draw what somebody agreed to: the facts of it, and the words in full."""
    brand = brand_of(at.merchant.brand_color)
    with Paper(title, merchant=at.merchant.name, brand=brand, made_at=made_at) as paper:
        paper.facts(rows)
        paper.section(_("What you agreed to"))
        for paragraph in paragraphs:
            paper.note(paragraph)
        return paper.output()


def facts(
    at: MerchantContext, title: str, rows: Sequence[tuple[str, str]], made_at: datetime
) -> bytes:
    """Draw a paper of facts alone."""
    brand = brand_of(at.merchant.brand_color)
    with Paper(title, merchant=at.merchant.name, brand=brand, made_at=made_at) as paper:
        paper.facts(rows)
        return paper.output()


def _account(paper: Paper, account: Account) -> None:
    locale = i18n.current()
    paper.section(_("Account in %(currency)s", currency=account.currency.upper()))
    paper.facts(
        [(term, formats.money(money, locale)) for term, money in statements.sums_of(account)]
    )
    if account.lines:
        paper.table(
            [
                Column(_("Date"), 0.18),
                Column(_("What for"), 0.42),
                Column(_("Amount"), 0.2, is_sum=True),
                Column(_("Balance"), 0.2, is_sum=True),
            ],
            (
                (
                    statements.day_of(line.movement),
                    statements.title_of(line.movement),
                    formats.money(line.movement.amount, locale),
                    formats.money(line.balance, locale),
                )
                for line in account.lines
            ),
        )


def _foreign(paper: Paper, invoices: Sequence[Invoice]) -> None:
    paper.section(_("In another currency"))
    paper.note(_("What these come to is written in their own PDF; it is not in the sums above."))
    paper.table(
        [Column(_("Date"), 0.3), Column(_("Number"), 0.7)],
        (
            (
                formats.day(one.issued_on, i18n.current(), "short") if one.issued_on else "",
                one.number,
            )
            for one in invoices
        ),
    )


def method_name(details: dict[str, Any]) -> str:
    """Name a payment method as mails do; needs an application context."""
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
