"""What payment intents and set-up intents share: choosing a method, next actions, return
addresses.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from portal.sandbox.stripe import app_codes, eligibility
from portal.sandbox.stripe.errors import ApiError, Json, invalid, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.method_making import check_billing
from portal.sandbox.stripe.method_types import TYPES
from portal.sandbox.stripe.resources import payment_methods
from portal.sandbox.stripe.unit import Unit

# What only means something together with confirming.
WITH_CONFIRM = (
    "confirmation_token",
    "off_session",
    "return_url",
    "mandate",
    "mandate_data",
    "error_on_requires_action",
    "use_stripe_sdk",
)
# What an intent shows of the options of a type before any is given.
OPTIONS: dict[str, Json] = {
    "acss_debit": {"verification_method": "automatic"},
    "afterpay_clearpay": {"reference": None},
    "bancontact": {"preferred_language": "en"},
    "boleto": {"expires_after_days": 3},
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
    "klarna": {"preferred_locale": None},
    "konbini": {
        "confirmation_number": None,
        "expires_after_days": None,
        "expires_at": None,
        "product_description": None,
    },
    "link": {"persistent_token": None},
    "oxxo": {"expires_after_days": 3},
    "paypal": {"preferred_locale": None, "reference": None},
    "pix": {"expires_after_seconds": None, "expires_at": None},
    "swish": {"reference": None},
    "us_bank_account": {"verification_method": "automatic"},
    "wechat_pay": {"app_id": None, "client": None},
}
UNMODELLED_OPTIONS = frozenset(
    [
        "cvc_token",
        "financial_connections",
        "installments",
        "line_items",
        "moto",
        "networks",
        "on_demand",
        "preferred_settlement_speed",
        "risk_correlation_id",
        "subscriptions",
        "supplementary_purchase_data",
        "three_d_secure",
        "tos_shown_and_accepted",
    ]
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
    check_fits(unit, intent, method)
    return method


def check_fits(unit: Unit, intent: Json, method: Json) -> None:
    """Refuses a method of a type the intent does not take, used up, or of another customer. A
    type that the merchant neither wants nor refuses joins an intent of dynamic methods.
    """
    kind = method["type"]
    if kind not in intent["payment_method_types"] and _may_join(unit, intent, kind):
        intent["payment_method_types"].append(kind)
        if intent["object"] == "payment_intent":
            intent["payment_method_options"] |= shown_options([kind], {})
    if kind not in intent["payment_method_types"]:
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


def _may_join(unit: Unit, intent: Json, kind: str) -> bool:
    if not intent.get("_invoice"):
        return eligibility.may_join(unit, kind, intent)
    settings = unit.get("invoice", intent["_invoice"])["payment_settings"]
    asked = settings["payment_method_types"]
    fits = eligibility.fits(unit, kind, intent["currency"])
    return fits and TYPES[kind].reusable and (not asked or kind in asked)


def check_secret(intent: Json, params: Json) -> None:
    """Refuses a client secret that is not the intent's own."""
    given = params.get("client_secret")
    if given is not None and given != intent["client_secret"]:
        message = "The client_secret provided does not match the client_secret of this intent."
        code = f"{intent['object']}_invalid_parameter"
        raise invalid(message, param="client_secret", code=code)


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
    if params.get("off_session") and method["_set_up"]:
        return
    redirects = TYPES[method["type"]].flow == "redirect"
    if redirects or (may_redirect and not params.get("off_session")):
        raise invalid(
            "This intent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents "
            "and Payment Intents.",
            param="return_url",
        )


def redirect_action(unit: Unit, intent: Json, method: Json) -> Json:
    """The next action that sends the payer to the bank or app; without a way back, to Stripe's
    script.
    """
    check_billing(method)
    page = unit.url(f"/3d-secure/{intent['id']}")
    in_app = app_codes.action(method["type"], page, intent, unit.account_now)
    if in_app:
        return in_app
    if intent["_return_url"]:
        hash_ = {"return_url": intent["_return_url"], "url": page}
        return {"redirect_to_url": hash_, "type": "redirect_to_url"}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


def waits_for_payer(intent: Json) -> bool:
    """Whether the payer is to answer on the page of a bank or an app."""
    kind = (intent["next_action"] or {}).get("type")
    waiting = ("redirect_to_url", "use_stripe_sdk", *app_codes.ACTIONS.values())
    return intent["status"] == "requires_action" and kind in waiting


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
    shown = {one: dict(OPTIONS.get(one, {})) for one in types}
    merge_options(shown, given)
    return shown


def merge_options(shown: Json, given: Json) -> None:
    """Puts options of the types that an intent takes into those it shows; "" unsets them all.
    Refuses those that would change what happens and are not modelled.
    """
    for kind, options in given.items():
        for name in (options or {}).keys() & UNMODELLED_OPTIONS:
            full = f"payment_method_options[{kind}][{name}]"
            raise unsupported(full, full)
        if kind not in shown:
            continue
        if options == "":
            shown[kind] = dict(OPTIONS.get(kind, {}))
            continue
        for name, value in (options or {}).items():
            shown[kind][name] = OPTIONS.get(kind, {}).get(name) if value == "" else value
