"""Opening a Checkout session: its body, lines, discounts, shipping and payment methods."""

from portal.sandbox.stripe import (
    checkout_codes,
    checkout_shapes,
    checkout_sums,
    checkout_terms,
    eligibility,
    line_items,
    offers,
)
from portal.sandbox.stripe.checkout_terms import LONGEST
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.resources import setup_intents, shipping_rates
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.unit import Unit, merged

MOST_SHIPPING_OPTIONS = 5
MOST_ADJUSTED, MOST_BY_DEFAULT = 999_999, 99


def open_session(
    unit: Unit, params: Json, *, link: Json | None = None, recovered: Json | None = None
) -> Json:
    """Store a new session; of a payment link, or instead of an expired one, if they are given."""
    mode = checkout_terms.check(unit, params, needs_address=link is None)
    session = _blank(unit, params, mode)
    session["payment_link"] = link["id"] if link else None
    session["recovered_from"] = recovered["id"] if recovered else None
    lines = [
        _line(unit, session, entry, f"line_items[{place}]")
        for place, entry in enumerate(params.get("line_items", []))
    ]
    if mode != "setup":
        checkout_terms.check_lines(unit, mode, lines, params)
    wanted = check_currency(params["currency"]) if "currency" in params else None
    session["currency"] = line_items.common_currency(unit, lines, wanted)
    line_items.keep(unit, lines)
    ship(unit, session, params.get("shipping_options", []))
    checkout_sums.settle(unit, session)
    _discount(unit, session, params.get("discounts", []))
    checkout_sums.settle(unit, session)
    _check_total(session)
    _offer_methods(unit, session, params)
    if mode == "setup":
        session["setup_intent"] = _setup_intent(unit, session, params)["id"]
        session["_parent"] = session["setup_intent"]
    unit.put(session)
    unit.schedule(session["expires_at"], "checkout.session.expire", session["id"])
    return session


def _blank(unit: Unit, params: Json, mode: str) -> Json:
    customer, paying = params.get("customer"), mode == "payment"
    return {
        "id": unit.id("cs_test"),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False} if paying else None,
        "after_expiration": checkout_shapes.after_expiration(params.get("after_expiration")),
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": None,
        "amount_total": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": checkout_shapes.consent_collection(params.get("consent_collection")),
        "created": unit.account_now,
        "currency": None,
        "currency_conversion": None,
        "custom_fields": checkout_shapes.custom_fields(
            params.get("custom_fields"), with_value=True
        ),
        "custom_text": checkout_shapes.custom_text(params.get("custom_text")),
        "customer": customer,
        "customer_account": None,
        "customer_creation": _customer_creation(params, mode),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "discounts": None if mode == "setup" else [],
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "expires_at": params.get("expires_at", unit.account_now + LONGEST),
        "integration_identifier": params.get("integration_identifier"),
        "invoice": None,
        "invoice_creation": checkout_shapes.invoice_creation(params.get("invoice_creation"))
        if paying
        else None,
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": None,
        "metadata": merged({}, params.get("metadata")),
        "mode": mode,
        "name_collection": checkout_shapes.name_collection(params.get("name_collection")),
        "origin_context": params.get("origin_context"),
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": _method_collection(params, mode),
        "payment_method_configuration_details": eligibility.configuration_details(unit, params),
        "payment_method_options": {},
        "payment_method_types": [],
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "permissions": None,
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "recovered_from": None,
        "saved_payment_method_options": checkout_shapes.saved_options(params)
        if customer and mode != "setup"
        else None,
        "setup_intent": None,
        "shipping_address_collection": params.get("shipping_address_collection"),
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params.get("success_url"),
        "tax_id_collection": _tax_id_collection(params.get("tax_id_collection")),
        "total_details": None,
        "ui_mode": "hosted_page",
        "wallet_options": checkout_shapes.wallet_options(params.get("wallet_options")),
        "_customer_update": params.get("customer_update", {}),
        "_intent_data": params.get("payment_intent_data", {}),
        "_invoice": None,
        "_method_data": params.get("payment_method_data", {}),
        "_offered": [],
        "_params": params if _may_be_recovered(params) else None,
        "_parent": None,
        "_subscription": None,
        "_subscription_data": params.get("subscription_data", {}),
    }


