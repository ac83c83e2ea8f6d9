"""Features of products, and what subscribers are entitled to."""

from tests.sandbox.stripe.stories.telling import Teller, story


@story
def features(shop: Teller) -> None:
    """A feature is given to a product, held by its subscriber, taken away and archived."""
    api = shop.api
    made = api.entitlements.features.create(
        {"name": "Export", "lookup_key": "export", "metadata": {"a": "b"}}
    )
    price, customer = shop.price(), shop.customer()
    attached = api.products.features.create(price.product, {"entitlement_feature": made.id})
    shop.subscribe(customer, items=[{"price": price.id}])
    held = api.entitlements.active_entitlements.list({"customer": customer.id}).data[0]
    api.entitlements.active_entitlements.retrieve(held.id)
    api.products.features.retrieve(price.product, attached.id)
    api.products.features.list(price.product)
    api.products.features.delete(price.product, attached.id)
    api.entitlements.features.update(made.id, {"active": False, "name": "Exports"})
    api.entitlements.features.retrieve(made.id)
    api.entitlements.features.list({"archived": True})
