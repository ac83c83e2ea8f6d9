"""What the answers of API v1 hold, after the examples of its public reference.

``name`` is a text, ``name: [...]`` a list of such objects; the values of the examples are not
needed. Of numbers and texts the reference mixes up (postal codes) either is right.
"""

from typing import Any

NUMBER, TEXT, FLAG = (int, float), str, bool
CODE = (str, int)

DONE = {"status": NUMBER, "info": TEXT, "id": TEXT}
LINE = {
    "name": TEXT, "desc": TEXT, "price": NUMBER, "units": NUMBER, "tax": NUMBER,
    "discount": NUMBER, "retention": NUMBER, "weight": NUMBER, "costPrice": NUMBER, "sku": TEXT,
    "productId": TEXT,
}  # fmt: skip
CUSTOM_FIELD = {"field": TEXT, "value": TEXT}
DOCUMENT = {
    "id": TEXT, "contact": TEXT, "contactName": TEXT, "desc": TEXT, "date": NUMBER,
    "dueDate": NUMBER, "notes": TEXT, "products": [LINE], "tax": NUMBER, "subtotal": NUMBER,
    "discount": NUMBER, "total": NUMBER, "language": TEXT, "status": NUMBER,
    "customFields": [CUSTOM_FIELD], "docNumber": TEXT, "currency": TEXT, "currencyChange": NUMBER,
    "paymentsTotal": NUMBER, "paymentsPending": NUMBER, "paymentsRefunds": NUMBER,
    "salesChannelId": TEXT,
}  # fmt: skip
ADDRESS = {
    "address": TEXT, "city": TEXT, "postalCode": CODE, "province": TEXT, "country": TEXT,
    "countryCode": TEXT,
}  # fmt: skip
CONTACT = {
    "id": TEXT, "customId": TEXT, "name": TEXT, "code": TEXT, "tradeName": TEXT, "email": TEXT,
    "mobile": TEXT, "phone": TEXT, "type": TEXT, "iban": TEXT, "swift": TEXT,
    "clientRecord": NUMBER, "supplierRecord": NUMBER, "billAddress": {**ADDRESS, "info": TEXT},
    "defaults": {
        "salesChannel": CODE, "expensesAccount": CODE, "dueDays": NUMBER, "paymentMethod": CODE,
        "discount": NUMBER, "language": TEXT, "currency": TEXT, "tax": TEXT, "retention": TEXT,
    },
    "socialNetworks": {"website": TEXT},
    "tags": [TEXT],
    "notes": [
        {"noteId": TEXT, "name": TEXT, "description": TEXT, "color": TEXT, "updatedAt": NUMBER,
         "userId": TEXT}
    ],
    "contactPersons": [
        {"personId": TEXT, "name": TEXT, "job": TEXT, "phone": TEXT, "email": TEXT,
         "sendDocumentsByDefault": FLAG, "linkedin": TEXT}
    ],
    "shippingAddresses": [
        {"shippingId": TEXT, "name": TEXT, **ADDRESS, "notes": TEXT, "privateNotes": TEXT}
    ],
    "customFields": [CUSTOM_FIELD],
}  # fmt: skip
TREASURY = {
    "id": TEXT, "name": TEXT, "type": TEXT, "balance": NUMBER, "accountNumber": NUMBER,
    "iban": TEXT, "swift": TEXT, "bank": TEXT, "bankname": TEXT,
}  # fmt: skip
PAYMENT = {
    "id": TEXT, "bankId": TEXT, "contactId": TEXT, "contactName": TEXT, "amount": NUMBER,
    "desc": TEXT, "date": NUMBER,
}  # fmt: skip
TAX = {"name": TEXT, "amount": TEXT, "scope": TEXT, "key": TEXT, "group": TEXT, "type": TEXT}
SERIES = {"id": TEXT, "name": TEXT, "format": TEXT, "last": NUMBER, "type": TEXT}
CHANNEL = {"id": TEXT, "name": TEXT, "desc": TEXT, "color": TEXT, "accNum": NUMBER}
VARIANT = {
    "id": TEXT, "barcode": TEXT, "sku": TEXT, "price": NUMBER, "cost": NUMBER,
    "purchasePrice": NUMBER, "stock": NUMBER,
}  # fmt: skip
PRODUCT = {
    "id": TEXT, "kind": TEXT, "name": TEXT, "desc": TEXT, "typeId": TEXT, "contactId": TEXT,
    "contactName": TEXT, "price": NUMBER, "tax": NUMBER, "total": NUMBER, "rates": [],
    "hasStock": NUMBER, "stock": NUMBER, "barcode": TEXT, "sku": TEXT, "cost": NUMBER,
    "purchasePrice": NUMBER, "weight": NUMBER, "tags": [TEXT], "categoryId": TEXT,
    "factoryCode": TEXT, "attributes": [], "forSale": NUMBER, "forPurchase": NUMBER,
    "salesChannelId": TEXT, "expAccountId": TEXT, "warehouseId": TEXT, "variants": [VARIANT],
}  # fmt: skip
WAREHOUSE = {
    "id": TEXT, "userId": TEXT, "name": TEXT, "email": TEXT, "phone": TEXT, "mobile": TEXT,
    "address": ADDRESS, "default": FLAG, "warehouseRecord": (int, type(None)),
}  # fmt: skip
GROUP = {"id": TEXT, "name": TEXT, "desc": TEXT, "color": TEXT}

