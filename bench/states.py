"""Sandboxes with a long past: invoices enough to be slow on, made through the sandboxes' stores.

One invoice comes into being as any does, through the API; the rest are copies of it with names,
customers and states of their own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from portal.sandbox import holded, stripe

KEY = "sk_test_bench"
TOKEN = "pat_sandbox"
OF_EACH = 20
STATES = ("open", "void", *["paid"] * (OF_EACH - 2))


def stripe_state(folder: Path, invoices: int) -> dict[str, str]:
    """Make a Stripe sandbox's state; return the last customer, invoice and e-mail address."""
    app = stripe.create_app(folder)
    sandbox = app.extensions["stripe_sandbox"]
    sandbox.add_account({"id": "acct_bench", "secret_key": KEY})
    client = app.test_client()

    def call(method: str, path: str, **fields: str) -> dict[str, Any]:
        answer = client.open(
            f"/v1/{path}", method=method, data=fields, headers={"Authorization": f"Bearer {KEY}"}
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    customer = call("POST", "customers", email="bench@example.com", payment_method="pm_card_visa")
    (method,) = call("GET", f"customers/{customer['id']}/payment_methods")["data"]
    default = {"invoice_settings[default_payment_method]": method["id"]}
    call("POST", f"customers/{customer['id']}", **default)
    product = call("POST", "products", name="Hosting")["id"]
    month = {"recurring[interval]": "month"}
    price = call("POST", "prices", product=product, currency="eur", unit_amount="900", **month)
    item = {"items[0][price]": price["id"]}
    first = call("POST", "subscriptions", customer=customer["id"], **item)["latest_invoice"]
    store = sandbox.store
    text = json.dumps(store.get("acct_bench", "invoice", first))
    person = store.get("acct_bench", "customer", call("POST", "customers")["id"])
    names: dict[str, str] = {}
    with store.transaction():
        unit = sandbox.unit(sandbox.account("acct_bench"))
        for number in range(invoices // OF_EACH):
            names = {"customer": unit.id("cus"), "email": f"customer{number}@example.com"}
            copy = {**person, "id": names["customer"], "email": names["email"]}
            store.put("acct_bench", copy)
            for place, status in enumerate(STATES):
                names["invoice"] = unit.id("in")
                renamed = text.replace(first, names["invoice"])
                body = json.loads(renamed.replace(customer["id"], names["customer"]))
                body |= {"status": status, "number": f"BENCH-{number * OF_EACH + place:06}"}
                store.put("acct_bench", body)
    store.connection.close()
    return names


def holded_state(folder: Path, invoices: int) -> dict[str, str]:
    """Make a Holded sandbox's state; return the last contact and invoice."""
    app = holded.create_app(folder)
    state = app.extensions["holded_sandbox"]
    client = app.test_client()

    def post(path: str, **fields: Any) -> str:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = client.post(f"/api/v2/{path}", json=fields, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["id"])

    contact = post("contacts", name="Bench SL", email="bench@example.com")
    line = {"name": "Hosting", "units": 1, "price": 100, "taxes": ["s_iva_21"]}
    first = post("invoices", contact_id=contact, date="2026-11-01", items=[line])
    body = state.find("acc_sandbox", "invoice", first)
    names = {"contact": contact, "invoice": first}
    with state.unit():
        for _ in range(invoices):
            names["invoice"] = state.new_id()
            state.insert("acc_sandbox", "invoice", {**body, "id": names["invoice"]})
    state.connection.close()
    return names
