"""What was done in the portal: the list, and the receipt of one action."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from portal.context import Visit
from portal.domain.cancellations import period_of
from portal.domain.errors import NotFound
from portal.domain.subscriptions import Subscription
from portal.i18n import gettext as _
from portal.mirror import invoices, subscriptions
from portal.services import charges, papers, receipts
from portal.services.actions import Told, shares_of, tell
from portal.services.charges import Charge
from portal.store import actions
from portal.web import downloads
from portal.web.customer import current_visit
from portal.web.customer.cancellations import UNTIL_THEN
from portal.web.filters import day
from portal.web.policies import Who, open_to

PAGE = 25
OF_SUBSCRIPTIONS = frozenset(
    {
        "plan_changed",
        "change_waits",
        "change_lapsed",
        "change_planned",
        "change_undone",
        "change_dropped",
        "cancelled",
        "cancelled_now",
        "cancellation_received",
        "cancellation_not_booked",
        "offer_taken",
        "resumed",
        "paused",
        "went_on",
        "method_chosen",
    }
)
OF_METHODS = frozenset(
    {
        "method_added",
        "method_removed",
        "method_kept_from_link",
        "default_changed",
        "backup_chosen",
        "backup_dropped",
    }
)
# After these the next date of the subscription is told.
OF_GOING_ON = frozenset(
    {"resumed", "offer_taken", "plan_changed", "change_undone", "change_dropped"}
)
# After these somebody may wonder what else is owed.
OF_LEAVING = frozenset({"cancelled", "cancelled_now", "cancellation_received"})
WAITING = frozenset({"change_waits", "cancellation_received"})

pages = Blueprint("history", __name__)


@pages.get("/history")
@open_to(Who.CUSTOMER)
def list_all() -> ResponseReturnValue:
    """Show the customer's actions, newest first."""
    visit = current_visit()
    before = request.args.get("before", actions.NEWEST, type=int)
    before = min(max(before, 0), actions.NEWEST)
    found = actions.list_page(
        visit.db, visit.merchant.id, visit.customer.id, before=before, limit=PAGE + 1
    )
    is_more = len(found) > PAGE
    older = url_for(".list_all", before=found[PAGE - 1].number) if is_more else ""
    stands = charges.list_of_all(visit.db, visit.merchant, found)
    return render_template(
        "customer/history/list_all.html",
        told=[(row, _tell(row, stands.get(row.number, []))) for row in found[:PAGE]],
        newer_href=url_for(".list_all") if before < actions.NEWEST else "",
        older_href=older,
    )


@pages.get("/history/<int:number>")
@open_to(Who.CUSTOMER)
def show(number: int) -> ResponseReturnValue:
    """Show the receipt of one action, with the way back where there is one."""
    visit = current_visit()
    action = _action(visit, number)
    subscription = _subscription(visit, action)
    about_href, about_label = _about(action, subscription)
    is_leaving = action.verb in OF_LEAVING
    found = charges.list_of(visit.db, visit.merchant, action)
    tone, sign = ("", "clock") if action.verb in WAITING else charges.seal_of(found)
    return render_template(
        "customer/history/show.html",
        action=action,
        told=_tell(action, found),
        stands=charges.rows_of(found),
        tone=tone,
        sign=sign,
        mailed_to=visit.customer.email,
        may_resume=bool(is_leaving and subscription is not None and subscription.is_cancelling),
        about_href=about_href,
        about_label=about_label,
        coming=_steps(action, subscription),
        balances=invoices.balances(visit) if is_leaving else [],
    )


@pages.get("/history/<int:number>/pdf")
@open_to(Who.CUSTOMER)
def pdf(number: int) -> ResponseReturnValue:
    """Send the receipt of one action as PDF."""
    visit = current_visit()
    action = _action(visit, number)
    found = charges.list_of(visit.db, visit.merchant, action)
    paper = papers.receipt(visit.at, action, visit.customer_name, found)
    return downloads.send(paper, receipts.name_of(action), downloads.PDF)


def _tell(action: Row[Any], found: list[Charge]) -> Told:
    """Say what was done, and of a payment how it stands."""
    told = tell(action.verb, action.details)
    return replace(told, title=charges.title_of(told.title, found))


def _action(visit: Visit, number: int) -> Row[Any]:
    if number > actions.NEWEST:
        raise NotFound(f"action {number}")
    return actions.get(visit.db, visit.merchant.id, visit.customer.id, number)


def _subscription(visit: Visit, action: Row[Any]) -> Subscription | None:
    if action.verb in OF_SUBSCRIPTIONS:
        with suppress(NotFound):
            return subscriptions.get(visit, action.subject).subscription
    return None


def _about(action: Row[Any], subscription: Subscription | None) -> tuple[str, str]:
    if subscription is not None:
        href = url_for("customer.subscriptions.show", id=subscription.id)
        return href, _("See the subscription")
    if action.verb == "asked":
        return url_for("customer.enquiries.show", number=action.number), _("See the question")
    paid = shares_of(action.details)
    if paid:
        return url_for("customer.invoices.show", id=paid[0]["id"]), _("See the invoice")
    if action.verb in OF_METHODS:
        return url_for("customer.payment_methods.list_all"), _("See your payment methods")
    if action.verb == "details_changed":
        return url_for("customer.account.show"), _("See your billing details")
    return "", ""


def _steps(action: Row[Any], subscription: Subscription | None) -> list[tuple[str, str]]:
    """Return the dated steps that follow from an action, while they are still to come."""
    if subscription is None:
        return []
    ends = _moment(action.details.get("ends_on"))
    if action.verb == "cancelled" and ends and subscription.is_cancelling:
        return [
            (
                _("Until %(day)s", day=day(ends)),
                str(UNTIL_THEN[period_of(subscription)]),
            ),
            (day(ends), _("The subscription ends. Nothing more is charged for it.")),
        ]
    renews = subscription.period_end
    is_going_on = not (subscription.is_ended or subscription.is_cancelling)
    if action.verb in OF_GOING_ON and renews and is_going_on:
        return [(day(renews), _next(subscription))]
    return []


def _next(subscription: Subscription) -> str:
    if subscription.is_invoiced:
        return _("The next invoice of this subscription.")
    return _("The next charge of this subscription.")


def _moment(told: object) -> datetime | None:
    return datetime.fromisoformat(str(told)) if told else None
