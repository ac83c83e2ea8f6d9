"""Invoice items: one-off charges and credits that wait for an invoice, or belong to a draft."""

from fractions import Fraction

from portal.sandbox.stripe import redemption
from portal.sandbox.stripe.amounts import cost, priced_in
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.invoicing import pricing, settle
from portal.sandbox.stripe.periods import Period
from portal.sandbox.stripe.proration import rounded
from portal.sandbox.stripe.registry import renders, route
from portal.sandbox.stripe.resources import tax_rates
from portal.sandbox.stripe.resources.customers import usable, use_currency
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.subscription_billing import attach_item
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/invoiceitems"
UNMODELLED = ("customer_account", "invoicing_rules", "quantity_decimal", "tax_behavior", "tax_code")


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes one, for the next invoice or for the draft named by `invoice`."""
    _refuse_unmodelled(params)
    if "customer" not in params:
        raise invalid(
            "Missing required param: customer.", param="customer", code="parameter_missing"
        )
    customer = usable(unit, params["customer"])
    invoice = unit.get("invoice", params["invoice"], "invoice") if "invoice" in params else None
    if invoice is not None:
        _check_draft(invoice)
    if "subscription" in params:
        unit.get("subscription", params["subscription"], "subscription")
    item = blank(
        unit,
        customer["id"],
        check_currency(_currency(unit, params, invoice, customer)),
        subscription=params.get("subscription"),
    )
    _charge(unit, item, params)
    _describe(unit, item, params)
    item["discounts"] = _discounts(unit, item, params)
    use_currency(unit, customer, item["currency"])
    unit.add(item, "invoiceitem.created")
    if invoice is not None:
        attach_item(unit, invoice, item)
        unit.save(settle(unit, invoice), "invoice.updated")
    return item


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; `pending=true` shows those on no invoice."""
    where: Json = {
        "customer": params.get("customer"),
        "created": params.get("created"),
        "invoice": params.get("invoice"),
    }
    if "pending" in params:
        where["_pending"] = int(params["pending"])
    return unit.page("invoiceitem", params, URL, where)


@route("GET", URL + "/{invoiceitem}")
def retrieve(unit: Unit, params: Json, invoiceitem: str) -> Json:
    """One item."""
    _ = params
    return unit.alive("invoiceitem", invoiceitem)


@route("POST", URL + "/{invoiceitem}")
def update(unit: Unit, params: Json, invoiceitem: str) -> Json:
    """Changes one that is on no finalized invoice."""
    _refuse_unmodelled(params)
    item = unit.alive("invoiceitem", invoiceitem)
    if item["proration"]:
        raise invalid("You cannot update a proration invoice item.", param="id")
    invoice = unit.get("invoice", item["invoice"]) if item["invoice"] else None
    if invoice is not None:
        _check_draft(invoice)
    amounts = ("amount", "price_data", "pricing", "quantity", "unit_amount_decimal")
    if any(name in params for name in amounts):
        _charge(unit, item, {"quantity": item["quantity"], **params})
    _describe(unit, item, params)
    item["discounts"] = _discounts(unit, item, params)
    item["metadata"] = merged(item["metadata"], params.get("metadata"))
    unit.put(item)
    if invoice is not None:
        place = next(
            n for n, each in enumerate(invoice["lines"]["data"]) if each["id"] == item["_line"]
        )
        attach_item(unit, invoice, item)
        replaced = invoice["lines"]["data"].pop()
        replaced["id"] = invoice["lines"]["data"][place]["id"]
        item["_line"] = replaced["id"]
        invoice["lines"]["data"][place] = replaced
        unit.put(item)
        unit.save(settle(unit, invoice), "invoice.updated")
    return item


@route("DELETE", URL + "/{invoiceitem}")
def delete(unit: Unit, params: Json, invoiceitem: str) -> Json:
    """Deletes one that is pending or on a draft."""
    _ = params
    item = unit.alive("invoiceitem", invoiceitem)
    if item["invoice"]:
        invoice = unit.get("invoice", item["invoice"])
        _check_draft(invoice)
        lines = invoice["lines"]["data"]
        invoice["lines"]["data"] = [each for each in lines if each["id"] != item["_line"]]
        unit.save(settle(unit, invoice), "invoice.updated")
    return unit.remove(item, "invoiceitem.deleted")


@renders("invoiceitem")
def show(unit: Unit, item: Json) -> None:
    """Put tax rates in place of their ids; an item says `date`, not `created`."""
    item.pop("created", None)
    rates = item.get("tax_rates")
    if rates and isinstance(rates[0], str):
        item["tax_rates"] = [render(unit, rate) for rate in tax_rates.shown(unit, rates)]


