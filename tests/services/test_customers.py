"""What customers change of their own data."""

import pytest

from portal.domain.customers import Address
from portal.domain.errors import GatewayRefused, InvalidInput, NotFound, Refused
from portal.services import customers
from portal.store import actions
from tests.house import House
from tests.shop import Shop

OPEN = frozenset({"name", "email", "address", "phone", "tax_id"})


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure(customer_updates=OPEN)
    return shop


def test_only_what_changed_is_written_to_stripe(shop: Shop) -> None:
    customer = shop.customer(phone="+34 930 000 001")
    visit = shop.visit(customer)
    wanted = {"name": "Forn Nou", "email": "ana@fornaurora.example", "phone": "+34 930 000 001"}

    number = customers.update(visit, wanted, proved_by_email=True)

    told = shop.stripe.customers.retrieve(customer)
    assert (told.name, told.phone) == ("Forn Nou", "+34 930 000 001")
    receipt = actions.get(shop.house.db, visit.merchant.id, visit.customer.id, number)
    assert (receipt.verb, receipt.details["changed"]) == ("details_changed", ["name"])


def test_nothing_changed_asks_nothing_of_stripe(shop: Shop) -> None:
    visit = shop.visit(shop.customer())
    before = len(shop.house.requests("stripe"))

    number = customers.update(visit, {"name": "Forn Aurora"}, proved_by_email=True)

    assert number == 0
    assert len(shop.house.requests("stripe")) == before


def test_an_address_is_written_whole(shop: Shop) -> None:
    customer = shop.customer(address={"line1": "Old 1", "line2": "2n", "country": "ES"})
    visit = shop.visit(customer)
    address = Address(line1="Nou 7", city="Girona", postal_code="17001", country="ES")

    customers.update(visit, {"address": address}, proved_by_email=True)

    told = shop.stripe.customers.retrieve(customer).address
    assert (told.line1, told.line2, told.city) == ("Nou 7", None, "Girona")


def test_the_address_a_session_was_entered_by_is_not_changed_in_it(shop: Shop) -> None:
    customer = shop.customer()
    visit = shop.visit(customer)

    with pytest.raises(Refused):
        customers.update(visit, {"email": "new@other.example"}, proved_by_email=True)
    customers.update(visit, {"email": "new@other.example"}, proved_by_email=False)

    assert shop.stripe.customers.retrieve(customer).email == "new@other.example"


def test_what_the_merchant_does_not_open_is_refused(shop: Shop) -> None:
    shop.configure(customer_updates=frozenset({"phone"}))
    visit = shop.visit(shop.customer())

    with pytest.raises(Refused):
        customers.update(visit, {"name": "Forn Nou"}, proved_by_email=False)


def test_stripes_refusal_names_the_field(shop: Shop) -> None:
    visit = shop.visit(shop.customer())

    with pytest.raises(GatewayRefused) as refusal:
        customers.update(visit, {"email": "no address"}, proved_by_email=False)

    assert refusal.value.param == "email"


def test_tax_ids_come_and_go(shop: Shop) -> None:
    visit = shop.visit(shop.customer())

    customers.add_tax_id(visit, "es_cif", "B12345674", proved_by_email=True)
    stripe_profile, _ = customers.profiles(visit)
    [known] = stripe_profile.tax_ids
    with pytest.raises(InvalidInput):
        customers.add_tax_id(visit, "es_cif", "B12345674", proved_by_email=True)
    customers.remove_tax_id(visit, known.id, proved_by_email=True)

    stripe_profile, _ = customers.profiles(visit)
    assert known.value == "B12345674"
    assert stripe_profile.tax_ids == ()


def test_a_tax_id_of_somebody_else_cannot_be_removed(shop: Shop) -> None:
    other = shop.customer(email="b@other.example")
    shop.stripe.customers.tax_ids.create(other, {"type": "es_cif", "value": "B12345674"})
    [tax_id] = shop.stripe.customers.tax_ids.list(other).data
    visit = shop.visit(shop.customer())

    with pytest.raises(NotFound):
        customers.remove_tax_id(visit, tax_id.id, proved_by_email=True)


def test_a_customer_of_holded_alone_reads_only(shop: Shop) -> None:
    contact = shop.house.holded.post(
        "/contacts", json={"name": "Ann SL", "email": "ann@example.com", "type": "client"}
    ).json()["id"]
    shop.house.sync()
    visit = shop.house.visit(holded_contact=contact)

    assert customers.may_edit(visit, proved_by_email=False) == frozenset()
    with pytest.raises(Refused):
        customers.update(visit, {"name": "Other"}, proved_by_email=False)
