"""What Holded invoices again and again, as its customer sees it."""

from flask import Blueprint, render_template

from portal.mirror import recurrences
from portal.web import periods
from portal.web.customer import current_visit
from portal.web.policies import Who, open_to

pages = Blueprint("recurrences", __name__)


@pages.get("/recurring-invoices")
@open_to(Who.CUSTOMER)
def list_all() -> str:
    """Show the lines, the sum, how often, and the days of the next ones."""
    visit = current_visit()
    return render_template(
        "customer/recurrences/list.html",
        plans=recurrences.list_of_customer(visit),
        rhythm=periods.rhythm,
    )
