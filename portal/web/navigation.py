"""The menu as a table, and the addresses every page needs.

A row names the noun's endpoints (`customer.<noun>.…`), so a page below a menu entry marks it.
"""

from dataclasses import dataclass

from flask import Flask, request, url_for
from flask import session as page_session

from portal import i18n
from portal.context import Visit
from portal.domain.access import ACTIVITY_STEP, SESSION_IDLE
from portal.domain.declarations import Lane
from portal.domain.merchants import Merchant
from portal.i18n import lazy_gettext
from portal.services.lanes import WORDS, Words, list_for


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a menu: the page it opens, the noun its pages share, label and icon."""

    endpoint: str
    noun: str
    label: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A row as it is shown to a visit."""

    href: str
    label: str
    icon: str
    is_current: bool


# In Flask's own session: the merchant at whom one of several customers was chosen.
CHOSEN_AT = "chosen_at"
CHOOSE = "customer.entry.choose"
HOME = "customer.overview.show"
SIGN_OUT = "customer.entry.sign_out"
LANGUAGE = "customer.languages.choose"
MENU = (
    Entry(HOME, "overview", lazy_gettext("Overview"), "home"),
    Entry("customer.invoices.list_all", "invoices", lazy_gettext("Invoices"), "bill"),
    Entry(
        "customer.subscriptions.list_all", "subscriptions", lazy_gettext("Subscriptions"), "repeat"
    ),
    Entry(
        "customer.payment_methods.list_all",
        "payment_methods",
        lazy_gettext("Payment methods"),
        "card",
    ),
    Entry("customer.account.show", "account", lazy_gettext("Billing details"), "user"),
)
FOOT = (
    Entry("customer.history.list_all", "history", lazy_gettext("History")),
    Entry("customer.enquiries.write", "enquiries", lazy_gettext("Get help")),
    Entry("customer.entry.sign_out_choice", "entry", lazy_gettext("Sign out and devices")),
)


def init_app(app: Flask) -> None:
    """Give layouts the menus, the first page, signing out, and the languages to choose from."""
    app.jinja_env.globals.update(
        menu=menu, foot_menu=foot_menu, home_href=home_href, sign_out_href=sign_out_href,
        lanes=lanes, change_href=change_href, language_href=language_href,
        session_seconds=session_seconds,
        language=i18n.current,
        languages=i18n.available,
    )  # fmt: skip


def menu(visit: Visit) -> tuple[Link, ...]:
    """Return the menu of a visit; the holder of an invoice link has none."""
    return _links(MENU, visit) if visit.sees_everything else ()


def foot_menu(visit: Visit) -> tuple[Link, ...]:
    """Return what stands at the foot of a visit's pages."""
    return _links(FOOT, visit) if visit.sees_everything else ()


def lanes(merchant: Merchant, visit: Visit | None) -> list[tuple[Lane, Words]]:
    """Return the lanes that a page shows at its foot, with their words."""
    return [(lane, WORDS[lane]) for lane in list_for(merchant, visit)]


def home_href(merchant: Merchant) -> str:
    """Return the address of a merchant's first page."""
    return url_for(HOME, merchant=merchant.slug)


def sign_out_href(visit: Visit) -> str:
    """Return where the button that ends a session posts to."""
    return url_for(SIGN_OUT, merchant=visit.merchant.slug)


def language_href(visit: Visit) -> str:
    """Return where a customer's choice of a language is posted to; nowhere for a link's holder."""
    return url_for(LANGUAGE, merchant=visit.merchant.slug) if visit.sees_everything else ""


def change_href(visit: Visit) -> str:
    """Return where one changes to another customer of one's address, empty if none is known of."""
    is_theirs = visit.sees_everything and bool(visit.email)
    has_chosen = is_theirs and page_session.get(CHOSEN_AT) == visit.merchant.slug
    return url_for(CHOOSE, merchant=visit.merchant.slug) if has_chosen else ""


def session_seconds(visit: Visit) -> int:
    """Return after how many seconds without a page the session may end, at the earliest."""
    # Activity is written once a step, so a page may have renewed less than a whole hour.
    return int((SESSION_IDLE - ACTIVITY_STEP).total_seconds()) if visit.session else 0


def _links(entries: tuple[Entry, ...], visit: Visit) -> tuple[Link, ...]:
    slug, here = visit.merchant.slug, request.endpoint or ""
    return tuple(
        Link(
            href=url_for(entry.endpoint, merchant=slug),
            label=str(entry.label),
            icon=entry.icon,
            is_current=here.startswith(f"customer.{entry.noun}."),
        )
        for entry in entries
    )
