"""Checkout sessions for set-up, payment and subscription; the hosted page is `pages/checkout.py`.

`checkout_terms.py` says what may be asked for, `checkout_opening.py` makes a session,
`checkout_sums.py` says what it comes to, and `checkout_purchase.py` what the payer's press makes. A
session's private `_parent` is the intent or invoice that will complete it.
"""

from portal.sandbox.stripe import checkout_purchase, checkout_sums, line_items, vouchers
from portal.sandbox.stripe.checkout_opening import open_session, ship
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import due, includes, listens, renders, route
from portal.sandbox.stripe.short_lists import page
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/checkout/sessions"
RECOVERY_LIFE = 30 * DAY


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Opens one in mode `setup`, `payment` or `subscription`."""
    return open_session(unit, params)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters customer, intent, subscription, link, status, dates and the e-mail."""
    if "customer_account" in params:
        raise unsupported("customer_account", "customer_account")
    names = (
        "customer",
        "payment_intent",
        "status",
        "created",
        "subscription",
        "payment_link",
        "integration_identifier",
    )
    where = {name: params.get(name) for name in names}
    where["customer_details.email"] = params.get("customer_details", {}).get("email")
    return unit.page("checkout.session", params, URL, where)


@route("GET", URL + "/{session}")
def retrieve(unit: Unit, params: Json, session: str) -> Json:
    """One session."""
    _ = params
    return unit.get("checkout.session", session, "session")


@route("POST", URL + "/{session}")
def update(unit: Unit, params: Json, session: str) -> Json:
    """Changes metadata and, while it is open, how the goods may be sent."""
    found = unit.get("checkout.session", session, "session")
    for name in ("collected_information", "payment_intent_data"):
        if name in params:
            raise invalid(f"`{name}` cannot be updated on a hosted page.", param=name)
    if "line_items" in params:
        raise unsupported("updating line_items", "line_items")
    if "shipping_options" in params:
        if found["status"] != "open" or found["mode"] != "payment" or found["payment_intent"]:
            raise invalid(
                "Shipping options can only be updated before the payment begins.",
                param="shipping_options",
            )
        ship(unit, found, params["shipping_options"] or [])
        checkout_sums.settle(unit, found)
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    return unit.save(found)


@route("POST", URL + "/{session}/expire")
def expire(unit: Unit, params: Json, session: str) -> Json:
    """Ends an open session, and the intent that a payer may have begun."""
    _ = params
    found = unit.get("checkout.session", session, "session")
    if found["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {found['status']}."
        )
    return _expire(unit, found)


@route("GET", URL + "/{session}/line_items")
def list_line_items(unit: Unit, params: Json, session: str) -> Json:
    """What is bought."""
    found = unit.get("checkout.session", session, "session")
    return page(line_items.of(unit, found["id"]), params, f"{URL}/{session}/line_items")


@includes("checkout.session", "line_items")
def shown_lines(unit: Unit, session: Json) -> Json:
    """The lines, when asked for."""
    return list_line_items(unit, {"limit": 100}, session["id"])


@includes("checkout.session", "total_details.breakdown")
def shown_breakdown(unit: Unit, session: Json) -> Json:
    """Discounts and taxes, when asked for."""
    return line_items.breakdown(unit, line_items.of(unit, session["id"]))


@includes("checkout.session", "shipping_cost.taxes")
def shown_shipping_taxes(unit: Unit, session: Json) -> list[Json]:
    """The taxes on shipping: none, because manual tax rates are of line items."""
    _ = unit, session
    return []


@renders("checkout.session")
def show_url(unit: Unit, session: Json) -> None:
    """The page's address while the session is open."""
    is_open = session["status"] == "open"
    session["url"] = unit.url(f"/c/pay/{session['id']}") if is_open else None


@due("checkout.session.expire", account_time=True)
def expire_by_time(unit: Unit, session_id: str) -> None:
    """Its time is up."""
    session = unit.get("checkout.session", session_id)
    if session["status"] == "open":
        _expire(unit, session)


