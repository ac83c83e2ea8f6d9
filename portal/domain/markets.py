"""What the law of a customer's market asks of the portal, as a table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Market:
    """One country; `offers_on_leaving` says whether an offer may stand beside the cancel button.

    So many days before it a consumer is told of a renewal, the end of a trial and a higher price;
    0: not by law. `reminds_yearly` says that what is paid is told each year.
    """

    country: str
    offers_on_leaving: bool = True
    renewal_days: int = 0
    trial_days: int = 0
    price_days: int = 0
    reminds_yearly: bool = False


# Germany, § 312k BGB: the confirmation page leads straight to "cancel now", with nothing in
# between (OLG Düsseldorf 20 UKl 3/23, LG Köln 33 O 355/22).
# France, D.215-1 to D.215-3 Code de la consommation: the form, its summary and the last control
# follow one another (decree 2023-417).
# Spain, art. 97.1 p) TRLGDCU as changed by Ley 10/2025: 15 days at least before a term renews.
# United States, by its strictest state (California ARL with AB 2863): a reminder each year, a price
# 7 to 30 days before it changes, and the end of a trial 3 to 21 days before.
MARKETS = {
    "DE": Market("DE", offers_on_leaving=False),
    "FR": Market("FR", offers_on_leaving=False),
    "ES": Market("ES", renewal_days=15),
    "US": Market("US", trial_days=7, price_days=30, reminds_yearly=True),
}

EUROPEAN_UNION = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip


def market_of(*countries: str) -> Market:
    """Return the market of the first country that is known: the customer's, then the merchant's."""
    country = next((code for code in countries if code), "")
    return MARKETS.get(country, Market(country))