# Each documented answer: method, address, status, shape. ``POST /treasury`` is left out: its
# example says {"under": "development"}, its schema says a treasury, which is what is answered.
ANSWERS: dict[str, tuple[int, Any]] = {
    "GET /contacts": (200, [CONTACT]),
    "POST /contacts": (201, DONE),
    "GET /contacts/{contact}": (200, CONTACT),
    "PUT /contacts/{contact}": (200, DONE),
    "DELETE /contacts/{spare}": (200, DONE),
    "GET /contacts/groups": (200, [GROUP]),
    "POST /contacts/groups": (201, DONE),
    "GET /contacts/groups/{group}": (200, GROUP),
    "PUT /contacts/groups/{group}": (200, DONE),
    "DELETE /contacts/groups/{group}": (200, DONE),
    "GET /taxes": (200, [TAX]),
    "GET /treasury": (200, [TREASURY]),
    "GET /treasury/{treasury}": (200, TREASURY),
    "GET /numberingseries/invoice": (200, [SERIES]),
    "POST /numberingseries/invoice": (201, {"status": NUMBER, "msg": TEXT, "id": TEXT}),
    "PUT /numberingseries/invoice/{serie}": (200, DONE),
    "DELETE /numberingseries/invoice/{serie}": (
        200, {"status": NUMBER, "msg": TEXT, "id": CODE},
    ),
    "GET /payments": (200, [PAYMENT]),
    "POST /payments": (201, DONE),
    "GET /payments/{payment}": (200, PAYMENT),
    "PUT /payments/{payment}": (200, DONE),
    "DELETE /payments/{payment}": (200, DONE),
    "GET /saleschannels": (200, [CHANNEL]),
    "GET /saleschannels/{channel}": (200, CHANNEL),
    "GET /expensesaccounts/{expenses}": (200, CHANNEL),
    "PUT /saleschannels/{channel}": (200, DONE),
    "DELETE /saleschannels/{channel}": (200, DONE),
    "GET /products": (200, [PRODUCT]),
    "POST /products": (201, DONE),
    "PUT /products/{product}": (200, DONE),
    "DELETE /products/{product}": (200, DONE),
    "GET /warehouses": (200, [WAREHOUSE]),
    "GET /warehouses/{warehouse}": (200, WAREHOUSE),
    "POST /warehouses": (201, DONE),
    "DELETE /warehouses/{warehouse}": (200, DONE),
    "GET /documents/invoice": (200, [DOCUMENT]),
    "POST /documents/invoice": (
        201, {"status": NUMBER, "id": TEXT, "invoiceNum": TEXT, "contactId": TEXT},
    ),
    "GET /documents/invoice/{invoice}": (200, DOCUMENT),
    "PUT /documents/invoice/{draft}": (200, DONE),
    "DELETE /documents/invoice/{draft}": (200, DONE),
    "POST /documents/invoice/{invoice}/pay": (
        200, {"status": NUMBER, "invoiceId": TEXT, "invoiceNum": TEXT, "paymentId": TEXT},
    ),
    "POST /documents/invoice/{invoice}/send": (200, {"status": NUMBER, "info": TEXT}),
    "GET /documents/invoice/{invoice}/pdf": (200, {"status": NUMBER, "data": TEXT}),
    "POST /documents/salesorder/{order}/shipall": (200, {"status": NUMBER, "info": TEXT}),
    "POST /documents/salesorder/{order}/shipbylines": (200, {"status": NUMBER, "info": TEXT}),
    "GET /documents/salesorder/{order}/shippeditems": (
        200,
        [{"name": TEXT, "sku": TEXT, "total": NUMBER, "sent": NUMBER, "pending": NUMBER}],
    ),
    "POST /documents/salesorder/{order}/updatetracking": (200, {"status": NUMBER, "data": TEXT}),
    "POST /documents/salesorder/{order}/pipeline/set": (200, {"status": NUMBER, "info": TEXT}),
    "GET /paymentmethods": (
        200, [{"id": TEXT, "name": TEXT, "dueDays": CODE, "bankId": TEXT}],
    ),
}  # fmt: skip


def gaps(value: Any, shape: Any, where: str = "") -> list[str]:
    """Return where an answer lacks a field of the reference or has one of another type."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        missing = [f"{where}.{name} is missing" for name in shape.keys() - value.keys()]
        known = shape.keys() & value.keys()
        return missing + [
            gap for name in known for gap in gaps(value[name], shape[name], f"{where}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        if shape and not value:
            return [f"{where} is empty, so that it shows nothing"]
        return [
            gap
            for n, each in enumerate(value)
            for one in shape
            for gap in gaps(each, one, f"{where}.{n}")
        ]
    wrong = not isinstance(value, shape) or (isinstance(value, bool) and shape is not FLAG)
    return [f"{where} is {value!r}"] if wrong else []
