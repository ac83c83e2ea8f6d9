"""The full sync, and the webhooks that go the same way."""

from portal.domain.customers import Origin
from portal.mirror import invoices, payment_methods
from portal.mirror.invoices import Filter
from portal.store import actions
from portal.store.customers import CustomerRow
from tests.house import House


def test_a_full_sync_brings_every_customer_with_methods_and_invoices(house: House) -> None:
    customer = house.stripe.v1.customers.create({"email": "ann@example.com", "name": "Ann"})
    house.stripe.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})

    house.sync()

    visit = house.visit(stripe_customer=customer.id)
    assert [method.last4 for method in payment_methods.list_of_customer(visit)] == ["4242"]


def test_a_contact_named_in_stripes_metadata_is_the_same_customer(house: House) -> None:
    contact = house.holded.post(
        "/contacts", json={"name": "Ann SL", "email": "ann@example.com", "type": "client"}
    ).json()["id"]
    customer = house.stripe.v1.customers.create(
        {"email": "ann@example.com", "metadata": {"holded_contact_id": contact}}
    )

    house.sync()

    assert house.visit(stripe_customer=customer.id).customer.holded_contact == contact


def test_an_equal_address_alone_joins_nobody(house: House) -> None:
    contact = house.holded.post(
        "/contacts", json={"name": "Ann SL", "email": "ann@example.com", "type": "client"}
    ).json()["id"]
    customer = house.stripe.v1.customers.create({"email": "ann@example.com"})

    house.sync()

    by_stripe = house.visit(stripe_customer=customer.id).customer
    by_holded = house.visit(holded_contact=contact).customer
    assert by_stripe.id != by_holded.id


def test_an_approved_invoice_arrives_by_webhook_and_a_draft_stays_hidden(house: House) -> None:
    contact = house.holded.post(
        "/contacts", json={"name": "Ann SL", "email": "ann@example.com", "type": "client"}
    ).json()["id"]
    made = [
        house.holded.post(
            "/invoices",
            json={
                "contact_id": contact,
                "date": "2026-11-01",
                "due_date": "2026-11-15",
                "items": [{"name": "Work", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}],
            },
        ).json()["id"]
        for _ in range(2)
    ]
    house.holded.post(f"/invoices/{made[0]}/approve")

    house.settle_down()

    listed, _ = invoices.list_page(house.visit(holded_contact=contact), Filter.ALL)
    assert [(row.invoice.origin, row.invoice.id, row.invoice.due) for row in listed] == [
        (Origin.HOLDED, made[0], 12100)
    ]


def test_what_the_contact_had_goes_over_to_the_customer_it_turns_out_to_be(house: House) -> None:
    contact = house.holded.post(
        "/contacts", json={"name": "Ann SL", "email": "ann@example.com", "type": "client"}
    ).json()["id"]
    house.sync()
    before = house.visit(holded_contact=contact).customer.id
    with house.db.write() as unit:
        actions.add(unit, house.merchant, before, "resumed", now=house.now())
    customer = house.stripe.v1.customers.create(
        {"email": "ann@example.com", "metadata": {"holded_contact_id": contact}}
    )

    house.sync()

    joined = house.visit(stripe_customer=customer.id).customer.id
    told = actions.list_page(house.db, house.merchant.id, joined)
    assert [action.verb for action in told] == ["resumed"]
    with house.db.session() as reader:
        assert reader.get(CustomerRow, before) is None or before == joined
