"""No parameter is silently ignored: each is read by its handler, or refused by its name.

For every parameter that the schema accepts on a route of selling, at any depth, a request that
holds it is sent to the handler. Either the handler takes its value out (to use or to keep it), or
it answers with a refusal that names it.
"""

import re
from typing import Any

import pytest

from portal.sandbox.stripe.errors import ApiError
from portal.sandbox.stripe.registry import ROUTES, load
from portal.sandbox.stripe.schema import parameters
from portal.sandbox.stripe.unit import Unit
from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.selling.reading import Noted, Requests, leaves
from tests.sandbox.stripe.selling.test_quotes import monthly, one_off

load()
UNTAXED = {"automatic_tax": {"enabled": False}}
BACK = {"success_url": "https://shop.example/ok"}
DAY = 86400
# What leaves a request when something else comes: the two exclude each other.
INSTEAD = {
    "billing_cycle_anchor_config": ("billing_cycle_anchor",),
    "from_quote": ("line_items", "automatic_tax"),
    "price_data": ("price",),
    "product_data": ("product",),
    "shipping_rate_data": ("shipping_rate",),
    "unit_amount_decimal": ("unit_amount",),
}
# Read by the API itself, for every route.
EVERYWHERE = frozenset({"expand"})
CASES = [
    ("POST /v1/quotes", "quote"),
    ("POST /v1/quotes/{quote}", "quote_update"),
    ("POST /v1/quotes/{quote}/finalize", "quote_end"),
    ("GET /v1/quotes", "nothing"),
    ("POST /v1/payment_links", "link"),
    ("POST /v1/payment_links", "subscription_link"),
    ("POST /v1/payment_links/{payment_link}", "link_update"),
    ("GET /v1/payment_links", "nothing"),
    ("POST /v1/checkout/sessions", "payment"),
    ("POST /v1/checkout/sessions", "subscription"),
    ("POST /v1/checkout/sessions", "setup"),
    ("POST /v1/checkout/sessions/{session}", "session_update"),
    ("GET /v1/checkout/sessions", "nothing"),
    ("POST /v1/billing_portal/configurations", "configuration"),
    ("POST /v1/billing_portal/configurations/{configuration}", "configuration_update"),
    ("GET /v1/billing_portal/configurations", "nothing"),
    ("POST /v1/billing_portal/sessions", "portal"),
    ("POST /v1/billing_portal/sessions", "portal_cancel"),
    ("POST /v1/billing_portal/sessions", "portal_pause"),
    ("POST /v1/billing_portal/sessions", "portal_update"),
    ("POST /v1/billing_portal/sessions", "portal_confirm"),
    ("POST /v1/shipping_rates", "rate"),
    ("POST /v1/shipping_rates/{shipping_rate_token}", "rate_update"),
    ("GET /v1/shipping_rates", "nothing"),
    ("POST /v1/tax_ids", "tax_id"),
    ("GET /v1/tax_ids", "nothing"),
    ("POST /v1/entitlements/features", "feature"),
    ("POST /v1/entitlements/features/{id}", "feature_update"),
    ("GET /v1/entitlements/features", "nothing"),
    ("GET /v1/invoice_rendering_templates", "nothing"),
    ("GET /v1/customers/search", "query"),
    ("POST /v1/customers/{customer}/balance_transactions/{transaction}", "balance"),
]