def _may_be_recovered(params: Json) -> bool:
    return bool((params.get("after_expiration", {}).get("recovery") or {}).get("enabled"))


def _tax_id_collection(given: Json | None) -> Json | None:
    if given is None:
        return None
    return {"enabled": given["enabled"], "required": given.get("required", "never")}


def _customer_creation(params: Json, mode: str) -> str | None:
    if "customer" in params:
        return None
    if mode == "subscription":
        return "always"
    return str(params.get("customer_creation", "if_required"))


def _method_collection(params: Json, mode: str) -> str:
    default = "if_required" if mode == "payment" else "always"
    return str(params.get("payment_method_collection", default))


def _line(unit: Unit, session: Json, entry: Json, where: str) -> Json:
    line = line_items.new(unit, session["id"], entry, where)
    if "quantity" not in entry and line["quantity"] is not None:
        raise invalid(
            "Quantity is required. Add `quantity` to `line_items`.",
            param=f"{where}[quantity]",
            code="parameter_missing",
        )
    line["adjustable_quantity"] = adjustable(line, entry.get("adjustable_quantity"), where)
    return line


def adjustable(line: Json, given: Json | None, where: str) -> Json | None:
    """Return a line's `adjustable_quantity`; raises the 400 for wrong bounds."""
    if given is None:
        return None
    least, most = given.get("minimum", 0), given.get("maximum", MOST_BY_DEFAULT)
    if not given["enabled"]:
        return {"enabled": False, "maximum": None, "minimum": None}
    if line["quantity"] is None:
        raise invalid(
            "The quantity of a price billed by usage cannot be adjusted.",
            param=f"{where}[adjustable_quantity]",
        )
    if not 0 <= least <= line["quantity"] <= most <= MOST_ADJUSTED:
        raise invalid(
            f"The quantity must be between minimum and maximum, and those between 0 and "
            f"{MOST_ADJUSTED}.",
            param=f"{where}[adjustable_quantity]",
        )
    return {"enabled": True, "maximum": most, "minimum": least}


def ship(unit: Unit, session: Json, entries: list[Json]) -> None:
    """Give the session these `shipping_options`, the first one chosen."""
    if len(entries) > MOST_SHIPPING_OPTIONS:
        raise invalid(
            f"You can have at most {MOST_SHIPPING_OPTIONS} shipping options.",
            param="shipping_options",
        )
    session["shipping_options"] = []
    session["shipping_cost"] = None
    for place, entry in enumerate(entries):
        where = f"shipping_options[{place}]"
        if ("shipping_rate" in entry) == ("shipping_rate_data" in entry):
            raise invalid(
                "You must specify either `shipping_rate` or `shipping_rate_data`.",
                param=f"{where}[shipping_rate]",
                code="parameter_missing",
            )
        if "shipping_rate" in entry:
            rate = unit.get("shipping_rate", entry["shipping_rate"], f"{where}[shipping_rate]")
        else:
            data = entry["shipping_rate_data"]
            rate = shipping_rates.make(unit, data, f"{where}[shipping_rate_data]")
        if not rate["active"]:
            raise invalid(
                f"The shipping rate {rate['id']} is not active.", param=f"{where}[shipping_rate]"
            )
        amount = shipping_rates.amount_in(rate, session["currency"], f"{where}[shipping_rate]")
        session["shipping_options"].append({"shipping_amount": amount, "shipping_rate": rate["id"]})
    if entries:
        choose_shipping(session, session["shipping_options"][0]["shipping_rate"])


def choose_shipping(session: Json, rate: str) -> None:
    """Take one of the session's shipping options; the first is taken until the payer chooses."""
    option = next(
        (one for one in session["shipping_options"] if one["shipping_rate"] == rate), None
    )
    if option is None:
        raise invalid("Please choose how it is sent.", param="shipping_rate")
    amount = option["shipping_amount"]
    session["shipping_cost"] = {
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "shipping_rate": rate,
    }


