"""Products with their prices and stock, and the plain records beside them."""

from typing import Any

import httpx
import pytest

PRODUCT = {
    "name": "Silla", "kind": "simple", "sku": "S-1", "price": "99.95", "cost": 50,
    "taxes": ["s_iva_21"], "has_stock": True, "for_sale": True, "for_purchase": False,
}  # fmt: skip


@pytest.fixture
def product(holded: httpx.Client) -> str:
    answer = holded.post("/api/v2/products", json=PRODUCT)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_product_shows_its_price_with_taxes(holded: httpx.Client, product: str) -> None:
    found = holded.get(f"/api/v2/products/{product}").json()

    assert (found["price"], found["total"], found["cost"]) == ("99.95", "120.94", "50.00")
    assert (found["stock"], found["stock_breakdown"]["available"]) == ("0", "0")
    assert [each["id"] for each in holded.get("/api/v2/products").json()["items"]] == [product]


def test_a_product_is_replaced_in_full(holded: httpx.Client, product: str) -> None:
    address = f"/api/v2/products/{product}"
    body = {"name": "Silla alta", "for_sale": True, "for_purchase": True, "archived": True}

    assert holded.put(address, json=body).json() == {"id": product}

    found = holded.get(address).json()
    assert (found["name"], found["sku"], found["price"]) == ("Silla alta", None, None)
    assert (found["archived"], found["has_stock"]) == (True, True)


def test_what_was_read_of_a_product_can_be_sent_back(holded: httpx.Client, product: str) -> None:
    address = f"/api/v2/products/{product}"
    before = holded.get(address).json()

    assert holded.put(address, json=before).status_code == 200

    assert holded.get(address).json() == before


@pytest.mark.parametrize("missing", ["name", "kind", "has_stock", "for_sale", "for_purchase"])
def test_a_product_needs_what_the_provider_needs(holded: httpx.Client, missing: str) -> None:
    body = {name: value for name, value in PRODUCT.items() if name != missing}

    assert holded.post("/api/v2/products", json=body).status_code == 400


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "pack"}, 501),
        ({"variants": [{"sku": "a"}]}, 501),
        ({"kind": "chair"}, 400),
        ({"taxes": ["iva"]}, 400),
        ({"price": "1,5"}, 400),
    ],
)
def test_products_that_are_refused(
    holded: httpx.Client, fields: dict[str, Any], status: int
) -> None:
    assert holded.post("/api/v2/products", json=PRODUCT | fields).status_code == status


def test_stock_moves_in_a_warehouse(holded: httpx.Client, product: str) -> None:
    warehouse = holded.post("/api/v2/warehouses", json={"name": "Nave"}).json()["id"]
    address = f"/api/v2/products/{product}/stock"

    for variation in (10, -3):
        body = {"warehouse_id": warehouse, "stock_variation": variation}
        assert holded.put(address, json=body).status_code == 200

    assert holded.get(f"/api/v2/products/{product}").json()["stock"] == "7"
    (row,) = holded.get(f"/api/v2/warehouses/{warehouse}/stock").json()["items"]
    assert row == {"product_id": product, "variant_id": None, "stock": "7"}


def test_a_deleted_product_is_gone(holded: httpx.Client, product: str) -> None:
    assert holded.delete(f"/api/v2/products/{product}").status_code == 204
    assert holded.get(f"/api/v2/products/{product}").status_code == 404


# Plain records


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("contact-groups", {"name": "VIP", "description": "Buenos", "color": "#fff"}),
        ("sales-channels", {"name": "Web", "account_num": 70000001, "color": None}),
        ("expenses-accounts", {"name": "Luz", "account_num": 62800000, "color": None}),
        ("services", {"name": "Hora", "price": "40.00", "taxes": ["s_iva_21"], "duration": "60"}),
        ("warehouses", {"name": "Nave", "default": True, "email": "n@example.com"}),
    ],
)
def test_a_record_is_made_read_and_deleted(
    holded: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    id_ = holded.post(f"/api/v2/{path}", json=body).json()["id"]

    found = holded.get(f"/api/v2/{path}/{id_}").json()

    assert {name: found[name] for name in body} == body
    assert [each["id"] for each in holded.get(f"/api/v2/{path}").json()["items"]] == [id_]
    assert holded.delete(f"/api/v2/{path}/{id_}").status_code == 204
    assert holded.get(f"/api/v2/{path}/{id_}").status_code == 404


def test_a_put_replaces_and_a_patch_does_not(holded: httpx.Client) -> None:
    group = holded.post("/api/v2/contact-groups", json={"name": "A", "color": "#fff"}).json()["id"]
    place = holded.post("/api/v2/warehouses", json={"name": "A", "phone": "9"}).json()["id"]

    holded.put(f"/api/v2/contact-groups/{group}", json={"name": "B"}).raise_for_status()
    holded.patch(f"/api/v2/warehouses/{place}", json={"name": "B"}).raise_for_status()

    assert holded.get(f"/api/v2/contact-groups/{group}").json()["color"] is None
    found = holded.get(f"/api/v2/warehouses/{place}").json()
    assert (found["name"], found["phone"]) == ("B", "9")
    assert holded.put(f"/api/v2/warehouses/{place}", json={"name": "C"}).status_code == 405


def test_the_account_of_a_channel_stays(holded: httpx.Client) -> None:
    body = {"name": "Web", "account_num": 70000001}
    id_ = holded.post("/api/v2/sales-channels", json=body).json()["id"]

    holded.put(f"/api/v2/sales-channels/{id_}", json={"name": "Tienda"}).raise_for_status()

    assert holded.get(f"/api/v2/sales-channels/{id_}").json()["account_num"] == 70000001


def test_a_record_of_another_collection_is_not_found(holded: httpx.Client) -> None:
    id_ = holded.post("/api/v2/contact-groups", json={"name": "VIP"}).json()["id"]

    assert holded.get(f"/api/v2/sales-channels/{id_}").status_code == 404


def test_a_tag_exists_once(holded: httpx.Client) -> None:
    first, again = (holded.post("/api/v2/tags", json={"name": "web"}).json() for _ in range(2))

    assert first == again
    assert [each["name"] for each in holded.get("/api/v2/tags").json()["items"]] == ["web"]
    assert holded.delete("/api/v2/tags/web").status_code == 204
    assert holded.delete("/api/v2/tags/web").status_code == 404
