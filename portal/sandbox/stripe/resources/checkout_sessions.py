"""Checkout sessions, for set-up and payment; their hosted page is `pages/checkout.py`."""

from portal.sandbox.stripe import eligibility, vouchers
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import due, includes, listens, renders, route
from portal.sandbox.stripe.resources import payment_intents, setup_intents
from portal.sandbox.stripe.resources.customers import check_email
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.unit import Unit, envelope, merged

URL = "/v1/checkout/sessions"
SHORTEST, LONGEST = 30 * 60, 24 * 3600
MOST_LINES = 100
MODELLED = {
    "allowed_payment_method_types",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "consent_collection",
    "currency",
    "custom_text",
    "customer",
    "customer_creation",
    "customer_email",
    "customer_update",
    "excluded_payment_method_types",
    "expires_at",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "phone_number_collection",
    "saved_payment_method_options",
    "setup_intent_data",
    "submit_type",
    "success_url",
    "ui_mode",
}
INTENT_DATA = {"description", "metadata", "receipt_email", "setup_future_usage"}


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one in mode `setup` or `payment`."""
    _check(unit, params)
    mode, customer = params["mode"], params.get("customer")
    lines = [_line(unit, line, at) for at, line in enumerate(params.get("line_items", []))]
    currency = _currency(params, lines)
    total = sum(line["amount_total"] for line in lines)
    if mode == "payment":
        eligibility.check_amount(total, currency or "", "line_items")
    types = eligibility.types(unit, currency, params, save=mode == "setup")
    if _keeps(params) and len(types) > 1:
        types = [one for one in types if eligibility.TYPES[one][2]]
    consent = params.get("consent_collection")
    session: Json = {
        "id": unit.id("cs_test"),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False} if mode == "payment" else None,
        "after_expiration": None,
        "allow_promotion_codes": None,
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total if mode == "payment" else None,
        "amount_total": total if mode == "payment" else None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": _consent_collection(consent),
        "created": unit.now,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            name: params.get("custom_text", {}).get(name) or None
            for name in (
                "after_submit",
                "shipping_address",
                "submit",
                "terms_of_service_acceptance",
            )
        },
        "customer": customer,
        "customer_account": None,
        "customer_creation": None if customer else params.get("customer_creation", "if_required"),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "discounts": [] if mode == "payment" else None,
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "expires_at": params.get("expires_at", unit.now + LONGEST),
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": merged({}, params.get("metadata")),
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always" if mode == "setup" else "if_required",
        "payment_method_configuration_details": eligibility.configuration_details(unit, params),
        "payment_method_options": _options(types, params),
        "payment_method_types": types,
        "payment_status": "unpaid" if mode == "payment" else "no_payment_required",
        "permissions": None,
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "recovered_from": None,
        "saved_payment_method_options": _saved_options(params) if customer else None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}
        if mode == "payment"
        else None,
        "ui_mode": "hosted_page",
        "wallet_options": None,
        "_lines": lines,
        "_intent_data": params.get("payment_intent_data", {}),
        "_method_data": params.get("payment_method_data", {}),
        "_customer_update": params.get("customer_update", {}),
    }
    if mode == "setup":
        session["setup_intent"] = _setup_intent(unit, session, params)["id"]
    unit.put(session)
    unit.schedule(session["expires_at"], "checkout.session.expire", session["id"])
    return session


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer`, `payment_intent`, `status`, `created` and the e-mail."""
    names = ("customer", "payment_intent", "status", "created", "subscription", "payment_link")
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
    """Changes metadata only."""
    found = unit.get("checkout.session", session, "session")
    for name in params.keys() - {"metadata"}:
        raise unsupported(name, name)
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
    lines = found["_lines"]
    limit = params.get("limit", 10)
    after = params.get("starting_after")
    if after:
        ids = [line["id"] for line in lines]
        lines = lines[ids.index(after) + 1 :] if after in ids else []
    url = f"{URL}/{session}/line_items"
    return envelope(lines[:limit], url, has_more=len(lines) > limit)


@includes("checkout.session", "line_items")
def line_items(unit: Unit, session: Json) -> Json:
    """The lines, when asked for."""
    return list_line_items(unit, {"limit": MOST_LINES}, session["id"])


@renders("checkout.session")
def show_url(unit: Unit, session: Json) -> None:
    """The page's address while the session is open."""
    is_open = session["status"] == "open"
    session["url"] = unit.url(f"/c/pay/{session['id']}") if is_open else None


