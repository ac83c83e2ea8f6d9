"""Customer sources of the older API: cards from test tokens, the default one, changed, removed."""

from portal.sandbox.stripe import card_sources, declines
from portal.sandbox.stripe.cards import Card, card_named, card_of_token
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.registry import includes, listens, route
from portal.sandbox.stripe.resources import payment_methods
from portal.sandbox.stripe.unit import Unit, envelope, merged

URL = "/v1/customers/{customer}/sources"
CHANGEABLE = {*card_sources.ADDRESS, "exp_month", "exp_year", "metadata", "name"}


def make(unit: Unit, source: str, param: str = "source") -> Json:
    """The new card of a `tok_…` or `pm_card_…` token; a made token is used up."""
    name = source.removeprefix("pm_card_").removeprefix("tok_")
    card = card_of_token(name) if source.startswith(("tok_", "pm_card_")) else None
    if card is not None:
        body = card_sources.shown(unit, unit.id("card"), card, {})
        return card_sources.store(unit, body, card)
    if source.startswith(("src_", "ba_", "btok_")):
        raise unsupported("Sources and bank account tokens", param)
    token = unit.get("token", source, param)
    if token["used"]:
        message = f"You cannot use a Stripe token more than once: {source}."
        raise invalid(message, param=param, code="token_already_used")
    token["used"] = True
    unit.put(token)
    found = card_named(token["_instrument"])
    assert found is not None  # noqa: S101
    return card_sources.store(unit, dict(token["card"]), found)


def attach(unit: Unit, customer: Json, source: str, metadata: Json | None = None) -> Json:
    """Gives a customer the card of a token; the first becomes the default. Raises the 402 of a
    card that is always refused.
    """
    body = make(unit, source)
    card = card_named(body["_instrument"])
    if isinstance(card, Card) and card.refused and card.authenticate == "never":
        raise declines.undone(declines.answer(declines.of_card(card.decline)))
    body["customer"], body["metadata"] = customer["id"], merged({}, metadata)
    method = unit.get("payment_method", body["id"])
    method["customer"], method["_set_up"] = customer["id"], True
    unit.put(method)
    unit.add(body, "customer.source.created")
    if customer["default_source"] is None:
        customer["default_source"] = body["id"]
    return body


def chosen(unit: Unit, source: str | None, customer: Json) -> Json:
    """The card that a charge takes: the one named, a token's, or the customer's default."""
    if source is None:
        if not customer:
            message = "Must provide source or customer."
            raise invalid(message, code="parameter_missing")
        source = customer["default_source"]
        if source is None:
            message = "Cannot charge a customer that has no active card"
            raise invalid(message, param="card", code="missing")
    if source.startswith("card_"):
        found = unit.get("card", source, "source")
        if not customer or found["customer"] != customer["id"]:
            raise missing("source", source, "source")
        return found
    if customer:
        message = f"Customer {customer['id']} does not have a linked source with ID {source}."
        raise invalid(message, param="source", code="missing")
    return make(unit, source)


@route("POST", URL)
def create(unit: Unit, params: Json, customer: str) -> Json:
    """Adds a card by its token. `_silent` (a new customer says it all) and `_replaces` (the new
    card takes the place of the default one) are asked for by `customers.py`.
    """
    if "validate" in params:
        raise unsupported("validate", "validate")
    found = unit.alive("customer", customer)
    before = found["default_source"]
    body = attach(unit, found, params["source"], params.get("metadata"))
    if params.get("_replaces"):
        found["default_source"] = body["id"]
    unit.save(found, *([] if params.get("_silent") else ["customer.updated"]))
    if params.get("_replaces") and before:
        payment_methods.let_go(unit, unit.get("payment_method", before))
    return body


@route("GET", URL)
def list_all(unit: Unit, params: Json, customer: str) -> Json:
    """The customer's cards, newest first."""
    unit.get("customer", customer, "customer")
    if params.get("object", "card") != "card":
        return envelope([], f"/v1/customers/{customer}/sources")
    url = f"/v1/customers/{customer}/sources"
    return unit.page("card", params, url, {"customer": customer})


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, customer: str, id: str) -> Json:
    """One card of the customer's."""
    _ = params
    return _of(unit, customer, id)


@route("POST", URL + "/{id}")
def update(unit: Unit, params: Json, customer: str, id: str) -> Json:
    """Changes name, address, expiry and metadata, of the payment method too."""
    for name in params.keys() - CHANGEABLE:
        raise unsupported(name, name)
    body = _of(unit, customer, id)
    card = card_named(body["_instrument"])
    assert card is not None  # noqa: S101
    given = {name: params[name] for name in params if name != "metadata"}
    for name in ("exp_month", "exp_year"):
        if name in given and not str(given[name]).isdigit():
            raise invalid(f"Invalid integer: {given[name]}", param=name)
    fields = {**card_sources.ADDRESS, "name": "", "exp_month": "", "exp_year": ""}
    kept = {name: body[name] for name in fields}
    fresh = card_sources.shown(unit, id, card, kept | given)
    body |= {name: fresh[name] for name in (*fields, "address_line1_check", "address_zip_check")}
    if "metadata" in params:
        body["metadata"] = merged(body["metadata"], params["metadata"])
    method = unit.get("payment_method", id)
    method["card"] |= {"exp_month": body["exp_month"], "exp_year": body["exp_year"]}
    unit.put(method)
    return unit.save(body, "customer.source.updated")


@route("DELETE", URL + "/{id}")
def delete(unit: Unit, params: Json, customer: str, id: str) -> Json:
    """Removes a card; another one becomes the default."""
    _ = params
    _of(unit, customer, id)
    payment_methods.let_go(unit, unit.get("payment_method", id))
    return unit.find("card", id) or {}


@listens("payment_method.detached")
def forget(unit: Unit, method: Json) -> None:
    """A card that was detached as a payment method is no source any more."""
    body = unit.find("card", method["id"])
    if body is None or body.get("deleted"):
        return
    customer = unit.find("customer", body["customer"] or "")
    unit.remove(body, "customer.source.deleted")
    if customer and not customer.get("deleted") and customer["default_source"] == body["id"]:
        others = unit.select("card", customer=customer["id"], limit=1)
        customer["default_source"] = others[0]["id"] if others else None
        unit.save(customer, "customer.updated")


@includes("customer", "sources")
def sources(unit: Unit, customer: Json) -> Json:
    """The customer's cards, when asked for."""
    found = unit.select("card", customer=customer["id"])
    return envelope(found, f"/v1/customers/{customer['id']}/sources")


def _of(unit: Unit, customer: str, card_id: str) -> Json:
    unit.get("customer", customer, "customer")
    found = unit.find("card", card_id)
    if found is None or found.get("deleted") or found["customer"] != customer:
        raise missing("source", card_id, "id")
    return found
