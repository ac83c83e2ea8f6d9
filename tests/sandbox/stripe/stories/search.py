"""Searching, of every kind of object that can be searched."""

from tests.sandbox.stripe.stories.telling import Teller, story


@story
def search(shop: Teller) -> None:
    """Everything that one subscription brings about is found, a page at a time."""
    customer = shop.customer(metadata={"tier": "gold"})
    shop.subscribe(customer)
    queries = {
        "charges": "status:'succeeded'",
        "customers": "metadata['tier']:'gold'",
        "invoices": f"customer:'{customer.id}'",
        "payment_intents": f"customer:'{customer.id}'",
        "prices": "type:'recurring'",
        "products": "name~'plan'",
        "subscriptions": "status:'active'",
    }
    for name, query in queries.items():
        assert len(getattr(shop.api, name).search({"query": query}).data) == 1
    shop.customer(None, metadata={"tier": "gold"})
    first = shop.api.customers.search({"query": queries["customers"], "limit": 1})
    shop.api.customers.search({"query": queries["customers"], "limit": 1, "page": first.next_page})
