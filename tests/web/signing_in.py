"""What tests of signing in do again and again: ask for a mail, read it, carry a cookie."""

import re

from tests.browser import Browser, Page
from tests.house import House

EMAIL = "admin@fornaurora.example"
HOST = "127.0.0.1"


def ask(browser: Browser, email: str = EMAIL) -> Page:
    """Ask for a sign-in mail as people do."""
    browser.get("customer.entry.login", new="")
    return browser.press("Send me a link", email=email)


def work(house: House, browser: Browser) -> None:
    """Let the worker do what waits."""
    with browser.app.app_context():
        house.worker().work_once()


def last_mail(house: House, browser: Browser) -> tuple[str, str]:
    """Let the worker send what waits; return the path of the newest mail's link, and its code."""
    work(house, browser)
    mail = house.postbox.mails[-1]
    link = re.search(r"https?://[^/\s]+(/l/[\w-]+)", mail.text)
    code = re.search(r"\b(\d{3}) ?(\d{3})\b", mail.subject)
    assert link is not None
    assert code is not None
    return link[1], code[1] + code[2]


def carry(browser: Browser, key: str) -> None:
    """Put a session's key into the browser."""
    browser.client.set_cookie("portal", key, domain=HOST)


def carried(browser: Browser) -> str:
    """Return the session's key in the browser, empty if it has none."""
    cookie = browser.client.get_cookie("portal", domain=HOST)
    return cookie.value if cookie else ""


def lose_cookie(browser: Browser) -> None:
    """Take the session's cookie away, as another browser has none."""
    browser.client.delete_cookie("portal", domain=HOST)