@due("checkout.session.expire")
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
    session = _of(unit, payment_intent=intent["id"])
    if session is None:
        return
    paid = intent["status"] == "succeeded"
    later = intent["status"] in ("processing", "requires_capture") or _waits_for_days(intent)
    if session["status"] == "open" and (paid or later):
        session["payment_status"] = "paid" if paid else "unpaid"
        _complete(unit, session)
    elif session["status"] == "complete" and paid and session["payment_status"] == "unpaid":
        session["payment_status"] = "paid"
        unit.save(session, "checkout.session.async_payment_succeeded")


@listens("payment_intent.payment_failed")
def follow_failure(unit: Unit, intent: Json) -> None:
    """A debit that came back, or a voucher nobody paid."""
    session = _of(unit, payment_intent=intent["id"])
    if session and session["status"] == "complete" and session["payment_status"] == "unpaid":
        unit.emit("checkout.session.async_payment_failed", session)


@listens("setup_intent.succeeded", "setup_intent.requires_action")
def follow_setup(unit: Unit, intent: Json) -> None:
    """A saved method completes the session, or one that will be verified in some days."""
    session = _of(unit, setup_intent=intent["id"])
    done = intent["status"] == "succeeded" or _waits_for_days(intent)
    if session and session["status"] == "open" and done:
        _complete(unit, session)


def _waits_for_days(intent: Json) -> bool:
    """Whether the payer left with a slip, or waits for microdeposits."""
    kind = (intent["next_action"] or {}).get("type")
    return kind in vouchers.ACTIONS or kind == "verify_with_microdeposits"


def _of(unit: Unit, **intent: str) -> Json | None:
    where: Json = dict(intent)
    found = unit.select("checkout.session", limit=1, **where)
    return found[0] if found else None


def _complete(unit: Unit, session: Json) -> None:
    session["status"] = "complete"
    unit.unschedule("checkout.session.expire", session["id"])
    unit.save(session, "checkout.session.completed")


def _expire(unit: Unit, session: Json) -> Json:
    session["status"] = "expired"
    unit.unschedule("checkout.session.expire", session["id"])
    unit.save(session, "checkout.session.expired")
    if session["payment_intent"]:
        intent = unit.get("payment_intent", session["payment_intent"])
        if intent["status"] in payment_intents.OPEN:
            payment_intents.end(unit, intent, "expired")
    if session["setup_intent"]:
        route_ = "POST /v1/setup_intents/{intent}/cancel"
        unit.call(route_, {"cancellation_reason": "abandoned"}, intent=session["setup_intent"])
    return session


