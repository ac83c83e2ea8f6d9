"""API v1: documents from draft to number, amounts, days, filters and refusals."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Write = Callable[..., str]

KINDS = (
    "invoice", "salesreceipt", "creditnote", "receiptnote", "salesorder", "proform", "waybill",
    "estimate", "purchase", "purchaseorder", "purchaserefund",
)  # fmt: skip
FISCAL = (
    "invoice", "salesreceipt", "creditnote", "receiptnote", "purchase", "purchaserefund",
)  # fmt: skip
NEW_YEAR = 1_767_222_000  # 2026-01-01 00:00 in Madrid


def get(v1: httpx.Client, id_: str, word: str = "invoice") -> dict[str, Any]:
    answer = v1.get(f"/documents/{word}/{id_}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("word", KINDS)
def test_every_kind_is_written_listed_changed_and_approved(
    v1: httpx.Client, write_v1: Write, word: str
) -> None:
    id_ = write_v1(word)

    assert [each["id"] for each in v1.get(f"/documents/{word}").json()] == [id_]
    changed = v1.put(f"/documents/{word}/{id_}", json={"desc": "Nueva"})
    assert changed.json() == {"status": 1, "info": "Updated", "id": id_}
    approved = v1.put(f"/documents/{word}/{id_}", json={"approveDoc": True})
    assert approved.json()["status"] == 1
    document = get(v1, id_, word)
    assert (document["desc"], document["total"]) == ("Nueva", 121)
    assert document["docNumber"]


@pytest.mark.parametrize("word", ["proforma", "order", "bill", "Invoice"])
def test_a_word_that_is_no_document_type_is_a_400(v1: httpx.Client, word: str) -> None:
    answer = v1.get(f"/documents/{word}")

    assert (answer.status_code, answer.json()["status"]) == (400, 0)


def test_a_new_document_is_a_draft_without_a_number(v1: httpx.Client, write_v1: Write) -> None:
    invoice = get(v1, write_v1())

    assert (invoice["docNumber"], invoice["approvedAt"], invoice["status"]) == ("", None, 0)


def test_approving_on_creation_answers_the_number(v1: httpx.Client, contact: str) -> None:
    line = {"name": "Hora", "units": 1, "subtotal": 10, "tax": 21}
    body = {"contactId": contact, "date": NEW_YEAR, "items": [line], "approveDoc": True}

    answer = v1.post("/documents/invoice", json=body).json()

    assert answer == {
        "status": 1,
        "id": answer["id"],
        "invoiceNum": "F260001",
        "contactId": contact,
    }


def test_subtotal_is_the_price_of_one_unit(v1: httpx.Client, write_v1: Write) -> None:
    line = {"name": "Hora", "units": 40, "subtotal": 4000, "tax": 21}

    invoice = get(v1, write_v1(items=[line]))

    assert (invoice["subtotal"], invoice["total"]) == (160_000, 193_600)
    assert invoice["products"][0]["price"] == 4000


def test_amounts_are_numbers_and_add_up(v1: httpx.Client, write_v1: Write) -> None:
    lines = [
        {"name": "Diseño", "units": 3, "subtotal": 33.33, "tax": 21},
        {"name": "Soporte", "subtotal": "1000", "discount": 10, "taxes": ["s_iva_10", "s_ret_15"]},
    ]

    invoice = get(v1, write_v1(items=lines, discount=5))

    # As in v2: 99.99 + 900, 5 % off, 21 % of 94.9905 and 10 % of 855, 15 % of 855 withheld.
    assert invoice["subtotal"] == 999.99
    assert invoice["discount"] == 50  # an amount here, a percentage when written
    assert invoice["tax"] == 105.45
    assert invoice["total"] == invoice["paymentsPending"] == 927.19
    first, second = invoice["products"]
    assert (first["price"], first["units"], first["tax"]) == (33.33, 3, 21)
    assert (second["discount"], second["tax"], second["retention"]) == (10, 10, 15)


def test_tax_keys_may_come_as_one_text_with_commas(v1: httpx.Client, write_v1: Write) -> None:
    line = {"name": "Soporte", "subtotal": 100, "taxes": "s_iva_21,s_ret_15"}

    assert get(v1, write_v1(items=[line]))["total"] == 106


@pytest.mark.parametrize(
    ("word", "tax", "keys"),
    [
        ("invoice", 21, ["s_iva_21"]),
        ("invoice", "7.5", ["s_iva_75"]),
        ("invoice", 0, ["s_iva_0"]),
        ("invoice", "s_iva_4", ["s_iva_4"]),
        ("purchase", 10, ["p_iva_10"]),
    ],
)
def test_a_percentage_becomes_the_accounts_tax(
    v1: httpx.Client, write_v1: Write, word: str, tax: object, keys: list[str]
) -> None:
    id_ = write_v1(word, items=[{"name": "Hora", "subtotal": 1, "tax": tax}])

    assert get(v1, id_, word)["products"][0]["taxes"] == keys


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ({"name": "Hora", "subtotal": 1, "tax": 13}, 501),
        ({"name": "Hora", "price": 1}, 501),
        ({"subtotal": 1}, 400),
        ({"name": "Hora", "subtotal": "1,5"}, 400),
        ({"name": "Hora", "subtotal": True}, 400),
        ({"name": "Hora", "subtotal": 1, "taxes": ["s_igic_7"]}, 400),
        ({"name": "Hora", "subtotal": 1, "units": "many"}, 400),
        ({"name": "Hora", "subtotal": 1e11, "units": 1e11, "discount": -1e11}, 400),
    ],
)
def test_a_line_that_cannot_be_read_is_refused(
    v1: httpx.Client, contact: str, line: dict[str, Any], status: int
) -> None:
    body = {"contactId": contact, "date": NEW_YEAR, "items": [line]}

    answer = v1.post("/documents/invoice", json=body)

    assert (answer.status_code, answer.json()["status"]) == (status, 0)
    assert v1.get("/documents/invoice").json() == []


def test_only_a_date_and_a_contact_are_required(v1: httpx.Client, contact: str) -> None:
    nothing = v1.post("/documents/invoice", json={})
    dated = v1.post("/documents/invoice", json={"date": NEW_YEAR})
    enough = v1.post("/documents/invoice", json={"date": NEW_YEAR, "contactId": contact})

    assert nothing.json() == {"status": 0, "info": "date needed"}
    assert dated.json() == {"status": 0, "info": "contactId needed"}
    invoice = get(v1, enough.json()["id"])
    assert (invoice["products"], invoice["total"]) == ([], 0)


# Days


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (NEW_YEAR, NEW_YEAR),
        (str(NEW_YEAR), NEW_YEAR),
        (NEW_YEAR + 0.5, NEW_YEAR),
        (f"{NEW_YEAR}.25", NEW_YEAR),
        (NEW_YEAR + 3600 * 20, NEW_YEAR),  # later that day
        (NEW_YEAR - 1, NEW_YEAR - 86_400),
        (1_521_673_200, 1_521_673_200),  # the reference's: 22 March 2018 in Madrid, 21 in UTC
        (1_774_738_800, 1_774_738_800),  # the day clocks go forward
        (1_785_535_200, 1_785_535_200),  # 1 August, in summer time
    ],
)
def test_days_are_unix_seconds_of_midnight_in_madrid(
    v1: httpx.Client, write_v1: Write, given: object, shown: int
) -> None:
    invoice = get(v1, write_v1(date=given, dueDate=given))

    assert (invoice["date"], invoice["dueDate"]) == (shown, shown)


@pytest.mark.parametrize("given", ["2026-01-01", -5, 1_767_222_000_000, [], 1e30])
def test_a_day_in_another_form_is_refused(v1: httpx.Client, contact: str, given: object) -> None:
    answer = v1.post("/documents/invoice", json={"contactId": contact, "date": given})

    assert answer.json() == {"status": 0, "info": "date must be a unix timestamp"}


# Foreign currency


def test_amounts_of_a_foreign_document_are_divided_when_created_and_not_when_changed(
    v1: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1(currency="USD", currencyChange=1.25)
    created = get(v1, id_)

    line = {"name": "Diseño", "units": 2, "subtotal": 50, "tax": 21}
    v1.put(f"/documents/invoice/{id_}", json={"items": [line], "currencyChange": 2})

    changed = get(v1, id_)
    assert (created["currency"], created["currencyChange"]) == ("usd", 1.25)
    assert (created["subtotal"], created["products"][0]["price"]) == (80, 40)
    assert (changed["subtotal"], changed["currencyChange"]) == (100, 1.25)


def test_a_foreign_document_without_a_rate_is_refused_and_not_guessed(
    v1: httpx.Client, contact: str
) -> None:
    body = {"contactId": contact, "date": NEW_YEAR, "currency": "usd"}

    answer = v1.post("/documents/invoice", json=body)

    assert answer.status_code == 501
    assert answer.json()["info"].startswith("sandbox_unsupported")


# Custom fields


def test_custom_fields_of_a_new_document_are_split_by_their_own_keys(
    v1: httpx.Client, write_v1: Write
) -> None:
    mangled = get(v1, write_v1(customFields=[{"field": "src", "value": "val"}]))
    meant = get(v1, write_v1(customFields=[{"src": "val"}]))

    assert mangled["customFields"] == [
        {"field": "field", "value": "src"},
        {"field": "value", "value": "val"},
    ]
    assert meant["customFields"] == [{"field": "src", "value": "val"}]


def test_custom_fields_of_a_changed_document_are_taken_as_documented(
    v1: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1()

    v1.put(f"/documents/invoice/{id_}", json={"customFields": [{"field": "src", "value": "val"}]})

    assert get(v1, id_)["customFields"] == [{"field": "src", "value": "val"}]


# Changes


def test_a_change_leaves_what_it_does_not_name(
    v1: httpx.Client, write_v1: Write, contact: str
) -> None:
    id_ = write_v1(notes="Interno", tags=["web"], desc="Vieja")

    v1.put(f"/documents/invoice/{id_}", json={"desc": "Nueva", "dueDate": str(NEW_YEAR)})

    invoice = get(v1, id_)
    assert (invoice["desc"], invoice["notes"], invoice["tags"]) == ("Nueva", "Interno", ["web"])
    assert (invoice["dueDate"], invoice["total"], invoice["contact"]) == (NEW_YEAR, 121, contact)


def test_a_change_can_replace_the_lines_the_tags_and_the_contact(
    v1: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1()
    other = v1.post("/contacts", json={"name": "Otra SL"}).json()["id"]
    body = {
        "items": [{"name": "Uno", "units": 1, "subtotal": 10, "tax": 10}],
        "tags": ["b"],
        "contactId": other,
        "salesChannelId": "5aba667fc5d438006425ad44",
    }

    v1.put(f"/documents/invoice/{id_}", json=body).raise_for_status()

    invoice = get(v1, id_)
    assert (invoice["total"], invoice["tags"], invoice["contactName"]) == (11, ["b"], "Otra SL")
    assert invoice["salesChannelId"] == "5aba667fc5d438006425ad44"


@pytest.mark.parametrize("word", FISCAL)
@pytest.mark.parametrize("body", [{"desc": "x"}, {"approveDoc": True}])
def test_what_is_in_the_books_is_not_changed_or_deleted(
    v1: httpx.Client, write_v1: Write, word: str, body: dict[str, Any]
) -> None:
    id_ = write_v1(word, approveDoc=True)
    before = get(v1, id_, word)

    changed = v1.put(f"/documents/{word}/{id_}", json=body)
    deleted = v1.delete(f"/documents/{word}/{id_}")

    assert (changed.status_code, changed.json()["status"]) == (400, 0)
    assert (deleted.status_code, deleted.json()["status"]) == (400, 0)
    assert before["approvedAt"]
    assert get(v1, id_, word) == before


@pytest.mark.parametrize("word", sorted(set(KINDS) - set(FISCAL)))
def test_what_is_no_bill_can_be_changed_and_deleted_after_approval(
    v1: httpx.Client, write_v1: Write, word: str
) -> None:
    id_ = write_v1(word, approveDoc=True)

    v1.put(f"/documents/{word}/{id_}", json={"desc": "Nueva"}).raise_for_status()

    assert get(v1, id_, word)["desc"] == "Nueva"
    assert v1.delete(f"/documents/{word}/{id_}").status_code == 200
    assert v1.get(f"/documents/{word}").json() == []


def test_a_draft_is_deleted(v1: httpx.Client, write_v1: Write) -> None:
    id_ = write_v1()

    answer = v1.delete(f"/documents/invoice/{id_}")

    assert answer.json() == {"status": 1, "info": "Successfully deleted", "id": id_}
    assert v1.get("/documents/invoice").json() == []


# Numbers


def test_a_document_takes_its_number_from_the_series_it_names(
    v1: httpx.Client, write_v1: Write
) -> None:
    series = {"name": "Web", "format": "WEB%%%", "last": 41}
    serie = v1.post("/numberingseries/invoice", json=series).json()["id"]

    invoice = get(v1, write_v1(numSerieId=serie, approveDoc=True))

    assert invoice["docNumber"] == "WEB042"


def test_a_document_keeps_the_number_it_is_given(v1: httpx.Client, write_v1: Write) -> None:
    invoice = get(v1, write_v1("purchase", invoiceNum="PROV-7", approveDoc=True), "purchase")

    assert invoice["docNumber"] == "PROV-7"


def test_a_series_of_another_kind_is_refused(v1: httpx.Client, contact: str) -> None:
    (serie,) = v1.get("/numberingseries/creditnote").json()
    body = {"contactId": contact, "date": NEW_YEAR, "numSerieId": serie["id"]}

    assert v1.post("/documents/invoice", json=body).status_code == 400


# Products in lines


def test_a_line_of_a_product_takes_its_name_and_price(v1: httpx.Client, write_v1: Write) -> None:
    body = {"name": "Camiseta", "price": 10, "tax": 21, "sku": "CAM-1"}
    product = v1.post("/products", json=body).json()["id"]

    invoice = get(v1, write_v1(items=[{"sku": "CAM-1", "units": 2}, {"productId": product}]))

    lines = [(each["name"], each["price"], each["productId"]) for each in invoice["products"]]
    assert lines == [("Camiseta", 10, product), ("Camiseta", 10, product)]


def test_a_variant_is_named_behind_a_hash(v1: httpx.Client, write_v1: Write) -> None:
    id_ = "5acccbe412d56e004903a385#5acccbe412d56e004903a384"

    invoice = get(v1, write_v1(items=[{"name": "M", "subtotal": 1, "productId": id_}]))

    assert invoice["products"][0]["productId"] == id_
