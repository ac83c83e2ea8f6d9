"""What an account has for its papers: tax ids of its own, tax codes, templates of invoices."""

from tests.sandbox.stripe.stories.telling import Teller, story


@story
def tax_ids(shop: Teller) -> None:
    """Tax ids of the account and of a customer."""
    customer = shop.customer(None)
    owner = {"type": "customer", "customer": customer.id}
    own = shop.api.tax_ids.create({"type": "es_cif", "value": "A12345678"})
    shop.api.tax_ids.create({"type": "eu_vat", "value": "ESA12345678", "owner": owner})
    for one in (*shop.api.tax_ids.list().data, *shop.api.tax_ids.list({"owner": owner}).data):
        shop.api.tax_ids.retrieve(one.id)
    shop.api.tax_ids.delete(own.id)


@story
def tax_codes(shop: Teller) -> None:
    """The codes that Stripe gives out."""
    shop.api.tax_codes.retrieve("txcd_10103001")
    shop.api.tax_codes.list({"limit": 5})


@story
def templates(shop: Teller) -> None:
    """A template of invoices that the Dashboard made is archived and taken back."""
    shop.account["_settings"]["invoice_templates"] = ["Long"]
    shop.sandbox.save_account(shop.account)
    (made,) = shop.api.invoice_rendering_templates.list().data
    shop.api.invoice_rendering_templates.archive(made.id)
    shop.api.invoice_rendering_templates.retrieve(made.id)
    shop.api.invoice_rendering_templates.unarchive(made.id)
