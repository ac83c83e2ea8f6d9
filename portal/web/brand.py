"""The stylesheet with a merchant's colours, under an address that names its contents."""

from functools import lru_cache

from flask import Blueprint, Response

from portal.domain.brand import brand_of, digest, stylesheet
from portal.domain.merchants import Merchant
from portal.store import merchants
from portal.web.assets import FOR_A_YEAR
from portal.web.installation import installation
from portal.web.policies import Who, open_to

pages = Blueprint("brand", __name__)


@pages.app_template_global()
def brand_href(merchant: Merchant) -> str:
    """Return the address of a merchant's stylesheet, which changes with the colour."""
    return _address(merchant.slug, merchant.brand_color)


@pages.get("/brand/<name>.css")
@open_to(Who.ANYONE)
def show(name: str) -> Response:
    """Answer a merchant's colours; under an address of an older colour they are not to be kept."""
    slug, _, version = name.rpartition("-")
    brand = brand_of(merchants.get(installation().db, slug).brand_color)
    response = Response(stylesheet(brand), mimetype="text/css")
    response.headers["Cache-Control"] = FOR_A_YEAR if version == digest(brand) else "no-cache"
    return response


@lru_cache(maxsize=1_024)
def _address(slug: str, color: str) -> str:
    return f"/brand/{slug}-{digest(brand_of(color))}.css"
