"""A visit to Stripe's customer portal: its session, what it allows, and where it goes when done."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import make_response, redirect, render_template

from portal.sandbox.stripe import portal_codes
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.resources import billing_portal_configurations as configurations
from portal.sandbox.stripe.resources import billing_portal_sessions as sessions
from portal.sandbox.stripe.sandbox import Sandbox
from portal.sandbox.stripe.unit import Unit

VERBS = {
    "customer_update": "details",
    "payment_method_update": "payment-method",
    "subscription_cancel": "cancel",
    "subscription_pause": "pause",
    "subscription_update": "update",
    "subscription_update_confirm": "confirm",
}


@dataclass
class Visit:
    """One request of a portal page."""

    unit: Unit
    session: Json
    configuration: Json
    customer: Json
    home: str

    @property
    def features(self) -> Json:
        """The features of the configuration."""
        found: Json = self.configuration["features"]
        return found

    @property
    def allowed_updates(self) -> list[str]:
        """What the customer may change of themselves; not the e-mail they signed in with."""
        found: list[str] = self.features["customer_update"]["allowed_updates"]
        by_mail = self.session.get("_by_login")
        return [one for one in found if not (by_mail and one == "email")]

    @property
    def flow(self) -> Json | None:
        """The one task this session is for, until it is done."""
        return None if self.session.get("_done") else self.session["flow"]

    def flow_address(self, flow: Json) -> str:
        """The page of a flow."""
        details = flow.get(flow["type"]) or {}
        verb = VERBS[flow["type"]]
        if "subscription" in details:
            return f"{self.home}/subscriptions/{details['subscription']}/{verb}"
        return f"{self.home}/{verb}"

    def subscription(self, subscription_id: str) -> Json:
        """One subscription of the customer, as the API shows it; raises the 404."""
        found = self.unit.get("subscription", subscription_id)
        if found["customer"] != self.customer["id"]:
            return self.unit.get("subscription", "")
        return self.unit.shown(found)

    def finish(self) -> Any:
        """A task was done: on as the flow says, or home."""
        flow = self.flow
        if flow is None:
            return redirect(self.home, 303)
        self.session["_done"] = True
        self.unit.put(self.session)
        after = flow["after_completion"]
        if after["type"] == "redirect":
            return redirect(after["redirect"]["return_url"], 303)
        return redirect(
            f"{self.home}/done" if after["type"] == "hosted_confirmation" else self.home, 303
        )

    def page(self, template: str, title: str, **values: Any) -> str:
        """A page of the portal."""
        business = self.unit.account["business_profile"]["name"]
        return render_template(
            template,
            title=title,
            business=business,
            home=self.home,
            in_flow=self.flow is not None,
            return_url=self.session["return_url"],
            profile=self.configuration["business_profile"],
            **values,
        )

    def note(
        self, title: str, text: list[str], buttons: list[tuple[str, str]] | None = None
    ) -> str:
        """A page of words and perhaps buttons."""
        return self.page("portal_note.html", title, text=text, buttons=buttons or [])


def visited(view: Callable[..., Any]) -> Callable[..., Any]:
    """Opens the session for a page; an expired or wrong one gets a page that says so."""

    @wraps(view)
    def open_session(sandbox: Sandbox, token: str, **names: str) -> Any:
        session_id = sessions.session_id_of(token)
        if not session_id or sandbox.store.owner(session_id) is None:
            return _closed("This address is wrong."), 404
        unit = sandbox.unit_for(session_id)
        session = unit.get(sessions.KIND, session_id)
        if not sessions.is_alive(session, unit.account_now):
            return portal_codes.expired(unit, session, unit.url(f"/p/session/{token}")), 410
        session["_last_activity"] = unit.account_now
        unit.put(session)
        visit = Visit(
            unit,
            session,
            unit.get(configurations.KIND, session["configuration"]),
            unit.alive("customer", session["customer"]),
            unit.url(f"/p/session/{token}"),
        )
        return unframed(view(visit, **names))

    return open_session


def unframed(answer: Any) -> Any:
    """The answer, which no other page may show in a frame."""
    response = make_response(answer)
    response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
    response.headers["X-Frame-Options"] = "DENY"
    return response


def _closed(sentence: str) -> str:
    return render_template(
        "message.html", title="Customer portal", business="", text=[sentence], links=[]
    )
