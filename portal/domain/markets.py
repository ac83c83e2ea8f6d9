"""What the law of a customer's market asks of the portal, as a table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Market:
    """One country; `offers_on_leaving` says whether an offer may stand beside the cancel button."""

    country: str
    offers_on_leaving: bool = True


# Germany, § 312k BGB: the confirmation page leads straight to "cancel now", with nothing in
# between (OLG Düsseldorf 20 UKl 3/23, LG Köln 33 O 355/22).
# France, D.215-1 to D.215-3 Code de la consommation: the form, its summary and the last control
# follow one another (decree 2023-417).
MARKETS = {
    "DE": Market("DE", offers_on_leaving=False),
    "FR": Market("FR", offers_on_leaving=False),
}


def market_of(*countries: str) -> Market:
    """Return the market of the first country that is known: the customer's, then the merchant's."""
    country = next((code for code in countries if code), "")
    return MARKETS.get(country, Market(country))
