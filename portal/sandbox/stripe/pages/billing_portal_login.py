"""The portal's login page, and the way back into a session that expired: e-mail and code."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request

from portal.sandbox.stripe import portal_codes
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.portal_visits import unframed
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import billing_portal_configurations as configurations
from portal.sandbox.stripe.resources import billing_portal_sessions as sessions
from portal.sandbox.stripe.sandbox import Sandbox
from portal.sandbox.stripe.unit import Unit

RUNNING = ("active", "trialing", "past_due")


@page("/p/login/<token>")
def login(sandbox: Sandbox, token: str) -> Any:
    """Asks for the address and the code, and opens the portal of that customer."""
    unit, configuration = _configuration(sandbox, token)
    if configuration is None:
        return _closed("This address is wrong, or the page was switched off."), 404

    def enter(email: str) -> Json | None:
        customer = customer_of(unit, email)
        if customer is None:
            return None
        return sessions.again(unit, customer["id"], configuration["id"], by_login=True)

    return unframed(_ask(unit, configuration["id"], "Sign in to your billing", enter))


@page("/p/session/<token>/recover")
def recover(sandbox: Sandbox, token: str) -> Any:
    """Opens a session like the one that expired, for the customer it was for and nobody else."""
    session_id = sessions.session_id_of(token)
    if not session_id or sandbox.store.owner(session_id) is None:
        return _closed("This address is wrong."), 404
    unit = sandbox.unit_for(session_id)
    old = unit.get(sessions.KIND, session_id)
    if not portal_codes.may_recover(unit, old):
        return _closed("This session has expired."), 410

    def enter(email: str) -> Json | None:
        customer = unit.get("customer", old["customer"])
        if customer.get("deleted") or (customer["email"] or "").lower() != email.lower():
            return None
        more = {name: old[name] for name in ("return_url", "locale", "after_expiration")}
        return sessions.again(unit, old["customer"], old["configuration"], by_login=True, **more)

    return unframed(_ask(unit, old["id"], "This session has expired", enter))


def customer_of(unit: Unit, email: str) -> Json | None:
    """The customer who signs in with an address.

    Of several the most recently created one with an active subscription; without any, the most
    recently created one.
    """
    found = [
        one
        for one in unit.select("customer")
        if one["email"] and one["email"].lower() == email.lower()
    ]
    running = [
        one
        for one in found
        if any(sub["status"] in RUNNING for sub in unit.select("subscription", customer=one["id"]))
    ]
    return next(iter(running or found), None)


def _configuration(sandbox: Sandbox, token: str) -> tuple[Unit, Json | None]:
    rows = sandbox.store.rows("SELECT id FROM accounts ORDER BY rowid")
    unit = sandbox.unit(sandbox.account(rows[0]["id"]) or {}) if rows else None
    for row in rows:
        unit = sandbox.unit(sandbox.account(row["id"]) or {})
        found = configurations.of_login(unit, token)
        if found:
            return unit, found
    assert unit is not None  # noqa: S101
    return unit, None


def _ask(unit: Unit, purpose: str, title: str, enter: Callable[[str], Json | None]) -> Any:
    """First the address, then the code; the right one opens the session that `enter` makes."""
    email = request.values.get("email", request.args.get("prefilled_email", "")).strip()
    typed, message = request.form.get("code", ""), ""
    if request.method == "POST" and typed:
        made = enter(email) if portal_codes.is_right(unit, purpose, email, typed) else None
        if made:
            return redirect(made["url"], 303)
        message = "This code is wrong, or it has expired."
    sent = request.method == "POST" and "@" in email
    body = render_template(
        "portal_login.html",
        title=title,
        business=unit.account["business_profile"]["name"],
        action="",
        email=email,
        code=portal_codes.code(unit, purpose, email) if sent else "",
        message=message,
    )
    return body, 400 if message else 200


def _closed(sentence: str) -> Any:
    return render_template(
        "message.html", title="Customer portal", business="", text=[sentence], links=[]
    )
