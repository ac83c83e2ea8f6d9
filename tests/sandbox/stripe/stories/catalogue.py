"""Products, prices, coupons, promotion codes and tax rates."""

from tests.sandbox.stripe.stories.telling import Teller, story


@story
def products(shop: Teller) -> None:
    """A product is made, changed, given a default price and deleted."""
    price = {"unit_amount": 900, "currency": "eur", "recurring": {"interval": "month"}}
    wanted = {
        "name": "Club",
        "description": "The whole club",
        "images": ["https://shop.example/club.png"],
        "marketing_features": [{"name": "Chess"}],
        "metadata": {"shelf": "7"},
        "package_dimensions": {"height": 1, "length": 2, "weight": 3, "width": 4},
        "statement_descriptor": "CLUB",
        "unit_label": "seat",
        "url": "https://shop.example/club",
    }
    made = shop.api.products.create({**wanted, "default_price_data": price})
    shop.api.products.create({"id": "club_of_ours", "name": "Ours", "shippable": True})
    shop.api.products.update(made.id, {"name": "Club 2", "active": False, "metadata": {"a": "b"}})
    shop.api.products.retrieve(made.id)
    shop.api.products.list({"limit": 1})
    shop.api.products.delete("club_of_ours")


@story
def prices(shop: Teller) -> None:
    """Prices of every kind: flat, tiered, for once, chosen by the customer, in two currencies."""
    product = shop.api.products.create({"name": "Seats"})
    tiers = [
        {"up_to": 10, "unit_amount": 500, "flat_amount": 100},
        {"up_to": "inf", "unit_amount_decimal": "4.5"},
    ]
    base = {"product": product.id, "currency": "eur"}
    monthly = {**base, "recurring": {"interval": "month", "interval_count": 3}}
    made = shop.api.prices.create(
        {
            **monthly,
            "unit_amount": 1000,
            "lookup_key": "seats",
            "nickname": "Seats",
            "tax_behavior": "exclusive",
            "currency_options": {"usd": {"unit_amount": 1100}},
            "metadata": {"a": "b"},
        }
    )
    shop.api.prices.create({**monthly, "unit_amount_decimal": "0.5"})
    tiered = {"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": tiers}
    graduated = shop.api.prices.create({**monthly, **tiered, "expand": ["tiers"]})
    divided = {"transform_quantity": {"divide_by": 5, "round": "up"}}
    shop.api.prices.create({**base, **divided, "unit_amount": 100})
    chosen = {"enabled": True, "minimum": 500, "preset": 700}
    shop.api.prices.create({**base, "custom_unit_amount": chosen})
    shop.api.prices.update(made.id, {"active": False, "nickname": "Old"})
    shop.api.prices.retrieve(made.id)
    shop.api.prices.retrieve(graduated.id)
    shop.api.prices.list({"product": product.id, "type": "recurring"})


@story
def plans(shop: Teller) -> None:
    """Plans of every kind, of a product that is there or described; sold, changed, deleted."""
    product = shop.api.products.create({"name": "Seats"})
    base = {"currency": "eur", "interval": "month"}
    described = {"name": "Club", "unit_label": "seat", "metadata": {"a": "b"}}
    made = shop.api.plans.create({**base, "amount": 2000, "product": described})
    tiers = [{"up_to": 10, "unit_amount": 500}, {"up_to": "inf", "unit_amount_decimal": "4.5"}]
    shop.api.plans.create(
        {
            **base,
            "product": product.id,
            "billing_scheme": "tiered",
            "tiers_mode": "volume",
            "tiers": tiers,
            "interval_count": 3,
            "expand": ["tiers"],
        }
    )
    divided = {"transform_usage": {"divide_by": 5, "round": "up"}, "amount_decimal": "0.5"}
    spare = shop.api.plans.create(
        {**base, **divided, "product": product.id, "nickname": "Fives", "trial_period_days": 7}
    )
    changes = {"active": False, "nickname": "Old", "metadata": {"a": "b"}, "trial_period_days": 9}
    shop.api.plans.update(spare.id, changes)
    shop.api.plans.retrieve(spare.id)
    shop.api.plans.delete(spare.id)
    shop.api.prices.retrieve(made.id)
    shop.api.plans.retrieve(shop.price().id)
    shop.subscribe(shop.customer(), items=[{"plan": made.id}])
    shop.api.plans.list({"active": True})


@story
def coupons(shop: Teller) -> None:
    """Coupons of both kinds and all durations, one deleted."""
    product = shop.api.products.create({"name": "Club"})
    for duration in ({"duration": "once"}, {"duration": "forever"}):
        shop.api.coupons.create({"percent_off": 12.5, **duration})
    amount = {"amount_off": 500, "currency": "eur", "currency_options": {"usd": {"amount_off": 6}}}
    made = shop.api.coupons.create(
        {
            **amount,
            "id": "SPRING",
            "name": "Spring",
            "duration": "repeating",
            "duration_in_months": 3,
            "applies_to": {"products": [product.id]},
            "max_redemptions": 10,
            "redeem_by": shop.sandbox.clock.now() + 1000,
        }
    )
    shop.api.coupons.update(made.id, {"name": "Late spring", "metadata": {"a": "b"}})
    shop.api.coupons.retrieve(made.id)
    shop.api.coupons.list()
    shop.api.coupons.delete(made.id)


@story
def promotion_codes(shop: Teller) -> None:
    """Codes for anybody and for one customer."""
    coupon = shop.api.coupons.create({"percent_off": 10, "duration": "once"})
    promotion = {"promotion": {"type": "coupon", "coupon": coupon.id}}
    made = shop.api.promotion_codes.create(
        {
            **promotion,
            "code": "TEN",
            "customer": shop.customer(None).id,
            "expires_at": shop.sandbox.clock.now() + 1000,
            "max_redemptions": 2,
            "restrictions": {
                "first_time_transaction": True,
                "minimum_amount": 100,
                "minimum_amount_currency": "eur",
            },
        }
    )
    shop.api.promotion_codes.create(promotion)
    shop.api.promotion_codes.update(made.id, {"active": False})
    shop.api.promotion_codes.retrieve(made.id)
    shop.api.promotion_codes.list({"coupon": coupon.id})


@story
def tax_rates(shop: Teller) -> None:
    """A rate on top and one within."""
    iva = {"display_name": "IVA", "percentage": 21, "country": "ES", "tax_type": "vat"}
    made = shop.api.tax_rates.create({**iva, "inclusive": False, "jurisdiction": "ES"})
    shop.api.tax_rates.create({**iva, "inclusive": True, "percentage": 5.2, "description": "RE"})
    shop.api.tax_rates.update(made.id, {"active": False})
    shop.api.tax_rates.retrieve(made.id)
    shop.api.tax_rates.list({"inclusive": True})
