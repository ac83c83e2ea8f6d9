"""Stripe's search query language, by the fields of its page."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.selling.test_quotes import monthly, one_off

REFUSED = stripe.InvalidRequestError


@pytest.fixture
def people(shop: Shop) -> dict[str, str]:
    """Four customers by name."""
    made = [
        {"name": "Ana One Two", "email": "ana@example.com", "metadata": {"tier": "Gold"}},
        {"name": "Bea one two three", "email": "bea@example.com", "metadata": {"tier": "gold x"}},
        {"name": "Two One", "email": "cleo@shop.example", "phone": "+34600"},
        {"name": "Àlex", "metadata": {'odd "key"': "a 'b' c"}},
    ]
    return {shop.api.customers.create(one).id: str(one["name"]) for one in made}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('email:"ana@example.com"', ["Ana One Two"]),
        ("email:'ANA@example.com'", ["Ana One Two"]),
        ('email~"example"', ["Two One", "Bea one two three", "Ana One Two"]),
        ('name:"one two"', ["Bea one two three", "Ana One Two"]),
        ('name:"one three"', []),
        ('name~"ne tw"', ["Bea one two three", "Ana One Two"]),
        ('name:"ÀLEX"', ["Àlex"]),
        ('metadata["tier"]:"gold"', ["Ana One Two"]),
        ('metadata["tier"]~"gold"', ["Bea one two three", "Ana One Two"]),
        ("metadata[\"odd \\\"key\\\"\"]:'a \\'b\\' c'", ["Àlex"]),
        ('-metadata["tier"]:null', ["Bea one two three", "Ana One Two"]),
        ('metadata["tier"]:NULL phone:"+34600"', ["Two One"]),
        ("phone:null AND email~'exa'", ["Bea one two three", "Ana One Two"]),
        ('name:"Àlex" or phone:"+34600"', ["Àlex", "Two One"]),
        ('-email:"ana@example.com" -name~"two"', ["Àlex"]),
        ("created>0 and name:'Àlex'", ["Àlex"]),
        ("created<1", []),
    ],
)
def test_customers_are_found(
    shop: Shop, people: dict[str, str], query: str, found: list[str]
) -> None:
    result = shop.api.customers.search({"query": query})

    assert [people[one.id] for one in result.data] == found


def test_a_deleted_customer_is_not_found(shop: Shop, customer: Any) -> None:
    shop.api.customers.delete(customer.id)

    assert shop.api.customers.search({"query": 'email:"ana@example.com"'}).data == []


def test_results_come_in_pages(shop: Shop) -> None:
    made = [shop.api.customers.create({"name": "Ana"}).id for _ in range(5)]

    first = shop.api.customers.search({"query": 'name:"ana"', "limit": 2})
    every = list(first.auto_paging_iter())

    assert (first.has_more, len(first.data), first.url) == (True, 2, "/v1/customers/search")
    assert [one.id for one in every] == made[::-1]
    with pytest.raises(REFUSED) as caught:
        shop.api.customers.search({"query": 'name:"bea"', "page": first.next_page})
    assert caught.value.param == "page"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("amount>1500 and currency:'eur'", [2000]),
        ("amount>=1500", [2000, 1500]),
        ("amount:'1500'", [1500]),
        ("payment_method_details.card.last4:4242", [2000, 1500]),
        ("payment_method_details.card.brand:'visa' -currency:'usd'", [2000, 1500]),
        ("refunded:'true'", []),
        ("refunded:'false'", [2000]),
        ("refunded:null", [1500]),
        ("disputed:'false' AND status:'SUCCEEDED'", [2000, 1500]),
    ],
)
def test_charges_are_found(shop: Shop, query: str, found: list[int]) -> None:
    shop.pay("pm_card_visa")
    paid = shop.pay("pm_card_visa", amount=2000)
    shop.api.refunds.create({"payment_intent": paid.id, "amount": 500})

    assert [one.amount for one in shop.api.charges.search({"query": query}).data] == found


def test_invoices_and_subscriptions_are_found(shop: Shop, customer: Any) -> None:
    shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    made = shop.api.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": monthly(shop, 5000)}],
            "collection_method": "send_invoice",
            "days_until_due": 7,
            "metadata": {"plan": "a"},
        }
    )
    query = f"total>1000 subscription:'{made.id}' status:'draft' customer:'{customer.id}'"

    invoices = shop.api.invoices.search({"query": query, "expand": ["data.customer"]}).data
    subscriptions = shop.api.subscriptions.search(
        {"query": "status:'active' AND metadata['plan']:'a'"}
    ).data

    assert [one.customer.email for one in invoices] == ["ana@example.com"]
    assert [one.id for one in subscriptions] == [made.id]


def test_products_prices_and_intents_are_found(shop: Shop) -> None:
    shop.pay("pm_card_visa")
    price = one_off(shop, lookup_key="set_up")
    product = shop.api.prices.retrieve(price).product
    shop.api.products.update(product, {"url": "https://shop.example/set", "active": False})

    prices = shop.api.prices.search({"query": f"active:'true' product:'{product}'"}).data
    by_key = shop.api.prices.search({"query": "lookup_key:'set_up' type:'one_time'"}).data
    products = shop.api.products.search({"query": "active:'false' AND url~'shop.example'"}).data
    intents = shop.api.payment_intents.search({"query": "-status:'canceled' amount<2000"}).data

    assert [one.id for one in prices] == [one.id for one in by_key] == [price]
    assert [one.id for one in products] == [product]
    assert [one.amount for one in intents] == [1500]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "empty string"),
        ("ana", "unable to parse"),
        ('email:"ana', "unable to parse"),
        ('email:"a"name:"b"', "unable to parse"),
        ('email:"a" AND', "unable to parse"),
        ("email:ana@example.com", "quotation marks"),
        ('email:"a" AND name:"b" OR name:"c"', "cannot combine"),
        ('balance:"1"', "unsupported search field for resource `customers`"),
        ('metadata:"a"', "unsupported search field"),
        ('email["a"]:"a"', "unsupported search field"),
        ('email>"a"', "operator `>` is not supported"),
        ("created~123", "operator `~` is not supported"),
        ("created:'soon'", "must be a number"),
        ('email~"an"', "at least 3 characters"),
    ],
)
def test_a_wrong_query_is_refused(shop: Shop, query: str, words: str) -> None:
    with pytest.raises(REFUSED, match=words) as caught:
        shop.api.customers.search({"query": query})

    assert caught.value.param == "query"


def test_the_sandboxs_own_fields_stay_private(shop: Shop) -> None:
    with pytest.raises(REFUSED, match="unsupported search field"):
        shop.api.invoices.search({"query": '_parent:"x"'})