def _discount(unit: Unit, session: Json, entries: list[Json]) -> None:
    for place, entry in enumerate(entries):
        where = f"discounts[{place}]"
        if "promotion_code" in entry and "coupon" not in entry:
            code = unit.get("promotion_code", entry["promotion_code"], f"{where}[promotion_code]")
            reason = checkout_codes.may_not_use(unit, code, session)
            if reason:
                raise invalid(reason, param=f"{where}[promotion_code]")
        elif "coupon" in entry:
            _check_spread(unit, session, entry["coupon"], where)
    take_discounts(unit, session, entries)


def _check_spread(unit: Unit, session: Json, coupon: str, where: str) -> None:
    """An amount off is not spread over a prorated first period (Checkout's billing cycle page)."""
    data = session["_subscription_data"]
    found = unit.get("coupon", coupon, f"{where}[coupon]")
    anchored = "billing_cycle_anchor" in data or "billing_cycle_anchor_config" in data
    if anchored and found["amount_off"] and data.get("proration_behavior") != "none":
        raise invalid(
            "Coupons with `amount_off` cannot be used with a billing cycle anchor that prorates.",
            param=f"{where}[coupon]",
        )


def take_discounts(unit: Unit, session: Json, entries: list[Json]) -> None:
    """Give the session the discounts of these entries, instead of those it had."""
    session["_offered"] = offers.offered(
        unit,
        entries or "",
        owner={"checkout_session": session["id"]},
        customer=session["customer"],
        currency=session["currency"] or "",
        existing=[],
        param="discounts",
    )
    session["discounts"] = [
        {"coupon": entry.get("coupon"), "promotion_code": entry.get("promotion_code")}
        for entry in entries
    ]
    if session["mode"] == "setup":
        session["discounts"] = None


def _check_total(session: Json) -> None:
    total = session["amount_total"]
    if session["mode"] == "payment" and total:
        eligibility.check_amount(total, session["currency"], "line_items")


def _offer_methods(unit: Unit, session: Json, params: Json) -> None:
    saves = session["mode"] != "payment"
    types = eligibility.types(unit, session["currency"], params, save=saves)
    if "setup_future_usage" in session["_intent_data"] and len(types) > 1:
        types = [one for one in types if eligibility.TYPES[one].reusable]
    session["payment_method_types"] = types
    session["payment_method_options"] = _options(types, params)
    # Options of types that are not offered here, such as Boleto for euros, are kept and not shown.
    session["_other_options"] = {
        kind: one
        for kind, one in params.get("payment_method_options", {}).items()
        if kind not in types
    }


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
        if kind not in eligibility.TYPES:
            _check_unmodelled(kind, option or {})
        elif (option or {}).get("setup_future_usage", "none") != "none" and (
            not eligibility.TYPES[kind].reusable
        ):
            param = f"payment_method_options[{kind}][setup_future_usage]"
            raise invalid("Invalid setup_future_usage: must be none", param=param)
    return found


def _check_unmodelled(kind: str, option: Json) -> None:
    """A type that the sandbox never offers may only say whether it would be kept."""
    if option.keys() - {"setup_future_usage"}:
        where = f"payment_method_options[{kind}]"
        raise unsupported(where, where)


def _setup_intent(unit: Unit, session: Json, params: Json) -> Json:
    data = params.get("setup_intent_data", {})
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


def recover(unit: Unit, session: Json) -> Json | None:
    """Open a copy of an expired session for the recovery address; None once that has ended."""
    recovery = (session["after_expiration"] or {}).get("recovery") or {}
    if not recovery.get("url") or recovery["expires_at"] < unit.account_now:
        return None
    wanted = {
        name: one
        for name, one in session["_params"].items()
        if name not in ("expires_at", "after_expiration", "allow_promotion_codes")
    }
    if recovery["allow_promotion_codes"] and "discounts" not in wanted:
        wanted["allow_promotion_codes"] = True
    link = unit.find("payment_link", session["payment_link"] or "")
    return open_session(unit, wanted, link=link, recovered=session)
