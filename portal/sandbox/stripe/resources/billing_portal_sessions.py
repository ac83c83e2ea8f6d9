"""Sessions of Stripe's customer portal: five minutes to open, an hour from the last activity."""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.resources import billing_portal_configurations as configurations
from portal.sandbox.stripe.unit import Unit

URL = "/v1/billing_portal/sessions"
KIND = "billing_portal.session"
TO_OPEN, IDLE = 5 * 60, 3600
LONGEST_MESSAGE = 500
ENDED = ("canceled", "incomplete_expired")
FEATURES = {
    "customer_update": "customer_update",
    "payment_method_update": "payment_method_update",
    "subscription_cancel": "subscription_cancel",
    "subscription_pause": "subscription_pause",
    "subscription_update": "subscription_update",
    "subscription_update_confirm": "subscription_update",
}


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one; there is no way to read or revoke it."""
    for name in ("customer_account", "on_behalf_of"):
        if name in params:
            raise unsupported(name, name)
    if "customer" not in params:
        message = "Missing required param: customer."
        raise invalid(message, param="customer", code="parameter_missing")
    customer = unit.get("customer", params["customer"], "customer")
    configuration = _configuration(unit, params)
    if params.get("return_url") and not params["return_url"].startswith(("http://", "https://")):
        raise invalid("Not a valid URL", param="return_url", code="url_invalid")
    flow = params.get("flow_data")
    if flow:
        _check_flow(unit, customer, configuration, flow)
    session_id = unit.id("bps")
    after = params.get("after_expiration")
    session: Json = {
        "id": session_id,
        "object": KIND,
        "after_expiration": after
        and {"customer_login": after.get("customer_login"), "type": after["type"]},
        "configuration": configuration["id"],
        "created": unit.account_now,
        "customer": customer["id"],
        "customer_account": None,
        "flow": _shown_flow(flow) if flow else None,
        "livemode": False,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": params.get("return_url") or configuration["default_return_url"],
        "url": unit.url(f"/p/session/test_{scramble(session_id, 64)}_{session_id[4:]}"),
        "_by_login": False,
        "_last_activity": None,
    }
    return unit.add(session, f"{KIND}.created")


def again(unit: Unit, customer: str, configuration: str, *, by_login: bool, **more: Json) -> Json:
    """A session for somebody who proved their e-mail address: by the login page, or again after
    one expired.
    """
    wanted: Json = {"customer": customer, "configuration": configuration, **more}
    made = create(unit, {name: one for name, one in wanted.items() if one is not None})
    return unit.put({**made, "_by_login": by_login})


def session_id_of(token: str) -> str:
    """The id of the session whose address ends in `token`; empty for a wrong address."""
    session_id = f"bps_{token.rpartition('_')[2]}"
    return session_id if token == f"test_{scramble(session_id, 64)}_{session_id[4:]}" else ""


def is_alive(session: Json, now: int) -> bool:
    """Whether its pages still open."""
    if session["_last_activity"] is None:
        return bool(now <= session["created"] + TO_OPEN)
    return bool(now <= session["_last_activity"] + IDLE)


def _configuration(unit: Unit, params: Json) -> Json:
    if "configuration" in params:
        found = unit.get(configurations.KIND, params["configuration"], "configuration")
        if not found["active"]:
            message = f"The configuration {found['id']} is not active."
            raise invalid(message, param="configuration")
        return found
    default = configurations.default(unit)
    if default is None:
        raise invalid(
            "No configuration provided and your test mode default configuration has not been "
            "created. Provide a configuration or create your default by saving your customer "
            "portal settings in test mode at "
            "https://dashboard.stripe.com/test/settings/billing/portal."
        )
    return default


def _check_flow(unit: Unit, customer: Json, configuration: Json, flow: Json) -> None:
    kind = flow["type"]
    feature = configuration["features"][FEATURES[kind]]
    if not feature["enabled"]:
        raise invalid(
            f"This {kind} flow is not available: the feature {FEATURES[kind]} is disabled in the "
            f"portal configuration {configuration['id']}.",
            param="flow_data[type]",
        )
    _check_end(flow.get("after_completion", {"type": "hosted_confirmation"}))
    for name in (
        "subscription_cancel",
        "subscription_pause",
        "subscription_update",
        "subscription_update_confirm",
    ):
        if (name == kind) != (name in flow):
            raise invalid(
                f"`{name}` goes with the flow of that type, and only with it.",
                param=f"flow_data[{name}]",
                code="parameter_missing",
            )
    if kind.startswith("subscription"):
        _check_subscription(unit, customer, configuration, kind, flow[kind])


def _check_end(after: Json) -> None:
    if (after["type"] == "redirect") != ("redirect" in after):
        message = "`redirect` goes with `type=redirect`, and only with it."
        param = "flow_data[after_completion][redirect]"
        raise invalid(message, param=param, code="parameter_missing")
    if after["type"] == "redirect":
        address = after["redirect"]["return_url"]
        if not address.startswith(("http://", "https://")):
            param = "flow_data[after_completion][redirect][return_url]"
            raise invalid("Not a valid URL", param=param, code="url_invalid")
    confirmation = after.get("hosted_confirmation") or {}
    if len(confirmation.get("custom_message") or "") > LONGEST_MESSAGE:
        raise invalid(
            f"The message can have at most {LONGEST_MESSAGE} characters.",
            param="flow_data[after_completion][hosted_confirmation][custom_message]",
        )


def _check_subscription(
    unit: Unit, customer: Json, configuration: Json, kind: str, details: Json
) -> None:
    param = f"flow_data[{kind}][subscription]"
    subscription = unit.get("subscription", details["subscription"], param)
    if subscription["customer"] != customer["id"]:
        message = f"The subscription {subscription['id']} does not belong to the customer."
        raise invalid(message, param=param)
    if subscription["status"] in ENDED:
        message = f"The subscription {subscription['id']} is {subscription['status']}."
        raise invalid(message, param=param)
    shown = unit.shown(subscription)
    if kind == "subscription_cancel":
        if shown["cancel_at_period_end"] or shown["cancel_at"]:
            message = f"The subscription {subscription['id']} is already set to be canceled."
            raise invalid(message, param=param)
        retention = details.get("retention")
        if retention:
            name = f"flow_data[{kind}][retention][coupon_offer][coupon]"
            unit.get("coupon", retention["coupon_offer"]["coupon"], name)
    if kind == "subscription_update_confirm":
        _check_items(unit, configuration, shown, details)


def _check_items(unit: Unit, configuration: Json, subscription: Json, details: Json) -> None:
    param = "flow_data[subscription_update_confirm][items]"
    items = details["items"]
    if len(items) != 1 or len(subscription["items"]["data"]) != 1:
        message = "Exactly one item can be confirmed, of a subscription with one item."
        raise invalid(message, param=param)
    if items[0]["id"] != subscription["items"]["data"][0]["id"]:
        message = f"No such subscription item: '{items[0]['id']}'"
        raise invalid(message, param=f"{param}[0][id]", code="resource_missing")
    price = items[0].get("price")
    offered = {one for product in configuration["_products"] for one in product["prices"]}
    if price and price not in offered:
        message = (
            f"The price {price} is not among the products of the portal configuration "
            f"{configuration['id']}."
        )
        raise invalid(message, param=f"{param}[0][price]")
    if len(details.get("discounts", [])) > 1:
        name = "flow_data[subscription_update_confirm][discounts]"
        raise invalid("You can pass one discount at most.", param=name)
    _ = unit


def _shown_flow(flow: Json) -> Json:
    after = flow.get("after_completion", {"type": "hosted_confirmation"})
    confirmation = after.get("hosted_confirmation")
    if after["type"] == "hosted_confirmation":
        confirmation = {"custom_message": (confirmation or {}).get("custom_message")}
    found: Json = {
        "after_completion": {
            "hosted_confirmation": confirmation,
            "redirect": after.get("redirect"),
            "type": after["type"],
        },
        "customer_update": {} if flow["type"] == "customer_update" else None,
        "subscription_cancel": None,
        "subscription_pause": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": flow["type"],
    }
    if "subscription_cancel" in flow:
        found["subscription_cancel"] = {"retention": None, **flow["subscription_cancel"]}
    for name in ("subscription_update", "subscription_pause"):
        if name in flow:
            found[name] = flow[name]
    if "subscription_update_confirm" in flow:
        details = flow["subscription_update_confirm"]
        found["subscription_update_confirm"] = {
            "discounts": [
                {"coupon": one.get("coupon"), "promotion_code": one.get("promotion_code")}
                for one in details.get("discounts", [])
            ]
            or None,
            "items": [
                {"id": one["id"], "price": one.get("price"), "quantity": one.get("quantity")}
                for one in details["items"]
            ],
            "subscription": details["subscription"],
        }
    return found