def _check(unit: Unit, params: Json) -> None:
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
    mode = params.get("mode")
    if mode is None:
        raise invalid("Missing required param: mode.", param="mode", code="parameter_missing")
    if mode == "subscription":
        raise unsupported("mode=subscription", "mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise unsupported(f"ui_mode={params['ui_mode']}", "ui_mode")
    if "success_url" not in params:
        message = "Missing required param: success_url."
        raise invalid(message, param="success_url", code="parameter_missing")
    for name in ("success_url", "cancel_url"):
        if name in params and not params[name].startswith(("http://", "https://")):
            message = "Not a valid URL"
            raise invalid(message, param=name, code="url_invalid")
    if "customer" in params and "customer_email" in params:
        message = "You may only specify one of these parameters: customer, customer_email."
        raise invalid(message, param="customer_email")
    if "customer" in params:
        unit.get("customer", params["customer"], "customer")
    elif "customer_update" in params:
        message = "`customer_update` can only be used with `customer`."
        raise invalid(message, param="customer_update")
    elif "saved_payment_method_options" in params:
        message = "`saved_payment_method_options` can only be used with `customer`."
        raise invalid(message, param="saved_payment_method_options")
    check_email(params.get("customer_email"), "customer_email")
    _check_mode(params, mode)
    expires_at = params.get("expires_at", unit.now + LONGEST)
    if expires_at < unit.now + SHORTEST:
        message = (
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        )
        raise invalid(message, param="expires_at")
    if expires_at > unit.now + LONGEST:
        message = (
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        )
        raise invalid(message, param="expires_at")


def _check_mode(params: Json, mode: str) -> None:
    if mode == "setup":
        wrong = {"line_items", "payment_intent_data", "saved_payment_method_options", "submit_type"}
        for name in sorted(wrong & params.keys()):
            raise invalid(f"You can not pass `{name}` in `setup` mode.", param=name)
        if "currency" not in params and "allowed_payment_method_types" not in params:
            message = (
                "`currency` is required in `setup` mode when `allowed_payment_method_types` is "
                "not set."
            )
            raise invalid(message, param="currency", code="parameter_missing")
        return
    if "setup_intent_data" in params:
        message = "You can not pass `setup_intent_data` in `payment` mode."
        raise invalid(message, param="setup_intent_data")
    if not params.get("line_items"):
        message = "`line_items` is required in `payment` mode."
        raise invalid(message, param="line_items", code="parameter_missing")
    if len(params["line_items"]) > MOST_LINES:
        raise invalid(f"At most {MOST_LINES} line items are allowed.", param="line_items")
    for name in params.get("payment_intent_data", {}).keys() - INTENT_DATA:
        raise unsupported(f"payment_intent_data[{name}]", f"payment_intent_data[{name}]")


def _line(unit: Unit, line: Json, at: int) -> Json:
    param = f"line_items[{at}]"
    for name in line.keys() - {"price", "price_data", "quantity", "metadata"}:
        raise unsupported(f"line_items[{name}]", f"{param}[{name}]")
    if ("price" in line) == ("price_data" in line):
        message = "You must specify either `price` or `price_data` for each line item."
        raise invalid(message, param=f"{param}[price]", code="parameter_missing")
    if "price" in line:
        price = unit.get("price", line["price"], f"{param}[price]")
    else:
        price = _inline_price(unit, line["price_data"])
    if price["type"] != "one_time" or price["unit_amount"] is None:
        message = (
            "You specified `payment` mode but passed a recurring or variable price. Only one-time "
            "prices with a whole amount can be paid here."
        )
        raise invalid(message, param=f"{param}[price]")
    quantity = line.get("quantity")
    if quantity is None or quantity < 1:
        message = "Quantity is required and must be at least 1."
        raise invalid(message, param=f"{param}[quantity]", code="parameter_missing")
    amount = price["unit_amount"] * quantity
    product = unit.get("product", price["product"])
    return {
        "id": unit.id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": line.get("metadata", {}),
        "price": price,
        "quantity": quantity,
    }


def _inline_price(unit: Unit, data: Json) -> Json:
    if "recurring" in data:
        message = "You specified `payment` mode but passed a recurring price."
        raise invalid(message, param="line_items[price_data][recurring]")
    wanted = dict(data)
    if "product_data" in wanted:
        product_data = wanted.pop("product_data")
        product = unit.call("POST /v1/products", {**product_data, "active": False})
        wanted["product"] = product["id"]
    return unit.call("POST /v1/prices", {**wanted, "active": False})


def _currency(params: Json, lines: list[Json]) -> str | None:
    given = params.get("currency")
    if not lines:
        return check_currency(given) if given else None
    found = str(lines[0]["currency"])
    if any(line["currency"] != found for line in lines) or given not in (None, found):
        message = "All line items must have the same currency."
        raise invalid(message, param="line_items")
    return found


def _keeps(params: Json) -> bool:
    return "setup_future_usage" in params.get("payment_intent_data", {})


def _options(types: list[str], params: Json) -> Json:
    given = params.get("payment_method_options", {})
    found: Json = {}
    for kind in types:
        option = given.get(kind) or {}
        if kind == "card":
            option = {"request_three_d_secure": "automatic", **option}
        if kind == "boleto":
            option = {"expires_after_days": 3, **option}
        if option:
            found[kind] = option
    for kind, option in given.items():
        if (option or {}).get("setup_future_usage", "none") != "none" and (
            kind in eligibility.TYPES and not eligibility.TYPES[kind][2]
        ):
            param = f"payment_method_options[{kind}][setup_future_usage]"
            raise invalid("Invalid setup_future_usage: must be none", param=param)
    return found


def _saved_options(params: Json) -> Json:
    given = params.get("saved_payment_method_options", {})
    return {
        "allow_redisplay_filters": given.get("allow_redisplay_filters", ["always"]),
        "payment_method_remove": given.get("payment_method_remove", "disabled"),
        "payment_method_save": given.get("payment_method_save"),
    }


def _consent_collection(given: Json | None) -> Json | None:
    if given is None:
        return None
    return {
        "payment_method_reuse_agreement": given.get("payment_method_reuse_agreement"),
        "promotions": given.get("promotions"),
        "terms_of_service": given.get("terms_of_service"),
    }


def _setup_intent(unit: Unit, session: Json, params: Json) -> Json:
    data = params.get("setup_intent_data", {})
    if "on_behalf_of" in data:
        raise unsupported("setup_intent_data[on_behalf_of]", "setup_intent_data[on_behalf_of]")
    wanted = {
        "allowed_payment_method_types": session["payment_method_types"],
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "always"},
        "metadata": data.get("metadata", {}),
    }
    if session["customer"]:
        wanted["customer"] = session["customer"]
    if "description" in data:
        wanted["description"] = data["description"]
    return setup_intents.begin(unit, wanted, session["currency"])
