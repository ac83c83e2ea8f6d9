"""The few tax codes whose names Stripe's public pages print; others are not modelled."""

from portal.sandbox.stripe.errors import Json, unsupported

# docs.stripe.com/tax/tax-codes: code, name, what it is for (in our words).
CODES = {
    "txcd_00000000": ("Nontaxable", "Goods or services that are not taxed anywhere."),
    "txcd_10000000": (
        "General - Electronically Supplied Services",
        "A digital service provided mainly through the internet with minimal human work.",
    ),
    "txcd_10103000": (
        "Software as a service (SaaS) - personal use",
        "Software used over the internet, for personal use.",
    ),
    "txcd_10103001": (
        "Software as a service (SaaS) - business use",
        "Software used over the internet, for business use.",
    ),
    "txcd_20030000": ("General - Services", "Services in general, taxed at the standard rate."),
    "txcd_92010001": ("Shipping", "Sending goods to the customer."),
    "txcd_99999999": (
        "General - Tangible Goods",
        "Any tangible good, taxed at the standard rate.",
    ),
}


def shown(code: str, param: str) -> Json:
    """Return a code's object; a code that Stripe may have but this table does not is refused."""
    if code not in CODES:
        raise unsupported(f"the tax code {code}", param)
    name, description = CODES[code]
    return {
        "id": code,
        "object": "tax_code",
        "description": description,
        "name": name,
        "requirements": None,
    }
