"""One-time codes for the portal's login page and for sessions that expired.

Stripe sends them by e-mail; the sandbox sends no mail of Stripe's, so its page shows the code,
labelled a simulation, for known and unknown addresses alike.
"""

from flask import render_template

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.unit import Unit

LIFE = 600
DIGITS = 6


def code(unit: Unit, purpose: str, email: str, *, windows_ago: int = 0) -> str:
    """The code of an address for a purpose, in the present ten minutes or those before."""
    window = unit.account_now // LIFE - windows_ago
    seed = f"code:{unit.account_id}:{purpose}:{email.lower()}:{window}"
    letters = scramble(seed, DIGITS)
    return "".join(str(ord(letter) % 10) for letter in letters)


def is_right(unit: Unit, purpose: str, email: str, typed: str) -> bool:
    """Whether it is the code of that address, not older than ten to twenty minutes."""
    return typed.strip() in [code(unit, purpose, email, windows_ago=ago) for ago in (0, 1)]


def may_recover(unit: Unit, session: Json) -> bool:
    """Whether an expired session may be replaced by one for the same person."""
    after = session["after_expiration"]
    if not after or after["type"] != "customer_login":
        return False
    until = (after["customer_login"] or {}).get("expires_at")
    return until is None or unit.account_now < until


def expired(unit: Unit, session: Json, home: str) -> str:
    """The page of an expired session: a way back in, if it asked for one."""
    business = unit.account["business_profile"]["name"]
    if not may_recover(unit, session):
        text = ["This session has expired. Go back and open the portal again."]
        return render_template(
            "message.html", title="Customer portal", business=business, text=text, links=[]
        )
    return render_template(
        "portal_login.html",
        title="This session has expired",
        business=business,
        action=f"{home}/recover",
        email="",
        code="",
        message="",
    )