@listens(
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
)
def follow_payment(unit: Unit, intent: Json) -> None:
    """Money that came, is coming, or has a voucher completes the session."""
    session = completed_by(unit, intent.get("_invoice") or intent["id"])
    if session is None:
        return
    paid = intent["status"] == "succeeded"
    later = intent["status"] in ("processing", "requires_capture") or _waits_for_days(intent)
    if session["mode"] == "subscription":
        if session["status"] == "open" and later:
            complete(unit, session)
        return
    if session["status"] == "open" and (paid or later):
        complete(unit, session, intent if paid else None)
    elif session["status"] == "complete" and paid and session["payment_status"] == "unpaid":
        _pay_later(unit, session, intent)


@listens("invoice.payment_succeeded")
def follow_invoice(unit: Unit, invoice: Json) -> None:
    """The first payment of a subscription completes its session."""
    session = completed_by(unit, invoice["id"])
    if session is None or session["mode"] != "subscription":
        return
    if session["status"] == "open":
        session["payment_status"] = "paid"
        complete(unit, session)
    elif session["payment_status"] == "unpaid":
        session["payment_status"] = "paid"
        unit.save(session, "checkout.session.async_payment_succeeded")


@listens("payment_intent.payment_failed")
def follow_failure(unit: Unit, intent: Json) -> None:
    """A debit that came back, or a voucher nobody paid."""
    session = completed_by(unit, intent.get("_invoice") or intent["id"])
    if session and session["status"] == "complete" and session["payment_status"] == "unpaid":
        unit.emit("checkout.session.async_payment_failed", session)


def _waits_for_days(intent: Json) -> bool:
    """Whether the payer left with a slip, or waits for microdeposits."""
    kind = (intent["next_action"] or {}).get("type")
    return kind in vouchers.ACTIONS or kind == "verify_with_microdeposits"


@listens("setup_intent.requires_action")
def follow_verification(unit: Unit, intent: Json) -> None:
    """An account that is verified in some days completes a session that saves it."""
    session = completed_by(unit, intent["id"])
    is_open = session is not None and session["status"] == "open" and session["mode"] == "setup"
    if session is not None and is_open and _waits_for_days(intent):
        complete(unit, session)


@listens("setup_intent.succeeded")
def follow_setup(unit: Unit, intent: Json) -> None:
    """A saved method completes the session, or begins a subscription that is free at first."""
    session = completed_by(unit, intent["id"])
    if session is None or session["status"] != "open":
        return
    if session["mode"] == "subscription":
        checkout_purchase.start_free(unit, session, intent["payment_method"])
        session["payment_status"] = "no_payment_required"
    complete(unit, session)


def completed_by(unit: Unit, name: str) -> Json | None:
    """Return the session that an intent or invoice completes."""
    found = unit.select("checkout.session", limit=1, parent=name)
    return found[0] if found else None


def complete(unit: Unit, session: Json, paid_by: Json | None = None) -> None:
    """Close the session as done; `paid_by` is the intent whose money is there."""
    if session["mode"] == "subscription":
        checkout_purchase.show_subscription(unit, session)
    if session["mode"] == "payment":
        _settle_payment(unit, session, paid_by)
    session["status"] = "complete"
    unit.unschedule("checkout.session.expire", session["id"])
    unit.save(session, "checkout.session.completed")


def _settle_payment(unit: Unit, session: Json, paid_by: Json | None) -> None:
    if paid_by is not None:
        session["payment_status"] = "paid"
    elif session["amount_total"] == 0:
        session["payment_status"] = "no_payment_required"
    billed = session["invoice_creation"]["enabled"]
    if not billed:
        checkout_purchase.redeem(unit, session)
    elif session["payment_status"] != "unpaid":
        checkout_purchase.bill(unit, session, paid_by)


def _pay_later(unit: Unit, session: Json, intent: Json) -> None:
    session["payment_status"] = "paid"
    if session["invoice_creation"]["enabled"]:
        checkout_purchase.bill(unit, session, intent)
    held = intent["capture_method"] == "manual"
    unit.save(session, *([] if held else ["checkout.session.async_payment_succeeded"]))


def _expire(unit: Unit, session: Json) -> Json:
    session["status"] = "expired"
    unit.unschedule("checkout.session.expire", session["id"])
    after = session["after_expiration"]
    if after and after["recovery"]["enabled"]:
        after["recovery"] |= {
            "expires_at": unit.account_now + RECOVERY_LIFE,
            "url": unit.url(f"/r/{session['id']}"),
        }
    unit.save(session, "checkout.session.expired")
    checkout_purchase.end_intents(unit, session)
    return unit.get("checkout.session", session["id"])
