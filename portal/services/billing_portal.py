"""Stripe's own portal, for the single tasks that it can do and we cannot."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import Refused
from portal.domain.resolver import Action, Answer, Place, resolve
from portal.i18n.locales import DEFAULT, LOCALES
from portal.mirror import configurations, payment_methods, subscriptions
from portal.services import operations
from portal.services.operations import Verb
from portal.services.subscriptions import standing_of
from portal.store.operations import OperationRow

FLOWS = {
    Action.CHANGE: "subscription_update",
    Action.ENTER_CODE: "subscription_update",
    Action.CANCEL: "subscription_cancel",
}


def open_for(visit: Visit, action: Action, subscription_id: str) -> OperationRow:
    """Open Stripe's portal for one task on a subscription; returns the operation to leave for.

    Raises Refused where the task is not done there, NotFound, and the gateway errors.
    """
    held, wallet = subscriptions.get(visit, subscription_id), payment_methods.wallet(visit)
    configuration = configurations.current(visit.db, visit.merchant)
    _refuse_unless_there(resolve(action, standing_of(visit, held, wallet), configuration))
    type = FLOWS[action]
    return _open(visit, subscription_id, {"type": type, type: {"subscription": subscription_id}})


def open_for_method(visit: Visit) -> OperationRow:
    """Open Stripe's portal to add a payment method, which becomes the default."""
    configuration = configurations.current(visit.db, visit.merchant)
    if not configuration.payment_method_update or not visit.customer.stripe_customer:
        raise Refused(Decision.of(Reason.FEATURE_DISABLED))
    return _open(visit, "", {"type": "payment_method_update"})


def _open(visit: Visit, subscription_id: str, flow: Mapping[str, Any]) -> OperationRow:
    page = f"subscriptions/{subscription_id}" if subscription_id else "payment-methods"
    return_url = urljoin(visit.at.settings.public_url, f"/{visit.merchant.slug}/{page}")
    configuration = configurations.current(visit.db, visit.merchant)
    with visit.db.write() as unit:
        row = operations.begin(
            unit,
            visit.at,
            OPEN,
            customer_id=visit.customer.id,
            subject=subscription_id,
            customer=visit.customer.stripe_customer,
            flow={
                **flow,
                "after_completion": {"type": "redirect", "redirect": {"return_url": return_url}},
            },
            configuration=configuration.id,
            return_url=return_url,
            locale=LOCALES.get(visit.locale, DEFAULT).stripe_portal,
        )
    operations.perform(visit.at, OPEN, row.id)
    with visit.db.session() as reader:
        return reader.get_one(OperationRow, row.id)


def _send(at: MerchantContext, told: dict[str, Any], key: str) -> str:
    return at.payments.open_portal_session(
        told["customer"],
        key=key,
        flow=told["flow"],
        configuration=told["configuration"],
        return_url=told["return_url"],
        locale=told["locale"],
    )


def _record(unit: Unit, at: MerchantContext, row: OperationRow, url: str) -> None:
    row.leave_url = url


OPEN = Verb("open_portal", _send, _record)
VERBS: tuple[Verb[Any], ...] = (OPEN,)


def _refuse_unless_there(answer: Answer) -> None:
    if not answer.is_open:
        raise Refused(answer.decision)
    if answer.place is not Place.AT_STRIPE:
        raise Refused(Decision.of(Reason.FEATURE_DISABLED))