class Stage:
    """A shop with one of each thing that a request may need."""

    def __init__(self, shop: Shop) -> None:
        api = self.api = shop.api
        self.shop = shop
        self.customer = api.customers.create({"email": "ana@example.com"}).id
        self.price, self.monthly = one_off(shop), monthly(shop)
        self.rate = self.made_rate()
        now = shop.sandbox.clock.now()
        web = "https://shop.example/a"
        known = {
            "amount": 200,
            "billing_cycle_anchor": now + 5 * DAY,
            "coupon": api.coupons.create({"percent_off": 5}).id,
            "currency": "eur",
            "customer": self.customer,
            "days_until_due": 3,
            "effective_date": now + 5 * DAY,
            "expires_at": now + 7200,
            "limit": 5,
            "price": self.price,
            "prices": self.monthly,
            "product": api.prices.retrieve(self.monthly).product,
            "quote": self.quoted(),
            "return_url": web,
            "success_url": web,
            "cancel_url": web,
            "shipping_rate": self.rate,
            "trial_end": now + 5 * DAY,
            "type": ["text", "customer"],
            "unit_amount": 200,
            "url": web,
        }
        self.requests = Requests(known, INSTEAD)

    def made_rate(self) -> str:
        """A shipping rate."""
        amount = {"amount": 1, "currency": "eur"}
        return str(
            self.api.shipping_rates.create({"display_name": "Post", "fixed_amount": amount}).id
        )

    def quoted(self) -> str:
        """A quote that can be copied."""
        wanted = {"customer": self.customer, "line_items": self.line(self.price)}
        return str(self.api.quotes.finalize_quote(self.api.quotes.create(wanted).id).id)

    def line(self, price: str, **more: Any) -> list[dict[str, Any]]:
        """One line."""
        return [{"price": price, "quantity": 1} | more]

    def session(self, mode: str, price: str, **more: Any) -> dict[str, Any]:
        """Parameters of a Checkout session."""
        return {"mode": mode, "line_items": self.line(price), **BACK, **UNTAXED, **more}

    def base(self, name: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Parameters that the route needs in any case, and the names in its path."""
        make = getattr(self, f"_{name}")
        found: tuple[dict[str, Any], dict[str, str]] = make()
        return found

    def _nothing(self) -> Any:
        return {}, {}

    def _quote(self) -> Any:
        return {"line_items": self.line(self.monthly), **UNTAXED}, {}

    def _quote_update(self) -> Any:
        made = self.api.quotes.create(
            {"customer": self.customer, "line_items": self.line(self.monthly)}
        )
        item = self.api.quotes.line_items.list(made.id).data[0].id
        return {"line_items": [{"id": item}], **UNTAXED}, {"quote": made.id}

    def _quote_end(self) -> Any:
        made = self.api.quotes.create(
            {"customer": self.customer, "line_items": self.line(self.monthly)}
        )
        return {}, {"quote": made.id}

    def _link(self) -> Any:
        return {"line_items": self.line(self.price), **UNTAXED}, {}

    def _subscription_link(self) -> Any:
        return {"line_items": self.line(self.monthly), **UNTAXED}, {}

    def _link_update(self) -> Any:
        made = self.api.payment_links.create({"line_items": self.line(self.monthly)})
        item = self.api.payment_links.line_items.list(made.id).data[0].id
        return {"line_items": [{"id": item}], **UNTAXED}, {"payment_link": made.id}

    def _payment(self) -> Any:
        return self.session("payment", self.price), {}

    def _subscription(self) -> Any:
        return self.session("subscription", self.monthly), {}

    def _setup(self) -> Any:
        return {"mode": "setup", "currency": "eur", **BACK, **UNTAXED}, {}

    def _session_update(self) -> Any:
        made = self.api.checkout.sessions.create(self.session("payment", self.price))
        return {}, {"session": made.id}

    def _configuration(self) -> Any:
        return {"features": {}}, {}

    def _configuration_update(self) -> Any:
        made = self.api.billing_portal.configurations.create(
            {"features": {"invoice_history": {"enabled": True}}}
        )
        return {}, {"configuration": made.id}

    def _portal(self) -> Any:
        return self.flow("payment_method_update")

    def _portal_cancel(self) -> Any:
        return self.flow("subscription_cancel")

    def _portal_pause(self) -> Any:
        return self.flow("subscription_pause")

    def _portal_update(self) -> Any:
        return self.flow("subscription_update")

    def _portal_confirm(self) -> Any:
        return self.flow("subscription_update_confirm")

    def flow(self, kind: str) -> Any:
        """Parameters of a portal session for one task."""
        product = {"product": self.requests.known["product"], "prices": [self.monthly]}
        update = {"default_allowed_updates": ["price", "quantity"], "products": [product]}
        features: dict[str, Any] = {
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True},
            "subscription_pause": {"enabled": True},
            "subscription_update": {"enabled": True, **update},
        }
        made = self.api.billing_portal.configurations.create({"features": features})
        subscription = self.api.subscriptions.create(
            {
                "customer": self.customer,
                "items": [{"price": self.monthly}],
                "trial_period_days": 3,
            }
        )
        details: dict[str, Any] = {"subscription": subscription.id}
        if kind == "subscription_update_confirm":
            details["items"] = [{"id": subscription["items"].data[0].id, "quantity": 2}]
        flow = {"type": kind} | ({kind: details} if kind.startswith("subscription") else {})
        return {"customer": self.customer, "configuration": made.id, "flow_data": flow}, {}

    def _rate(self) -> Any:
        return {"display_name": "Post", "fixed_amount": {"amount": 1, "currency": "eur"}}, {}

    def _rate_update(self) -> Any:
        return {}, {"shipping_rate_token": self.rate}

    def _tax_id(self) -> Any:
        return {"type": "es_cif", "value": "A12345678"}, {}

    def _feature(self) -> Any:
        return {"name": "Export", "lookup_key": "export"}, {}

    def _feature_update(self) -> Any:
        made = self.api.entitlements.features.create({"name": "A", "lookup_key": "a"})
        return {}, {"id": made.id}

    def _query(self) -> Any:
        return {"query": "email:'ana@example.com'"}, {}

    def _balance(self) -> Any:
        made = self.api.customers.balance_transactions.create(
            self.customer, {"amount": -5, "currency": "eur"}
        )
        return {}, {"customer": self.customer, "transaction": made.id}


class _Undone(Exception):
    """Ends a try whose effects are undone."""


def ignored(stage: Stage, route: str, base: dict[str, Any], path: dict[str, str]) -> list[str]:
    """The parameters of a route that its handler neither reads nor refuses."""
    described = parameters(route)
    found = []
    for place, _ in leaves(described):
        if place[0] in EVERYWHERE:
            continue
        wanted = stage.requests.holding(described, place, base)
        if not _is_noticed(stage, route, wanted, path, place):
            found.append(".".join(place))
    return found


def _is_noticed(
    stage: Stage, route: str, wanted: Any, path: dict[str, str], place: tuple[str, ...]
) -> bool:
    seen: set[str] = set()
    store = stage.shop.sandbox.store
    refusal: ApiError | None = None
    with store.transaction():
        unit = Unit(stage.shop.sandbox, stage.shop.account, stage.shop.sandbox.clock.now())
        try:
            with store.savepoint():
                ROUTES[route](unit, Noted(wanted, seen), **path)
                raise _Undone
        except _Undone:
            pass
        except ApiError as error:
            refusal = error
    names = [name for name in place if not name.isdecimal()]
    if ".".join(names) in seen:
        return True
    if refusal is None:
        return False
    parts = re.split(r"[\[\].]+", str(refusal.error.get("param", "")).rstrip("]"))
    named = [part for part in parts if not part.isdecimal()]
    return names[: len(named)] == named


@pytest.mark.parametrize(("route", "name"), CASES)
def test_every_parameter_is_read_or_refused(shop: Shop, route: str, name: str) -> None:
    stage = Stage(shop)
    base, path = stage.base(name)

    assert ignored(stage, route, base, path) == []


def test_a_handler_that_ignores_a_parameter_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = "POST /v1/entitlements/features"
    monkeypatch.setitem(ROUTES, route, lambda unit, params: {"name": params["name"]})
    stage = Stage(shop)
    base, path = stage.base("feature")

    assert ignored(stage, route, base, path) == ["lookup_key", "metadata.key"]
