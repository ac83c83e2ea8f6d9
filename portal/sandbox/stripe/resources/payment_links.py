"""Payment links: an address that opens a Checkout session for whoever follows it.

docs.stripe.com/payment-links/api: at most twenty lines; standard prices, or one whose amount the
payer chooses. The page behind the address is `pages/payment_link.py`.
"""

from portal.sandbox.stripe import checkout_shapes, checkout_terms, eligibility, line_items
from portal.sandbox.stripe.checkout_opening import adjustable, open_session
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import includes, listens, renders, route
from portal.sandbox.stripe.resources import shipping_rates
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.short_lists import page
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/payment_links"
ONE = URL + "/{payment_link}"
MOST_LINES = 20
LONGEST_MESSAGE = 500
UNMODELLED = (
    "application_fee_amount",
    "application_fee_percent",
    "on_behalf_of",
    "optional_items",
    "payment_method_options",
    "transfer_data",
)
# What a link hands on to each session as it was given.
HANDED_ON = (
    "allow_promotion_codes",
    "billing_address_collection",
    "consent_collection",
    "custom_fields",
    "custom_text",
    "customer_creation",
    "invoice_creation",
    "name_collection",
    "payment_intent_data",
    "payment_method_collection",
    "phone_number_collection",
    "shipping_address_collection",
    "shipping_options",
    "submit_type",
    "subscription_data",
    "tax_id_collection",
)
INTENT_DATA = (
    "capture_method",
    "description",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes an active one."""
    _refuse_unmodelled(params)
    link_id = unit.id("plink")
    lines = _lines(unit, link_id, params["line_items"])
    currency = check_currency(params["currency"]) if "currency" in params else None
    link: Json = {
        "id": link_id,
        "object": "payment_link",
        "active": True,
        "application": None,
        "application_fee_amount": None,
        "application_fee_percent": None,
        "automatic_tax": {"enabled": False, "liability": None},
        "created": unit.now,
        "currency": line_items.common_currency(unit, lines, currency),
        "livemode": False,
        "managed_payments": None,
        "metadata": merged({}, params.get("metadata")),
        "on_behalf_of": None,
        "optional_items": None,
        "payment_method_options": None,
        "transfer_data": None,
        "_given": {},
        "_token": scramble(f"link:{unit.account_id}:{link_id}", 14),
    }
    _apply(link, params)
    line_items.keep(unit, lines)
    _settle(unit, link, lines)
    return unit.add(link, "payment_link.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filter `active`."""
    active = int(params["active"]) if "active" in params else None
    return unit.page("payment_link", params, URL, {"active": active})


@route("GET", ONE)
def retrieve(unit: Unit, params: Json, payment_link: str) -> Json:
    """One link."""
    _ = params
    return unit.get("payment_link", payment_link, "payment_link")


@route("POST", ONE)
def update(unit: Unit, params: Json, payment_link: str) -> Json:
    """Changes what is asked of payers, quantities, and whether the link works at all."""
    _refuse_unmodelled(params)
    link = unit.get("payment_link", payment_link, "payment_link")
    if params.get("active") and _is_used_up(link, params):
        raise invalid(
            "The link has reached its limit of completed sessions. Raise the limit first.",
            param="active",
        )
    link["active"] = params.get("active", link["active"])
    link["metadata"] = merged(link["metadata"], params.get("metadata"))
    lines = line_items.of(unit, link["id"])
    for place, entry in enumerate(params.get("line_items", [])):
        _change_line(unit, lines, entry, f"line_items[{place}]")
    _apply(link, params)
    line_items.keep(unit, lines)
    _settle(unit, link, lines)
    return unit.save(link, "payment_link.updated")


@route("GET", ONE + "/line_items")
def list_line_items(unit: Unit, params: Json, payment_link: str) -> Json:
    """What is sold."""
    link = unit.get("payment_link", payment_link, "payment_link")
    return page(line_items.of(unit, link["id"]), params, f"{URL}/{payment_link}/line_items")


@includes("payment_link", "line_items")
def shown_lines(unit: Unit, link: Json) -> Json:
    """The lines, when asked for."""
    return list_line_items(unit, {"limit": MOST_LINES}, link["id"])


@renders("payment_link")
def show(unit: Unit, link: Json) -> None:
    """The address that is shared; a link does not say when it was made."""
    link.pop("created", None)
    token = scramble(f"link:{unit.account_id}:{link['id']}", 14)
    link["url"] = unit.url(f"/b/test_{token}")


@listens("checkout.session.completed")
def count(unit: Unit, session: Json) -> None:
    """A completed session counts; at its limit the link stops working."""
    link = unit.find("payment_link", session["payment_link"] or "")
    if link is None or not link["restrictions"]:
        return
    sessions = dict(link["restrictions"]["completed_sessions"])
    sessions["count"] += 1
    link["restrictions"] = {"completed_sessions": sessions}
    if sessions["count"] >= sessions["limit"]:
        link["active"] = False
    unit.save(link, "payment_link.updated")


def open_for(unit: Unit, link: Json, payer: Json) -> Json:
    """Open the session of somebody who follows the link.

    `payer` may hold `client_reference_id` and `customer_email` from the address.
    """
    given = link["_given"]
    wanted: Json = {name: given[name] for name in HANDED_ON if name in given}
    wanted |= {
        "mode": _mode(unit, line_items.of(unit, link["id"])),
        "currency": link["currency"],
        "metadata": link["metadata"],
        "line_items": [_entry(line) for line in line_items.of(unit, link["id"])],
        **payer,
    }
    if link["payment_method_types"]:
        wanted["allowed_payment_method_types"] = link["payment_method_types"]
    redirect = link["after_completion"]["redirect"]
    if redirect:
        wanted["success_url"] = redirect["url"]
    return open_session(unit, wanted, link=link)


def _entry(line: Json) -> Json:
    entry: Json = {"price": line["price"], "metadata": line["metadata"]}
    if line["quantity"] is not None:
        entry["quantity"] = line["quantity"]
    bounds = line["adjustable_quantity"]
    if bounds and bounds["enabled"]:
        entry["adjustable_quantity"] = bounds
    return entry


def _mode(unit: Unit, lines: list[Json]) -> str:
    recurs = any(line_items.is_recurring(unit, line) for line in lines)
    return "subscription" if recurs else "payment"


def _lines(unit: Unit, link_id: str, entries: list[Json]) -> list[Json]:
    if not 1 <= len(entries) <= MOST_LINES:
        raise invalid(f"A payment link has 1 to {MOST_LINES} line items.", param="line_items")
    lines = []
    for place, entry in enumerate(entries):
        where = f"line_items[{place}]"
        line = line_items.new(unit, link_id, entry, where)
        price = line_items.price_of(unit, line)
        if price["billing_scheme"] == "tiered" or price["transform_quantity"]:
            raise invalid(
                "Payment links only support standard prices and prices whose amount the customer "
                "chooses.",
                param=f"{where}[price]",
            )
        line["adjustable_quantity"] = adjustable(line, entry.get("adjustable_quantity"), where)
        lines.append(line)
    checkout_terms.check_lines(unit, _mode(unit, lines), lines, {})
    return lines


def _change_line(unit: Unit, lines: list[Json], entry: Json, where: str) -> None:
    line = next((one for one in lines if one["id"] == entry["id"]), None)
    if line is None:
        raise invalid(
            f"No such line item: '{entry['id']}'", param=f"{where}[id]", code="resource_missing"
        )
    line_items.set_quantity(unit, line, entry, where)
    bounds = entry.get("adjustable_quantity", line["adjustable_quantity"])
    line["adjustable_quantity"] = adjustable(line, bounds, where)


def _settle(unit: Unit, link: Json, lines: list[Json]) -> None:
    """Work out the lines and check that sessions of these terms can be opened."""
    line_items.settle(unit, lines, currency=link["currency"])
    line_items.keep(unit, lines)
    given, mode = link["_given"], _mode(unit, lines)
    for name in checkout_terms.WRONG[mode]:
        if name in given:
            raise invalid(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    checkout_terms.check_custom(given)
    checkout_terms.check_intent_data(given.get("payment_intent_data", {}))
    total = sum(line["amount_total"] for line in lines)
    chooses = any(line_items.price_of(unit, line)["custom_unit_amount"] for line in lines)
    if mode == "payment" and total and not chooses:
        eligibility.check_amount(total, link["currency"], "line_items")
    link["shipping_options"] = [
        _shipping(unit, link, option["shipping_rate"], f"shipping_options[{place}]")
        for place, option in enumerate(given.get("shipping_options", []))
    ]


def _shipping(unit: Unit, link: Json, name: str, where: str) -> Json:
    rate = unit.get("shipping_rate", name, f"{where}[shipping_rate]")
    amount = shipping_rates.amount_in(rate, link["currency"], f"{where}[shipping_rate]")
    return {"shipping_amount": amount, "shipping_rate": rate["id"]}


def _apply(link: Json, params: Json) -> None:
    """Take over what a request says about sessions, as given and as the link shows it."""
    given = {**link["_given"]}
    for name in HANDED_ON:
        if params.get(name) == "":
            given.pop(name, None)
        elif name in params:
            merges = name in ("payment_intent_data", "subscription_data")
            given[name] = (
                _unset({**given.get(name, {}), **params[name]}) if merges else params[name]
            )
    link["_given"] = given
    link |= {
        "after_completion": _after_completion(link, params),
        "allow_promotion_codes": given.get("allow_promotion_codes", False),
        "billing_address_collection": given.get("billing_address_collection", "auto"),
        "consent_collection": checkout_shapes.consent_collection(given.get("consent_collection")),
        "custom_fields": checkout_shapes.custom_fields(
            given.get("custom_fields"), with_value=False
        ),
        "custom_text": checkout_shapes.custom_text(given.get("custom_text")),
        "customer_creation": given.get("customer_creation", "if_required"),
        "inactive_message": _message(link, params),
        "invoice_creation": checkout_shapes.invoice_creation(given.get("invoice_creation")),
        "name_collection": checkout_shapes.name_collection(given.get("name_collection")),
        "payment_intent_data": _intent_data(given.get("payment_intent_data")),
        "payment_method_collection": given.get("payment_method_collection", "always"),
        "payment_method_types": _types(link, params),
        "phone_number_collection": given.get("phone_number_collection", {"enabled": False}),
        "restrictions": _restrictions(link, params),
        "shipping_address_collection": given.get("shipping_address_collection"),
        "shipping_options": [],
        "submit_type": given.get("submit_type", "auto"),
        "subscription_data": _subscription_data(given.get("subscription_data")),
        "tax_id_collection": {
            "enabled": given.get("tax_id_collection", {}).get("enabled", False),
            "required": given.get("tax_id_collection", {}).get("required", "never"),
        },
    }


def _unset(data: Json) -> Json:
    return {name: value for name, value in data.items() if value != ""}


def _after_completion(link: Json, params: Json) -> Json:
    given = params.get("after_completion")
    if given is None:
        default = {
            "hosted_confirmation": {"custom_message": None},
            "redirect": None,
            "type": "hosted_confirmation",
        }
        return dict(link.get("after_completion") or default)
    if (given["type"] == "redirect") != ("redirect" in given):
        raise invalid(
            "`redirect` goes with `type=redirect`, and only with it.",
            param="after_completion[redirect]",
            code="parameter_missing",
        )
    if given["type"] == "redirect":
        if not given["redirect"]["url"].startswith(("http://", "https://")):
            raise invalid(
                "Not a valid URL", param="after_completion[redirect][url]", code="url_invalid"
            )
        return {"hosted_confirmation": None, "redirect": given["redirect"], "type": "redirect"}
    words = given.get("hosted_confirmation", {}).get("custom_message")
    if len(words or "") > LONGEST_MESSAGE:
        raise invalid(
            f"The message can have at most {LONGEST_MESSAGE} characters.",
            param="after_completion[hosted_confirmation][custom_message]",
        )
    return {
        "hosted_confirmation": {"custom_message": words},
        "redirect": None,
        "type": "hosted_confirmation",
    }


def _message(link: Json, params: Json) -> str | None:
    words = params.get("inactive_message", link.get("inactive_message")) or None
    if len(words or "") > LONGEST_MESSAGE:
        raise invalid(
            f"The message can have at most {LONGEST_MESSAGE} characters.", param="inactive_message"
        )
    return words


def _types(link: Json, params: Json) -> list[str] | None:
    types = params.get("payment_method_types", link.get("payment_method_types")) or None
    for one in types or []:
        eligibility.check_type(one, "payment_method_types")
    return types


def _restrictions(link: Json, params: Json) -> Json | None:
    if "restrictions" not in params:
        found: Json | None = link.get("restrictions")
        return found
    if params["restrictions"] == "":
        return None
    known = (link.get("restrictions") or {}).get("completed_sessions", {"count": 0})
    limit = params["restrictions"]["completed_sessions"]["limit"]
    if limit < max(1, known["count"]):
        raise invalid(
            "The limit must be at least 1 and not below what was completed.",
            param="restrictions[completed_sessions][limit]",
        )
    return {"completed_sessions": {"count": known["count"], "limit": limit}}


def _is_used_up(link: Json, params: Json) -> bool:
    sessions = (_restrictions(link, params) or {}).get("completed_sessions")
    return bool(sessions and sessions["count"] >= sessions["limit"])


def _intent_data(given: Json | None) -> Json | None:
    if given is None:
        return None
    shown = {name: given.get(name) for name in INTENT_DATA}
    return {**shown, "metadata": merged({}, given.get("metadata"))}


def _subscription_data(given: Json | None) -> Json | None:
    if given is None:
        return None
    settings = given.get("invoice_settings") or {}
    trial = given.get("trial_settings") or None
    if (settings.get("issuer") or {"type": "self"})["type"] != "self":
        raise unsupported("another issuer", "subscription_data[invoice_settings][issuer]")
    return {
        "description": given.get("description"),
        "invoice_settings": {
            "account_tax_ids": settings.get("account_tax_ids") or None,
            "custom_fields": settings.get("custom_fields") or None,
            "description": settings.get("description"),
            "footer": settings.get("footer"),
            "issuer": {"type": "self"},
        },
        "metadata": merged({}, given.get("metadata")),
        "trial_period_days": given.get("trial_period_days"),
        "trial_settings": trial and {"end_behavior": trial["end_behavior"]},
    }


def _refuse_unmodelled(params: Json) -> None:
    for name in UNMODELLED:
        if params.get(name) not in (None, ""):
            raise unsupported(name, name)
    for name in ("automatic_tax", "managed_payments"):
        if (params.get(name) or {}).get("enabled"):
            raise unsupported(f"{name}[enabled]=true", f"{name}[enabled]")
    if "liability" in params.get("automatic_tax", {}):
        raise unsupported("tax liability", "automatic_tax[liability]")
    issuer = params.get("invoice_creation", {}).get("invoice_data", {}).get("issuer")
    if (issuer or {"type": "self"})["type"] != "self":
        raise unsupported("another issuer", "invoice_creation[invoice_data][issuer]")
