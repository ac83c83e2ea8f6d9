"""API v1: every answer of its reference has the reference's fields, of the reference's types."""

from typing import Any

import httpx
import pytest

from tests.sandbox.holded.v1_reference import ANSWERS, CONTACT, DOCUMENT, gaps

NEW_YEAR = 1_767_222_000
LINE = {"name": "Headphone", "units": 1, "subtotal": 299, "tax": 21, "sku": "21324t1gv"}
PERSON = {"name": "Pep", "job": "Ito", "phone": "966", "email": "noway@example.com"}
SHIPPING = {"name": "Mapple shipping address", "city": "Vilafranca", "postalCode": 899}
FULL_CONTACT: dict[str, Any] = {
    "name": "Custom Tech Inc.", "code": "B3737387", "type": "client", "tags": ["tag"],
    "note": "An important note", "contactPersons": [PERSON], "shippingAddresses": [SHIPPING],
    "customFields": [{"FieldOne": "valueOne"}], "defaults": {"dueDays": 3, "language": "fr"},
}  # fmt: skip
# What is written before an answer is asked for, in this order, under the name its id gets.
WRITTEN: dict[str, tuple[str, dict[str, Any]]] = {
    "contact": ("/contacts", FULL_CONTACT),
    "spare": ("/contacts", FULL_CONTACT),
    "group": ("/contacts/groups", {"name": "VIP"}),
    "treasury": ("/treasury", {"name": "Abanca", "accountNumber": 57200003}),
    "serie": ("/numberingseries/invoice", {"name": "Web", "format": "WEB%%"}),
    "payment": ("/payments", {"amount": 100, "date": NEW_YEAR, "desc": "Gift"}),
    "channel": ("/saleschannels", {"name": "Web", "accountNum": 70000001}),
    "expenses": ("/expensesaccounts", {"name": "Gastos", "accountNum": 60000001}),
    "product": ("/products", {"name": "Camiseta", "tags": ["ropa"]}),
    "warehouse": ("/warehouses", {"name": "Main"}),
}
DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "invoice": ("/documents/invoice", {"approveDoc": True, "customFields": [{"a": "b"}]}),
    "draft": ("/documents/invoice", {"customFields": [{"a": "b"}]}),
    "order": ("/documents/salesorder", {}),
}
BODIES: dict[str, dict[str, Any]] = {
    **{f"POST {path}": body for path, body in WRITTEN.values()},
    "PUT /contacts/groups/{group}": {"color": "#fff"},
    "PUT /payments/{payment}": {"amount": 90},
    "POST /documents/invoice/{invoice}/pay": {"date": NEW_YEAR, "amount": 1.5},
    "POST /documents/invoice/{invoice}/send": {"emails": "a@example.com"},
    "POST /documents/salesorder/{order}/pipeline/set": {"pipeline": "shipped"},
}


def put(v1: httpx.Client, path: str, body: dict[str, Any]) -> str:
    answer = v1.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def ids(v1: httpx.Client, holded: httpx.Client) -> dict[str, str]:
    """An account with one object of each kind."""
    ids = {name: put(v1, path, body) for name, (path, body) in WRITTEN.items()}
    document = {"contactId": ids["contact"], "date": NEW_YEAR, "dueDate": NEW_YEAR, "items": [LINE]}
    ids |= {name: put(v1, path, document | own) for name, (path, own) in DOCUMENTS.items()}
    holded.post("/api/v2/payment-methods", json={"name": "Stripe", "dueDays": 3})
    return ids


@pytest.mark.parametrize("operation", ANSWERS)
def test_an_answer_has_the_fields_of_the_reference(
    v1: httpx.Client, ids: dict[str, str], operation: str
) -> None:
    method, path = operation.split(" ")
    status, shape = ANSWERS[operation]
    new = {"contactId": ids["contact"], "date": NEW_YEAR, "items": [LINE]}
    body = BODIES.get(operation, new if operation == "POST /documents/invoice" else {})

    answer = v1.request(method, path.format(**ids), json=body if method != "GET" else None)

    assert answer.status_code == status, answer.text
    assert gaps(answer.json(), shape) == []


@pytest.mark.parametrize(
    ("value", "gap"),
    [
        ({}, ".id is missing"),
        ({"id": 5}, ".id is 5"),
        ({"total": "121.00"}, ".total is '121.00'"),
        ({"status": True}, ".status is True"),
        ({"products": []}, ".products is empty, so that it shows nothing"),
        ({"products": [{"price": None}]}, ".products.0.price is None"),
    ],
)
def test_a_gap_in_a_document_would_be_found(value: dict[str, Any], gap: str) -> None:
    assert gap in gaps(value, DOCUMENT)


def test_a_gap_in_a_part_of_a_contact_would_be_found() -> None:
    found = gaps({"defaults": {"dueDays": "3"}, "tags": [5]}, CONTACT)

    assert {".defaults.dueDays is '3'", ".tags.0 is 5", ".defaults.tax is missing"} <= set(found)
