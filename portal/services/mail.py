"""Mails: a folder of three templates each, written in the reader's language and sent from a job.

A job may run twice, so a mail may come twice; it then has the same Message-ID, by which mailboxes
know it. Nothing of a mail is logged, since some hold a link that signs in.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import css_inline
from flask import current_app
from jinja2 import Environment, StrictUndefined

from portal import i18n
from portal.context import MerchantContext
from portal.domain.brand import brand_of
from portal.gateways.mail import Attachment, Mail
from portal.i18n import Locale
from portal.services import actions

TEMPLATES = "portal_mail_templates"

# What depends on the reader's screen cannot be written into the elements, and stays a rule.
_inliner = css_inline.CSSInliner(
    keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
)


def send(
    at: MerchantContext,
    name: str,
    *,
    to: str,
    locale: str,
    message_id: str,
    reply_to: str = "",
    attachments: tuple[Attachment, ...] = (),
    **values: Any,
) -> None:
    """Write a mail and hand it over; `values` are what its templates name.

    An answer goes to `reply_to`, else to the merchant.

    They are plain data: sums as Money, days and aware moments, text. Needs an application context.
    Raises GatewayUnavailable to try again, GatewayRefused if it will never arrive.
    """
    mail = compose(at, name, to=to, locale=locale, message_id=message_id, **values)
    mail = replace(mail, attachments=attachments, reply_to=reply_to or mail.reply_to)
    at.gateways.mailer.send(mail)


def compose(
    at: MerchantContext, name: str, *, to: str, locale: str, message_id: str, **values: Any
) -> Mail:
    """Return the mail of a name in a language, else in the merchant's, else in English."""
    merchant = at.merchant
    with speaking(at, locale) as spoken:
        values |= {
            "merchant": merchant,
            "brand": brand_of(merchant.brand_color),
            "spoken": spoken,
            "tell": actions.tell,
            "invoice_rows": actions.invoice_rows,
        }
        subject = " ".join(_render(f"{name}/subject.txt", values).split())
        text = _render(f"{name}/text.txt", values)
        html = _render(f"{name}/html.html", values | {"subject": subject})
    return Mail(
        id=message_id,
        to=to,
        sender=merchant.mail_from or at.settings.mail_from,
        sender_name=merchant.name,
        reply_to=merchant.support_email,
        subject=subject,
        text=_tidy(text),
        html=_inliner.inline(html),
        locale=spoken.tag,
    )


@contextmanager
def speaking(at: MerchantContext, locale: str) -> Iterator[Locale]:
    """Speak what a mail is written in: a language, else the merchant's, in the merchant's zone."""
    tag = locale if i18n.find(locale, i18n.available()) else at.merchant.locale
    with i18n.speaking(tag, at.merchant.timezone) as spoken:
        yield spoken


def _render(path: str, values: dict[str, Any]) -> str:
    return _templates().get_template(f"mail/{path}").render(values)


def _templates() -> Environment:
    """Return the application's templates, but strict: a mail with a hole in it is not sent."""
    if TEMPLATES not in current_app.extensions:
        strict = current_app.jinja_env.overlay(undefined=StrictUndefined)
        current_app.extensions[TEMPLATES] = strict
    found: Environment = current_app.extensions[TEMPLATES]
    return found


def _tidy(text: str) -> str:
    """Take away the blanks and empty lines that templates leave."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
