"""Confirmation tokens: what a payer filled in, carried to a confirmation on the server, once."""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.resources import payment_methods
from portal.sandbox.stripe.resources.customers import address
from portal.sandbox.stripe.unit import Unit

LIFE = 12 * 3600


@route("POST", "/v1/test_helpers/confirmation_tokens")
def create(unit: Unit, params: Json) -> Json:
    """Makes one from `payment_method` or `payment_method_data`, as Elements would."""
    if ("payment_method" in params) == ("payment_method_data" in params):
        message = "You must provide exactly one of: payment_method, payment_method_data."
        raise invalid(message, param="payment_method", code="parameter_missing")
    if "payment_method_options" in params:
        raise unsupported("payment_method_options", "payment_method_options")
    if "payment_method" in params:
        method = payment_methods.resolve(unit, params["payment_method"])
    else:
        method = payment_methods.make(unit, params["payment_method_data"])
    shipping = params.get("shipping")
    return unit.put(
        {
            "id": unit.id("ctoken"),
            "object": "confirmation_token",
            "created": unit.account_now,
            "expires_at": unit.account_now + LIFE,
            "livemode": False,
            "mandate_data": None,
            "metadata": None,
            "payment_intent": None,
            "payment_method_options": None,
            "payment_method_preview": {
                "allow_redisplay": method["allow_redisplay"],
                "billing_details": method["billing_details"],
                "customer": method["customer"],
                "customer_account": None,
                "type": method["type"],
                method["type"]: method[method["type"]],
            },
            "return_url": params.get("return_url"),
            "setup_future_usage": params.get("setup_future_usage"),
            "setup_intent": None,
            "shipping": shipping
            and {
                "address": address(shipping["address"]),
                "name": shipping["name"],
                "phone": shipping.get("phone") or None,
            },
            "use_stripe_sdk": False,
            "_method": method["id"],
        }
    )


@route("GET", "/v1/confirmation_tokens/{confirmation_token}")
def retrieve(unit: Unit, params: Json, confirmation_token: str) -> Json:
    """One token."""
    _ = params
    return unit.get("confirmation_token", confirmation_token, "confirmation_token")


def check_alone(params: Json) -> None:
    """Refuses a token beside a method."""
    for name in ("payment_method", "payment_method_data"):
        if name in params and "confirmation_token" in params:
            message = f"You cannot provide both `confirmation_token` and `{name}`."
            raise invalid(message, param=name)


def spend(unit: Unit, params: Json, intent: Json) -> Json:
    """The parameters of a confirmation with those of its token put in; the token is used up.
    Raises the 400 for one that was used or has expired, or beside a method.
    """
    if "confirmation_token" not in params:
        return params
    check_alone(params)
    kind = intent["object"]
    token = unit.get("confirmation_token", params["confirmation_token"], "confirmation_token")
    if token["payment_intent"] or token["setup_intent"] or token["expires_at"] <= unit.account_now:
        message = "The ConfirmationToken was already used or has expired."
        raise invalid(message, param="confirmation_token")
    token[kind] = intent["id"]
    unit.put(token)
    told = {"payment_method": token["_method"]}
    for name in ("return_url", "shipping", "setup_future_usage"):
        if token[name] and not (kind == "setup_intent" and name != "return_url"):
            told[name] = token[name]
    rest = {name: one for name, one in params.items() if name != "confirmation_token"}
    return told | rest
