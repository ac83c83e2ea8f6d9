"""What was done in the portal: the list, and the receipt of one action."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.services.actions import tell
from portal.store import actions
from portal.web.customer import current_visit
from portal.web.policies import Who, open_to

PAGE = 25

pages = Blueprint("history", __name__)


@pages.get("/history")
@open_to(Who.CUSTOMER)
def list_all() -> ResponseReturnValue:
    """Show the customer's actions, newest first."""
    visit = current_visit()
    before = request.args.get("before", actions.NEWEST, type=int)
    found = actions.list_page(
        visit.db, visit.merchant.id, visit.customer.id, before=before, limit=PAGE + 1
    )
    is_more = len(found) > PAGE
    older = url_for(".list_all", before=found[PAGE - 1].number) if is_more else ""
    return render_template(
        "customer/history/list_all.html",
        told=[(row, tell(row.verb, row.details)) for row in found[:PAGE]],
        newer_href=url_for(".list_all") if before < actions.NEWEST else "",
        older_href=older,
    )


@pages.get("/history/<int:number>")
@open_to(Who.CUSTOMER)
def show(number: int) -> ResponseReturnValue:
    """Show the receipt of one action."""
    visit = current_visit()
    action = actions.get(visit.db, visit.merchant.id, visit.customer.id, number)
    return render_template(
        "customer/history/show.html", action=action, told=tell(action.verb, action.details)
    )
