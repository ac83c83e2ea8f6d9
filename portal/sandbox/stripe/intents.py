"""What payment intents and set-up intents share: choosing a method, next actions, return
addresses.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from portal.sandbox.stripe.eligibility import REDIRECTING
from portal.sandbox.stripe.errors import ApiError, Json, invalid
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.resources import payment_methods
from portal.sandbox.stripe.unit import Unit

# What only means something together with confirming.
WITH_CONFIRM = (
    "off_session",
    "return_url",
    "mandate",
    "mandate_data",
    "error_on_requires_action",
    "use_stripe_sdk",
)


def client_secret(intent_id: str) -> str:
    """The secret that a browser would use."""
    return f"{intent_id}_secret_{scramble('secret:' + intent_id, 25)}"


def check_confirm_only(params: Json) -> None:
    """Refuses confirming parameters where nothing is confirmed."""
    for name in WITH_CONFIRM:
        if name in params and not params.get("confirm"):
            message = f"You cannot use `{name}` unless `confirm` is set to `true`."
            raise invalid(message, param=name)


def choose(unit: Unit, intent: Json, params: Json) -> Json | None:
    """The method that the parameters name or describe, checked against the intent; or None."""
    if params.get("payment_method"):
        method = payment_methods.resolve(unit, params["payment_method"])
    elif "payment_method_data" in params:
        method = payment_methods.make(unit, params["payment_method_data"])
    else:
        return None
    check_fits(intent, method)
    return method


def check_fits(intent: Json, method: Json) -> None:
    """Refuses a method of a type the intent does not take, used up, or of another customer."""
    if method["type"] not in intent["payment_method_types"]:
        known = ", ".join(intent["payment_method_types"])
        message = (
            f"The PaymentMethod provided ({method['type']}) is not allowed for this intent. It "
            f"takes: {known}."
        )
        code = "payment_intent_incompatible_payment_method"
        raise invalid(message, param="payment_method", code=code)
    payment_methods.check_usable(method)
    if method["customer"] and method["customer"] != intent["customer"]:
        whose = intent["customer"] or "no Customer"
        raise invalid(
            "The PaymentMethod supplied belongs to a Customer other than that of the intent "
            f"({whose}). Please include the Customer in the `customer` parameter.",
            param="payment_method",
            code="payment_intent_invalid_parameter",
        )


def unexpected(intent: Json, verb: str) -> ApiError:
    """The refusal of a verb in the intent's present state; the error carries the intent."""
    kind = "PaymentIntent" if intent["object"] == "payment_intent" else "SetupIntent"
    return invalid(
        f"You cannot {verb} this {kind} because it has a status of {intent['status']}.",
        code=f"{intent['object']}_unexpected_state",
        about=intent,
    )


def check_return_url(intent: Json, method: Json, params: Json) -> None:
    """Dynamic payment methods may redirect, so without `return_url` they are refused."""
    if params.get("return_url"):
        if not urlsplit(params["return_url"]).scheme:
            message = "Not a valid URL"
            raise invalid(message, param="return_url", code="url_invalid")
        return
    automatic = intent["automatic_payment_methods"]
    may_redirect = automatic and automatic["allow_redirects"] == "always"
    if method["type"] in REDIRECTING or (may_redirect and not params.get("off_session")):
        raise invalid(
            "This intent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents "
            "and Payment Intents.",
            param="return_url",
        )


def redirect_action(unit: Unit, intent: Json) -> Json:
    """The next action that sends the payer to the bank; without a way back, to Stripe's script."""
    page = unit.url(f"/3d-secure/{intent['id']}")
    if intent["_return_url"]:
        hash_ = {"return_url": intent["_return_url"], "url": page}
        return {"redirect_to_url": hash_, "type": "redirect_to_url"}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


def return_address(intent: Json, outcome: str) -> str:
    """Where the payer goes back to, with Stripe's parameters; `outcome` is the redirect_status."""
    parts = urlsplit(intent["_return_url"])
    kind = intent["object"]
    query = [
        *parse_qsl(parts.query, keep_blank_values=True),
        (kind, intent["id"]),
        (f"{kind}_client_secret", intent["client_secret"]),
        ("redirect_status", outcome),
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))


def shown_options(types: list[str], given: Json) -> Json:
    """`payment_method_options` as an intent shows them."""
    defaults: dict[str, Json] = {
        "card": {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
        },
        "sepa_debit": {},
        "boleto": {"expires_after_days": 3},
        "bizum": {},
    }
    return {one: defaults[one] | (given.get(one) or {}) for one in types}
