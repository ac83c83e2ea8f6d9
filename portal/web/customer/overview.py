"""The first page of a signed-in customer."""

from typing import Any

from flask import Blueprint

from portal.domain.customers import Address, Profile
from portal.services import overview
from portal.services.overview import Overview
from portal.web import outcomes, periods, repeats
from portal.web.customer import current_visit
from portal.web.customer.invoices import SOURCES
from portal.web.policies import Who, open_to

pages = Blueprint("overview", __name__)

# More plans and methods than these are a link away.
PLANS, METHODS = 4, 4


@pages.get("/")
@open_to(Who.CUSTOMER)
def show() -> str:
    """Show what needs doing, what is due, what runs, and the last invoices."""
    visit = current_visit()
    seen = overview.look(visit)
    return repeats.render(
        visit, "customer/overview/show.html", seen, lambda: _told(overview.tell(visit, seen))
    )


def _told(page: Overview) -> dict[str, Any]:
    return {
        "page": page,
        "plans": page.plans[:PLANS],
        "methods": page.methods[:METHODS],
        "has_more_plans": len(page.plans) > PLANS,
        "waiting": [
            (payment, words)
            for payment, words in ((page.at_bank, outcomes.AT_BANK), (page.slip, outcomes.SLIP))
            if payment
        ],
        "address": _address(page.profile),
        "per": periods.per,
        "sources": SOURCES,
    }


def _address(profile: Profile | None) -> str:
    """Return a postal address in one line."""
    held = profile.address if profile else Address()
    town = " ".join(part for part in (held.postal_code, held.city) if part)
    return ", ".join(part for part in (held.line1, held.line2, town) if part)