def blank(
    unit: Unit,
    customer: str,
    currency: str,
    *,
    subscription: str | None = None,
    subscription_item: str | None = None,
) -> Json:
    """Return a pending item without amount; the caller stores it."""
    parent = None
    if subscription is not None:
        parent = {
            "subscription_details": {
                "subscription": subscription,
                "subscription_item": subscription_item,
            },
            "type": "subscription_details",
        }
    return {
        "id": unit.id("ii"),
        "object": "invoiceitem",
        "amount": 0,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "date": unit.now,
        "description": None,
        "discountable": True,
        "discounts": [],
        "frozen_fields": [],
        "invoice": None,
        "invoicing_rules": [],
        "livemode": False,
        "metadata": {},
        "net_amount": None,
        "parent": parent,
        "period": {"end": unit.now, "start": unit.now},
        "pricing": None,
        "proration": False,
        "proration_details": None,
        "quantity": 1,
        "quantity_decimal": "1",
        "tax_rates": [],
        "test_clock": unit.clock,
        "created": unit.now,
        "_parent": f"pending_{customer}",
        "_price": None,
        "_line": None,
        "_pending": True,
        "_fixed_discounts": [],
    }


def _refuse_unmodelled(params: Json) -> None:
    for name in UNMODELLED:
        if params.get(name):
            raise unsupported(name, name)


def _check_draft(invoice: Json) -> None:
    if invoice["status"] != "draft":
        raise invalid(
            f"The invoice {invoice['id']} can no longer be edited.",
            param="invoice",
            code="invoice_not_editable",
        )


def _currency(unit: Unit, params: Json, invoice: Json | None, customer: Json) -> str:
    """Return the currency asked for, or that of the invoice, customer, price or account."""
    price: Json = params.get("price_data") or {}
    if (params.get("pricing") or {}).get("price"):
        price = unit.get("price", params["pricing"]["price"], "pricing[price]")
    return str(
        params.get("currency")
        or (invoice or {}).get("currency")
        or customer["currency"]
        or price.get("currency")
        or unit.account["default_currency"]
    )


def _charge(unit: Unit, item: Json, params: Json) -> None:
    """Set the amount from `amount`, a price, price data or a unit amount."""
    ways = ("amount", "price_data", "pricing", "unit_amount_decimal")
    given = [name for name in ways if name in params]
    if len(given) != 1:
        if item["amount"] or item["pricing"]:
            given = ["pricing"] if item["_price"] else []
        if not given:
            raise invalid(
                "You must pass exactly one of amount, pricing, price_data or unit_amount_decimal.",
                param="amount",
                code="parameter_missing",
            )
    quantity = params.get("quantity", 1)
    item |= {"quantity": quantity, "quantity_decimal": str(quantity)}
    if given == ["amount"]:
        item["amount"] = params["amount"]
        item["pricing"] = {
            "price_details": None,
            "type": "price_details",
            "unit_amount_decimal": str(params["amount"]),
        }
    elif given == ["unit_amount_decimal"]:
        each = Fraction(str(params["unit_amount_decimal"]))
        item["amount"] = rounded(each * quantity)
        item["pricing"] = {
            "price_details": None,
            "type": "price_details",
            "unit_amount_decimal": str(params["unit_amount_decimal"]),
        }
    else:
        _charge_price(unit, item, params, quantity)
    if item["amount"] < 0:
        item["discountable"] = False


def _charge_price(unit: Unit, item: Json, params: Json, quantity: int) -> None:
    if "price_data" in params:
        data = params["price_data"]
        amount = Fraction(str(data.get("unit_amount_decimal", data.get("unit_amount", 0))))
        product = unit.get("product", data["product"], "price_data[product]")
        item["amount"] = rounded(amount * quantity)
        if amount >= 0:
            price = unit.call("POST /v1/prices", data)
            item |= {"pricing": pricing(price), "_price": price["id"]}
        else:
            item["pricing"] = {
                "price_details": None,
                "type": "price_details",
                "unit_amount_decimal": str(amount),
            }
    else:
        name = (params.get("pricing") or {}).get("price") or item["_price"]
        price = unit.get("price", name, "pricing[price]")
        if price["type"] != "one_time":
            raise invalid(
                "The price specified is set to `type=recurring` but this field only accepts "
                "prices with `type=one_time`.",
                param="pricing[price]",
            )
        try:
            fitting = priced_in(price, item["currency"])
        except KeyError:
            raise invalid(
                f"The price specified only supports `{price['currency']}`. This doesn't match "
                f"the expected currency: `{item['currency']}`.",
                param="pricing[price]",
            ) from None
        product = unit.get("product", price["product"])
        item["amount"] = cost(fitting, quantity)
        item |= {"pricing": pricing(fitting), "_price": price["id"]}
    item["description"] = item["description"] or product["name"]


def _describe(unit: Unit, item: Json, params: Json) -> None:
    if "description" in params:
        item["description"] = params["description"] or None
    if "discountable" in params:
        item["discountable"] = params["discountable"]
    if "metadata" in params and not item["metadata"]:
        item["metadata"] = merged({}, params["metadata"])
    if "period" in params:
        period = Period(params["period"]["start"], params["period"]["end"])
        if period.end < period.start:
            raise invalid("period[end] must not be before period[start].", param="period[end]")
        item["period"] = {"end": period.end, "start": period.start}
    if "tax_rates" in params:
        item["tax_rates"] = tax_rates.chosen(unit, params["tax_rates"], "tax_rates")


def _discounts(unit: Unit, item: Json, params: Json) -> list[str]:
    return redemption.redeem(
        unit,
        params.get("discounts"),
        owner={"invoice_item": item["id"]},
        customer=item["customer"],
        currency=item["currency"],
        existing=item["discounts"],
    )
